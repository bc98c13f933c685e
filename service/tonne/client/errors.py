"""Errors of the SDK: what only a producer can meet.

What the server answers by a stable code is raised as the class of `tonne.errors` that has
this code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import CapacityError, DefectError, InputError, TonneError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class RecordsInvalid(InputError):
    """The records handed over cannot be sent: a column, a key or a type that no record has."""

    code = "RECORDS_INVALID"


class PolarsMissing(InputError):
    """A frame or an Arrow table was handed over, and Polars is not installed."""

    code = "POLARS_MISSING"


class AppendRefused(InputError):
    """The server refused a batch; nothing of it was taken.

    Attributes
    ----------
    reason : str
        The server's stable reason, like `"BATCH_MUST_PARSE"`.
    offset : int
        Offset of the first record that is not durable.
    """

    code = "APPEND_REFUSED"

    def __init__(self, message: str, *, reason: str, offset: int) -> None:
        super().__init__(message, metadata={"reason": reason, "offset": str(offset)})
        self.reason = reason
        self.offset = offset


class ChannelFenced(InputError):
    """Another owner has opened the channel; it is not taken back by itself."""

    code = "CHANNEL_FENCED"


class ServerUnavailable(CapacityError):
    """No answer from the server within the time budget."""

    code = "SERVER_UNAVAILABLE"


class TokenUnavailable(CapacityError):
    """What gives the client its tokens failed."""

    code = "TOKEN_UNAVAILABLE"


class CredentialsUnusable(InputError):
    """The client's credentials cannot be used, or would be given away."""

    code = "CREDENTIALS_UNUSABLE"


class ServerRefused(InputError):
    """The server refused a call without a stable reason that this SDK knows."""

    code = "SERVER_REFUSED"


class ServerFailed(DefectError):
    """The server met a defect of its own; the incident id is in the message."""

    code = "SERVER_FAILED"


class MalformedAnswer(DefectError):
    """The server's answer breaks the protocol, so it cannot be believed."""

    code = "MALFORMED_ANSWER"


def error_of_code(
    code: str,
    message: str,
    *,
    metadata: Mapping[str, str] | None = None,
    retry_delay_s: float | None = None,
) -> TonneError | None:
    """Make the error of `tonne.errors` that has this stable code, or None where none has."""
    found = _BY_CODE.get(code)
    if found is None:
        return None
    return found(message, metadata=metadata, retry_delay_s=retry_delay_s)


_PACKAGE = TonneError.__module__.removesuffix("families")


def _walk(root: type[TonneError]) -> Iterator[type[TonneError]]:
    for child in root.__subclasses__():
        if child.__module__.startswith(_PACKAGE):
            yield child
            yield from _walk(child)


_BY_CODE = {found.code: found for found in _walk(TonneError)}

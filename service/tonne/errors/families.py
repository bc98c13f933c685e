"""Three families of errors, each with a stable code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class TonneError(Exception):
    """Root of all errors that Tonne raises on purpose.

    Parameters
    ----------
    message : str
        What was expected, what was there, where, and what to do.
    metadata : Mapping[str, str], optional
        Every variable of the message, by lowerCamel name.
    retry_delay_s : float, optional
        How long to wait before trying again, where that may help.
    detail : str, optional
        What operators are told on top: hosts, paths, the words of a driver. It stands in the
        text of the exception, which goes to logs and to who runs the command, and in no answer.
    """

    code: str = "INTERNAL"
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        retry_delay_s: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(f"{message} ({detail})" if detail else message)
        self.message = message
        self.detail = detail
        self.metadata: dict[str, str] = dict(metadata or {})
        self.retry_delay_s = retry_delay_s


class InputError(TonneError):
    """The caller's fault."""

    code = "INVALID_INPUT"


class CapacityError(TonneError):
    """Not now: too much at once, or a part that Tonne needs is away."""

    code = "OVER_CAPACITY"
    retryable = True


class DefectError(TonneError):
    """Our fault."""

    code = "DEFECT"


def forget_frames(error: BaseException) -> None:
    """Drop the frames in which an error came up, once it is known what it says.

    They hold what was at work there, messages, batches, frames of postings, for as long as the
    error waits to be told; and, where one of them holds the error, until the collector of cycles
    comes by, which counts objects and not their bytes.
    """
    error.__traceback__ = error.__cause__ = error.__context__ = None

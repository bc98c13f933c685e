"""The errors of Tonne: three families, each with a stable code.

`InputError` is the caller's fault: the same call fails again. `CapacityError` passes: try
again later. `DefectError` is ours. Rows never raise; they get a status (`model.RowStatus`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

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


class FieldInvalid(InputError):
    """A field of a request or of an imported file is wrong."""

    code = "FIELD_INVALID"


class NameInvalid(InputError):
    """A resource name does not have its form."""

    code = "NAME_INVALID"


class BookUnknown(InputError):
    """No book of that name."""

    code = "BOOK_UNKNOWN"

    @classmethod
    def named(cls, book: str) -> Self:
        """Say it of a book, in the same words whether it is not there or is hidden."""
        return cls(
            f"no book is called {book!r}; `tonne book list` shows those that are there, "
            "`tonne book create` makes one",
            metadata={"book": book},
        )


class BookExists(InputError):
    """There is a book of that name already."""

    code = "BOOK_EXISTS"


class MethodUnknown(InputError):
    """A book's method has no such version."""

    code = "METHOD_UNKNOWN"


class MethodChanged(InputError):
    """Another version of the method is in force than the caller took to be."""

    code = "METHOD_CHANGED"


class ChannelUnknown(InputError):
    """No channel of that name; OpenChannel makes it."""

    code = "CHANNEL_UNKNOWN"


class ChannelClosed(InputError):
    """The channel takes no more records."""

    code = "CHANNEL_CLOSED"


class EpochUnknown(InputError):
    """The epoch was never given out for this channel."""

    code = "EPOCH_UNKNOWN"


class EpochStale(InputError):
    """Another owner has opened the channel since."""

    code = "EPOCH_STALE"


class OffsetGap(InputError):
    """The batch begins beyond the next expected offset."""

    code = "OFFSET_GAP"


class OffsetRepeat(InputError):
    """The batch was committed before, with the same content: harmless."""

    code = "OFFSET_REPEAT"


class ContentMustMatch(InputError):
    """The same offsets (or request id) came again with other content."""

    code = "CONTENT_MUST_MATCH"


class BatchMustParse(InputError):
    """The batch as a whole cannot be read; nothing of it was taken."""

    code = "BATCH_MUST_PARSE"


class BatchMustFit(InputError):
    """The message or the batch is over its limit; nothing of it was taken."""

    code = "BATCH_MUST_FIT"


class SelectionMustFit(InputError):
    """The answer to a question needs more memory than any answer may have."""

    code = "SELECTION_MUST_FIT"


class StreamSilent(InputError):
    """The messages that a stream must send did not come in time."""

    code = "STREAM_SILENT"


class AnswerUnread(InputError):
    """The caller did not read its answer for too long."""

    code = "ANSWER_UNREAD"


class EstimateMustFit(InputError):
    """The estimate has more records, postings or lines than one may have."""

    code = "ESTIMATE_MUST_FIT"


class EditionUnknown(InputError):
    """No edition of that name."""

    code = "EDITION_UNKNOWN"


class EditionExists(InputError):
    """An edition of that id exists with other content."""

    code = "EDITION_EXISTS"


class FactorUnknown(InputError):
    """No factor of that name."""

    code = "FACTOR_UNKNOWN"


class PageTokenInvalid(InputError):
    """The page token was not given out by this call."""

    code = "PAGE_TOKEN_INVALID"


class PeriodMustBeOpen(InputError):
    """A commit touches a period that takes no postings."""

    code = "PERIOD_MUST_BE_OPEN"


class CredentialsMissing(InputError):
    """The server must know who calls, and nothing says it."""

    code = "CREDENTIALS_MISSING"


class CredentialsInvalid(InputError):
    """The token, or the client's certificate, is not one that the server takes."""

    code = "CREDENTIALS_INVALID"


class RoleMissing(InputError):
    """The caller may see the book and not do this with it."""

    code = "ROLE_MISSING"


class ConfigInvalid(InputError):
    """The configuration has an unknown key or a wrong value."""

    code = "CONFIG_INVALID"


class StoreUnavailable(CapacityError):
    """The manifest or the objects cannot be reached."""

    code = "STORE_UNAVAILABLE"


class ServerDraining(CapacityError):
    """The server is going away; another one takes over."""

    code = "SERVER_DRAINING"


class StreamsExhausted(CapacityError):
    """As many streams as the server takes are open."""

    code = "STREAMS_EXHAUSTED"


class CallsExhausted(CapacityError):
    """As many calls of this kind as the server takes are under way or wait."""

    code = "CALLS_EXHAUSTED"


class CallTooLong(CapacityError):
    """The call took longer than calls of its kind may."""

    code = "CALL_TOO_LONG"


class BookRateExceeded(CapacityError):
    """More of a book came in a short time than the server takes."""

    code = "BOOK_RATE_EXCEEDED"


class ReadsExhausted(CapacityError):
    """The calls that read hold as much memory as they may."""

    code = "READS_EXHAUSTED"


class EstimatesExhausted(CapacityError):
    """The estimates under way use all the memory that there is for them."""

    code = "ESTIMATES_EXHAUSTED"


class KeysUnavailable(CapacityError):
    """The keys that the token is checked with cannot be had now."""

    code = "KEYS_UNAVAILABLE"


class QuantityOverflow(DefectError):
    """A sum left 128 bits: refused, never wrapped."""

    code = "QUANTITY_OVERFLOW"


class LedgerInconsistent(DefectError):
    """Stored data contradict each other."""

    code = "LEDGER_INCONSISTENT"


class FileCorrupt(LedgerInconsistent):
    """A file that counts is not what was written: nothing is made of it.

    Its metadata name `file` (the id), `book`, `kind` and `path`.
    """

    code = "FILE_CORRUPT"


class FileMissing(FileCorrupt):
    """The object of a file that counts is gone."""

    code = "FILE_MISSING"


class RecordsLost(DefectError):
    """Records were acknowledged as durable, and the database does not have them any more."""

    code = "RECORDS_LOST"


def forget_frames(error: BaseException) -> None:
    """Drop the frames in which an error came up, once it is known what it says.

    They hold what was at work there, messages, batches, frames of postings, for as long as the
    error waits to be told; and, where one of them holds the error, until the collector of cycles
    comes by, which counts objects and not their bytes.
    """
    error.__traceback__ = error.__cause__ = error.__context__ = None

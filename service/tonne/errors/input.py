"""The caller's fault: the same call fails again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tonne.errors.families import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable


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
            f"no book is called {book!r}; `tonne book list` shows the books, `tonne book "
            "create` makes one",
            metadata={"book": book},
        )


class BookExists(InputError):
    """There is a book of that name already."""

    code = "BOOK_EXISTS"


class NotRegistered(InputError):
    """The register of the book has no facility, or no entity, of that id."""

    code = "NOT_REGISTERED"

    @classmethod
    def of(cls, kind: str, book: str, id_: str) -> Self:
        """Say that a facility or an entity is not there."""
        return cls(
            f"book {book!r} has no {kind} {id_!r}: import it first",
            metadata={"book": book, kind: id_},
        )


class MethodUnknown(InputError):
    """A book's method has no such version."""

    code = "METHOD_UNKNOWN"


class MethodChanged(InputError):
    """Another version of the method is in force than the caller took to be."""

    code = "METHOD_CHANGED"


class EpochUnknown(InputError):
    """The epoch was never given out for this channel."""

    code = "EPOCH_UNKNOWN"

    @classmethod
    def of(cls, book: str, channel: str, *, epoch: int, current: int) -> Self:
        """Say that no opening, or none that the database still knows, gave out an epoch."""
        return cls(
            f"epoch: channel {channel} of book {book} is at epoch {current}; epoch {epoch} is "
            "unknown. It was never given out, or the database lost its last transactions: open "
            "the channel again and continue from its committed offset",
            metadata=_of_epoch(book, channel, epoch, current),
        )


class EpochStale(InputError):
    """Another owner has opened the channel since."""

    code = "EPOCH_STALE"

    @classmethod
    def of(cls, book: str, channel: str, *, epoch: int, current: int) -> Self:
        """Say that another owner has opened a channel since."""
        return cls(
            f"epoch: another owner has opened channel {channel} of book {book} since. The "
            f"channel is at epoch {current}, not {epoch}: open it again only if it is yours",
            metadata=_of_epoch(book, channel, epoch, current),
        )


class OffsetGap(InputError):
    """The batch begins beyond the next expected offset."""

    code = "OFFSET_GAP"

    @classmethod
    def of(cls, book: str, channel: str, *, offset: int, expected: int, stop: int = 0) -> Self:
        """Say where a channel goes on; `stop` ends a batch that overlaps with what it has."""
        overlap = f" and ends at {stop}, so it overlaps with earlier records" if stop else ""
        return cls(
            f"offset: channel {channel} of book {book} continues at offset {expected}; the "
            f"batch begins at {offset}{overlap}: open the channel again and continue from its "
            "committed offset",
            metadata={
                "book": book,
                "channel": channel,
                "field": "offset",
                "offset": str(offset),
                "expectedOffset": str(expected),
            },
        )

    @classmethod
    def at_start(cls, name: str, *, offset: int, committed: int) -> Self:
        """Say, before anything is sent, that a start leaves records out."""
        return cls(
            f"start_offset {offset} is beyond the {committed} records of {name}: append the "
            "records between first",
            metadata={"startOffset": str(offset), "committedOffset": str(committed)},
        )


class OffsetRepeat(InputError):
    """The batch was committed before, with the same content: harmless."""

    code = "OFFSET_REPEAT"


class ContentMustMatch(InputError):
    """The same offsets (or request id) came again with other content."""

    code = "CONTENT_MUST_MATCH"

    @classmethod
    def at_offset(cls, book: str, channel: str, offset: int) -> Self:
        """Say which record of a batch is not the one that was committed there."""
        return cls(
            f"offset {offset} of channel {channel} in book {book} already holds another record: "
            "open the channel again and continue from its committed offset",
            metadata={"book": book, "channel": channel, "offset": str(offset)},
        )

    @classmethod
    def of_mend(cls, book: str, channel: str, offset: int) -> Self:
        """Say that what is to be mended is neither in quarantine nor in suspense any more."""
        return cls(
            f"offsets: records in quarantine or in suspense; the one at offset {offset} of "
            f"channel {channel} in book {book} is not, or no longer: compare again, and mend what "
            "is",
            metadata={"book": book, "channel": channel, "offset": str(offset)},
        )

    @classmethod
    def of_correction(cls, book: str, channel: str, offset: int) -> Self:
        """Say that what is to be corrected is neither posted nor in suspense any more."""
        text = f"offsets: record {offset} of {channel} in book {book} counts no longer: it was "
        text += "reversed (`tonne correction list`); append anew what was reversed for good"
        return cls(text, metadata={"offset": str(offset), "channel": channel})

    @classmethod
    def of_quarantine(cls, book: str, channel: str, offset: int) -> Self:
        """Say that what is to be corrected is in quarantine, where it is mended."""
        text = f"offsets: record {offset} of {channel} in book {book} is in quarantine: mend it"
        return cls(text, metadata={"offset": str(offset), "channel": channel})

    @classmethod
    def of_request(cls, book: str, request_id: str) -> Self:
        """Say that a request id stands for other records."""
        return cls(
            f"request {request_id} of book {book} already posted other records: use a new "
            "request_id for new records",
            metadata={"book": book, "requestId": request_id},
        )

    @classmethod
    def of_statements(cls, book: str, request_id: str) -> Self:
        """Say that a request id stands for other statements."""
        return cls(
            f"request {request_id} of book {book} already stated something else: use a new "
            "request_id for new statements",
            metadata={"book": book, "requestId": request_id},
        )

    @classmethod
    def at_start(cls, name: str, *, offset: int, committed: int) -> Self:
        """Say that what is to be appended is not what the channel begins with."""
        return cls(
            f"{name} has {committed} records, and the given records differ from them from "
            f"offset {offset} on: where none of these was appended before, start at offset "
            f"{committed} (start_offset, --start-offset); where some were, compare_records names "
            "those that differ",
            metadata={"offset": str(offset)},
        )


class BatchMustParse(InputError):
    """The batch as a whole cannot be read; nothing of it was taken."""

    code = "BATCH_MUST_PARSE"


class BatchMustFit(InputError):
    """The message or the batch is over its limit; nothing of it was taken."""

    code = "BATCH_MUST_FIT"

    @classmethod
    def of_bytes(cls, size: int, size_max: int) -> Self:
        """Say that a message is too large."""
        return cls(
            f"batch: a message has at most {size_max} bytes; got {size}: split the batch",
            metadata={"field": "batch", "sizeBytes": str(size), "sizeBytesMax": str(size_max)},
        )

    @classmethod
    def of_postings(cls, record_count: int, count: int, count_max: int) -> Self:
        """Say that the records of a batch touch too many months."""
        return cls(
            f"the {record_count} records of the batch make up to {count} postings, one for each "
            f"month that a record touches. A commit has at most {count_max} "
            "(ingest.commit_postings_max). Nothing of the batch was taken: send fewer records "
            "in a batch, or records of shorter spans",
            metadata={
                "field": "batch",
                "postingCount": str(count),
                "postingCountMax": str(count_max),
            },
        )

    @classmethod
    def of_records(cls, count: int, count_max: int) -> Self:
        """Say that a batch has more records than are answered one by one."""
        return cls(
            f"an estimate that answers each record takes batches of at most {count_max} "
            f"records; got {count}: send smaller batches",
            metadata={"recordCount": str(count), "recordCountMax": str(count_max)},
        )


class SelectionMustFit(InputError):
    """The answer to a question needs more memory than any answer may have."""

    code = "SELECTION_MUST_FIT"


class StreamSilent(InputError):
    """The messages that a stream must send did not come in time."""

    code = "STREAM_SILENT"

    @classmethod
    def at_first(cls, most_s: float, setting: str) -> Self:
        """Say that the first message of a stream did not come in time, or not whole."""
        return cls(
            f"the first message of a stream must come within {most_s:g} s ({setting}): open "
            "another stream, and send its first message at once",
            metadata={"limit": setting, "value": f"{most_s:g}"},
        )

    @classmethod
    def between(cls, most_s: float, setting: str) -> Self:
        """Say that a further message did not come in time."""
        return cls(
            f"the next message, or the half-close, must come within {most_s:g} s ({setting}): "
            "call again, and send without such a pause",
            metadata={"limit": setting, "value": f"{most_s:g}"},
        )


class AnswerUnread(InputError):
    """The caller did not read its answer for too long."""

    code = "ANSWER_UNREAD"


class EstimateMustFit(InputError):
    """The estimate has more records, postings or lines than one may have."""

    code = "ESTIMATE_MUST_FIT"


class EditionUnknown(InputError):
    """No edition of that name."""

    code = "EDITION_UNKNOWN"

    @classmethod
    def in_book(cls, book: str, edition: str) -> Self:
        """Say that a book has no such edition."""
        return cls(
            f"book {book!r} has no edition {edition!r}: `tonne edition list` shows its editions",
            metadata={"book": book, "edition": edition},
        )

    @classmethod
    def shipped(cls, edition: str, known: Iterable[str]) -> Self:
        """Say that no such edition is shipped, and which are."""
        return cls(
            f"no shipped edition is called {edition!r}: the shipped editions are "
            f"{', '.join(known)}; for an edition that a book imported, name the book",
            metadata={"edition": edition},
        )


class EditionExists(InputError):
    """An edition of that id exists with other content."""

    code = "EDITION_EXISTS"

    @classmethod
    def in_book(cls, book: str, edition: str) -> Self:
        """Say that a book has another edition of that id."""
        return cls(
            f"edition {edition!r} of book {book!r} exists with other content, and an edition "
            "never changes: import this one under another id",
            metadata={"book": book, "edition": edition},
        )

    @classmethod
    def shipped(cls, book: str, edition: str) -> Self:
        """Say that a shipped edition has that id."""
        return cls(
            f"edition {edition!r} is shipped with the server: name the shipped edition in the "
            "method, or import yours under another id",
            metadata={"book": book, "edition": edition},
        )


class FactorUnknown(InputError):
    """No factor of that name."""

    code = "FACTOR_UNKNOWN"

    @classmethod
    def of(cls, book: str, edition: str, row: int) -> Self:
        """Say that an edition has no such row; an empty book: it is a shipped one."""
        where = f"edition {edition!r} of book {book!r}" if book else f"shipped edition {edition!r}"
        return cls(
            f"{where} has no factor {row}: `tonne factor list` shows its factors",
            metadata={"book": book, "edition": edition, "factor": str(row)},
        )


class PageTokenInvalid(InputError):
    """The page token was not given out by this call."""

    code = "PAGE_TOKEN_INVALID"


class CredentialsMissing(InputError):
    """The server must know who calls, and nothing says it."""

    code = "CREDENTIALS_MISSING"


class CredentialsInvalid(InputError):
    """The token, or the client's certificate, is not one that the server takes."""

    code = "CREDENTIALS_INVALID"

    @classmethod
    def by(cls, rule: str, text: str) -> Self:
        """Say what is wrong with a token or a certificate, and which rule it broke."""
        return cls(text, metadata={"rule": rule})


class RoleMissing(InputError):
    """The caller may see the book and not do this with it."""

    code = "ROLE_MISSING"


class ConfigInvalid(InputError):
    """The configuration has an unknown key or a wrong value."""

    code = "CONFIG_INVALID"


def _of_epoch(book: str, channel: str, epoch: int, current: int) -> dict[str, str]:
    place = {"book": book, "channel": channel, "field": "epoch"}
    return {**place, "epoch": str(epoch), "currentEpoch": str(current)}

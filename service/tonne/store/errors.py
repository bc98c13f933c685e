"""What the store raises beside `tonne.errors`: outcomes that its callers act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tonne.errors import CapacityError, ConfigInvalid, DefectError

if TYPE_CHECKING:
    from collections.abc import Iterable


class PositionLost(CapacityError):
    """A commit found channels that are not where, or no longer whose, it took them to be.

    Nothing was committed. The caller drops these channels and commits the rest.

    Attributes
    ----------
    channels : frozenset of str
        The channels whose epoch, committed offset or state differed.
    """

    code = "POSITION_LOST"

    def __init__(self, book: str, channels: Iterable[str]) -> None:
        self.channels = frozenset(channels)
        names = ", ".join(sorted(self.channels))
        super().__init__(
            f"channels of book {book!r} are closed, or at other epochs or offsets than this "
            f"server expects: {names}. Open them again and continue from the committed offset",
            metadata={"book": book, "channels": names},
        )


class RequestKnown(CapacityError):
    """A commit claimed request ids that were posted before. Nothing was committed.

    Attributes
    ----------
    request_ids : frozenset of str
        The request ids that are taken; `Manifest.get_request` reads what became of them.
    """

    code = "REQUEST_KNOWN"

    def __init__(self, book: str, request_ids: Iterable[str]) -> None:
        self.request_ids = frozenset(request_ids)
        names = ", ".join(sorted(self.request_ids))
        super().__init__(
            f"request ids of book {book!r} must be new, but these were posted before: {names}. "
            "Read the earlier outcome",
            metadata={"book": book, "requestIds": names},
        )


class MendsKnown(CapacityError):
    """A commit mends records that others have mended meanwhile. Nothing was committed.

    Attributes
    ----------
    request_ids : frozenset of str
        The requests of the commit that hold such a record.
    """

    code = "MENDS_KNOWN"

    @classmethod
    def of(cls, book: str, request_ids: Iterable[str]) -> Self:
        """Name the requests."""
        return cls(book, request_ids)

    def __init__(self, book: str, request_ids: Iterable[str]) -> None:
        self.request_ids = frozenset(request_ids)
        names = ", ".join(sorted(self.request_ids))
        super().__init__(
            f"records of book {book!r} were expected in quarantine or in suspense; those that "
            f"requests {names} mend are there no longer; compare again",
            metadata={"book": book, "requestIds": names},
        )


class BookChanged(CapacityError):
    """The book's revision moved since the commit was prepared. Nothing was committed.

    Where the number is the one that was expected, it stands for something else by now.

    Attributes
    ----------
    revision : int
        The revision that the book has now.
    """

    code = "BOOK_CHANGED"

    @classmethod
    def of(cls, book: str, expected: int, revision: int) -> Self:
        """Name both revisions."""
        return cls(book, expected, revision)

    def __init__(self, book: str, expected: int, revision: int) -> None:
        self.revision = revision
        super().__init__(
            f"book {book!r} is at revision {revision}, but the commit expects {expected}: "
            "resolve the records again and commit again",
            metadata={"book": book, "expected": str(expected), "revision": str(revision)},
        )


class HistoryLost(CapacityError):
    """A commit that is known to have happened is not in the database. Nothing was committed.

    The database went back: it lost its last transactions, or is an older copy. What its callers
    remember of it may be of what is gone.

    Attributes
    ----------
    book : str
        The book whose commit is missing.
    """

    code = "HISTORY_LOST"

    def __init__(self, book: str, witness: str) -> None:
        self.book = book
        super().__init__(
            f"commit {witness} of book {book!r} happened, but the database does not have it any "
            "more. The database lost its last transactions: compare it with what this server "
            "remembers, and commit again",
            metadata={"book": book, "commit": witness},
        )


class SuspenseChanged(CapacityError):
    """A commit found segments whose records in suspense are not those that it took them to be.

    Nothing was committed. The caller reads the segments again: someone else cleared them.

    Attributes
    ----------
    segments : frozenset of str
        Ids of the segments whose count of suspended records differed.
    """

    code = "SUSPENSE_CHANGED"

    @classmethod
    def of(cls, book: str, segments: Iterable[str]) -> Self:
        """Name the segments."""
        return cls(book, segments)

    def __init__(self, book: str, segments: Iterable[str]) -> None:
        self.segments = frozenset(segments)
        names = ", ".join(sorted(self.segments))
        super().__init__(
            f"segments of book {book!r} have other records in suspense than were read: {names}. "
            "Read them again",
            metadata={"book": book, "segments": names},
        )


class LeaseLost(CapacityError):
    """A job was done under a lease that another holder has taken since. Nothing happened."""

    code = "LEASE_LOST"

    def __init__(self, name: str, holder: str, fence: int) -> None:
        super().__init__(
            f"{holder!r} does not hold the lease {name!r} with fence {fence} any more: another "
            "process has taken it and does the job",
            metadata={"lease": name, "holder": holder, "fence": str(fence)},
        )


class LedgerMismatch(ConfigInvalid):
    """The manifest and the objects do not belong together, or one is older than the other."""

    code = "LEDGER_MISMATCH"


class GarbageRefused(ConfigInvalid):
    """A collection would have deleted more than it may. It deleted nothing."""

    code = "GARBAGE_REFUSED"


class OutcomeUnknown(CapacityError):
    """The connection was lost during COMMIT and whether it happened could not be read."""

    code = "OUTCOME_UNKNOWN"


class ObjectExists(DefectError):
    """Another object has this path already; objects are never overwritten."""

    code = "OBJECT_EXISTS"

    @classmethod
    def at(cls, path: str) -> Self:
        """Name the object."""
        return cls(
            f"object {path!r} must be new, but exists with other content",
            metadata={"path": path},
        )


class ObjectMissing(DefectError):
    """No object has this path."""

    code = "OBJECT_MISSING"

    @classmethod
    def at(cls, path: str, root: str) -> Self:
        """Name the object, and to operators where it was looked for."""
        return cls(
            f"object {path!r} is missing in the store", metadata={"path": path}, detail=root
        )

"""A book at one moment: the door through which reports see the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.reading.balances import ALL
from tonne.ledger.reading.moment import Moment, outrun
from tonne.model import check_id
from tonne.store.errors import ObjectMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.catalogue.resolving.texts import Texts
    from tonne.catalogue.words.method import MethodSettings
    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.book.editions import Editions
    from tonne.ledger.files.files import Wanted
    from tonne.ledger.reading.balances import Add, Parts
    from tonne.ledger.reading.evidence import Evidence
    from tonne.ledger.reading.rollups import Rollups
    from tonne.model import Entity
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

ATTEMPTS_MAX = 16
"""Moments that a reader takes when changes, merges and garbage collection outrun it."""


class Reading(NamedTuple):
    """Postings files that are read, what of them is wanted at least, and what takes the parts."""

    files: Sequence[FileRow]
    add: Add
    wanted: Wanted = ALL


@dataclass(eq=False)
class Snapshot(Moment):
    """A book at one moment: its rules and its postings, of the same state of the manifest.

    For one thread at a time.

    Parameters
    ----------
    book : Book
        With the method in force.
    files : sequence of FileRow
        The live postings files.
    settings : MethodSettings
        Of that method.
    register : polars.DataFrame
        The facilities, columns of `facilities.REGISTER_SCHEMA`.
    texts : Texts
        What reads the texts of records, under the method and the words in force.
    entities : sequence of Entity
    quarantined_count : int
        Records of the book in quarantine.
    parts : callable
        Reads the files.
    editions : Editions
        Factors and resolutions: of all moments, since they never change.
    evidence : Evidence
        What the postings rest on.
    again : callable
        Takes the files of a later moment at which the rules are the same; raises
        StoreUnavailable where they are not.
    rollups : Rollups, optional
        Sums of the files without their facilities.
    """

    settings: MethodSettings
    register: pl.DataFrame
    texts: Texts
    entities: Sequence[Entity]
    quarantined_count: int
    parts: Parts
    editions: Editions
    evidence: Evidence
    again: Callable[[], Sequence[FileRow]]
    rollups: Rollups | None = None
    _is_read: bool = field(default=False, init=False)

    def fold(self, begin: Callable[[], Iterable[Reading]]) -> None:
        """Go through postings, part by part.

        Memory holds a part of at most `POSTINGS_GROUP_ROWS` rows, whatever the size of the book
        and of its files.

        Parameters
        ----------
        begin : callable
            Says what is read of `files`, and what takes its parts, columns of `POSTINGS_SCHEMA`.
            It is called anew where merges and garbage collection outran the reading: then the
            snapshot is of a later moment with the same rules. That happens the first time alone.

        Raises
        ------
        StoreUnavailable
            The files are gone, and a later moment would not be the same: ask again.
        LedgerInconsistent
            A file that the manifest names is gone or cannot be read.
        """
        for _ in range(ATTEMPTS_MAX):
            try:
                for reading in begin():
                    for part in self.parts(reading.files, wanted=reading.wanted):
                        reading.add(part)
            except ObjectMissing as error:
                if self._is_read:
                    raise outrun(self.book.id) from error
                missing = error
                self.files = self.again()
                self.__dict__.pop("_commits", None)
                continue
            self._is_read = True
            return
        raise LedgerInconsistent(
            f"book {self.book.id} names postings files that are missing: {missing.message}",
            metadata={"book": self.book.id},
        ) from missing

    def frame(self) -> pl.DataFrame:
        """Read all postings at once: for checks, since memory holds all.

        Returns
        -------
        polars.DataFrame
            Columns of `POSTINGS_SCHEMA`. A combination of keys may stand in several rows:
            `sums.sum_by` adds them up.
        """
        parts: list[pl.DataFrame] = []

        def begin() -> Iterator[Reading]:
            parts.clear()
            yield Reading(self.files, parts.append)

        self.fold(begin)
        with polars_errors(f"postings of book {self.book.id}"):
            return pl.concat([pl.DataFrame(schema=POSTINGS_SCHEMA), *parts], rechunk=False)

    def resolutions(self, ids: Iterable[str]) -> Mapping[str, Resolution]:
        """Read resolutions by their ids; raises LedgerInconsistent where one is missing."""
        return self.editions.resolutions(self.book.id, ids)


class Snapshots:
    """Takes snapshots of books. Safe to call from several threads.

    Parameters
    ----------
    manifest
        Where the ledger is kept.
    states : BookStates
        The rules of books, the latest known of each.
    parts : callable
        Reads postings files, as `Balances.parts`.
    editions : Editions
    evidence : Evidence
    rollups : Rollups, optional
        As in `Snapshot`.
    """

    def __init__(
        self,
        manifest: Manifest,
        states: BookStates,
        parts: Parts,
        editions: Editions,
        evidence: Evidence,
        *,
        rollups: Rollups | None = None,
    ) -> None:
        self._manifest = manifest
        self._states = states
        self._parts = parts
        self._editions = editions
        self._evidence = evidence
        self._rollups = rollups

    def take(self, book: str) -> Snapshot:
        """Take a snapshot of a book as it is now.

        Raises
        ------
        NameInvalid, BookUnknown
        StoreUnavailable
            The book changes faster than it can be read.
        """
        check_id("book", book)
        for _ in range(ATTEMPTS_MAX):
            moment = self._manifest.book_moment(book)
            state = self._states.refresh(book)
            token = state.book.revision_token
            if token != moment.revision_token:
                continue  # somebody changed the rules between the two

            def again(token: str = token) -> Sequence[FileRow]:
                later = self._manifest.book_moment(book)
                if later.revision_token != token:
                    raise outrun(book)
                return later.postings

            return Snapshot(
                state.book,
                moment.postings,
                state.settings,
                state.register,
                state.texts,
                moment.entities,
                moment.quarantined_count,
                self._parts,
                self._editions,
                self._evidence,
                again,
                self._rollups,
            )
        raise outrun(book)

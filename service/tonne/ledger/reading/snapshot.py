"""A book at one moment: the door through which reports see the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.as_of import find_point
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.reading.balances import ALL
from tonne.ledger.reading.moment import Moment, MomentParts, outrun
from tonne.ledger.reading.past.rules import PastRules
from tonne.ledger.reading.past.under import UnderMethod, with_known
from tonne.model import check_id
from tonne.store.errors import ObjectMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.catalogue.resolving.texts import Texts
    from tonne.catalogue.words.method import MethodSettings
    from tonne.ledger.as_of import AsOf
    from tonne.ledger.book.book_state import BookState, BookStates
    from tonne.ledger.book.editions import Editions
    from tonne.ledger.budget import Hold
    from tonne.ledger.files.files import Wanted
    from tonne.ledger.reading.balances import Add
    from tonne.ledger.reading.evidence import Evidence
    from tonne.ledger.reading.rollups import Rollups
    from tonne.model import Entity
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point, PostingsAt
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
    point : Point
        The moment.
    at : PostingsAt
        What was posted by then.
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
        Reads the postings of a moment, as `PostingsReader.parts`.
    editions : Editions
        Factors and resolutions: of all moments, since they never change.
    evidence : Evidence
        What the postings rest on.
    again : callable
        Finds the postings of the same moment again, where files of it were collected.
    resolved : mapping
        What a version of the method resolves to that the caller chose; empty: none was chosen.
    rollups : Rollups, optional
        Sums of the files without their facilities; None where a sum of them would not do.
    """

    settings: MethodSettings
    register: pl.DataFrame
    texts: Texts
    entities: Sequence[Entity]
    quarantined_count: int
    parts: MomentParts
    editions: Editions
    evidence: Evidence
    again: Callable[[], PostingsAt]
    resolved: Mapping[str, Resolution] = field(default_factory=dict, kw_only=True)
    rollups: Rollups | None = field(default=None, kw_only=True)

    def fold(self, begin: Callable[[], Iterable[Reading]]) -> None:
        """Go through postings, part by part.

        Memory holds a part of at most `POSTINGS_GROUP_ROWS` rows, whatever the size of the book
        and of its files.

        Parameters
        ----------
        begin : callable
            Says what is read of `files`, and what takes its parts, columns of `POSTINGS_SCHEMA`.
            It is called anew where merges and garbage collection outran the reading: then the
            same postings are read from where they stand now.

        Raises
        ------
        LedgerInconsistent
            A file that the manifest names is gone or cannot be read.
        """
        for _ in range(ATTEMPTS_MAX):
            try:
                for reading in begin():
                    # What stands in no file is of one reading: rollups stand for files alone.
                    files = None if self.at.first else reading.files
                    for part in self.parts(self, files, reading.wanted):
                        reading.add(part)
            except ObjectMissing as error:
                missing = error
                self.at = self.again()
                continue
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
        found, others = with_known(self.resolved, ids)
        return found | self.editions.resolutions(self.book.id, others)


class Snapshots:
    """Takes snapshots of books. Safe to call from several threads.

    Parameters
    ----------
    manifest
        Where the ledger is kept.
    states : BookStates
        The rules of books, the latest known of each.
    parts : callable
        Reads the postings of a moment, as `PostingsReader.parts`.
    editions : Editions
    evidence : Evidence
    rollups : Rollups, optional
        As in `Snapshot`.
    """

    def __init__(
        self,
        manifest: Manifest,
        states: BookStates,
        parts: MomentParts,
        editions: Editions,
        evidence: Evidence,
        *,
        rollups: Rollups | None = None,
    ) -> None:
        self._manifest = manifest
        self._states = states
        self._past = PastRules(manifest, states)
        self._parts = parts
        self._editions = editions
        self._evidence = evidence
        self._rollups = rollups

    def point(self, book: str, as_of: AsOf | None = None) -> Point:
        """Find a moment of a book; see `take`."""
        return find_point(self._manifest, check_id("book", book), as_of)

    def rules(
        self, book: str, as_of: AsOf | None = None, method: int = 0
    ) -> tuple[BookState, Point]:
        """Give the rules of a book as of a moment, and the moment; see `take`."""
        point = self.point(book, as_of)
        return self._past.at(point, method), point

    def take(
        self,
        book: str,
        as_of: AsOf | None = None,
        *,
        method: int = 0,
        hold: Hold | None = None,
    ) -> Snapshot:
        """Take a snapshot of a book as it is now, or as it was.

        Parameters
        ----------
        book : str
        as_of : AsOf, optional
            The moment; None: now.
        method : int
            Version of the method under which what was recorded is posted; 0: those of then.
        hold : Hold, optional
            Memory of the call.

        Raises
        ------
        NameInvalid, BookUnknown, MethodUnknown
        FieldInvalid
            The book has no such moment.
        StoreUnavailable
            The book changes faster than it can be read.
        """
        check_id("book", book)
        number = None if as_of is None else find_point(self._manifest, book, as_of).number
        for _ in range(ATTEMPTS_MAX):
            moment = self._manifest.book_moment(book, number)
            if moment.is_ruled_now:
                state = self._states.refresh(book)
                if state.book.revision_token != moment.revision_token:
                    continue  # somebody changed the rules between the two
            else:
                state = self._past.at(moment.point)
            under = None
            if method:
                state = self._past.at(moment.point, method)
                under = UnderMethod(self._parts, state)

            def again(number: int = moment.point.number) -> PostingsAt:
                return self._manifest.book_moment(book, number, dead=False).at

            return Snapshot(
                state.book,
                moment.point,
                moment.at,
                state.settings,
                state.register,
                state.texts,
                moment.entities,
                moment.quarantined_count,
                self._parts if under is None else under.parts,
                self._editions,
                self._evidence,
                again,
                hold=hold,
                resolved={} if under is None else under.resolutions,
                rollups=None if under or moment.at.first else self._rollups,
            )
        raise outrun(book)

"""Sights of a book: as of a moment, under a version of its method, or what was moved between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.ledger.as_of import AsOf, read_as_of
from tonne.ledger.reading.balances import ALL
from tonne.ledger.reading.changes.under_method import Where, under

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl

    from tonne.ledger.book.book_state import BookState
    from tonne.ledger.budget import Hold
    from tonne.ledger.files.files import Wanted
    from tonne.ledger.reading.changes.movements import Movement, Movements
    from tonne.ledger.reading.changes.under_method import Keep
    from tonne.ledger.reading.moment import Moment, MomentParts
    from tonne.ledger.reading.snapshot import Snapshot, Snapshots
    from tonne.store.manifest.moments import Point
    from tonne.store.rows import FileRow


class Sights:
    """A book, seen in several ways, each read once. For one thread at a time.

    Moments are numbers of commits; 0 is the moment at which the sights were first asked for.

    Parameters
    ----------
    snapshots : Snapshots
    movements : Movements
    book : str
    hold : Hold, optional
        Memory of the call.
    """

    def __init__(
        self, snapshots: Snapshots, movements: Movements, book: str, hold: Hold | None = None
    ) -> None:
        self._snapshots = snapshots
        self._movements = movements
        self._book = book
        self._hold = hold
        self._taken: dict[int, Snapshot] = {}
        self._states: dict[tuple[int, int], BookState] = {}

    def now(self) -> Snapshot:
        """Give the book as it was when it was first asked for."""
        return self._at(0)

    def point(self, as_of: str) -> Point:
        """Find a moment by the number of a commit or a time; empty: `now`.

        Raises
        ------
        FieldInvalid
            It is none, or none of the book.
        """
        asked = read_as_of(as_of)
        if asked is None:
            return self.now().point
        return self._snapshots.rules(self._book, asked)[1]

    def at(self, number: int, version: int = 0, keep: Keep | None = None) -> Snapshot:
        """Give the book as of a moment, as if all had been posted under a version.

        Parameters
        ----------
        number : int
            Of a commit.
        version : int
            Of the method; 0: as it was posted.
        keep : callable, optional
            Leaves out balances, as they are posted.

        Raises
        ------
        MethodUnknown
        """
        layers = [(self.state(number, version), Where.ALL)] if version else []
        return under(self._at(number), layers, keep)

    def between(self, number: int, before: int, after: int) -> Snapshot:
        """Give the book under one version, with the figures of another where the rule is the same.

        0: as it was posted.
        """
        layers = []
        if before:
            where = Where.ALL if after else Where.OTHER_RULE
            layers.append((self.state(number, before), where))
        if after:
            layers.append((self.state(number, after), Where.SAME_RULE))
        return under(self._at(number), layers)

    def registered(self, number: int, by: int, version: int = 0) -> Snapshot:
        """Give the postings of one moment under the register, entities and words of another."""
        other = self._at(by)
        return replace(
            self.at(number, version),
            register=other.register,
            entities=other.entities,
            texts=other.texts,
        )

    def moved(
        self, after: int, upto: int, *, by: int, version: int = 0
    ) -> Mapping[Movement, Snapshot]:
        """Give what was moved between two moments, as books that have nothing else.

        Parameters
        ----------
        after, upto : int
            The moments, the earlier one first.
        by : int
            The moment whose register, entities and words count.
        version : int
            Of the method; 0: as it was posted.

        Raises
        ------
        FieldInvalid
            Hours decide on what was moved: by whose records that is not told.
        """
        there = self.at(by, version)
        found = self._movements.between(there.book, after, upto, self._hold)
        ids = {id_ for frame in found.values() for id_ in frame["resolution"].drop_nulls()}
        if not version and any(
            entry.hours for each in there.resolutions(ids).values() for entry in each.entries
        ):
            raise FieldInvalid(
                "as_of: records were corrected, or left suspense, whose factors are by the hour: "
                "what of the difference is theirs cannot be told. Select other activities or "
                "facilities, or moments between which none was",
                metadata={"field": "as_of"},
            )
        return {
            movement: replace(there, parts=_only(frame), rollups=None)
            for movement, frame in found.items()
            if not frame.is_empty()
        }

    def state(self, number: int, version: int) -> BookState:
        """Give the rules of a moment with another version of the method."""
        key = (number, version)
        if key not in self._states:
            asked = _as_of(number or self.now().point.number)
            self._states[key] = self._snapshots.rules(self._book, asked, version)[0]
        return self._states[key]

    def _at(self, number: int) -> Snapshot:
        if number not in self._taken:
            taken = self._snapshots.take(self._book, _as_of(number), hold=self._hold)
            self._taken[number] = self._taken[taken.point.number] = taken
        return self._taken[number]


def _as_of(number: int) -> AsOf | None:
    return AsOf(str(number), number=number) if number else None


def _only(frame: pl.DataFrame) -> MomentParts:
    def parts(
        moment: Moment,  # noqa: ARG001  what is read is given
        files: Sequence[FileRow] | None = None,  # noqa: ARG001  none of it is read
        wanted: Wanted = ALL,  # noqa: ARG001  none of it is read
    ) -> Iterable[pl.DataFrame]:
        return [frame]

    return parts

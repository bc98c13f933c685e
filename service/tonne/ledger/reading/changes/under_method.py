"""Postings resolved again by their own activity, unit, region and days; no record is read.

What a posting is worth follows from its resolution, so a book under another version of its method
is the same balances under other resolutions. What cannot be told from a balance is refused: a
factor that begins within its days, and factors by the hour.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.reading.past.under import SliceKey, disposition_under
from tonne.ledger.reading.snapshot import Reading, Snapshot
from tonne.model import RowStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from fractions import Fraction

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.book.book_state import BookState
    from tonne.ledger.reading.balances import Add

UNPOSTED = "unposted"
"""What is counted of balances: those that are posted now, and wait under the version."""

Keep = Callable[[pl.DataFrame], pl.DataFrame]
"""Takes some of the postings of a part."""

_TEXTS = ("facility", "activity", "unit", "region")
_KEYS = (*_TEXTS[1:], "period", "first_day", "last_day", "rated")
_OLD = {"resolution": "old_resolution", "status": "old_status"}


class Where(enum.Enum):
    """Which balances are resolved again: all, or by whether their rule stays the same."""

    ALL = "all"
    SAME_RULE = "same rule"
    OTHER_RULE = "other rule"


Layer = tuple["BookState", Where]
"""Under which state which balances are resolved again."""


@dataclass(eq=False)
class UnderMethod(Snapshot):
    """A snapshot whose balances are resolved again as they are read.

    Parameters
    ----------
    layers : tuple of Layer
        In the order in which they are applied.
    keep : callable, optional
        Leaves out balances, as they are posted.
    counts : Counter
        What is to be told of the last reading; see `UNPOSTED`.
    """

    layers: tuple[Layer, ...] = field(kw_only=True)
    keep: Keep | None = field(default=None, kw_only=True)
    counts: Counter[str] = field(default_factory=Counter, kw_only=True)
    _known: dict[str, Resolution] = field(default_factory=dict, init=False)

    def fold(self, begin: Callable[[], Iterable[Reading]]) -> None:
        """Go through the postings, resolved again; see `Snapshot.fold`."""

        def begin_again() -> Iterator[Reading]:
            self.counts.clear()
            for reading in begin():
                yield reading._replace(add=self._adding(reading.add))

        super().fold(begin_again)

    def _adding(self, add: Add) -> Add:
        return lambda part: add(self.seen(part))

    def resolutions(self, ids: Iterable[str]) -> Mapping[str, Resolution]:
        """Give resolutions by their ids: those that were made here, and those of the book."""
        wanted = list(ids)
        new = [each for each in wanted if each not in self._known]
        if new:
            self._known.update(super().resolutions(new))
        return {each: self._known[each] for each in wanted}

    def seen(self, part: pl.DataFrame) -> pl.DataFrame:
        """Give postings as they are seen: some of them, resolved again."""
        kept = part if self.keep is None else self.keep(part)
        with polars_errors(f"postings of book {self.book.id}"):
            texts = pl.col(*_TEXTS, "resolution").cast(pl.String).fill_null("")
            plain = kept.with_columns(texts, pl.col("status").cast(pl.UInt8))
            now = plain
            for state, where in self.layers:
                now = self._under(now, state, where)
            was_posted, is_posted = plain["resolution"] != "", now["resolution"] != ""
            self.counts[UNPOSTED] += int((was_posted & ~is_posted).sum())
            return now.select(pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items())

    def _under(self, postings: pl.DataFrame, state: BookState, where: Where) -> pl.DataFrame:
        """Resolve postings again, row by row in the same order."""
        if postings.is_empty():
            return postings
        rated = sorted({each.facility for each in state.settings.rates if each.facility})
        is_rated = pl.col("facility").is_in(rated)
        keyed = postings.with_columns(
            pl.when(is_rated).then("facility").otherwise(pl.lit("")).alias("rated")
        )
        # Whose facility is not registered waits, whatever the method.
        is_open = pl.col("status") != int(RowStatus.FACILITY_MUST_BE_REGISTERED)
        keys = keyed.filter(is_open).select(_KEYS).unique(maintain_order=True)
        found = [self._of(row, state) for row in keys.iter_rows()]
        resolved = keys.with_columns(
            pl.Series("resolution", [id_ for id_, _ in found], dtype=pl.String),
            pl.Series("status", [status for _, status in found], dtype=pl.UInt8),
        )
        joined = keyed.rename(_OLD).join(
            resolved, on=list(_KEYS), how="left", maintain_order="left"
        )
        is_taken = pl.col("old_status") != int(RowStatus.FACILITY_MUST_BE_REGISTERED)
        if where is not Where.ALL:
            is_taken &= self._is_taken(joined, where)
        return joined.with_columns(
            pl.when(is_taken).then(name).otherwise(old).alias(name) for name, old in _OLD.items()
        ).drop("rated", *_OLD.values())

    def _is_taken(self, joined: pl.DataFrame, where: Where) -> pl.Expr:
        """Find the pairs of resolutions whose rule stays the same, or those of the others."""
        pairs = joined.select("old_resolution", "resolution").drop_nulls().unique()
        self.resolutions(each for each in pairs["old_resolution"] if each)
        taken = [
            f"{old}/{new}"
            for old, new in pairs.iter_rows()
            if (_rule(self._known.get(old)) == _rule(self._known.get(new)))
            == (where is Where.SAME_RULE)
        ]
        pair = pl.concat_str(pl.col("old_resolution"), pl.lit("/"), pl.col("resolution"))
        return pair.is_in(taken)

    def _of(self, key: SliceKey, state: BookState) -> tuple[str, int]:
        """Give the resolution of a key, or none and the status of what waits."""
        found = disposition_under(state, key)
        if isinstance(found, RowStatus):
            return "", int(found)
        self._known.setdefault(found.id, found)
        return found.id, int(RowStatus.POSTED)


def under(snapshot: Snapshot, layers: Iterable[Layer], keep: Keep | None = None) -> Snapshot:
    """See a snapshot under states, and some of its balances alone."""
    layers = tuple(layers)
    if not layers and keep is None:
        return snapshot
    held = {each.name: getattr(snapshot, each.name) for each in fields(Snapshot) if each.init}
    held["rollups"] = None  # they are of the resolutions of before
    return UnderMethod(**held, layers=layers, keep=keep)


def _rule(resolution: Resolution | None) -> tuple[tuple[str, str, Fraction], ...]:
    """Give to which accounts a resolution posts, at which stages, by which ratio of units."""
    entries = () if resolution is None else resolution.entries
    return tuple(sorted((each.account, each.stage, each.conversion) for each in entries))

"""The turns of a merge: which share of the postings each of them takes, in the order of the files.

Postings lie by month and, within a month, by facility, so that a question for some months or
some facilities reads few files. Each turn takes neighbouring months whole, or a part of the
facilities of one month, as far as memory goes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.files.files import Wanted
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE_EVERY: Final = 64
"""Postings for each facility that is looked at to find where a month may be cut."""

_HASH_SEED = 0x7071


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn takes.

    Parameters
    ----------
    first_period, last_period : int
        Months, both inclusive.
    first_facility : str
        Facilities from this one on.
    stop_facility : str or None
        Up to this one, without it; None means all that follow.
    share, shares : int
        Of these, the part of the keys with this number: where one facility has too much alone.
    """

    first_period: int
    last_period: int
    first_facility: str = ""
    stop_facility: str | None = None
    share: int = 0
    shares: int = 1

    @property
    def wanted(self) -> Wanted:
        """Say which files have some of it."""
        return Wanted(self.first_period, self.last_period)

    def of(self, part: pl.DataFrame) -> pl.DataFrame:
        """Take the turn's postings."""
        is_mine = pl.col("period").is_between(self.first_period, self.last_period)
        if self.first_facility:
            is_mine &= pl.col("facility") >= self.first_facility
        if self.stop_facility is not None:
            is_mine &= pl.col("facility") < self.stop_facility
        mine = part.filter(is_mine)
        if self.shares > 1:
            hashes = mine.select(POSTED_KEYS).hash_rows(_HASH_SEED)
            mine = mine.filter(hashes % self.shares == self.share)
        return mine


@dataclass(slots=True)
class Layout:
    """How many postings there are of each month, and a sample of their facilities."""

    rows: Counter[int] = field(default_factory=Counter)
    _samples: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    _seen: int = 0

    def add(self, part: pl.DataFrame) -> None:
        """Look at postings."""
        self.rows.update(dict(part["period"].value_counts().iter_rows()))
        sample = part.select("period", "facility").gather_every(
            SAMPLE_EVERY, -self._seen % SAMPLE_EVERY
        )
        self._seen += part.height
        for period, facility in sample.iter_rows():
            self._samples[period].append(facility)

    def turns(self, rows_max: int) -> list[Turn]:
        """Cut all postings into turns of about so many, in the order of the files."""
        turns: list[Turn] = []
        months: list[int] = []
        count = 0
        for period, rows in sorted(self.rows.items()):
            if months and count + rows > rows_max:
                turns.append(Turn(months[0], months[-1]))
                months, count = [], 0
            if rows > rows_max:
                turns += self._of_month(period, -(-rows // rows_max))
                continue
            months.append(period)
            count += rows
        if months:
            turns.append(Turn(months[0], months[-1]))
        return turns

    def _of_month(self, period: int, part_count: int) -> Iterator[Turn]:
        """Cut a month by facilities, and by keys where one of them has more than a part."""
        sample = sorted(self._samples[period])
        cuts = (
            [sample[len(sample) * part // part_count] for part in range(1, part_count)]
            if (sample)
            else [""] * (part_count - 1)
        )
        begun = ""
        shares = 1
        for cut in [*cuts, None]:
            if cut == begun:
                shares += 1
                continue
            # A facility that is cut at twice fills whole parts by itself: so do its neighbours.
            for share in range(shares):
                yield Turn(period, period, begun, cut, share, shares)
            begun, shares = cut or "", 1

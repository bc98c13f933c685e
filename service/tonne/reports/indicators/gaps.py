"""Months in which one side of a ratio has records and the other has none: unlike periods.

A sum over a year does not show that three months of a meter are missing, and the ratio is wrong
by a quarter. Indicators of sites are looked at site by site, the others as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tonne.model import month_of_period
from tonne.reports.indicators.worth import DENOMINATOR, NUMERATOR
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.files.frames import Schema
    from tonne.reports.indicators.worth import Side
    from tonne.reports.inventory.parts.meanings import Meanings

BLOCK_MONTHS = 32
"""Months of one mask: a bit for each."""

SITE_BYTES = 250
"""Memory of a site's mask, while it is gathered with others."""

PENDING_ROWS = 1 << 17
"""Masks that wait, at least, before they are joined with the others."""

NAMED_MAX = 5
"""Sites that are named; the others are counted."""

_BITS = {bit: 1 << bit for bit in range(BLOCK_MONTHS)}

_KEYS = ("place", "facility", "activity", "resolution", "block")


class Kind(NamedTuple):
    """What postings of a site have in common that add to the same sides."""

    resolution: str
    activity: str
    facility_type: str


class Gap(NamedTuple):
    """Months of a site, or of all, that one side alone has."""

    site: str
    lacking: int
    periods: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SiteGaps:
    """Gaps of a part of the book in one indicator, those of the first sites."""

    gaps: tuple[Gap, ...]
    site_count: int


class Sites:
    """Sees which sites have postings of which kinds in which months: a `Watch` of postings.

    Parameters
    ----------
    facility_types : collection of str
        Only sites of these types; none means all.
    place : polars.Expr
        What tells parts of the book apart.
    hold : Hold or None
        Grows with the sites.
    """

    def __init__(
        self, facility_types: Iterable[str], place: pl.Expr, hold: Hold | None = None
    ) -> None:
        self._types = sorted(set(facility_types))
        self._place = place
        self._hold = hold
        self._masks = pl.DataFrame()
        self._pending: list[pl.DataFrame] = []

    def begin(self) -> None:
        """Forget what was seen."""
        self._masks, self._pending = pl.DataFrame(), []

    def add(self, postings: pl.DataFrame) -> None:
        """See postings; `facility_type` is there where only some types are looked at."""
        type_ = pl.col("facility_type") if self._types else pl.lit("")
        posted = postings.filter(type_.is_in(self._types)) if self._types else postings
        posted = posted.filter(pl.col("resolution").is_not_null())
        if posted.is_empty():
            return
        self._pending.append(
            posted.select(
                self._place.alias("place"),
                "facility",
                "activity",
                "resolution",
                (pl.col("period") // BLOCK_MONTHS).alias("block"),
                type_.alias("facility_type"),
                mask=(pl.col("period") % BLOCK_MONTHS).replace_strict(
                    _BITS, return_dtype=pl.UInt32
                ),
            )
        )
        if sum(map(len, self._pending)) >= max(PENDING_ROWS, self._masks.height):
            self._join()

    def takes(self, sites: pl.DataFrame) -> bool:
        """Whether the sites of a rollup say all that is seen of its postings: of all wanted types.

        They do not say which region a posting has, nor which of several it had.
        """
        roots = set(self._place.meta.root_names())
        left_out = sites.filter(pl.col("facility").is_null())["facility_type"]
        return (
            roots <= {"facility_type"}
            and bool(self._types)
            and not set(self._types) & set(left_out)
        )

    def add_sites(self, sites: pl.DataFrame) -> None:
        """See sites of a rollup: as of its postings, month by month."""
        kept = sites.filter(
            pl.col("facility").is_not_null() & pl.col("facility_type").is_in(self._types)
        )
        if not kept.is_empty():
            columns = ("facility", "activity", "resolution", "block", "facility_type", "mask")
            self._pending.append(kept.select(self._place.alias("place"), *columns))
            self._join()

    def _join(self) -> None:
        check_wanted()
        frames = [self._masks, *self._pending] if self._masks.height else self._pending
        if frames:
            self._masks = (
                pl.concat(frames)
                .group_by(_KEYS)
                .agg(pl.col("facility_type").first(), pl.col("mask").bitwise_or())
            )
        self._pending = []
        if self._hold is not None:
            self._hold.grow_to(self._hold.size_bytes + self._masks.height * SITE_BYTES)

    def kinds(self, meanings: Meanings) -> dict[Kind, Kind]:
        """Give what the sites have, as it is written, and what that means."""
        self._join()
        if self._masks.is_empty():
            return {}
        written = self._masks.select(pl.col(Kind._fields)).unique()
        written = written.with_columns(pl.col(Kind._fields).cast(pl.String))
        read = meanings.read(written, "activity", pl.col("activity"), "activity_read")
        rows = read.select(*Kind._fields, "activity_read").iter_rows()
        return {Kind(*row[:3]): Kind(row[0], row[3], row[2]) for row in rows}

    def gaps(
        self,
        sides: Mapping[Kind, Iterable[Side]],
        indicators: Iterable[int],
        windows: Sequence[tuple[int, int]],
    ) -> dict[tuple[int, str, tuple[int, int]], SiteGaps]:
        """Find the gaps of sites.

        Parameters
        ----------
        sides : mapping of Kind to Side
            Sides that must have records, by `kinds`.
        indicators : iterable of int
            Of which indicators.
        windows : sequence of tuple of int
            First and last month of each value.

        Returns
        -------
        dict
            By indicator, place and window.
        """
        found: dict[tuple[int, str, tuple[int, int]], SiteGaps] = {}
        if self._masks.is_empty():
            return found
        # Many indicators have the same sides.
        by_kinds: defaultdict[frozenset[tuple[Kind, int]], list[int]] = defaultdict(list)
        for indicator in indicators:
            kinds = frozenset(
                (kind, each.side)
                for kind, those in sides.items()
                for each in those
                if each.indicator == indicator
            )
            by_kinds[kinds].append(indicator)
        for kinds, those in by_kinds.items():
            both = self._both(kinds)
            if both.is_empty():
                continue
            for window in windows:
                for place, gaps in _in_window(both, window):
                    found |= {(indicator, place, window): gaps for indicator in those}
        return found

    def _both(self, kinds: frozenset[tuple[Kind, int]]) -> pl.DataFrame:
        """Masks of both sides by site, where they differ."""
        schema: Schema = {**dict.fromkeys(Kind._fields, pl.String), "side": pl.Int64}
        rows = [(*kind, side) for kind, side in kinds]
        texts = pl.col("resolution", "activity", "facility_type").cast(pl.String)
        masks = self._masks.with_columns(texts).join(
            pl.DataFrame(rows, schema=schema, orient="row"), on=Kind._fields, how="inner"
        )
        is_of = pl.col("side") == NUMERATOR
        return (
            masks.group_by("place", "facility", "block")
            .agg(
                num=pl.col("mask").filter(is_of).bitwise_or(),
                den=pl.col("mask").filter(~is_of).bitwise_or(),
            )
            .with_columns(pl.col("num", "den").fill_null(0))
            .filter(pl.col("num") != pl.col("den"))
        )


def _in_window(both: pl.DataFrame, window: tuple[int, int]) -> Iterator[tuple[str, SiteGaps]]:
    first, last = window
    blocks = range(first // BLOCK_MONTHS, last // BLOCK_MONTHS + 1)
    bits = {
        block: sum(
            1 << (period % BLOCK_MONTHS)
            for period in range(block * BLOCK_MONTHS, (block + 1) * BLOCK_MONTHS)
            if first <= period <= last
        )
        for block in blocks
    }
    kept = both.filter(pl.col("block").is_in(list(blocks))).with_columns(
        within=pl.col("block").replace_strict(bits, return_dtype=pl.UInt32)
    )
    kept = kept.with_columns(
        no_den=pl.col("num") & ~pl.col("den") & pl.col("within"),
        no_num=pl.col("den") & ~pl.col("num") & pl.col("within"),
    ).filter((pl.col("no_den") > 0) | (pl.col("no_num") > 0))
    for (place,), frame in kept.partition_by("place", as_dict=True).items():
        sites = frame["facility"].unique().cast(pl.String)
        shown = sites.bottom_k(NAMED_MAX).to_list()
        periods: dict[tuple[str, int], list[int]] = {}
        named = pl.col("facility").cast(pl.String)
        head = frame.filter(named.is_in(shown)).with_columns(named).sort("facility", "block")
        for site, block, no_den, no_num in head.select(
            "facility", "block", "no_den", "no_num"
        ).iter_rows():
            for lacking, mask in ((DENOMINATOR, no_den), (NUMERATOR, no_num)):
                months = [
                    block * BLOCK_MONTHS + bit for bit in range(BLOCK_MONTHS) if mask >> bit & 1
                ]
                periods.setdefault((site, lacking), []).extend(months)
        gaps = [Gap(*each, tuple(months)) for each, months in periods.items() if months]
        yield place, SiteGaps(tuple(gaps), sites.len())


def months_text(periods: Sequence[int]) -> str:
    """Write months, those that adjoin as a range."""
    runs: list[list[int]] = []
    for period in sorted(periods):
        if runs and runs[-1][-1] == period - 1:
            runs[-1][-1:] = [period] if len(runs[-1]) > 1 else [runs[-1][-1], period]
        else:
            runs.append([period])
    return ", ".join(" to ".join(map(month_of_period, run)) for run in runs)

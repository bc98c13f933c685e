"""Months in which one side of a ratio has records and the other has none: unlike periods.

A sum over a year does not show that three months of a meter are missing, and the ratio is wrong
by a quarter. Indicators of sites are looked at site by site, the others as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from tonne.model import month_of_period
from tonne.reports.indicators.worth import DENOMINATOR, NUMERATOR
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.ledger.budget import Hold
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

_BLOCKS: Final = 1 << 12
"""Blocks that a number of a row has place for: months of ten thousand years."""

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
        if kept.is_empty():
            return
        columns = ("facility", "activity", "resolution", "block", "facility_type", "mask")
        masks = kept.select(self._place.alias("place"), *columns)
        if self._masks.is_empty() and not self._pending:
            # Of one rollup each site stands once already.
            self._masks = masks
            self._grow()
            return
        self._pending.append(masks)
        self._join()

    def _join(self) -> None:
        check_wanted()
        if not self._pending:
            return
        frames = [self._masks, *self._pending] if self._masks.height else self._pending
        self._masks = (
            pl.concat(frames)
            .group_by(_KEYS)
            .agg(pl.col("facility_type").first(), pl.col("mask").bitwise_or())
        )
        self._pending = []
        self._grow()

    def _grow(self) -> None:
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
        self._join()
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
        numbered = self._numbered()
        for kinds, those in by_kinds.items():
            check_wanted()
            both = _both(numbered, kinds)
            for (number,), part in both.partition_by("place", as_dict=True).items():
                place = numbered.places[number]
                for window in windows:
                    if gaps := _in_window(part, window, numbered.names):
                        found |= {(each, place, window): gaps for each in those}
        return found

    def _numbered(self) -> _Numbered:
        masks = self._masks
        kinds = masks.select(Kind._fields).unique().with_row_index("kind")
        places = masks["place"].unique().sort()
        place = pl.lit(0, pl.UInt64)
        if len(places) > 1:
            numbers = range(len(places))
            place = pl.col("place").replace_strict(places, numbers, return_dtype=pl.UInt64)
        names = masks.select("facility").unique(maintain_order=True)
        names = names.with_columns(name=pl.col("facility").cast(pl.String))
        if not names["name"].is_sorted():  # as those of a rollup are
            names = names.sort("name")
        names = names.with_row_index("site")
        numbered = (
            masks.join(kinds, on=Kind._fields, how="left")
            .join(names.select("facility", "site"), on="facility", how="left")
            .select(
                (place * names.height + pl.col("site"))
                .mul(_BLOCKS)
                .add(pl.col("block"))
                .alias("row"),
                "kind",
                "mask",
            )
            .sort("row")
        )
        rows = kinds.select(pl.col(Kind._fields).cast(pl.String), "kind").iter_rows()
        return _Numbered(
            numbered,
            {Kind(*row[:-1]): row[-1] for row in rows},
            places.to_list(),
            names["name"],
        )


class _Numbered(NamedTuple):
    """Masks whose texts are numbers, so that each question of them compares these alone.

    `masks` has `row`, which tells places, sites in the order of their names, and blocks apart, in
    this order; `kind` and `mask`.
    """

    masks: pl.DataFrame
    kinds: Mapping[Kind, int]
    places: Sequence[str]
    names: pl.Series


def _both(numbered: _Numbered, kinds: Iterable[tuple[Kind, int]]) -> pl.DataFrame:
    """Give the masks of both sides by place, site and block, where they differ; in order."""
    of: dict[int, set[int]] = {NUMERATOR: set(), DENOMINATOR: set()}
    for each, side in kinds:
        of[side].add(numbered.kinds[each])
    kind, none = pl.col("kind"), pl.lit(0, pl.UInt32)
    sides = {
        name: pl.when(kind.is_in(sorted(of[side]))).then("mask").otherwise(none)
        for name, side in (("num", NUMERATOR), ("den", DENOMINATOR))
    }
    site = pl.col("row") // _BLOCKS
    return (
        numbered.masks.filter(kind.is_in(sorted(set().union(*of.values()))))
        .select("row", **sides)
        .group_by("row", maintain_order=True)
        .agg(pl.col("num", "den").bitwise_or())
        .filter(pl.col("num") != pl.col("den"))
        .select(
            (site // len(numbered.names)).alias("place"),
            (site % len(numbered.names)).alias("site"),
            (pl.col("row") % _BLOCKS).cast(pl.Int32).alias("block"),
            "num",
            "den",
        )
    )


def _in_window(both: pl.DataFrame, window: tuple[int, int], names: pl.Series) -> SiteGaps | None:
    """Find the gaps of a window in the masks of a place, which are in the order of sites."""
    first, last = window
    within = {
        block: sum(
            1 << (period % BLOCK_MONTHS)
            for period in range(block * BLOCK_MONTHS, (block + 1) * BLOCK_MONTHS)
            if first <= period <= last
        )
        for block in both["block"].unique()
    }
    asked = pl.col("block").replace_strict(within, return_dtype=pl.UInt32)
    if len(within) == 1:
        asked = pl.lit(next(iter(within.values())), pl.UInt32)
    num, den = pl.col("num"), pl.col("den")
    frame = both.filter((num ^ den) & asked != 0)
    if frame.is_empty():
        return None
    count = frame.height if len(within) == 1 else frame["site"].n_unique()
    periods: dict[tuple[int, int], list[int]] = {}
    head = frame.head(NAMED_MAX * len(within))
    rows = head.select("site", "block", num & ~den & asked, den & ~num & asked)
    for site, block, no_den, no_num in rows.iter_rows():
        if len({site for site, _ in periods} | {site}) > NAMED_MAX:
            break
        for lacking, mask in ((DENOMINATOR, no_den), (NUMERATOR, no_num)):
            months = [block * BLOCK_MONTHS + bit for bit in range(BLOCK_MONTHS) if mask >> bit & 1]
            periods.setdefault((site, lacking), []).extend(months)
    gaps = (
        Gap(names[site], lack, tuple(months)) for (site, lack), months in periods.items() if months
    )
    return SiteGaps(tuple(gaps), count)


def months_text(periods: Sequence[int]) -> str:
    """Write months, those that adjoin as a range."""
    runs: list[list[int]] = []
    for period in sorted(periods):
        if runs and runs[-1][-1] == period - 1:
            runs[-1][-1:] = [period] if len(runs[-1]) > 1 else [runs[-1][-1], period]
        else:
            runs.append([period])
    return ", ".join(" to ".join(map(month_of_period, run)) for run in runs)

"""How rollups are made: the postings of a run summed without their facilities, as they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import QuantityOverflow
from tonne.ledger.book.facilities import in_order, places_of
from tonne.ledger.files.files import ROLLUP, ROLLUP_MEMBERS, ROLLUP_SITES
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import months_late
from tonne.ledger.files.sums import RunningSums, sum_by
from tonne.ledger.reading.rollups import (
    ATTRIBUTES,
    MEMBERS_SCHEMA,
    ROLLUP_SCHEMA,
    SITE_BLOCK_MONTHS,
    SITES_SCHEMA,
)
from tonne.model import LAST_DAY, first_day_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tonne.store.statement_rows import FileKind

GAIN_MIN = 4
"""A rollup has at most one row for so many postings, or there is none."""

ROLLUP_ROWS_MAX = 1 << 17
"""Most rows of a rollup: a reader has all of them in memory."""

SITES_OF_TYPE_MAX = 1 << 20
"""Facilities of a type up to which a rollup tells the months of each."""

SITES_ROWS_MAX = 3 << 19
"""Most rows of the sites of a rollup; beyond, the type with most of them is left out."""

STRANGERS_MAX = 1 << 18
"""Facilities of a run that are not in the register, up to which it has a rollup."""

NOTHING_DAY = "1970-01-01"
"""`valid_to` of a facility on days on which nothing of it counts: it ended before any record."""

_EVER = 1 << 30
"""A day after all others."""

_BITS = {bit: 1 << bit for bit in range(SITE_BLOCK_MONTHS)}

_SLICE = ("period", "first_day", "last_day")

_KEPT = ("activity", "unit", "region", *_SLICE, "resolution", "status", "late")

_SITE = ("place", "activity", "resolution", "block")


@dataclass(frozen=True, slots=True)
class Rolled:
    """A rollup: its frames by the kinds of their files."""

    frames: Mapping[FileKind, pl.DataFrame]

    @property
    def sums(self) -> pl.DataFrame:
        """Columns of `rollups.ROLLUP_SCHEMA`."""
        return self.frames[ROLLUP]


class Roller:
    """Sums the postings of a run without their facilities.

    Memory holds the rollup, 5 bytes for each facility of the register, the names of at most
    `STRANGERS_MAX` facilities that are not in it, and `SITES_ROWS_MAX` sites.

    Parameters
    ----------
    register : polars.DataFrame
        The facilities: `facility` and `rollups.ATTRIBUTES`.
    left_out : collection of str, optional
        Types whose sites are not told; those with many facilities, where it is not given.
    """

    def __init__(self, register: pl.DataFrame, left_out: Collection[str] | None = None) -> None:
        with polars_errors("the register of a rollup"):
            known = in_order(register.select("facility", *ATTRIBUTES))
            # The first profile is that of facilities that are not in the register.
            none = pl.DataFrame({name: [""] for name in ATTRIBUTES})
            distinct = pl.concat([none, known.select(ATTRIBUTES)]).unique(maintain_order=True)
            self._profiles = distinct.with_row_index("profile").with_columns(
                _day("valid_from", -_EVER), _day("valid_to", _EVER)
            )
            self._ids = known["facility"]
            self._register = known
            self._profile_of = known.join(
                self._profiles.select("profile", *ATTRIBUTES),
                on=list(ATTRIBUTES),
                how="left",
                maintain_order="left",
            )["profile"]
            counts = known.group_by("type").len("count")
            many = counts.filter(pl.col("count") > SITES_OF_TYPE_MAX)["type"]
        self._left_out = {"", *(many if left_out is None else left_out)}
        self._is_seen = pl.repeat(False, known.height, dtype=pl.Boolean, eager=True)
        self._strangers: set[str] = set()
        self._kind = pl.Categorical(pl.Categories.random("rollup"))
        self._sums = RunningSums(ROLLUP_SCHEMA, 1 << 14)
        self._sites = pl.DataFrame()
        self._pending: list[pl.DataFrame] = []
        self._row_count = 0
        self._fits = True

    def add(self, part: pl.DataFrame) -> None:
        """Take postings in, columns of `POSTINGS_SCHEMA`."""
        if part.is_empty():
            return
        self._row_count += part.height
        if not self._fits:
            return
        with polars_errors("postings to roll up"):
            placed = self._placed(part)
            self._add_sites(placed)
            self._add_sums(placed)

    def finish(self) -> Rolled | None:
        """Give the rollup; None where it would hardly be smaller, or a sum has too many digits."""
        with polars_errors("a rollup"):
            if not self._fits:
                return None
            try:
                sums = self._sums.frame()
            except QuantityOverflow:
                return None
            if sums.height > min(ROLLUP_ROWS_MAX, self._row_count // GAIN_MIN):
                return None
            return Rolled(
                {
                    ROLLUP: sums.sort([n for n in ROLLUP_SCHEMA if n not in _COUNTED]),
                    ROLLUP_MEMBERS: self._members(),
                    ROLLUP_SITES: self._all_sites(),
                }
            )

    def _placed(self, part: pl.DataFrame) -> pl.DataFrame:
        """Add the place in the register, null of strangers, and the profile."""
        names = part.select("facility").unique()
        first, last = str(names["facility"].min()), str(names["facility"].max())
        # What a merge wrote is in the order of facilities: a part needs a part of the register.
        start = self._ids.search_sorted(first, side="left")
        stop = self._ids.search_sorted(last, side="right")
        places = places_of(self._ids.slice(start, stop - start), names["facility"]) + start
        names = names.with_columns(place=places.cast(pl.UInt32))
        known = names["place"].drop_nulls()
        self._is_seen = self._is_seen.scatter(known, True) if known.len() else self._is_seen
        self._strangers.update(names.filter(pl.col("place").is_null())["facility"])
        if len(self._strangers) > STRANGERS_MAX:
            self._fits = False
            self._strangers.clear()
        profiles = self._profile_of.gather(names["place"]) if self._ids.len() else None
        names = names.with_columns(
            profile=pl.lit(0, pl.UInt32) if profiles is None else profiles.fill_null(0)
        )
        return part.join(names, on="facility", how="left", maintain_order="left")

    def _add_sums(self, placed: pl.DataFrame) -> None:
        counted = placed.with_columns(posting_count=pl.lit(1, pl.Int64))
        try:
            sums = sum_by(counted, ["profile", *_KEPT])
            self._sums.add(self._told(sums))
            self._fits = self._sums.held_rows <= 2 * ROLLUP_ROWS_MAX
        except QuantityOverflow:
            self._fits = False
        if not self._fits:
            self._sums = RunningSums(ROLLUP_SCHEMA)

    def _told(self, sums: pl.DataFrame) -> pl.DataFrame:
        """Put what the register says in the place of profiles, as it holds in the slice."""
        slices = sums.select(_SLICE).unique()
        days = [_days_of(*row) for row in slices.iter_rows()]
        begins, stops = zip(*days, strict=True)
        told = sums.join(
            slices.with_columns(
                begin=pl.Series(begins, dtype=pl.Int32), stop=pl.Series(stops, dtype=pl.Int32)
            ),
            on=list(_SLICE),
            how="left",
        ).join(self._profiles, on="profile", how="left")
        is_out = (pl.col("to_day") <= pl.col("begin")) | (pl.col("from_day") >= pl.col("stop"))
        begins_within = pl.col("from_day") > pl.col("begin")
        ends_within = pl.col("to_day") < pl.col("stop")
        return told.with_columns(
            facility_type="type",
            facility_region=pl.col("region_right"),
            facility_entity="entity",
            facility_valid_from=pl.when(begins_within & ~is_out)
            .then("valid_from")
            .otherwise(pl.lit("")),
            facility_valid_to=pl.when(is_out)
            .then(pl.lit(NOTHING_DAY))
            .when(ends_within)
            .then("valid_to")
            .otherwise(pl.lit("")),
        ).select(pl.col(name).cast(kind) for name, kind in ROLLUP_SCHEMA.items())

    def _add_sites(self, placed: pl.DataFrame) -> None:
        kept = self._profiles.filter(~pl.col("type").is_in(sorted(self._left_out)))
        sites = placed.filter(pl.col("resolution").is_not_null()).join(
            kept.select("profile", facility_type="type"), on="profile", how="inner"
        )
        if sites.is_empty():
            return
        month = pl.col("period") + months_late()
        self._pending.append(
            sites.select(
                "place",
                pl.col("activity", "resolution").cast(self._kind),
                (month // SITE_BLOCK_MONTHS).alias("block"),
                pl.col("facility_type").cast(self._kind),
                mask=(month % SITE_BLOCK_MONTHS).replace_strict(_BITS, return_dtype=pl.UInt32),
            )
        )
        if sum(map(len, self._pending)) >= max(1 << 17, self._sites.height):
            self._join()

    def _join(self) -> None:
        frames = [self._sites, *self._pending] if self._sites.height else self._pending
        self._pending = []
        if not frames:
            return
        self._sites = (
            pl.concat(frames)
            .group_by(_SITE)
            .agg(pl.col("facility_type").first(), pl.col("mask").bitwise_or())
        )
        while self._sites.height > SITES_ROWS_MAX:
            counts = self._sites.group_by("facility_type").len("count")
            (largest,) = counts.top_k(1, by="count")["facility_type"].cast(pl.String)
            self._left_out.add(largest)
            self._sites = self._sites.filter(pl.col("facility_type").cast(pl.String) != largest)

    def _members(self) -> pl.DataFrame:
        strangers = pl.DataFrame({"facility": sorted(self._strangers)}, {"facility": pl.String})
        return pl.concat(
            [
                self._register.filter(self._is_seen),
                strangers.with_columns(pl.lit("").alias(name) for name in ATTRIBUTES),
            ]
        ).select(list(MEMBERS_SCHEMA))

    def _all_sites(self) -> pl.DataFrame:
        self._join()
        left_out = pl.DataFrame({"facility_type": sorted(self._left_out)})
        rows = [left_out]
        if self._sites.height:
            rows.append(
                self._sites.with_columns(facility=self._ids.gather(self._sites["place"])).sort(
                    "facility", "block"
                )
            )
        columns = [
            frame.select(
                (pl.col(name) if name in frame.columns else pl.lit(None).alias(name)).cast(kind)
                for name, kind in SITES_SCHEMA.items()
            )
            for frame in rows
        ]
        return pl.concat(columns)


class RollupCheck:
    """Compares the rollup of a run with its postings, as they are read for something else.

    Parameters
    ----------
    stored : mapping of FileKind to polars.DataFrame
        The rollup's frames by the kinds of their files.
    """

    def __init__(self, stored: Mapping[FileKind, pl.DataFrame]) -> None:
        self._stored = stored
        sites = stored[ROLLUP_SITES]
        with polars_errors("the sites of a rollup"):
            left_out = sites.filter(pl.col("facility").is_null())["facility_type"].to_list()
        # What the register said when it was made: that of today may be another.
        self._roller = Roller(stored[ROLLUP_MEMBERS], left_out)

    def add(self, postings: pl.DataFrame) -> None:
        """See postings, columns of `POSTINGS_SCHEMA`."""
        self._roller.add(postings)

    def differing(self) -> Iterator[str]:
        """Name the kinds of the files that are not what the postings add up to."""
        rolled = self._roller.finish()
        for kind, stored in self._stored.items():
            made = None if rolled is None else rolled.frames[kind]
            with polars_errors("a rollup"):
                if made is None or not _in_any_order(made).equals(_in_any_order(stored)):
                    yield kind


def _in_any_order(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(frame.columns)


_COUNTED = ("quantity", "record_count", "record_start_count", "posting_count")


def _day(name: str, none: int) -> pl.Expr:
    """Give the day of a date since 1970, another one where there is no date."""
    date = pl.when(pl.col(name) != "").then(pl.col(name)).str.to_date("%Y-%m-%d")
    return date.to_physical().fill_null(none).alias(f"{name.removeprefix('valid_')}_day")


def _days_of(period: int, first_day: int, last_day: int) -> tuple[int, int]:
    """Give the first day of a slice and the one after its last, since 1970."""
    month = first_day_of(period)
    stop = first_day_of(period + 1) if last_day == LAST_DAY else month + last_day
    return month + first_day - 1, stop

"""Rollups as a request takes them: postings of groups of facilities.

The register says the same of all facilities of a group. A group stands for one facility, whose
register says that: so what is taken, and which portion of it counts, is found as for postings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import polars_errors
from tonne.ledger.reading.rollups import ATTRIBUTES, PROFILE_SCHEMA, SITE_BLOCK_MONTHS
from tonne.reports.inventory.parts.late import late_rows

if TYPE_CHECKING:
    from tonne.ledger.files.files import Wanted
    from tonne.ledger.reading.rollups import RolledRun
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.parts.watch import Watch
    from tonne.reports.inventory.selection import Selector


@dataclass(frozen=True, slots=True, eq=False)
class RolledPostings:
    """What a request takes of a rollup.

    Parameters
    ----------
    run : RolledRun
        The files that it stands for.
    taken, mixed : polars.DataFrame
        As `Selector.apart` parts them; `posting_count` beside.
    sum_count : int
        Postings of those that are taken and posted, each of another facility, month or key.
    sites : polars.DataFrame or None
        Which facilities have postings in which months, where somebody watches.
    late : polars.DataFrame or None
        As `late_rows` gives it.
    """

    run: RolledRun
    taken: pl.DataFrame
    mixed: pl.DataFrame
    sum_count: int
    sites: pl.DataFrame | None
    late: pl.DataFrame | None


def usable_rollups(
    snapshot: Snapshot, selector: Selector, wanted: Wanted, watch: Watch | None
) -> list[RolledPostings]:
    """Find the rollups from which a request that tells no facilities apart can be answered.

    Parameters
    ----------
    snapshot : Snapshot
    selector : Selector
        Of the request.
    wanted : Wanted
        Its months and facilities.
    watch : Watch or None
        What sees the postings.
    """
    rollups, request = snapshot.rollups, selector.request
    if rollups is None or wanted.facilities:
        return []
    if watch is not None and (request.activities or request.regions):
        return []  # sites do not say under which text
    found = []
    for run in rollups.runs(snapshot.book.id, snapshot.files):
        if not wanted.of(run.postings):
            continue
        sums = rollups.sums(run)
        asks_register = selector.asks_register or watch is not None
        if sums is None or (asks_register and not rollups.is_right(run, snapshot.register)):
            continue
        sites = None
        if watch is not None:
            sites = rollups.sites(run)
            if sites is None or not watch.takes(sites):
                continue
            sites = _within(sites, wanted)
        with polars_errors(f"a rollup of book {snapshot.book.id}"):
            postings, register = _of_groups(sums)
            over = selector.over(register)
            taken, mixed = over.take_apart(postings)
            late = late_rows(over, postings)
            posted = taken.filter(pl.col("resolution").fill_null("") != "")
            count = int(posted["posting_count"].sum())
        found.append(RolledPostings(run, taken, mixed, count, sites, late))
    return found


def types_left_out(snapshot: Snapshot) -> set[str]:
    """Give the types of facilities whose sites some rollup does not tell apart: too many."""
    found: set[str] = set()
    if snapshot.rollups is None:
        return found
    for run in snapshot.rollups.runs(snapshot.book.id, snapshot.files):
        sites = snapshot.rollups.sites(run)
        if sites is not None:
            types = sites.filter(pl.col("facility").is_null())["facility_type"].cast(pl.String)
            found.update(types)
    return found - {""}


def _within(sites: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """Leave out the months of sites that are not wanted."""
    blocks = sites["block"].drop_nulls().unique().to_list()
    bits = {
        block: sum(
            1 << bit
            for bit in range(SITE_BLOCK_MONTHS)
            if wanted.first_period <= block * SITE_BLOCK_MONTHS + bit <= wanted.last_period
        )
        for block in blocks
    }
    if all(each == (1 << SITE_BLOCK_MONTHS) - 1 for each in bits.values()):
        return sites
    within = pl.col("block").replace_strict(bits, return_dtype=pl.UInt32)
    return sites.with_columns(mask=pl.col("mask") & within).filter(pl.col("mask") > 0)


def _of_groups(sums: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Name the groups of a rollup; gives its postings, and a register of the groups."""
    groups = sums.select(*PROFILE_SCHEMA).unique(maintain_order=True)
    width = len(str(groups.height))
    groups = groups.with_columns(facility=pl.int_range(pl.len()).cast(pl.String).str.zfill(width))
    postings = sums.join(groups, on=list(PROFILE_SCHEMA), how="left").drop(list(PROFILE_SCHEMA))
    register = groups.select("facility", *(pl.col(f"facility_{n}").alias(n) for n in ATTRIBUTES))
    return postings, register

"""What every indicator of a book costs, beside its inventory by account, on the same postings.

A book of many facilities and 24 months: each facility has grid electricity, one in ten is a data
centre with a meter of its IT, and the company has its traffic and its revenue. The postings are in
memory, in parts as the ledger reads them, so that no disk is measured. In turn, in one process:

- `inventory`: by account, all months;
- `indicators`: all that ship, of the whole book;
- `by month`: the same, each month apart;
- `without sites`: those indicators alone that do not compare sites.

Run by `make bench`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.resolution import FactorMasses, Resolution, ResolutionEntry
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.resolving.texts import Texts
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.files.files import POSTINGS_GROUP_ROWS
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.reading.snapshot import Snapshot
from tonne.model import Book, FacilityRule
from tonne.reports.indicators.book import book_indicators
from tonne.reports.indicators.definition import shipped
from tonne.reports.indicators.request import IndicatorRequest
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.manifest.moments import Point, PostingsAt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST, MONTHS = 648, 24
ONE_IN = 10
GRID = Resolution(
    (
        ResolutionEntry("scope2.location", "", 0, FactorMasses(kg_co2e="0.4", gwp_set="AR5")),
        ResolutionEntry("scope2.market", "", 0, FactorMasses(kg_co2e="0.5", gwp_set="AR5")),
        ResolutionEntry("memo.energy", "", 0, FactorMasses(kwh="1")),
    )
)


def resolution_of(activity: str, unit: str) -> Resolution:
    """Give the resolution of a driver, which needs no factor."""
    found = Resolver(()).resolve(activity, unit, "")[0].disposition
    assert isinstance(found, Resolution)
    return found


SUBJECTS = {
    "electricity.grid": ("kWh", GRID),
    "electricity.it": ("kWh", resolution_of("electricity.it", "kWh")),
    "driver.traffic": ("TB", resolution_of("driver.traffic", "TB")),
    "driver.revenue": ("CNY", resolution_of("driver.revenue", "CNY")),
}
RESOLUTIONS = {resolution.id: resolution for _, resolution in SUBJECTS.values()}


class Kept:
    """The resolutions of the book."""

    def resolutions(self, _book: str, ids: list[str]) -> dict[str, Resolution]:
        """Give resolutions by id."""
        return {id_: RESOLUTIONS[id_] for id_ in ids}


def postings_of(
    facilities: pl.Series, activity: str, months: Sequence[int] = range(FIRST, FIRST + MONTHS)
) -> pl.DataFrame:
    """Make the postings of an activity: a row for each facility and month, by month."""
    unit, resolution = SUBJECTS[activity]
    periods = pl.DataFrame({"period": months})
    frame = periods.join(pl.DataFrame({"facility": facilities}), how="cross")
    return frame.select(
        "facility",
        pl.lit(activity).alias("activity"),
        pl.lit(unit).alias("unit"),
        pl.lit("CN").alias("region"),
        pl.col("period").cast(pl.Int32),
        pl.lit(1, pl.UInt8).alias("first_day"),
        pl.lit(31, pl.UInt8).alias("last_day"),
        pl.lit(resolution.id).alias("resolution"),
        pl.lit(0, pl.UInt8).alias("status"),
        pl.lit("1000.5" if activity == "electricity.grid" else "400")
        .cast(QUANTITY_TYPE)
        .alias("quantity"),
        pl.lit(31, pl.Int64).alias("record_count"),
        pl.lit(31, pl.Int64).alias("record_start_count"),
    )


def snapshot_of(facility_count: int) -> Snapshot:
    """Make a book."""
    names = pl.Series([f"site-{number:07d}" for number in range(facility_count)])
    centres = names.gather_every(ONE_IN)
    company = pl.Series(["company"])
    frames = [postings_of(names, "electricity.grid"), postings_of(centres, "electricity.it")]
    frames += [postings_of(company, each) for each in ("driver.traffic", "driver.revenue")]
    # Files keep texts by a dictionary.
    texts = pl.col("facility", "activity", "unit", "region", "resolution")
    parts = [
        part
        for frame in frames
        for part in frame.with_columns(texts.cast(pl.Categorical)).iter_slices(POSTINGS_GROUP_ROWS)
    ]
    register = pl.DataFrame({"facility": names}).select(
        "facility",
        pl.when(pl.int_range(pl.len()) % ONE_IN == 0)
        .then(pl.lit("data_centre"))
        .otherwise(pl.lit("base_station"))
        .alias("type"),
        *(pl.lit("").alias(name) for name in ("region", "entity", "valid_from", "valid_to")),
    )
    settings = MethodSettings()
    now = dt.datetime.now(dt.UTC)
    return Snapshot(
        Book("acme", "", "UTC", FacilityRule.ANY, 1, now, (), 1, settings.to_json()),
        Point("acme", 0, now, 1),
        PostingsAt(()),
        settings,
        register,
        Texts(()),
        [],
        0,
        lambda *_: iter(parts),
        Kept(),
        evidence=None,
        again=None,
    )


def timed(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Give the least seconds of some runs: by the clock, and of all processors."""
    times = []
    for _ in range(rounds):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - begun, time.process_time() - begun_cpu))
    return min(wall for wall, _ in times), min(cpu for _, cpu in times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facilities", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    snapshot = snapshot_of(given.facilities)
    apart = tuple(id_ for id_, versions in shipped().items() if not versions[-1].by_site)
    months = InventoryRequest(FIRST, FIRST + MONTHS - 1)

    def indicators(names: tuple[str, ...] = (), span: str = "") -> object:
        asked = IndicatorRequest(months, indicators=names, span=span)
        return list(book_indicators(snapshot, asked).values)

    by_account = replace(months, group_by=("account",))
    runs = {
        "inventory": lambda: book_inventory(snapshot, by_account),
        "indicators": indicators,
        "by month": lambda: indicators(span="month"),
        "without sites": lambda: indicators(apart),
    }
    posting_count = MONTHS * (given.facilities + given.facilities // ONE_IN + 2)
    sys.stdout.write(
        f"{given.facilities:,} facilities, {MONTHS} months, {posting_count:,} postings; "
        f"{len(shipped())} indicators\n"
    )
    for name, work in runs.items():
        wall_s, cpu_s = timed(work, given.rounds)
        sys.stdout.write(f"{name:>15}: {wall_s:.2f} s, {cpu_s:.2f} s of processors\n")


if __name__ == "__main__":
    main()

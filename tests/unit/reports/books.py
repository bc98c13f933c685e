"""Small books for the tests: records with their parts, their postings, and exact sums."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from tonne.catalogue.resolving.resolution import (
    FactorMasses,
    Notice,
    Resolution,
    ResolutionEntry,
    Step,
)
from tonne.ledger.files.postings import with_late
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.quantities import quantity_text

POSTING_SCHEMA = {
    "facility": pl.Categorical,
    "activity": pl.Categorical,
    "unit": pl.Categorical,
    "region": pl.Categorical,
    "period": pl.Int32,
    "first_day": pl.UInt8,
    "last_day": pl.UInt8,
    "resolution": pl.String,
    "status": pl.UInt8,
    "quantity": QUANTITY_TYPE,
    "record_count": pl.Int64,
    "record_start_count": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its parts are millionths of its quantity in adjoining months."""

    facility: str
    activity: str
    region: str
    first_period: int
    parts_micro: tuple[int, ...]
    unit: str = "kWh"

    def parts(self):
        """(period, millionths) of each part."""
        return [(self.first_period + index, part) for index, part in enumerate(self.parts_micro)]


def resolution(account, **fields):
    """A resolution with one account; `entry` fields by keyword."""
    return Resolution((entry(account, **fields),))


def entry(account, *, kg_co2e="1", notice="", conversion=1, **masses):
    """One entry of a resolution; `masses` are those of `FactorMasses`."""
    notices = (Notice("REGION_FALLBACK", notice),) if notice else ()
    steps = () if conversion == 1 else (Step("unit", "conversion", Fraction(conversion)),)
    factor = FactorMasses(kg_co2e, **masses)
    return ResolutionEntry(account, "edition", 1, factor, steps, notices=notices)


def outcome_of(record, outcomes):
    """Resolutions of a record's parts, or None where one of them has none: then it waits."""
    found = [outcomes.get((record.activity, period)) for period, _ in record.parts()]
    return None if None in found else found


def post(records, outcomes, *, suspense_status=65, counts_from=0):
    """Postings of one commit: one row per distinct key, period and outcome.

    `counts_from` is the first month in which they count.
    """
    sums = defaultdict(lambda: [0, 0, 0])
    for record in records:
        resolved = outcome_of(record, outcomes)
        for index, (period, part) in enumerate(record.parts()):
            name = resolved[index].id if resolved else None
            where = (record.facility, record.activity, record.unit, record.region)
            key = (*where, period, 1, 31, name)
            sums[key][0] += part
            sums[key][1] += 1
            sums[key][2] += index == 0
    rows = [
        (*key, 0 if key[-1] else suspense_status, quantity_text(total * 10**12), count, starts)
        for key, (total, count, starts) in sums.items()
    ]
    texts = POSTING_SCHEMA | {"quantity": pl.String}
    frame = pl.DataFrame(rows, schema=texts, orient="row")
    return with_late(frame.with_columns(pl.col("quantity").cast(QUANTITY_TYPE)), counts_from)


def register(*rows):
    """Register of facilities from (facility, type, region, entity, valid_from, valid_to)."""
    names = ("facility", "type", "region", "entity", "valid_from", "valid_to")
    whole = [(*row, *[""] * (len(names) - len(row))) for row in rows]
    return pl.DataFrame(whole, schema=dict.fromkeys(names, pl.String), orient="row")


def sum_by(frame, keys):
    """Exact sums in Python integers; the ledger's come from the kernel."""
    sums = defaultdict(int)
    columns = [pl.col(key) for key in keys]
    for *group, quantity in frame.select(*columns, pl.col("quantity").to_physical()).iter_rows():
        sums[tuple(group)] += quantity
    texts = [(*group, quantity_text(total)) for group, total in sums.items()]
    schema = {key: frame.schema[key] for key in keys} | {"quantity": pl.String}
    return pl.DataFrame(texts, schema=schema, orient="row").with_columns(
        pl.col("quantity").cast(QUANTITY_TYPE)
    )

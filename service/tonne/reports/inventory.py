"""The inventory of a book: kilograms by any combination of its dimensions, exact.

    kg of a group = sum over its resolutions of
                    sum(quantity) * conversion * factor, rounded once when it is printed

The postings are summed first, by group and resolution, in exact decimals; what is left for
Python is integer arithmetic on one row per group and resolution.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import polars as pl

from tonne.catalogue.valuation import MASSES, ratio_text
from tonne.errors import LedgerInconsistent
from tonne.model import PERIOD_COUNT_MAX, month_of_period
from tonne.reports.footprint import Part, Weights, weigh
from tonne.reports.record_counts import count_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.catalogue.resolution import Resolution
    from tonne.reports.request import InventoryRequest

Group = tuple[str, ...]

_MONTHS = {period: month_of_period(period) for period in range(PERIOD_COUNT_MAX)}


class SumBy(Protocol):
    """Exact sums of postings by groups; the ledger has them from the kernel."""

    def __call__(self, frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
        """Sum the column `quantity` (Decimal(38, 6)) over each distinct combination of keys.

        Returns
        -------
        pl.DataFrame
            `keys` and `quantity`, one row per combination. Other columns are ignored.
        """


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One group. Masses are exact decimals in kg; a gas that no factor states is None.

    `partial_gases` names the gases (co2, ch4, n2o) that some of the group's factors state and
    others do not.
    """

    group: Group
    kg_co2e: str
    kg_co2: str | None
    kg_ch4: str | None
    kg_n2o: str | None
    records_count: int
    partial_gases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InventoryNotice:
    """A remark on how numbers came about, and how many records it touches."""

    reason: str
    message: str
    records_count: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """Rows sorted by their group, and the total over the whole selection.

    The total, and a row that is not grouped by account or scope, sums the accounts of one
    footprint (`footprint.footprint_accounts`); `records_count` counts a record once, whatever
    its months and accounts. `suspended_count` are the records of the same months, facilities,
    activities and regions that wait in suspense: they have no account yet and are in no other
    number.
    """

    group_by: tuple[str, ...]
    rows: tuple[InventoryRow, ...]
    total: InventoryRow
    notices: tuple[InventoryNotice, ...]
    suspended_count: int


def inventory(
    balances: pl.DataFrame,
    resolutions: Mapping[str, Resolution],
    facilities: pl.DataFrame,
    request: InventoryRequest,
    sum_by: SumBy,
) -> Inventory:
    """Compute an inventory.

    Parameters
    ----------
    balances : pl.DataFrame
        Postings: facility, activity, unit, region (texts; region may be empty), period (Int32),
        resolution (id; null or empty in suspense), quantity (Decimal(38, 6)), record_count and
        record_start_count (Int64). The same key may stand in many rows.
    resolutions : Mapping[str, Resolution]
        All resolutions that the postings name.
    facilities : pl.DataFrame
        The register: facility, type, region (texts), one row per facility.
    request : InventoryRequest
        Selection and grouping.
    sum_by : SumBy
        Exact sums.

    Raises
    ------
    LedgerInconsistent
        A posting names a resolution that is not there.
    """
    selected = _select(balances, facilities, request)
    is_posted = pl.col("resolution").cast(pl.String).fill_null("") != ""
    suspended = selected.filter(~is_posted)
    # Names as text: dictionaries of different files are not to be compared by code.
    posted = selected.filter(is_posted).with_columns(pl.col("resolution").cast(pl.String))
    weights = weigh(_named_resolutions(posted, resolutions), request)
    keys = [name for name in request.group_by if name not in {"account", "scope"}]
    sums = _sums(posted.filter(pl.col("resolution").is_in(list(weights.rows))), keys, sum_by)
    return Inventory(
        group_by=request.group_by,
        rows=_rows(posted, sums, weights, keys, request),
        total=_total(posted, sums, weights, request),
        notices=_notices(posted, resolutions, request),
        suspended_count=_count_suspended(suspended, request.first_period),
    )


def _select(
    balances: pl.DataFrame, facilities: pl.DataFrame, request: InventoryRequest
) -> pl.DataFrame:
    """Take the postings of the request's months, facilities, activities and regions.

    `place` is the record's region, or else its facility's; it and `facility_type` are there
    where the request needs them.
    """
    chosen = balances.filter(
        pl.col("period").is_between(request.first_period, request.last_period)
    )
    for column, values in (("facility", request.facilities), ("activity", request.activities)):
        if values:
            chosen = chosen.filter(pl.col(column).cast(pl.String).is_in(list(values)))
    if request.regions or {"region", "facility_type"} & set(request.group_by):
        register = (
            chosen.select(pl.col("facility").unique())
            .with_columns(name=pl.col("facility").cast(pl.String))
            .join(
                facilities.select(
                    pl.col("facility", "type", "region").cast(pl.String).fill_null("")
                ).rename(
                    {"facility": "name", "type": "facility_type", "region": "facility_region"}
                ),
                on="name",
                how="left",
            )
            .with_columns(pl.col("facility_type", "facility_region").fill_null(""))
            .drop("name")
        )
        own = pl.col("region").cast(pl.String).fill_null("")
        chosen = chosen.join(register, on="facility", how="left").with_columns(
            place=pl.when(own != "").then(own).otherwise("facility_region")
        )
    if request.regions:
        chosen = chosen.filter(pl.col("place").is_in(list(request.regions)))
    return chosen


def _named_resolutions(
    posted: pl.DataFrame, resolutions: Mapping[str, Resolution]
) -> dict[str, Resolution]:
    names = posted.get_column("resolution").unique().to_list()
    missing = sorted(set(names) - set(resolutions))
    if missing:
        raise LedgerInconsistent(
            f"postings name resolutions that are not stored: {', '.join(missing[:3])} "
            f"({len(missing)} in all)"
        )
    return {name: resolutions[name] for name in names}


def _columns(keys: Iterable[str]) -> list[str]:
    return ["place" if name == "region" else name for name in keys]


def _texts(keys: Iterable[str]) -> list[pl.Expr]:
    """Group columns as texts, the period as its month."""
    return [
        pl.col(name).replace_strict(_MONTHS, return_dtype=pl.String)
        if name == "period"
        else pl.col(name).cast(pl.String)
        for name in _columns(keys)
    ]


def _sums(
    posted: pl.DataFrame, keys: Sequence[str], sum_by: SumBy
) -> list[tuple[Group, str, int]]:
    """Group values, resolution and quantity in millionths."""
    if posted.is_empty():
        return []
    sums = sum_by(posted, [*_columns(keys), "resolution"])
    # The physical value of a Decimal(38, 6) is its number of millionths.
    frame = sums.select(*_texts(keys), "resolution", pl.col("quantity").to_physical())
    return [(row[:-2], row[-2], row[-1]) for row in frame.iter_rows()]


class _Mass:
    """Numerators of one group, added up."""

    __slots__ = ("numerators", "stated", "unstated")

    def __init__(self) -> None:
        self.numerators = [0] * len(MASSES)
        self.stated = 0
        self.unstated = 0

    def add(self, quantity_micro: int, part: Part) -> None:
        self.stated |= part.stated
        self.unstated |= part.unstated
        for index, numerator in part.numerators:
            self.numerators[index] += quantity_micro * numerator

    def row(self, group: Group, denominators: Sequence[int], records_count: int) -> InventoryRow:
        texts = [
            ratio_text(numerator, denominator) if index == 0 or self.stated >> index & 1 else None
            for index, (numerator, denominator) in enumerate(
                zip(self.numerators, denominators, strict=True)
            )
        ]
        partial = self.stated & self.unstated
        return InventoryRow(
            group=group,
            kg_co2e=texts[0] or "0",
            kg_co2=texts[1],
            kg_ch4=texts[2],
            kg_n2o=texts[3],
            records_count=records_count,
            partial_gases=tuple(
                mass.removeprefix("kg_")
                for index, mass in enumerate(MASSES)
                if partial >> index & 1
            ),
        )


def _rows(
    posted: pl.DataFrame,
    sums: Sequence[tuple[Group, str, int]],
    weights: Weights,
    keys: Sequence[str],
    request: InventoryRequest,
) -> tuple[InventoryRow, ...]:
    if not request.group_by or not sums:
        return ()
    masses: defaultdict[tuple[Group, Group], _Mass] = defaultdict(_Mass)
    for values, resolution, quantity_micro in sums:
        for part in weights.rows[resolution]:
            masses[values, part.label].add(quantity_micro, part)

    names = sorted({part.label for parts in weights.rows.values() for part in parts})
    numbers = {label: number for number, label in enumerate(names)}
    pairs = [(name, numbers[part.label]) for name, parts in weights.rows.items() for part in parts]
    counted = count_records(posted, _labels(pairs), _columns(keys), request.first_period)
    records = {
        (row[:-2], names[row[-2]]): row[-1]
        for row in counted.select(*_texts(keys), "label", "records").iter_rows()
    }
    labels = [name for name in request.group_by if name in {"account", "scope"}]
    places = [[*keys, *labels].index(name) for name in request.group_by]
    rows = []
    for (values, label), mass in masses.items():
        found = values + label
        group = tuple([found[place] for place in places])
        rows.append(mass.row(group, weights.denominators, records[values, label]))
    return tuple(sorted(rows, key=lambda row: row.group))


def _total(
    posted: pl.DataFrame,
    sums: Sequence[tuple[Group, str, int]],
    weights: Weights,
    request: InventoryRequest,
) -> InventoryRow:
    quantities: defaultdict[str, int] = defaultdict(int)
    for _, resolution, quantity_micro in sums:
        quantities[resolution] += quantity_micro
    mass = _Mass()
    for resolution, quantity_micro in quantities.items():
        mass.add(quantity_micro, weights.total[resolution])
    labels = _labels([(name, 0) for name in weights.total])
    counted = count_records(posted, labels, [], request.first_period)
    return mass.row((), weights.denominators, int(counted.get_column("records").sum()))


def _notices(
    posted: pl.DataFrame, resolutions: Mapping[str, Resolution], request: InventoryRequest
) -> tuple[InventoryNotice, ...]:
    found = {
        (name, notice)
        for name in posted.get_column("resolution").unique()
        for entry in resolutions[name].entries
        if request.selects_account(entry.account)
        for notice in entry.notices
    }
    if not found:
        return ()
    notices = sorted({notice for _, notice in found}, key=lambda each: (each.reason, each.message))
    numbers = {notice: number for number, notice in enumerate(notices)}
    labels = _labels([(name, numbers[notice]) for name, notice in found])
    counted = count_records(posted, labels, [], request.first_period)
    return tuple(
        InventoryNotice(notices[number].reason, notices[number].message, records)
        for number, records in sorted(counted.select("label", "records").iter_rows())
    )


def _labels(pairs: Sequence[tuple[str, int]]) -> pl.DataFrame:
    schema = {"resolution": pl.String, "label": pl.Int64}
    return pl.DataFrame(list(pairs), schema=schema, orient="row")


def _count_suspended(postings: pl.DataFrame, first_period: int) -> int:
    """Count distinct records; all parts of one in suspense are there, see `record_counts`."""
    is_first = pl.col("period") == first_period
    count = pl.when(is_first).then("record_count").otherwise("record_start_count")
    return int(postings.select(count.sum()).item() or 0)

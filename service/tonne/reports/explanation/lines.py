"""The lines of an explanation: one balance under one entry of its resolution each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.resolution import Step
from tonne.catalogue.resolving.valuation import (
    decimal_text,
    entry_worth,
    exact_text,
    factor_worth,
)
from tonne.catalogue.words.accounts import scope_of
from tonne.ledger.files.sums import COUNTS, sum_by
from tonne.ledger.reading.evidence import RECORD_KEYS
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.hours.weighing import NOTHING, amount_of
from tonne.reports.inventory.footprint import (
    INVESTMENTS,
    energy_account,
    footprint_accounts,
    is_invested,
)
from tonne.reports.inventory.gathering import LINE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from tonne.catalogue.editions.hours import HoursPart
    from tonne.catalogue.resolving.resolution import Resolution, ResolutionEntry
    from tonne.catalogue.resolving.valuation import Worth
    from tonne.reports.explanation.factor_sources import FactorSource, Sources
    from tonne.reports.hours.weighing import Hours, Weighted
    from tonne.reports.inventory.boundary import Portion
    from tonne.reports.inventory.footprint import Bucket
    from tonne.reports.inventory.inventory import InventoryRow
    from tonne.reports.inventory.request import InventoryRequest
    from tonne.reports.inventory.selection import Selection

_KWH = "kWh"

BalanceKey = tuple[str, str, str, str, int, int, int, int]
"""Values of `LINE_KEYS`; the month is that in which it happened."""


@dataclass(frozen=True, slots=True)
class GasLine:
    """What one gas adds to a line; `gwp` and `kg_co2e` are None where the printed total counts."""

    gas: str
    kg_per_unit: Fraction
    kg: Fraction
    gwp: str | None
    kg_co2e: Fraction | None


@dataclass(frozen=True, slots=True)
class ExplainLine:
    """One balance under one entry of its resolution.

    Parameters
    ----------
    account : str
        Where it counts: the entry's own account, or category 15.
    facility, activity, unit, region, period
        The balance; the month in which it happened.
    counted_period : int
        The month in which it counts.
    first_day, last_day : int
        The slice of the month, 1 and 31 where that is whole.
    quantity : Decimal
        Exact sum of the records' quantities.
    record_count : int
        Records with a part in it.
    resolution : str
        Id.
    method_version : int
        Version of the method that made the resolution.
    entry : ResolutionEntry
        The factor's figures and the steps to it.
    source : FactorSource
        Where they are from.
    gases : tuple of GasLine
        By gas.
    share : Fraction
        Of the facility on these days, under the consolidation approach.
    basis : str
        How the kg CO2e follow from the factor.
    kg_co2e : Fraction
        Exact.
    amount : Fraction or None
        What the line adds to the energy or the amount of its account, in `amount_unit`.
    amount_unit : str
    notices : tuple of str
        Fallbacks and assumptions behind the number.
    """

    account: str
    facility: str
    activity: str
    unit: str
    region: str
    period: int
    counted_period: int
    first_day: int
    last_day: int
    quantity: Decimal
    record_count: int
    resolution: str
    method_version: int
    entry: ResolutionEntry
    source: FactorSource
    gases: tuple[GasLine, ...]
    share: Fraction
    basis: str
    kg_co2e: Fraction
    notices: tuple[str, ...]
    amount: Fraction | None = None
    amount_unit: str = ""


class Lines:
    """The lines of a selection, made one by one; what they add up to once all are made."""

    def __init__(
        self,
        chosen: Selection,
        resolutions: Mapping[str, Resolution],
        request: InventoryRequest,
        sources: Sources,
    ) -> None:
        self._chosen = chosen
        self._resolutions = resolutions
        self.request = request
        self._sources = sources
        self._footprint = footprint_accounts(request)
        self._balances = self._sum()
        self._hours = self._weighted(chosen.hours)
        self._kg_co2e = Fraction(0)
        self._amounts: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self._is_made = False

    @property
    def amounts(self) -> Mapping[tuple[str, str], Fraction]:
        """What the lines add up to by account and unit. All of them must have been made."""
        assert self._is_made  # noqa: S101  the caller goes through the lines first
        return self._amounts

    @property
    def kg_co2e(self) -> Fraction:
        """What the lines add up to. All of them must have been made."""
        assert self._is_made  # noqa: S101  the caller goes through the lines first
        return self._kg_co2e

    def __iter__(self) -> Iterator[ExplainLine]:
        """Make the lines, account by account, factor by factor."""
        self._kg_co2e, self._is_made = Fraction(0), False
        self._amounts.clear()
        groups = []
        by_bucket = self._balances.partition_by(self._chosen.bucket, as_dict=True)
        for bucket, frame in by_bucket.items():
            portion = self._portion(bucket)
            for account, entry, share in self.entries(self._resolutions[bucket[0]], portion):
                key = (account, entry.stage, entry.edition, entry.factor_row, bucket, share)
                groups.append((key, entry, frame))
        for (account, _, _, _, bucket, share), entry, frame in sorted(
            groups, key=lambda group: group[0]
        ):
            yield from self._unfold(account, share, bucket, entry, frame)
        self._is_made = True

    def entries(
        self, resolution: Resolution, portion: Portion
    ) -> Iterator[tuple[str, ResolutionEntry, Fraction]]:
        """Give what of a resolution counts: account, entry and share."""
        for entry in resolution.entries:
            if portion.share and entry.account in self._footprint:
                yield entry.account, entry, portion.share
            if portion.invested and is_invested(entry.account) and INVESTMENTS in self._footprint:
                yield INVESTMENTS, entry, portion.invested

    def balances(self) -> Iterator[tuple[BalanceKey, str, Portion, int]]:
        """Give the key with its slice, resolution, portion and millionths of each balance."""
        frame = self._happened().select(
            *LINE_KEYS, *self._chosen.bucket, pl.col("quantity").to_physical()
        )
        cut = len(LINE_KEYS)
        for row in frame.iter_rows():
            yield row[:cut], row[cut], self._portion(row[cut:-1]), row[-1]

    def worth(self, resolution: Resolution, portion: Portion) -> Fraction:
        """Value one unit of a record's quantity under a resolution, but for what hours decide."""
        return sum(
            (
                entry_worth(entry, self.request.gwp_set).kg_co2e * share
                for _, entry, share in self.entries(resolution, portion)
                if entry.hours is None
            ),
            Fraction(0),
        )

    def amount(
        self, resolution: Resolution, portion: Portion
    ) -> Iterator[tuple[tuple[str, str], Fraction]]:
        """Value one unit of a record's quantity in energy and amounts, by account and unit."""
        for account, entry, share in self.entries(resolution, portion):
            unit, of_unit = unit_worth(account, entry)
            if of_unit is not None and entry.hours is None:  # hours decide on emissions alone
                yield (account, unit), of_unit * entry.conversion * share

    def by_hours(self, hours: Hours, resolutions: Mapping[str, Resolution]) -> Fraction:
        """Value, times 10^18, what other hours than those of the lines make of the balances."""
        again = self._weighted(hours)
        total = Fraction(0)
        for row in self._balances.select(*LINE_KEYS, *self._chosen.bucket).iter_rows():
            bucket = row[len(LINE_KEYS) :]
            if bucket[0] not in resolutions:
                continue
            for _, entry, share in self.entries(resolutions[bucket[0]], self._portion(bucket)):
                if entry.hours is not None:
                    amount_atto = amount_of(again.get(row, NOTHING), entry.hours)
                    worth = entry_worth(entry, self.request.gwp_set).kg_co2e
                    total += worth * share * amount_atto
        return total

    def _weighted(self, hours: Hours) -> Mapping[tuple[object, ...], Weighted]:
        """Give what hours make of the balances, by the values of their keys and buckets."""
        columns = [pl.col(name) for name in LINE_KEYS]
        columns[:4] = [each.cast(pl.String).fill_null("") for each in columns[:4]]
        return hours.sums(LINE_KEYS, columns, self._chosen.bucket)

    def keys(self) -> pl.DataFrame:
        """Keys of the balances that have lines, as the question that they put."""
        return self._happened().select(*RECORD_KEYS, "region", "period").unique()

    def _happened(self) -> pl.DataFrame:
        """Give the balances by the months in which they happened."""
        if not self.request.is_counted:
            return self._balances
        happened = pl.col("period") - pl.col("late").cast(pl.Int32)
        return self._balances.with_columns(period=happened)

    def _sum(self) -> pl.DataFrame:
        """Sum the balances that have lines; sorted."""
        counting = [
            bucket
            for bucket in self._chosen.weights.total
            if any(self.entries(self._resolutions[bucket[0]], self._portion(bucket)))
        ]
        adding = self._chosen.labels((bucket, 0) for bucket in counting).drop("label")
        posted = self._chosen.posted.join(adding, on=self._chosen.bucket, how="semi")
        texts = pl.col("facility", "activity", "unit", "region").cast(pl.String)
        # Texts first: one name can have several codes in the dictionaries of several files.
        named = posted.with_columns(texts.fill_null(""))
        return sum_by(named, [*LINE_KEYS, *self._chosen.bucket]).sort(
            "facility", "activity", "region", "unit", "period", "late", "first_day", "last_day"
        )

    def _portion(self, bucket: Sequence[object]) -> Portion:
        number = bucket[1] if len(bucket) > 1 else 0
        assert isinstance(number, int)  # noqa: S101  see `Selection.bucket`
        return self._chosen.portions[number]

    def _unfold(
        self,
        account: str,
        share: Fraction,
        bucket: Bucket,
        entry: ResolutionEntry,
        frame: pl.DataFrame,
    ) -> Iterator[ExplainLine]:
        id_ = bucket[0]
        resolution = self._resolutions[id_]
        worth = factor_worth(entry.factor, self.request.gwp_set)
        notices = tuple(
            dict.fromkeys(
                each.message for each in (*entry.notices, *worth.notices, *resolution.notices)
            )
        )
        source = self._sources.find(entry)
        unit_of_amount, of_unit = unit_worth(account, entry)
        rows = frame.select(*LINE_KEYS, "quantity", COUNTS[0])
        for *key, quantity, count in rows.iter_rows():
            facility, activity, unit, region, late, month, first_day, last_day = key
            period = month - late if self.request.is_counted else month
            counted = Fraction(quantity)
            told = entry
            if entry.hours is not None:
                weighted = self._hours.get((*key, *bucket), NOTHING)
                counted = amount_of(weighted, entry.hours) / ATTO_PER_ONE
                told = _with_hours(entry, entry.hours, counted, Fraction(quantity))
            units = counted * entry.conversion * share
            kg_co2e = worth.kg_co2e * units
            self._kg_co2e += kg_co2e
            amount = None if of_unit is None else of_unit * units
            if amount is not None:
                self._amounts[account, unit_of_amount] += amount
            yield ExplainLine(
                account=account,
                facility=facility,
                activity=activity,
                unit=unit,
                region=region,
                period=period,
                counted_period=period + late,
                first_day=first_day,
                last_day=last_day,
                quantity=quantity,
                record_count=count,
                resolution=id_,
                method_version=resolution.method_version,
                entry=told,
                source=source,
                gases=_gas_lines(worth, units),
                share=share,
                basis=worth.basis,
                kg_co2e=kg_co2e,
                notices=notices,
                amount=amount,
                amount_unit=unit_of_amount,
            )


def unit_worth(account: str, entry: ResolutionEntry) -> tuple[str, Fraction | None]:
    """Give the energy or the amount of one unit of a factor, and its unit; None without one."""
    factor = entry.factor
    if factor.amount is not None:
        return factor.unit, Fraction(factor.amount)
    if factor.kwh is not None and scope_of(account) == "memo":
        return _KWH, Fraction(factor.kwh)
    return "", None


def unequal_amounts(
    request: InventoryRequest,
    amounts: Mapping[tuple[str, str], Fraction],
    total: InventoryRow,
) -> Iterator[str]:
    """Tell where energy and amounts, by account and unit, are not those of an inventory."""
    energy = energy_account(request)
    stated = {(each.account, each.unit): each.amount for each in total.amounts}
    if energy in footprint_accounts(request) and total.energy_kwh is not None:
        stated[energy, _KWH] = total.energy_kwh
    # Energy of other accounts is in no total.
    counted = {key for key in amounts if key[1] != _KWH or key[0] == energy}
    for account, unit in sorted(counted | set(stated)):
        ours = decimal_text(amounts.get((account, unit), Fraction(0)))
        theirs = stated.get((account, unit), "nothing")
        if ours != theirs:
            yield f"{account}: {ours} {unit}, not {theirs}"


def _with_hours(
    entry: ResolutionEntry, part: HoursPart, counted: Fraction, quantity: Fraction
) -> ResolutionEntry:
    """Show what hours make of a quantity as a step."""
    ratio = counted / quantity if quantity else Fraction(0)
    series = f"the series {part.series[:12]}"
    text = {
        "values": f"{exact_text(ratio)} kg CO2e per unit: mean of the hours of {series} over the "
        "records, each flat over its time",
        "rest": f"the part of the quantity in hours that {series} lacks",
        "within": f"the part of the quantity in hours that {series} has",
    }[part.kind]
    if not quantity:
        text += f"; the quantities add up to nothing, and what counts of them is {counted}"
    return replace(entry, steps=(*entry.steps, Step("hours", text, ratio)))


def _gas_lines(worth: Worth, units: Fraction) -> tuple[GasLine, ...]:
    lines = []
    for gas, mass in worth.masses.items():
        gwp = worth.potentials.get(gas)
        kg = mass * units
        lines.append(GasLine(gas, mass, kg, gwp, None if gwp is None else kg * Fraction(gwp)))
    return tuple(lines)

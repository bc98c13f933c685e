"""Meters of a book at one moment, allocated by a key."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from typing import TYPE_CHECKING

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.errors import FieldInvalid
from tonne.model import period_of_month
from tonne.quantities import QUANTITY_PLACES
from tonne.reports.allocation.key import Key
from tonne.reports.allocation.parts import allocate
from tonne.reports.allocation.records import RecordsKey, read_keys, share_month
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import inventory_of
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.request import HAPPENED, InventoryRequest
from tonne.reports.inventory.selection import Selector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.allocation.parts import MonthParts
    from tonne.reports.inventory.inventory import InventoryRow

KWH, KG_CO2E, AMOUNT = MEASURES = ("kwh", "kg_co2e", "amount")
"""What of a meter can be allocated."""

ENERGY = "memo.energy"
"""Account of the energy that was used, where none is named."""

_EXACT = Context(prec=400, traps=[Inexact])

PART_BYTES = 300
"""Memory of what is one recipient's in a month."""

MONTHS_MAX = 600
"""Most months of one answer."""


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """What of which meter, in which months, by which key.

    Parameters
    ----------
    meter : str
        Facility whose records are the meter's.
    key : Key or RecordsKey
    first_period, last_period : int
        Months since 1970-01, both inclusive.
    measure : str
        One of `MEASURES`.
    account : str
        Account, with those below it; empty: `memo.energy`, for energy alone.
    gwp_set : str
        Of masses; empty: that of the book's method.

    Raises
    ------
    FieldInvalid
        Something of this is not known, or does not go together.
    """

    meter: str
    key: Key | RecordsKey
    first_period: int
    last_period: int
    measure: str = KWH
    account: str = ""
    gwp_set: str = ""

    def __post_init__(self) -> None:
        """Check the request."""
        if not self.meter:
            raise _invalid("meter", "a facility", self.meter)
        if self.measure not in MEASURES:
            raise _invalid("measure", f"one of {', '.join(MEASURES)}", self.measure)
        if self.measure != KWH and not self.account:
            known = ", ".join(ACCOUNTS)
            raise _invalid("account", f"the account that is allocated, one of {known}", "")
        if self.last_period - self.first_period >= MONTHS_MAX:
            count = str(self.last_period - self.first_period + 1)
            raise _invalid("to_period", f"at most {MONTHS_MAX} months", count)
        self._check_key()
        self.selection()

    def _check_key(self) -> None:
        if isinstance(self.key, RecordsKey):
            self.key.check_meter(self.meter, self.account or ENERGY)
            if self.measure != KWH and self.key.as_metered:
                raise _invalid("records.as_metered", "false, for what is no energy", "true")
        elif self.measure != KWH and any(span.is_metered for span in self.key.spans):
            raise _invalid(
                "key.spans", "a whole, or the sum of the weights, for what is no energy", "metered"
            )

    def selection(self) -> InventoryRequest:
        """Give the question about the meter's totals."""
        return InventoryRequest(
            first_period=self.first_period,
            last_period=self.last_period,
            group_by=("period",),
            facilities=(self.meter,),
            accounts=(self.account or ENERGY,),
            gwp_set=self.gwp_set,
            months_by=HAPPENED,  # a meter is shared out by what was read of a month, then or later
        )


@dataclass(frozen=True, slots=True)
class UnitParts:
    """The months of a meter in one unit."""

    unit: str
    months: tuple[MonthParts, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """A meter, allocated: by unit and month. `missing` are months without a record of it.

    `suspended_count` are its records of these months that wait: they are in no total.
    """

    units: tuple[UnitParts, ...]
    missing: tuple[int, ...]
    suspended_count: int
    gwp_set: str


def book_allocation(
    snapshot: Snapshot, request: AllocationRequest, hold: Hold | None = None
) -> Allocation:
    """Allocate a meter of a book.

    The whole of the meter is allocated, whatever share of its owner counts in an inventory.

    Raises
    ------
    FieldInvalid
        The key does not cover the months, or has more of the meter than it shows.
    SelectionMustFit, ReadsExhausted, LedgerInconsistent, QuantityOverflow
        As an inventory does.
    """
    if isinstance(request.key, Key):
        request.key.check_covers(request.first_period, request.last_period)
    asked = request.selection().under(snapshot.settings)
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    gathering = Gathering(snapshot, Selector(snapshot.register, asked, (), meanings), hold)
    found = inventory_of(gathering.select(), gathering.resolutions, asked, hold)
    totals: defaultdict[str, dict[int, int]] = defaultdict(dict)
    seen = set()
    for row in found.rows:
        period = period_of_month(row.group[0])
        seen.add(period)
        for unit, text in _amounts(row, request.measure):
            of_unit = totals[unit]
            of_unit[period] = of_unit.get(period, 0) + _atto(text)
    if not totals:
        raise FieldInvalid(
            f"meter: {request.meter!r} has nothing to allocate in {request.account or ENERGY} in "
            f"these months ({found.suspended_count:,} of its records wait in suspense): name "
            "another facility, account or months, or append the meter's records",
            metadata={"field": "meter", "value": request.meter},
        )
    months = range(request.first_period, request.last_period + 1)
    if hold is not None:
        count = len(totals) * len(months) * (len(request.key.recipients) + 1)
        hold.grow_to(hold.size_bytes + count * PART_BYTES)
    cut = _cutter(snapshot, request, hold)
    return Allocation(
        tuple(UnitParts(unit, tuple(cut(by))) for unit, by in sorted(totals.items())),
        tuple(month for month in months if month not in seen),
        found.suspended_count,
        asked.gwp_set,
    )


def _cutter(
    snapshot: Snapshot, request: AllocationRequest, hold: Hold | None
) -> Callable[[Mapping[int, int]], list[MonthParts]]:
    """Give what cuts the totals of months by the key."""
    key, first, last = request.key, request.first_period, request.last_period
    if isinstance(key, Key):
        return lambda totals: allocate(totals, key, first, last)
    keys = read_keys(snapshot, key, first, last, hold)
    return lambda totals: [
        share_month(key, period, totals.get(period), keys.get(period, {}))
        for period in range(first, last + 1)
    ]


_UNITS = {KWH: "kWh", KG_CO2E: "kg CO2e"}


def _amounts(row: InventoryRow, measure: str) -> list[tuple[str, str]]:
    """Give what a row has of a measure, by unit."""
    if measure == AMOUNT:
        return [(each.unit, each.amount) for each in row.amounts]
    text = row.energy_kwh if measure == KWH else row.kg_co2e
    return [] if text is None else [(_UNITS[measure], text)]


def _atto(text: str) -> int:
    """Read a decimal as an inventory prints it: of at most 18 places."""
    return int(Decimal(text).scaleb(QUANTITY_PLACES, _EXACT))


def _invalid(field: str, expected: str, given: str) -> FieldInvalid:
    return FieldInvalid(
        f"{field}: expected {expected}; got {given!r}",
        metadata={"field": field, "value": given},
    )

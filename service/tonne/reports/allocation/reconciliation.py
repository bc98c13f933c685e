"""A meter's energy, shared out: what goes to whom, and what goes to nobody.

    meter = allocated + unallocated, in each month, to the last place

The key is what other records say of the recipients in the same month, so it is dated as they are:
their own meters (`as_metered`: each has what it measured, and the rest is nobody's), or their
share of an amount (energy, area, revenue, people, pieces). A month without a key is not shared
out, and that is told. The last place goes by the rule of all allocations (`parts.cut_parts`), so
nothing is lost and nothing is made.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.accounts import ACCOUNTS, scope_of
from tonne.errors import FieldInvalid
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.allocation.parts import cut_parts
from tonne.reports.indicators.definition import Term
from tonne.reports.indicators.energy import check_coal_set
from tonne.reports.indicators.sums import Question, Window, gather
from tonne.reports.indicators.worth import DENOMINATOR, NUMERATOR
from tonne.statements.definitions.indicators import MONEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.request import InventoryRequest

METER_MISSING = "METER_MISSING"
KEY_MISSING = "KEY_MISSING"
KEY_INCOMPLETE = "KEY_INCOMPLETE"
KEY_NEGATIVE = "KEY_NEGATIVE"
KEY_UNITS_DIFFER = "KEY_UNITS_DIFFER"
MORE_THAN_METERED = "MORE_THAN_METERED"
"""Reasons of what is told of a month."""

RECIPIENTS_MAX = 1_000

NAMED_MAX = 5
"""Recipients that a message names."""

_KWH = "kWh"


@dataclass(frozen=True, slots=True)
class ReconciliationRequest:
    """Which meter is shared out to whom, and by what.

    Parameters
    ----------
    selection : InventoryRequest
        Months and approach.
    meter : str
        Facility whose energy it is.
    meter_account : str
        Account of the energy, like `memo.energy`.
    recipients : tuple of str
        Facilities that share it: rooms, tenants, products.
    key_account : str
        Account `memo.*` that says how much each has.
    as_metered : bool
        Whether each has what the key measures in kWh, and not its share of the meter.

    Raises
    ------
    FieldInvalid
        Something of this is missing, not known, or does not go together.
    """

    selection: InventoryRequest
    meter: str
    meter_account: str
    recipients: tuple[str, ...]
    key_account: str
    as_metered: bool = False

    def __post_init__(self) -> None:
        """Check the request."""
        for field, account in (
            ("meter_account", self.meter_account),
            ("key_account", self.key_account),
        ):
            if account not in ACCOUNTS or scope_of(account) != "memo":
                known = ", ".join(each for each in ACCOUNTS if scope_of(each) == "memo")
                raise FieldInvalid(
                    f"{field}: expected one of {known}; got {account!r}",
                    metadata={"field": field, "value": account},
                )
        if not self.meter:
            raise FieldInvalid(
                "meter: expected the facility whose energy is shared out; got none",
                metadata={"field": "meter"},
            )
        names = set(self.recipients)
        if not 1 <= len(self.recipients) <= RECIPIENTS_MAX or len(names) < len(self.recipients):
            raise FieldInvalid(
                f"recipients: expected 1 to {RECIPIENTS_MAX} facilities, each once; got "
                f"{len(self.recipients)}",
                metadata={"field": "recipients", "value": str(len(self.recipients))},
            )
        if self.meter in names and self.meter_account == self.key_account:
            raise FieldInvalid(
                f"recipients: {self.meter!r} is the meter itself, and its key would be what is "
                "shared out; name another key_account or leave it out",
                metadata={"field": "recipients", "value": self.meter},
            )


@dataclass(frozen=True, slots=True)
class Share:
    """What a recipient has: its key in the key's unit, and kWh."""

    recipient: str
    key: str
    kwh: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A meter's month: `kwh` is the sum of the shares and of `unallocated_kwh`, exactly."""

    period: int
    kwh: str
    shares: tuple[Share, ...]
    unallocated_kwh: str
    key_unit: str
    reason: str = ""
    message: str = ""


def reconcile(
    snapshot: Snapshot, request: ReconciliationRequest, hold: Hold | None = None
) -> list[Reconciled]:
    """Share out a meter, month by month. Errors are those of `book_inventory`."""
    accounts = tuple({request.meter_account, request.key_account})
    asked = replace(
        request.selection.under(snapshot.settings),
        group_by=("facility", "period"),
        facilities=(request.meter, *request.recipients),
        accounts=accounts,
    )
    key_term = Term((request.key_account,), "kwh", _KWH)
    sides = (
        (Term((request.meter_account,), "kwh", _KWH),),
        (key_term, replace(key_term, measure="amount", unit=MONEY)),
    )
    place = pl.col("facility").cast(pl.String)
    question = Question(asked, [sides], place, check_coal_set(""))
    gathered = gather(snapshot, question, hold=hold)
    meter: dict[int, int] = {}
    keys: defaultdict[int, dict[str, dict[str, Fraction]]] = defaultdict(dict)
    for facility in gathered.sums.places:
        for period in gathered.sums.periods:
            for side, total in gathered.sums.total(facility, Window(period, period)).items():
                amount = Fraction(total) / gathered.worths.denominators[side]
                if side.side == NUMERATOR and facility == request.meter:
                    meter[period] = round(amount * ATTO_PER_ONE)
                if side.side == DENOMINATOR and facility in request.recipients:
                    keys[period].setdefault(facility, {})[side.money or _KWH] = amount
    return [
        _month(request, period, meter.get(period), keys.get(period, {}))
        for period in sorted({*meter, *keys})
    ]


def _month(
    request: ReconciliationRequest,
    period: int,
    metered: int | None,
    keys: Mapping[str, Mapping[str, Fraction]],
) -> Reconciled:
    """Share out a month's 10^-18 kWh."""
    units = sorted({unit for amounts in keys.values() for unit in amounts})
    key = {name: sum(amounts.values(), Fraction(0)) for name, amounts in keys.items()}
    account = request.key_account
    total = metered or 0
    reason, message = "", ""
    parts: dict[str, int] = {}
    if metered is None:
        reason = METER_MISSING
        message = f"{request.meter} has no {request.meter_account} in this month"
    elif len(units) > 1:
        reason = KEY_UNITS_DIFFER
        message = f"{account} is in {' and '.join(units)}, which make no key"
        key = {}
    elif any(value < 0 for value in key.values()):
        reason = KEY_NEGATIVE
        message = f"{account} of {min(key, key=lambda name: key[name])} is negative: look for why"
    elif request.as_metered and units not in ([], [_KWH]):
        reason = KEY_UNITS_DIFFER
        message = f"{account} is in {units[0]}: as metered needs a key in kWh"
    elif request.as_metered and units:
        parts = {name: round(value * ATTO_PER_ONE) for name, value in key.items()}
    elif not request.as_metered and sum(key.values()) > 0:
        parts = shared_out(total, key)
    else:
        reason, message = KEY_MISSING, f"no recipient has {account} in this month"
    allocated = sum(parts.values())
    rest = total - allocated
    if allocated > max(total, 0):
        reason = MORE_THAN_METERED
        message = "the recipients measured more than the meter: look for one that is not behind it"
    without = [name for name in request.recipients if name not in key]
    if parts and without and not reason:
        named = ", ".join(without[:NAMED_MAX]) + (", ..." if len(without) > NAMED_MAX else "")
        reason = KEY_INCOMPLETE
        message = (
            f"no record of {account} of {named} in this month: they have nothing; append what is "
            "missing, a zero where it is one"
        )
    return Reconciled(
        period,
        _text(total),
        tuple(
            Share(name, decimal_text(key.get(name, Fraction(0))), _text(parts.get(name, 0)))
            for name in request.recipients
        ),
        _text(rest),
        units[0] if len(units) == 1 else "",
        reason,
        message,
    )


def shared_out(total: int, key: Mapping[str, Fraction]) -> dict[str, int]:
    """Share out whole last places in proportion to a key that is not negative and not all zero."""
    denominator = lcm(*(value.denominator for value in key.values()))
    shares = {name: int(value * denominator) for name, value in key.items()}
    return cut_parts(total, shares, sum(shares.values()))


def _text(atto: int) -> str:
    return decimal_text(Fraction(atto, ATTO_PER_ONE))

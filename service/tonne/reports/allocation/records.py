"""A key that records of the recipients are, month by month, and what it makes of a meter.

The key is dated as its records are: they say of each month what the recipients have, of energy,
area, revenue, people, pieces; or what their own meters show (`as_metered`), and the rest is
nobody's. A month without a key is nobody's, and that is told. The last place goes by the rule of
all allocations (`parts.cut_parts`), so nothing is lost and nothing is made.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words.accounts import ACCOUNTS, scope_of
from tonne.errors import FieldInvalid
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.allocation.parts import Allotment, MonthParts, cut_parts
from tonne.reports.indicators.definition import Term
from tonne.reports.indicators.energy import check_coal_set
from tonne.reports.indicators.sums import Question, Window, gather
from tonne.reports.inventory.request import HAPPENED, InventoryRequest
from tonne.statements.definitions.indicators import MONEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot

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
class RecordsKey:
    """Whose records are the key, and of what.

    Parameters
    ----------
    account : str
        Account `memo.*` that says how much each has.
    recipients : tuple of str
        Facilities that share the meter: rooms, tenants, products.
    as_metered : bool
        Whether each has what its records show in kWh, and not its share of the meter.

    Raises
    ------
    FieldInvalid
        An account is not known, or the recipients are none, too many, or one twice.
    """

    account: str
    recipients: tuple[str, ...]
    as_metered: bool = False

    def __post_init__(self) -> None:
        """Check the key."""
        if self.account not in ACCOUNTS or scope_of(self.account) != "memo":
            known = ", ".join(each for each in ACCOUNTS if scope_of(each) == "memo")
            raise FieldInvalid(
                f"records.account: expected one of {known}; got {self.account!r}",
                metadata={"field": "records.account", "value": self.account},
            )
        count = len(self.recipients)
        if not 1 <= count <= RECIPIENTS_MAX or len(set(self.recipients)) < count:
            raise FieldInvalid(
                f"records.recipients: expected 1 to {RECIPIENTS_MAX} facilities, each once; got "
                f"{count}",
                metadata={"field": "records.recipients", "value": str(count)},
            )

    def check_meter(self, meter: str, account: str) -> None:
        """Refuse a meter that would be its own key. Raises `FieldInvalid`."""
        if meter in self.recipients and account == self.account:
            raise FieldInvalid(
                f"records.recipients: {meter!r} is the meter itself, and its key would be what is "
                "shared out; name another account of the key, or leave it out",
                metadata={"field": "records.recipients", "value": meter},
            )


def read_keys(
    snapshot: Snapshot, key: RecordsKey, first: int, last: int, hold: Hold | None = None
) -> Mapping[int, Mapping[str, Mapping[str, Fraction]]]:
    """Add up what the recipients have in each month, by unit; exact, whoever owns them.

    Errors are those of an inventory.
    """
    selection = InventoryRequest(
        first_period=first,
        last_period=last,
        group_by=("facility", "period"),
        facilities=key.recipients,
        accounts=(key.account,),
        months_by=HAPPENED,
    ).under(snapshot.settings)
    term = Term((key.account,), "kwh", _KWH)
    terms = (term, replace(term, measure="amount", unit=MONEY))
    place = pl.col("facility").cast(pl.String)
    question = Question(selection, [(terms, ())], place, check_coal_set(""), of_whole=True)
    gathered = gather(snapshot, question, hold=hold)
    found: defaultdict[int, dict[str, dict[str, Fraction]]] = defaultdict(dict)
    for facility in gathered.sums.places:
        for period in gathered.sums.periods:
            for side, total in gathered.sums.total(facility, Window(period, period)).items():
                amount = Fraction(total) / gathered.worths.denominators[side]
                found[period].setdefault(facility, {})[side.money or _KWH] = amount
    return found


def share_month(
    key: RecordsKey,
    period: int,
    total: int | None,
    amounts: Mapping[str, Mapping[str, Fraction]],
) -> MonthParts:
    """Share out what a meter shows in a month, in 10^-18 of its unit; None: it shows nothing.

    `amounts` is what recipients have in the month, by unit.
    """
    of_each = {name: sum(by.values(), Fraction(0)) for name, by in amounts.items()}
    units = sorted({unit for by in amounts.values() for unit in by})
    reason, message = _why_none(key, total, units, of_each)
    parts: dict[str, int] = {}
    if not reason and key.as_metered:
        parts = {name: round(value * ATTO_PER_ONE) for name, value in of_each.items()}
    elif not reason:
        parts = shared_out(total or 0, of_each)
    allocated, shown = sum(parts.values()), total or 0
    if key.as_metered and allocated > max(shown, 0):
        reason = MORE_THAN_METERED
        message = "the recipients measured more than the meter: look for one that is not behind it"
    without = [name for name in key.recipients if name not in of_each]
    if parts and without and not reason:
        named = ", ".join(without[:NAMED_MAX]) + (", ..." if len(without) > NAMED_MAX else "")
        reason = KEY_INCOMPLETE
        message = (
            f"no record of {key.account} of {named} in this month: they have nothing; append "
            "what is missing, a zero where it is one"
        )
    whole = Fraction(shown, ATTO_PER_ONE) if key.as_metered else sum(of_each.values())
    allotments = tuple(
        Allotment(
            name,
            parts.get(name, 0),
            of_each[name] / whole if name in parts and whole else Fraction(0),
            of_each.get(name, Fraction(0)) if len(units) <= 1 else None,
        )
        for name in sorted(key.recipients)
    )
    unit = units[0] if len(units) == 1 else ""
    return MonthParts(period, shown, allotments, shown - allocated, unit, reason, message)


def _why_none(
    key: RecordsKey, total: int | None, units: list[str], of_each: Mapping[str, Fraction]
) -> tuple[str, str]:
    """Say why a month is not shared out; nothing where it is."""
    if total is None:
        return METER_MISSING, "the meter has no record in this month"
    if len(units) > 1:
        return KEY_UNITS_DIFFER, f"{key.account} is in {' and '.join(units)}, which make no key"
    if any(value < 0 for value in of_each.values()):
        lowest = min(of_each, key=lambda name: of_each[name])
        return KEY_NEGATIVE, f"{key.account} of {lowest} is negative: look for why"
    if key.as_metered and units not in ([], [_KWH]):
        return (
            KEY_UNITS_DIFFER,
            f"{key.account} is in {units[0]}: as metered needs a key in kWh",
        )
    if not units or not (key.as_metered or sum(of_each.values()) > 0):
        return KEY_MISSING, f"no recipient has {key.account} in this month"
    return "", ""


def shared_out(total: int, key: Mapping[str, Fraction]) -> dict[str, int]:
    """Share out whole last places in proportion to a key that is not negative and not all zero."""
    denominator = lcm(*(value.denominator for value in key.values()))
    shares = {name: int(value * denominator) for name, value in key.items()}
    return cut_parts(total, shares, sum(shares.values()))

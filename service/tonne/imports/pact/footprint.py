"""A product footprint as a supplier states it, and whether it adds up.

    PCF excluding biogenic uptake = fossil + land use change
                                    + land management (emissions, removals)
                                    + technological removals and capture
                                    + biogenic emissions other than CO2
    PCF including biogenic uptake = PCF excluding it + biogenic CO2 uptake (which is negative)

Source: PACT Technical Specifications for PCF Data Exchange, version 3 (WBCSD), data type
CarbonFootprint, properties pcfExcludingBiogenicUptake and pcfIncludingBiogenicUptake; PACT
Methodology, section 3.3.1.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from tonne.errors import FieldInvalid

EXCLUDING, INCLUDING = "pcfExcludingBiogenicUptake", "pcfIncludingBiogenicUptake"
UPTAKE = "biogenicCO2Uptake"
FOSSIL = "fossilGhgEmissions"

PARTS = (
    FOSSIL,
    "landUseChangeGhgEmissions",
    "landManagementBiogenicCO2Emissions",
    "landManagementBiogenicCO2Removals",
    "technologicalCO2Removals",
    "ccsTechnologicalCO2Capture",
    "biogenicNonCO2Emissions",
)
"""What adds up to the footprint without the uptake; parts of these parts are not among them."""

UNITS: dict[str, str] = {
    "liter": "l",
    "kilogram": "kg",
    "cubic meter": "m3",
    "kilowatt hour": "kWh",
    "megajoule": "MJ",
    "ton kilometer": "t.km",
    "square meter": "m2",
    "piece": "unit",
    "hour": "h",
}
"""Tonne's unit of each declaredUnitOfMeasurement that is an amount. `megabit second` is none."""

VALIDITY_YEARS = 3
"""A footprint holds so long after its reference period, unless it says otherwise."""

_FORMER_NAMES = {
    "pcfExcludingBiogenicCO2Withdrawal": EXCLUDING,
    "pcfIncludingBiogenicCO2Withdrawal": INCLUDING,
    "biogenicCO2Withdrawal": UPTAKE,
}
"""Names of drafts of version 3."""

_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,24})?(?:[eE][+-]?[0-9]{1,2})?")
_TEXT_CHARACTERS_MAX = 300
_EXACT = Context(prec=400)
"""Adds whatever `_DECIMAL` takes without a loss."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """A footprint: for `amount` times `unit` of a product, `kg_co2e` without biogenic uptake.

    `valid_to` is exclusive. `remarks` say what does not add up and what was assumed.
    """

    id: str
    version: str
    company: str
    product_ids: tuple[str, ...]
    product: str
    unit: str
    amount: Decimal
    kg_co2e: Decimal
    region: str
    gwp_set: str
    valid_from: dt.date
    valid_to: dt.date
    status: str
    remarks: tuple[str, ...]


def read_footprint(found: object, place: str) -> Footprint:
    """Read a ProductFootprint, whose numbers are texts as they were written.

    Parameters
    ----------
    found : object
        As `json.loads` gives it, with numbers as texts.
    place : str
        File and number, for messages.

    Raises
    ------
    FieldInvalid
        What is needed is missing or cannot be read; or it is of version 2.
    """
    top = _Fields(found, place)
    version = top.text("specVersion")
    if version.partition(".")[0] != "3":
        raise top.wrong("specVersion", "a footprint of PACT version 3; ask the supplier for one")
    pcf = _Fields(top.values.get("pcf"), f"{place}, pcf")
    unit = pcf.text("declaredUnitOfMeasurement")
    if unit not in UNITS:
        raise pcf.wrong("declaredUnitOfMeasurement", f"one of {', '.join(UNITS)}")
    amount = pcf.number("declaredUnitAmount")
    total = pcf.number(EXCLUDING)
    if amount is None or total is None:
        missing = "declaredUnitAmount" if amount is None else EXCLUDING
        raise pcf.wrong(missing, "a decimal number, in quotes")
    if amount <= 0:
        raise pcf.wrong("declaredUnitAmount", "a number above zero")
    remarks = list(_checked(pcf, total))
    begun, ended = (pcf.day(f"referencePeriod{name}") for name in ("Start", "End"))
    stated_start, stated_end = (
        top.day(f"validityPeriod{name}", is_needed=False) for name in ("Start", "End")
    )
    valid_from = min(filter(None, (begun, stated_start)), default=dt.date.min)
    valid_to = stated_end or _years_later(ended or valid_from, VALIDITY_YEARS)
    if valid_to <= valid_from:
        raise top.wrong("validityPeriodEnd", f"a day after {valid_from}")
    sets = pcf.texts("ipccCharacterizationFactors")
    gwp_set = sets[0] if len(sets) == 1 and sets[0] in {"AR5", "AR6"} else ""
    if not gwp_set:
        remarks.append(f"its GWP set is not one of AR5, AR6: {', '.join(sets) or 'not stated'}")
    region = pcf.text("geographyCountrySubdivision", is_needed=False)
    region = region or pcf.text("geographyCountry", is_needed=False)
    wide = pcf.text("geographyRegionOrSubregion", is_needed=False)
    if wide and not region:
        remarks.append(f"it is of {wide}: taken for every region")
    return Footprint(
        id=top.text("id"),
        version=version,
        company=top.text("companyName"),
        product_ids=top.texts("productIds"),
        product=top.text("productNameCompany", is_needed=False),
        unit=UNITS[unit],
        amount=amount,
        kg_co2e=total,
        region=region,
        gwp_set=gwp_set,
        valid_from=valid_from,
        valid_to=valid_to,
        status=top.text("status", is_needed=False),
        remarks=tuple(remarks),
    )


def _checked(pcf: _Fields, excluding: Decimal) -> list[str]:
    """Add up what is stated, and say what does not come out.

    Each number may be rounded: it may miss by half of its last digit, and a sum by that of all.
    """
    said = []
    including, uptake = pcf.number(INCLUDING), pcf.number(UPTAKE)
    if including is not None:
        terms = [excluding, *([] if uptake is None else [uptake])]
        broken = _difference(including, terms)
        if broken is not None:
            added = f"{excluding:f} and {UPTAKE} {uptake or Decimal(0):f}"
            said.append(
                f"{INCLUDING} should be {EXCLUDING} {added} together, {broken:f}; it says "
                f"{including:f}"
            )
    parts = {name: value for name in PARTS if (value := pcf.number(name)) is not None}
    if FOSSIL not in parts:
        said.append(f"{EXCLUDING} cannot be checked: {FOSSIL} is not stated")
        return said
    broken = _difference(excluding, list(parts.values()))
    if broken is not None:
        added = ", ".join(f"{name} {value:f}" for name, value in parts.items())
        said.append(
            f"{EXCLUDING} should be the sum of its parts, {broken:f} ({added}); it says "
            f"{excluding:f}"
        )
    return said


def _difference(stated: Decimal, terms: list[Decimal]) -> Decimal | None:
    """Give the sum of terms where it is not what is stated; None where it is, within rounding."""
    total = Decimal(0)
    for each in terms:
        total = _EXACT.add(total, each)
    most = sum((_half_digit(each) for each in (stated, *terms)), Fraction(0))
    return total if abs(Fraction(total) - Fraction(stated)) > most else None


def _half_digit(value: Decimal) -> Fraction:
    """Half of a number's last digit; a whole number is taken to be exact."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= 0:
        return Fraction(0)
    return Fraction(10) ** exponent / 2


def _years_later(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=min(day.year + years, dt.MAXYEAR))
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


class _Fields:
    """Fields of an object, read with a message that names them."""

    def __init__(self, found: object, place: str) -> None:
        self._place = place
        if not isinstance(found, Mapping):
            raise FieldInvalid(
                f"{place}: expected an object of PACT's data model; got {type(found).__name__}"
            )
        self.values = {_FORMER_NAMES.get(name, name): value for name, value in found.items()}

    def text(self, name: str, *, is_needed: bool = True) -> str:
        value = self.values.get(name)
        if value is None and not is_needed:
            return ""
        if not isinstance(value, str) or not (value.strip() or not is_needed):
            raise self.wrong(name, "a text")
        if "\0" in value:
            raise self.wrong(name, "a text without NUL characters")
        return " ".join(value.split())[:_TEXT_CHARACTERS_MAX]

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.wrong(name, "a list of texts")
        return tuple(each.strip() for each in value if each.strip())

    def number(self, name: str) -> Decimal | None:
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value.strip()):
            raise self.wrong(name, "a decimal number with a point, in quotes")
        return Decimal(value.strip())

    def day(self, name: str, *, is_needed: bool = True) -> dt.date | None:
        """Read a time as its day, UTC; an end within a day is that of the day's end."""
        text = self.text(name, is_needed=is_needed)
        if not text:
            return None
        try:
            time = dt.datetime.fromisoformat(text)
            time = (time if time.tzinfo else time.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
            is_whole = not name.endswith("End") or time.time() == dt.time()
            return time.date() if is_whole else time.date() + dt.timedelta(days=1)
        except (ValueError, OverflowError):
            raise self.wrong(name, "a time in ISO 8601, like 2025-01-01T00:00:00Z") from None

    def wrong(self, name: str, expected: str) -> FieldInvalid:
        value = self.values.get(name)
        got = "nothing" if value is None else repr(value)[:80]
        return FieldInvalid(
            f"{self._place}: {name}: expected {expected}; got {got}", metadata={"field": name}
        )

"""Units of activity: exact rationals to the base unit of their dimension.

What people write for a unit stands in `unit_words`. Words that mean different things to
different people are refused there, so that a record that uses them is stopped instead of being
wrong by a factor: `ton` (short, long or metric), `gal` (US or imperial), `MT`, `mwh`, `month`.

Two units convert into each other where their dimension is the same. Volumes of gas are the
measured volume: `scf`, `ccf` and `Mcf` are cubic feet; `Nm3` (0 degC, 101.325 kPa) is a
dimension of its own, because the ratio of the two depends on pressure and temperature. Each
currency is a dimension of its own too: without a date and a price level money has no ratio. A
currency with a price year, like `USD2022`, is another dimension than the currency alone. Money is
what the buyer paid (purchaser price, which `USD2022_purchaser` says as well); what the producer
got, without margins and taxes on products, is another dimension again: `USD2022_producer`.

Energy of fuels has a calorific basis: `kWh_gross` (higher heating value, what bills in the UK and
the US count) and `kWh_net` (lower heating value, what the IPCC and China count) are dimensions of
their own, because their ratio depends on the fuel. Plain `kWh` is any energy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from tonne.catalogue.words.folding import squeezed
from tonne.catalogue.words.unit_words import UnitWords
from tonne.errors import FieldInvalid


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of activity.

    Parameters
    ----------
    symbol : str
        Its one canonical symbol.
    dimension : str
        Units of the same dimension convert into each other.
    factor : Fraction
        How many of the dimension's base unit are in one.
    source : str
        Definition of the constant.
    """

    symbol: str
    dimension: str
    factor: Fraction
    source: str


_SI = "SI prefix or SI brochure, 9th edition, table 8"
_POUND_KG = Fraction("0.45359237")
_FOOT_M = Fraction("0.3048")
_MILE_M = Fraction("1609.344")
_NAUTICAL_MILE_M = Fraction(1852)
_US_GALLON_M3 = 231 * Fraction("0.0254") ** 3
_UK_GALLON_M3 = Fraction("0.00454609")
_CALORIE_IT_J = Fraction("4.1868")
_BTU_IT_J = _CALORIE_IT_J * _POUND_KG * 1000 * Fraction(5, 9)
_SHORT_TON_KG = 2000 * _POUND_KG
_LONG_TON_KG = 2240 * _POUND_KG
_CUBIC_FOOT_M3 = _FOOT_M**3

_POUND = "international pound, 0.45359237 kg (NIST SP 811, B.8)"
_MILE = "international mile, 1609.344 m (NIST SP 811, B.8)"
_NAUTICAL_MILE = "international nautical mile, 1852 m (NIST SP 811, B.8)"
_BTU = (
    "international table Btu: 4.1868 J/(g K) x 453.59237 g x 5/9 K = 1055.05585262 J "
    "(Fifth International Conference on the Properties of Steam, London 1956; NIST SP 811, B.8)"
)
_CALORIE = "international table calorie, 4.1868 J (London 1956; NIST SP 811, B.8)"
_THERMOCHEMICAL = "thermochemical calorie, 4.184 J (NIST SP 811, B.8)"
_US_GALLON = "US liquid gallon, 231 cubic inches (NIST Handbook 44, appendix C)"
_IMPERIAL_GALLON = "imperial gallon, 4.54609 l (UK Weights and Measures Act 1985, schedule 1)"
_CUBIC_FOOT = "foot of 0.3048 m, cubed (NIST SP 811, B.8)"
_COAL = "7000 kcal_IT per kg: 29.3076 MJ/kg (GB/T 2589-2020, standard coal)"
_DEFINITION = "by definition"
_IEC = "IEC 80000-13, binary prefixes"
_DECIMAL_DATA = "IEC 80000-13, byte of 8 bits, SI prefixes"


def _over_time(stock: str) -> dict[str, tuple[Fraction, str]]:
    """Give the units of a stock over time."""
    return {
        f"{stock}.month": (Fraction(1), "a twelfth of a year, whichever month it is"),
        f"{stock}.year": (Fraction(12), "12 months"),
    }


# (dimension, {symbol: (base units in one, source)}); the base unit is the one with factor 1.
_TABLE: tuple[tuple[str, dict[str, tuple[Fraction, str]]], ...] = (
    (
        "energy",
        {
            "J": (Fraction(1), _SI),
            "kJ": (Fraction(10**3), _SI),
            "MJ": (Fraction(10**6), _SI),
            "GJ": (Fraction(10**9), _SI),
            "TJ": (Fraction(10**12), _SI),
            "PJ": (Fraction(10**15), _SI),
            "Wh": (Fraction(3600), _SI),
            "kWh": (Fraction(3600 * 10**3), _SI),
            "MWh": (Fraction(3600 * 10**6), _SI),
            "GWh": (Fraction(3600 * 10**9), _SI),
            "TWh": (Fraction(3600 * 10**12), _SI),
            "Btu": (_BTU_IT_J, _BTU),
            "kBtu": (1000 * _BTU_IT_J, _BTU + ", times 1,000"),
            "MMBtu": (10**6 * _BTU_IT_J, _BTU + ", times 1,000,000"),
            "therm": (10**5 * _BTU_IT_J, _BTU + ", times 100,000: ten therms are one MMBtu"),
            "cal": (_CALORIE_IT_J, _CALORIE),
            "kcal": (1000 * _CALORIE_IT_J, _CALORIE),
            "Mcal": (10**6 * _CALORIE_IT_J, _CALORIE),
            "Gcal": (10**9 * _CALORIE_IT_J, _CALORIE),
            "cal_th": (Fraction("4.184"), _THERMOCHEMICAL),
            "kcal_th": (Fraction(4184), _THERMOCHEMICAL),
            "kgce": (7000 * 1000 * _CALORIE_IT_J, _COAL),
            "tce": (7 * 10**9 * _CALORIE_IT_J, _COAL + ", 29.3076 GJ per tonne"),
            "RT.h": (12000 * _BTU_IT_J, _BTU + ", times 12,000: a ton of refrigeration, an hour"),
            "toe": (10**10 * _CALORIE_IT_J, "10 Gcal_IT = 41.868 GJ (IEA, OECD, Eurostat)"),
        },
    ),
    (
        "mass",
        {
            "mg": (Fraction(1, 10**6), _SI),
            "g": (Fraction(1, 10**3), _SI),
            "kg": (Fraction(1), _SI),
            "t": (Fraction(10**3), _SI),
            "kt": (Fraction(10**6), _SI),
            "Mt": (Fraction(10**9), _SI),
            "oz": (_POUND_KG / 16, _POUND + ", a sixteenth (avoirdupois)"),
            "lb": (_POUND_KG, _POUND),
            "klb": (1000 * _POUND_KG, _POUND + ", times 1,000"),
            "Mlb": (10**6 * _POUND_KG, _POUND + ", times 1,000,000"),
            "short_ton": (_SHORT_TON_KG, _POUND + ", times 2,000"),
            "long_ton": (_LONG_TON_KG, _POUND + ", times 2,240"),
        },
    ),
    (
        "volume",
        {
            "ml": (Fraction(1, 10**6), _SI),
            "l": (Fraction(1, 10**3), _SI),
            "hl": (Fraction(1, 10), _SI),
            "m3": (Fraction(1), _SI),
            "Ml": (Fraction(1000), _SI + "; megalitre, a million litres"),
            "US_gal": (_US_GALLON_M3, _US_GALLON),
            "US_cgal": (100 * _US_GALLON_M3, _US_GALLON + ", times 100"),
            "US_kgal": (1000 * _US_GALLON_M3, _US_GALLON + ", times 1,000"),
            "US_Mgal": (10**6 * _US_GALLON_M3, _US_GALLON + ", times 1,000,000"),
            "UK_gal": (_UK_GALLON_M3, _IMPERIAL_GALLON),
            "UK_cgal": (100 * _UK_GALLON_M3, _IMPERIAL_GALLON + ", times 100"),
            "UK_kgal": (1000 * _UK_GALLON_M3, _IMPERIAL_GALLON + ", times 1,000"),
            "UK_Mgal": (10**6 * _UK_GALLON_M3, _IMPERIAL_GALLON + ", times 1,000,000"),
            "bbl": (42 * _US_GALLON_M3, _US_GALLON + ", times 42 (barrel of oil)"),
            "ft3": (_CUBIC_FOOT_M3, _CUBIC_FOOT),
            "scf": (_CUBIC_FOOT_M3, _CUBIC_FOOT + "; gas at the supplier's standard conditions"),
            "ccf": (100 * _CUBIC_FOOT_M3, _CUBIC_FOOT + ", times 100"),
            "Mcf": (1000 * _CUBIC_FOOT_M3, _CUBIC_FOOT + ", times 1,000 (M is mille here)"),
            "MMcf": (10**6 * _CUBIC_FOOT_M3, _CUBIC_FOOT + ", times 1,000,000"),
        },
    ),
    ("normal volume of gas", {"Nm3": (Fraction(1), "m3 at 0 degC and 101.325 kPa (DIN 1343)")}),
    (
        "length",
        {
            "mm": (Fraction(1, 1000), _SI),
            "cm": (Fraction(1, 100), _SI),
            "m": (Fraction(1), _SI),
            "km": (Fraction(1000), _SI),
            "ft": (_FOOT_M, "international foot, 0.3048 m (NIST SP 811, B.8)"),
            "mile": (_MILE_M, _MILE),
            "nmi": (_NAUTICAL_MILE_M, _NAUTICAL_MILE),
            # The way that one vehicle drives is a length.
            "vehicle.km": (Fraction(1000), _SI),
            "vehicle.mile": (_MILE_M, _MILE),
        },
    ),
    (
        "area",
        {
            "m2": (Fraction(1), _SI),
            "km2": (Fraction(10**6), _SI),
            "ha": (Fraction(10**4), _SI),
            "ft2": (_FOOT_M**2, "foot of 0.3048 m, squared (NIST SP 811, B.8)"),
            "acre": (_FOOT_M**2 * 43560, "international acre, 43,560 square feet"),
        },
    ),
    (
        "time",
        {
            "s": (Fraction(1), _SI),
            "min": (Fraction(60), _SI),
            "h": (Fraction(3600), _SI),
            "day": (Fraction(86400), _SI),
        },
    ),
    ("count", {"unit": (Fraction(1), _DEFINITION)}),
    (
        "freight",
        {
            "kg.km": (Fraction(1, 1000), _DEFINITION),
            "t.km": (Fraction(1), _DEFINITION),
            "t.mile": (_MILE_M / 1000, _MILE),
            "t.nmi": (_NAUTICAL_MILE_M / 1000, _NAUTICAL_MILE),
            "lb.mile": (_POUND_KG * _MILE_M / 10**6, f"{_POUND}; {_MILE}"),
            "short_ton.mile": (_SHORT_TON_KG * _MILE_M / 10**6, f"{_POUND}; {_MILE}"),
            "long_ton.mile": (_LONG_TON_KG * _MILE_M / 10**6, f"{_POUND}; {_MILE}"),
        },
    ),
    (
        "passenger transport",
        {
            "passenger.km": (Fraction(1), _DEFINITION),
            "passenger.mile": (_MILE_M / 1000, _MILE),
            "passenger.nmi": (_NAUTICAL_MILE_M / 1000, _NAUTICAL_MILE),
        },
    ),
    ("stay", {"room.night": (Fraction(1), _DEFINITION)}),
    ("working time", {"FTE.hour": (Fraction(1), _DEFINITION)}),
    # Stocks, as amount x time: sums over months and sites are those of a year, whatever changes.
    ("people over time", _over_time("person")),
    (
        "area over time",
        _over_time("m2") | {"ft2.year": (12 * _FOOT_M**2, "foot of 0.3048 m, squared")},
    ),
    ("carriers over time", _over_time("carrier")),
    (
        "data",
        {
            "B": (Fraction(1), _DECIMAL_DATA),
            "kB": (Fraction(10**3), _DECIMAL_DATA),
            "MB": (Fraction(10**6), _DECIMAL_DATA),
            "GB": (Fraction(10**9), _DECIMAL_DATA),
            "TB": (Fraction(10**12), _DECIMAL_DATA),
            "PB": (Fraction(10**15), _DECIMAL_DATA),
            "EB": (Fraction(10**18), _DECIMAL_DATA),
            "KiB": (Fraction(2**10), _IEC),
            "MiB": (Fraction(2**20), _IEC),
            "GiB": (Fraction(2**30), _IEC),
            "TiB": (Fraction(2**40), _IEC),
            "PiB": (Fraction(2**50), _IEC),
            "bit": (Fraction(1, 8), _DECIMAL_DATA),
            "kbit": (Fraction(10**3, 8), _DECIMAL_DATA),
            "Mbit": (Fraction(10**6, 8), _DECIMAL_DATA),
            "Gbit": (Fraction(10**9, 8), _DECIMAL_DATA),
            "Tbit": (Fraction(10**12, 8), _DECIMAL_DATA),
        },
    ),
    (
        "storage over time",
        {
            "GB.h": (Fraction(1), _DECIMAL_DATA),
            "TB.h": (Fraction(1000), _DECIMAL_DATA),
        },
    ),
    ("computing time", {"vCPU.h": (Fraction(1), _DEFINITION)}),
    ("accelerator time", {"GPU.h": (Fraction(1), _DEFINITION)}),
    (
        "power",
        {
            "W": (Fraction(1), _SI),
            "kW": (Fraction(10**3), _SI),
            "MW": (Fraction(10**6), _SI),
            "GW": (Fraction(10**9), _SI),
        },
    ),
)

# Units in which fuel is billed by its heat; each exists on gross and on net calorific value.
_FUEL_ENERGY = (
    "J", "kWh", "MWh", "GWh", "MJ", "GJ", "TJ", "PJ", "Btu", "kBtu", "MMBtu", "therm", "kcal",
    "Gcal", "kgce", "tce", "toe",
)  # fmt: skip

ENERGY = "energy"
"""Dimension of energy of no stated calorific basis."""

ENERGY_GROSS = "energy, gross"
"""Dimension of a fuel's energy on its gross calorific value (higher heating value)."""

ENERGY_NET = "energy, net"
"""Dimension of a fuel's energy on its net calorific value (lower heating value)."""

MONEY = "currency "
"""How the dimensions of money begin."""

CURRENCIES = (
    "AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD",
    "HUF", "IDR", "ILS", "INR", "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP",
    "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "USD", "VND", "ZAR",
)  # fmt: skip
"""ISO 4217 codes of the currencies that are known."""


def _units() -> dict[str, Unit]:
    units = {
        symbol: Unit(symbol, dimension, factor, source)
        for dimension, rows in _TABLE
        for symbol, (factor, source) in rows.items()
    }
    units |= {code: Unit(code, f"{MONEY}{code}", Fraction(1), "ISO 4217") for code in CURRENCIES}
    for basis, dimension in (("gross", ENERGY_GROSS), ("net", ENERGY_NET)):
        units |= {
            f"{symbol}_{basis}": Unit(
                f"{symbol}_{basis}",
                dimension,
                units[symbol].factor,
                f"{units[symbol].source}; on {basis} calorific value",
            )
            for symbol in _FUEL_ENERGY
        }
    return units


UNITS: dict[str, Unit] = _units()
"""Every unit by its symbol."""


@cache
def unit_words() -> UnitWords:
    """Give what people write for units; thousands of texts, read when one is first needed."""
    return UnitWords(UNITS, _FUEL_ENERGY)


PRODUCER = "_producer"
"""How units of money at producer prices end."""

_PRICED = re.compile(r"([A-Z]{3})((?:19|20|21)\d\d)?(PRODUCER|PURCHASER)?", re.ASCII)


@lru_cache(maxsize=1 << 14)  # texts come from producers
def find(text: str) -> Unit | None:
    """Find the unit that `text` names, a symbol or a spelling of the tables, or None.

    A currency may have a price year, and say whose price it is: `USD2022` is money at the prices
    of 2022, `USD2022_producer` what producers got of it.
    """
    symbol = text if text in UNITS else unit_words().symbol(text)
    if symbol is not None:
        return UNITS[symbol]
    found = _PRICED.fullmatch(squeezed(text).upper())
    if found is None or found[1] not in CURRENCIES:
        return None
    basis = PRODUCER if found[3] == "PRODUCER" else ""
    priced = f"{found[1]}{found[2] or ''}{basis}"
    source = "ISO 4217, at the prices of the year" if found[2] else "ISO 4217"
    return Unit(priced, f"{MONEY}{priced}", Fraction(1), source)


def symbol_of(text: str) -> str:
    """Symbol of the unit that a text names, or the text itself where no table knows it."""
    unit = find(text)
    return text if unit is None else unit.symbol


def advice(text: str) -> str:
    """Say how to write a unit that was not read; empty where nothing is near."""
    return unit_words().advice(text)


def currency(unit: Unit) -> str:
    """ISO 4217 code of a unit of money, with or without a price year; empty for others."""
    return unit.symbol[:3] if unit.dimension.startswith(MONEY) else ""


def conversion(source: str, target: str) -> Fraction:
    """How many `target` are in one `source`, exactly.

    Equal texts convert by 1, whether a table knows them or not.

    Raises
    ------
    FieldInvalid
        No table knows one of the units, or their dimensions differ.
    """
    if source == target:
        return Fraction(1)
    units = []
    for text in (source, target):
        if (unit := find(text)) is None:
            hint = advice(text) or "use a unit of docs/units.md, like 'kWh', 'kg' or 'm3'"
            raise FieldInvalid(
                f"unit {text!r} is not known; {hint}",
                metadata={"field": "unit", "unit": text},
            )
        units.append(unit)
    first, second = units
    if first.dimension != second.dimension:
        raise FieldInvalid(
            f"unit {source!r} is a unit of {first.dimension} and does not convert into "
            f"{target!r}, a unit of {second.dimension}",
            metadata={"field": "unit", "unit": source, "target": target},
        )
    return first.factor / second.factor

"""Codes of the Energy Services Provider Interface: units, commodities, qualities.

Source: NAESB REQ.21, Energy Services Provider Interface (ESPI); its XML schema (usage.xsd, types
UnitSymbolKind, CommodityKind, QualityOfReading, FlowDirectionKind, AccumulationKind,
DataQualifierKind, MeasurementKind), which takes them from IEC 61968-9.
"""

from __future__ import annotations

UNITS: dict[str, str] = {
    "31": "J",
    "42": "m3",
    "72": "Wh",
    "119": "ft3",
    "120": "ft3",  # compensated for temperature and pressure
    "128": "US_gal",
    "130": "UK_gal",
    "132": "Btu",
    "134": "l",
    "156": "l",  # uncompensated
    "157": "l",  # compensated
    "166": "m3",  # uncompensated
    "167": "m3",  # compensated
    "169": "therm",
}
"""Tonne's unit of each uom that is an amount of energy or a volume."""

OTHER_UOMS: dict[str, str] = {
    "5": "A, a current",
    "29": "V, a voltage",
    "33": "Hz, a frequency",
    "38": "W, a power",
    "61": "VA, an apparent power",
    "63": "var, a reactive power",
    "65": "a power factor",
    "71": "VAh, apparent energy",
    "73": "varh, reactive energy",
    "80": "money",
    "122": "ft3/h, a flow",
    "125": "m3/h, a flow",
    "129": "US_gal/h, a flow",
    "131": "UK_gal/h, a flow",
    "133": "Btu/h, a power",
    "137": "l/h, a flow",
}
"""What some other uom are, for messages: none of them is an amount."""

COMMODITIES: dict[str, str] = {
    "1": "electricity.grid",
    "2": "electricity.grid",
    "7": "fuel.natural_gas",
    "8": "fuel.propane",
    "9": "water.supply",
    "10": "steam",
    "11": "water.treatment",
}
"""The activity of each commodity that has one."""

SERVICES: dict[str, str] = {"0": "electricity.grid", "1": "fuel.natural_gas", "2": "water.supply"}
"""The activity of a usage point's service category; beyond these the editions of the standard
number them differently."""

GRID = "electricity.grid"

FLOW_REVERSE = "19"
"""What the customer delivered."""

FLOWS = frozenset({"", "0", "1", "4", FLOW_REVERSE})
"""Directions that are amounts: not stated, forward, net, reverse."""

QUALITIES: dict[str, str] = {
    "0": "measured",  # valid
    "7": "estimated",  # edited by a human
    "8": "estimated",  # by a reference day
    "9": "estimated",  # by interpolation
    "10": "measured",  # questionable: it failed a check
    "11": "calculated",  # derived
    "12": "estimated",  # projected
    "13": "estimated",  # mixed
    "14": "measured",  # raw: not validated yet
    "15": "calculated",  # normalised for the weather
    "16": "",  # other
    "17": "measured",  # validated
    "18": "measured",  # verified
    "19": "measured",  # revenue quality
}
"""The data quality of each quality of a reading."""

QUALITY_UNSTATED = "0"
"""A reading without a quality is valid (ReadingQuality in the schema)."""

QUALITY_REMARKS: dict[str, str] = {
    "10": "failed a check of the utility (quality 10, questionable)",
    "15": "are normalised for the weather (quality 15): not what was used",
}
"""Qualities that people should look at."""

ACCUMULATIONS = frozenset({"", "0", "4", "9"})
"""Kinds of accumulation that are amounts of an interval: not stated, delta, summation."""

CUMULATIVE = frozenset({"1", "2", "3"})
"""Kinds of accumulation that are readings of a register."""

QUALIFIERS = frozenset({"", "0", "12"})
"""Qualifiers of amounts: not stated, normal; others are averages, minima and maxima."""

KIND_CURRENCY = "3"
"""The kind of measurement that is money."""

MULTIPLIER_MAX = 12
"""Powers of ten of the standard lie within this, in both directions."""

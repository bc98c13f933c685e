"""Editions for the tests: CSV from short rows, and the factors of two cities."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tonne.catalogue.editions.edition import COLUMNS, parse_edition

if TYPE_CHECKING:
    from tonne.catalogue.editions.factor import Factor


def write_edition(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """CSV of rows, in which what is not said is plain: valid from 2015 on, 1 kg CO2e a unit."""
    plain = {"activity": "electricity", "unit": "kWh", "valid_from": "2015-01-01", "kg_co2e": "1"}
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**plain, **row} for row in rows)
    return text.getvalue().encode()


def city_factors(region: str, *rows: tuple[str, str, int, int, str]) -> list[Factor]:
    """Factors of a city from (activity, unit, first year, last year, kg CO2e per unit)."""
    return parse_edition(
        write_edition(
            *(
                {
                    "activity": activity,
                    "region": region,
                    "unit": unit,
                    "valid_from": f"{first}-01-01",
                    "valid_to": f"{last + 1}-01-01",
                    "kg_co2e": factor,
                }
                for activity, unit, first, last, factor in rows
            )
        )
    )


# The factors that reproduce what the cities published for their buildings.
SEATTLE = city_factors(
    "US-WA-Seattle",
    ("electricity", "kWh", 2015, 2016, "0.0237864"),
    ("natural_gas", "therm", 2015, 2016, "5.311"),
    ("district_steam", "kBtu", 2015, 2016, "0.077188"),
)
CHICAGO = city_factors(
    "US-IL-Chicago",
    ("electricity", "kBtu", 2014, 2015, "0.2009135"),
    ("electricity", "kBtu", 2016, 2016, "0.18432113"),
    ("electricity", "kBtu", 2017, 2017, "0.18489475"),
    ("natural_gas", "kBtu", 2014, 2017, "0.0531148"),
    ("district_steam", "kBtu", 2014, 2017, "0.0664"),
    ("district_chilled_water", "kBtu", 2014, 2017, "0.0527"),
    ("other_fuel", "kBtu", 2014, 2017, "0.07447"),
)

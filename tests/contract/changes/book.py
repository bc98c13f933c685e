"""A book of two years by hand: 2024 and 2025."""

EDITION = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,note
site.grid,,kWh,2020-01-01,2025-01-01,0.5,,,,scope2.location,own,1,
site.grid,,kWh,2025-01-01,,0.4,,,,scope2.location,own,1,
site.gas,,kWh,2020-01-01,,,0.18,0.00001,0.000001,scope1.stationary,own,1,
site.coach,,km,2020-01-01,,0.03,,,,scope3.06,own,1,
"""

REVISED = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,note
site.grid,,kWh,2020-01-01,2025-01-01,0.45,,,,scope2.location,own,1,
site.coach,,km,2020-01-01,,0.03,,,,scope3.07,own,1,
"""


def row(year, facility, activity, unit, quantity):
    """A record of a whole year."""
    return {
        "facility": facility,
        "activity": activity,
        "unit": unit,
        "quantity": quantity,
        "start": f"{year}-01-01",
        "end": f"{year + 1}-01-01",
    }


def half(year, number, quantity):
    """A record of a half-year of the plant."""
    first, second, third = f"{year}-01-01", f"{year}-07-01", f"{year + 1}-01-01"
    start, end = (first, second) if number == 1 else (second, third)
    whole = row(year, "plant", "site.grid", "kWh", quantity)
    return whole | {"start": start, "end": end}


def revise(client, book):
    """Bring in a publisher's errata, preferred to what was."""
    client.import_edition(book, "revised", REVISED)
    client.update_method(book, editions=("revised", "own"), reason="errata", author="Ada")

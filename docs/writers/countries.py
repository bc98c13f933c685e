"""Writes docs/countries.md from the shipped editions: `make docs`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tonne.catalogue.editions.countries import (
    KINDS,
    countries,
    country_of,
    year_text,
    years_by_region,
)
from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.catalogue.words.regions import region_id, region_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.catalogue.editions.by_activity import Label

PAGE = Path(__file__).parents[2] / "docs" / "countries.md"

_HEAD = """\
# Electricity by country

Generated from the shipped editions. `tonne factor countries` prints it on the command line, and
`tonne factor countries DE` says of one country what to do where a figure is missing.

Numbers are the years of which a figure ships; another year takes the nearest one, within
`year_fallback_years` and with a notice. **grid** is the generation alone, for scope 2; *upstream*,
*losses* and *residual* are what the accounts beside it take; *life cycle* holds the upstream too
and serves only where a method names its edition ([the catalogue](catalogue.md)).

Electricity of a country without a grid factor waits in suspense, and `tonne suspense list` names
what to import for it. What a publisher gives under terms that do not let it ship stands in the
last column.
"""

_IMPORT = """\
## Residual mixes and production mixes of Europe

The Association of Issuing Bodies publishes them in a workbook without a licence to pass it on, so
they do not ship. Its workbook is an edition as it is:

```
tonne edition import 2024_residual_mix.xlsx --id eu-aib-2024 --book acme
```

Each country of its sheet `CO2` becomes two factors of the workbook's year: the production mix as
the grid's average (`scope2.location`), and the residual mix (`scope2.market`). They are direct
emissions and CO2 alone, and that is told. A residual mix of 0, which Austria and Switzerland print
because all of their power is disclosed, is none. The supplier mix is left out.

Imported figures end when they end: electricity of 2025 waits while the workbook of 2024 is all
there is. Who takes last year's figures until the next ones are out says so with
`--valid-to 2026-01-01`, and the note of each factor keeps it.

## Figures of other publishers

They are a CSV of few columns; one line is a factor:

```
activity,region,unit,stage,valid_from,valid_to,kg_co2e,gwp_set,source,table,row
electricity.grid,XA,kWh,generation,2024-01-01,2025-01-01,0.4,AR5,Publisher and title,Table 1,2024
```

`tonne edition import xa-2024.csv --id xa-2024 --book acme`, then
`tonne suspense clear --book acme`.
"""

_ACTIVITIES = """\
## All activities by region and year

Factors by the first word of their activity, with parts of countries under their country. *on* goes
with a year from which a figure holds without an end, *until* with the last year of figures that
state no first one; *undated* ones state neither.
"""

_FIRST_DATED = 1970
"""Validities before this year stand for sources that state none."""

_PARTS = """\
## Parts of countries

Provinces, grids and regions of clouds that have a grid factor of their own, by the years of it.
"""


def write_page() -> str:
    """Text of the page."""
    parts = [_HEAD, "## Countries\n", _table(), _IMPORT, _ACTIVITIES, _activity_table()]
    return "\n".join([*parts, _PARTS, _part_table()])


def _table() -> str:
    named = set(default_settings().editions)
    rows = [
        f"| country | | {' | '.join(KINDS)} | to import |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for country in countries().values():
        cells = [
            country.years_of(kind)
            if kind == "life cycle" or named & set(country.editions_of(kind))
            else ""
            for kind in KINDS
        ]
        cells[0] = f"**{cells[0]}**" if cells[0] else ""
        sources = "; ".join(
            f"{each.publisher}, {each.title} ({', '.join(each.kinds)})" for each in country.sources
        )
        rows.append(f"| `{country.region}` | {country.name} | {' | '.join(cells)} | {sources} |")
    return "\n".join(rows) + "\n"


def _activity_table() -> str:
    found: dict[tuple[str, str], list[Label]] = defaultdict(list)
    editions: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for edition in shipped_editions().values():
        for label in edition.factors.labels:
            key = (country_of(region_id(label.region)), label.activity.partition(".")[0])
            found[key].append(label)
            editions[key][edition.id] = None
    rows = ["| region | activities | factors | years | editions |", "|---|---|---|---|---|"]
    for (region, word), labels in sorted(found.items()):
        place = f"`{region}` {region_name(region)}" if region else "everywhere"
        if region and set(editions[region, word]) == {"ember-yearly-2024"}:
            continue  # the first table has them
        names = ", ".join(f"`{each}`" for each in editions[region, word])
        rows.append(f"| {place} | `{word}` | {len(labels)} | {_span_text(labels)} | {names} |")
    return "\n".join(rows) + "\n"


def _span_text(labels: Iterable[Label]) -> str:
    """Tell the years of some factors: `2019-2024, 2025 on, until 2018 at the latest`."""
    years: set[int] = set()
    ends: set[int] = set()
    texts: set[str] = set()
    for label in labels:
        first, stop = label.valid_from.year, label.valid_to
        last = stop and stop.year - (stop.month == stop.day == 1)
        if first < _FIRST_DATED:
            if last:
                ends.add(last)
            else:
                texts.add("undated")
        elif last:
            years |= set(range(first, last + 1))
        else:
            texts.add(f"{first} on")
    until = [f"until {max(ends)} at the latest"] if ends else []
    return ", ".join(filter(None, (year_text(years), *sorted(texts), *until)))


def _part_table() -> str:
    rows = ["| region | | grid |", "|---|---|---|"]
    found = years_by_region("grid")
    rows += [
        f"| `{region}` | {region_name(region)} | {years} |"
        for region, years in found.items()
        if region not in countries()
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")

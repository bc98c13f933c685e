"""Columns whose names say what was used and its unit: `Power (kWh)`, `Gas [m3]`, `Litres`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy, units
from tonne.imports.guessing import headers
from tonne.imports.guessing.draft import UNKNOWN
from tonne.imports.guessing.words import ACTIVITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonne.imports.guessing.draft import Draft
    from tonne.imports.guessing.tables import Sample

_DIMENSIONS = frozenset({"energy", "volume", "mass"})
"""What is used up is measured in these; days, money and floor are something else."""

_OF_USE = frozenset(
    {
        *("consumption", "consumed", "usage", "use", "used", "purchased", "total", "amount", "in"),
        *("verbrauch", "gesamt", "consommation", "totale", "consumo", "total", "用量", "消耗量"),
    }
)
"""Words of a header beside what was used."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of quantities: its place, its unit, and which activity it is; empty: unknown."""

    place: int
    unit: str
    activity: str
    name: str
    """What was used, in the header's words; empty where it names none."""


def find_measures(sample: Sample, places: Mapping[str, int]) -> list[Measure]:
    """Find the columns of quantities whose names have a unit, where rows do not say more.

    One column is of a name like `Usage kWh`; several are of one activity each, of which at least
    one is known, where rows have no activity of their own. Where rows have a unit, there are none.
    """
    if "unit" in places or len(set(sample.header)) < len(sample.header):
        return []
    other = {place for name, place in places.items() if name != "quantity"}
    found = [
        measure
        for place, header in enumerate(sample.header)
        if place not in other and (measure := _read(place, header)) and _is_measured(sample, place)
    ]
    named = [each for each in found if each.name]
    if "activity" not in places and any(each.activity for each in named):
        return named
    return found if len(found) == 1 and not found[0].name else []


def take_places(measures: Sequence[Measure], places: dict[str, int]) -> list[int]:
    """Take one column for the quantities; gives the places of several."""
    if len(measures) == 1:
        places["quantity"] = measures[0].place
        return []
    if measures:
        places.pop("quantity", None)
    return [each.place for each in measures]


def put_measures(measures: Sequence[Measure], sample: Sample, draft: Draft) -> set[str]:
    """Put a table of `[[values]]` for each of several columns, and ask what is unknown.

    Gives the fields that these say.
    """
    for each in measures:
        header = sample.header[each.place]
        known = {"activity": each.activity} if each.activity else {}
        draft.put_table(
            "values",
            {"column": header, **known, "unit": each.unit},
            assumed=f"{header!r} is {each.activity or 'a quantity'} in {each.unit}",
        )
        if not each.activity:
            near = ", ".join(taxonomy.nearest(each.name)) or "none"
            asked = f"which activity is {header!r}? (the nearest: {near}; or take its table out)"
            draft.ask_table("values", "activity", UNKNOWN, asked=asked)
    return {"activity", "unit"}


def put_one(measure: Measure, sample: Sample, draft: Draft) -> set[str]:
    """Put what the only column says of all records; gives the fields."""
    header = sample.header[measure.place]
    said = {"unit": measure.unit} | ({"activity": measure.activity} if measure.activity else {})
    for name, word in said.items():
        draft.put("constants", name, word, assumed=f"the {name} is that of {header!r}")
    return set(said)


def _read(place: int, header: str) -> Measure | None:
    behind = headers.UNIT_BEHIND.match(header)
    name, unit = (behind["name"], behind["unit"]) if behind else ("", header)
    if behind is None and " " in header.strip():
        name, _, unit = header.strip().rpartition(" ")
    found = units.find(unit.strip())
    if found is None or found.dimension not in _DIMENSIONS:
        return None
    words = [word for word in re.split(r"[\s_]+", name) if word.casefold() not in _OF_USE]
    what = " ".join(words).strip(" :,-")
    if headers.plain(what) in headers.NAMES["quantity"]:
        what = ""
    activity = ACTIVITIES.get(what.casefold()) or taxonomy.read(what) or ""
    return Measure(place, unit.strip(), activity, what)


def _is_measured(sample: Sample, place: int) -> bool:
    """Whether a column has numbers, and hardly anything else."""
    texts = sample.column(place).drop_nulls().to_list()
    return 2 * sum(map(headers.is_number, texts)) > len(texts)

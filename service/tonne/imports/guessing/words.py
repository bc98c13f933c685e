"""Words of a file for activities, units and the quality of data: known, proposed or asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy, units
from tonne.catalogue.words.regions import Regions, read_region
from tonne.imports.guessing import headers
from tonne.imports.guessing.draft import UNKNOWN, Draft

if TYPE_CHECKING:
    import polars as pl

    from tonne.imports.guessing.tables import Sample

_REGIONS = Regions(())

WORDS_ASKED_MAX = 40
"""Words of a column that are asked for one by one."""

ACTIVITIES = {
    "electric": "electricity.grid",
    "electricity": "electricity.grid",
    "electric - grid": "electricity.grid",
    "grid electricity": "electricity.grid",
    "power": "electricity.grid",
    "strom": "electricity.grid",
    "électricité": "electricity.grid",
    "electricidad": "electricity.grid",
    "电": "electricity.grid",
    "电力": "electricity.grid",
    "natural gas": "fuel.natural_gas",
    "gas": "fuel.natural_gas",
    "erdgas": "fuel.natural_gas",
    "gaz naturel": "fuel.natural_gas",
    "天然气": "fuel.natural_gas",
    "diesel": "fuel.diesel",
    "petrol": "fuel.petrol",
    "gasoline": "fuel.petrol",
    "benzin": "fuel.petrol",
    "汽油": "fuel.petrol",
    "柴油": "fuel.diesel",
    "district heating": "heat.district",
    "fernwärme": "heat.district",
    "water": "water.supply",
    "wasser": "water.supply",
    "eau": "water.supply",
    "agua": "water.supply",
    "自来水": "water.supply",
}
"""Words that a profile proposes an activity for; a person sees each in the profile."""

QUALITIES = {
    "no": "measured",
    "actual": "measured",
    "a": "measured",
    "yes": "estimated",
    "e": "estimated",
}
"""Words of columns that say whether a reading is estimated."""


def put_words(sample: Sample, places: dict[str, int], kept: pl.Series, draft: Draft) -> None:
    """Put words that the catalogue does not know, and ask what each is."""
    for name, put in (
        ("activity", _activity),
        ("unit", _unit_word),
        ("region", _region),
        ("data_quality", _quality),
    ):
        if name not in places:
            continue
        words = sample.column(places[name]).filter(kept).drop_nulls().unique().sort()
        for word in words.head(WORDS_ASKED_MAX):
            put(word, draft)
        if words.len() > WORDS_ASKED_MAX:
            draft.assumptions.append(
                f"of {words.len()} words of {name} the first {WORDS_ASKED_MAX} were looked at"
            )


def _activity(word: str, draft: Draft) -> None:
    if taxonomy.find(word):
        return
    known = ACTIVITIES.get(word.casefold())
    if known:
        draft.put_alias("activity", word, known)
        draft.assumptions.append(f"{word!r} is {known}")
        return
    near = ", ".join(taxonomy.nearest(word))
    question = f"which activity is {word!r}? (the nearest: {near or 'none'})"
    draft.put_alias("activity", word, UNKNOWN, asked=question)


def _unit_word(word: str, draft: Draft) -> None:
    if not units.find(word):
        question = f"which unit is {word!r}? (like kWh, MWh, m3, L, kg, tkm)"
        draft.put_alias("unit", word, UNKNOWN, asked=question)


def _quality(word: str, draft: Draft) -> None:
    known = QUALITIES.get(word.casefold())
    if known:
        draft.put_alias("data_quality", word, known)
        draft.assumptions.append(f"{word!r} as data quality is {known}")


def put_unit(sample: Sample, places: dict[str, int], draft: Draft) -> bool:
    """Put the unit that the name of the quantities has; whether it has one."""
    if "quantity" not in places:
        return False
    header = sample.header[places["quantity"]]
    behind = headers.UNIT_BEHIND.match(header)
    found = behind["unit"] if behind else header
    if not units.find(found.strip()):
        return False
    draft.put("constants", "unit", found.strip(), assumed=f"the unit is that of {header!r}")
    return True


def _region(word: str, draft: Draft) -> None:
    if read_region(word) is None:
        near = _REGIONS.advice(word)
        question = f"which region is {word!r}?" + (f" ({near})" if near else "")
        draft.put_alias("region", word, UNKNOWN, asked=question)

"""Writes docs/words.md from the tables of words: `make docs`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tonne.catalogue.words.tables import read_table
from tonne.client.answers.quality_words import DATA_QUALITY_WORDS

PAGE = Path(__file__).parents[2] / "docs" / "words.md"

_LANGUAGES = {
    "symbol": "symbols",
    "en": "English",
    "zh": "Chinese",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "UN/ECE": "codes",
    "SAP": "codes",
}

_HEAD = """\
# Words

Generated from the tables of words in `service/tonne/catalogue/shipped`. What a record says is
kept as it was written; this page tells what it is read as.

## How a text is compared

Width (full or half), accents, spaces and the signs between words never matter: `kW h`, `kW·h` and
`kWh.` are one text. Case matters only where it must: `MWh` may be `MWH` or `Mwh`, but `mwh` could
be a milliwatt-hour and is refused. Nothing that is only *near* is read: a record with
`Kubikmetr` goes to quarantine, and its message names the nearest units.

A unit may be said twice: `立方米(m³)`, `Megawattstunden [MWh]`, `ton (t)`. Two that do not
agree are refused.

Another spelling of a unit is told by the first step of the explanation: `'度' read as kWh`.
Behind a unit in which fuel is billed by its heat may stand `(Gross CV)`, `GCV`, `HHV`, `Hs`,
`Ho`, `PCS`, `高位热值`, or `(Net CV)`, `NCV`, `LHV`, `Hi`, `Hu`, `PCI`, `低位热值`.

## Units

Where the case matters, the text has a star: `MWh*` by its first letter, `GB**` in every letter.
"""

_REGIONS = """
## Regions

Ids are those of ISO 3166-1 (`GB`) and ISO 3166-2 (`CN-GD`), of grids (`US-EGRID-CAMX`,
`CN-GRID-EAST`), and those of a book's own factors. A region may also be written by

- its alpha-3 code (`GBR`), its name in English, Chinese, German, French or Spanish (`Germany`,
  `德国`, `Allemagne`), or a common alias (`UK`, `USA`, `PRC`, `Korea`);
- the name of a province or state of larger countries (`Guangdong`, `广东`, `California`); of any
  country beside the country's: `Limburg, Belgium`, `DE-Bayern`;
- an eGRID subregion (`CAMX`), or a Chinese grid (`华东电网`);
- a region of a cloud (`us-east-1`, `eastus2`, `cn-hangzhou`): the grid or country that it is in.

Case, width, accents and the signs between words do not matter. A part of a country that is
written by a name is told by the notice `REGION_READ`.

Below a province, a grid or a region of own factors any name is a place there: `US-WA-Seattle`.
Directly below a country it is not: `CN-GDD` is a mistake for `CN-GD`. Nor is one that is a letter
away from a region of own factors in the same place: `XA-North-Plnat` is a mistake where there is
`XA-North-Plant` (`Hall 2` is none for `Hall 1`, nor `Hall B` for `Hall A`). **What names no region
waits in suspense**, whatever factors there are for its country or for everywhere;
`tonne suspense list` names the nearest three. So does what could be two regions:

| written | may be |
|---|---|
"""

_QUALITIES = """
## Words of a book's own

What no table reads, a book may learn: `tonne word learn FIELD TEXT MEANING`
(`Client.add_word`, `CreateWord`), with who and why. `flights` is `travel.air.short_haul`,
`Rechenzentrum Nord` is `DE`, `Paletten` is `unit`; a text that is refused here because it
means two things may mean one in a book, like `ton` or `Georgia`. Activities and regions are
compared as above; units keep their case.

- It holds for all that comes, for the regions of facilities, and for what waits in
  suspense, which `tonne suspense clear` posts. What is in quarantine for its unit is posted
  by `tonne quarantine mend` with the rows as they are.
- The text must be one that nothing reads: so a word changes no number that is posted. A
  later entry gives the text another meaning, or none (`tonne word forget`); what was posted
  stays as it was, and the answer says how many records that are. An entry is never changed
  or removed: `tonne word list`.
- A word goes before what a table or an edition may come to say of the text later.
- An explanation tells it: `activity 'flights' read as travel.air...: word 3 of the book`.

## Ids

Ids of facilities are texts, compared byte by byte: `DC-1` and `dc-1 ` are two. Facilities
that differ by case, width, spaces or signs alone are told by `tonne facility import` and
`list`, by the notice `FACILITY_LOOKALIKE` of inventories, and in suspense by the message of
the one that is not registered. Activities, units and regions are read as this page says
however they come: by rows, Arrow, files or JSON. Lists group what they mean: an inventory
by region has one row for `UK`, `GB` and `英国`, and a selection of any of them takes all;
explanations and records keep the text.

## Activities

An activity may be written by its id, an alias or its title, in any case and with any sign between
words: `FUEL.NATURAL_GAS` and `Natural gas` are `fuel.natural_gas`. A title is told by the notice
`ACTIVITY_READ`. Anything else waits in suspense with the nearest three ids; `Lorry`, `R-410A` and
`电力` have some. `tonne activity search` finds more.

## Data quality

| quality | may be written |
|---|---|
"""

_REFUSED = """\
## Refused units

These could mean more than one thing. The record goes to quarantine, and the message names the
choices.

| written | write instead | because it may be |
|---|---|---|
"""


def write_page() -> str:
    """Text of the page: spellings by unit and language, then what is refused."""
    by_unit: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in read_table("unit_words.csv"):
        if "{}" not in row["unit"]:
            star = {"any": "", "first": "\\*", "exact": "\\*\\*"}[row["case"]]
            language = _LANGUAGES[row["language"]]
            by_unit[row["unit"]][language].append(f"`{row['spelling']}`{star}")
    names = list(dict.fromkeys(_LANGUAGES.values()))
    lines = [_HEAD, f"| unit | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for unit, found in by_unit.items():
        cells = (" ".join(found[name]) for name in names)
        lines.append(f"| `{unit}` | {' | '.join(cells)} |")
    refused: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in read_table("unit_words_refused.csv"):
        refused[row["choices"], row["reason"]].append(f"`{row['spelling']}`")
    rows = [
        f"| {' '.join(texts)} | `{choices.replace(';', '`, `')}` | {reason} |"
        for (choices, reason), texts in refused.items()
    ]
    twofold = [
        f"| `{row['spelling']}` | `{row['choices'].replace(';', '`, `')}` |"
        for row in read_table("region_words_refused.csv")
    ]
    qualities: dict[str, list[str]] = defaultdict(list)
    for word, quality in DATA_QUALITY_WORDS.items():
        qualities[quality].append(f"`{word}`")
    said = [f"| `{quality}` | {' '.join(words)} |" for quality, words in qualities.items()]
    parts = [
        "\n".join(lines),
        "\n",
        _REFUSED + "\n".join(rows),
        _REGIONS + "\n".join(twofold),
        _QUALITIES + "\n".join(said),
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")

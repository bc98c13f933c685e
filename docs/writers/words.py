"""Writes docs/words.md from the tables of words: `make docs`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tonne.catalogue.words.tables import read_table

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

Generated from the tables `unit_words.csv` and `unit_words_refused.csv` of
`service/tonne/catalogue/shipped`. What a record says is kept as it was written; this page tells
what it is read as.

## How a text is compared

Width (full or half), accents, spaces and the signs between words never matter: `kW h`, `kW·h` and
`kWh.` are one text. Case matters only where it must: `MWh` may be `MWH` or `Mwh`, but `mwh` could
be a milliwatt-hour and is refused. Nothing that is only *near* is read: a record with
`Kubikmetr` goes to quarantine, and its message names the nearest units.

Another spelling of a unit is told by the first step of the explanation: `'度' read as kWh`.
Behind a unit in which fuel is billed by its heat may stand `(Gross CV)`, `GCV`, `HHV`, `Hs`,
`Ho`, `PCS`, `高位热值`, or `(Net CV)`, `NCV`, `LHV`, `Hi`, `Hu`, `PCI`, `低位热值`.

## Units

Where the case matters, the text has a star: `MWh*` by its first letter, `GB**` in every letter.
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
    return "\n".join(lines) + "\n\n" + _REFUSED + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")

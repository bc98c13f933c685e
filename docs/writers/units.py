"""Writes docs/units.md from the unit table: `make docs`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.units import UNITS

PAGE = Path(__file__).parents[2] / "docs" / "units.md"

_HEAD = """\
# Units

Generated from `service/tonne/catalogue/words/units.py`. Units of one table convert into each
other, exactly; no others do. A unit that stands in no table may still be used where a factor of
the activity has that very unit.

Each unit may be written in other ways as well, in five languages, and some words that mean
different things to different people are refused: [words.md](words.md). `Mcf` is a thousand cubic
feet, as its trade writes it. `cal` and `kcal` are of the international table.

"Base units" is how many of the base unit are in one, exactly.
"""


def write_page() -> str:
    """Text of the page: one table per dimension, currencies in one line."""
    dimensions = defaultdict(list)
    for unit in UNITS.values():
        dimensions[unit.dimension].append(unit)
    parts = [_HEAD]
    for dimension, units in dimensions.items():
        if dimension.startswith("currency"):
            continue
        base = next(unit.symbol for unit in units if unit.factor == 1)
        parts.append(f"## {dimension.capitalize()}\n\nBase unit: `{base}`.\n")
        rows = ["| unit | base units | source |", "|---|---|---|"]
        rows += [
            f"| `{unit.symbol}` | {decimal_text(unit.factor)} | {unit.source} |" for unit in units
        ]
        parts.append("\n".join(rows) + "\n")
    codes = [unit.symbol for unit in UNITS.values() if unit.dimension.startswith("currency")]
    parts.append("## Money\n\nISO 4217 codes; each converts into itself alone.\n")
    parts.append(" ".join(f"`{code}`" for code in codes) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")

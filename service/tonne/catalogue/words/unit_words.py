"""What people write for a unit, and what could mean two things and is refused.

`shipped/unit_words.csv` has the spellings, in English, Chinese, German, French and Spanish, with
the codes of UN/ECE Recommendation 20 and the names of ENERGY STAR Portfolio Manager;
`shipped/unit_words_refused.csv` what is refused, with the choices. Width, accents, spaces and
the signs between words never matter. Case matters as the table says: `any`, `first` (the first
letter alone: `MWh` and `mWh` are two units), `exact`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from tonne.catalogue.words.folding import Nearness, plain, squeezed
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Case = Literal["any", "first", "exact"]


_BASES = ("gross", "net")
_TWICE = re.compile(r"(.+?) ?[(\[] ?(.+?) ?[)\]]")
"""A text, and another one in brackets."""


class Spelling(NamedTuple):
    """A way to write a unit; `case` says where the case of its letters matters."""

    text: str
    unit: str
    language: str
    case: Case


class Refusal(NamedTuple):
    """A text that names no one unit: the units it may stand for, and why."""

    choices: tuple[str, ...]
    reason: str


class UnitWords:
    """Reads the texts of units.

    Parameters
    ----------
    symbols : collection of str
        Symbols of all units. One that the table has no row `symbol` for takes any case.
    based : collection of str
        Symbols of the units that exist on gross and on net calorific value as well.
    """

    def __init__(self, symbols: Collection[str], based: Collection[str]) -> None:
        self.spellings = tuple(_spellings(symbols, based))
        self._by_key: dict[tuple[Case, str], str] = {}
        for each in self.spellings:
            bare = squeezed(each.text)
            self._by_key.setdefault((each.case, _cased(bare, each.case)), each.unit)
            self._by_key.setdefault(("exact", bare), each.unit)
        self.refused: Mapping[str, Refusal] = {
            _key(row["spelling"], "any"): Refusal(tuple(row["choices"].split(";")), row["reason"])
            for row in read_table("unit_words_refused.csv")
        }
        self._nearness: Nearness | None = None

    def symbol(self, text: str) -> str | None:
        """Give the symbol of the unit that a text names, or None.

        A text may say it twice: `立方米(m³)`, `Megawattstunden (MWh)`, `tons [short_ton]`.
        """
        found = self._one(text)
        twice = None if found else _TWICE.fullmatch(plain(text))
        return self._agreed(twice[1], twice[2]) if twice else found

    def _agreed(self, first: str, second: str) -> str | None:
        """Give the unit that two texts name together: both, or one of the other's choices."""
        units = self._one(first), self._one(second)
        if None not in units:
            return units[0] if units[0] == units[1] else None
        for unit, other in zip(units, (second, first), strict=True):
            refusal = self.refused.get(_key(other, "any"))
            if unit is not None and refusal is not None and unit in refusal.choices:
                return unit
        return None

    def _one(self, text: str) -> str | None:
        for case in ("exact", "first", "any"):
            found = self._by_key.get((case, _key(text, case)))
            if found is not None:
                return found
        return None

    def advice(self, text: str) -> str:
        """Say how to write a unit that was not read: its choices, or the nearest ones."""
        refusal = self.refused.get(_key(text, "any"))
        if refusal is not None:
            return f"it may be {refusal.reason}: write {_one_of(refusal.choices)}"
        if self._nearness is None:
            self._nearness = Nearness((each.text, each.unit) for each in self.spellings)
        near = self._nearness.nearest(text)
        return f"the nearest known are {', '.join(near)}" if near else ""


def _key(text: str, case: Case) -> str:
    return _cased(squeezed(text), case)


def _cased(bare: str, case: Case) -> str:
    if case == "exact":
        return bare
    lower = bare.casefold() if bare.isascii() else squeezed(bare.casefold())
    return lower if case == "any" else bare[:1] + lower[1:]


def _one_of(choices: tuple[str, ...]) -> str:
    if len(choices) == 1:
        return choices[0]
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


def _spellings(symbols: Collection[str], based: Collection[str]) -> list[Spelling]:
    rows = [
        Spelling(row["spelling"], row["unit"], row["language"], cast("Case", row["case"]))
        for row in read_table("unit_words.csv")
    ]
    patterns = [row for row in rows if "{}" in row.unit]
    plain_rows = [row for row in rows if "{}" not in row.unit]
    cased = {row.unit for row in plain_rows if row.language == "symbol" and row.text == row.unit}
    found = [
        Spelling(symbol, symbol, "symbol", "any") for symbol in symbols if symbol not in cased
    ]
    found += plain_rows
    # A symbol on a calorific basis is written like the one without.
    bare = [row for row in found if row.unit in based]
    written = {f"{symbol}_{basis}" for symbol in based for basis in _BASES}
    found = [row for row in found if row.text not in written]
    for row in bare:
        found += [
            Spelling(f"{row.text}_{basis}", f"{row.unit}_{basis}", row.language, row.case)
            for basis in _BASES
        ]
        found += [
            Spelling(
                pattern.text.format(row.text),
                pattern.unit.format(row.unit),
                pattern.language,
                row.case,
            )
            for pattern in patterns
        ]
    return found

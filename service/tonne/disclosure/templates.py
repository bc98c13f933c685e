"""Templates of disclosure tables: read from the package, and checked when they are read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {"t CO2e": 1_000, "t": 1_000, "MWh": 1_000}
"""Units in which lines are stated, and how many kg or kWh they are."""

SIDES = ("value", "numerator", "denominator")
"""What of an indicator a line can state."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a template.

    Parameters
    ----------
    ref : str
        Where the standard asks for it.
    title : str
        What it is.
    unit : str
        One of `UNITS`; of an indicator's value empty: the indicator's own.
    accounts : tuple[str, ...]
        It is the sum of these accounts and those below them, or of a gas in them.
    needed : tuple[str, ...]
        Accounts without a record of which the sum is told to be partial.
    gas : str
        Gas whose mass is stated; empty: kg CO2e.
    indicator : str
        It is a side of this indicator.
    side : str
        One of `SIDES`.
    note : str
        What a reader has to know.
    """

    ref: str
    title: str
    unit: str = ""
    accounts: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    gas: str = ""
    indicator: str = ""
    side: str = "value"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A disclosure table of one version of a standard.

    `source` says which text its lines are from; `left_out` what that text asks for besides.
    """

    id: str
    version: int
    title: str
    source: str
    lines: tuple[Line, ...]
    left_out: tuple[str, ...]


@cache
def templates() -> tuple[Template, ...]:
    """Read all templates that ship, in the order of their names.

    Raises
    ------
    ConfigInvalid
        One is not what a template is.
    """
    folder = resources.files("tonne.disclosure").joinpath("shipped")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    found = tuple(
        read_template(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names
    )
    return tuple(sorted(found, key=lambda each: each.id))


def read_template(name: str, text: str) -> Template:
    """Read a template from the text of its file. Raises `ConfigInvalid`."""
    document = tomllib.loads(text)
    lines = tuple(_line(name, each) for each in document.pop("line", []))
    if set(document) != {"id", "version", "title", "source", "left_out"} or not lines:
        raise _wrong(name, f"id, version, title, source, left_out and lines; got {[*document]}")
    return Template(
        document["id"],
        document["version"],
        document["title"],
        document["source"],
        lines,
        tuple(document["left_out"]),
    )


def _line(name: str, given: Mapping[str, Any]) -> Line:
    lists = {key: tuple(given[key]) for key in ("accounts", "needed") if key in given}
    try:
        line = Line(**{**given, **lists})
    except TypeError as error:
        raise _wrong(name, f"lines with the fields of Line ({error})") from error
    place = f"{name}, {line.ref}"
    if bool(line.accounts) == bool(line.indicator):
        raise _wrong(place, "either accounts or an indicator")
    for each in (*line.accounts, *line.needed):
        if not any(known == each or known.startswith(f"{each}.") for known in ACCOUNTS):
            raise _wrong(place, f"accounts of the chart; got {each!r}")
    needs_unit = not line.indicator or line.side != "value"
    if line.side not in SIDES or (line.unit in UNITS) != needs_unit:
        raise _wrong(place, f"a side of {SIDES}, and a unit of {[*UNITS]} but for a value")
    return line


def _wrong(place: str, expected: str) -> ConfigInvalid:
    return ConfigInvalid(f"template {place}: expected {expected}", metadata={"template": place})

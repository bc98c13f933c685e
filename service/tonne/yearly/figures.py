"""What a report is made of: sections of tables, whose numbers are exact and can be taken apart."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

SMALL = 1_000
"""Below it numbers of a column are shown with three places, from it on with one."""

NUMBER_PLACES = 6
"""Places of the rounded number that a workbook has beside an exact text."""

TEXT_PLACES = 18
"""Places with which a ratio that does not end is written where only decimals fit."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a number of an inventory is of: what `tonne explain` takes."""

    book: str
    from_period: str
    to_period: str
    accounts: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    gwp_set: str = ""
    consolidation: str = ""
    commit: int = 0

    def command(self) -> str:
        """Write the command that takes the number apart, as a shell reads it."""
        words = ["tonne", "explain", "--book", self.book]
        if self.from_period == self.to_period:
            words += ["--period", self.from_period]
        else:
            words += ["--from", self.from_period, "--to", self.to_period]
        for option, values in (
            ("--facility", self.facilities),
            ("--account", self.accounts),
            ("--gwp-set", (self.gwp_set,)),
            ("--consolidation", (self.consolidation,)),
            ("--as-of", (self.commit,)),
        ):
            # Of one word: a value that begins with a dash is still the option's.
            words += [f"{option}={value}" for value in values if value]
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number.

    `exact` is in the exact unit of its column, or in its own `unit`; `shown` is set where somebody
    else rounded it; `selection` where `tonne explain` takes it apart.
    """

    exact: Decimal | Fraction
    selection: Selection | None = None
    shown: str = ""
    unit: str | None = None

    def exact_text(self, column: Column) -> str:
        """Write all digits and the unit."""
        return f"{exact_text(self.exact)} {self.unit_in(column)}".rstrip()

    def unit_in(self, column: Column) -> str:
        """Give the unit of the exact value in a column."""
        return column.exact_unit if self.unit is None else self.unit


Cell = Figure | str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Figures are exact in `exact_unit`; people see them in `unit`, of which one is `divisor` exact
    ones.
    """

    key: str
    title: str
    unit: str = ""
    exact_unit: str = ""
    divisor: int = 1

    @property
    def has_figures(self) -> bool:
        """Whether its cells are figures."""
        return bool(self.exact_unit)


def mass(key: str, title: str) -> Column:
    """Make a column of kg CO2e that people see in tonnes."""
    return Column(key, title, "t CO2e", "kg CO2e", 1_000)


def number(key: str, title: str) -> Column:
    """Make a column of numbers whose units stand beside them."""
    return Column(key, title, "", "unit of the row")


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `total` is its last row, and `note` says how to read it."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    source: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def all_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """Its rows, and the total where there is one."""
        return self.rows if self.total is None else (*self.rows, self.total)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: sentences, charts as SVG (cards, or over the page), tables."""

    key: str
    title: str
    tables: tuple[Table, ...]
    charts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    has_cards: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """A number at the head of a report, and what it is."""

    title: str
    figure: Figure | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report of a year of a book, complete but for its form.

    `facts` are pairs of what and how, like the GWP set; `warnings` what a reader has to know
    before any number.
    """

    book: str
    name: str
    year: str
    from_period: str
    to_period: str
    stated: str
    tiles: tuple[Tile, ...]
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    tile_unit: str = "t CO2e"

    def tables(self) -> tuple[Table, ...]:
        """All tables, in their order."""
        return tuple(table for section in self.sections for table in section.tables)


@dataclass(slots=True)
class Anchors:
    """Numbers the selections of a report in the order in which they are met."""

    numbers: dict[Selection, int] = field(default_factory=dict)
    values: dict[Selection, str] = field(default_factory=dict)

    def of(self, figure: Figure, column: Column) -> int | None:
        """Give the number of a figure's selection; None where nothing explains it."""
        if figure.selection is None:
            return None
        if figure.selection not in self.numbers:
            self.numbers[figure.selection] = len(self.numbers) + 1
            self.values[figure.selection] = figure.exact_text(column)
        return self.numbers[figure.selection]


def exact_text(value: Decimal | Fraction) -> str:
    """Write a number with all its digits: a decimal, or a fraction like `1/3`."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    return rounded_text(value, max(twos, fives))


def rounded_text(value: Decimal | Fraction, places: int) -> str:
    """Round a number once, half-even, to so many places; without a sign where it is nothing."""
    scaled = round(Fraction(value) * 10**places)
    digits = f"{abs(scaled):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if scaled < 0 else text


def number_text(figure: Figure, column: Column) -> str:
    """Write the rounded number that stands beside an exact text in a workbook."""
    text = rounded_text(Fraction(figure.exact) / column.divisor, NUMBER_PLACES)
    return text.rstrip("0").rstrip(".")


def shown_texts(column: Column, cells: list[Cell]) -> list[str]:
    """Write a column for people: thousands separated, all of it with the same places."""
    sizes = [
        abs(Fraction(each.exact) / column.divisor)
        for each in cells
        if isinstance(each, Figure) and not each.shown
    ]
    places = 3 if sizes and max(sizes) < SMALL else 1
    return [_shown(each, column, places) for each in cells]


def _shown(cell: Cell, column: Column, places: int) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, str):
        return cell
    return cell.shown or shown_number(Fraction(cell.exact) / column.divisor, places)


def shown_number(value: Fraction, places: int) -> str:
    """Write a number for people; what would be shown as nothing keeps its first digit."""
    text = rounded_text(value, places)
    while value and places < TEXT_PLACES and not text.strip("-0."):
        places += 1
        text = rounded_text(value, places)
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"

"""Reads the CSV of an edition: published factors, each checked, problems named by line."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from tonne.catalogue.editions.factor import AMOUNTS, FACTOR_GWP_SETS, STAGES, Factor
from tonne.catalogue.editions.hourly_rows import HourlyRows, is_hourly
from tonne.catalogue.editions.hours import DAY_US
from tonne.catalogue.editions.problems import Problems, shown
from tonne.catalogue.editions.steps import FactorStep, read_chain
from tonne.catalogue.words import units
from tonne.catalogue.words.accounts import ACCOUNTS, account_of
from tonne.catalogue.words.gwp import gases as known_gases
from tonne.catalogue.words.method import GWP_SETS
from tonne.catalogue.words.regions import region_id
from tonne.catalogue.words.taxonomy import has_rule
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

COLUMNS = (
    "activity",
    "region",
    "unit",
    "stage",
    "valid_from",
    "valid_to",
    "kg_co2e",
    "gwp_set",
    "kg_co2",
    "kg_ch4",
    "kg_n2o",
    "co2e_ch4",
    "co2e_n2o",
    "kg_biogenic_co2",
    "gases",
    "kwh",
    "loss",
    "steps",
    "account",
    "uncertainty",
    "source",
    "table",
    "row",
    "licence",
    "evidence",
    "note",
)
"""Columns of an edition's CSV, in any order."""

REQUIRED_COLUMNS = ("activity", "unit", "valid_from")
"""Columns that every edition has; one that lacks others has nothing to say in them."""

TEXT_CHARACTERS_MAX = 1000
"""Most characters in one field."""

KEY_CHARACTERS_MAX = 200
"""Most characters in an activity, a region or a unit."""

FACTORS_MAX = 1_000_000
"""Most factors in one edition."""

_ACTIVITY = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_REGION = re.compile(r"(?:[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*)?")
_DECIMAL = re.compile(r"[+-]?(\d{1,18})(?:\.(\d{1,24}))?(?:[eE]([+-]?\d{1,2}))?")
_PLACES_MAX = 24
_WHOLE_DIGITS_MAX = 18


def parse_edition(
    content: bytes,
    day_start_us: Callable[[int], int] = lambda day: day * DAY_US,
    on_series: Callable[[str, bytes], None] = lambda *_: None,
) -> list[Factor]:
    """Read the CSV of an edition.

    Parameters
    ----------
    content : bytes
        UTF-8 (a byte order mark is fine), comma-separated, with a header of `REQUIRED_COLUMNS`
        and any other of `COLUMNS`.
    day_start_us : callable
        First instant of a day by its number, in microseconds: of the days of series of hours.
    on_series : callable
        Takes each series of hours: its SHA-256, and what is to be kept.

    Returns
    -------
    list[Factor]
        In the order of the file; those of series of hours at the end.

    Raises
    ------
    FieldInvalid
        With line, field, what was expected and what was there, up to 20 problems at once.
    """
    problems = Problems()
    factors: list[Factor] = []
    lines: dict[int, int] = {}
    hourly, row = HourlyRows(problems), 0
    for row, (line, cells) in enumerate(_rows(content, problems), start=1):
        if row > FACTORS_MAX:
            problems.add(line, "file", f"an edition holds at most {FACTORS_MAX} factors")
            break
        if is_hourly(cells):
            hourly.add(line, cells, partial(_read_day, line, problems))
            continue
        factor = _RowReader(line, cells, problems).read(row)
        if factor is not None:
            factors.append(factor)
            lines[row] = line
    for line, factor in hourly.factors(day_start_us, row + 1):
        factors.append(factor)
        lines[factor.row] = line
    _check_overlaps(factors, lines, problems)
    problems.raise_if_any()
    if not factors:
        raise FieldInvalid(
            "the edition was not imported: it has no factor below its header",
            metadata={"field": "file"},
        )
    for sha256, series in hourly.series.items():
        on_series(sha256, series)
    return factors


def _read_day(line: int, problems: Problems, cells: Mapping[str, str]) -> Factor | None:
    """Read a row of hours as one of days; it has no number of its own."""
    return _RowReader(line, cells, problems).read(0)


def read_row(row: int, cells: Mapping[str, str]) -> Factor:
    """Read one row of an edition from its cells by column; raises `FieldInvalid`."""
    problems = Problems()
    factor = _RowReader(row + 1, cells, problems).read(row)
    problems.raise_if_any()
    assert factor is not None  # noqa: S101  a row without a problem is a factor
    return factor


def _rows(content: bytes, problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, cells by column) of each row that is not blank."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FieldInvalid(
            f"the edition was not imported: line {line} is not UTF-8; save the file as UTF-8",
            metadata={"field": "file", "line": str(line)},
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                expected = f"{len(header)} fields as in the header; quote fields with commas"
                problems.add(reader.line_num, "row", f"expected {expected}; got {len(cells)}")
                continue
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise FieldInvalid(
            f"the edition was not imported: line {reader.line_num} is not CSV ({error})",
            metadata={"field": "row", "line": str(reader.line_num)},
        ) from error


def _check_header(header: list[str]) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    repeated = sorted({name for name in header if header.count(name) > 1})
    faults = [
        f"{word} {', '.join(map(repr, names))}"
        for word, names in (("lacks", missing), ("has", unknown), ("repeats", repeated))
        if names
    ]
    if faults:
        raise FieldInvalid(
            f"the edition was not imported: its header {', '.join(faults)}; the columns are "
            f"{','.join(COLUMNS)}",
            metadata={"field": "header", "line": "1"},
        )


class _RowReader:
    """Reads one row; says what is wrong and goes on."""

    def __init__(self, line: int, cells: Mapping[str, str], problems: Problems) -> None:
        self._line = line
        self._cells = {name: cell.strip() for name, cell in cells.items()}
        self._problems = problems
        self._is_good = True

    def read(self, row: int) -> Factor | None:
        for name, cell in self._cells.items():
            is_key = name in {"activity", "region", "unit"}
            size_max = KEY_CHARACTERS_MAX if is_key else TEXT_CHARACTERS_MAX
            if len(cell) > size_max or "\x00" in cell:
                self._fail(name, f"at most {size_max} characters, none of them NUL")
        activity = self._text("activity", _ACTIVITY, "words joined by '.', '_' or '-'")
        account = self._account(activity) if self._is_good else ""
        region = self._text("region", _REGION, "words joined by '-', or nothing for everywhere")
        unit = self._cell("unit")
        if not unit:
            self._fail("unit", "a unit, like 'kWh'")
        valid_from = self._day("valid_from")
        valid_to = self._day("valid_to") if self._cell("valid_to") else None
        if valid_from and valid_to and valid_to <= valid_from:
            self._fail("valid_to", f"a day after valid_from ({valid_from}), being exclusive")
        stage = self._choice("stage", STAGES)
        gwp_set = self._choice("gwp_set", FACTOR_GWP_SETS)
        amounts = {name: self._decimal(name) for name in AMOUNTS}
        gases = self._gases()
        has_masses = bool(gases) or any(value is not None for value in amounts.values())
        steps = self._steps(activity, unit, has_masses=has_masses)
        if self._is_good and not has_masses and not steps:
            self._fail("kg_co2e", "a number, or masses of gases, kwh or loss in their columns")
        for name in ("co2e_ch4", "co2e_n2o"):
            if amounts[name] is not None and gwp_set not in GWP_SETS:
                self._fail("gwp_set", f"one of {', '.join(GWP_SETS)}, because {name} is given")
        uncertainty = self._decimal("uncertainty")
        if not self._is_good or valid_from is None:
            return None
        return Factor(
            row=row,
            activity=activity,
            region=region,
            unit=unit,
            valid_from=valid_from,
            valid_to=valid_to,
            kg_co2e=amounts["kg_co2e"],
            kg_co2=amounts["kg_co2"],
            kg_ch4=amounts["kg_ch4"],
            kg_n2o=amounts["kg_n2o"],
            co2e_ch4=amounts["co2e_ch4"],
            co2e_n2o=amounts["co2e_n2o"],
            kg_biogenic_co2=amounts["kg_biogenic_co2"],
            kwh=amounts["kwh"],
            loss=amounts["loss"],
            gases=gases,
            steps=steps,
            stage=stage,
            gwp_set=gwp_set,
            account=account,
            uncertainty=uncertainty,
            cell=self._cell("row"),
            source=self._cell("source"),
            table=self._cell("table"),
            licence=self._cell("licence"),
            evidence=self._cell("evidence"),
            note=self._cell("note"),
        )

    def _cell(self, field: str) -> str:
        return self._cells.get(field, "")

    def _fail(self, field: str, expected: str) -> None:
        self._is_good = False
        self._problems.add(
            self._line, field, f"expected {expected}; got {shown(self._cell(field))}"
        )

    def _text(self, field: str, form: re.Pattern[str], expected: str) -> str:
        text = self._cell(field)
        if not form.fullmatch(text):
            self._fail(field, expected)
        return text

    def _day(self, field: str) -> dt.date | None:
        text = self._cell(field)
        try:
            # fromisoformat alone also takes 20250101 and 2025-W01-1.
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
                return dt.date.fromisoformat(text)
        except ValueError:
            pass
        self._fail(field, "a day of the calendar as YYYY-MM-DD")
        return None

    def _decimal(self, field: str) -> Decimal | None:
        text = self._cell(field)
        if not text:
            return None
        if _DECIMAL.fullmatch(text) and text.isascii():
            value = Decimal(text)
            exponent = value.as_tuple().exponent
            if (
                isinstance(exponent, int)
                and -exponent <= _PLACES_MAX
                and value.adjusted() < _WHOLE_DIGITS_MAX
            ):
                return value
        self._fail(
            field,
            f"a decimal with '.' and no other separator, at most {_WHOLE_DIGITS_MAX} digits "
            f"before and {_PLACES_MAX} after it",
        )
        return None

    def _choice(self, field: str, choices: tuple[str, ...]) -> str:
        text = self._cell(field)
        if text not in choices:
            self._fail(field, f"one of {', '.join(filter(None, choices))}, or nothing")
        return text

    def _gases(self) -> tuple[tuple[str, Decimal], ...]:
        """Read `HFC-32=0.5;HFC-125=0.5`: kg of each gas per unit."""
        masses: dict[str, Decimal] = {}
        for part in filter(None, self._cell("gases").split(";")):
            gas, _, text = part.partition("=")
            is_mass = _DECIMAL.fullmatch(text) and not text.startswith("-") and text.isascii()
            if gas not in known_gases() or gas in masses or not is_mass:
                self._fail("gases", "each gas of the GWP table once, like 'HFC-32=0.5;SF6=0.1'")
                return ()
            masses[gas] = Decimal(text)
        return tuple(sorted(masses.items()))

    def _steps(self, activity: str, unit: str, *, has_masses: bool) -> tuple[FactorStep, ...]:
        """Read `ncv=20.304 GJ/t;oxidation=0.985`, followed from the row's unit on."""
        taken = {name for name in ("kwh", "loss", "account", "stage") if self._cell(name)}
        leads_on = "." in activity and has_rule(activity)
        try:
            return read_chain(
                self._cell("steps"), unit, taken, has_masses=has_masses, leads_on=leads_on
            )
        except FieldInvalid as error:
            self._fail("steps", str(error))
            return ()

    def _account(self, activity: str) -> str:
        account = self._cell("account")
        if not account:
            if not has_rule(activity) and account_of(activity) is None:
                self._fail(
                    "account",
                    f"an account, because no posting rule is known for {shown(activity)}",
                )
        elif account not in ACCOUNTS:
            self._fail("account", "an account of the chart, or nothing to have it derived")
        return account


def _check_overlaps(factors: list[Factor], lines: Mapping[int, int], problems: Problems) -> None:
    """Refuse two factors of one activity, region, unit, stage and account on the same day."""
    groups: dict[tuple[str, ...], list[Factor]] = defaultdict(list)
    for factor in factors:
        unit = units.find(factor.unit)
        symbol = factor.unit if unit is None else unit.symbol
        region = region_id(factor.region)
        key = (factor.activity, region, symbol, factor.stage, factor.account)
        groups[key].append(factor)
    found = []
    for group in groups.values():
        group.sort(key=lambda factor: (factor.valid_from, factor.row))
        holder = group[0]
        for factor in group[1:]:
            if holder.valid_to is None or factor.valid_from < holder.valid_to:
                found.append((max(holder, factor, key=lambda each: each.row), holder, factor))
            if holder.valid_to is not None and (
                factor.valid_to is None or factor.valid_to > holder.valid_to
            ):
                holder = factor
    for later, holder, factor in sorted(found, key=lambda item: item[0].row):
        other = factor if later is holder else holder
        what = "repeats" if factor.valid_from == holder.valid_from else "overlaps"
        problems.add(
            lines[later.row],
            "valid_from",
            f"{shown(later.activity)}, region {shown(later.region)}, "
            f"unit {shown(later.unit)} from {later.valid_from} {what} "
            f"line {lines[other.row]}; end the earlier one with valid_to (exclusive), or leave "
            "one out",
        )

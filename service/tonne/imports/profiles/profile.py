"""A profile: what a file's columns mean, in frozen classes.

`docs/imports.md` describes each key; `toml` reads them from a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from tonne.client.answers.records import RECORD_FIELDS
from tonne.errors import FieldInvalid
from tonne.imports.sources.tables import FileRule
from tonne.imports.values.dates import CLOCK, read_format, read_formats
from tonne.imports.values.numbers import NumberForm
from tonne.imports.values.zones import read_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.imports.values.dates import DateFormat

START, END = "start", "end"
READ, LEAVE_OUT = "read", "leave_out"
"""What becomes of rows that a sheet hides, and of sums; nothing: the file is stopped."""

USED = "used"
"""What a profile says of quantities that look like readings of registers, and are none."""

ALIASED = ("facility", "activity", "unit", "region", "supplier", "product", "data_quality")
"""Fields whose words a table of aliases may replace."""

SHARES = ("whole", "rest")
"""How a share counts in a product: as it is, or as what is left of one."""

PLACE = re.compile(r"\{([^{}]+)\}")
"""A column whose cell stands in an activity: `ict.compute.{cloud}.idle`."""

_YEAR = re.compile(r"[12][0-9]{3}")
_INTERVAL = re.compile(r"([1-9][0-9]{0,4}) ?(s|min|h|d|mo)")
_CLOCK_UNITS = {"s": 1, "min": 60, "h": 3_600}


@dataclass(frozen=True, slots=True)
class Interval:
    """How long each reading lasts: seconds of a clock, or days or months of a calendar."""

    seconds: int = 0
    days: int = 0
    months: int = 0

    @classmethod
    def read(cls, text: str) -> Interval | None:
        """Read `15min`, `1h`, `1d` or `1mo`; None where nothing is stated.

        Raises
        ------
        FieldInvalid
            Where it is neither.
        """
        if not text:
            return None
        found = _INTERVAL.fullmatch(text.strip().lower())
        if found is None:
            raise FieldInvalid(
                f"interval: expected a length like 15min, 30min, 1h, 1d or 1mo; got {text!r}"
            )
        count, unit = int(found[1]), found[2]
        if unit == "d":
            return cls(days=count)
        if unit == "mo":
            return cls(months=count)
        return cls(seconds=count * _CLOCK_UNITS[unit])


@dataclass(frozen=True, slots=True)
class DateRule:
    """How dates and times are written, and by which clock."""

    formats: tuple[str, ...] = ()
    time_zone: str = ""
    inclusive_ends: bool = False
    interval: str = ""
    label: str = START

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        read_formats(self.formats)
        if self.time_zone:
            read_zone(self.time_zone)
        Interval.read(self.interval)
        if self.label not in {START, END}:
            raise FieldInvalid(f"label: expected start or end; got {self.label!r}")

    @property
    def read_by(self) -> tuple[DateFormat, ...]:
        """The formats, in the order in which they are tried."""
        return read_formats(self.formats)


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """Where a field stands: a column by name (the nth of that name) or by place, or several.

    `position` and `occurrence` count from 1 (0: not stated). `join` names columns whose texts are
    put together. `fill` says that a blank cell goes on with the one above, as merged cells do.
    """

    name: str = ""
    position: int = 0
    occurrence: int = 0
    join: tuple[str, ...] = ()
    separator: str = " / "
    fill: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A factor of a computed column: a column, and what of its number counts.

    `share` says that it is a share from 0 to 1, or a percentage with its sign: `whole` counts it,
    `rest` what is left of one. `start` and `stop` cut a band out of it: what lies of the number
    between the two. `blank` says that there is nothing to compute where the cell is blank.
    """

    column: str
    share: str = ""
    start: str = ""
    stop: str = ""
    blank: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no share, and a band without a width."""
        if self.share not in {"", *SHARES}:
            raise FieldInvalid(f"computed.share: expected whole or rest; got {self.share!r}")
        for name in ("start", "stop"):
            text = getattr(self, name)
            if text and not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18})?", text):
                raise FieldInvalid(f"computed.{name}: expected a decimal like '0.1'; got {text!r}")
        if self.stop and Decimal(self.stop) <= Decimal(self.start or 0):
            raise FieldInvalid(
                f"computed.stop: expected more than start, {self.start or 0}; got {self.stop!r}"
            )


@dataclass(frozen=True, slots=True)
class ComputedRule:
    """A column that is the product of others; with `where_blank`, only where that one is blank."""

    name: str
    times: tuple[Term, ...]
    where_blank: str = ""

    def __post_init__(self) -> None:
        """Refuse a product of nothing."""
        if not self.times:
            raise FieldInvalid(
                f"computed.{self.name}.times: expected the columns of a product; got none"
            )


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One or several columns that hold quantities; each cell becomes a record.

    Exactly one of `column`, `pattern` (a regular expression whose named groups are fields of the
    record) and `dates` (a date format: each header that it reads is the record's month, day or
    time of day) says which. `constants` are fields of these records. `year` is that of the first
    column where `dates` names months alone; a month that goes back begins the next year.
    """

    column: ColumnRule | None = None
    pattern: str = ""
    dates: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    year: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be searched with."""
        if self.pattern:
            try:
                groups = re.compile(self.pattern).groupindex
            except re.error as error:
                raise FieldInvalid(
                    f"pattern: expected a regular expression; got {self.pattern!r}: {error}"
                ) from error
            _check_fields("pattern", groups)
        if self.year and not (self.dates in {"mmm", "mmmm", "m月"} and _YEAR.fullmatch(self.year)):
            raise FieldInvalid(
                f"values.year: expected a year like 2025 beside dates = mmm, mmmm or m月; got "
                f"{self.year!r} beside {self.dates!r}"
            )
        if self.dates:
            read_format(self.date_word)
        if bool(self.column) + bool(self.pattern) + bool(self.dates) != 1:
            raise FieldInvalid("values: expected one of column, pattern and dates in each table")

    @property
    def date_word(self) -> str:
        """The format of the headers, with the year that stands behind them."""
        return f"{self.dates} yyyy" if self.year else self.dates

    @property
    def is_clock(self) -> bool:
        """Whether the headers are times of a day that stands in another column."""
        return bool(self.dates) and read_format(self.date_word).kind == CLOCK


@dataclass(frozen=True, slots=True)
class LeaveOutRule:
    """Rows that are no records: `matches` is a regular expression, `equals` folds case.

    They are looked for in a column, or in that of which a field is made, whichever it is; else in
    all columns.
    """

    column: ColumnRule | None = None
    field: str = ""
    equals: tuple[str, ...] = ()
    matches: str = ""
    blank: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be searched with, and what would leave out everything."""
        if not (self.equals or self.matches or self.blank):
            raise FieldInvalid("leave_out: expected equals, matches or blank = true in each table")
        if self.column and self.field:
            raise FieldInvalid(
                f"leave_out: expected a column or a field; got both, {_column_text(self.column)} "
                f"and {self.field!r}"
            )
        try:
            re.compile(self.matches)
        except re.error as error:
            raise FieldInvalid(
                f"leave_out: expected a regular expression; got {self.matches!r}: {error}"
            ) from error

    @property
    def reason(self) -> str:
        """Say why a row was left out."""
        where = _column_text(self.column) if self.column else self.field or "some column"
        if self.blank:
            return f"{where} is blank"
        if self.equals:
            return f"{where} is {' or '.join(map(repr, self.equals))}"
        return f"{where} matches {self.matches!r}"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a file's columns mean.

    `is_plain` says that the file has the columns of records already, and the profile only says
    how its texts are written.
    """

    name: str = ""
    description: str = ""
    is_plain: bool = False
    file: FileRule = field(default_factory=FileRule)
    numbers: NumberForm = field(default_factory=NumberForm)
    dates: DateRule = field(default_factory=DateRule)
    readings: str = ""
    """Where quantities are readings of registers: `start` or `end`, the column of their times."""

    registers: Mapping[str, object] = field(default_factory=dict)
    """What else is known of the registers, as `register_rules` reads it."""

    computed: tuple[ComputedRule, ...] = ()
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: tuple[ValueRule, ...] = ()
    leave_out: tuple[LeaveOutRule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse fields that no record has, and fields that are stated twice."""
        _check_fields("columns", self.columns)
        _check_fields("constants", self.constants)
        for rule in self.values:
            _check_fields("values", rule.constants)
        wrong = [name for name in self.aliases if name not in ALIASED]
        if wrong:
            raise FieldInvalid(
                f"aliases: expected tables for {', '.join(ALIASED)}; got {wrong[0]!r}"
            )
        filled = [name for name, rule in self.columns.items() if rule.fill]
        wrong = [name for name in filled if name in {"quantity", "record_id"}]
        if wrong:
            raise FieldInvalid(
                f"columns.{wrong[0]}: fill = true would make one {wrong[0]} out of another; leave "
                "it out: what is blank there is nothing"
            )
        twice = sorted(self.columns.keys() & self.constants.keys())
        if twice:
            raise FieldInvalid(
                f"{twice[0]}: stands under columns and under constants; take one of them out"
            )
        if self.values and "quantity" in self.columns:
            raise FieldInvalid(
                "quantity: stands under columns and under values; take one of them out"
            )
        self._check_readings()

    def _check_readings(self) -> None:
        """Refuse readings whose times are not those of a column."""
        if self.readings not in {"", USED, START, END}:
            raise FieldInvalid(
                f"registers.readings: expected start or end, the column with the times of the "
                f"readings, or used; got {self.readings!r}"
            )
        if self.registers and not self.has_readings:
            raise FieldInvalid(
                f"registers: expected readings = start or end beside {min(self.registers)}, the "
                f"column with the times of the readings; got {self.readings or 'none'!r}"
            )
        is_single = len({START, END} & {*self.columns, *self.constants}) == 1
        if self.has_readings and is_single and self.readings != self.dates.label:
            raise FieldInvalid(
                f"registers.readings: expected {self.dates.label!r}, the side at which the one "
                f"column of times stands (dates.label); got {self.readings!r}"
            )

    @property
    def has_readings(self) -> bool:
        """Whether quantities are readings of registers."""
        return self.readings in {START, END}


def _check_fields(where: str, names: Mapping[str, object]) -> None:
    wrong = [name for name in names if name not in RECORD_FIELDS]
    if wrong:
        raise FieldInvalid(
            f"{where}: {wrong[0]!r} is no field of a record; the fields are "
            f"{', '.join(RECORD_FIELDS)}"
        )


def _column_text(rule: ColumnRule) -> str:
    if rule.join:
        return f"columns {', '.join(map(repr, rule.join))}"
    if rule.position:
        return f"column {rule.position}"
    nth = f" ({rule.occurrence} of that name)" if rule.occurrence > 1 else ""
    return f"column {rule.name!r}{nth}"


describe_column = _column_text

PLAIN = Profile(is_plain=True)
"""The profile of a file that has the columns of records."""

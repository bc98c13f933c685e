"""From a table's chunks to frames of records, as a profile says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.client.answers.records import (
    DATA_QUALITIES,
    RECORD_FIELDS,
    REQUIRED_FIELDS,
)
from tonne.errors import FieldInvalid
from tonne.imports.profiles.columns import (
    Text,
    ValueColumn,
    find_searched,
    find_text,
    find_values,
    unused_columns,
)
from tonne.imports.profiles.computing import filled_in, with_computed
from tonne.imports.profiles.periods import Periods, Side
from tonne.imports.profiles.profile import END, PLACE, START, ColumnRule, Interval
from tonne.imports.profiles.report import Report
from tonne.imports.profiles.screening import Screening
from tonne.imports.sources.tables import ROW, folded
from tonne.imports.values.faults import REMARK as FAULT_REMARK
from tonne.imports.values.faults import find_faults, is_fault
from tonne.imports.values.numbers import is_misread, read_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.imports.profiles.profile import LeaveOutRule, Profile
    from tonne.imports.sources.tables import Table

_UNREAD_BY_OTHERS = (START, END, "quantity", "data_quality", "attributes")
"""Fields of which a text that is none of theirs goes to quarantine by itself."""

VALUE = "_value"
"""The column that numbers the value columns of a row."""

BLANK_ROW = "the row is blank"
BLANK_CELL = "the cell is blank"
FILLED = "a blank cell goes on with the one above, as the profile says"
NO_ZONE = "times without a time zone; they are taken as UTC: say whose clock it is by --time-zone"


class Mapper:
    """Maps one table; raises at once where its header does not have what the profile names.

    Raises
    ------
    FieldInvalid
        Where a column is missing or stands twice, or a required field comes from nowhere.
    """

    def __init__(
        self, profile: Profile, table: Table, book_zone: Callable[[], str] | None = None
    ) -> None:
        table, sources = with_computed(profile, table)
        self._profile, self._table = profile, table
        self.report = Report(table.place)
        self._periods = Periods(profile.dates, table.place, self.report, book_zone)
        rules = _plain_columns(table, profile) if profile.is_plain else dict(profile.columns)
        self._texts = {name: find_text(table, rule, name) for name, rule in rules.items()}
        used = [key for text in self._texts.values() for key in text.keys]
        values = self._find_values(used)
        # Products go up and down together: that they add up says nothing of their row.
        names = {rule.name for rule in profile.computed}
        written = [value for value in values if value.header not in names]
        self._screening = Screening(profile, table, self._texts, written, self.report)
        self._values = self._screening.shown(values)
        self._leave_out = [
            (rule, find_searched(table, rule, self._texts)) for rule in profile.leave_out
        ]
        used += [key for _, text in self._leave_out if text for key in text.keys]
        used += [value.key for value in self._values]
        self._places = {
            name: find_text(table, ColumnRule(name), "values.activity")
            for value in self._values
            for name in PLACE.findall(value.constants.get("activity", ""))
        }
        used += [*sources, *(key for text in self._places.values() for key in text.keys)]
        self.report.unused = unused_columns(table, used)
        filled = [name for name, rule in rules.items() if rule.fill]
        self._filled = {key: "" for name in filled for key in self._texts[name].keys}
        self._check_required()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Map the table, chunk by chunk.

        Raises
        ------
        FieldInvalid
            Where a text would mean another number or date as it stands than by the profile.
        """
        for chunk in self._table.rows():
            self.report.row_count += chunk.height
            frame = self._map(chunk)
            self.report.record_count += frame.height
            if frame.height:
                yield frame

    def _find_values(self, used: list[str]) -> list[ValueColumn]:
        if "quantity" in self._texts:
            text = self._texts["quantity"]
            return [ValueColumn(text.keys[0], text.headers[0])]
        return find_values(self._table, self._profile.values, used)

    def _check_required(self) -> None:
        values = self._values
        known = {*self._texts, *self._profile.constants, *(["quantity"] if values else [])}
        known |= {
            name
            for name in RECORD_FIELDS
            if values and all(name in value.constants for value in values)
        }
        if values and all(value.first for value in values):
            known |= {START}
            known |= {END} if all(value.step for value in values) else set()
        if self._periods.has_end(known & {START, END}):
            known |= {START, END}
        missing = [name for name in REQUIRED_FIELDS if name not in known]
        if missing:
            raise FieldInvalid(
                f"{self._table.place}: no column and no constant gives {', '.join(missing)}; name "
                "a column for it under [columns], or a word by --constant FIELD=WORD"
                + ("; a length under interval in [dates] gives the end" if END in missing else ""),
                metadata={"fields": ",".join(missing)},
            )

    def _map(self, chunk: pl.DataFrame) -> pl.DataFrame:
        chunk = self._without_blank(chunk)
        for rule, text in self._leave_out:
            chunk = self._without(chunk, rule, text)
        chunk = self._fill(self._screening.rows(chunk))
        if "unread" not in self._texts:
            chunk = self._with_faults(chunk)
        records = self._spread(chunk)
        rows = records[ROW]
        records = records.with_columns(self._words(records))
        columns = {name: records[name] for name in RECORD_FIELDS if name in records.columns}
        columns["quantity"] = self._quantities(columns["quantity"], rows)

        def series() -> pl.Series:
            names = [columns[name] for name in ("facility", "activity", "unit") if name in columns]
            names.append(records[VALUE].cast(pl.String))
            return pl.select(pl.concat_str(names, separator="\0", ignore_nulls=True)).to_series()

        self._put_periods(columns, records, series)
        if "evidence" not in columns and (self._table.sheet or not self._profile.is_plain):
            columns["evidence"] = self._evidence(records)
            self.report.makes_evidence = True
        self._remark_zone(columns, rows)
        return pl.DataFrame(
            [columns[name].alias(name) for name in RECORD_FIELDS if name in columns]
        )

    def _without_blank(self, chunk: pl.DataFrame) -> pl.DataFrame:
        blank = pl.repeat(value=True, n=chunk.height, eager=True)
        for name in chunk.columns:
            if name != ROW:
                text = chunk[name]
                blank &= text.is_null() | (text.str.strip_chars() == "").fill_null(value=False)
            if not blank.any():
                return chunk
        self.report.leave_out(BLANK_ROW, chunk[ROW].filter(blank))
        return chunk.filter(~blank)

    def _without(
        self, chunk: pl.DataFrame, rule: LeaveOutRule, where: Text | None
    ) -> pl.DataFrame:
        keys = where.keys if where else [name for name in chunk.columns if name != ROW]
        tests = []
        for key in keys:
            text = pl.col(key).fill_null("").str.strip_chars()
            if rule.blank:
                tests.append(text == "")
            if rule.equals:
                tests.append(text.str.to_lowercase().is_in([each.lower() for each in rule.equals]))
            if rule.matches:
                tests.append(text.str.contains(rule.matches))
        out = chunk.select(pl.any_horizontal(tests)).to_series()
        self.report.leave_out(rule.reason, chunk[ROW].filter(out))
        return chunk.filter(~out)

    def _fill(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """Go on with the cell above where one is blank, from one chunk to the next."""
        for key, last in self._filled.items():
            texts = chunk[key].str.strip_chars().replace("", None)
            self.report.remark(FILLED, chunk[ROW].filter(texts.is_null()))
            texts = texts.fill_null(strategy="forward").fill_null(last)
            if texts.len():
                self._filled[key] = texts[-1]
            chunk = chunk.with_columns(texts.alias(key))
        return chunk

    def _with_faults(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """Add what stands for no value in columns of texts: nobody may take it for one."""
        texts = {
            f"{name} ({number + 1})" if number else name: chunk[key]
            for name, text in self._texts.items()
            if name not in _UNREAD_BY_OTHERS
            for number, key in enumerate(text.keys)
        }
        unread = find_faults(pl.DataFrame(texts), list(texts)) if texts else None
        if unread is None:
            return chunk
        self.report.remark(FAULT_REMARK, chunk[ROW].filter(unread.is_not_null()))
        return chunk.with_columns(unread)

    def _spread(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """Make a row for each cell of a value column, in the order of the table."""
        fields = [
            text.expression().alias(name)
            for name, text in self._texts.items()
            if name != "quantity"
        ]
        fields += [pl.lit(word).alias(name) for name, word in self._profile.constants.items()]
        fields += [pl.col("unread")] if "unread" in chunk.columns else []
        values = self._values
        names = sorted({name for value in values for name in value.constants})
        base = chunk.select(
            pl.col(ROW), *(each for each in fields if each.meta.output_name() not in names)
        )
        place = pl.int_range(chunk.height * len(values), dtype=pl.Int64, eager=True)
        row, number = place // len(values), place % len(values)
        cells = pl.concat([chunk[value.key].alias("quantity") for value in values])
        own = [
            pl.Series(name, [value.constants.get(name) for value in values], pl.String).gather(
                number
            )
            for name in names
        ]
        if self._places:
            words = [
                filled_in(value.constants.get("activity", ""), chunk, self._places)
                for value in values
            ]
            own = [each for each in own if each.name != "activity"]
            own.append(pl.concat(words).gather(number * chunk.height + row))
        records = base[row].with_columns(
            *own,
            cells.gather(number * chunk.height + row),
            number.cast(pl.UInt32).alias(VALUE),
        )
        if len(values) == 1:
            return records
        blank = records["quantity"].fill_null("").str.strip_chars() == ""
        self.report.leave_out(BLANK_CELL, records[ROW].filter(self._is_told(records, blank)))
        return records.filter(~blank)

    def _is_told(self, records: pl.DataFrame, blank: pl.Series) -> pl.Series:
        """Tell which blank cells are reported: a computed one only where its row has no record."""
        if not self._profile.computed:
            return blank
        names = {rule.name for rule in self._profile.computed}
        is_computed = pl.Series([value.header in names for value in self._values])
        rows = records.select(ROW, blank.alias("blank"))
        empty = rows.select(pl.col("blank").all().over(ROW)).to_series()
        first = records[VALUE] == 0
        return blank & (~is_computed[records[VALUE].cast(pl.Int64)] | (empty & first))

    def _words(self, records: pl.DataFrame) -> list[pl.Expr]:
        """Replace words by those that the profile gives for them; others stay as written."""
        if self._profile.is_plain:
            return []
        found = []
        for name in records.columns:
            is_written = name in self._texts and name not in {START, END, "quantity"}
            if not is_written:
                continue
            text = pl.col(name).str.strip_chars()
            aliases = self._profile.aliases.get(name, {})
            table = {folded(key): word for key, word in aliases.items()}
            if name == "data_quality":
                table = {**{word: word for word in DATA_QUALITIES if word}, **table}
            if table:
                key = text.str.replace_all(r"\s+", " ").str.to_lowercase()
                text = key.replace_strict(
                    list(table), list(table.values()), default=text, return_dtype=pl.String
                )
            found.append(text.alias(name))
        return found

    def _quantities(self, texts: pl.Series, rows: pl.Series) -> pl.Series:
        faults = is_fault(texts)
        self.report.remark(FAULT_REMARK, rows.filter(faults))
        if self._profile.numbers.is_plain:
            return texts
        plain = read_numbers(texts, self._profile.numbers)
        if plain.null_count() == texts.null_count():
            return plain
        wrong = is_misread(texts, plain).fill_null(value=False)
        if wrong.any():
            row = wrong.arg_true()[0]
            form = self._profile.numbers
            groups = ", ".join(map(repr, form.grouping)) or "nothing"
            raise FieldInvalid(
                f"{self._table.place}, row {rows[row]}, quantity: {texts[row]!r} is no number "
                f"with the decimal mark {form.decimal!r} and groups of three parted by {groups}; "
                "it would be another number as it stands: say what its marks mean with --decimal "
                "and --grouping, or correct the row",
                metadata={"row": str(rows[row]), "field": "quantity"},
            )
        unread = plain.is_null() & (texts.str.strip_chars() != "").fill_null(value=False)
        self.report.unread("quantity: no number of the stated form", texts, unread, rows)
        return plain.zip_with(plain.is_not_null(), texts)

    def _put_periods(
        self, columns: dict[str, pl.Series], records: pl.DataFrame, series: Callable[[], pl.Series]
    ) -> None:
        rows = records[ROW]
        values = self._values
        if any(value.first for value in values):
            sides = self._header_sides(records)
            self._periods.resolve(sides, columns, series, rows)
            return
        texts = {name: columns[name] for name in (START, END) if name in columns}
        offset = None
        if any(value.offset is not None for value in values):
            offsets = pl.Series([value.offset for value in values], dtype=pl.Duration("us"))
            offset = offsets[records[VALUE].cast(pl.Int64)]
        self._periods.read(texts, series, rows, offset)
        columns.update(texts)

    def _header_sides(self, records: pl.DataFrame) -> tuple[Side, Side]:
        """Take the periods that the headers name."""
        interval = Interval.read(self._profile.dates.interval)
        steps = []
        for value in self._values:
            step = value.step or "0s"
            if interval and not (value.step and interval.seconds):
                step = f"{interval.months}mo{interval.days}d{interval.seconds}s"
            steps.append(step)
        frame = pl.DataFrame(
            {
                "text": [value.header for value in self._values],
                "start": [value.first for value in self._values],
                "step": steps,
                "is_day": [bool(value.step) for value in self._values],
            },
            schema_overrides={"text": pl.String, "start": pl.Datetime("us")},
        )
        frame = frame.with_columns(end=pl.col("start").dt.offset_by(pl.col("step")))
        frame = frame[records[VALUE].cast(pl.Int64)]
        none = pl.lit(None, pl.Datetime("us", "UTC")).alias("instant")
        start, end = (
            Side(name, frame["text"], frame.select(pl.col(name).alias("local"), none, "is_day"))
            for name in (START, END)
        )
        return start, end

    def _evidence(self, records: pl.DataFrame) -> pl.Series:
        sheet = f"{self._table.sheet}!" if self._table.sheet else ""
        place = f"{self._table.file}#{sheet}row "
        if len(self._values) == 1:
            return records.select(pl.lit(place) + pl.col(ROW).cast(pl.String)).to_series()
        headers = pl.Series([value.header for value in self._values])
        return records.select(
            pl.lit(place)
            + pl.col(ROW).cast(pl.String)
            + pl.lit(", column ")
            + headers[records[VALUE].cast(pl.Int64)]
        ).to_series()

    def _remark_zone(self, columns: dict[str, pl.Series], rows: pl.Series) -> None:
        kind = columns[START].dtype
        if isinstance(kind, pl.Datetime) and kind.time_zone is None:
            self.report.remark(NO_ZONE, rows)


def _plain_columns(table: Table, profile: Profile) -> dict[str, ColumnRule]:
    """Take the columns of a file that has those of records already."""
    names = [name for name in table.header if name]
    known = {*names, *profile.constants}
    missing = [name for name in REQUIRED_FIELDS if name not in known]
    unknown = [name for name in names if name not in RECORD_FIELDS]
    if missing or unknown:
        raise header_error(table.place, missing, unknown)
    return {name: ColumnRule(name) for name in names if name not in profile.constants}


def header_error(place: str, missing: list[str], unknown: list[str]) -> FieldInvalid:
    """Say that a header is not one of records, and which command maps it."""
    found = [f"without {', '.join(missing)}"] if missing else []
    found += [f"with {', '.join(map(repr, unknown))}, no field of a record"] if unknown else []
    return FieldInvalid(
        f"{place}: expected the columns {', '.join(RECORD_FIELDS)} (required: "
        f"{', '.join(REQUIRED_FIELDS)}); the file is {' and '.join(found)}; "
        "`tonne import --guess FILE` writes a profile that maps a file's own columns",
        metadata={"file": place},
    )

"""Rows that may be no records: hidden ones, sums of others, the header once more.

Whoever looks at a sheet sees neither a hidden row nor takes the row `Total` for a site. Counted
without a word, both make a wrong number; left out without a word, too. So a file that has them is
stopped until the profile, or an option, says what becomes of them.
"""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.profiles.profile import END, LEAVE_OUT, READ, START
from tonne.imports.profiles.report import Rows
from tonne.imports.sources.tables import ROW, column_key
from tonne.imports.values.faults import TEXT_TYPES, find_faults
from tonne.imports.values.numbers import read_numbers
from tonne.imports.values.totals import is_total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonne.imports.profiles.columns import Text, ValueColumn
    from tonne.imports.profiles.profile import Profile
    from tonne.imports.profiles.report import Report
    from tonne.imports.sources.tables import Table
    from tonne.imports.values.numbers import NumberForm

SUMMED_ROWS_MAX = 5_000
"""Rows from the beginning in which sums are looked for that no word marks."""

SUMMED_CELLS_MAX = 500_000
"""Cells of amounts in which sums are looked for that no word marks."""

_SUMMANDS_MIN = {1: 3, 2: 2}
"""Fewest rows of amounts above a row that count as its summands, by columns of amounts."""

_UNLABELLED = ("supplier", "product", "data_quality", "unit", "region", "evidence", "attributes")
"""Fields whose words never mark a row of sums: `Total` is a supplier, too."""

_READ_AS_NAMES = (
    *("record_id", "facility", "activity", "unit", "region", "supplier", "product", "evidence"),
)
"""Fields in which any text is a name."""

_HIDDEN_ROW = "the row is hidden in the sheet"
_HEADER_AGAIN = "the header stands again"
_SUM = "the row is a sum of others by its words"
_SUMS = "each quantity of the row is the sum of those in the rows above"
_EQUALS_SUM = "the quantity is the sum of those in the rows above; if it is a total, leave it out"


class Screening:
    """Looks over the rows of one table, chunk by chunk, before they become records."""

    def __init__(
        self,
        profile: Profile,
        table: Table,
        texts: Mapping[str, Text],
        values: Sequence[ValueColumn],
        report: Report,
    ) -> None:
        self._profile, self._table, self._report = profile, table, report
        self._values = [value.key for value in values]
        own = {name: text for name, text in texts.items() if name != "quantity"}
        self._header = self._names(own)
        self._dates = [key for name in (START, END) if name in own for key in own[name].keys]
        labels = [name for name in own if name not in _UNLABELLED]
        self._labels = [key for name in labels for key in own[name].keys]
        used = {*self._values, *(key for text in own.values() for key in text.keys)}
        self._others = [
            key for key in map(column_key, range(len(table.header))) if key not in used
        ]
        self._has_facilities = "facility" in own
        self._is_first = True
        report.notes += table.notes

    def _names(self, own: Mapping[str, Text]) -> dict[str, list[str]]:
        """Take the columns in which a header is seen to stand again, with its spellings."""
        if not self._table.header_row:
            return {}
        keys = [*self._values[:1], *(text.keys[0] for text in own.values())]
        places = {column_key(index): name for index, name in enumerate(self._table.header)}
        return {
            key: [name, name.lower(), name.upper(), name.title()]
            for key in keys
            if (name := places[key])
        }

    def shown(self, values: list[ValueColumn]) -> list[ValueColumn]:
        """Take the columns of quantities that count: hidden ones as the profile says.

        Raises
        ------
        FieldInvalid
            Where a pattern finds a hidden one, and nobody has said what becomes of it.
        """
        hidden = {column_key(index) for index in self._table.hidden_columns}
        found = [value for value in values if value.key in hidden and value.is_found]
        rule = self._profile.file.hidden
        if not found or rule == READ:
            return values
        names = ", ".join(repr(value.header) for value in found[:8])
        if rule == LEAVE_OUT:
            self._report.notes.append(f"the hidden columns {names} are left out")
            return [value for value in values if value not in found]
        raise FieldInvalid(
            f"{self._table.place}: the columns {names} are hidden in the sheet and hold "
            f"quantities: {_advice('hidden')}",
            metadata={"file": self._table.file, "columns": names},
        )

    def rows(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """Take the rows of a chunk that are records.

        Raises
        ------
        FieldInvalid
            Where rows are hidden, or look like sums, and nobody has said what becomes of them.
        """
        chunk = self._without_header(chunk)
        chunk = self._without_hidden(chunk)
        chunk = self._without_totals(chunk)
        if self._is_first:
            self._is_first = False
            chunk = self._without_sums(chunk)
        return chunk

    def _without_header(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """Leave out the header where it stands again; that of another table stops the file."""
        if not self._header or not chunk.height:
            return chunk
        matching = chunk.select(
            pl.sum_horizontal(pl.col(key).is_in(names) for key, names in self._header.items())
        ).to_series()
        again = matching == len(self._header)
        # Half of the names, and two of them: so many are no coincidence.
        other = (matching >= max(2, len(self._header) / 2)) & ~again
        if other.any():
            row = int(other.arg_true()[0])
            found = [str(chunk[key][row]) for key in self._header]
            raise FieldInvalid(
                f"{self._table.place}, row {chunk[ROW][row]}: {', '.join(map(repr, found))} looks "
                "like the header of another table: what stands below it may be of other units or "
                "columns; put each table into a file or a sheet of its own",
                metadata={"file": self._table.file, "row": str(chunk[ROW][row])},
            )
        if not again.any():
            return chunk
        self._report.leave_out(_HEADER_AGAIN, chunk[ROW].filter(again))
        return chunk.filter(~again)

    def _without_hidden(self, chunk: pl.DataFrame) -> pl.DataFrame:
        rule = self._profile.file.hidden
        if rule == READ or not self._table.hidden_rows:
            return chunk
        hidden = is_hidden(self._table, chunk[ROW])
        if not hidden.any():
            return chunk
        if rule == LEAVE_OUT:
            self._report.leave_out(_HIDDEN_ROW, chunk[ROW].filter(hidden))
            return chunk.filter(~hidden)
        found = Rows()
        found.add(chunk[ROW].filter(hidden))
        by = " by a filter" if self._table.is_filtered else ""
        raise FieldInvalid(
            f"{self._table.place}: {found.count:,} of its rows ({found}) are hidden{by} in the "
            f"sheet and hold values: {_advice('hidden')}",
            metadata={"file": self._table.file, "rows": str(found)},
        )

    def _without_totals(self, chunk: pl.DataFrame) -> pl.DataFrame:
        rule = self._profile.file.totals
        if rule == READ or not chunk.height:
            return chunk
        total, label = self._marked(chunk)
        if not total.any():
            return chunk
        if rule == LEAVE_OUT:
            self._report.leave_out(_SUM, chunk[ROW].filter(total))
            return chunk.filter(~total)
        # What lacks a date or an amount is no record: the server says so.
        whole = chunk.select(
            pl.any_horizontal(pl.col(self._values).str.contains("[0-9]").fill_null(value=False))
            & pl.all_horizontal(
                pl.lit(value=True), *((pl.col(key).str.len_bytes() > 0) for key in self._dates)
            ).fill_null(value=False)
        ).to_series()
        total &= whole
        if not total.any():
            return chunk
        found = Rows()
        found.add(chunk[ROW].filter(total))
        raise FieldInvalid(
            f"{self._table.place}, {found}: {label.filter(total)[0]!r} looks like a sum of other "
            f"rows, and would count beside them: {_advice('totals')}; or name the rows under "
            "[[leave_out]] in the profile",
            metadata={"file": self._table.file, "rows": str(found)},
        )

    def _marked(self, chunk: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        """Tell which rows have a word for a sum, and that word.

        All columns are looked at in a row that lacks what its fields are made of, and where no
        column names facilities: then the word stands in a column of which no field is made.
        """
        total = pl.repeat(value=False, n=chunk.height, eager=True)
        label = pl.repeat("", chunk.height, eager=True)
        for key in self._labels:
            found = is_total(chunk[key])
            label = label.zip_with(~found, chunk[key])
            total |= found
        gaps = chunk.select(
            pl.any_horizontal(
                pl.lit(not self._has_facilities),
                *(pl.col(key).fill_null("") == "" for key in self._labels),
            )
        ).to_series()
        if gaps.any():
            for key in self._others:
                found = is_total(chunk[key]) & gaps
                label = label.zip_with(~found, chunk[key])
                total |= found
        return total, label

    def _without_sums(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """Find rows whose amounts are the sums of those above, though no word says so."""
        rule = self._profile.file.totals
        if rule == READ or self._profile.has_readings or not self._values:
            return chunk
        first = chunk.head(min(SUMMED_ROWS_MAX, SUMMED_CELLS_MAX // len(self._values)))
        places = sum_rows(first.select(self._values), self._profile.numbers)
        if not places:
            return chunk
        rows = first[ROW].gather(places)
        if len(self._values) == 1:
            self._report.remark(_EQUALS_SUM, rows)
            return chunk
        if rule == LEAVE_OUT:
            self._report.leave_out(_SUMS, rows)
            return chunk.filter(~pl.col(ROW).is_in(rows.implode()))
        found = Rows()
        found.add(rows)
        raise FieldInvalid(
            f"{self._table.place}, {found}: each quantity is the sum of those in the rows above, "
            f"and would count beside them: {_advice('totals')}",
            metadata={"file": self._table.file, "rows": str(found)},
        )


def is_hidden(table: Table, rows: pl.Series) -> pl.Series:
    """Tell which rows, by their numbers, the sheet hides."""
    if not table.hidden_rows or not rows.len():
        return pl.repeat(value=False, n=rows.len(), eager=True)
    ranges = pl.DataFrame(
        table.hidden_rows, schema={"first": pl.Int64, "last": pl.Int64}, orient="row"
    ).sort("first")
    numbers = rows.cast(pl.Int64)
    before = ranges["first"].search_sorted(numbers, side="right").cast(pl.Int64) - 1
    return (before >= 0) & (ranges["last"].gather(before.clip(0)) >= numbers)


def check_plain(records: pl.DataFrame, place: str, row_count: int) -> pl.DataFrame:
    """Look over records that no profile maps; `row_count` rows stand before them.

    What stands for no value in a field of text goes into `unread`.

    Raises
    ------
    FieldInvalid
        Where a record looks like the sum of others.
    """
    total = pl.repeat(value=False, n=records.height, eager=True)
    for name in ("facility", "activity"):
        if records[name].dtype in TEXT_TYPES:
            total |= is_total(records[name])
    if total.any():
        dates = [name for name in (START, END) if records[name].dtype == pl.String]
        for name in dates:
            total &= (records[name].str.len_bytes() > 0).fill_null(value=False)
    if total.any():
        row = total.arg_true()[0]
        words = [records[name][row] for name in ("facility", "activity")]
        raise FieldInvalid(
            f"{place}, record {row_count + row + 1}: {' / '.join(map(str, words))!r} looks like a "
            f"sum of other rows, and would count beside them: {_advice('totals')}",
            metadata={"file": place, "record": str(row_count + row + 1)},
        )
    if "unread" in records.columns and records["unread"].null_count() < records.height:
        return records  # whoever wrote it has looked
    unread = find_faults(records, _READ_AS_NAMES)
    return records if unread is None else records.with_columns(unread)


def sum_rows(cells: pl.DataFrame, form: NumberForm) -> list[int]:
    """List the rows that are in every column the sum of those above, from the last such row on.

    `cells` are texts, and what is no number of the form counts as nothing.
    """
    columns = cells.get_columns()
    if not columns or not cells.height:
        return []
    whole = read_numbers(pl.concat([column.alias("") for column in columns]), form).to_list()
    found: list[int] = []
    sums = [Decimal()] * len(columns)
    count = 0
    many = len(columns) > 1
    for row in range(cells.height):
        amounts = list(map(_number, whole[row :: cells.height]))
        matching = sum(bool(amount) for amount in amounts)
        is_sum = count >= _SUMMANDS_MIN[1 + many] and matching >= 1 + many
        if is_sum and amounts == sums:
            found.append(row)
            sums, count = [Decimal()] * len(columns), 0
            continue
        sums = [_EXACT.add(total, amount) for total, amount in zip(sums, amounts, strict=True)]
        count += bool(matching)
    return found


def _number(text: str | None) -> Decimal:
    try:
        found = Decimal(text or 0)
    except InvalidOperation:
        return Decimal()
    return found if found.is_finite() and abs(found.adjusted()) < _EXACT.prec // 2 else Decimal()


_EXACT = Context(prec=200)
"""Adds without rounding what has fewer digits than half of it."""


def _advice(name: str) -> str:
    return (
        f'where they are records, say {name} = "read" under [file] in the profile, or --{name} '
        f'read; where not, {name} = "leave_out", or --{name} leave-out'
    )

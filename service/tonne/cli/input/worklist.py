"""Quarantine and suspense as worklists: a file of their rows, mended, read back as records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.client.answers.records import RECORD_FIELDS, REQUIRED_FIELDS
from tonne.errors import FieldInvalid
from tonne.imports.profiles.plain_times import PlainTimes
from tonne.text.visible import read_csv_cell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACE = ("channel", "offset")
"""Columns that say which record a row mends."""

TOLD = ("status", "field", "message")
"""Columns of the listing that are there for people."""


def read_mends(
    path: Path, book_zone: Callable[[], str] | None, tell: Callable[[str], None]
) -> dict[str, tuple[list[int], pl.DataFrame]]:
    """Read a mended worklist; times without a zone are of `book_zone`, which `tell` is told.

    Returns
    -------
    dict of str to tuple
        By channel: offsets, ascending and each once, and the records that stand there.

    Raises
    ------
    FieldInvalid
        The file has no such columns, a row has no offset, or two rows have one place.
    """
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _wrong(path, str(error).split("\n", 1)[0]) from error
    missing = [name for name in (*PLACE, *REQUIRED_FIELDS) if name not in rows.columns]
    unknown = [name for name in rows.columns if name not in (*PLACE, *TOLD, *RECORD_FIELDS)]
    if missing or unknown:
        raise _wrong(path, f"missing are {missing or 'none'}, unknown are {unknown or 'none'}")
    offsets = rows["offset"].cast(pl.Int64, strict=False)
    bad = (offsets.is_null() | (offsets < 0) | rows["channel"].is_null()).arg_true()
    if bad.len():
        raise _wrong(path, f"row {bad[0] + 2} has no channel, or no offset that is a number")
    rows = rows.with_columns(offsets).sort(PLACE, maintain_order=True)
    twice = rows.filter(pl.struct(PLACE).is_duplicated())
    if twice.height:
        first = twice.row(0, named=True)
        place = f"offset {first['offset']} of channel {first['channel']!r}"
        raise _wrong(path, f"two rows mend {place}")
    fields = [name for name in rows.columns if name in RECORD_FIELDS]
    rows = rows.with_columns(_uncelled(rows[name]) for name in fields)
    if book_zone:
        times = PlainTimes(str(path), book_zone)
        rows = times.read(rows, 1)  # the names stand in the first one
        for line in times.report.lines():
            tell(line)
    return {
        channel: (part["offset"].to_list(), part.select(fields))
        for (channel,), part in rows.group_by("channel", maintain_order=True)
    }


def _uncelled(column: pl.Series) -> pl.Series:
    """Take off what the listing puts before texts that a spreadsheet would take for formulas."""
    if not column.str.starts_with("'").any():
        return column
    texts = [None if text is None else read_csv_cell(text) for text in column]
    return pl.Series(column.name, texts, dtype=pl.String)


def _wrong(path: Path, found: str) -> FieldInvalid:
    return FieldInvalid(
        f"{path}: expected the CSV that `tonne quarantine list --format csv` or `tonne suspense "
        f"export` writes, with the columns {', '.join(PLACE)} and those of a record; {found}",
        metadata={"file": str(path)},
    )

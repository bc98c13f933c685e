"""Workbooks: each sheet a table, read by a process with limits of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.sources.binary_marks import COMPOUND_MAGIC
from tonne.imports.sources.delimited import read_delimited, read_head
from tonne.imports.sources.tables import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.imports.sources.tables import FileRule, HeaderRule, Table

WORKBOOKS = ("xlsx", "xlsm", "xlsb", "xls", "ods")
"""Formats of workbooks."""

UNPACKED_BYTES_MAX = 1 << 30
"""What the parts of a workbook may take unpacked."""

MEMORY_BYTES_MAX = 3 << 30
"""What the process that reads a workbook may take; a million rows of ten columns take less."""

TIME_S_MAX = 300
"""Seconds of a processor that it may take."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet as the process has written it, and what the workbook says of it."""

    name: str
    file: Path
    hidden: str
    """How it is hidden; empty: it is shown."""

    is_written: bool
    hidden_rows: tuple[tuple[int, int], ...]
    hidden_columns: tuple[int, ...]
    is_filtered: bool


_HEAD_BYTES = 512
SHOWN_BYTES = 40

_COLUMNS_MAX = 16_384
"""Columns of a sheet; files state hidden ones to the end of it and beyond."""

_PROGRAM = Path(__file__).with_name("workbook_process.py")


@contextmanager
def open_workbook(path: Path, name: str, rule: FileRule, needed: Sequence[str]) -> Iterator[Table]:
    """Open the table of a workbook: the sheet that is stated, or that alone has the header.

    `needed` are names by which a sheet's header is recognized where none is stated.

    Raises
    ------
    FieldInvalid
        Where it is no workbook, takes too much, or several sheets come into question.
    """
    _check_packed(path, name)
    with tempfile.TemporaryDirectory(prefix="tonne-") as folder:
        sheets = _unpack(path, name, Path(folder), rule.sheet)
        chosen = _chosen(sheets, name, rule, needed)
        yield _table(sheets, chosen, name, rule.header)


def sheet_heads(path: Path, name: str) -> dict[str, list[list[str]]]:
    """Read the first rows of each sheet.

    Raises
    ------
    FieldInvalid
        Where it is no workbook, or takes too much.
    """
    _check_packed(path, name)
    with tempfile.TemporaryDirectory(prefix="tonne-") as folder:
        sheets = _unpack(path, name, Path(folder), "")
        return {
            sheet.name: read_head(sheet.file, f"{name}, sheet {sheet.name!r}", ",")
            for sheet in sheets
            if sheet.is_written
        }


def _check_packed(path: Path, name: str) -> None:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.startswith((b"PK", COMPOUND_MAGIC, b"\x09")):
        raise _unreadable(name, _other_kind(head))
    if not zipfile.is_zipfile(path):
        return  # the old format of Excel is not packed
    try:
        with zipfile.ZipFile(path) as parts:
            size_bytes = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _unreadable(name, str(error)) from error
    if size_bytes > UNPACKED_BYTES_MAX:
        raise _unreadable(
            name,
            f"unpacked it takes {size_bytes:,} bytes, and at most {UNPACKED_BYTES_MAX:,} "
            "are read: save the sheet as CSV",
        )


def _other_kind(head: bytes) -> str:
    """Say what a file is that is named like a workbook, as many exports are."""
    shown = head[:SHOWN_BYTES].decode("utf-8", "replace")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return f"it begins with {shown!r}, a page or XML: open it and save it as .xlsx"
    if head and b"\0" not in head:
        return (
            f"it begins with {shown!r}, a text: add --file-format csv, or tsv where tabs part its "
            "columns"
        )
    return f"it begins with {shown!r}" if head else "it is empty"


def _unpack(path: Path, name: str, folder: Path, sheet: str) -> list[_Sheet]:
    command = [sys.executable, "-I", str(_PROGRAM), str(path.resolve()), str(folder)]
    command += [str(MEMORY_BYTES_MAX), str(TIME_S_MAX), sheet]
    done = subprocess.run(  # noqa: S603  # our own program; the path is an argument
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode < 0 or "memory" in done.stderr.lower():
        raise _unreadable(
            name,
            f"reading it takes more than {MEMORY_BYTES_MAX >> 30} GiB or {TIME_S_MAX} s: save "
            "the sheet as CSV",
        )
    if done.returncode:
        # The reader's panic stands above, with a trace of its own.
        raise _unreadable(name, done.stderr.strip().rsplit("\n", 1)[-1])
    return [
        _Sheet(
            given["name"],
            folder / f"{number}.csv",
            given["hidden"],
            given["is_written"],
            tuple((first + 1, last + 1) for first, last in given["hidden_rows"]),
            tuple(
                column
                for first, last in given["hidden_columns"]
                for column in range(first, min(last, _COLUMNS_MAX) + 1)
            ),
            given["is_filtered"],
        )
        for number, given in enumerate(json.loads(done.stdout))
    ]


def _chosen(sheets: Sequence[_Sheet], name: str, rule: FileRule, needed: Sequence[str]) -> _Sheet:
    written = [sheet for sheet in sheets if sheet.is_written]
    if rule.sheet:
        if not written:
            raise FieldInvalid(
                f"{name}: expected a sheet {rule.sheet!r}; the sheets are {_listed(sheets)}: name "
                "one with --sheet",
                metadata={"file": name},
            )
        return next((sheet for sheet in written if sheet.name == rule.sheet), written[0])
    if len(written) == 1:
        return written[0]
    wanted = {folded(each) for each in needed or rule.header.columns}
    fitting = [
        sheet
        for sheet in written
        if wanted
        and any(
            wanted <= {folded(cell) for cell in row} for row in read_head(sheet.file, name, ",")
        )
    ]
    if len(fitting) == 1:
        return fitting[0]
    found_text = f"{len(fitting)} of them fit" if fitting else "none has the header"
    raise FieldInvalid(
        f"{name}: the workbook has the sheets {_listed(sheets)}, and {found_text}: name one with "
        "--sheet",
        metadata={"file": name},
    )


def _table(sheets: Sequence[_Sheet], chosen: _Sheet, name: str, rule: HeaderRule) -> Table:
    if not chosen.file.stat().st_size:
        raise FieldInvalid(f"{name}, sheet {chosen.name!r}: expected rows; the sheet is empty")
    table = read_delimited(chosen.file, name, ",", rule, sheet=chosen.name)
    others = [sheet for sheet in sheets if sheet is not chosen]
    notes = [f"the sheet is {chosen.hidden} in the workbook"] if chosen.hidden else []
    notes += [f"not read: {_listed(others)}"] if others else []
    return replace(
        table,
        hidden_rows=chosen.hidden_rows,
        hidden_columns=chosen.hidden_columns,
        is_filtered=chosen.is_filtered,
        notes=notes,
    )


def _listed(sheets: Sequence[_Sheet]) -> str:
    return ", ".join(
        f"{sheet.name!r} ({sheet.hidden})" if sheet.hidden else repr(sheet.name)
        for sheet in sheets
    )


def _unreadable(name: str, found: str) -> FieldInvalid:
    return FieldInvalid(
        f"{name}: expected a readable workbook; {found or 'it is broken'}",
        metadata={"file": name},
    )

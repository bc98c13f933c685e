"""Files of records, read in pieces: a file may be larger than memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from tonne.cli.input.ipc_stream import read_ipc_stream
from tonne.cli.input.json_lines import read_json_lines
from tonne.client.answers.records import RECORD_FIELDS, REQUIRED_FIELDS
from tonne.client.wire.frames import with_dictionaries
from tonne.errors import FieldInvalid
from tonne.imports.profiles.mapping import header_error
from tonne.imports.profiles.plain_times import PlainTimes
from tonne.imports.profiles.screening import check_plain
from tonne.imports.sources.delimited import delimiter_error, likely_delimiter
from tonne.imports.sources.text_faults import find_fault, has_old_line_ends
from tonne.imports.sources.texts import (
    STANDARD_INPUT,
    marked_encoding,
    refuse_wide_text,
    unreadable_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tonne.imports.profiles.report import Report

CHUNK_RECORDS = 50_000
"""Records of a file that are read at a time."""

ARROW_FILE_MAGIC = b"ARROW1"

Piece: TypeAlias = pl.DataFrame
"""What a reader yields: a frame of records."""


def read_files(
    paths: Iterable[Path],
    book_zone: Callable[[], str] | None = None,
    reports: list[Report] | None = None,
) -> Iterator[pl.DataFrame]:
    """Read the records of files, one after the other, as one sequence.

    `book_zone` gives the time zone of times without one; `reports` takes what is told of a file.

    Raises
    ------
    FieldInvalid
        A suffix without a reader, a header that lacks a required column or has one that no
        record has, or a file that cannot be read as what its suffix says.
    """
    for path in paths:
        reader = _reader(path)
        times = PlainTimes(str(path), book_zone) if book_zone else None
        if times and reports is not None:
            reports.append(times.report)
        record_count = 0
        try:
            for written in reader(path):
                piece = times.read(written, record_count) if times else written
                # Few texts are names of many records: each is looked at once.
                coded = with_dictionaries(piece, piece.height)
                yield check_plain(coded, str(path), record_count)
                record_count += piece.height
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(path, error) from error


def is_plain(path: Path) -> bool:
    """Tell whether a file is read here as it is; others are read as tables."""
    suffix = path.suffix.lower()
    if str(path) == STANDARD_INPUT or suffix not in _READERS:
        return False
    if suffix != ".csv":
        return True
    return marked_encoding(path) in {None, "utf-8-sig"} and not (
        path.is_file() and has_old_line_ends(path)
    )


def count_records(paths: Iterable[Path]) -> int | None:
    """Count the records of files where that takes no more than a look; else None."""
    total = 0
    for path in paths:
        try:
            scan = _SCANS.get(path.suffix.lower())
            if scan is None:
                return None
            total += scan(path).select(pl.len()).collect(engine="streaming").item()
        except (pl.exceptions.PolarsError, OSError):
            return None  # reading it will say what is wrong
    return total


def check_file(path: Path) -> None:
    """Look at the beginning of a file before anything is sent.

    Raises
    ------
    FieldInvalid
        A suffix without a reader, or a header that is not one of records.
    """
    _reader(path)
    scan = _SCANS.get(path.suffix.lower())
    if scan is None:
        return  # its header comes record by record, or batch by batch
    try:
        _check_columns(path, scan(path).collect_schema().names())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error


def _scan_csv(path: Path) -> pl.LazyFrame:
    # Every column as text: a quantity keeps its digits, a bad date stays alone.
    return pl.scan_csv(path, infer_schema=False)


_SCANS: Mapping[str, Callable[[Path], pl.LazyFrame]] = {
    ".csv": _scan_csv,
    ".parquet": pl.scan_parquet,
}


def _read_scan(path: Path) -> Iterator[pl.DataFrame]:
    frame = _SCANS[path.suffix.lower()](path)
    _check_columns(path, frame.collect_schema().names())
    yield from frame.collect_batches(chunk_size=CHUNK_RECORDS, maintain_order=True)


def _read_csv(path: Path) -> Iterator[pl.DataFrame]:
    for piece in _read_scan(path):
        is_blank = piece["facility"].null_count() > 0  # of some line, perhaps
        yield piece.filter(~pl.all_horizontal(pl.all().is_null())) if is_blank else piece


def _read_arrow(path: Path) -> Iterator[pl.DataFrame]:
    with path.open("rb") as file:
        is_file = file.read(len(ARROW_FILE_MAGIC)) == ARROW_FILE_MAGIC
    if not is_file:
        for piece in read_ipc_stream(path):
            _check_columns(path, piece.columns)
            yield piece
        return
    frame = pl.scan_ipc(path)
    _check_columns(path, frame.collect_schema().names())
    yield from frame.collect_batches(chunk_size=CHUNK_RECORDS, maintain_order=True)


_READERS: Mapping[str, Callable[[Path], Iterator[pl.DataFrame]]] = {
    ".csv": _read_csv,
    ".parquet": _read_scan,
    ".arrow": _read_arrow,
    ".arrows": _read_arrow,
    ".ipc": _read_arrow,
    ".feather": _read_arrow,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}


def _reader(path: Path) -> Callable[[Path], Iterator[pl.DataFrame]]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise FieldInvalid(
            f"{path}: expected a file that ends in {', '.join(_READERS)}; got {path.suffix!r}",
            metadata={"file": str(path)},
        )
    return reader


def _check_columns(path: Path, names: list[str]) -> None:
    missing = [name for name in REQUIRED_FIELDS if name not in names]
    unknown = [name for name in names if name not in RECORD_FIELDS]
    if not (missing or unknown):
        return
    refuse_wide_text(str(path), names)
    other = likely_delimiter(names[0], ",") if len(names) == 1 else None
    if other:
        raise delimiter_error(str(path), names[0], other)
    raise header_error(str(path), missing, unknown)


def _unreadable(path: Path, error: Exception) -> FieldInvalid:
    is_text = path.suffix.lower() == ".csv"
    undecodable = unreadable_text(path) if is_text and path.is_file() else None
    if undecodable:
        return undecodable
    fault = find_fault(path, ",") if is_text and path.is_file() else None
    found = f"line {fault.line}: {fault.text}" if fault else _first_line(error)
    return FieldInvalid(
        f"{path}: expected a readable {path.suffix} file; {found}",
        metadata={"file": str(path)},
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__

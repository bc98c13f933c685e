"""Where a delimited text is none: the row, and what to do about it. Polars tells neither."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAMPLE_BYTES = 64 << 10
SHOWN_CHARS = 60

_LONE_RETURN = re.compile(r"\r(?!\n)")


def has_old_line_ends(path: Path) -> bool:
    """Whether rows end in a carriage return alone, as old programs of the Macintosh wrote them."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    return b"\r" in sample and b"\n" not in sample


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be read: its number, the line on which it begins, what is wrong."""

    row: int
    line: int
    text: str


def find_fault(path: Path, delimiter: str, header_row: int = 1) -> Fault | None:
    """Find the first row that cannot be read."""
    width = 0
    suspect: Fault | None = None
    raw: list[str] = []

    def kept(lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            raw.append(line)
            yield line

    number, begin = 0, 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(kept(lines), delimiter=delimiter, strict=True)
            for number, row in enumerate(rows, 1):
                text = "".join(raw)
                raw.clear()
                width = len(row) if number == header_row else width
                if number > header_row and len(row) > width:
                    found = f"expected {width} fields, as many as the header has; got {len(row)}"
                    return Fault(number, begin, f"{found}: quote what holds a {delimiter!r}")
                wrong = None if suspect else _suspect(row, text)
                suspect = Fault(number, begin, wrong) if wrong else suspect
                begin = rows.line_num + 1
    except csv.Error:
        shown = "".join(raw)[:SHOWN_CHARS].split("\n")[0]
        return Fault(
            number + 1,
            begin,
            "a quote is opened here and not closed, or text stands behind one that is closed: "
            f"{shown!r}; a quote inside of a field is written twice",
        )
    except UnicodeDecodeError:
        return None
    return suspect


def _suspect(row: list[str], text: str) -> str | None:
    """Tell what is lawful here and read by others as the beginning of a quoted field."""
    if _LONE_RETURN.search(text):
        return "a carriage return alone stands within the row, or ends it: end all rows alike"
    found = next((cell for cell in row if '"' in cell), None)
    if found is not None and '""' not in text:
        written = found.replace('"', '""')
        return (
            f"a quote stands inside of a field: {found[:SHOWN_CHARS]!r}; write it twice, and the "
            f'field in quotes: "{written[:SHOWN_CHARS]}"'
        )
    return None

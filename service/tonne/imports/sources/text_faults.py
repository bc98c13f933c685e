"""Where a delimited text is none: the row, and what to do about it. Polars tells neither."""

from __future__ import annotations

import csv
import re
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


def find_fault(path: Path, delimiter: str, header_row: int = 1) -> tuple[int, str] | None:
    """Find the first row that cannot be read: its number, and what is wrong with it."""
    width = 0
    suspect: tuple[int, str] | None = None
    raw: list[str] = []

    def kept(lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            raw.append(line)
            yield line

    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(
                csv.reader(kept(lines), delimiter=delimiter, strict=True), 1
            ):
                text = "".join(raw)
                raw.clear()
                width = len(row) if number == header_row else width
                if number > header_row and len(row) > width:
                    return number, (
                        f"expected {width} fields, as many as the header has; got {len(row)}: "
                        f"quote what holds a {delimiter!r}"
                    )
                suspect = suspect or _suspect(number, row, text)
    except csv.Error:
        shown = "".join(raw)[:SHOWN_CHARS].split("\n")[0]
        return number + 1, (
            "a quote is opened here and not closed, or text stands behind one that is closed: "
            f"{shown!r}; a quote inside of a field is written twice"
        )
    except UnicodeDecodeError:
        return None
    return suspect


def _suspect(number: int, row: list[str], text: str) -> tuple[int, str] | None:
    """Tell what is lawful here and read by others as the beginning of a quoted field."""
    if _LONE_RETURN.search(text):
        return number, (
            "a carriage return alone stands within the row, or ends it: end all rows alike"
        )
    found = next((cell for cell in row if '"' in cell), None)
    if found is not None and '""' not in text:
        written = found.replace('"', '""')
        return number, (
            f"a quote stands inside of a field: {found[:SHOWN_CHARS]!r}; write it twice, and the "
            f'field in quotes: "{written[:SHOWN_CHARS]}"'
        )
    return None

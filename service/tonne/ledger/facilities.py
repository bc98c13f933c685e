"""Reads a register of facilities from CSV. Pure, and light enough for the command line."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

from tonne.errors import FieldInvalid
from tonne.model import FACILITY_TYPES, Facility

COLUMNS = (
    "id",
    "display_name",
    "type",
    "region",
    "entity",
    "ownership",
    "valid_from",
    "valid_to",
)
"""Columns of a register; `id` must be there, the others may be, in any order."""

ID_BYTES_MAX = 256
"""Longest facility id, as in a record."""

TEXT_CHARACTERS_MAX = 1000
"""Most characters of another field."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_facilities(content: bytes) -> list[Facility]:
    """Read facilities from CSV.

    Parameters
    ----------
    content : bytes
        UTF-8 (a byte order mark is fine), comma-separated, the header names the columns.

    Returns
    -------
    list of Facility
        In the order of the file, ids distinct.

    Raises
    ------
    FieldInvalid
        With the first line and field that is wrong, what was expected and what was there.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _invalid(line, "file", "UTF-8", "other bytes") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    facilities: list[Facility] = []
    lines: dict[str, int] = {}
    try:
        header = _header([name.strip() for name in next(reader, [])])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise _invalid(
                    reader.line_num, "row", f"{len(header)} fields", f"{len(cells)} fields"
                )
            facility = check_facility(
                Facility(**dict(zip(header, map(str.strip, cells), strict=True))),
                f"line {reader.line_num}",
            )
            if facility.id in lines:
                raise _invalid(
                    reader.line_num,
                    "id",
                    f"an id not used in line {lines[facility.id]}",
                    repr(facility.id),
                )
            lines[facility.id] = reader.line_num
            facilities.append(facility)
    except csv.Error as error:
        raise _invalid(reader.line_num, "row", "comma-separated values", str(error)) from error
    if not facilities:
        raise _invalid(1, "file", "at least one facility below the header", "none")
    return facilities


def check_facility(facility: Facility, place: str) -> Facility:
    """Return a facility whose fields are right, else raise `FieldInvalid` naming `place`."""
    if not 0 < len(facility.id.encode()) <= ID_BYTES_MAX:
        raise _invalid(place, "id", f"1 to {ID_BYTES_MAX} bytes", repr(facility.id))
    if facility.type not in FACILITY_TYPES:
        known = ", ".join(FACILITY_TYPES[1:])
        raise _invalid(place, "type", f"one of {known}, or nothing", repr(facility.type))
    for name in COLUMNS[1:]:
        if len(getattr(facility, name)) > TEXT_CHARACTERS_MAX:
            raise _invalid(place, name, f"at most {TEXT_CHARACTERS_MAX} characters", "more")
    for name in ("valid_from", "valid_to"):
        day = getattr(facility, name)
        if day and not _is_day(day):
            raise _invalid(place, name, "a day as YYYY-MM-DD, or nothing", repr(day))
    if facility.valid_from and facility.valid_to and facility.valid_to <= facility.valid_from:
        raise _invalid(
            place,
            "valid_to",
            f"a day after valid_from ({facility.valid_from})",
            repr(facility.valid_to),
        )
    return facility


def _header(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in COLUMNS]
    if "id" not in names or unknown or len(set(names)) != len(names):
        raise _invalid(
            1, "header", f"id and any of {', '.join(COLUMNS[1:])}, each once", ",".join(names)
        )
    return names


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _invalid(place: int | str, field: str, expected: str, got: str) -> FieldInvalid:
    where = f"line {place}" if isinstance(place, int) else place
    return FieldInvalid(
        f"facilities: {where}, {field}: expected {expected}; got {got}",
        metadata={"place": where, "field": field},
    )

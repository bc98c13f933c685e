"""Days: texts YYYY-MM-DD in the program, `google.type.Date` on the wire."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.type.date_pb2 import Date

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
M = TypeVar("M")

FAULTS_TOLD_MAX: Final = 20
"""Most rows of an import that one error names."""

_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def read_day(message: Any, field: str) -> str:
    """Read a day as YYYY-MM-DD; empty where there is none."""
    if not message.HasField(field):
        return ""
    day = getattr(message, field)
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


def day_message(day: str, place: str, field: str) -> Date | None:
    """Make the message of a day; None of an empty text.

    Raises
    ------
    FieldInvalid
        It is no day of the calendar; named are the place of its row, and the field.
    """
    if not day:
        return None
    found = _DAY.fullmatch(day)
    try:
        if found is None:
            raise ValueError(day)  # noqa: TRY301  told below, as what the calendar lacks
        read = dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise FieldInvalid(
            f"{place}, {field}: expected a day as YYYY-MM-DD, or nothing; got {day!r}",
            metadata={"place": place, "field": field, "value": day},
        ) from None
    return Date(year=read.year, month=read.month, day=read.day)


def row_messages(field: str, rows: Iterable[T], make: Callable[[T, str], M]) -> list[M]:
    """Make the messages of an import, each with its place, like `facilities[3]`.

    Raises
    ------
    FieldInvalid
        Of all bad rows, up to `FAULTS_TOLD_MAX`; then nothing was sent.
    """
    made, faults = [], []
    for index, row in enumerate(rows):
        try:
            made.append(make(row, f"{field}[{index}]"))
        except FieldInvalid as fault:
            faults.append(fault)
    if not faults:
        return made
    told = "; ".join(fault.message for fault in faults[:FAULTS_TOLD_MAX])
    more = len(faults) - FAULTS_TOLD_MAX
    rest = f"; and {more} more" if more > 0 else ""
    raise FieldInvalid(
        f"{field}: {told}{rest}; nothing was imported: {len(faults)} of {len(faults) + len(made)} "
        "rows are wrong",
        metadata={**faults[0].metadata, "count": str(len(faults))},
    )

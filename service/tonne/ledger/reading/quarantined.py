"""Records in quarantine, as far as they could be read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.ledger.statuses import field_name, status_message
from tonne.model import RecordField, RowStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from tonne.store.rows import FileRow

_UNIT_STATUSES = (RowStatus.UNIT_MUST_BE_KNOWN, RowStatus.UNIT_MUST_FIT_ACTIVITY)


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record in quarantine, as far as it could be read; what could not is empty.

    `start` and `end` are UTC, None where they are missing or no calendar has them; `raw` holds the
    record's own bytes where it came as a message.
    """

    source: str
    offset: int
    status: RowStatus
    field: RecordField
    message: str
    record_id: str
    facility: str
    activity: str
    quantity: str
    unit: str
    start: dt.datetime | None
    end: dt.datetime | None
    region: str
    evidence: str
    unread: str
    raw: bytes


def source_of(channel: str) -> str:
    """Read the name of a source as it stands in files."""
    return channel if channel.startswith(REQUEST_PREFIX) else f"channels/{channel}"


def _units_of(status: RowStatus, activity: str) -> str:
    """Name the units that an activity takes, where a record had a wrong one."""
    known = taxonomy.find(taxonomy.read(activity) or activity)
    if known is None or status not in _UNIT_STATUSES:
        return ""
    return f"; {activity} takes {', '.join(known.units)} and units that convert into them"


def quarantined_records(file: FileRow, frame: pl.DataFrame) -> Iterator[QuarantinedRecord]:
    """Read the records of a quarantine file."""
    del file
    for row in frame.iter_rows(named=True):
        status, field = RowStatus(row["status"]), RecordField(row["field"])
        texts = {
            name: row[name] or ""
            for name in ("record_id", "facility", "activity", "quantity", "unit", "region")
        }
        # Files of before these columns do not have them.
        texts["evidence"], texts["unread"] = row.get("evidence") or "", row.get("unread") or ""
        told = {**texts, **{name: _time_text(row[name]) for name in ("start", "end")}}
        yield QuarantinedRecord(
            source=source_of(row["channel"]),
            offset=row["offset"],
            status=status,
            field=field,
            message=status_message(status, field, told.get(field_name(field)))
            + _units_of(status, texts["activity"]),
            start=_time(row["start"]),
            end=_time(row["end"]),
            raw=row["raw"] or b"",
            **texts,
        )


def _time(time_us: int | None) -> dt.datetime | None:
    """Read microseconds as a moment; None where no calendar reaches."""
    if time_us is None:
        return None
    try:
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=time_us)
    except OverflowError:
        return None


def _time_text(time_us: int | None) -> str | None:
    """Write microseconds as ISO 8601, or plainly where no calendar reaches; None of none."""
    if time_us is None:
        return None
    time = _time(time_us)
    return str(time_us) if time is None else time.isoformat().replace("+00:00", "Z")

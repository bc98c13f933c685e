"""Records in quarantine, as far as they could be read, and how many break which rule."""

from __future__ import annotations

import datetime as dt
import functools
import re
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.catalogue.words import taxonomy
from tonne.ledger.as_of import find_point
from tonne.ledger.budget import SEGMENT_ROW_BYTES
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.ledger.posting.suspense import SuspenseTexts
from tonne.ledger.reading.past.rules import PastRules
from tonne.ledger.statuses import field_name, status_message
from tonne.model import RecordField, RowStatus, check_id
from tonne.quantities import atto_of
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.ledger.as_of import AsOf
    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point
    from tonne.store.rows import FileRow

UNITS_MAX: Final = 100
"""Most units of a cause whose quantities are summed: what is refused may have any text there."""

CAUSES_BYTES: Final = 1 << 20
"""Memory of the causes: there is one for each rule and field, with its units."""

VALUED_MAX: Final = 10_000
"""Records of a call that are valued: each is looked up by itself."""

VALUED_SPAN_MAX: Final = dt.timedelta(days=3_653)
"""Records of a longer time are refused for that, too."""

_FILES_BATCH: Final = 256
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,18})?")

_ITS_WORTH_IS_KNOWN = (
    RowStatus.PERIOD_MUST_BE_OPEN,
    RowStatus.UNIT_MUST_BE_KNOWN,
    RowStatus.UNIT_MUST_FIT_ACTIVITY,
)
"""Rules whose breach leaves all else of a record readable, and right as far as rules go."""

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


@dataclass(slots=True)
class RefusedCount:
    """Records in quarantine that break one rule in one field.

    `message` is what the first of them is told, `commit_time` when it came. `quantities_atto` are
    sums by unit, times 10^18; `unread_count` records have a quantity that is no number, or a unit
    beyond `UNITS_MAX`. `kg_co2e` is what `valued_count` of them would post to the total, were they
    accepted as they are.
    """

    status: RowStatus
    at_fault: RecordField
    message: str
    commit_time: dt.datetime
    record_count: int = 0
    unread_count: int = 0
    quantities_atto: dict[str, int] = field(default_factory=dict)
    valued_count: int = 0
    kg_co2e: Fraction = field(default_factory=Fraction)

    def add_worth(self, kg_co2e: Fraction) -> None:
        """Count the worth of a record."""
        self.valued_count += 1
        self.kg_co2e += kg_co2e

    def add(self, quantity: str, unit: str) -> None:
        """Count a record."""
        self.record_count += 1
        sums = self.quantities_atto
        if not _NUMBER.fullmatch(quantity) or (unit not in sums and len(sums) >= UNITS_MAX):
            self.unread_count += 1
            return
        sums[unit] = sums.get(unit, 0) + atto_of(Decimal(quantity))


class QuarantineCauses:
    """Counts which rules records in quarantine break. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    reads : Budget
        Memory of the calls that read: a call holds that of one file and of its answer.
    """

    def __init__(
        self, manifest: Manifest, reader: FileReader, states: BookStates, reads: Budget
    ) -> None:
        self._manifest = manifest
        self._reader = reader
        self._states = states
        self._past = PastRules(manifest, states)
        self._reads = reads

    def count(self, book: str, as_of: AsOf | None = None) -> tuple[list[RefusedCount], Point]:
        """Go through the quarantine of a book, as it is or was: most records first.

        Raises NameInvalid, BookUnknown, FileCorrupt; FieldInvalid where there is no such moment.
        """
        point = find_point(self._manifest, check_id("book", book), as_of)
        last = None if as_of is None else point.number
        valuer = _Valuer(lambda: self._texts(book, None if last is None else point))
        found: dict[tuple[RowStatus, RecordField], RefusedCount] = {}
        after_seq = 0
        with self._reads.holding(CAUSES_BYTES) as hold:
            while files := self._manifest.quarantine_files(book, after_seq, _FILES_BATCH):
                for file in files:
                    check_wanted()
                    if last is not None and file.seq > last:
                        continue
                    with hold.more(file.row_count * SEGMENT_ROW_BYTES):
                        self._add(file, last, found, valuer)
                after_seq = files[-1].seq
        causes = sorted(found.values(), key=lambda each: (-each.record_count, each.commit_time))
        return causes, point

    def _texts(self, book: str, past: Point | None) -> SuspenseTexts:
        return SuspenseTexts(self._states.refresh(book) if past is None else self._past.at(past))

    def _add(
        self,
        file: FileRow,
        last: int | None,
        found: dict[tuple[RowStatus, RecordField], RefusedCount],
        valuer: _Valuer,
    ) -> None:
        with polars_errors(file.path):
            frame = self._reader.open(file).frame()
            refused = without_mended(self._manifest, file.book, last, frame)
        worth_of = valuer.of(refused)
        for each in quarantined_records(file, refused):
            key = each.status, each.field
            if key not in found:
                found[key] = RefusedCount(*key, each.message, file.create_time)
            found[key].add(each.quantity, each.unit)
            if (kg_co2e := worth_of(each)) is not None:
                found[key].add_worth(kg_co2e)


class _Valuer:
    """Values records that would be posted, were they accepted as they are; so many of them.

    The rules of the book are read for the first of these.
    """

    def __init__(self, texts_of: Callable[[], SuspenseTexts]) -> None:
        self._texts = functools.cache(texts_of)
        self._left = VALUED_MAX

    def of(self, refused: pl.DataFrame) -> Callable[[QuarantinedRecord], Fraction | None]:
        """Say what records of a file would post to the total; None: it is not known."""
        worth_of = functools.cache(lambda: self._texts().unit_worths_of(refused))

        def kg_co2e(record: QuarantinedRecord) -> Fraction | None:
            if not (self._left and _is_whole(record)):
                return None
            self._left -= 1
            row = {
                name: getattr(record, name)
                for name in ("facility", "activity", "unit", "region", "start", "end")
            }
            unit = worth_of()(row)
            return None if unit is None else unit * Fraction(record.quantity)

        return kg_co2e


def _is_whole(record: QuarantinedRecord) -> bool:
    """Whether all that a worth rests on was read, and breaks no rule but perhaps that of units."""
    start, end = record.start, record.end
    return (
        record.status in _ITS_WORTH_IS_KNOWN
        and not record.unread
        and bool(_NUMBER.fullmatch(record.quantity))
        and start is not None
        and end is not None
        and dt.timedelta(0) < end - start <= VALUED_SPAN_MAX
    )


def without_mended(
    manifest: Manifest, book: str, last: int | None, refused: pl.DataFrame
) -> pl.DataFrame:
    """Leave out the records in quarantine that others stand for, or did by a number."""
    sources = refused["channel"].cast(pl.String).unique().to_list()
    if not (mended := manifest.mended(book, sources, last)):
        return refused
    key = {"channel": pl.String, "offset": pl.Int64}
    places = pl.DataFrame(sorted(mended), schema=key, orient="row")
    return refused.cast({"channel": pl.String}).join(places, on=list(key), how="anti")

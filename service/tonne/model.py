"""The words of the ledger as plain data, shared by all rooms. No behaviour beyond checks."""

from __future__ import annotations

import datetime as dt
import enum
import re
from dataclasses import astuple, dataclass
from functools import cache

from tonne.errors import NameInvalid

PERIOD_EPOCH_YEAR = 1970
"""Periods are counted in months from January of this year."""

PERIOD_COUNT_MAX = (2200 - PERIOD_EPOCH_YEAR) * 12
"""Number of periods from 1970-01 to 2199-12."""

LAST_DAY = 31
"""Last day of a slice that ends with its month, however many days that has."""

_EPOCH_ORDINAL = dt.date(PERIOD_EPOCH_YEAR, 1, 1).toordinal()

DAY_COUNT_MAX = dt.date(2200, 1, 1).toordinal() - _EPOCH_ORDINAL
"""Number of days from 1970-01-01 to 2199-12-31."""

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_CHANNEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")


class RowStatus(enum.IntEnum):
    """Outcome of one record, numbered as in the kernel and the API; REVERSED is of no kernel."""

    POSTED = 0
    RECORD_MUST_DECODE = 1
    TEXT_MUST_BE_UTF8 = 2
    TEXT_MUST_FIT = 3
    FACILITY_MUST_BE_PRESENT = 4
    ACTIVITY_MUST_BE_PRESENT = 5
    UNIT_MUST_BE_PRESENT = 6
    QUANTITY_MUST_BE_PRESENT = 7
    QUANTITY_MUST_BE_A_NUMBER = 8
    QUANTITY_MUST_BE_FINITE = 9
    QUANTITY_MUST_BE_IN_RANGE = 10
    START_MUST_BE_PRESENT = 11
    END_MUST_BE_PRESENT = 12
    START_MUST_BE_IN_RANGE = 13
    END_MUST_BE_IN_RANGE = 14
    END_MUST_FOLLOW_START = 15
    UNIT_MUST_BE_KNOWN = 16
    UNIT_MUST_FIT_ACTIVITY = 17
    SPAN_MUST_FIT = 18
    FIELD_MUST_BE_READABLE = 19
    PERIOD_MUST_BE_OPEN = 20
    REVERSED = 62
    FACILITY_MUST_BE_REGISTERED = 64
    FACTOR_MUST_EXIST = 65

    @property
    def is_suspense(self) -> bool:
        """Whether a record of this status waits in suspense."""
        return self >= RowStatus.FACILITY_MUST_BE_REGISTERED

    @property
    def is_quarantine(self) -> bool:
        """Whether a record of this status is in quarantine."""
        return 0 < self < RowStatus.REVERSED


class RecordField(enum.IntEnum):
    """Fields of a record by their number in `ActivityRecord`; 0 is the record as a whole."""

    RECORD = 0
    RECORD_ID = 1
    FACILITY = 2
    ACTIVITY = 3
    QUANTITY = 4
    UNIT = 6
    START = 7
    END = 8
    REGION = 9
    SUPPLIER = 10
    PRODUCT = 11
    DATA_QUALITY = 12
    EVIDENCE = 13
    ATTRIBUTES = 14
    UNREAD = 15


class FacilityRule(enum.IntEnum):
    """Whether a record's facility must be in the register; numbered as in the API."""

    WHEN_REGISTER_EXISTS = 1
    REGISTERED_ONLY = 2
    ANY = 3


class LateRecords(enum.IntEnum):
    """What becomes of a record of a closed month; numbered as in the API."""

    REFUSE = 1
    NEXT_OPEN = 2


class ChannelState(enum.IntEnum):
    """State of a channel's life; numbered as in the API."""

    OPEN = 1
    CLOSED = 2


class PeriodState(enum.IntEnum):
    """Whether a period takes postings; numbered as in the API."""

    OPEN = 1
    SOFT_CLOSED = 2
    SEALED = 3


FACILITY_TYPES = (
    "", "data_centre", "base_station", "equipment_room", "factory", "office", "warehouse",
    "vehicle_fleet", "supplier_site", "other",
)  # fmt: skip
"""Facility types, numbered as `tonne.v1.FacilityType`."""


@dataclass(frozen=True, slots=True)
class Method:
    """One version of a book's method; `body` is the JSON of `catalogue.method.MethodSettings`."""

    book: str
    version: int
    body: str
    author: str
    reason: str
    create_time: dt.datetime


@dataclass(frozen=True, slots=True)
class Book:
    """One reporting organisation's ledger.

    `editions` are the imported ones in the order of their import (over the wire: those of the
    method in force, in order of preference). `method_body` and `revision_token`, which names the
    revision where its number may come again, are empty over the wire. Every month before
    `closed_before` is closed, before `sealed_before` sealed.
    """

    id: str
    display_name: str
    time_zone: str
    facility_rule: FacilityRule
    revision: int
    create_time: dt.datetime
    editions: tuple[str, ...] = ()
    method_version: int = 0
    method_body: str = ""
    revision_token: str = ""
    closed_before: int = 0
    sealed_before: int = 0
    reopens_sealed: bool = False
    late_records: LateRecords = LateRecords.REFUSE


class WordField(enum.StrEnum):
    """A field of records in which a book can learn words."""

    ACTIVITY = "activity"
    UNIT = "unit"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Word:
    """What a book reads a text of its records as.

    Parameters
    ----------
    field : WordField
        The field in which the text stands.
    text : str
        As records write it.
    meaning : str
        Id of an activity or region, or symbol of a unit; empty: from here on the text means
        nothing but itself.
    author, reason : str
        Who says so, and why.
    number : int
        Of the entry in the book, from 1; the last one of a field and text is in force.
    key : str
        What texts are told apart by: see `catalogue.words.book_words.key_of`.
    is_in_force : bool
        Whether no later entry follows it.
    create_time : datetime, optional
        When, UTC.
    posted_count : int
        Records that were posted under the word before, in another reading.
    """

    field: WordField
    text: str
    meaning: str
    author: str = ""
    reason: str = ""
    number: int = 0
    key: str = ""
    is_in_force: bool = True
    create_time: dt.datetime | None = None
    posted_count: int = 0


class FinancialControl(enum.IntEnum):
    """How far an owner controls the finances of an entity; numbered as in the API."""

    FULL = 1
    JOINT = 2
    NONE = 3


@dataclass(frozen=True, slots=True)
class Holding:
    """What the parent holds of an entity; dates are ISO days or empty, `valid_to` exclusive."""

    valid_from: str = ""
    valid_to: str = ""
    equity_share: str = "1"
    financial_control: FinancialControl = FinancialControl.FULL
    is_operated: bool = True


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity or joint venture of a book; without holdings it is held wholly, always."""

    id: str
    display_name: str = ""
    parent: str = ""
    holdings: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class Facility:
    """A site of a book. `type` is one of `FACILITY_TYPES`; dates are ISO days or empty."""

    id: str
    display_name: str = ""
    type: str = ""
    region: str = ""
    entity: str = ""
    ownership: str = ""
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """Sums over a set of records.

    `quantity_atto` is the sum of the quantities of all records that are not in quarantine,
    times 10^18, whatever their units (a hash total).
    """

    record_count: int = 0
    posted_count: int = 0
    quarantined_count: int = 0
    suspended_count: int = 0
    quantity_atto: int = 0

    def __add__(self, other: ControlTotals) -> ControlTotals:
        """Sum of two sets of records."""
        return ControlTotals(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Channel:
    """One producer's ordered stream of records into a book.

    `owner` names who opened it at this epoch, `previous_owner` who had opened it before; empty
    where that is not known. The latter is known to who opens it alone.
    """

    book: str
    id: str
    epoch: int
    committed_offset: int
    state: ChannelState
    totals: ControlTotals
    create_time: dt.datetime
    commit_time: dt.datetime | None = None
    owner: str = ""
    previous_owner: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    """One record that was not posted. `index` counts from 0 in its batch.

    `got` is the field's text as it came, cut to a length; empty where it has none.
    """

    index: int
    offset: int
    status: RowStatus
    field: RecordField
    got: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of factors, imported into `book` or shipped (`book` and `create_time` empty).

    `rank` is its place in the order of the imports, or, in a list of a book's editions, in the
    order of preference of the book's method (0: the method does not use it).
    """

    book: str
    id: str
    factor_count: int
    sha256: str
    create_time: dt.datetime | None
    rank: int
    title: str = ""
    publisher: str = ""
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one stream, as the server states them."""

    message_bytes_max: int
    in_flight_bytes_max: int
    batch_records_max: int
    stream_lifetime_s: float


def period_of_month(month: str) -> int:
    """Period number of a month written `YYYY-MM` (1970-01 is 0)."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", month)
    period = (int(found[1]) - PERIOD_EPOCH_YEAR) * 12 + int(found[2]) - 1 if found else -1
    if not 0 <= period < PERIOD_COUNT_MAX:
        raise NameInvalid(
            f"expected a month as YYYY-MM, from 1970-01 to 2199-12; got {month!r}",
            metadata={"month": month},
        )
    return period


def month_of_period(period: int) -> str:
    """Write a period number as `YYYY-MM`."""
    year, month = divmod(period, 12)
    return f"{PERIOD_EPOCH_YEAR + year:04d}-{month + 1:02d}"


def number_of_day(day: dt.date) -> int:
    """Count days since 1970-01-01; earlier ones are 0, those after 2199 are `DAY_COUNT_MAX`."""
    return min(max(day.toordinal() - _EPOCH_ORDINAL, 0), DAY_COUNT_MAX)


def day_of_number(number: int) -> dt.date:
    """Give the day that is so many days after 1970-01-01."""
    return dt.date.fromordinal(_EPOCH_ORDINAL + number)


@cache
def period_of_day(number: int) -> int:
    """Give the period that a day, by its number, lies in."""
    day = day_of_number(number)
    return (day.year - PERIOD_EPOCH_YEAR) * 12 + day.month - 1


@cache
def first_day_of(period: int) -> int:
    """Give the number of a period's first day; `DAY_COUNT_MAX` for the one after the last."""
    year, month = divmod(period, 12)
    return number_of_day(dt.date(PERIOD_EPOCH_YEAR + year, month + 1, 1))


def check_id(kind: str, value: str) -> str:
    """Return `value` if it is an id of a book or edition, else raise `NameInvalid`."""
    if not _ID.fullmatch(value):
        raise NameInvalid(
            f"the id of the {kind} is 1 to 63 characters of a-z, 0-9, '-', '.', '_' and begins "
            f"with a letter or digit; got {value!r}",
            metadata={"kind": kind, "value": value},
        )
    return value


def check_channel_id(value: str) -> str:
    """Return `value` if it is a channel id, else raise `NameInvalid`."""
    if not _CHANNEL_ID.fullmatch(value):
        raise NameInvalid(
            "a channel id is 1 to 128 characters of A-Z, a-z, 0-9, '-', '.', '_', '~' and "
            f"begins with a letter or digit; got {value!r}",
            metadata={"kind": "channel", "value": value},
        )
    return value

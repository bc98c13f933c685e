"""The command `tonne coverage`."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tonne.cli.commands.selecting import (
    ActivityOption,
    AsOfOption,
    FacilityOption,
    FromOption,
    ToOption,
    tell_moment,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    counted,
    print_json,
    print_rows,
    program_value,
    say,
)
from tonne.client import Coverage, CoverageGap

SPANS_SHOWN = 6
"""Gaps or overlaps of a row that a table names; the other formats have them all."""

MONTH = "month"

_SUBJECT = (Column("facility"), Column("activity"))
_COLUMNS = (
    *_SUBJECT,
    Column("from"),
    Column("to"),
    Column("records"),
    Column("missing_days", "days missing"),
    Column("gaps", "without a record", is_optional=True, width_min=PROSE_WIDTH_MIN),
    Column("overlaps", "more than one", is_optional=True, width_min=PROSE_WIDTH_MIN),
)
_MONTH_COLUMNS = (
    *_SUBJECT,
    Column("month"),
    Column("days"),
    Column("missing_days", "days missing"),
    Column("missing", "without a record", is_optional=True, width_min=PROSE_WIDTH_MIN),
)
_CSV_COLUMNS = (
    *_SUBJECT,
    Column("kind"),
    Column("start"),
    Column("end"),
    Column("first_day"),
    Column("last_day"),
    Column("days"),
)

ByOption = Annotated[
    str, typer.Option("--by", metavar="month", help="A line a month, with the days it misses.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Also what has no gap and no overlap.")]


def show_coverage(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    facility: FacilityOption = None,
    activity: ActivityOption = None,
    from_period: FromOption = "",
    to_period: ToOption = "",
    by: ByOption = "",
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    show_all: AllOption = False,
) -> None:
    """List the days without a record, and the times with several, by facility and activity.

    Days are those of the book's time zone. Without --from a facility is looked at from its first
    record on, without --to up to the last record of all; never before or after the days that the
    register gives it.
    """
    if by not in {"", MONTH}:
        raise typer.BadParameter(f"expected {MONTH}; got {by!r}", param_hint="--by")
    with connect(server) as client:
        found = list(
            client.coverage(
                book,
                from_period=from_period,
                to_period=to_period,
                facilities=facility or (),
                as_of=as_of,
                on_moment=tell_moment,
                activities=activity or (),
            )
        )
    shown = [each for each in found if show_all or each.gaps or each.overlaps]
    if by:
        print_rows(_MONTH_COLUMNS, _month_rows(shown, show_all=show_all), form)
    elif form is Format.JSON:
        print_json([_document(each) for each in shown])
    elif form is Format.CSV:
        print_rows(_CSV_COLUMNS, _span_rows(shown), form)
    elif shown:
        print_rows(_COLUMNS, map(_row, shown), form)
    if form is Format.TABLE:
        _say_sum(found, book)


def _say_sum(found: list[Coverage], book: str) -> None:
    if not found:
        say(f"no record of book {book} is in what was asked for")
        return
    gaps = sum(1 for each in found if each.gaps)
    overlaps = sum(1 for each in found if each.overlaps)
    say(
        f"{counted(len(found), 'facility')} with an activity: {gaps:,} with gaps, "
        f"{overlaps:,} with overlaps"
    )


def _row(each: Coverage) -> dict[str, object]:
    zone = ZoneInfo(each.time_zone)
    return {
        "facility": each.facility,
        "activity": each.activity,
        "from": _local(each.start, zone),
        "to": _local(each.end, zone),
        "records": each.record_count,
        "missing_days": _missing_count(each.gaps),
        "gaps": _listed(_gap_text(gap, zone) for gap in each.gaps),
        "overlaps": _listed(_span_text(start, end, zone) for start, end in each.overlaps),
    }


def _month_rows(found: Iterable[Coverage], *, show_all: bool) -> Iterator[dict[str, object]]:
    """Give a row a month that has days without a record, or for every month."""
    for each in found:
        zone = ZoneInfo(each.time_zone)
        missing = dict(_by_month(day for gap in each.gaps for day in gap.days()))
        last = (each.end.astimezone(zone) - dt.timedelta(microseconds=1)).date()
        first = each.start.astimezone(zone).date()
        looked_at = (
            first + dt.timedelta(days=number) for number in range((last - first).days + 1)
        )
        for month, days in _by_month(looked_at):
            gone = missing.get(month, [])
            if gone or show_all:
                yield {
                    "facility": each.facility,
                    "activity": each.activity,
                    "month": month,
                    "days": len(days),
                    "missing_days": len(gone),
                    "missing": ", ".join(_runs_of_days(gone)) or None,
                }


def _by_month(days: Iterable[dt.date]) -> Iterator[tuple[str, list[dt.date]]]:
    for month, those in groupby(days, lambda day: f"{day:%Y-%m}"):
        yield month, list(those)


def _runs_of_days(days: list[dt.date]) -> Iterator[str]:
    numbered = enumerate(days)
    for _, run in groupby(numbered, lambda pair: pair[1].toordinal() - pair[0]):
        those = [day for _, day in run]
        yield _days_text(those[0], those[-1])


def _span_rows(found: Iterable[Coverage]) -> Iterator[dict[str, object]]:
    """Give a row a gap and a row an overlap."""
    for each in found:
        subject = {"facility": each.facility, "activity": each.activity}
        for gap in each.gaps:
            span = {"kind": "gap", "start": gap.start, "end": gap.end}
            days = {"first_day": gap.first_day, "last_day": gap.last_day}
            yield {**subject, **span, **days, "days": _missing_count([gap])}
        for start, end in each.overlaps:
            span = {"kind": "overlap", "start": start, "end": end}
            yield {**subject, **span, "first_day": None, "last_day": None, "days": None}


def _document(each: Coverage) -> dict[str, object]:
    return {
        "facility": each.facility,
        "activity": each.activity,
        "start": program_value(each.start),
        "end": program_value(each.end),
        "records": each.record_count,
        "missing_days": _missing_count(each.gaps),
        "gaps": [
            {
                "start": program_value(gap.start),
                "end": program_value(gap.end),
                "first_day": gap.first_day and str(gap.first_day),
                "last_day": gap.last_day and str(gap.last_day),
            }
            for gap in each.gaps
        ],
        "overlaps": [
            {"start": program_value(start), "end": program_value(end)}
            for start, end in each.overlaps
        ],
        "time_zone": each.time_zone,
    }


def _missing_count(gaps: Iterable[CoverageGap]) -> int:
    return sum(
        (gap.last_day - gap.first_day).days + 1
        for gap in gaps
        if gap.first_day is not None and gap.last_day is not None
    )


def _listed(texts: Iterable[str]) -> str | None:
    all_texts = list(texts)
    more = len(all_texts) - SPANS_SHOWN
    named = all_texts[:SPANS_SHOWN] + ([f"and {more:,} more"] if more > 0 else [])
    return ", ".join(named) or None


def _gap_text(gap: CoverageGap, zone: ZoneInfo) -> str:
    if gap.first_day is None or gap.last_day is None:
        return _span_text(gap.start, gap.end, zone)
    return _days_text(gap.first_day, gap.last_day)


def _days_text(first: dt.date, last: dt.date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _span_text(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> str:
    return f"{_local(start, zone)} to {_local(end, zone)}"


def _local(time: dt.datetime, zone: ZoneInfo) -> str:
    """Write a time as the clocks of the book show it; a midnight as its day alone."""
    local = time.astimezone(zone)
    if local.time() == dt.time():
        return f"{local:%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M:%S}".removesuffix(":00")

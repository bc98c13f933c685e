"""Coverage: which months of which facilities have days without a record."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.console.pages.overview import MONTHS, year_links, year_of
from tonne.console.parts import numbers
from tonne.console.parts.blocks import (
    Command,
    Commands,
    Field,
    Form,
    Head,
    Lines,
    Links,
    Number,
    Page,
    Table,
    Text,
)
from tonne.model import month_of_period

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.client import Coverage
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit

ROWS_MAX = 100
"""Facilities that the map shows, those with the most missing days first."""

ACTIVITIES_MAX = 12

READ_MAX = 200_000
"""Pairs of a facility and an activity that a page reads."""

SHADES = ((1, "h0"), (4, "h1"), (11, "h2"), (21, "h3"))
"""Missing days below which a month has a shade; from the last on it is `h4`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A facility and an activity: missing days by month, and times with more than one record."""

    facility: str
    activity: str
    record_count: int
    missing: Counter[str]
    overlap_count: int

    @property
    def missing_days(self) -> int:
        """All of them."""
        return sum(self.missing.values())


def coverage(visit: Visit) -> Page:
    """Show the map of a year."""
    say = visit.say
    year = year_of(visit)
    chosen = year.chosen
    activity, facility = visit.given("activity"), visit.given("facility")
    months = [month_of_period(year.first + number) for number in range(MONTHS)]
    found = visit.client.coverage(
        visit.book,
        from_period=chosen.from_period,
        to_period=chosen.to_period,
        facilities=facility or (),
        activities=activity or (),
    )
    rows, pair_count, is_whole = _read(found)
    blocks: list[Block] = [
        year_links(visit, year, "coverage", activity=activity, facility=facility),
        _form(visit, year.chosen.from_period[:4], activity, facility),
        Lines(
            [
                say(
                    "{pairs} pairs of a facility and an activity have records in these months; "
                    "{gaps} of them miss days or overlap.",
                    pairs=f"{pair_count:,}",
                    gaps=f"{len(rows):,}",
                )
            ]
        ),
    ]
    if not is_whole:
        blocks.append(
            Lines([say("There are more than a page reads: choose an activity.")], "warning")
        )
    if not activity:
        blocks.append(_activities(visit, rows, facility))
    blocks.append(_map(visit, rows, months))
    words = chosen.command(visit.book, "coverage")
    blocks.append(Commands(say("The same in a terminal"), [Command(words)]))
    return Page(
        say("Coverage"),
        blocks,
        say("A reading that is missing looks like savings. Each cell counts days without one."),
        "wide",
    )


def _read(found: Iterable[Coverage]) -> tuple[list[Row], int, bool]:
    rows: list[Row] = []
    pair_count = 0
    for each in found:
        if pair_count == READ_MAX:
            return rows, pair_count, False
        pair_count += 1
        missing = _missing(each)
        if missing or each.overlaps:
            overlap_count = len(each.overlaps)
            rows.append(
                Row(each.facility, each.activity, each.record_count, missing, overlap_count)
            )
    return rows, pair_count, True


def _missing(found: Coverage) -> Counter[str]:
    """Count the days without a record by month: a gap at a time, not a day at a time."""
    missing: Counter[str] = Counter()
    for gap in found.gaps:
        if gap.first_day is None or gap.last_day is None:
            continue
        first = gap.first_day
        while first <= gap.last_day:
            end = dt.date(first.year, first.month, monthrange(first.year, first.month)[1])
            missing[f"{first.year:04d}-{first.month:02d}"] += (
                min(end, gap.last_day) - first
            ).days + 1
            first = end + dt.timedelta(days=1)
    return missing


def _form(visit: Visit, year: str, activity: str, facility: str) -> Form:
    say = visit.say
    kept = [("year", year)]
    if visit.asked_language:
        kept.append(("lang", visit.asked_language))
    fields = [
        Field("activity", say("Activity"), activity, hint="electricity.grid"),
        Field("facility", say("Facility"), facility),
    ]
    return Form(visit.place("coverage"), fields, say("Show"), kept)


def _activities(visit: Visit, rows: list[Row], facility: str) -> Links:
    """Offer the activities that miss days, those of most facilities first."""
    year = visit.given("year")
    found = Counter(row.activity for row in rows).most_common(ACTIVITIES_MAX)
    links = [
        Text(
            f"{name} ({count:,})",
            visit.link("coverage", year=year, activity=name, facility=facility),
        )
        for name, count in found
    ]
    return Links(visit.say("Activities"), links, is_titled=True)


def _map(visit: Visit, rows: list[Row], months: list[str]) -> Table:
    say = visit.say
    rows = sorted(rows, key=lambda row: (-row.missing_days, row.facility, row.activity))
    shown = rows[:ROWS_MAX]
    note = [say("Darker is more days without a record. · is none.")]
    if len(rows) > len(shown):
        left = f"{len(rows) - len(shown):,}"
        note.append(say("{count} further rows miss fewer days: choose an activity.", count=left))
    heads = [
        Head(say("Facility")),
        *map(numbers.month_head, months),
        Head(say("Days"), is_number=True),
        Head(say("Overlaps"), is_number=True),
        Head(say("Records"), is_number=True),
    ]
    return Table(
        say("Days without a record, by facility and month"),
        heads,
        [_row(visit, row, months) for row in shown],
        note=" ".join(note),
        empty=say("No day is missing, and nothing overlaps."),
        look="heat sticky",
    )


def _row(visit: Visit, row: Row, months: list[str]) -> list[Cell]:
    href = visit.link("inventory", by="activity", facility=row.facility)
    cells: list[Cell] = [Text(row.facility, href, below=row.activity)]
    for month in months:
        days = row.missing[month]
        cells.append(Number(str(days) if days else "·", shade=_shade(days)))
    return [
        *cells,
        numbers.count(row.missing_days),
        numbers.count(row.overlap_count),
        numbers.count(row.record_count),
    ]


def _shade(days: int) -> str:
    return next((shade for below, shade in SHADES if days < below), "h4")

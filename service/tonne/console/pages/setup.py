"""What a new book still needs: each step done or not, and the command that does it next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tonne.console.pages.waiting.worklists import command
from tonne.console.parts.blocks import Command, Head, Lines, Page, Table, Text
from tonne.errors import InputError
from tonne.model import PeriodState
from tonne.statements.statement import Kind

if TYPE_CHECKING:
    from tonne.client.closing.results import Period
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit

FACILITIES_MAX = 1_000
"""Facilities of which the regions are looked at."""

REGIONS_MAX = 50
"""Regions that are tried for a factor."""

NAMED_MAX = 5
"""Regions without a factor that are named."""

MISSING = "FACTOR_MUST_EXIST"
"""Status of a record that waits for a factor."""


AS_MADE = "the book was created"
"""What the server gives as the reason of a method that nobody gave one for."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: whether it is done, what there is, and what does it next."""

    title: str
    page: str
    is_done: bool
    found: str
    command: str


def setup(visit: Visit) -> Page:
    """Show the checklist."""
    say = visit.say
    steps = steps_of(visit, visit.client.list_periods(visit.book))
    blocks: list[Block] = [table_of(visit, steps)]
    if all(each.is_done for each in steps):
        blocks.insert(0, Lines([say("All of it is done.")], "good"))
    return Page(
        say("Setup"),
        blocks,
        say("What a book needs before a year of it can be reported, and what does it next."),
    )


def checklist(visit: Visit, periods: list[Period]) -> list[Block]:
    """Give the checklist of a book that is not set up; none once a month was closed."""
    if any(each.state is not PeriodState.OPEN or each.closes for each in periods):
        return []
    steps = steps_of(visit, periods)
    if all(each.is_done for each in steps):
        return []
    return [table_of(visit, steps)]


def table_of(visit: Visit, steps: list[Step]) -> Table:
    """Make the table of steps."""
    say = visit.say
    rows: list[tuple[Cell, ...]] = [
        (
            Text(each.title, visit.link(each.page), "strong"),
            Text(
                say("done") if each.is_done else say("not yet"),
                look="good" if each.is_done else "wait",
            ),
            Text(each.found),
            None if each.is_done else Command(each.command),
        )
        for each in steps
    ]
    done = sum(each.is_done for each in steps)
    heads = [Head(say(each)) for each in ("Step", "State", "What there is", "What does it next")]
    note = say("{done} of {count} are done.", done=done, count=len(steps))
    return Table(say("To set the book up"), heads, rows, note=note)


def steps_of(visit: Visit, periods: list[Period]) -> list[Step]:
    """Read which steps are done."""
    causes, _ = visit.client.list_suspense_causes(visit.book)
    waiting = sum(each.record_count for each in causes if each.status == MISSING)
    has_records = bool(periods or causes)
    return [
        _organisation(visit),
        _sites(visit),
        _first_file(visit, has_records=has_records),
        _factors(visit, periods, waiting, has_records=has_records),
        _method(visit, periods),
        _targets(visit),
    ]


def _organisation(visit: Visit) -> Step:
    say = visit.say
    count = sum(1 for _ in visit.client.list_entities(visit.book))
    name = visit.client.get_book(visit.book).display_name
    if count:
        found = say("{count} entities, with their shares", count=count)
    elif name:
        found = say("{name}, one company: all that is posted counts wholly", name=name)
    else:
        found = say("no name and no entity: all that is posted counts wholly")
    return Step(
        say("Organisation"),
        "",
        bool(count or name),
        found,
        command(visit, "entity import entities.csv"),
    )


def _sites(visit: Visit) -> Step:
    say = visit.say
    count = len(list(islice(visit.client.list_facilities(visit.book), FACILITIES_MAX)))
    more = "+" if count == FACILITIES_MAX else ""
    return Step(
        say("Sites"),
        "suspense",
        bool(count),
        say("{count} facilities are registered", count=f"{count:,}{more}"),
        command(visit, "facility import facilities.csv"),
    )


def _first_file(visit: Visit, *, has_records: bool) -> Step:
    say = visit.say
    refused = 0
    if not has_records:
        refused = sum(x.record_count for x in visit.client.list_quarantine_causes(visit.book))
    found = say("records are there") if has_records else say("no record is there")
    if refused:
        found = say("{count} records came, and all are in quarantine", count=f"{refused:,}")
    words, page = "import FILE --profile PROFILE", "channels" if has_records else "import"
    if refused:
        words, page = "quarantine list --by-cause", "quarantine"
    return Step(say("First file"), page, has_records, found, command(visit, words))


def _factors(visit: Visit, periods: list[Period], waiting: int, *, has_records: bool) -> Step:
    """Say whether grids of the sites' regions have a factor, and whether records wait for one."""
    say = visit.say
    missing, tried = _without_factor(visit, periods)
    if missing:
        names = ", ".join(missing[:NAMED_MAX]) + ("…" if len(missing) > NAMED_MAX else "")
        found = say("no factor of electricity for {regions}", regions=names)
        words = f"tonne factor countries {missing[0]}"
    elif waiting:
        found = say("{count} records wait for a factor", count=f"{waiting:,}")
        words = command(visit, "suspense list --by-cause")
    elif tried:
        found = say("electricity of all {count} regions of the sites has a factor", count=tried)
        words = ""
    else:
        found = (
            say("no record waits for a factor")
            if has_records
            else say("no site names its region, and there is no record")
        )
        words = "tonne factor countries"
    is_done = not missing and not waiting and bool(tried or has_records)
    return Step(say("Factors of its countries"), "factors", is_done, found, words)


def _without_factor(visit: Visit, periods: list[Period]) -> tuple[list[str], int]:
    """Try a kWh of each region of the sites under the method; regions without, and how many."""
    sites: dict[str, str] = {}
    for each in islice(visit.client.list_facilities(visit.book), FACILITIES_MAX):
        if each.region and len(sites) < REGIONS_MAX:
            sites.setdefault(each.region, each.id)
    if not sites:
        return [], 0
    month = periods[-1].month if periods else ""
    if not month:
        month = f"{visit.client.get_method(visit.book).create_time:%Y-%m}"
    day = {"start": f"{month}-01", "end": f"{month}-02"}
    kwh = {"activity": "electricity.grid", "quantity": "1", "unit": "kWh", **day}
    records = [{**kwh, "facility": site, "region": region} for region, site in sites.items()]
    try:
        found = visit.client.estimate(records, book=visit.book, each_record=True).records
    except InputError:
        return [], 0
    names = list(sites)
    return [names[each.index] for each in found if each.status == MISSING], len(names)


def _method(visit: Visit, periods: list[Period]) -> Step:
    say = visit.say
    found = visit.client.get_method(visit.book)
    settings: dict[str, object] = json.loads(found.body)
    told = say(
        "version {version}: {gwp_set}, {consolidation}",
        version=found.version,
        gwp_set=settings.get("gwp_set", ""),
        consolidation=say(str(settings.get("consolidation", "")).replace("-", " ")),
    )
    is_own = found.reason not in {"", AS_MADE}
    is_chosen = found.version > 1 or is_own or any(each.closes for each in periods)
    if not is_chosen:
        told = say("{told}; as it ships: nobody has chosen it", told=told)
    words = "method set --consolidation APPROACH --author WHO --reason WHY"
    return Step(say("Method"), "method", is_chosen, told, command(visit, words))


def _targets(visit: Visit) -> Step:
    say = visit.say
    count = sum(1 for _ in visit.client.list_statements(visit.book, Kind.TARGET))
    return Step(
        say("Targets"),
        "indicators",
        bool(count),
        say("{count} targets are stated", count=count),
        command(visit, "target add ID FIELD=VALUE --reason WHY"),
    )

"""The overview of a book: where it stands in a year, and what waits."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.console.pages.setup import checklist
from tonne.console.pages.waiting.counts import waiting_table, waits_of
from tonne.console.parts import numbers
from tonne.console.parts.asking import together
from tonne.console.parts.blocks import (
    Drawing,
    Facts,
    Head,
    Lines,
    Links,
    Page,
    Table,
    Text,
    Tile,
    Tiles,
)
from tonne.console.parts.selecting import Chosen
from tonne.model import month_of_period, period_of_month
from tonne.yearly.causes import causes_of
from tonne.yearly.charts import Bar, BarPart, columns, horizontal_bars

if TYPE_CHECKING:
    from decimal import Decimal

    from tonne.client import Inventory
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit

MONTHS = 12

METHODS_2 = ("location", "market")

SCOPES = {
    "scope1": "Scope 1",
    "scope2.location": "Scope 2, location-based",
    "scope2.market": "Scope 2, market-based",
    "scope3": "Scope 3",
}

KINDS = {"scope1": "s1", "scope2.location": "s2", "scope2.market": "s2", "scope3": "s3"}
"""Classes of the colours of scopes."""


@dataclass(frozen=True, slots=True)
class Year:
    """A reporting year of a book, and which method of scope 2 its total takes.

    `as_of` is the commit as of which it is asked about; links are not bound to it.
    """

    first: int
    scope_2: str
    as_of: str = ""

    def asked(self) -> dict[str, Any]:
        """Give all of its months as keywords of the client's questions."""
        return replace(self.chosen, as_of=self.as_of).asked()

    @property
    def chosen(self) -> Chosen:
        """All of its months."""
        return Chosen(month_of_period(self.first), month_of_period(self.first + MONTHS - 1))

    @property
    def summed(self) -> tuple[str, ...]:
        """Scopes that its total sums."""
        return ("scope1", f"scope2.{self.scope_2}", "scope3")

    @property
    def title(self) -> str:
        """Its name: a year, or its months where it begins within one."""
        chosen = self.chosen
        if chosen.from_period.endswith("-01"):
            return chosen.from_period[:4]
        return f"{chosen.from_period} – {chosen.to_period}"


def year_of(visit: Visit) -> Year:
    """Read the year of the address, else the last one that has records."""
    with together() as questions:
        asked_method = questions.submit(visit.client.get_method, visit.book)
        asked_periods = questions.submit(visit.client.list_periods, visit.book)
    method = asked_method.result()
    begins = int(json.loads(method.body).get("reporting_year_start", 1))
    scope_2 = visit.given("scope2", METHODS_2, METHODS_2[0])
    asked = visit.given("year")
    if asked:
        return Year(period_of_month(f"{asked}-{begins:02d}"), scope_2)
    periods = asked_periods.result()
    last = periods[-1].month if periods else f"{method.create_time:%Y-%m}"
    year, month = map(int, last.split("-"))
    return Year(period_of_month(f"{year - (month < begins):04d}-{begins:02d}"), scope_2)


def year_links(visit: Visit, year: Year, page: str = "", **kept: str) -> Links:
    """Make the links to the years before and after, on the overview to the other method too."""
    say = visit.say
    number = int(year.chosen.from_period[:4])
    if not page:
        kept["scope2"] = year.scope_2
    others = (
        []
        if page
        else [
            Text(
                f"{say('Scope 2')}: {say(method)}",
                ""
                if method == year.scope_2
                else visit.link(page, year=f"{number:04d}", scope2=method),
            )
            for method in METHODS_2
        ]
    )
    return Links(
        say("Year and method"),
        [
            Text(f"← {number - 1}", visit.link(page, year=f"{number - 1:04d}", **kept)),
            Text(year.title),
            Text(f"{number + 1} →", visit.link(page, year=f"{number + 1:04d}", **kept)),
            *others,
        ],
    )


def overview(visit: Visit) -> Page:
    """Show the totals of a year, its months, and what waits."""
    say, client, book = visit.say, visit.client, visit.book
    year = year_of(visit)
    total = client.inventory(book, **(year.asked() | {"accounts": year.summed}))
    if total.moment is not None:
        # All that follows is of one moment, whatever comes in meanwhile.
        year = replace(year, as_of=str(total.moment.commit))
    asked = year.asked()
    with together() as questions:
        ask = questions.submit
        answers = [
            ask(client.inventory, book, by=by, **asked)
            for by in ("scope", ("period", "scope"), "account", ("facility_type", "scope"))
        ]
        periods, named = ask(client.list_periods, book), ask(client.get_book, book)
        waiting = ask(waits_of, visit)
    scopes, months, accounts, types = (each.result() for each in answers)
    blocks: list[Block] = [year_links(visit, year)]
    blocks += checklist(visit, periods.result())
    blocks += _warnings(visit, scopes)
    blocks.append(_tiles(visit, year, total, scopes))
    blocks.append(_months(visit, year, months))
    blocks.append(_accounts(visit, year, accounts))
    blocks.append(_types(visit, year, types))
    blocks.append(waiting_table(visit, scopes, waiting.result()))
    blocks.append(_notices(visit, scopes))
    blocks.append(_facts(visit, total))
    name = named.result().display_name or book
    return Page(name, blocks, say("Where the book stands in {year}.", year=year.title))


def _warnings(visit: Visit, scopes: Inventory) -> list[Lines]:
    if scopes.total.record_count or any(row.record_count for row in scopes.rows):
        return []
    return [Lines([visit.say("No records are posted in these months.")], "warning")]


def _tiles(visit: Visit, year: Year, total: Inventory, scopes: Inventory) -> Tiles:
    say = visit.say
    found = {row.group["scope"]: row.kg_co2e for row in scopes.rows}
    whole = total.total.kg_co2e if total.total.record_count else None
    places = numbers.mass_places([whole, *(found.get(each) for each in SCOPES)])
    tiles = [
        Tile(
            say("Total"),
            numbers.mass(whole, places, visit.explain(_of(year, *year.summed))),
            numbers.MASS_UNIT,
            say(f"scope 2 {year.scope_2}-based"),
            "first",
        )
    ]
    for scope, title in SCOPES.items():
        kg = found.get(scope)
        tiles.append(
            Tile(
                say(title),
                numbers.mass(kg, places, visit.explain(_of(year, scope))),
                numbers.MASS_UNIT if kg is not None else "",
                say("nothing is posted")
                if kg is None
                else say("in the total")
                if scope in year.summed
                else say("not in the total: the other method is"),
                KINDS[scope],
            )
        )
    return Tiles(say("At a glance"), tiles)


def _of(year: Year, *accounts: str) -> Chosen:
    return Chosen(year.chosen.from_period, year.chosen.to_period, accounts)


def _months(visit: Visit, year: Year, inventory: Inventory) -> Drawing:
    say = visit.say
    found: dict[str, dict[str, Decimal]] = {}
    for row in inventory.rows:
        found.setdefault(row.group["period"], {})[row.group["scope"]] = row.kg_co2e
    months = [month_of_period(year.first + number) for number in range(MONTHS)]
    bars = [_bar(visit, year, month, found.get(month, {})) for month in months]
    title = say("Emissions by month")
    chart = columns(title, bars, numbers.MASS_UNIT)
    return Drawing(title, [chart], keys=_keys(visit, year))


def _keys(visit: Visit, year: Year) -> list[tuple[str, str]]:
    return [(KINDS[each], visit.say(SCOPES[each])) for each in year.summed]


def _bar(visit: Visit, year: Year, label: str, by_scope: dict[str, Decimal]) -> Bar:
    parts = tuple(
        BarPart(
            KINDS[scope],
            visit.say(SCOPES[scope]),
            Fraction(by_scope.get(scope, 0)) / numbers.KG_PER_T,
        )
        for scope in year.summed
    )
    return Bar(label, parts)


def _accounts(visit: Visit, year: Year, inventory: Inventory) -> Table:
    say = visit.say
    rows = [row for row in inventory.rows if row.group["account"].startswith("scope")]
    places = numbers.mass_places(row.kg_co2e for row in rows)
    made: list[tuple[Cell, ...]] = []
    for row in rows:
        account = row.group["account"]
        made.append(
            (
                Text(say(ACCOUNTS.get(account, account)), below=account),
                numbers.mass(row.kg_co2e, places, visit.explain(_of(year, account))),
                numbers.count(row.record_count),
            )
        )
    return Table(
        say("Accounts"),
        (
            Head(say("Account")),
            Head(say("Emissions"), numbers.MASS_UNIT, is_number=True),
            Head(say("Records"), is_number=True),
        ),
        made,
        note=say(
            "Scope 2 stands here by both methods: the accounts add up to no total. A number leads "
            "to the records and the published factor that it is made of."
        ),
        empty=say("Nothing is posted."),
        more=Text(say("All months, and downloads"), visit.link("inventory", **_query(year))),
    )


def _query(year: Year) -> dict[str, str | tuple[str, ...]]:
    return year.chosen.query()


def _types(visit: Visit, year: Year, inventory: Inventory) -> Drawing:
    """Draw types of facilities, whose totals are asked for: a sum is rounded once, at its end."""
    say = visit.say
    found: dict[str, dict[str, Decimal]] = {}
    for row in inventory.rows:
        found.setdefault(row.group["facility_type"], {})[row.group["scope"]] = row.kg_co2e
    bars = [
        _bar(visit, year, say(name.replace("_", " ")) if name else say("not registered"), scopes)
        for name, scopes in found.items()
    ]
    bars = sorted((each for each in bars if each.size), key=lambda each: -each.size)
    title = say("Types of facilities")
    charts = [horizontal_bars(title, bars, numbers.MASS_UNIT)] if bars else []
    return Drawing(title, charts, keys=_keys(visit, year))


def _notices(visit: Visit, scopes: Inventory) -> Table:
    say = visit.say
    causes = causes_of(scopes.notices)
    places = numbers.mass_places(each.kg_co2e for each in causes)
    rows = [
        (
            Text(say(each.title), visit.link("notices", cause=each.reason)),
            numbers.count(len(each.notices)),
            numbers.count(each.record_count),
            numbers.mass(each.kg_co2e, places),
        )
        for each in causes
    ]
    return Table(
        say("What was not the plain way"),
        (
            Head(say("Cause")),
            Head(say("Notices"), is_number=True),
            Head(say("Records, at least"), is_number=True),
            Head(say("Of the total, at least"), numbers.MASS_UNIT, is_number=True),
        ),
        rows,
        note=say(
            "A record may have several notices: the count, and the CO2e, are those of the notice "
            "that touches most."
        ),
        empty=say("No fallback and no assumption."),
    )


def _facts(visit: Visit, total: Inventory) -> Facts:
    say = visit.say
    pairs: list[tuple[str, Cell]] = [
        (say("GWP set"), Text(total.gwp_set)),
        (say("Consolidation"), Text(say(total.consolidation.replace("-", " ")))),
        (
            say("Method versions"),
            Text(", ".join(map(str, total.method_versions)) or "–", visit.link("method")),
        ),
    ]
    if total.moment is not None:
        moment = total.moment
        text = say(
            "commit {commit}, {time} UTC",
            commit=moment.commit,
            time=f"{moment.time:%Y-%m-%d %H:%M}",
        )
        pairs.append((say("As of"), Text(text)))
    return Facts(pairs)

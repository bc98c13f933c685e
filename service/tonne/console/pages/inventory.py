"""The inventory: any grouping, by month, its filters in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tonne.catalogue.words.accounts import ACCOUNTS, scope_of
from tonne.client.answers.report_results import CONSOLIDATIONS
from tonne.console.pages.overview import SCOPES, year_of
from tonne.console.parts import numbers
from tonne.console.parts.asking import together
from tonne.console.parts.blocks import (
    Command,
    Commands,
    Facts,
    Field,
    Form,
    Head,
    Lines,
    Links,
    Page,
    Table,
    Text,
)
from tonne.model import month_of_period, period_of_month

if TYPE_CHECKING:
    from decimal import Decimal

    from tonne.client import Inventory, InventoryRow
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.parts.selecting import Chosen
    from tonne.console.visits import Visit

GROUPS = ("account", "scope", "facility", "facility_type", "activity", "region")
"""What rows can be."""

SPANS = ("month", "whole")
"""What columns can be."""

GWP_SETS = ("AR4", "AR5", "AR6", "AR6-7SM7")

GROUPS_READ_MAX = 2_000
"""Groups that are read to be sorted by size; beyond it, they stand in their own order."""

ROWS_MAX = 200
"""Rows that a page shows; the downloads have all."""

MONTHS_MAX = 24
"""Months beyond which a table has no columns of months."""


@dataclass(frozen=True, slots=True)
class Laid:
    """An inventory, as a page lays it out: kg by group and month, and its sums as answered."""

    by: str
    chosen: Chosen
    months: tuple[str, ...]
    cells: dict[str, dict[str, Decimal]]
    sums: dict[str, InventoryRow]
    month_sums: dict[str, Decimal]
    whole: Inventory
    is_sorted: bool


def inventory(visit: Visit) -> Page:
    """Show an inventory."""
    say = visit.say
    by = visit.given("by", GROUPS, GROUPS[0])
    chosen = _with_months(visit)
    laid = _lay_out(visit, by, chosen)
    blocks: list[Block] = [
        _form(visit, by, chosen),
        _downloads(visit, by, chosen),
        _table(visit, laid),
    ]
    if by == "account":
        blocks += _beside(visit, laid)
    if laid.whole.suspended_count:
        text = say(
            "In suspense, and in no number here: {count} of the records.",
            count=f"{laid.whole.suspended_count:,}",
        )
        blocks.insert(2, Lines([text], "warning"))
    blocks += [_facts(visit, laid.whole), _commands(visit, by, chosen)]
    return Page(
        say("Inventory"),
        blocks,
        say("A number leads to the records and the published factor that it is made of."),
        "wide",
    )


def _with_months(visit: Visit) -> Chosen:
    """Give the selection of the address; without months that of the last year with records."""
    chosen = visit.chosen()
    if chosen.from_period or chosen.to_period or "by" in visit.query:
        return chosen
    year = year_of(visit).chosen
    return replace(chosen, from_period=year.from_period, to_period=year.to_period)


def _lay_out(visit: Visit, by: str, chosen: Chosen) -> Laid:
    client, book, asked = visit.client, visit.book, chosen.asked()
    span = visit.given("columns", SPANS, SPANS[0])
    whole = client.inventory(book, **asked)
    if whole.moment is not None:
        # All that follows is of one moment, whatever comes in meanwhile.
        asked["as_of"] = str(whole.moment.commit)
    cells: dict[str, dict[str, Decimal]] = {}
    month_sums: dict[str, Decimal] = {}
    with together() as questions:
        grouped = questions.submit(_read_groups, visit, by, asked)
        if span == "month":
            found = client.inventory(book, by="period", **asked).rows
            month_sums = {row.group["period"]: row.kg_co2e for row in found}
    sums, is_sorted = grouped.result()
    if is_sorted and 0 < len(month_sums) <= MONTHS_MAX:
        rows = client.inventory_rows(book, by=(by, "period"), **asked)
        for group, those in groupby(rows, lambda row: row.group[by]):
            if group in sums:
                cells[group] = {row.group["period"]: row.kg_co2e for row in those}
    else:
        month_sums = {}
    return Laid(by, chosen, _months_of(month_sums), cells, sums, month_sums, whole, is_sorted)


def _months_of(found: dict[str, Decimal]) -> tuple[str, ...]:
    if not found:
        return ()
    first, last = (period_of_month(each) for each in (min(found), max(found)))
    return tuple(month_of_period(each) for each in range(first, last + 1))


def _read_groups(
    visit: Visit, by: str, asked: dict[str, Any]
) -> tuple[dict[str, InventoryRow], bool]:
    """Read the groups; the largest first where they are few enough to be sorted."""
    found: list[InventoryRow] = []
    is_sorted = True
    for row in visit.client.inventory_rows(visit.book, by=by, **asked):
        if len(found) == GROUPS_READ_MAX:
            is_sorted = False
            break
        found.append(row)
    if is_sorted and by not in {"account", "scope"}:
        found.sort(key=lambda row: -row.kg_co2e)
    kept = [row for row in found if by not in {"account", "scope"} or _emits(row.group[by])]
    beside = [row for row in found if row not in kept]
    return {row.group[by]: row for row in (*kept[:ROWS_MAX], *beside)}, is_sorted


def _emits(account: str) -> bool:
    return scope_of(account).startswith("scope")


def _table(visit: Visit, laid: Laid) -> Table:
    say = visit.say
    groups = [group for group in laid.sums if laid.by not in {"account", "scope"} or _emits(group)]
    places = numbers.mass_places([*(laid.sums[each].kg_co2e for each in groups)])
    rows = [_row(visit, laid, group, places) for group in groups]
    heads = [
        Head(say(laid.by.replace("_", " ").capitalize())),
        Head(say("Sum"), is_number=True),
        *map(numbers.month_head, laid.months),
        *([] if laid.months else [Head(say("Records"), is_number=True)]),
    ]
    note = [say("In {unit}. Empty: nothing is posted, which is not zero.", unit=numbers.MASS_UNIT)]
    if laid.by in {"account", "scope"} and not laid.chosen.accounts:
        note.append(
            say("The total sums scope 1, scope 2 by location and scope 3: market-based is beside.")
        )
    if not laid.is_sorted:
        note.append(say("There are too many to be sorted: these are the first by their ids."))
        note.append(say("Their months are in the downloads, or where you choose less."))
    if len(rows) == ROWS_MAX:
        note.append(say("Further rows: choose less, or take the download, which has all."))
    return Table(
        say("Inventory"),
        heads,
        rows,
        _total(visit, laid, places) if rows else (),
        " ".join(note),
        say("Nothing is posted in this selection."),
        "sticky matrix",
    )


def _row(visit: Visit, laid: Laid, group: str, places: int) -> tuple[Cell, ...]:
    chosen = laid.chosen.narrowed({laid.by: group})
    months = laid.cells.get(group, {})
    return (
        _name(visit, laid.by, group),
        numbers.mass(laid.sums[group].kg_co2e, places, visit.explain(chosen)),
        *(
            numbers.mass(
                months.get(month),
                places,
                visit.explain(chosen and chosen.narrowed({"period": month})),
            )
            for month in laid.months
        ),
        *([] if laid.months else [numbers.count(laid.sums[group].record_count)]),
    )


def _name(visit: Visit, by: str, group: str) -> Text:
    say = visit.say
    if by == "account":
        return Text(say(ACCOUNTS.get(group, group)), below=group)
    if by == "scope":
        return Text(say(SCOPES.get(group, group)))
    if by == "facility_type":
        return Text(say(group.replace("_", " ")) if group else say("not registered"))
    return Text(group or "–")


def _total(visit: Visit, laid: Laid, places: int) -> tuple[Cell, ...]:
    say, chosen = visit.say, laid.chosen
    return (
        Text(say("Total")),
        numbers.mass(laid.whole.total.kg_co2e, places, visit.explain(chosen)),
        *(
            numbers.mass(
                laid.month_sums.get(month),
                places,
                visit.explain(chosen.narrowed({"period": month})),
            )
            for month in laid.months
        ),
        *([] if laid.months else [numbers.count(laid.whole.total.record_count)]),
    )


def _beside(visit: Visit, laid: Laid) -> list[Table]:
    """Make the table of what is no emission of a scope: energy, drivers, biogenic CO2."""
    say = visit.say
    rows: list[tuple[Cell, ...]] = []
    for account, row in laid.sums.items():
        if _emits(account):
            continue
        href = visit.explain(laid.chosen.narrowed({"account": account}))
        found: list[tuple[Decimal, str]] = [(each.amount, each.unit) for each in row.amounts]
        if row.energy_kwh is not None:
            found.append((row.energy_kwh, "kWh"))
        if scope_of(account) == "outside":
            masses = [("kg CO2", row.kg_co2), ("kg CH4", row.kg_ch4), ("kg N2O", row.kg_n2o)]
            found += [(kg, unit) for unit, kg in masses if kg is not None]
            found += [(each.kg, f"kg {each.gas}") for each in row.gases]
        rows += [
            (
                Text(say(ACCOUNTS.get(account, account)), below=account),
                numbers.amount(value, unit, href),
                Text(unit),
                numbers.count(row.record_count),
            )
            for value, unit in found
        ]
    if not rows:
        return []
    heads = (
        Head(say("Account")),
        Head(say("Amount"), is_number=True),
        Head(say("Unit")),
        Head(say("Records"), is_number=True),
    )
    return [Table(say("Beside the scopes"), heads, rows)]


def _form(visit: Visit, by: str, chosen: Chosen) -> Form:
    say = visit.say
    lists = {
        "account": chosen.accounts,
        "facility": chosen.facilities,
        "activity": chosen.activities,
        "region": chosen.regions,
    }
    kept = [(name, each) for name, values in lists.items() for each in values[1:]]
    if visit.asked_language:
        kept.append(("lang", visit.asked_language))
    once = [
        *(
            Field(name, say(name.capitalize()), values[0] if values else "")
            for name, values in lists.items()
        ),
        Field(
            "gwp_set",
            say("GWP set"),
            chosen.gwp_set,
            [("", say("of the method")), *((each, each) for each in GWP_SETS)],
        ),
        Field(
            "consolidation",
            say("Consolidation"),
            chosen.consolidation,
            [
                ("", say("of the method")),
                *((each, say(each.replace("-", " "))) for each in CONSOLIDATIONS.values()),
            ],
        ),
        Field("as_of", say("As of commit"), chosen.as_of),
        Field(
            "months_by",
            say("Months of late records"),
            chosen.months_by,
            [("", say("in which they count")), ("happened", say("in which they happened"))],
        ),
    ]
    return Form(
        visit.place("inventory"),
        [
            Field(
                "by",
                say("Rows"),
                by,
                [(each, say(each.replace("_", " ").capitalize())) for each in GROUPS],
            ),
            Field(
                "columns",
                say("Columns"),
                visit.given("columns", SPANS, SPANS[0]),
                [("month", say("Months")), ("whole", say("Sum alone"))],
            ),
            Field("from", say("From"), chosen.from_period, hint="YYYY-MM"),
            Field("to", say("To"), chosen.to_period, hint="YYYY-MM"),
        ],
        say("Show"),
        kept,
        once,
        say("Further filters"),
    )


def _downloads(visit: Visit, by: str, chosen: Chosen) -> Links:
    say = visit.say
    span = visit.given("columns", SPANS, SPANS[0])
    query = {"by": by, "columns": span, **chosen.query()}
    return Links(
        say("Downloads with every digit"),
        [
            Text("CSV", visit.link("inventory.csv", **query)),
            Text("JSON", visit.link("inventory.json", **query)),
        ],
        is_titled=True,
    )


def _facts(visit: Visit, whole: Inventory) -> Facts:
    say = visit.say
    pairs: list[tuple[str, Cell]] = [
        (say("GWP set"), Text(whole.gwp_set)),
        (say("Consolidation"), Text(say(whole.consolidation.replace("-", " ")))),
        (say("Method versions"), Text(", ".join(map(str, whole.method_versions)) or "–")),
    ]
    if whole.moment is not None:
        moment = whole.moment
        time = f"{moment.time:%Y-%m-%d %H:%M}"
        text = say("commit {commit}, {time} UTC", commit=moment.commit, time=time)
        pairs.append((say("As of"), Text(text)))
    return Facts(pairs)


def _commands(visit: Visit, by: str, chosen: Chosen) -> Commands:
    words = chosen.command(visit.book, "inventory", f"--by={by},period")
    return Commands(visit.say("The same in a terminal"), [Command(words)])

"""Tables of emissions: scopes, months, sites, gases, and the year before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tonne.catalogue.words.accounts import ACCOUNTS, scope_of
from tonne.model import month_of_period, period_of_month
from tonne.quantities import exact_sum
from tonne.yearly.asking import total_accounts
from tonne.yearly.figures import Column, Figure, Selection, Table, mass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tonne.client import Inventory, InventoryRow
    from tonne.yearly.asking import Answers, SiteRow
    from tonne.yearly.figures import Cell

SCOPES = {
    "scope1": "Scope 1",
    "scope2.location": "Scope 2, location-based",
    "scope2.market": "Scope 2, market-based",
    "scope3": "Scope 3",
}
"""The scopes, both methods of scope 2 among them, and their titles."""

MAIN_GASES = {"kg_co2": "CO2", "kg_ch4": "CH4", "kg_n2o": "N2O"}

_Row = tuple[str, "Mapping[str, Decimal]", "Decimal | None", "Selection | None"]

_BY_SCOPE = tuple(mass(scope.replace(".", "_"), title) for scope, title in SCOPES.items())


def title_of(account: str) -> str:
    """Give the title of an account, or of what is above several."""
    return ACCOUNTS.get(account) or SCOPES.get(account, "")


def selection_of(
    answers: Answers,
    accounts: Iterable[str],
    *,
    period: str = "",
    facilities: tuple[str, ...] = (),
) -> Selection:
    """Say what a number of these accounts is of; of one month or of the year."""
    asked = answers.question
    return Selection(
        asked.book,
        period or answers.from_period,
        period or answers.to_period,
        tuple(accounts),
        facilities,
        asked.gwp_set,
        asked.consolidation,
        answers.moment.commit,
    )


def account_kg(inventory: Inventory) -> dict[str, Decimal]:
    """Give the kg CO2e of each account of an inventory by account, but of memos."""
    return {
        row.group["account"]: row.kg_co2e
        for row in inventory.rows
        if scope_of(row.group["account"]) != "memo"
    }


def scope_kg(answers: Answers) -> dict[str, Decimal]:
    """Give the kg CO2e of each scope."""
    return {row.group["scope"]: row.kg_co2e for row in answers.scopes.rows}


def scopes_table(answers: Answers) -> Table:
    """Make the table of scopes and the totals of both methods."""
    found = scope_kg(answers)
    rows: list[tuple[Cell, ...]] = [
        (title, _figure(answers, found.get(scope), (scope,)), _taken(answers, scope))
        for scope, title in SCOPES.items()
    ]
    for method, inventory in answers.totals.items():
        total = inventory.total
        figure = _figure(answers, total.kg_co2e, total_accounts(method))
        rows.append(
            (
                f"Total, {method}-based",
                figure if total.record_count else None,
                "this is the total" if method == answers.question.method_2 else "",
            )
        )
    return Table(
        "scopes",
        "Scopes by both methods",
        (Column("scope", "Scope"), mass("kg_co2e", "Emissions"), Column("role", "In the total")),
        tuple(rows),
        note="Empty: nothing is posted to it in these months, which is not the same as zero.",
    )


def _taken(answers: Answers, scope: str) -> str:
    return "yes" if scope in answers.summed else "no: the other method is"


def _figure(answers: Answers, kg: Decimal | None, accounts: tuple[str, ...]) -> Figure | None:
    return None if kg is None else Figure(kg, selection_of(answers, accounts))


def accounts_table(answers: Answers) -> Table:
    """Make the table of all accounts with their titles."""
    rows = [
        (
            row.group["account"],
            title_of(row.group["account"]),
            Figure(row.kg_co2e, selection_of(answers, (row.group["account"],))),
            row.record_count,
        )
        for row in answers.accounts.rows
        if scope_of(row.group["account"]).startswith("scope")
    ]
    return Table(
        "accounts",
        "Accounts",
        (
            Column("account", "Account"),
            Column("title", "What goes there"),
            mass("kg_co2e", "Emissions"),
            Column("records", "Records"),
        ),
        tuple(rows),
        note="Scope 2 stands here by both methods: the accounts add up to no total.",
    )


def outside_table(answers: Answers) -> Table:
    """Make the table of what is reported apart from the scopes: masses of gases."""
    rows: list[tuple[Cell, ...]] = []
    for row in answers.accounts.rows:
        account = row.group["account"]
        if scope_of(account) == "outside":
            where = selection_of(answers, (account,))
            rows += [
                (account, title_of(account), gas, Figure(kg, where), row.record_count)
                for gas, kg in gases_of(row).items()
            ]
    return Table(
        "outside",
        "Outside the scopes",
        (
            Column("account", "Account"),
            Column("title", "What goes there"),
            Column("gas", "Gas"),
            Column("kg", "Mass", "t", "kg", 1_000),
            Column("records", "Records"),
        ),
        tuple(rows),
    )


def months_table(answers: Answers) -> Table:
    """Make the table of months by scope; a month without any record is empty."""
    found: dict[str, dict[str, Decimal]] = {}
    for row in answers.months.rows:
        found.setdefault(row.group["period"], {})[row.group["scope"]] = row.kg_co2e
    first = period_of_month(answers.from_period)
    months = [month_of_period(period) for period in range(first, first + 12)]
    return _by_scope_table(
        answers,
        ("months", "Months", "Month"),
        [
            (
                month,
                found.get(month, {}),
                answers.month_totals.get(month),
                selection_of(answers, (), period=month),
            )
            for month in months
        ],
    )


def types_table(answers: Answers) -> Table:
    """Make the table of types of facilities; no selection of `explain` is by type."""
    found: dict[str, dict[str, Decimal]] = {}
    for row in answers.types.rows:
        found.setdefault(row.group["facility_type"], {})[row.group["scope"]] = row.kg_co2e
    return _by_scope_table(
        answers,
        ("facility_types", "Types of facilities", "Type"),
        [
            (
                name.replace("_", " ") or "not registered",
                by_scope,
                answers.type_totals.get(name),
                None,
            )
            for name, by_scope in found.items()
            if any(each in by_scope for each in SCOPES)
        ],
        is_sorted=True,
    )


def sites_table(answers: Answers) -> Table:
    """Make the table of the largest facilities, with all others as one row."""
    sites = answers.sites
    if sites is None:
        return _by_scope_table(
            answers,
            ("facilities", "Facilities", "Facility"),
            [],
            note="The book has more facilities than the server lists in one answer: see the types "
            "of facilities.",
        )
    rows: list[_Row] = [
        (
            _site_name(answers, each),
            each.by_scope,
            sites.totals.get(each.facility),
            selection_of(answers, (), facilities=(each.facility,)),
        )
        for each in sites.largest
    ]
    if sites.rest is not None:
        others = sites.rest.by_scope
        whole = exact_sum(others[each] for each in answers.summed if each in others)
        rows.append((f"{sites.rest_count:,} others", others, whole, None))
    return _by_scope_table(
        answers,
        ("facilities", "Largest facilities", "Facility"),
        rows,
        note="By their part of the total. What the others have is the sum of their rows.",
    )


def _site_name(answers: Answers, site: SiteRow) -> str:
    known = answers.sites.names.get(site.facility) if answers.sites else None
    name = known.display_name if known else ""
    return f"{site.facility} ({name})" if name else site.facility or "(no facility)"


def _by_scope_table(
    answers: Answers,
    names: tuple[str, str, str],
    found: list[_Row],
    *,
    note: str = "",
    is_sorted: bool = False,
) -> Table:
    """Make a table with a column for each scope and the total.

    `found` has a name, kg by scope, the total, and what of the selection the row is: None where
    nothing explains it.
    """
    made: list[tuple[Decimal, tuple[Cell, ...]]] = []
    for name, by_scope, whole, part in found:
        cells: list[Cell] = [name]
        for scope in SCOPES:
            where = None if part is None else replace(part, accounts=(scope,))
            cells.append(Figure(by_scope[scope], where) if scope in by_scope else None)
        where = None if part is None else replace(part, accounts=answers.summed)
        cells.append(None if whole is None else Figure(whole, where))
        made.append((whole or Decimal(0), tuple(cells)))
    if is_sorted:
        made.sort(key=lambda each: -each[0])
    key, title, head = names
    rows = tuple(cells for _, cells in made)
    return Table(
        key,
        title,
        (Column("name", head), *_BY_SCOPE, mass("total", "Total")),
        rows,
        _total_row(answers) if rows else None,
        note,
    )


def _total_row(answers: Answers) -> tuple[Cell, ...]:
    """Give the row of totals as the inventory has them."""
    found = scope_kg(answers)
    total = _figure(answers, answers.total.total.kg_co2e, answers.summed)
    return ("Total", *(_figure(answers, found.get(each), (each,)) for each in SCOPES), total)


def gases_of(row: InventoryRow) -> dict[str, Decimal]:
    """Give the kg of each gas that factors of a row state."""
    main = {gas: kg for name, gas in MAIN_GASES.items() if (kg := getattr(row, name)) is not None}
    return main | {each.gas: each.kg for each in row.gases}


def gases_table(answers: Answers) -> Table:
    """Make the table of the gases of the total."""
    total = answers.total.total
    worth = {each.gas: each.kg_co2e for each in total.gases}
    partial = {each.upper() for each in total.partial_gases}
    where = selection_of(answers, answers.summed)
    rows = []
    for gas, kg in gases_of(total).items():
        known = kg if gas == "CO2" else worth.get(gas)
        rows.append(
            (
                gas,
                Figure(kg, where),
                None if known is None else Figure(known, where),
                "partial: some factors do not state it" if gas in partial else "",
            )
        )
    return Table(
        "gases",
        "Gases",
        (
            Column("gas", "Gas"),
            Column("kg", "Mass", "t", "kg", 1_000),
            mass("kg_co2e", "As CO2e"),
            Column("note", "Note"),
        ),
        tuple(rows),
        note=f"Of the total, under {answers.total.gwp_set}. The API tells the CO2e of CH4 and N2O "
        "in totals alone. What a publisher printed as CO2e without its gases is in no row here.",
    )


def differences_table(answers: Answers) -> Table:
    """Make the table of differences from the year before, account by account."""
    now, before = account_kg(answers.accounts), account_kg(answers.last_year)
    rows: list[tuple[Cell, ...]] = []
    for account in sorted(now.keys() | before.keys()):
        if not account.startswith("scope"):
            continue
        new, old = now.get(account), before.get(account)
        change = exact_sum((new or Decimal(0), (old or Decimal(0)).copy_negate()))
        rows.append(
            (
                account,
                title_of(account),
                None if old is None else Figure(old),
                _figure(answers, new, (account,)),
                Figure(change),
            )
        )
    return Table(
        "last_year",
        "Differences from the year before",
        (
            Column("account", "Account"),
            Column("title", "What goes there"),
            mass("before", "Year before"),
            mass("now", "This year"),
            mass("change", "Difference"),
        ),
        tuple(rows),
        note="A difference is of records and of factors alike: it does not tell which of them "
        "changed. Empty: nothing was posted.",
    )

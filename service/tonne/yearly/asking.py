"""Asks the API all that a report shows."""

from __future__ import annotations

import heapq
import json
from calendar import monthrange
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.client.wire.filters import quoted
from tonne.errors import CapacityError
from tonne.model import month_of_period, period_of_month
from tonne.quantities import exact_sum
from tonne.yearly.coverage import CoverageSum, add_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tonne.client import Client, Inventory, InventoryRow
    from tonne.client.answers.results import BookMoment, SuspenseCause
    from tonne.client.answers.steering.indicator_results import Indicator, IndicatorValues
    from tonne.model import Book, Edition, Facility, Method
    from tonne.statements.answers import TargetProgress

MONTHS = 12

FACILITIES_NAMED = 15
"""Facilities that stand in a report by themselves; the others are one row."""

METHODS_2 = ("location", "market")
"""Methods of scope 2."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is of.

    Parameters
    ----------
    book : str
        Book id.
    year : int
        Year in which the reporting year begins.
    method_2 : str
        Method of scope 2 that the total takes, one of `METHODS_2`.
    gwp_set, consolidation : str
        As in an inventory; empty: those of the book's method.
    with_coverage : bool
        Whether coverage is asked for, which reads the book's records.
    as_of : str
        The number of a commit or a time; empty: now. All that is asked is as of one commit.
    """

    book: str
    year: int
    method_2: str = "location"
    gwp_set: str = ""
    consolidation: str = ""
    with_coverage: bool = True
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """What a facility, or all others together, emitted by scope, kg CO2e."""

    facility: str
    by_scope: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Sites:
    """The facilities with the most emissions, and all others as one.

    `names` and `totals` are by facility.
    """

    largest: tuple[SiteRow, ...]
    rest: SiteRow | None
    rest_count: int
    names: Mapping[str, Facility]
    totals: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class AskedTarget:
    """A target and where it stands, or why that cannot be told."""

    id: str
    title: str
    progress: TargetProgress | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """All that was asked; see `tonne.client`.

    `totals` are those of both methods of scope 2. All of it is as of `moment`, but for names and
    titles.
    """

    question: Question
    book: Book
    from_period: str
    to_period: str
    methods: tuple[Method, ...]
    editions: tuple[Edition, ...]
    totals: Mapping[str, Inventory]
    scopes: Inventory
    accounts: Inventory
    months: Inventory
    month_totals: Mapping[str, Decimal]
    types: Inventory
    type_totals: Mapping[str, Decimal]
    sites: Sites | None
    last_year: Inventory
    last_year_total: Inventory
    indicators: IndicatorValues
    indicator_months: IndicatorValues
    definitions: Mapping[str, Indicator]
    targets: tuple[AskedTarget, ...]
    causes: tuple[SuspenseCause, ...]
    causes_omitted_count: int
    coverage: CoverageSum | None
    moment: BookMoment

    @property
    def total(self) -> Inventory:
        """The total of the method of scope 2 that was asked for."""
        return self.totals[self.question.method_2]

    @property
    def summed(self) -> tuple[str, ...]:
        """Scopes that the total sums."""
        return total_accounts(self.question.method_2)


def total_accounts(method_2: str) -> tuple[str, ...]:
    """Accounts that make the total under a method of scope 2."""
    return ("scope1", f"scope2.{method_2}", "scope3")


def ask(client: Client, question: Question, tell: Callable[[str], None]) -> Answers:
    """Ask all that a report shows; `tell` is told what is being asked for.

    Raises
    ------
    TonneError
        The server refuses or does not answer.
    """
    book, coverage = question.book, None
    moment = _find_moment(client, question)
    methods = _known_methods(client, book, moment)
    rules = json.loads(methods[-1].body)
    first = period_of_month(f"{question.year:04d}-{rules.get('reporting_year_start', 1):02d}")
    months = _year_from(first)
    then: dict[str, Any] = {"as_of": moment.commit}
    valued = {"gwp_set": question.gwp_set, "consolidation": question.consolidation, **then}
    asked: dict[str, Any] = {**months, **valued}
    before: dict[str, Any] = {**_year_from(first - MONTHS), **valued}
    accounts_of_total = total_accounts(question.method_2)
    tell("inventory")
    totals = {
        method: client.inventory(book, accounts=total_accounts(method), **asked)
        for method in METHODS_2
    }
    by_scope = client.inventory(book, by="scope", **asked)
    accounts = client.inventory(book, by="account", **asked)
    by_month = client.inventory(book, by=("period", "scope"), **asked)
    types = client.inventory(book, by=("facility_type", "scope"), **asked)
    # A total is asked for, and not added up: the API rounds a sum once, at its last place.
    month_totals, type_totals = (
        _totals_by(client, book, name, accounts=accounts_of_total, **asked)
        for name in ("period", "facility_type")
    )
    tell("facilities")
    sites = _ask_sites(client, question, asked)
    tell("indicators and targets")
    indicators = client.indicators(book, **asked)
    indicator_months = client.indicators(book, **asked, span="month")
    definitions = {each.id: each for each in client.list_indicators()}
    causes, omitted_count = client.list_suspense_causes(book, **then)
    if question.with_coverage:
        tell("coverage, which reads the records")
        coverage = add_up(client.coverage(book, **months, **then))
    versions = {*accounts.method_versions, methods[-1].version}
    return Answers(
        question,
        client.get_book(book),
        months["from_period"],
        months["to_period"],
        tuple(each for each in methods if each.version in versions),
        _ranked(client.list_editions(book), rules.get("editions", ())),
        totals,
        by_scope,
        accounts,
        by_month,
        month_totals,
        types,
        type_totals,
        sites,
        client.inventory(book, by="account", **before),
        client.inventory(book, accounts=accounts_of_total, **before),
        indicators,
        indicator_months,
        definitions,
        _ask_targets(client, book, months, moment),
        tuple(causes),
        omitted_count,
        coverage,
        moment,
    )


def _find_moment(client: Client, question: Question) -> BookMoment:
    """Find the commit as of which all is asked: the inventory of one month says it."""
    month = f"{question.year:04d}-01"
    found = client.inventory(
        question.book, from_period=month, to_period=month, as_of=question.as_of
    ).moment
    assert found is not None  # noqa: S101  every inventory of a book is of a commit
    return found


def _known_methods(client: Client, book: str, moment: BookMoment) -> list[Method]:
    """List the versions of the method up to the one that was in force."""
    found = [each for each in client.list_methods(book) if each.create_time <= moment.time]
    return sorted(found, key=lambda each: each.version)


def _ranked(editions: Iterable[Edition], preferred: Sequence[str]) -> tuple[Edition, ...]:
    """Give the editions of a method in its order of preference."""
    known = {each.id: each for each in editions}
    return tuple(
        replace(known[each], rank=rank) for rank, each in enumerate(preferred, 1) if each in known
    )


def _year_from(first: int) -> dict[str, Any]:
    return {
        "from_period": month_of_period(first),
        "to_period": month_of_period(first + MONTHS - 1),
    }


def _ask_sites(client: Client, question: Question, asked: Mapping[str, Any]) -> Sites | None:
    """Ask for the largest facilities; None where the server cannot list them in one answer."""
    scopes = total_accounts(question.method_2)
    try:
        rows = client.inventory_rows(
            question.book, by=("facility", "scope"), accounts=_EMITTING, **asked
        )
        largest, rest, rest_count = largest_of(rows, scopes)
    except CapacityError:
        return None
    names, totals = {}, {}
    if largest:
        ids = tuple(each.facility for each in largest)
        totals = _totals_by(
            client, question.book, "facility", accounts=scopes, facilities=ids, **asked
        )
    for each in largest:
        for facility in client.list_facilities(
            question.book, filter_by=f"id = {quoted(each.facility)}"
        ):
            names[facility.id] = facility
    return Sites(largest, rest, rest_count, names, totals)


def _totals_by(
    client: Client, book: str, column: str, **selection: str | tuple[str, ...]
) -> dict[str, Decimal]:
    """Ask for the totals of a selection by one column."""
    found = client.inventory(book, by=column, **selection)  # type: ignore[arg-type]  # of texts or tuples
    return {row.group[column]: row.kg_co2e for row in found.rows}


_EMITTING = tuple(each for each in ACCOUNTS if each.startswith("scope"))


def largest_of(
    rows: Iterable[InventoryRow], scopes: tuple[str, ...]
) -> tuple[tuple[SiteRow, ...], SiteRow | None, int]:
    """Keep the facilities with the most emissions of these scopes, and add up the others.

    `rows` are by facility and scope, in their order: one facility at a time is in memory, beside
    those that are kept.
    """
    kept: list[tuple[Decimal, str, SiteRow]] = []
    others: dict[str, Decimal] = {}
    other_count = 0
    for facility, those in groupby(rows, lambda row: row.group["facility"]):
        by_scope = {row.group["scope"]: row.kg_co2e for row in those}
        size = exact_sum(by_scope[each] for each in scopes if each in by_scope)
        heapq.heappush(kept, (size, facility, SiteRow(facility, by_scope)))
        if len(kept) > FACILITIES_NAMED:
            _, _, least = heapq.heappop(kept)
            other_count += 1
            for scope, mass in least.by_scope.items():
                others[scope] = exact_sum((others.get(scope, Decimal(0)), mass))
    largest = sorted(kept, key=lambda each: (-each[0], each[1]))
    rest = SiteRow("", others) if other_count else None
    return tuple(site for _, _, site in largest), rest, other_count


def _ask_targets(
    client: Client, book: str, months: Mapping[str, str], moment: BookMoment
) -> tuple[AskedTarget, ...]:
    """Ask where each target stands in the year, or by its latest figure where its years differ."""
    year, month = months["to_period"].split("-")
    found = client.list_target_progress(
        book,
        year_start=months["from_period"],
        valid_on=f"{year}-{month}-{monthrange(int(year), int(month))[1]:02d}",
        as_of=moment.commit,
    )
    asked = (
        AskedTarget(each.target, each.display_name, each.progress, each.message) for each in found
    )
    return tuple(sorted(asked, key=lambda each: each.id))

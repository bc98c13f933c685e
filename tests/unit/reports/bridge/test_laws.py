"""Laws of bridges, on random books, against a naive program of records and fractions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.reports.books import outcome_of
from tests.unit.reports.bridge.laws import NaiveBook, parts_of, side_of, sights_of
from tests.unit.reports.test_inventory import ENTITIES, OUTCOMES, OWNED, RECORDS, REQUESTS
from tonne.catalogue.words.method import CONSOLIDATIONS
from tonne.reports.bridge.answers import DIMENSIONS, Scope
from tonne.reports.bridge.parts import bridge_of
from tonne.reports.bridge.walk import Walker
from tonne.statements.changes.bridges import Approach, Cause


def revised(outcomes, texts):
    """The same rules with other printed totals."""

    def other(resolution, text):
        if resolution is None:
            return None
        entries = [
            replace(each, factor=replace(each.factor, kg_co2e=text))
            if each.factor.kg_co2e and not each.factor.gwp_set
            else each
            for each in resolution.entries
        ]
        return replace(resolution, entries=tuple(entries), method_version=9)

    return {
        key: other(each, texts[number % len(texts)])
        for number, (key, each) in enumerate(outcomes.items())
    }


FIGURES = st.lists(st.sampled_from(["0.3", "1.75", "-2", "0"]), min_size=1, max_size=3)


class Book(tuple):
    """Records, outcomes, register, entities and later outcomes; written so that people read it."""

    __slots__ = ()

    def __repr__(self):
        records, outcomes, facilities, entities, later = self
        told = [
            {key: each and [one.account for one in each.entries] for key, each in some.items()}
            for some in (outcomes, later)
        ]
        return f"{records}, {facilities.rows()}, {entities}, {told}"[:5_000]


BOOKS = st.tuples(RECORDS, OUTCOMES, OWNED, ENTITIES).flatmap(
    lambda book: st.one_of(OUTCOMES, FIGURES.map(lambda texts: revised(book[1], texts))).map(
        lambda later: Book((*book, later))
    )
)
MONTHS = st.tuples(st.integers(538, 551), st.integers(538, 551))
SIDES = st.builds(
    side_of,
    MONTHS,
    gwp_set=st.sampled_from(["", "AR4", "AR5", "AR6"]),
    consolidation=st.sampled_from([Approach.NONE, *map(Approach, CONSOLIDATIONS)]),
    method_version=st.sampled_from([0, 0, 1]),
    structure_on=st.sampled_from(["", "", "2015-02-15", "2015-07-01"]),
)
SCOPES = REQUESTS.map(
    lambda each: Scope(each.facilities, each.activities, each.accounts, each.regions)
)
GROUPINGS = st.sets(st.sampled_from(DIMENSIONS), min_size=1).map(
    lambda names: tuple(sorted(names))
)
LAWS = settings(deadline=None, max_examples=40)


def walk(book, scope, first, last, group_by=("account",)):
    records, outcomes, facilities, entities, later = book
    sights = sights_of(records, outcomes, facilities, entities, later)
    return Walker(sights, scope, group_by).walk(first, last)


def naive(book):
    return NaiveBook(*book)


@LAWS
@given(BOOKS, SCOPES, SIDES, SIDES, GROUPINGS)
def test_the_parts_add_up_between_two_inventories(book, scope, first, last, group_by):
    """Whatever two answers differ in, both ends are naive inventories; nothing is left over."""
    found = walk(book, scope, first, last, group_by)
    assert found.first == naive(book).total(first, scope)
    assert found.last == naive(book).total(last, scope)
    assert found.first + sum(part.kg for part in found.parts) == found.last
    told = bridge_of(found, group_by, rows_max=2)
    printed = sum(Fraction(part.kg_co2e) for part in told.parts)
    assert printed == Fraction(told.to_kg_co2e) - Fraction(told.from_kg_co2e)
    for part in told.parts:
        rows = sum((Fraction(row.kg_co2e) for row in part.rows), Fraction(0))
        assert rows + Fraction(part.other_kg_co2e) == Fraction(part.kg_co2e)


@LAWS
@given(BOOKS, SCOPES, SIDES)
def test_nothing_lies_between_an_answer_and_itself(book, scope, side):
    """A bridge over nothing is empty."""
    assert walk(book, scope, side, side).parts == []


@LAWS
@given(BOOKS, SCOPES, SIDES, SIDES, st.sampled_from(["gwp_set", "consolidation", "structure_on"]))
def test_one_input_is_one_cause_and_turns_its_sign_with_the_walk(book, scope, first, other, name):
    """GWP set, approach, day of the structure: there and back are opposite, and one cause."""
    last = replace(first, **{name: getattr(other, name)})
    there, back = walk(book, scope, first, last), walk(book, scope, last, first)
    causes = {"gwp_set": Cause.GWP_SET, "consolidation": Cause.CONSOLIDATION,
              "structure_on": Cause.STRUCTURE}  # fmt: skip
    assert {part.cause for part in there.parts} <= {causes[name]}
    assert [part.rows for part in there.parts] == [
        {group: -kg for group, kg in part.rows.items()} for part in back.parts
    ]


@LAWS
@given(BOOKS, SCOPES, MONTHS, MONTHS)
def test_what_was_done_is_split_cell_by_cell(book, scope, before, after):
    """Volume at the factor of before, factor at the quantity of after; new and ended apart."""
    first, last = side_of(before), side_of(after)
    assume(first != last)
    book = Book((*book[:3], (), book[4]))
    expected = defaultdict(Fraction)
    old, new = (naive(book).cells(side, scope) for side in (first, last))
    for name in {*old, *new}:
        (q1, kg1), (q2, kg2) = (sides.get(name, (0, {})) for sides in (old, new))
        for account in {*kg1, *kg2}:
            e1, e2 = kg1.get(account, 0), kg2.get(account, 0)
            if q1 and q2:
                expected[Cause.VOLUME] += (q2 - q1) * Fraction(e1, q1)
                expected[Cause.FACTOR] += q2 * (Fraction(e2, q2) - Fraction(e1, q1))
            elif q1:
                expected[Cause.ENDED_ACTIVITY] += e2 - e1
            elif q2:
                expected[Cause.NEW_ACTIVITY] += e2 - e1
            else:
                expected[Cause.FACTOR] += e2 - e1
    found = walk(book, scope, first, last)
    made = defaultdict(Fraction)
    for part in found.parts:
        made[part.cause] += part.kg
    assert {cause: kg for cause, kg in made.items() if kg} == {
        cause: kg for cause, kg in expected.items() if kg
    }


def rule(resolution):
    """Accounts, stages and ratios of a resolution."""
    if resolution is None:
        return []
    found = []
    for entry in resolution.entries:
        ratio = Fraction(1)
        for step in entry.steps:
            ratio *= step.ratio
        found.append((entry.account, entry.stage, ratio))
    return sorted(found)


@LAWS
@given(BOOKS, SCOPES, MONTHS, st.booleans())
def test_a_version_changes_factors_where_the_rule_stays(book, scope, months, turned):
    """FACTOR is of the parts whose accounts, stages and ratios stay; METHOD is all else."""
    records, outcomes, *_, later = book
    posted, under = side_of(months), side_of(months, method_version=1)
    first, last = (under, posted) if turned else (posted, under)
    reader = naive(book)
    made = []
    for record in records:
        waits = outcome_of(record, outcomes) is None
        for each in parts_of([record]):
            key = (each.activity, each.first_period)
            old = [] if waits else rule(outcomes.get(key))
            made.append((each, waits, old == rule(later.get(key))))

    def moved(chosen):
        """What these parts have more under the version than as they are posted."""
        now = [each for each, waits, _ in chosen if not waits]
        then = [each for each, *_ in chosen]
        return reader.total(under, scope, then) - reader.total(posted, scope, now)

    sign = -1 if turned else 1
    factor = sign * moved([each for each in made if each[2]])
    whole = sign * moved(made)
    found = walk(book, scope, first, last)
    parts = defaultdict(Fraction)
    for part in found.parts:
        parts[part.cause] += part.kg
    assert parts.pop(Cause.FACTOR, 0) == factor
    assert parts.pop(Cause.METHOD, 0) == whole - factor
    assert not parts

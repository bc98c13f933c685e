"""Shares of entities and facilities: dates, approaches, and products up the tree."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.catalogue.words.method import CONSOLIDATIONS
from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.ledger.book.entities import check_entity, check_tree
from tonne.ledger.pages import Ask
from tonne.model import Entity, Facility, FinancialControl, Holding
from tonne.reports.inventory.consolidation import facility_share, share

DAY = dt.date(2025, 6, 1)
OPERATIONAL, FINANCIAL, EQUITY = CONSOLIDATIONS
FULL, JOINT, NONE = FinancialControl.FULL, FinancialControl.JOINT, FinancialControl.NONE


def entity(name, parent="", *holdings):
    return Entity(name, parent=parent, holdings=holdings)


def test_half_of_83_percent_is_41_and_a_half():
    """Shares of shares are exact products, whatever the depth."""
    tree = [
        entity("group"),
        entity("sub", "group", Holding(equity_share="0.83")),
        entity("venture", "sub", Holding(equity_share="0.5")),
    ]
    assert share(tree, "venture", EQUITY, DAY) == Fraction("0.415")
    assert share(tree, "sub", EQUITY, DAY) == Fraction("0.83")
    assert share(tree, "group", EQUITY, DAY) == 1


@pytest.mark.parametrize(
    ("control", "is_operated", "expected"),
    [
        (FULL, True, (1, 1, "0.3")),
        (FULL, False, (0, 1, "0.3")),
        (JOINT, True, (1, "0.3", "0.3")),
        (JOINT, False, (0, "0.3", "0.3")),
        (NONE, True, (1, 0, "0.3")),
        (NONE, False, (0, 0, "0.3")),
    ],
)
def test_each_approach_counts_its_own(control, is_operated, expected):
    """Operational control is all or nothing, financial control knows joint ventures."""
    holding = Holding("", "", "0.3", control, is_operated)
    tree = {"sub": entity("sub", "", holding)}
    found = tuple(share(tree, "sub", approach, DAY) for approach in CONSOLIDATIONS)
    assert found == tuple(Fraction(each) for each in expected)


def test_control_is_lost_anywhere_up_the_tree():
    """What belongs to something that is not operated is not operated."""
    tree = [
        entity("sub", "", Holding(equity_share="0.4", is_operated=False)),
        entity("plant", "sub", Holding()),
    ]
    assert share(tree, "plant", OPERATIONAL, DAY) == 0
    assert share(tree, "plant", FINANCIAL, DAY) == 1
    assert share(tree, "plant", EQUITY, DAY) == Fraction("0.4")


def test_a_holding_counts_on_its_own_days():
    """From its first day to the day before its end; between two holdings nothing counts."""
    tree = [
        entity(
            "sub",
            "",
            Holding("2024-01-01", "2025-01-01", "0.3"),
            Holding("2025-07-01", "", "0.6"),
        )
    ]
    for day, expected in (
        ("2023-12-31", "0"),
        ("2024-01-01", "0.3"),
        ("2024-12-31", "0.3"),
        ("2025-01-01", "0"),
        ("2025-06-30", "0"),
        ("2025-07-01", "0.6"),
        ("2199-12-31", "0.6"),
    ):
        found = share(tree, "sub", EQUITY, dt.date.fromisoformat(day))
        assert found == Fraction(expected), day


def test_what_is_unknown_is_the_organisation_itself():
    """A facility without an entity, or of one that nobody entered, counts whole."""
    assert share([], "", EQUITY, DAY) == share([entity("a")], "b", EQUITY, DAY) == 1
    assert facility_share(Facility("dc-1"), [], EQUITY, DAY) == 1


def test_a_facility_counts_on_its_days():
    """From its own first day and that of the holding to the day before the first of them ends."""
    tree = [entity("sub", "", Holding("2024-02-15", "", "0.5"))]
    facility = Facility("dc-1", entity="sub", valid_from="2024-01-01", valid_to="2024-05-03")
    days = ("2024-02-14", "2024-02-15", "2024-05-02", "2024-05-03")
    found = [facility_share(facility, tree, EQUITY, dt.date.fromisoformat(day)) for day in days]
    assert found == [0, Fraction(1, 2), Fraction(1, 2), 0]


def test_a_circle_is_told_and_not_followed():
    """Stored entities that contradict each other never hang a report."""
    tree = [entity("a", "b"), entity("b", "a")]
    with pytest.raises(LedgerInconsistent):
        share(tree, "a", EQUITY, DAY)


shares = st.integers(0, 1000).map(lambda thousandths: str(Decimal(thousandths) / 1000))
any_day = st.dates(dt.date(2019, 1, 1), dt.date(2031, 1, 1))
controls = st.sampled_from(FinancialControl)
days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)).map(dt.date.isoformat)


@st.composite
def holdings(draw):
    """Holdings that do not overlap."""
    bounds = sorted(set(draw(st.lists(days, max_size=5))))
    spans = list(itertools.pairwise(bounds))
    kept = draw(st.lists(st.sampled_from(spans), unique=True)) if spans else []
    return tuple(
        Holding(first, stop, draw(shares), draw(controls), draw(st.booleans()))
        for first, stop in sorted(kept)
    )


@st.composite
def trees(draw):
    """Entities, each belonging to an earlier one or to nobody."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        parent = draw(st.sampled_from(["", *(each.id for each in made)]))
        made.append(Entity(f"e{number}", parent=parent, holdings=draw(holdings())))
    return made


@given(
    trees(), st.sampled_from(CONSOLIDATIONS), st.dates(dt.date(2019, 1, 1), dt.date(2031, 1, 1))
)
def test_shares_obey_the_law_of_products(tree, approach, day):
    """An entity's share is its parent's times its own alone: never more than the parent's."""
    check_tree({each.id: each for each in tree})
    for each in tree:
        assert check_entity(each, "here") == each
        found = share(tree, each.id, approach, day)
        above = share(tree, each.parent, approach, day)
        alone = share([replace(each, parent="")], each.id, approach, day)
        assert found == above * alone
        assert 0 <= found <= above <= 1
        if approach == OPERATIONAL:
            assert found in (0, 1)


@given(trees(), any_day)
def test_the_order_of_the_entities_does_not_matter(tree, day):
    """A mapping and a sequence in any order are the same tree."""
    by_id = {each.id: each for each in reversed(tree)}
    for each in tree:
        assert share(tree, each.id, EQUITY, day) == share(by_id, each.id, EQUITY, day)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (entity(""), "id"),
        (entity("é" * 129), "id"),
        (Entity("a", display_name="x" * 1001), "display_name"),
        (entity("a", "", Holding(equity_share="1.01")), "equity_share"),
        (entity("a", "", Holding(equity_share="-0.1")), "equity_share"),
        (entity("a", "", Holding(equity_share="")), "equity_share"),
        (entity("a", "", Holding(equity_share="1e-1")), "equity_share"),
        (entity("a", "", Holding(equity_share="50 %")), "equity_share"),
        (entity("a", "", Holding(valid_from="20240101")), "valid_from"),
        (entity("a", "", Holding(valid_to="2024-02-30")), "valid_to"),
        (entity("a", "", Holding("2024-02-01", "2024-02-01")), "valid_to"),
        (entity("a", "", Holding(), Holding("2024-02-01")), "valid_from"),
        (
            entity("a", "", Holding("2024-02-01", "2024-04-01"), Holding("2024-03-01")),
            "valid_from",
        ),
        (entity("a", "", Holding("2024-02-01"), Holding("2024-02-01")), "valid_from"),
    ],
)
def test_a_wrong_entity_is_told_by_its_field(wrong, told):
    """The first field that is wrong is named with the place of the entity."""
    with pytest.raises(FieldInvalid, match=rf"entities\[3\], {told}:"):
        check_entity(wrong, "entities[3]")


def test_holdings_are_put_in_order_of_time():
    """They may come in any order."""
    late, early = Holding("2024-02-01"), Holding("", "2024-02-01")
    assert check_entity(entity("a", "", late, early), "").holdings == (early, late)


def test_entities_are_a_tree(bench):
    """Parents are there, in the book or in the import, and nothing belongs to itself."""
    ledger = bench.ledger
    with pytest.raises(FieldInvalid, match="parent"):
        ledger.register.import_entities("acme", [entity("a", "nobody")])
    assert ledger.register.import_entities("acme", [entity("b", "a"), entity("a")]) == (2, 0)
    assert ledger.register.import_entities("acme", [entity("c", "b")]) == (1, 0)
    for circle in ([entity("a", "c")], [entity("a", "a")], [entity("x", "y"), entity("y", "x")]):
        with pytest.raises(FieldInvalid, match="circle"):
            ledger.register.import_entities("acme", circle)
    with pytest.raises(FieldInvalid, match="each id once"):
        ledger.register.import_entities("acme", [entity("d"), entity("d")])
    assert [each.id for each in ledger.register.entities("acme")] == ["a", "b", "c"]
    first = ledger.register.list_entities("acme", Ask(page_size=2))
    rest = ledger.register.list_entities(
        "acme", Ask(page_size=2, page_token=first.next_page_token)
    )
    assert [each.id for each in (*first.items, *rest.items)] == ["a", "b", "c"]

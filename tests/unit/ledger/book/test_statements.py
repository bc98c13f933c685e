"""Statements of a book: versions follow, none is changed, a repeat states nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne.errors import ContentMustMatch, FieldInvalid, StatementChanged, StatementUnknown
from tonne.ledger.book.statements.statements import View
from tonne.statements.statement import Kind, Statement
from tonne.statements.suppliers import Attribute, Evidence, Supplier

SUPPLIERS = View(Kind.SUPPLIER)


def supplier(id_, name="Northern Boards", **changes):
    """A statement of a supplier."""
    made = Statement(Kind.SUPPLIER, id_, Supplier(name), "2025-01-01", "the register", "Ada")
    return replace(made, **changes)


def evidence(id_, of, **changes):
    """A statement of evidence."""
    says = Evidence(of, Attribute.PUBLIC_TARGET, "2025-02-01", "https://example.org/report")
    return Statement(Kind.EVIDENCE, id_, replace(says, **changes), "", "read", "Ada")


def add(bench, *given, request_id=""):
    return bench.ledger.statements.add(bench.book, given, request_id)


def seen(bench, view=SUPPLIERS):
    return [
        (each.id, each.version, each.body and each.body.display_name)
        for each in bench.ledger.statements.list_statements(bench.book, view).items
    ]


def test_a_version_follows_and_the_past_stays(any_bench):
    """The last version is seen; as of before, and of a day before, the one of then."""
    (first,) = add(any_bench, supplier("s1"))
    (second,) = add(any_bench, supplier("s1", "Boards North", valid_from="2025-06-01"))
    assert (first.version, second.version, first.number, second.number) == (1, 2, 1, 2)
    assert second.create_time > first.create_time
    assert seen(any_bench) == [("s1", 2, "Boards North")]
    assert seen(any_bench, View(Kind.SUPPLIER, as_of=first.create_time)) == [
        ("s1", 1, "Northern Boards")
    ]
    assert seen(any_bench, View(Kind.SUPPLIER, day="2025-05-31")) == [("s1", 1, "Northern Boards")]
    assert seen(any_bench, View(Kind.SUPPLIER, day="2024-12-31")) == []
    assert len(seen(any_bench, View(Kind.SUPPLIER, has_all_versions=True))) == 2


def test_what_is_in_force_is_not_stated_again(any_bench):
    """The same words from the same day: the same version, however often."""
    assert add(any_bench, supplier("s1")) == add(any_bench, supplier("s1", reason="again"))


def test_a_repeat_of_a_request_states_nothing(any_bench):
    """Not even where somebody stated something else meanwhile; other words are refused."""
    made = add(any_bench, supplier("s1"), request_id="r1")
    add(any_bench, supplier("s1", "Other"))
    assert add(any_bench, supplier("s1"), request_id="r1") == made
    assert seen(any_bench) == [("s1", 2, "Other")]
    with pytest.raises(ContentMustMatch, match="already stated something else"):
        add(any_bench, supplier("s1", "Third"), request_id="r1")


def test_who_read_an_older_version_is_told(any_bench):
    """A version that was read before must be the one in force."""
    add(any_bench, supplier("s1"))
    add(any_bench, supplier("s1", "Other", version=1))
    with pytest.raises(StatementChanged, match="expected 2, the version in force; got 1"):
        add(any_bench, supplier("s1", "Third", version=1))


def test_a_statement_is_withdrawn_and_stays_in_the_past(any_bench):
    """Who reads sees it no more; its versions are all there."""
    (first,) = add(any_bench, supplier("s1"))
    add(any_bench, replace(supplier("s1"), body=None, reason="bankrupt"))
    statements = any_bench.ledger.statements
    assert list(statements.read(any_bench.book, SUPPLIERS)) == []
    assert [each.id for each in statements.read("acme", View(Kind.SUPPLIER, first.create_time))]
    with pytest.raises(FieldInvalid, match="a supplier that is in force, to withdraw it"):
        add(any_bench, replace(supplier("s1"), body=None))
    with pytest.raises(StatementUnknown, match="has no supplier 's1'"):
        statements.get(any_bench.book, SUPPLIERS, "s1")


def test_all_of_a_call_or_nothing(any_bench):
    """Evidence of a supplier that is not there refuses what stands beside it."""
    with pytest.raises(FieldInvalid, match=r"statements\[1\].evidence.supplier"):
        add(any_bench, supplier("s1"), evidence("e1", "s2"))
    assert seen(any_bench) == []
    add(any_bench, evidence("e1", "s1"), supplier("s1"))  # whatever their order


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "a b"}, "an id of at most 128"),
        ({"valid_from": "2025-02-30"}, "a day as YYYY-MM-DD"),
        ({"reason": ""}, "expected a text"),
        ({"author": " "}, "who says so"),
        ({"body": Supplier(" ")}, "display_name: expected a text"),
        ({"body": Supplier("x" * 1001)}, "at most 1000 characters"),
        ({"kind": Kind.EVIDENCE}, "what a evidence says"),
    ],
)
def test_a_bad_statement_is_refused_with_its_place(any_bench, changes, message):
    """The message names the statement, the field and what is expected."""
    with pytest.raises(FieldInvalid) as error:
        add(any_bench, supplier("s0"), supplier("s1", **changes))
    assert error.value.message.startswith("statements[1]")
    assert message in error.value.message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attribute": Attribute.MATURITY}, "maturity_level: expected 1 to 5; got 0"),
        ({"maturity_level": 3}, "expected none of public_target"),
        ({"attribute": Attribute.VERIFIED_DATA}, "the third party"),
        ({"valid_to": "2025-02-01"}, "a day after 2025-02-01"),
        ({"evidence_date": "2025-13-01"}, "a day as YYYY-MM-DD"),
        ({"source": ""}, "source: expected a text"),
    ],
)
def test_evidence_has_its_date_and_its_source(any_bench, changes, message):
    """Nothing is guessed that evidence leaves open."""
    with pytest.raises(FieldInvalid) as error:
        add(any_bench, supplier("s1"), evidence("e1", "s1", **changes))
    assert message in error.value.message


def test_a_version_that_withdraws_says_nothing(any_bench):
    """Asked for by its number it is no statement; the versions before it still are."""
    add(any_bench, supplier("s1"))
    add(any_bench, supplier("s1", body=None))
    get = any_bench.ledger.statements.get
    assert get(any_bench.book, SUPPLIERS, "s1", 1).body == Supplier("Northern Boards")
    for version in (0, 2, 3):
        with pytest.raises(StatementUnknown):
            get(any_bench.book, SUPPLIERS, "s1", version)

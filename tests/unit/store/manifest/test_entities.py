"""The entities of a book and their holdings, as rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.stores.store import create_book
from tonne.errors import FieldInvalid
from tonne.model import Entity, FinancialControl, Holding

JOINT = Holding("2024-01-01", "", "0.50", FinancialControl.JOINT, is_operated=False)
GROUP = Entity("group", "Group AG")
VENTURE = Entity("venture", "Venture GmbH", "group", (Holding("", "2024-01-01", "0.3"), JOINT))


def test_entities_are_added_or_replaced_with_their_holdings(manifest):
    """What differs is replaced as a whole; the revision rises only if anything did."""
    create_book(manifest)
    assert manifest.put_entities("acme", [VENTURE, GROUP]) == (2, 0)
    assert manifest.list_entities("acme") == [GROUP, VENTURE]
    assert manifest.put_entities("acme", [GROUP, VENTURE]) == (0, 0)
    assert manifest.book_revision("acme") == 2
    sold = replace(VENTURE, holdings=(replace(VENTURE.holdings[1], valid_to="2025-01-01"),))
    assert manifest.put_entities("acme", [sold, Entity("alone")]) == (1, 1)
    assert manifest.list_entities("acme") == [Entity("alone"), GROUP, sold]
    assert manifest.list_entities("acme", "alone", 1) == [GROUP]
    assert manifest.list_entities("acme", "group", 1) == [sold]
    assert manifest.book_revision("acme") == 3


def test_entities_of_books_are_apart(manifest):
    """The same ids in two books are two organisations."""
    create_book(manifest)
    create_book(manifest, "other")
    manifest.put_entities("acme", [GROUP, VENTURE])
    manifest.put_entities("other", [replace(GROUP, display_name="Other")])
    assert manifest.list_entities("other") == [Entity("group", "Other")]
    assert manifest.list_entities("acme") == [GROUP, VENTURE]


def test_what_the_check_refuses_is_not_written(manifest):
    """The check sees all entities as they would be; what it raises leaves them as they are."""
    create_book(manifest)
    manifest.put_entities("acme", [GROUP])
    seen = []

    def refuse(entities):
        seen.append(entities)
        raise FieldInvalid("no")

    with pytest.raises(FieldInvalid):
        manifest.put_entities("acme", [VENTURE], refuse)
    assert seen == [{"group": GROUP, "venture": VENTURE}]
    assert manifest.list_entities("acme") == [GROUP]
    assert manifest.book_revision("acme") == 2

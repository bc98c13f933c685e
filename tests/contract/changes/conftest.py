"""A book of its own with two years, and commands about it."""

import pytest

from tests.contract.changes.book import EDITION, half, row
from tests.contract.statements.conftest import client, run, state, stated_book
from tonne.model import Entity, Facility, Holding

__all__ = ["bought", "client", "filled", "run", "state", "stated_book"]


@pytest.fixture
def filled(client, stated_book):  # the fixture of that name
    """More grid at a lower factor, gas that ended, a coach that is new."""
    client.import_edition(stated_book, "own", EDITION)
    client.post_records(
        stated_book,
        [
            row(2024, "hq", "site.grid", "kWh", "1000"),
            row(2024, "hq", "site.gas", "kWh", "300"),
            row(2025, "hq", "site.grid", "kWh", "1100"),
            row(2025, "hq", "site.coach", "km", "50"),
        ],
    )
    return stated_book


@pytest.fixture
def bought(client, filled):  # the fixture of that name
    """A plant of an entity that is operated from July 2025 on, with records of before."""
    holdings = (
        Holding(valid_to="2025-07-01", equity_share="0", is_operated=False),
        Holding(valid_from="2025-07-01", is_operated=True),
    )
    client.import_entities(filled, [Entity("joint", holdings=holdings)])
    client.import_facilities(filled, [Facility("hq"), Facility("plant", entity="joint")])
    client.post_records(
        filled, [half(year, number, "100") for year in (2024, 2025) for number in (1, 2)]
    )
    return filled

"""Shipped editions read by activity: the same factors as the whole, and only what is asked for."""

from __future__ import annotations

import pytest

from tonne.catalogue.editions import by_activity
from tonne.catalogue.editions.by_activity import ByActivity, ShippedFactors
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import default_settings
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.words.tables import edition_bytes
from tonne.model import first_day_of, period_of_month

EDITIONS = ("uk-ghg-2025", "cn-mee-grid-2023", "refrigerants", "fr-ademe-base-carbone-23.6")


@pytest.fixture
def read(monkeypatch):
    """How many factors were read, call by call."""
    counts = []

    def parse(content):
        found = parse_edition(content)
        counts.append(len(found))
        return found

    monkeypatch.setattr(by_activity, "parse_edition", parse)
    return counts


@pytest.mark.parametrize("edition", EDITIONS)
def test_its_parts_are_the_whole(edition):
    """Activity by activity, one by one, or all: the same factors with the same numbers."""
    content = edition_bytes(edition)
    whole = parse_edition(content)
    factors = ShippedFactors(content)
    parts = [factor for activity in factors.activities for factor in factors.of(activity)]
    assert sorted(parts, key=lambda factor: factor.row) == whole
    assert list(factors) == whole
    assert len(factors) == len(whole)
    assert (factors[0], factors[-1], list(factors[3:9:2])) == (whole[0], whole[-1], whole[3:9:2])
    assert factors.of("nothing") == ()
    for label, factor in zip(factors.labels, whole, strict=True):
        assert all(getattr(factor, name) == value for name, value in label._asdict().items())
    with pytest.raises(IndexError):
        factors[len(whole)]


def test_what_nobody_asks_for_is_not_read(read):
    """A count and the ids read nothing; an activity reads its own rows, once."""
    factors = ShippedFactors(edition_bytes("uk-ghg-2025"))
    assert len(factors) > 2000
    assert "electricity.grid" in factors.activities
    assert factors.labels[0].row == 1
    assert read == []
    assert factors.of("electricity.grid") is factors.of("electricity.grid")
    assert read == [len(factors.of("electricity.grid"))]


def test_a_resolution_reads_its_own_activity_alone(read):
    """Under the default order of all editions, electricity reads no goods."""
    editions = [
        (name, ShippedFactors(edition_bytes(name))) for name in default_settings().editions
    ]
    resolver = Resolver(editions, default_settings())
    assert read == []
    runs = resolver.resolve("electricity.grid", "kWh", "FR")
    period = period_of_month("2024-03")
    found = [run.disposition for run in runs if run.first_day <= first_day_of(period)][-1]
    assert found.entries[0].edition == "fr-ademe-base-carbone-23.6"
    assert sum(read) < 1000


def test_several_editions_are_one_mapping(read):
    """Imported factors first; ids of all, each once; what is not there is not there."""
    own = parse_edition(edition_bytes("cn-heat"))
    shipped = ShippedFactors(edition_bytes("cn-mee-grid-2023"))
    mapping = ByActivity([shipped, own])
    assert set(mapping) == {"heat.district", "electricity.grid", "electricity.grid_fossil"}
    assert len(mapping) == 3
    assert ("heat.district" in mapping, "nothing" in mapping) == (True, False)
    assert list(mapping.own) == ["heat.district"]
    assert read == []
    assert list(mapping["electricity.grid"]) == list(shipped.of("electricity.grid"))
    with pytest.raises(KeyError):
        mapping["nothing"]

"""Factors and activities found by words: what a naive search finds, in the same order."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.editions.search import search_activities, search_factors
from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.regions import region_name

EDITIONS = ("uk-ghg-2025", "cn-mee-grid-2023", "us-epa-hub-2025")
"""Enough to be of several kinds, few enough to be searched word by word."""


def split(text):
    """Words of letters and digits."""
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def places(edition, factor):
    """Words of a factor by where they stand: its activity's id, that one's title, elsewhere."""
    activity = taxonomy.activities().get(factor.activity)
    title = split(activity.title) if activity else set()
    aliases = split(" ".join(activity.aliases)) if activity else set()
    region = f"{factor.region} {region_name(factor.region)}"
    further = f"{factor.stage} {region} {factor.unit} {edition} {factor.cell}"
    return split(factor.activity), title, aliases | split(further)


def rank(query, found):
    """How well a query fits, the smaller the better; None where a word of it is missing."""
    score = [0, 0]
    for word in re.findall(r"[a-z0-9]+", query.lower()):
        hits = [
            (place, word not in those)
            for place, those in enumerate(found)
            if any(each.startswith(word) for each in those)
        ]
        if not hits:
            return None
        score = [have + more for have, more in zip(score, min(hits), strict=True)]
    return *score, len(found[0])


@pytest.fixture(scope="module")
def editions():
    """Shipped editions by their ids, in an order of preference."""
    shipped = shipped_editions()
    return [(name, shipped[name].factors) for name in EDITIONS]


def naive(editions, query, region, unit):
    """All that fits, ranked: edition and row."""
    found = []
    for preference, (edition, factors) in enumerate(editions):
        for factor in factors:
            if (region and factor.region != region) or (unit and factor.unit != unit):
                continue
            score = rank(query, places(edition, factor))
            if score is not None:
                recency = -factor.valid_from.toordinal()
                key = (score, preference, factor.kwh is not None, recency, factor.row)
                found.append((key, edition, factor.row))
    return [each[1:] for each in sorted(found)]


@pytest.mark.parametrize("region", ["", "GB"])
@pytest.mark.parametrize("unit", ["", "kWh"])
@pytest.mark.parametrize(
    "query",
    ["", "electricity", "diesel", "elec gen", "air long haul", "zz", "2025 gb", "KWH", "e"],
)
def test_factors_are_those_of_a_naive_search(editions, query, unit, region):
    """Each word begins a word of what is found; the plainest match first."""
    found, count = search_factors(editions, query, region=region, unit=unit, limit=10_000)
    wanted = naive(editions, query, region, unit)
    assert [(edition, factor.row) for edition, factor in found] == wanted
    assert count == len(wanted)


def test_imported_factors_are_found_as_shipped_ones(editions):
    """As a list, which nothing is kept of, and as an edition that ships: the same."""
    listed = [(name, list(factors)) for name, factors in editions]
    for query in ("electricity grid", "diesel", "g", "zz"):
        assert search_factors(listed, query) == search_factors(editions, query)


@given(st.lists(st.sampled_from(sorted(taxonomy.activities())), max_size=2), st.integers(1, 6))
def test_activities_are_those_of_a_naive_search(ids, size):
    """For beginnings of words of ids: as many, and each has them."""
    query = " ".join(word[:size] for each in ids for word in split(each))
    found, count, _ = search_activities(query, 10_000)
    wanted = {
        each.id
        for each in taxonomy.activities().values()
        if rank(query, (split(each.id), split(each.title), split(" ".join(each.aliases))))
    }
    assert {each.id for each in found} == wanted
    assert count == len(wanted)

"""Shipped factors that are read when they are needed are those of the whole file."""

from __future__ import annotations

import csv
import io

import pytest

from tonne.catalogue.editions import shipped_factors
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.catalogue.editions.search import search_factors
from tonne.catalogue.editions.shipped_factors import ShippedFactors, ShippedIndex
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.words.regions import region_id
from tonne.catalogue.words.tables import edition_bytes


@pytest.fixture
def rows_read(monkeypatch):
    """Rows that were read, in their order."""
    read, rows = shipped_factors.read_row, []

    def counted(row, cells):
        rows.append(row)
        return read(row, cells)

    monkeypatch.setattr(shipped_factors, "read_row", counted)
    return rows


@pytest.mark.parametrize("edition", shipped_editions())
def test_rows_one_by_one_are_the_file_read_at_once(edition):
    """The same factors by place, by slice, by activity and region: nothing lost, nothing twice."""
    content = edition_bytes(edition)
    whole = parse_edition(content)
    factors = ShippedFactors(content)
    assert len(factors) == len(whole)
    assert list(factors) == whole
    assert factors[1:3] == tuple(whole[1:3])
    assert factors[-1] == whole[-1]
    index = ShippedIndex(factors)
    listed = [
        (region, factor)
        for by_region in index.values()
        for region, found in by_region.items()
        for factor in found
    ]
    assert sorted(factor.row for _, factor in listed) == [factor.row for factor in whole]
    assert all(region == region_id(factor.region) for region, factor in listed)
    assert len(index) == len({factor.activity for factor in whole})


@pytest.mark.parametrize("edition", shipped_editions())
def test_a_shipped_file_has_a_row_a_line_and_no_quoted_activity(edition):
    """What the reading line by line rests on."""
    text = edition_bytes(edition).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    lines = text.removesuffix("\n").split("\n")
    assert [row[0] for row in rows] == [line.partition(",")[0] for line in lines]
    assert rows[0][0] == "activity"


def test_what_is_not_there_is_told():
    """Neither an activity without factors nor a place beyond the last."""
    factors = ShippedFactors(edition_bytes("cn-heat"))
    with pytest.raises(IndexError):
        factors[1]
    with pytest.raises(KeyError):
        ShippedIndex(factors)["heat.onsite"]
    assert factors.of_activity("heat.onsite") == ()


def test_a_book_with_all_editions_reads_the_rows_of_what_it_is_asked(rows_read):
    """A resolver reads none when it is made, and of an activity its own alone.

    100,000 rows cost a start what their lines cost, whatever a row holds.
    """
    settings = default_settings()
    editions = [(name, ShippedFactors(edition_bytes(name))) for name in settings.editions]
    for _, factors in editions:
        ShippedIndex(factors)
    resolver = Resolver(editions, settings)
    assert rows_read == []
    found = editions[1][1].of_activity("electricity.grid")
    assert [factor.row for factor in found] == rows_read
    assert {factor.activity for factor in found} == {"electricity.grid"}
    assert resolver.resolve("electricity.grid", "kWh", "GB")


@pytest.mark.parametrize(
    "query",
    [
        "diesel van",
        "grid kingdom",
        "wtt gb mile",
        "guangdong",
        "uk-ghg-2019 gas",
        "4_300_3000",
        "",
    ],
)
def test_a_search_that_reads_few_rows_finds_what_one_over_all_finds(rows_read, query):
    """Words of the id, the title, the line, the edition and the region's name."""
    names = ("cn-mee-grid-2023", "uk-ghg-2019", "uk-ghg-2025")
    few = [(name, ShippedFactors(edition_bytes(name))) for name in names]
    found, count = search_factors(few, query)
    read = len(rows_read)
    whole = [(name, tuple(factors)) for name, factors in few]
    assert (found, count) == search_factors(whole, query)
    assert 0 < count <= read
    assert read == count or query not in {"", "diesel van"}

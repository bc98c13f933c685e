"""Pages of tables: what a filter selects, in either order, on both databases, at little cost."""

from __future__ import annotations

import itertools
import operator
import random
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from tests.support.stores.store import create_book
from tonne.model import Entity, Facility, Holding
from tonne.store.manifest import facilities as facilities_module
from tonne.store.rows import Condition, Window
from tonne.store.sql import scan as scan_module

IDS = [
    "a",
    "a\U0010ffff",
    "a\U0010ffffb",
    "aa",
    "ab",
    "b",
    "bä",
    "b\ud7ff",
    "b\ue000",
    "Ä",
    "%",
    "_",
]
FACILITIES = [
    Facility(
        each,
        region=region,
        type=kind,
        display_name=f"{region}-{each}",
        valid_to=day,
    )
    for each, (region, kind, day) in zip(
        IDS,
        itertools.cycle(
            [("DE", "office", ""), ("de", "", "2025-01-01"), ("FR", "office", "2026-01-01")]
        ),
        strict=False,
    )
]
OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "prefix": str.startswith,
    "set": lambda value, _: value != "",
}


@pytest.fixture
def register(manifest):
    """A manifest with facilities of two books."""
    for book in ("acme", "other"):
        create_book(manifest, book)
        manifest.put_facilities(book, FACILITIES)
    return manifest


def _pages(find, window):
    """All items, page by page, by the key that each page gives."""
    pages, after = [], window.after
    while True:
        found = find("acme", Window(after, window.limit, window.is_descending, window.conditions))
        pages.append(found.items)
        assert len(found.items) <= window.limit
        if found.last is None:
            return pages
        after = found.last


def _naive(conditions, *, is_descending):
    chosen = [
        each
        for each in FACILITIES
        if all(OPERATORS[one.operator](getattr(each, one.column), one.value) for one in conditions)
    ]
    return sorted(chosen, key=lambda each: each.id.encode(), reverse=is_descending)


CASES = [
    (),
    (Condition("region", "=", "DE"),),
    (Condition("region", "!=", "DE"),),
    (Condition("display_name", "prefix", "DE-"),),
    (Condition("display_name", "prefix", "%"),),
    (Condition("valid_to", "set"), Condition("valid_to", "<=", "2025-06-01")),
    (Condition("type", "=", "office"), Condition("region", "=", "FR")),
    *((Condition("id", each, "ab"),) for each in ("=", "!=", "<", "<=", ">", ">=")),
    *(
        (Condition("id", "prefix", each),)
        for each in ("a", "b", "a\U0010ffff", "b\ud7ff", "%", "")
    ),
    (Condition("id", "prefix", "a"), Condition("region", "=", "DE")),
    (Condition("region", "=", "nowhere"),),
]


@pytest.mark.parametrize("rows_max", [3, 1000])
@pytest.mark.parametrize("is_descending", [False, True])
def test_a_scan_gives_what_a_loop_over_all_selects(register, monkeypatch, rows_max, is_descending):
    """Whole and in order, by pages of any size, whichever rows a page looks at."""
    monkeypatch.setattr(
        facilities_module,
        "scan",
        lambda *arguments: scan_module.scan(*arguments, rows_max=rows_max),
    )
    for conditions, limit in itertools.product(CASES, (1, 4, 100)):
        pages = _pages(register.find_facilities, Window(None, limit, is_descending, conditions))
        found = list(itertools.chain.from_iterable(pages))
        assert found == _naive(conditions, is_descending=is_descending), (conditions, limit)


def test_a_page_looks_at_few_rows(register, monkeypatch):
    """What is found nowhere ends a page after so many rows, and the next one goes on."""
    monkeypatch.setattr(
        facilities_module, "scan", lambda *arguments: scan_module.scan(*arguments, rows_max=5)
    )
    nowhere = (Condition("region", "=", "nowhere"),)
    pages = _pages(register.find_facilities, Window(None, 100, conditions=nowhere))
    assert pages == [[], [], []]  # 12 rows by fives
    narrowed = (*nowhere, Condition("id", "prefix", "b"))
    assert len(_pages(register.find_facilities, Window(None, 100, conditions=narrowed))) == 1


def test_a_scan_reads_a_range_of_an_index(embedded, tmp_path):
    """No statement of a filtered page sorts, or reads the table from end to end."""
    create_book(embedded)
    embedded.put_facilities("acme", FACILITIES)
    asked = []

    def note(_connection, _cursor, statement, values, *_):
        if "FROM facility" in statement:
            asked.append((statement, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        conditions = (Condition("region", "=", "DE"), Condition("id", "prefix", "b"))
        for is_descending in (False, True):
            embedded.find_facilities("acme", Window("a", 10, is_descending, conditions))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len(asked) == 4
    with closing(sqlite3.connect(tmp_path / "manifest.db")) as connection:
        for statement, values in asked:
            (step,) = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            assert step[-1].startswith("SEARCH facility USING"), step


def test_entities_keep_their_holdings_under_a_filter(manifest):
    """Holdings of entities between those found are not given to them; either order is right."""
    create_book(manifest)
    entities = [
        Entity(
            f"e{number}",
            parent="" if number % 2 else "e1",
            holdings=(Holding(f"20{number}0-01-01"),),
        )
        for number in range(1, 8)
    ]
    random.Random(7).shuffle(entities)  # noqa: S311  the same each time
    manifest.put_entities("acme", entities)
    for is_descending in (False, True):
        found = _pages(
            manifest.find_entities,
            Window(None, 2, is_descending, (Condition("parent", "=", "e1"),)),
        )
        expected = sorted(
            (each for each in entities if each.parent == "e1"),
            key=lambda each: each.id,
            reverse=is_descending,
        )
        assert list(itertools.chain.from_iterable(found)) == expected

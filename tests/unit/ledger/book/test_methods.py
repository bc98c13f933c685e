"""Methods of books: versions, the order of imported and shipped editions, what records rest on."""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.unit.ledger.conftest import EDITION, record
from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.catalogue.words.method import (
    BLEND_GWPS,
    CONSOLIDATIONS,
    GWP_SETS,
    LOSS_CONVENTIONS,
    UNKNOWN_METHANES,
    YEAR_RULES,
    MethodSettings,
    settings_of,
)
from tonne.errors import (
    EditionExists,
    EditionUnknown,
    FactorUnknown,
    FieldInvalid,
    MethodChanged,
    MethodUnknown,
    PageTokenInvalid,
    StoreUnavailable,
)
from tonne.ledger.book.methods import with_import
from tonne.ledger.pages import Ask
from tonne.store import NewMethod

WHO = {"author": "Ada", "reason": "because"}


def settings(bench, book="acme"):
    """Settings in force."""
    return settings_of(bench.ledger.books.get_book(book))


def resolutions(bench, book="acme"):
    """Resolutions of a book's postings, in the order of the commits."""
    ids = bench.ledger.snapshots.take(book).frame()["resolution"].cast(str).to_list()
    found = bench.ledger.editions.resolutions(book, ids)
    return [found[each] for each in ids]


def test_a_new_book_has_the_shipped_editions(bench):
    """Without a method a book begins with the default order, and resolves by it."""
    book = bench.ledger.books.create_book("b")
    assert (book.editions, book.method_version) == ((), 1)
    assert settings_of(book) == default_settings()
    method = bench.ledger.methods.get_method("b")
    assert (method.author, method.reason) == ("", "the book was created")
    bench.book = "b"
    assert bench.append("meter", [record(region="GB")]).totals.posted_count == 1
    (resolution,) = resolutions(bench, "b")
    assert resolution.method_version == 1
    assert {each.edition for each in resolution.entries} <= {"", *default_settings().editions}


def test_shipped_factors_are_shared(bench):
    """Two books rest on the same factors in memory, whatever their order."""
    first = default_settings().editions[0]
    for name in ("b", "c"):
        bench.ledger.books.create_book(name, method=MethodSettings(editions=(first,)))
    held = [bench.ledger.books._states.refresh(name).editions[0][1] for name in ("b", "c")]
    assert held[0] is held[1] is shipped_editions()[first].factors


def test_an_import_stands_before_what_is_shipped_and_behind_earlier_ones(bench):
    """Imports keep the order of their arrival in front of all shipped editions."""
    shipped = default_settings().editions
    bench.ledger.books.create_book("b")
    for number, edition in enumerate(("own", "second", "third"), start=1):
        made = bench.ledger.editions.import_edition(
            "b", edition, EDITION, author="Ada", reason="mine"
        )
        assert (made.rank, made.book) == (number, "b")
    assert settings(bench, "b").editions == ("own", "second", "third", *shipped)
    versions = bench.ledger.methods.list_methods("b").items
    assert [(each.version, each.author, each.reason) for each in versions] == [
        (1, "", "the book was created"),
        *((n, "Ada", "mine") for n in (2, 3, 4)),
    ]
    again = bench.ledger.editions.import_edition("b", "own", EDITION)
    assert (again.rank, bench.ledger.books.get_book("b").method_version) == (1, 4)


def test_an_import_follows_the_last_import_of_a_mixed_order():
    """Where shipped editions stand between imports, the new one stands behind all imports."""
    mixed = MethodSettings(editions=("uk-ghg-2024", "own", "uk-ghg-2025"))
    assert with_import(mixed, ("own",), "new").editions == (
        "uk-ghg-2024", "own", "new", "uk-ghg-2025",
    )  # fmt: skip
    assert with_import(mixed, (), "new").editions[0] == "new"
    assert with_import(MethodSettings(), (), "new").editions == ("new",)


def test_an_id_of_a_shipped_edition_is_not_imported(bench):
    """Nobody's own figures stand under a publisher's name."""
    with pytest.raises(EditionExists, match="shipped"):
        bench.ledger.editions.import_edition("acme", "uk-ghg-2025", EDITION)
    assert bench.ledger.books.get_book("acme").editions == ("paper-2015",)


def test_records_rest_on_the_version_in_force(bench):
    """A new version decides about new records; what was posted stays under its own."""
    bench.append("meter", [record(region="GB")])
    own = settings(bench)
    preferred = replace(own, editions=("uk-ghg-2019", *own.editions))
    method = bench.ledger.methods.set_method("acme", preferred, **WHO)
    assert (method.version, method.author, method.reason) == (3, "Ada", "because")
    bench.append("meter", [record(region="GB")])
    assert [each.method_version for each in resolutions(bench)] == [2, 3]
    assert (
        bench.ledger.methods.get_method("acme", 3)
        == method
        == bench.ledger.methods.get_method("acme")
    )
    with pytest.raises(MethodUnknown):
        bench.ledger.methods.get_method("acme", 4)
    bench.check()


def test_the_same_method_again_changes_nothing(bench):
    """Neither a version nor a revision is spent on what is in force already."""
    before = bench.ledger.books.get_book("acme")
    assert bench.ledger.methods.set_method("acme", settings(bench), **WHO).version == 2
    same = bench.ledger.methods.update_method("acme", {"editions": ("paper-2015",)}, **WHO)
    assert same.version == 2
    assert bench.ledger.books.get_book("acme") == before


@pytest.mark.parametrize("missing", ["author", "reason"])
def test_who_and_why_are_required(bench, missing):
    """A change without its author or its reason is refused by the field."""
    for empty in ("", "  "):
        with pytest.raises(FieldInvalid, match=f"method.{missing}"):
            bench.ledger.methods.set_method("acme", MethodSettings(), **(WHO | {missing: empty}))


def test_an_edition_that_is_nowhere_is_refused_with_the_nearest(bench):
    """The message names what the caller may have meant, imported or shipped."""
    for given, near in (("paper-2016", "paper-2015"), ("uk-ghg-2052", "uk-ghg-2025")):
        with pytest.raises(FieldInvalid, match=near) as caught:
            bench.ledger.methods.set_method("acme", MethodSettings(editions=(given,)), **WHO)
        assert caught.value.metadata["field"] == "method.editions"
    with pytest.raises(FieldInvalid, match="uk-ghg-2025"):
        bench.ledger.books.create_book("b", method=MethodSettings(editions=("uk-ghg-2052",)))
    assert bench.ledger.books.get_book("acme").method_version == 2


def test_a_version_that_was_not_read_is_not_replaced(bench):
    """Who names the version that was read is told that another came between."""
    bench.ledger.methods.set_method("acme", replace(settings(bench), gwp_set="AR6"), **WHO)
    with pytest.raises(MethodChanged) as caught:
        bench.ledger.methods.set_method(
            "acme", replace(settings(bench), gwp_set="AR4"), current_version=2, **WHO
        )
    assert caught.value.metadata["version"] == "3"
    assert settings(bench).gwp_set == "AR6"


def test_imports_of_two_servers_at_once_are_both_in_the_method(any_bench):
    """Each server builds on the version that the other wrote; none is lost."""
    bench = any_bench
    servers = [bench.ledger, bench.other().ledger]
    barrier = threading.Barrier(2)
    errors = []

    def work(number):
        try:
            barrier.wait()
            for each in range(5):
                servers[number].editions.import_edition("acme", f"own-{number}-{each}", EDITION)
        except BaseException as error:  # noqa: BLE001 - looked at below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    servers[1].close()
    assert errors == []
    book = bench.ledger.books.get_book("acme")
    assert settings_of(book).editions == book.editions
    assert len(book.editions) == 11
    assert (book.method_version, book.revision) == (12, 12)


def test_an_edition_of_a_newer_server_stops_this_one(bench):
    """A method that names what this server does not have is not resolved by guesswork."""
    bench.append("meter", [record()])
    body = MethodSettings(editions=("uk-ghg-2099",)).to_json()
    bench.manifest.put_method("acme", NewMethod(2, body))
    with pytest.raises(StoreUnavailable, match="older than the method"):
        bench.write([bench.entry("meter", [record()])])


def test_a_book_without_a_method_has_its_editions_in_order(bench):
    """Such books come from servers of the version before, during an upgrade."""
    book = replace(bench.ledger.books.get_book("acme"), method_version=0, method_body="")
    assert settings_of(book) == MethodSettings(editions=("paper-2015",))


def test_editions_are_listed_in_the_methods_order(bench):
    """Used ones by rank, whatever their origin; imported ones that are not used come last."""
    bench.ledger.editions.import_edition("acme", "own", EDITION)
    bench.ledger.methods.set_method("acme", MethodSettings(editions=("uk-ghg-2025", "own")), **WHO)
    page = bench.ledger.editions.list_editions("acme", Ask(page_size=2))
    assert [(each.id, each.rank, each.book) for each in page.items] == [
        ("uk-ghg-2025", 1, ""),
        ("own", 2, "acme"),
    ]
    shipped = page.items[0]
    assert shipped.create_time is None
    assert (shipped.factor_count > 1000, bool(shipped.title), bool(shipped.licence)) == (
        (True,) * 3
    )
    rest = bench.ledger.editions.list_editions(
        "acme", Ask(page_size=2, page_token=page.next_page_token)
    )
    assert [(each.id, each.rank) for each in rest.items] == [("paper-2015", 0)]
    assert rest.next_page_token == ""
    bench.ledger.methods.update_method("acme", {"editions": ("own", "uk-ghg-2025")}, **WHO)
    with pytest.raises(PageTokenInvalid):  # the order is another now
        bench.ledger.editions.list_editions("acme", Ask(page_token=page.next_page_token))
    everything = bench.ledger.editions.list_editions("", Ask(page_size=1000)).items
    assert [each.id for each in everything] == list(shipped_editions())


def test_factors_of_shipped_editions_are_read_without_a_book(bench):
    """They are listed, filtered, read one by one, and searched."""
    page = bench.ledger.editions.list_factors(
        "", "uk-ghg-2025", Ask('activity = "electricity.grid"', page_size=2)
    )
    assert len(page.items) == 2
    assert {each.activity for each in page.items} == {"electricity.grid"}
    row = page.items[1].row
    assert bench.ledger.editions.get_factor("", "uk-ghg-2025", row) == page.items[1]
    with pytest.raises(FactorUnknown):
        bench.ledger.editions.get_factor("", "uk-ghg-2025", 999_999)
    with pytest.raises(EditionUnknown):
        bench.ledger.editions.get_factor("", "paper-2015", 1)
    with pytest.raises(EditionUnknown):
        bench.ledger.editions.list_factors("acme", "uk-ghg-2025")
    found, total = bench.ledger.editions.search_factors(
        "", "electricity grid", region="GB", page_size=3
    )
    assert (len(found), total > 3) == (3, True)
    assert {book for book, _, _ in found} == {""}
    found, total = bench.ledger.editions.search_factors("acme", "electricity grid")
    assert sorted((book, edition, each.row) for book, edition, each in found) == [
        ("acme", "paper-2015", row) for row in (1, 2, 3)
    ]
    activities, total, _ = bench.ledger.editions.search_activities("diesel van", page_size=1)
    assert (len(activities), total > 1) == (1, True)


def test_the_page_of_the_method_has_every_setting():
    """A row for each field of the settings, with every word that it takes."""
    page = (Path(__file__).parents[4] / "docs" / "method.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert [field.name for field in fields(MethodSettings) if field.name not in rows] == []
    for name, words in (
        ("gwp_set", GWP_SETS),
        ("blend_gwp", BLEND_GWPS),
        ("year_rule", YEAR_RULES),
        ("loss_convention", LOSS_CONVENTIONS),
        ("consolidation", CONSOLIDATIONS),
        ("unknown_methane", UNKNOWN_METHANES),
    ):
        assert [word for word in words if f"`{word}`" not in rows[name]] == []

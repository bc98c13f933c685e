"""Words of a book's own: learnt, read, forgotten; nothing that was posted changes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.checks.recompute import Recompute
from tests.unit.ledger.conftest import record
from tonne.errors import FieldInvalid
from tonne.ledger.pages import Ask
from tonne.model import Facility, Word, WordField
from tonne.reports.explanation.explain import ExplainLine, explain
from tonne.reports.inventory.request import InventoryRequest

ACTIVITY, UNIT, REGION = WordField.ACTIVITY, WordField.UNIT, WordField.REGION


def learn(bench, field, text, meaning, **changes):
    """Teach the book a word."""
    word = Word(field, text, meaning, author="Ada", reason="the files of the plant")
    return bench.ledger.words.add_word(bench.book, replace(word, **changes))


def refused(bench, *args, **changes):
    """The message of a word that is refused."""
    with pytest.raises(FieldInvalid) as error:
        learn(bench, *args, **changes)
    return error.value.message


def clear(bench):
    """How many records a clearing posted, and how many wait still."""
    *_, last = bench.ledger.suspense.clear(bench.book)
    return last.cleared_count, last.remaining_count


def lines(bench):
    """The lines of the whole book."""
    snapshot = bench.ledger.snapshots.take(bench.book)
    return [
        each for each in explain(snapshot, InventoryRequest()) if isinstance(each, ExplainLine)
    ]


def kg(bench):
    """Exact kg CO2e of the whole book."""
    return sum((line.kg_co2e for line in lines(bench)), Fraction(0))


def test_what_waits_under_a_word_is_posted_once_it_is_learnt(any_bench):
    """Activity, region and unit of one record; what comes later is posted at once."""
    odd = record(activity="Strom Werk 2", region="Rechenzentrum Nord", quantity="10")
    assert any_bench.append("meter", [odd]).totals.suspended_count == 1
    assert clear(any_bench) == (0, 1)
    made = learn(any_bench, ACTIVITY, "strom werk  2", "Electricity.Grid")
    assert (made.number, made.meaning) == (1, "electricity.grid")
    assert clear(any_bench) == (0, 1)  # the region waits
    learn(any_bench, REGION, "Rechenzentrum Nord", "Germany")
    assert clear(any_bench) == (1, 0)
    learn(any_bench, UNIT, "Zählerpunkte", "KWH")
    came = any_bench.append("meter", [odd | {"unit": "Zahlerpunkte"}])
    assert came.totals.posted_count == 1
    assert kg(any_bench) == 2 * 10 * Fraction("0.35")
    any_bench.check()


def test_an_explanation_says_which_word_was_read_as_what(bench):
    """Each word is told with its number, and the record's own texts stay."""
    learn(bench, REGION, "Rechenzentrum Nord", "DE")
    learn(bench, ACTIVITY, "Strom Werk 2", "electricity.grid")
    bench.append("meter", [record(activity="Strom Werk 2", region="RECHENZENTRUM NORD")])
    (line,) = lines(bench)
    assert (line.activity, line.region) == ("Strom Werk 2", "RECHENZENTRUM NORD")
    assert line.notices[:2] == (
        "activity 'Strom Werk 2' read as electricity.grid: word 2 of the book",
        "region 'Rechenzentrum Nord' read as DE: word 1 of the book",
    )


def test_an_ambiguous_text_means_one_thing_in_a_book(bench):
    """`Georgia` is refused by the tables; a book may say which one."""
    bench.append("meter", [record(region="Georgia", quantity="7")])
    assert clear(bench) == (0, 1)
    learn(bench, REGION, "georgia", "US-GA")
    assert clear(bench) == (1, 0)
    assert kg(bench) == 7 * Fraction("0.5")


CANNOT_BE = (
    (ACTIVITY, "Fuel Diesel Stationary", "electricity.grid", ["is read as 'fuel.diesel"]),
    (REGION, "UK", "DE", ["'UK' is read as 'GB' already"]),
    (UNIT, "kwh", "MWh", ["'kwh' is read as 'kWh' already"]),
    (ACTIVITY, "flights", "travel.airr", ["word.meaning", "'travel.airr'", "nearest"]),
    (REGION, "Halle 3", "Germny", ["word.meaning", "'Germny'", "DE (Germany)"]),
    (UNIT, "Paletten", "ton", ["word.meaning", "short_ton"]),
    (ACTIVITY, "--", "electricity.grid", ["word.text", "'--'"]),
    (ACTIVITY, "x" * 257, "electricity.grid", ["word.text", "256 bytes"]),
    (ACTIVITY, "flights", "", ["tonne word list --book acme"]),
)


def test_a_word_that_cannot_be_is_refused(bench):
    """What something reads already, what means nothing, what is not there to be forgotten."""
    for field, text, meaning, words in CANNOT_BE:
        message = refused(bench, field, text, meaning)
        assert [each for each in words if each not in message] == [], message
    assert bench.ledger.words.list_words("acme").items == ()


def test_who_and_why_are_required(bench):
    """An entry without them is none."""
    assert "word.reason" in refused(bench, ACTIVITY, "flights", "electricity.grid", reason=" ")
    assert "word.author" in refused(bench, ACTIVITY, "flights", "electricity.grid", author="")


def test_a_word_that_changes_leaves_what_is_posted(any_bench):
    """A later entry is told how many records stay; a forgotten word is unknown again."""
    odd = record(activity="process.heizung", unit="kWh", quantity="10")
    learn(any_bench, ACTIVITY, "process.heizung", "electricity.grid")
    any_bench.append("meter", [odd, odd | {"activity": "PROCESS HEIZUNG"}])
    before = kg(any_bench)
    again = learn(any_bench, ACTIVITY, "process.heizung", "electricity.grid")
    assert (again.number, again.posted_count) == (1, 0)
    forgotten = learn(any_bench, ACTIVITY, "process.heizung", "")
    assert (forgotten.number, forgotten.posted_count) == (2, 2)
    assert any_bench.append("meter", [odd]).totals.suspended_count == 1
    assert kg(any_bench) == before
    made = learn(any_bench, ACTIVITY, "Process.Heizung", "fuel.diesel.stationary")
    assert (made.number, made.posted_count) == (3, 2)
    assert kg(any_bench) == before
    found = any_bench.ledger.words.list_words("acme").items
    assert [(each.number, each.meaning, each.is_in_force) for each in found] == [
        (1, "electricity.grid", False),
        (2, "", False),
        (3, "fuel.diesel.stationary", True),
    ]
    assert {(each.author, each.reason) for each in found} == {("Ada", "the files of the plant")}
    ask = Ask(filter_by="number > 1", order_by="number desc", page_size=1)
    page = any_bench.ledger.words.list_words("acme", ask)
    assert [each.number for each in page.items] == [3]
    any_bench.check()


def test_a_region_of_a_facility_is_read_by_words_too(bench):
    """Records without a region take the facility's, whatever the register calls it."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="Halle 3")])
    bench.append("meter", [record(quantity="4")])
    assert clear(bench) == (0, 1)
    learn(bench, REGION, "halle 3", "DE")
    assert clear(bench) == (1, 0)
    assert kg(bench) == 4 * Fraction("0.35")
    bench.check()


def test_lost_postings_are_made_again_under_the_words_of_then(bench):
    """A word that was forgotten since still says what its records were posted as."""
    learn(bench, ACTIVITY, "strom", "electricity.grid")
    bench.append("meter", [record(activity="strom")])
    learn(bench, ACTIVITY, "strom", "")
    bench.append("meter", [record(activity="strom")])
    good = bench.ledger.snapshots.take("acme").frame()
    for file in bench.manifest.live_postings("acme"):
        bench.objects.delete(file.path)
    other = bench.other(cache_bytes_max=0)
    other.ledger.checks.rebuild("acme", on_file=lambda: None)
    key = ["activity", "status"]
    assert other.ledger.snapshots.take("acme").frame().sort(key).equals(good.sort(key))
    assert Recompute(bench.manifest, bench.objects).check_book(other.ledger, "acme") == ()
    other.ledger.close()


def test_what_is_read_meanwhile_is_no_word(bench, monkeypatch):
    """An edition that comes between the look and the entry reads the text: the word is refused."""
    put, calls = bench.manifest.put_word, []

    def import_first(*arguments, **options):
        if not calls:
            header = b"activity,region,unit,valid_from,kg_co2e,account,source,table,note\n"
            rows = b"flights,,km,2015-01-01,1,scope3.06.travel,p,1,\n"
            bench.ledger.editions.import_edition("acme", "own", header + rows)
        calls.append(arguments)
        return put(*arguments, **options)

    monkeypatch.setattr(bench.manifest, "put_word", import_first)
    assert "'flights' is read as 'flights'" in refused(
        bench, ACTIVITY, "flights", "electricity.grid"
    )
    assert len(calls) == 1

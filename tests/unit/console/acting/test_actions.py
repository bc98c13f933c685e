"""Actions: each shows what it changes, does what its command does, and nothing twice."""

from __future__ import annotations

import itertools
from fractions import Fraction
from urllib.parse import urlencode

import polars as pl
import pytest
from starlette.testclient import TestClient

from tests.unit.console.acting.forms import do, form_of, send
from tests.unit.console.conftest import HERE
from tests.unit.console.test_numbers import titles_of
from tonne.console.access import OwnAccess
from tonne.console.application import application
from tonne.console.rights import Writing
from tonne.model import Facility, PeriodState

NUMBERS = itertools.count(1)

DIESEL = {
    "record_id": "diesel",
    "facility": "hut",
    "activity": "fuel.diesel.stationary",
    "quantity": "100",
    "unit": "litre",
    "start": "2025-01-05",
    "end": "2025-01-06",
    "region": "GB",
}


@pytest.fixture(scope="module")
def acting(client):
    """A browser before a console that takes actions of everybody who reaches it."""
    app = application(OwnAccess(client), Writing.OF_ALL, "ada")
    with TestClient(app, base_url=HERE) as found:
        yield found


@pytest.fixture
def book(client):
    """A new book with a site."""
    name = f"act-{next(NUMBERS)}"
    client.create_book(name)
    client.import_facilities(name, [Facility("hut", "Hut", "equipment_room")])
    return name


def bring(client, book, *records, channel="erp"):
    """Bring records by a channel."""
    with client.channel(book, channel) as opened:
        opened.append([dict(each) for each in records])


def total(client, book):
    """The total of a book, exactly."""
    return Fraction(client.inventory(book).total.kg_co2e)


def at(book, verb, offset=0, **more):
    """The address of an action on a record."""
    query = urlencode({"source": "erp", "offset": offset, **more})
    return f"/books/{book}/records/{verb}?{query}"


def test_a_record_is_taken_back(acting, client, book):
    """What was shown to change is what changes, to the last digit; the reason stays."""
    bring(client, book, DIESEL)
    before = total(client, book)
    assert before > 0
    form, page = form_of(acting, at(book, "reverse"))
    assert titles_of(page) == [before, 0, -before]
    assert "tonne record reverse --channel erp --offset 0" in page.text
    assert form.required == ["reason", "author"]
    answer = send(acting, form, reason="another company's bill")
    assert answer.status_code == 303
    assert total(client, book) == 0
    (entry,) = client.list_corrections(book)
    assert (entry.reason, entry.author) == ("another company's bill", "ada")
    assert entry.reason_code == "error"
    led = acting.get(answer.headers["location"])
    assert "1 reversed; 0 had been reversed before." in led.text
    again = send(acting, form, reason="another company's bill")
    assert "0 reversed; 1 had been" in acting.get(again.headers["location"]).text
    assert len(list(client.list_corrections(book))) == 1
    form, page = form_of(acting, at(book, "reverse"))
    assert not form.action
    assert "It is reversed already." in page.text


def test_a_record_is_corrected(acting, client, book):
    """First the fields, then what they change, then the same call as the command's, once."""
    odd = "a\u202eb"
    bring(client, book, {**DIESEL, "evidence": odd, "supplier": "Öl & Co"})
    before = total(client, book)
    form, page = form_of(acting, at(book, "correct"))
    assert not form.action  # nothing is changed yet
    assert r"a\u202eb" in acting.get(at(book, "correct")).text
    shown = {"f.quantity": "80", "f.evidence": r"a\u202eb"}
    form, page = form_of(acting, at(book, "correct", **shown))
    expected = before * 80 / 100
    assert titles_of(page) == [before, expected, expected - before]
    answers = [send(acting, form, reason="read by now", code="estimate") for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert total(client, book) == expected
    (entry,) = client.list_corrections(book)
    assert (entry.reason, entry.reason_code) == ("read by now", "estimate")
    after = entry.records[0].after.record
    assert after["evidence"] == odd
    assert (after["supplier"], after["record_id"]) == ("Öl & Co", "diesel")
    assert (after["start"], after["end"]) == (
        entry.records[0].before.record["start"],
        entry.records[0].before.record["end"],
    )
    led = acting.get(answers[1].headers["location"]).text
    assert "What stands for it" in led
    assert "ada: read by now" in led


@pytest.mark.parametrize(
    ("listed", "field", "wrong", "right"),
    [
        ("quarantine", "quantity", "twelve", "12"),
        ("quarantine", "end", "31/02/2025", "2025-01-06"),
        ("suspense", "activity", "fuel.disel", "fuel.diesel.stationary"),
    ],
)
def test_a_record_that_is_not_posted_is_mended(  # noqa: PLR0917  # fixtures and one case
    acting, client, book, listed, field, wrong, right
):
    """What was written stands in the form; mended it is posted once, with all it had."""
    bring(client, book, {**DIESEL, "product": "B7", "attributes": '{"a": 1}', field: wrong})
    place = at(book, "mend", list=listed)
    assert f'value="{wrong}"' in acting.get(place).text
    form, _ = form_of(acting, place)
    assert not form.action
    form, page = form_of(acting, at(book, "mend", list=listed, **{f"f.{field}": right}))
    shown = titles_of(page)
    answers = [send(acting, form) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert "The record is posted." in acting.get(answers[1].headers["location"]).text
    assert [0, total(client, book), total(client, book)] == shown
    posted = [each for each in client.list_records(book) if not each.status]
    assert len(posted) == 1
    assert posted[0].record["product"] == "B7"
    assert posted[0].record["attributes"] == '{"a": 1}'


def test_a_record_that_would_not_be_posted_has_no_button(acting, client, book):
    """What the estimate refuses is told with its remedy."""
    bring(client, book, {**DIESEL, "quantity": "twelve"})
    form, page = form_of(acting, at(book, "mend", list="quarantine", **{"f.quantity": "many"}))
    assert not form.action
    assert "It would not be posted" in page.text
    assert "'many'" in page.text


def test_suspense_is_cleared(acting, client, book):
    """What a cause will post is shown, and posted."""
    bring(client, book, {**DIESEL, "facility": "shed"}, {**DIESEL, "record_id": "x", "unit": "kg"})
    client.import_facilities(book, [Facility("shed", "Shed", "equipment_room")])
    assert "Post what can be posted" in acting.get(f"/books/{book}/suspense").text
    before = total(client, book)
    _, page = form_of(acting, f"/books/{book}/suspense/clear")
    worth = titles_of(page)
    led = do(acting, f"/books/{book}/suspense/clear")
    assert worth[1] == worth[2] == total(client, book) - before > 0
    assert "1 posted, 0 still wait." in led.text


@pytest.mark.parametrize(("keep", "gone"), [("2", 1), ("1,2", 0)])
def test_a_conflict_is_decided(acting, client, book, keep, gone):
    """Who stays counts, who goes does not; the entry says who decided, once and for all."""
    bring(client, book, DIESEL, {**DIESEL, "quantity": "90"})
    client.compare_same_records(book)
    (entry,) = client.list_same_records(book, "conflict")
    href = f"/books/{book}/conflicts/{entry.number}/decide?keep={keep}"
    assert href.replace(",", "%2C") in str(
        [*form_of(acting, f"/books/{book}/conflicts/{entry.number}")[1].links]
    )
    form, page = form_of(acting, href)
    change = sum(titles_of(page)[2::3])
    (valued,) = client.list_same_records(book, "conflict", with_kg_co2e=True)
    told = {"2": valued.members[1].kept_change_kg_co2e, "1,2": 0}
    assert told[keep] == change
    assert "Change if kept alone" in acting.get(f"/books/{book}/conflicts").text
    before = total(client, book)
    answers = [send(acting, form, reason="read by hand") for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert total(client, book) - before == change
    assert len([x for x in client.list_records(book) if x.status == "REVERSED"]) == gone
    (decided,) = client.list_same_records(book, "conflict")
    assert (decided.author, decided.reason) == ("ada", "read by hand")
    form, page = form_of(acting, href)
    assert not form.action
    assert "ada decided this before: read by hand" in page.text


@pytest.fixture
def laid(client, book):
    """An hour by one channel that lies over a day by another; gives the overlap."""
    bring(client, book, {**DIESEL, "record_id": "sum"})
    hour = {"start": "2025-01-05T10:00:00Z", "end": "2025-01-05T11:00:00Z", "quantity": "4"}
    other = {"activity": "fuel.petrol.stationary", "record_id": "p"}
    later = {"start": "2025-01-20", "end": "2025-01-21", "record_id": "later"}
    rows = [{**DIESEL, **hour}, {**DIESEL, **other}, {**DIESEL, **later}]
    bring(client, book, *rows, channel="hourly")
    client.check_overlaps(book)
    (found,) = client.list_overlaps(book)
    return found


def test_an_overlap_is_accepted(acting, client, book, laid):
    """Nothing changes but that it waits no more."""
    before = total(client, book)
    place = f"/books/{book}/overlaps/{laid.number}/accept"
    form, page = form_of(acting, place)
    worth = [Fraction(each.kg_co2e) for each in laid.months[0].sides]
    assert titles_of(page) == [worth[0], worth[0], 0, worth[1], worth[1], 0]
    answers = [send(acting, form, reason="two tanks") for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert client.get_overlap(book, laid.number).months[0].reason == "two tanks"
    assert total(client, book) == before
    assert not form_of(acting, place)[0].action


def test_several_meters_are_declared(acting, client, book, laid):
    """Of the facility and the activity of the overlap, once."""
    form, _ = form_of(acting, f"/books/{book}/overlaps/{laid.number}/declare")
    for _ in range(2):
        answer = send(acting, form, reason="two tanks", **{"from": "2025-01"})
        assert answer.status_code == 303
    (made,) = client.list_several_meters(book)
    assert (made.facility, made.activity, made.from_month) == (
        "hut",
        "fuel.diesel.stationary",
        "2025-01",
    )
    assert client.get_overlap(book, laid.number).months[0].state == "declared"


def test_a_side_of_an_overlap_is_taken_back(acting, client, book, laid):
    """Its own records alone: what lies over nothing stays, and so does another activity."""
    place = f"/books/{book}/overlaps/{laid.number}/reverse?side=2"
    form, page = form_of(acting, place)
    before = total(client, book)
    change = titles_of(page)[2]
    assert send(acting, form, reason="in the sum").status_code == 303
    assert total(client, book) - before == change < 0
    gone = [each for each in client.list_records(book) if each.status == "REVERSED"]
    assert [each.record["record_id"] for each in gone] == ["diesel"]
    assert client.get_overlap(book, laid.number).months[0].state == "gone"
    assert not form_of(acting, place)[0].action


def test_overlaps_are_looked_for(acting, client, book):
    """As the command does."""
    bring(client, book, DIESEL, {**DIESEL, "record_id": "again"})
    led = do(acting, f"/books/{book}/overlaps/check")
    assert "1 months looked at, 2 records laid side by side." in led.text
    assert len(list(client.list_overlaps(book))) == 1


def test_a_month_is_closed_sealed_and_reopened(acting, client, book):
    """With the total that it fixes; sent twice, it is closed once."""
    bring(client, book, DIESEL)
    periods = f"/books/{book}/periods"
    form, page = form_of(acting, f"{periods}/2025-01/close")
    assert titles_of(page)[:2] == [total(client, book)] * 2
    for _ in range(2):
        answer = send(acting, form, reason="reported")
        assert answer.status_code == 303, answer.text
    assert "2025-01 is closed: revision 1" in acting.get(answer.headers["location"]).text
    (month,) = client.list_periods(book)
    assert (month.state, len(month.closes)) == (PeriodState.SOFT_CLOSED, 1)
    assert month.closes[0].closed.reason == "reported"
    other = send(acting, form, reason="for another reason")
    assert other.status_code == 400
    assert "for another reason" in other.text
    form, _ = form_of(acting, f"{periods}/2025-01/reopen")
    for _ in range(2):
        assert send(acting, form, reason="read late").status_code == 303
    assert client.list_periods(book)[0].state is PeriodState.OPEN
    do(acting, f"{periods}/2025-01/close", reason="again")
    form, _ = form_of(acting, f"{periods}/2025-01/seal")
    for _ in range(2):
        assert send(acting, form, reason="audited").status_code == 303
    assert client.list_periods(book)[0].state is PeriodState.SEALED


def test_what_stands_against_a_close_is_accepted_one_by_one(acting, client, book):
    """Refused with what was typed; accepted with a reason for each."""
    bring(client, book, DIESEL, {**DIESEL, "record_id": "w", "activity": "no.such"})
    place = f"/books/{book}/periods/2025-01/close"
    form, _ = form_of(acting, place)
    answer = send(acting, form, reason="reported <b>now</b>")
    assert answer.status_code == 400
    assert "PERIOD_MUST_BE_READY" in answer.text
    assert 'value="reported &lt;b&gt;now&lt;/b&gt;"' in answer.text
    assert client.list_periods(book)[0].state is PeriodState.OPEN
    do(acting, place, reason="reported", **{"accept.suspense": "under 0.1 %"})
    close = client.list_periods(book)[0].closes[0]
    assert [(each.check, each.reason) for each in close.accepted] == [("suspense", "under 0.1 %")]


def test_a_reason_is_asked_for(acting, client, book):
    """The API refuses one without, and the page keeps what there was."""
    bring(client, book, DIESEL)
    form, _ = form_of(acting, at(book, "reverse"))
    answer = send(acting, form, reason=" ", author="bob")
    assert answer.status_code == 400
    assert "reason: expected why to reverse records" in answer.text
    assert 'value="bob"' in answer.text
    assert list(client.list_corrections(book)) == []


def test_fields_that_are_not_listed_are_asked_for_again(acting, client, book):
    """Of a record that came by Arrow the further fields are not told: that is said."""
    with client.channel(book, "erp") as channel:
        channel.append(pl.DataFrame([{**DIESEL, "product": "B7", "quantity": "twelve"}]))
    _, page = form_of(acting, at(book, "mend", list="quarantine"))
    assert "Supplier, product, data quality and attributes of this record" in page.text

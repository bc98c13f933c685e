"""Books and what belongs to them: names, lists, facilities, editions, channels, months."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest

from tests.unit.ledger.conftest import EDITION, record
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import (
    BookExists,
    BookUnknown,
    ChannelClosed,
    ChannelUnknown,
    EditionExists,
    FactorUnknown,
    FieldInvalid,
    NameInvalid,
    PageTokenInvalid,
)
from tonne.ledger.book.facilities import check_facility
from tonne.ledger.book.periods import month_boundaries_us
from tonne.ledger.pages import Ask
from tonne.ledger.statuses import STATUS_TEXTS, field_name, status_message
from tonne.model import (
    PERIOD_COUNT_MAX,
    Facility,
    FacilityRule,
    PeriodState,
    RecordField,
    RowStatus,
)

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def test_a_book_has_an_id_and_a_time_zone(bench):
    """What is wrong is refused by name, and a book is made once."""
    book = bench.ledger.books.create_book("b-2", display_name="B", time_zone="Asia/Shanghai")
    assert bench.ledger.books.get_book("b-2") == book
    assert book.facility_rule is FacilityRule.WHEN_REGISTER_EXISTS
    for wrong in ("", "UPPER", "a/b", "../x", "x" * 64):
        with pytest.raises(NameInvalid):
            bench.ledger.books.create_book(wrong)
    for zone in ("", "Mars/Base", "../etc/passwd", "/etc/localtime", "Europe"):
        with pytest.raises(FieldInvalid, match="time_zone"):
            bench.ledger.books.create_book("b-3", time_zone=zone)
    with pytest.raises(BookExists):
        bench.ledger.books.create_book("b-2")
    with pytest.raises(BookUnknown):
        bench.ledger.books.get_book("b-3")


def test_lists_come_in_pages(bench):
    """Every list goes on where its token says."""
    for number in range(5):
        bench.ledger.books.create_book(f"b{number}", method=MethodSettings())
        bench.ledger.channels.open_channel("acme", f"c{number}")
        bench.ledger.register.import_facilities("acme", [Facility(f"f{number}")])
        bench.ledger.editions.import_edition("acme", f"e{number}", EDITION)
    cases = [
        (bench.ledger.books.list_books, (), "id", ["acme", "b0", "b1", "b2", "b3", "b4"]),
        (bench.ledger.channels.list_channels, ("acme",), "id", [f"c{n}" for n in range(5)]),
        (bench.ledger.register.list_facilities, ("acme",), "id", [f"f{n}" for n in range(5)]),
        (
            bench.ledger.editions.list_editions,
            ("acme",),
            "id",
            ["paper-2015", *(f"e{n}" for n in range(5))],
        ),
        (bench.ledger.editions.list_factors, ("acme", "e1"), "row", [1, 2, 3, 4]),
    ]
    for list_, arguments, key, expected in cases:
        found, token = [], ""
        while True:
            page = list_(*arguments, Ask(page_size=2, page_token=token))
            found += [getattr(item, key) for item in page.items]
            token = page.next_page_token
            if not token:
                break
            assert len(page.items) == 2
        assert found == expected
        with pytest.raises(PageTokenInvalid):
            list_(*arguments, Ask(page_token="x"))  # noqa: S106 - no password


def test_editions_are_kept_as_they_were_printed(bench):
    """Factors come back digit for digit; the same import again is fine, another is not."""
    first = bench.ledger.editions.import_edition("acme", "paper-2015", EDITION)
    assert first.factor_count == 4
    assert bench.ledger.books.get_book("acme").editions == ("paper-2015",)
    factor = bench.ledger.editions.get_factor("acme", "paper-2015", 4)
    assert str(factor.kg_n2o) == "0.02617"
    assert factor.account == ""  # the activity's rule decides
    assert bench.ledger.editions.get_factor("acme", "paper-2015", 1).valid_to == dt.date(
        2016, 1, 1
    )
    listed = bench.ledger.editions.list_factors(
        "acme", "paper-2015", Ask('activity = "electricity.grid"')
    ).items
    assert [each.row for each in listed] == [1, 2, 3]
    with pytest.raises(FactorUnknown):
        bench.ledger.editions.get_factor("acme", "paper-2015", 5)
    with pytest.raises(EditionExists):
        bench.ledger.editions.import_edition("acme", "paper-2015", EDITION.replace(b"0.5", b"0.6"))


def test_the_order_of_editions_decides(bench):
    """After the order was changed records rest on the other edition."""
    bench.ledger.editions.import_edition("acme", "other", EDITION.replace(b",0.5,", b",0.9,"))
    bench.append("meter", [record()])
    bench.ledger.methods.update_method(
        "acme", {"editions": ("other", "paper-2015")}, author="Ada", reason="order"
    )
    bench.append("meter", [record()])
    ids = bench.ledger.snapshots.take("acme").frame()["resolution"].cast(str).to_list()
    resolutions = bench.ledger.editions.resolutions("acme", ids)
    assert [resolutions[each].entries[0].edition for each in ids] == ["paper-2015", "other"]
    for wrong in (("other", "other"), ("other", "paper-2015", "third")):
        with pytest.raises(FieldInvalid):
            bench.ledger.methods.update_method(
                "acme", {"editions": wrong}, author="Ada", reason="order"
            )


def test_channels_have_a_life(bench):
    """Opening raises the epoch, closing ends it."""
    assert bench.ledger.channels.open_channel("acme", "M~1").epoch == 1
    assert bench.ledger.channels.open_channel("acme", "M~1").epoch == 2
    assert bench.ledger.channels.get_channel("acme", "M~1").epoch == 2
    bench.ledger.channels.close_channel("acme", "M~1")
    with pytest.raises(ChannelClosed):
        bench.ledger.channels.open_channel("acme", "M~1")
    with pytest.raises(ChannelUnknown):
        bench.ledger.channels.get_channel("acme", "M~2")
    with pytest.raises(NameInvalid):
        bench.ledger.channels.open_channel("acme", "requests/1")


def test_periods_are_those_with_postings(bench):
    """Months that a posting touches are listed, open."""
    start = dt.datetime(2015, 3, 31, 12, tzinfo=dt.UTC)
    bench.append("meter", [record(start=start, end=start + dt.timedelta(days=1))])
    march = (2015 - 1970) * 12 + 2
    assert [(each.period, each.state) for each in bench.ledger.periods.list_periods("acme")] == [
        (march, PeriodState.OPEN),
        (march + 1, PeriodState.OPEN),
    ]


def test_facilities_are_checked_and_replaced(bench):
    """Counts tell what was new and what was changed; a wrong one changes nothing."""
    two = [Facility("a", region="DE"), Facility("b", type="office")]
    assert bench.ledger.register.import_facilities("acme", two) == (2, 0)
    assert bench.ledger.register.import_facilities("acme", [Facility("b"), Facility("c")]) == (
        1,
        1,
    )
    for wrong in (
        [Facility("")],
        [Facility("x" * 257)],
        [Facility("x", type="castle")],
        [Facility("x", valid_from="2015-02-30")],
        [Facility("x", valid_from="2015-02-02", valid_to="2015-02-02")],
        [Facility("x"), Facility("x")],
    ):
        with pytest.raises(FieldInvalid):
            bench.ledger.register.import_facilities("acme", wrong)
    assert bench.ledger.register.facilities("acme")["facility"].to_list() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("rule", "registered", "suspended_count"),
    [
        (FacilityRule.ANY, True, 0),
        (FacilityRule.REGISTERED_ONLY, False, 1),
        (FacilityRule.WHEN_REGISTER_EXISTS, False, 0),
        (FacilityRule.WHEN_REGISTER_EXISTS, True, 1),
    ],
)
def test_the_facility_rule_of_the_book_holds(bench, rule, registered, suspended_count):
    """Whether an unregistered facility is taken is the book's to say."""
    bench.ledger.books.create_book("b", facility_rule=rule, method=MethodSettings())
    bench.ledger.editions.import_edition("b", "e", EDITION)
    if registered:
        bench.ledger.register.import_facilities("b", [Facility("elsewhere")])
    bench.book = "b"
    assert bench.append("meter", [record()]).totals.suspended_count == suspended_count
    bench.check()


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Apia",
             "America/Sao_Paulo", "Asia/Beirut", "Africa/Monrovia"],
)  # fmt: skip
def test_a_month_begins_when_the_calendar_says_so(zone):
    """The instant of a boundary is in the new month, the one before is in the old one."""
    boundaries = month_boundaries_us(zone)
    assert len(boundaries) == PERIOD_COUNT_MAX + 1
    assert all(a < b for a, b in itertools.pairwise(boundaries))
    for period in range(1, PERIOD_COUNT_MAX):
        at = EPOCH + dt.timedelta(microseconds=boundaries[period])
        year, month = 1970 + period // 12, period % 12 + 1
        local = at.astimezone(ZoneInfo(zone))
        before = (at - dt.timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
        assert (local.year, local.month, local.day) == (year, month, 1)
        assert (before.year, before.month) != (year, month)
    assert boundaries[0] <= 0
    assert boundaries[-1] >= 7_258_118_400_000_000


def test_a_book_keeps_its_own_months(bench):
    """A record at New Year in Shanghai is of the new year, though UTC is in the old one."""
    bench.ledger.books.create_book("cn", time_zone="Asia/Shanghai", method=MethodSettings())
    bench.ledger.editions.import_edition("cn", "e", EDITION)
    bench.book = "cn"
    start = dt.datetime(2015, 12, 31, 15, tzinfo=dt.UTC)
    bench.append("meter", [record(quantity="2", start=start, end=start + dt.timedelta(hours=2))])
    frame = bench.ledger.snapshots.take("cn").frame().sort("period")
    december = (2015 - 1970) * 12 + 11
    assert frame["period"].to_list() == [december, december + 1]
    assert frame["quantity"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("facility", "told"),
    [
        (Facility(""), "id"),
        (Facility("é" * 129), "id"),
        (Facility("a", type="castle"), "type"),
        (Facility("a", region="x" * 1001), "region"),
        (Facility("a", valid_from="20150101"), "valid_from"),
        (Facility("a", valid_to="2015-13-01"), "valid_to"),
        (Facility("a", valid_from="2015-01-02", valid_to="2015-01-02"), "valid_to"),
    ],
)
def test_a_wrong_facility_is_told_by_its_field(facility, told):
    """The first field that is wrong is named with the place of the facility."""
    with pytest.raises(FieldInvalid, match=rf"facilities\[3\], {told}:"):
        check_facility(facility, "facilities[3]")


def test_every_status_has_a_text_for_people():
    """No status is without its rule and its remedy; what is posted, or was, needs none."""
    assert set(STATUS_TEXTS) == set(RowStatus) - {RowStatus.POSTED, RowStatus.REVERSED}
    message = status_message(RowStatus.UNIT_MUST_BE_KNOWN, RecordField.UNIT, "racks")
    assert message == (
        "unit: expected a unit that Tonne or a factor of the activity knows; got 'racks': use "
        "a known unit and send the record again, or say what it is in the book (`tonne word learn "
        "unit`) and mend the quarantine with the row as it is"
    )
    assert [field_name(field) for field in RecordField][:3] == ["record", "record_id", "facility"]


def test_rules_of_what_producers_invent_do_not_stay(bench, monkeypatch):
    """A state with too many rules begins anew, without a look at the manifest."""
    monkeypatch.setattr("tonne.ledger.book.book_state.RULE_COUNT_MAX", 50)
    states = bench.ledger.books._states
    before = states.known("acme")
    for first in range(0, 300, 30):
        bench.append("meter", [record(activity=f"invented.{first + n}") for n in range(30)])
    assert states.known("acme") is not before
    assert states.known("acme").rule_count < 50
    assert bench.ledger.snapshots.take("acme").frame()["record_count"].sum() == 300
    bench.check()

"""Records as mappings become messages, value by value."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from tonne.client.answers.book_days import Days
from tonne.client.answers.quality_words import DATA_QUALITY_WORDS, data_quality_of
from tonne.client.answers.records import DATA_QUALITIES, record_mapping, record_message
from tonne.client.errors import RecordsInvalid

UTC = Days()
CET = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "12"),
        (10**30, "1" + "0" * 30),
        (Decimal("-0.10"), "-0.10"),
        (Decimal("1E+3"), "1E+3"),
        ("what came", "what came"),
    ],
)
def test_a_quantity_keeps_its_digits(value, text):
    """Integers, decimals and texts travel as the text that they are."""
    assert record_message({"quantity": value}, 0, UTC).quantity == text


def test_a_float_travels_as_a_double():
    """A float stays the double that it is: the server reads its shortest decimal."""
    message = record_message({"quantity": 0.1}, 0, UTC)
    assert message.WhichOneof("amount") == "quantity_double"
    assert message.quantity_double == 0.1


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime(2025, 1, 2, tzinfo=dt.UTC),
        dt.datetime(2025, 1, 2, 1, tzinfo=CET),
        dt.datetime(2025, 1, 2),  # noqa: DTZ001  # a naive time is taken as UTC
        dt.date(2025, 1, 2),
        "2025-01-02",
        "2025-01-02T00:00:00Z",
        "2025-01-02T01:00+01:00",
        " 2025-01-02 00:00 ",
    ],
)
def test_every_form_of_a_time_is_the_same_instant(value):
    """Aware, naive and written times and days become one instant in UTC."""
    message = record_message({"start": value}, 0, UTC)
    assert record_mapping(message)["start"] == dt.datetime(2025, 1, 2, tzinfo=dt.UTC)


def test_times_before_1970_and_microseconds_are_exact():
    """Seconds count downwards before 1970, nanoseconds always upwards."""
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 250_001, tzinfo=dt.UTC)
    message = record_message({"start": moment}, 0, UTC)
    assert (message.start.seconds, message.start.nanos) == (-1, 250_001_000)


@pytest.mark.parametrize("text", ["soon", "22/10/2024", "45717", "20250103", "2025-02-30"])
def test_what_cannot_be_read_is_kept_as_it_is_written(text):
    """A text that is no time, or no data quality, travels in `unread`; the others stay."""
    record = {"start": text, "unit": "kWh", "end": "", "data_quality": "guessed"}
    message = record_message(record, 0, UTC)
    assert json.loads(message.unread) == {"start": text, "data_quality": "guessed"}
    assert not message.HasField("start")
    assert not message.HasField("end")
    assert message.unit == "kWh"


@pytest.mark.parametrize(
    ("zone", "day", "begin"),
    [
        ("Asia/Shanghai", dt.date(2025, 3, 1), dt.datetime(2025, 2, 28, 16, tzinfo=dt.UTC)),
        ("Asia/Kathmandu", dt.date(2025, 3, 1), dt.datetime(2025, 2, 28, 18, 15, tzinfo=dt.UTC)),
        ("America/Chicago", dt.date(2025, 7, 1), dt.datetime(2025, 7, 1, 5, tzinfo=dt.UTC)),
        # The clock skips midnight: the day begins with the skip.
        ("America/Sao_Paulo", dt.date(2017, 10, 15), dt.datetime(2017, 10, 15, 3, tzinfo=dt.UTC)),
        # The clock shows midnight twice: the day begins with the first one.
        ("America/Havana", dt.date(2022, 11, 6), dt.datetime(2022, 11, 6, 4, tzinfo=dt.UTC)),
    ],
)
def test_a_day_begins_when_the_books_day_does(zone, day, begin):
    """A date without a time is a day of the book's time zone, never of UTC."""
    for value in (day, str(day)):
        message = record_message({"start": value}, 0, Days(lambda: zone))
        assert record_mapping(message)["start"] == begin


def test_a_zone_that_the_machine_does_not_know_is_named():
    """What to do is said with it."""
    with pytest.raises(RecordsInvalid, match=r"'Mars/Base'.*tzdata"):
        record_message({"start": "2025-01-01"}, 0, Days(lambda: "Mars/Base"))


def test_quality_and_attributes_are_written():
    """A quality by its name, attributes as JSON."""
    message = record_message({"data_quality": "estimated", "attributes": {"ä": 1}}, 0, UTC)
    assert record_mapping(message)["data_quality"] == "estimated"
    assert message.attributes == '{"ä":1}'


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"kwh": 1}, "record 7: 'kwh' is not a field"),
        ({"facility": 12}, "record 7, field facility: expected a text, got int"),
        ({"quantity": True}, "record 7, field quantity: .*bool"),
        ({"quantity": [1]}, "record 7, field quantity: .*list"),
        ({"start": 2025}, "record 7, field start: .*int"),
        ({"data_quality": 2}, "record 7, field data_quality: .*2"),
        ({"facility": "\ud800"}, "record 7, field facility"),
        ({"attributes": {"a": float("nan")}}, "record 7, field attributes: .*JSON"),
    ],
)
def test_what_cannot_be_sent_names_record_and_field(record, words):
    """A wrong key or type is an error that says which record and which field."""
    with pytest.raises(RecordsInvalid, match=words):
        record_message(record, 7, UTC)


@pytest.mark.parametrize(
    ("written", "quality"),
    [
        ("Estimated", "estimated"),
        (" ESTIMATED ", "estimated"),
        ("E", "estimated"),
        ("est.", "estimated"),
        ("geschätzt", "estimated"),
        ("估算", "estimated"),
        ("Actual", "measured"),
        ("Read", "measured"),
        ("\uff21", "measured"),
        ("Calculated", "calculated"),
        ("calculé", "calculated"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_data_quality_is_read_as_people_write_it(written, quality):
    """The three words in any case, and their documented synonyms."""
    assert data_quality_of(written) == quality
    message = record_message({"data_quality": written}, 0, UTC)
    assert record_mapping(message)["data_quality"] == quality


@pytest.mark.parametrize(
    "written", ["guessed", "maybe", "customer read", "Yes", "1", "estimatedd"]
)
def test_another_word_is_no_data_quality(written):
    """Nothing near is taken."""
    assert data_quality_of(written) is None


def test_the_words_of_data_qualities_are_folded_and_stand_once():
    """Every word of the table is found as it stands, and means one of the three."""
    assert {data_quality_of(word) for word in DATA_QUALITY_WORDS} == set(DATA_QUALITIES) - {""}
    assert all(data_quality_of(word) == quality for word, quality in DATA_QUALITY_WORDS.items())

"""Green Button files: what a utility writes reads back, and what is ambiguous is asked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from xml.sax.saxutils import escape

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.words import taxonomy, units
from tonne.client.answers.records import RECORD_FIELDS
from tonne.errors import FieldInvalid
from tonne.imports.meters import espi, espi_codes
from tonne.imports.meters.espi import EspiFile
from tonne.imports.meters.espi_series import EspiRules
from tonne.imports.meters.espi_xml import is_espi

START = 1_741_773_600  # 2025-03-12T10:00:00Z
ESPI = "http://naesb.org/espi"
POINT = "User/1/UsagePoint/01"


def entry(content, *, own="", title="", related=(), up="", before=True):
    links = "".join(
        f'<link rel="{rel}" href="{href}"/>'
        for rel, href in [("self", own), ("up", up), *(("related", each) for each in related)]
        if href
    )
    head = f"{links}<title>{escape(title)}</title>"
    body = f"<content>{content}</content>"
    return f"<entry>{head + body if before else body + head}</entry>"


def point(title="", kind="0", own=POINT):
    content = (
        f'<UsagePoint xmlns="{ESPI}"><ServiceCategory><kind>{kind}</kind></ServiceCategory>'
        "</UsagePoint>"
    )
    return entry(content, own=own, title=title)


def reading_type(own="User/1/ReadingType/7", **fields):
    given_fields = {"commodity": 1, "flowDirection": 1, "powerOfTenMultiplier": 0, "uom": 72}
    texts = {name: value for name, value in {**given_fields, **fields}.items() if value != ""}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in texts.items())
    return entry(f'<ReadingType xmlns="{ESPI}">{inner}</ReadingType>', own=own)


def meter(number="1", kind="User/1/ReadingType/7", up=POINT):
    own = f"{up}/MeterReading/{number}"
    return entry(
        f'<MeterReading xmlns="{ESPI}"/>', own=own, related=[f"{own}/IntervalBlock", kind]
    )


def reading(value, start=START, duration=900, qualities=()):
    quality = "".join(
        f"<ReadingQuality><quality>{q}</quality></ReadingQuality>" for q in qualities
    )
    return (
        f"<IntervalReading>{quality}<timePeriod><duration>{duration}</duration>"
        f"<start>{start}</start></timePeriod><value>{value}</value></IntervalReading>"
    )


def block(*readings, number="1", up=POINT, name="1", before=True):
    return entry(
        f'<IntervalBlock xmlns="{ESPI}">{"".join(readings)}</IntervalBlock>',
        own=f"{up}/MeterReading/{number}/IntervalBlock/{name}",
        up=f"{up}/MeterReading/{number}/IntervalBlock",
        before=before,
    )


def bare(*readings):
    """A block without links, as small converters write it."""
    return entry(f'<IntervalBlock xmlns="{ESPI}">{"".join(readings)}</IntervalBlock>')


@pytest.fixture
def write(tmp_path):
    def make(*entries, text=None):
        path = tmp_path / "usage.xml"
        feed = "".join(entries)
        path.write_text(text or f'<feed xmlns="http://www.w3.org/2005/Atom">{feed}</feed>')
        return path

    return make


def read(path, **rules):
    """All records as rows, and the remarks."""
    opened = EspiFile(path, EspiRules(**rules))
    frames = list(opened.frames())
    return [row for frame in frames for row in frame.iter_rows(named=True)], opened.remarks


def refused(path, **rules):
    with pytest.raises(FieldInvalid) as caught:
        read(path, **rules)
    return caught.value.message


def test_a_file_of_a_utility(write):
    """Links, a title, several blocks; quantities are values times a power of ten."""
    path = write(
        point("12 Main St"),
        meter(),
        reading_type(powerOfTenMultiplier=3),
        block(reading(4), reading(6, START + 900, qualities=(8,))),
        block(reading(5, START + 1800, 3600, qualities=(14, 19)), name="2"),
    )
    rows, remarks = read(path)
    assert remarks == []
    assert [(row["quantity"], row["unit"], row["data_quality"]) for row in rows] == [
        ("4000", "Wh", "measured"),
        ("6000", "Wh", "estimated"),
        ("5000", "Wh", "measured"),
    ]
    assert {(row["facility"], row["activity"]) for row in rows} == {
        ("12 Main St", "electricity.grid")
    }
    assert rows[2]["start"] == dt.datetime(2025, 3, 12, 10, 30, tzinfo=dt.UTC)
    assert rows[2]["end"] == dt.datetime(2025, 3, 12, 11, 30, tzinfo=dt.UTC)
    assert len({row["record_id"] for row in rows}) == 3
    assert set(rows[0]) <= set(RECORD_FIELDS)
    assert is_espi(path)


def test_entries_may_stand_in_any_order(write):
    """The type behind the readings, the links behind the content."""
    path = write(block(reading(4), before=False), reading_type(), meter(), point("home", kind="0"))
    rows, _ = read(path)
    assert [(row["facility"], row["quantity"]) for row in rows] == [("home", "4")]


def test_a_file_without_links_has_one_type_and_the_files_name(write):
    """What is assumed is said."""
    rows, remarks = read(write(reading_type(), bare(reading(1))))
    assert rows[0]["facility"] == "usage"
    assert "the facility is 'usage', as the file (--as-facility says another)" in remarks[0]
    rows, remarks = read(write(reading_type(), bare(reading(1))), facility="plant", region="CA-ON")
    assert (rows[0]["facility"], rows[0]["region"], remarks) == ("plant", "CA-ON", [])


@pytest.mark.parametrize(
    ("fields", "kind", "activity", "unit"),
    [
        ({"commodity": 7, "uom": 169}, "1", "fuel.natural_gas", "therm"),
        ({"commodity": 7, "uom": 119}, "1", "fuel.natural_gas", "ft3"),
        ({"commodity": 7, "uom": 42}, "1", "fuel.natural_gas", "m3"),
        ({"commodity": "", "uom": 132}, "1", "fuel.natural_gas", "Btu"),
        ({"commodity": 0, "uom": 31}, "0", "electricity.grid", "J"),
        ({"commodity": 2}, "0", "electricity.grid", "Wh"),
        ({"commodity": 9, "uom": 128}, "2", "water.supply", "US_gal"),
        ({"commodity": "", "uom": 134}, "2", "water.supply", "l"),
    ],
)
def test_commodities_and_units(write, fields, kind, activity, unit):
    """The commodity decides, and where it says nothing the service category."""
    rows, _ = read(write(point("x", kind), meter(), reading_type(**fields), block(reading(12))))
    assert [(row["activity"], row["unit"], row["quantity"]) for row in rows] == [
        (activity, unit, "12")
    ]


def test_every_unit_and_activity_of_the_tables_is_one_of_the_catalogue():
    assert all(units.find(unit) for unit in espi_codes.UNITS.values())
    activities = {*espi_codes.COMMODITIES.values(), *espi_codes.SERVICES.values()}
    assert all(taxonomy.find(each) for each in {*activities, taxonomy.EXPORT})
    assert set(espi_codes.QUALITIES.values()) == {"measured", "calculated", "estimated", ""}


def test_what_flows_back_is_an_export(write):
    """Of direction 19 all, of a net meter what is below zero; both are said."""
    rows, remarks = read(
        write(point("x"), meter(), reading_type(flowDirection=19), block(reading(7)))
    )
    assert [(row["activity"], row["quantity"]) for row in rows] == [("electricity.export", "7")]
    assert "flow direction 19, from the customer, is electricity.export" in remarks[0]
    rows, remarks = read(
        write(
            point("x"),
            meter(),
            reading_type(flowDirection=4, powerOfTenMultiplier=-3),
            block(reading(7), reading(-3, START + 900)),
        )
    )
    assert [(row["activity"], row["quantity"]) for row in rows] == [
        ("electricity.grid", "0.007"),
        ("electricity.export", "0.003"),
    ]
    assert remarks == ["usage.xml: 1 readings below zero are electricity that was exported"]
    said = refused(
        write(
            point("x", "1"),
            meter(),
            reading_type(flowDirection=19, commodity=7, uom=169),
            block(reading(7)),
        )
    )
    assert "--as-activity" in said


def test_several_meter_readings_are_told_apart(write):
    """Two usage points, and import and export of one of them."""
    other = "User/1/UsagePoint/02"
    path = write(
        point("house"),
        point("barn", own=other),
        meter("1"),
        meter("2", kind="User/1/ReadingType/8"),
        meter("1", up=other),
        reading_type(),
        reading_type(own="User/1/ReadingType/8", flowDirection=19),
        block(reading(1)),
        block(reading(2), number="2"),
        block(reading(3), up=other),
    )
    rows, _ = read(path)
    assert [(row["facility"], row["activity"], row["quantity"]) for row in rows] == [
        ("house", "electricity.grid", "1"),
        ("house", "electricity.export", "2"),
        ("barn", "electricity.grid", "3"),
    ]
    assert len({row["record_id"] for row in rows}) == 3


def test_the_same_amounts_by_hours_and_by_days_are_asked_about(write):
    """Both together would count twice; one of them can be named."""
    path = write(
        point("x"),
        meter("1"),
        meter("2", kind="User/1/ReadingType/8"),
        reading_type(),
        reading_type(own="User/1/ReadingType/8", intervalLength=86400),
        block(*(reading(1, START + 900 * number) for number in range(96))),
        block(reading(96, START, 86400), number="2"),
    )
    said = refused(path)
    assert "at the same time" in said
    assert "--series" in said
    wanted = f"{POINT}/MeterReading/2"
    assert wanted in said
    rows, remarks = read(path, series=(wanted,))
    assert [row["quantity"] for row in rows] == ["96"]
    assert "96 of User/1/UsagePoint/01/MeterReading/1 left out: not asked for" in remarks[0]
    assert "no meter reading is called 'x'" in refused(path, series=("x",))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"uom": 38}, "W, a power"),
        ({"uom": 73}, "varh, reactive energy"),
        ({"uom": 255}, "none that is known here"),
        ({"uom": ""}, "is not stated"),
        ({"kind": 3}, "they are money"),
        ({"accumulationBehaviour": 3}, "[registers]"),
        ({"accumulationBehaviour": 12}, "no amounts of an interval"),
        ({"dataQualifier": 8}, "averages or extremes"),
        ({"flowDirection": 2}, "a part of another flow"),
        ({"powerOfTenMultiplier": 40}, "powerOfTenMultiplier"),
        ({"powerOfTenMultiplier": "x"}, "powerOfTenMultiplier"),
    ],
)
def test_what_is_no_amount_is_left_out_and_told(write, fields, said):
    """Alone it is an error, since nothing is left; beside amounts it is a remark."""
    path = write(point("x"), meter(), reading_type(**fields), block(reading(5), reading(6)))
    message = refused(path)
    assert said in message
    assert "2 of User/1/UsagePoint/01/MeterReading/1 left out" in message
    path = write(
        point("x"),
        meter(),
        meter("2", kind="User/1/ReadingType/8"),
        reading_type(**fields),
        reading_type(own="User/1/ReadingType/8"),
        block(reading(5), reading(6)),
        block(reading(9), number="2"),
    )
    rows, remarks = read(path)
    assert [row["quantity"] for row in rows] == ["9"]
    assert said in remarks[0]


def test_a_type_that_cannot_be_found_is_no_guess(write):
    """Of two reading types without a link, either could be meant."""
    path = write(reading_type(), reading_type(own="b/ReadingType/8", uom=169), bare(reading(1)))
    assert "expected a link to one of its 2 reading types" in refused(path)
    assert "neither says which activity" in refused(
        write(reading_type(commodity=4), bare(reading(1)))
    )


@pytest.mark.parametrize(
    ("qualities", "expected"),
    [((), "measured"), ((11,), "calculated"), ((0, 9), "estimated"), ((16,), ""), ((77,), "")],
)
def test_the_worst_quality_counts(write, qualities, expected):
    rows, remarks = read(
        write(point("x"), meter(), reading_type(), block(reading(1, qualities=qualities)))
    )
    assert rows[0]["data_quality"] == expected
    assert any("'77', which is not known" in each for each in remarks) is (77 in qualities)


def test_a_default_quality_holds_where_a_reading_has_none(write):
    rows, _ = read(write(point("x"), meter(), reading_type(defaultQuality=8), block(reading(1))))
    assert rows[0]["data_quality"] == "estimated"


def test_questionable_readings_are_told(write):
    """They count, and somebody should look."""
    path = write(point("x"), meter(), reading_type(), block(reading(1, qualities=(10,))))
    assert "failed a check" in read(path)[1][0]


def test_an_interval_without_a_duration_has_that_of_its_type(write):
    path = write(
        point("x"), meter(), reading_type(intervalLength=3600), block(reading(1, duration=0))
    )
    (row,), _ = read(path)
    assert row["end"] - row["start"] == dt.timedelta(hours=1)


def test_what_cannot_be_read_stays_as_it_was_written(write):
    """The server quarantines it, with the text."""
    path = write(
        point("x"),
        meter(),
        reading_type(),
        block(
            reading("1,5"), reading(2, "soon"), reading(3, START, "long"), reading(4, 10**12 - 1)
        ),
    )
    rows, _ = read(path)
    assert [(row["quantity"], row["start"]) for row in rows] == [
        ("1,5", "2025-03-12T10:00:00+00:00"),
        ("2", "soon"),
        ("3", "2025-03-12T10:00:00+00:00"),
        ("4", str(10**12 - 1)),
    ]
    assert rows[1]["end"] == "soon + 900 s"
    assert rows[2]["end"] == f"{START} + long s"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE feed [<!ENTITY a "b">]><feed>&a;</feed>', "document type"),
        ('<!DOCTYPE feed SYSTEM "file:///etc/passwd"><feed/>', "document type"),
        ("<feed><entry></feed>", "expected XML; line 1: mismatched tag"),
        ("start,value\n1,2\n", "expected XML; line 1"),
        ("<feed/>", "with an IntervalReading; it has none"),
        ("<a>" * 100, "elements lie more than 64 deep"),
        (f"<feed><title>{'x' * 20_000}</title></feed>", "more than 10000 characters"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "expected XML"),
    ],
)
def test_what_is_no_such_file_is_refused(write, text, said):
    assert said in refused(write(text=text))


def test_entities_do_not_blow_up(write):
    """A billion laughs: refused at its first word."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE f [<!ENTITY a0 "ha">{entities}]><feed>&a9;</feed>'
    assert "document type" in refused(write(text=text))


def test_readings_come_in_chunks(write, monkeypatch):
    """Memory holds a chunk, however long the file is."""
    monkeypatch.setattr(espi, "CHUNK_ROWS", 10)
    path = write(
        point("x"),
        meter(),
        reading_type(),
        block(*(reading(number, START + 900 * number) for number in range(25))),
    )
    opened = EspiFile(path, EspiRules())
    for _ in range(2):  # a file is read as often as it is asked for
        frames = list(opened.frames())
        assert [frame.height for frame in frames] == [10, 10, 5]
        assert pl.concat(frames)["quantity"].to_list() == [str(number) for number in range(25)]
    assert opened.remarks == []


VALUES = st.integers(-(2**47), 2**47)


@settings(deadline=None)
@given(
    values=st.lists(VALUES, min_size=1, max_size=20),
    multiplier=st.integers(-12, 12),
    start=st.integers(0, 4 * 10**9),
)
def test_amounts_are_exact(tmp_path_factory, values, multiplier, start):
    """Value times ten to the multiplier, whatever the two are."""
    path = tmp_path_factory.mktemp("espi") / "a.xml"
    readings = [reading(value, start + 900 * number) for number, value in enumerate(values)]
    kind = reading_type(powerOfTenMultiplier=multiplier, commodity=7, uom=169)
    path.write_text(f"<feed>{point('x', '1')}{meter()}{kind}{block(*readings)}</feed>")
    rows, _ = read(path)
    assert [Fraction(row["quantity"]) for row in rows] == [
        Fraction(value) * Fraction(10) ** multiplier for value in values
    ]
    assert all("E" not in row["quantity"] for row in rows)
    assert rows[0]["start"].timestamp() == start
    assert Decimal(rows[0]["quantity"]) == Decimal(values[0]).scaleb(multiplier)


WHOLE = (
    '<feed xmlns="http://www.w3.org/2005/Atom">'
    + point("x")
    + meter()
    + reading_type()
    + block(reading(4), reading(6, START + 900, qualities=(8,)))
    + "</feed>"
)


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_broken_file_is_refused_or_read_and_never_crashes(tmp_path_factory, data):
    """Pieces cut out, doubled, or overwritten."""
    text = WHOLE
    for _ in range(data.draw(st.integers(1, 4))):
        first, second = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        piece = data.draw(
            st.sampled_from(["", text[first:second] * 2, "<", "9" * 25, "\x00", "é"])
        )
        text = text[:first] + piece + text[second:]
    path = tmp_path_factory.mktemp("espi") / "a.xml"
    path.write_text(text)
    said, rows = "", []
    try:
        rows, _ = read(path)
    except FieldInvalid as error:
        said = error.message
    assert said.startswith("a.xml") or rows
    assert all(row["facility"] and row["activity"] and row["unit"] for row in rows)

"""Files whose columns are those of records, read as options say."""

from __future__ import annotations

import codecs
import contextlib
import datetime as dt
import itertools
import random
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tonne.errors import FieldInvalid
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.profile import PLAIN
from tonne.imports.records import MappedFiles
from tonne.imports.sources.texts import unreadable_text

HEADER = ("facility", "activity", "quantity", "unit", "start", "end")


def write(tmp_path, rows, *, name="bills.csv", delimiter=",", encoding="utf-8", header=HEADER):
    """Write a file of records; a row gives quantity, start and end."""
    lines = [header, *(("s", "electricity.grid", row[0], "kWh", *row[1:]) for row in rows)]
    path = tmp_path / name
    path.write_bytes("".join(delimiter.join(each) + "\r\n" for each in lines).encode(encoding))
    return path


def read(path, **options):
    """Read the records of a file, and what was said of them."""
    files = MappedFiles([path], ReadingOptions(**options).over(PLAIN))
    files.check()
    frame = pl.concat(files.frames())
    return frame, [line for report in files.reports for line in report.lines()]


@pytest.mark.parametrize(
    ("delimiter", "word"),
    [(";", "semicolon"), ("\t", "tab"), ("|", "pipe"), ("~", "~"), (":", ":")],
)
def test_a_delimiter_is_stated(tmp_path, delimiter, word):
    """Or told where the header looks like one."""
    path = write(tmp_path, [("4,125", "2025-01-01", "2025-02-01")], delimiter=delimiter)
    frame, _ = read(path, delimiter=word, decimal=",")
    assert frame["quantity"].to_list() == ["4.125"]
    if delimiter in ";\t|":
        with pytest.raises(FieldInvalid, match=f"looks delimited by .*--delimiter {word}"):
            read(path, decimal=",")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "广州数据中心"),
        ("big5", "臺北機房"),
        ("latin-1", "Köln"),
        ("cp1252", "Straße 5 €"),
        ("shift_jis", "東京データ"),
    ],
)
def test_an_encoding_is_stated(tmp_path, encoding, text):
    """Or told, with what each would read, where the file is no UTF-8."""
    path = write(tmp_path, [("1", "2025-01-01", "2025-02-01")])
    path.write_bytes(path.read_text().replace("\ns,", f"\n{text},").encode(encoding))
    frame, _ = read(path, encoding=encoding)
    assert frame["facility"].to_list() == [text]
    found = unreadable_text(path)
    assert "line 2 is no UTF-8" in str(found)
    assert f"--encoding {encoding} would read '{text}" in str(found)
    with pytest.raises(FieldInvalid, match="line 2 is no UTF-8"):
        read(path, decimal=",")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-32"])
def test_a_byte_order_mark_is_no_guess(tmp_path, encoding):
    """It says the encoding, and the file is read by it without an option."""
    path = write(tmp_path, [("1", "2025-01-01", "2025-02-01")])
    mark = {
        "utf-16-le": codecs.BOM_UTF16_LE,
        "utf-16-be": codecs.BOM_UTF16_BE,
        "utf-8": codecs.BOM_UTF8,
    }
    path.write_bytes(mark.get(encoding, b"") + path.read_text().encode(encoding))
    for options in ({}, {"encoding": encoding.removesuffix("-le").removesuffix("-be")}):
        frame, _ = read(path, **options)
        assert frame.columns == list(HEADER)
        assert frame["quantity"].to_list() == ["1"]


def test_what_is_not_of_the_encoding_is_told_by_its_line(tmp_path):
    """And the bytes are shown."""
    path = write(tmp_path, [("1", "2025-01-01", "2025-02-01")] * 3)
    path.write_bytes(path.read_bytes() + b"\xff\xff,x\r\n")
    with pytest.raises(
        FieldInvalid, match=r"expected the encoding gb18030; line 5 is not: b'\\xff'"
    ):
        read(path, encoding="gb18030")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"decimal": ","}, "4.125"),
        ({"decimal": ",", "grouping": (".",)}, "1.5"),
        ({"date_formats": ("yyyy-dd-mm",)}, "2025-01-31"),
    ],
)
def test_what_would_be_misread_stops_the_file(tmp_path, options, text):
    """A text that means another thing to a server than by the options is not sent as it stands."""
    row = ("7", text, text) if "date_formats" in options else (text, "2025-01-01", "2025-02-01")
    path = write(tmp_path, [("7", "2025-01-01", "2025-02-01"), row])
    with pytest.raises(FieldInvalid, match=rf"bills\.csv, row 3, .*'{text}' is no"):
        read(path, **options)


@pytest.mark.parametrize(
    ("start", "end", "options", "found"),
    [
        ("14/01/2025", "13/02/2025", ("dd/mm/yyyy",), dt.date(2025, 2, 14)),
        ("2025-01-31", "2025-01-31", (), dt.date(2025, 2, 1)),
        ("45717", "45747", ("excel",), dt.date(2025, 4, 1)),
        ("Jan 2025", "Mar 2025", ("mmm yyyy",), dt.date(2025, 4, 1)),
        ("20241231", "20241231", ("yyyymmdd",), dt.date(2025, 1, 1)),
    ],
)
def test_an_inclusive_end_counts(tmp_path, start, end, options, found):
    """The day after the last one is the end that the ledger knows."""
    path = write(tmp_path, [("1", start, end)])
    frame, _ = read(path, date_formats=options, inclusive_ends=True)
    assert frame["end"].to_list() == [found]


def test_an_inclusive_end_is_a_day(tmp_path):
    """23:59 is one, too; of 10:00 nobody knows what is included."""
    path = write(tmp_path, [("1", "2025-01-01 00:00", "2025-01-31 23:59:59")])
    frame, _ = read(path, inclusive_ends=True, time_zone="UTC")
    assert frame["end"].to_list() == [dt.datetime(2025, 2, 1, tzinfo=dt.UTC)]
    path = write(tmp_path, [("1", "2025-01-01 00:00", "2025-01-31 10:00")])
    with pytest.raises(
        FieldInvalid, match=r"row 2, end: inclusive ends are days.*'2025-01-31 10:00'"
    ):
        read(path, inclusive_ends=True)


def test_days_and_times_are_of_the_zone_that_is_stated(tmp_path):
    """Without one days stay days, and times say that they are taken as UTC."""
    days = write(tmp_path, [("1", "2025-03-01", "2025-04-01")], name="days.csv")
    times = write(tmp_path, [("1", "2025-03-01 08:00", "2025-03-01 09:00")], name="times.csv")
    frame, said = read(days, decimal=".")
    assert frame.schema["start"] == pl.Date
    assert said == []
    frame, said = read(times, decimal=".")
    assert frame.schema["start"] == pl.Datetime("us")
    assert said == [f"times.csv: 1 (row 2): {said[0].partition('): ')[2]}"]
    assert "taken as UTC" in said[0]
    frame, said = read(days, time_zone="Asia/Shanghai")
    assert frame["start"].to_list() == [dt.datetime(2025, 2, 28, 16, tzinfo=dt.UTC)]
    frame, said = read(times, time_zone="+08:00")
    assert frame["start"].to_list() == [dt.datetime(2025, 3, 1, tzinfo=dt.UTC)]
    assert said == []


def test_a_date_that_nobody_can_read_stays_as_it_was_written(tmp_path):
    """The others of its chunk are times with an offset."""
    path = write(tmp_path, [("1", "01/03/2025", "31/03/2025"), ("2", "soon", "31/04/2025")])
    frame, said = read(path, date_formats=("dd/mm/yyyy",), time_zone="Europe/London")
    assert said == [
        "bills.csv: 1 (row 3): start: no date of the formats dd/mm/yyyy, iso; the first is 'soon'",
        (
            "bills.csv: 1 (row 3): end: no date of the formats dd/mm/yyyy, iso; the first is "
            "'31/04/2025'"
        ),
    ]
    assert frame["start"].to_list() == ["2025-03-01T00:00:00Z", "soon"]
    assert frame["end"].to_list() == ["2025-03-30T23:00:00Z", "31/04/2025"]


def test_a_time_that_the_clock_never_showed_is_not_one_of_utc(tmp_path):
    """Its text says whose clock it was, so that no server takes it for a time."""
    path = write(tmp_path, [("1", "2025-03-30T01:30:00", "2025-03-30T02:30:00")])
    frame, _ = read(path, time_zone="Europe/London")
    assert frame["start"].to_list() == ["2025-03-30T01:30:00 Europe/London"]
    assert frame["end"].to_list() == [dt.datetime(2025, 3, 30, 1, 30, tzinfo=dt.UTC)]


def test_the_header_stands_in_the_row_that_is_stated(tmp_path):
    """What stands above is passed over, and blank rows are left out and told."""
    path = write(tmp_path, [("1", "2025-01-01", "2025-02-01")])
    text = path.read_text()
    path.write_text('Report,"of\ntwo lines"\n\n' + text + ",,,,,\n" + text.splitlines()[1] + "\n")
    frame, said = read(path, header_row=3)
    assert frame.height == 2
    assert said == ["bills.csv: 1 left out (row 5): the row is blank"]
    with pytest.raises(FieldInvalid, match="expected the header in row 2; that row is blank"):
        read(path, header_row=2)
    with pytest.raises(FieldInvalid, match="expected the header in row 9; there are 6 rows"):
        read(path, header_row=9)


def test_a_row_that_is_too_long_is_named(tmp_path):
    """With its number, as a person counts the rows."""
    path = write(
        tmp_path, [("1", "2025-01-01", "2025-02-01"), ("1,234", "2025-01-01", "2025-02-01")]
    )
    with pytest.raises(FieldInvalid, match=r"bills\.csv, row 3: expected 6 fields.*got 7"):
        read(path, decimal=".")


@pytest.mark.parametrize("seed", range(12))
def test_bytes_that_are_no_file_are_an_error_of_tonne(tmp_path, seed):
    """Whatever stands there, whichever encoding is stated: refused in words, or read."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    good = write(tmp_path, [("1,5", "2025-01-01", "2025-02-01")] * 20).read_bytes()
    for number in range(4):
        data = bytearray(good if draw.random() < 0.7 else draw.randbytes(draw.randrange(400)))
        for _ in range(draw.randrange(12)):
            place = draw.randrange(len(data) + 1)
            data[place : place + draw.randrange(3)] = draw.choice(
                [b'"', b"\0", b"\r", b"\n", b",", b"\xff\xfe", draw.randbytes(4)]
            )
        path = tmp_path / f"{number}.csv"
        path.write_bytes(data)
        for encoding, decimal in itertools.product(["", "utf-16", "gb18030"], ",."):
            options = ReadingOptions(encoding=encoding, decimal=decimal, date_formats=("excel",))
            files = MappedFiles([path], options.over(PLAIN))
            with contextlib.suppress(FieldInvalid):
                assert all(frame.height for frame in files.frames())


@pytest.mark.parametrize("minutes", [15, 30, 60])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("zone", ["Europe/London", "America/Chicago"])
def test_starts_and_ends_of_a_day_of_25_hours_meet(tmp_path, zone, minutes, newest_first):
    """By what the clock shows at both, in the order of the file or the newest first."""
    step = dt.timedelta(minutes=minutes)
    first = dt.datetime(2025, 10, 25, tzinfo=dt.UTC)
    starts = [first + step * number for number in range(10 * 24 * 60 // minutes)]
    if newest_first:
        starts.reverse()
    rows = []
    for start in starts:
        shown = [at.astimezone(ZoneInfo(zone)) for at in (start, start + step)]
        rows.append(("1", *(f"{at:%Y-%m-%d %H:%M}" for at in shown)))
    frame, _ = read(write(tmp_path, rows), time_zone=zone)
    assert frame["start"].to_list() == starts
    assert frame["end"].to_list() == [start + step for start in starts]


def test_an_hour_before_the_change_ends_at_the_change(tmp_path):
    """01:00 to 02:00 stands twice in London: each is one hour, and they meet."""
    hours = [("00", "01"), ("01", "02"), ("01", "02"), ("02", "03")]
    rows = [("1", *(f"2025-10-26 {hour}:00" for hour in each)) for each in hours]
    frame, _ = read(write(tmp_path, rows), time_zone="Europe/London")
    assert [time.hour for time in frame["start"]] == [23, 0, 1, 2]
    assert [time.hour for time in frame["end"]] == [0, 1, 2, 3]


def test_an_interval_alone_ends_behind_its_start(tmp_path):
    """From 01:30 to 01:00 half an hour goes by on that day; that the clock is in doubt is told."""
    path = write(tmp_path, [("1", "2025-10-26 01:30", "2025-10-26 01:00")])
    frame, said = read(path, time_zone="Europe/London")
    assert frame["start"].to_list() == [dt.datetime(2025, 10, 26, 0, 30, tzinfo=dt.UTC)]
    assert frame["end"].to_list() == [dt.datetime(2025, 10, 26, 1, tzinfo=dt.UTC)]
    assert "shows it twice" in said[0]


def test_a_number_that_nobody_can_read_is_told(tmp_path):
    """With its row and its text, which travels as it was written."""
    path = write(
        tmp_path, [("1'000", "2025-01-01", "2025-02-01"), ("n/a", "2025-01-01", "2025-02-01")]
    )
    frame, said = read(path, grouping=("'",))
    assert frame["quantity"].to_list() == ["1000", "n/a"]
    assert said == [
        "bills.csv: 1 (row 3): quantity: no number of the stated form; the first is 'n/a'"
    ]

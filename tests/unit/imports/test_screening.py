"""Rows that may be no records: sums of others stop a file, a header that stands again does not."""

from __future__ import annotations

import polars as pl
import pytest

from tonne.cli.input.files import read_files
from tonne.errors import FieldInvalid
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.toml import read_profile
from tonne.imports.records import MappedFiles

LONG = """
[columns]
facility = "Site"
quantity = "Use"
start = "Month"
[dates]
formats = ["yyyy-mm"]
[constants]
activity = "electricity.grid"
unit = "kWh"
"""
WIDE = """
[columns]
facility = "Site"
[constants]
activity = "electricity.grid"
unit = "kWh"
[[values]]
dates = "mmm yyyy"
"""


@pytest.fixture
def read(tmp_path):
    """Read a text by a profile."""

    def make(text, profile, **options):
        path = tmp_path / "a.csv"
        path.write_text(text)
        files = MappedFiles([path], ReadingOptions(**options).over(read_profile(profile, "p")))
        frames = list(files.frames())
        frame = pl.concat(frames) if frames else pl.DataFrame()
        return frame, [line for each in files.reports for line in each.lines()]

    return make


@pytest.mark.parametrize(
    "word",
    [
        *("Total", "TOTAL:", "Grand Total", "Subtotal", "Sub-total Europe", "Sum", "Total 2025"),
        *("Berlin Total", "Summe", "Gesamt", "Zwischensumme", "Gesamtergebnis", "Somme", "Suma"),
        *(
            "Sous-total",
            "Total général",
            "Total general",
            "Totale",
            "Soma",
            "合计",
            "小计",
            "总计",
        ),
        *("合计:", "总计\uff08元\uff09", "北京 汇总", "  total  "),
    ],
)
def test_a_row_of_sums_stops_the_file_until_somebody_says_what_it_is(read, word):
    """In the five languages, wherever it stands; left out it is told."""
    text = f"Site,Jan 2025,Feb 2025\nA,1,2\nB,4,5\n{word},5,7\n"
    with pytest.raises(FieldInvalid, match=r"row 4: .* looks like a sum of other rows"):
        read(text, WIDE)
    assert read(text, WIDE, totals="read")[0].height == 6
    frame, said = read(text, WIDE, totals="leave-out")
    assert frame["quantity"].to_list() == ["1", "2", "4", "5"]
    assert "a.csv: 1 left out (row 4): the row is a sum of others by its words" in said
    with pytest.raises(FieldInvalid, match="row 4"):
        read(f"Site,Use,Month\nA,1,2025-01\nB,2,2025-01\n{word},9,2025-01\n", LONG)


@pytest.mark.parametrize(
    "word", ["Totnes", "Summer St", "TotalEnergies", "Sumatra", "Gesamtschule", "合肥", "Somerset"]
)
def test_a_name_that_only_begins_so_is_a_name(read, word):
    """A sum has the word whole."""
    assert read(f"Site,Jan 2025,Feb 2025\n{word},1,2\n", WIDE)[0].height == 2


def test_a_row_of_sums_without_a_date_or_an_amount_is_the_server_s_to_refuse(read):
    """It becomes no record that counts; so a file that always went through still does."""
    frame, _ = read("Site,Use,Month\nA,1,2025-01\nTotal,1,\nTotal,,2025-01\n", LONG)
    assert frame.height == 3


def test_a_word_in_a_column_that_nobody_named_counts_where_no_column_names_facilities(read):
    """There the row is a record all the same."""
    profile = WIDE.replace('[columns]\nfacility = "Site"', "").replace(
        "[constants]", '[constants]\nfacility = "s"'
    )
    with pytest.raises(FieldInvalid, match="'Total' looks like a sum"):
        read("Meter,Jan 2025,Feb 2025\nA,1,2\nTotal,1,2\n", profile)


def test_a_row_that_is_the_sum_of_those_above_stops_a_wide_table(read):
    """Though no word says so; sums of parts begin anew."""
    text = "Site,Jan 2025,Feb 2025\nA,1.1,2\nB,4,5\nAll,5.1,7\nC,1,1\nD,2,3\nBoth,3,4\n"
    with pytest.raises(FieldInvalid, match=r"rows 4, 7: each quantity is the sum of those in the"):
        read(text, WIDE)
    assert read(text, WIDE, totals="read")[0].height == 12
    frame, said = read(text, WIDE, totals="leave-out")
    assert frame["facility"].unique(maintain_order=True).to_list() == ["A", "B", "C", "D"]
    assert any(
        "2 left out (rows 4, 7): each quantity of the row is the sum" in line for line in said
    )
    assert read("Site,Jan 2025,Feb 2025\nA,1,2\nB,1,2\n", WIDE)[0].height == 4


def test_a_quantity_that_is_the_sum_of_those_above_is_told_in_a_long_table(read):
    """It may be by chance: it counts."""
    rows = "".join(
        f"{site},{use},2025-01\n" for site, use in zip("ABCD", (10, 20, 30, 60), strict=True)
    )
    frame, said = read(f"Site,Use,Month\n{rows}", LONG)
    assert frame.height == 4
    assert any(
        "(row 5): the quantity is the sum of those in the rows above" in line for line in said
    )


def test_a_header_that_stands_again_is_left_out_and_told(read):
    """As exports of several pages have it."""
    frame, said = read(
        "Site,Use,Month\nA,1,2025-01\nSite,USE,month\nB,2,2025-01\nSite,3,2025-01\n", LONG
    )
    assert frame["facility"].to_list() == ["A", "B", "Site"]
    assert "a.csv: 1 left out (row 3): the header stands again" in said


def test_the_header_of_another_table_stops_the_file(read):
    """What stands below it may be of another unit, or in another order."""
    text = "Site,Use,Month\nA,1,2025-01\nSite,Use (m3),Month\nA,7,2025-01\n"
    with pytest.raises(FieldInvalid, match=r"row 3: 'Use \(m3\)', 'Site', 'Month' looks "):
        read(text, LONG)
    assert read("Site,Use,Month\nA,1,2025-01\nSite,2,2025-01\n", LONG)[0].height == 2


def test_records_that_no_profile_maps_are_looked_at_too(tmp_path):
    """A sum stops them; an error of a spreadsheet is no facility."""
    head = "facility,activity,quantity,unit,start,end\n"
    rest = "electricity.grid,1,kWh,2025-01-01,2025-02-01\n"
    path = tmp_path / "a.csv"
    path.write_text(f"{head}A,{rest}Total,{rest}")
    with pytest.raises(FieldInvalid, match=r"record 2: 'Total / electricity\.grid' looks like a"):
        list(read_files([path]))
    path.write_text(f"{head}A,{rest}#N/A,{rest}Total,,1,kWh,,\n")
    (frame,) = read_files([path])
    assert frame["unread"].to_list() == [None, '{"facility":"#N/A"}', None]


def test_merged_cells_go_on_with_the_one_above(read):
    """Where the profile says so, told; a quantity never does."""
    profile = LONG.replace('facility = "Site"', 'facility = { name = "Site", fill = true }')
    text = "Site,Use,Month\nA,1,2025-01\n,2,2025-02\n,,\nB,3,2025-01\n ,4,2025-02\n"
    frame, said = read(text, profile)
    assert frame["facility"].to_list() == ["A", "A", "B", "B"]
    assert any("2 (rows 3, 6): a blank cell goes on with the one above" in line for line in said)
    assert read(text, LONG)[0]["facility"].to_list() == ["A", None, "B", ""]
    with pytest.raises(FieldInvalid, match=r"columns\.quantity: fill = true would make"):
        read(text, LONG.replace('quantity = "Use"', 'quantity = { name = "Use", fill = true }'))
    with pytest.raises(FieldInvalid, match=r"columns\.facility\.fill: expected true or false"):
        read(text, profile.replace("true", "1"))

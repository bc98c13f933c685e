"""The European residual mixes: from the publisher's workbook to an edition, digit by digit."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.support.workbooks import write_xlsx
from tonne.catalogue.editions.edition import parse_edition
from tonne.errors import FieldInvalid
from tonne.imports.publications.residual_mix import read_mixes

HEADER = ["Country code", "Production mix CO2", "Residual mix CO2", "Supplier mix CO2"]
YEARS = {
    "Residual Mixes Comparison": [["", "", 2023, 2024], ["AT", "RES", 0, 0]],
    "Changes": [["Changes from 2023", "RE total"], ["DK", 0.2]],
}


def workbook(path, rows, **sheets):
    """A workbook of the publisher's form."""
    return write_xlsx(path / "mixes.xlsx", {"CO2": [HEADER, *rows], **YEARS, **sheets})


def test_a_country_has_its_production_mix_and_its_residual_mix(tmp_path):
    """Two factors a country, of the workbook's year; the supplier mix is none."""
    made = read_mixes(workbook(tmp_path, [["DE", 311.5, 724.25, 42.5]]))
    found = [
        (each.region, each.stage, each.kg_co2, each.kg_co2e, each.gwp_set, str(each.valid_from))
        for each in parse_edition(made.content)
    ]
    assert found == [
        ("DE", "generation", Decimal("0.3115"), None, "CO2", "2024-01-01"),
        ("DE", "residual", Decimal("0.72425"), None, "CO2", "2024-01-01"),
    ]
    assert made.remarks == ()


def test_a_residual_mix_of_zero_is_none_and_told(tmp_path):
    """Full disclosure leaves no residual mix: a zero would be a number without a word."""
    made = read_mixes(workbook(tmp_path, [["AT", 86.5, 0, 91.3]]))
    assert [each.stage for each in parse_edition(made.content)] == ["generation"]
    (remark,) = made.remarks
    assert "AT has no residual mix" in remark


def test_figures_may_be_taken_longer_by_decision(tmp_path):
    """Until the day that is named, which each factor's note keeps; never before their year."""
    path = workbook(tmp_path, [["DE", 311.5, 724.25, 42.5]])
    for factor in parse_edition(read_mixes(path, dt.date(2026, 1, 1)).content):
        assert factor.valid_to == dt.date(2026, 1, 1)
        assert factor.note.endswith("of 2024, taken until 2026-01-01 (exclusive)")
    assert "taken until" not in read_mixes(path).content.decode()
    with pytest.raises(FieldInvalid, match=r"2024.*got 2024-01-01"):
        read_mixes(path, dt.date(2024, 1, 1))


@pytest.mark.parametrize(
    ("rows", "sheets", "words"),
    [
        ([["Germany", 311.5, 724.25, 1]], {}, ["row 2", "'Germany'"]),
        ([["DE", "n/a", 724.25, 1]], {}, ["row 2", "Production mix CO2", "'n/a'"]),
        ([["DE", -1, 724.25, 1]], {}, ["row 2", "'-1"]),
        ([["DE", 311500, 724.25, 1]], {}, ["row 2", "311500"]),
        ([["DE", 1, 2, 3]], {"Changes": [["Changes from 2022"]]}, ["2023", "2024", "as CSV"]),
        ([["DE", 1, 2, 3]], {"Residual Mixes Comparison": [["", ""]]}, ["one year"]),
    ],
)
def test_what_is_no_such_workbook_is_refused(tmp_path, rows, sheets, words):
    """The message names the cell, what is there, and what to do."""
    with pytest.raises(FieldInvalid) as refused:
        read_mixes(workbook(tmp_path, rows, **sheets))
    assert [word for word in words if word not in str(refused.value)] == []


def test_another_workbook_is_asked_for_as_csv(tmp_path):
    """Its sheets are named."""
    with pytest.raises(FieldInvalid, match=r"got the sheets 'Bills'.*as CSV"):
        read_mixes(write_xlsx(tmp_path / "bills.xlsx", {"Bills": [["a", "b"], [1, 2]]}))


def test_all_countries_of_the_publishers_workbook_come_digit_by_digit():
    """34 production mixes and 32 residual mixes of 2024, as the cells hold them."""
    root = os.environ.get("TONNE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data"
    path = Path(root) / "publications" / "eu-aib-residual-mix-2024.xlsx"
    if not path.is_file():
        pytest.skip(f"left out: the publisher's file is not at {path}; set TONNE_TEST_DATA")
    made = read_mixes(path)
    found = {(each.region, each.stage): each for each in parse_edition(made.content)}
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("CO2").to_python()[1:]
    assert len(rows) == 34
    for country, production, residual, _ in rows:
        assert float(found.pop((country, "generation")).kg_co2 * 1000) == production, country
        if residual:
            assert float(found.pop((country, "residual")).kg_co2 * 1000) == residual, country
    assert found == {}
    assert len(made.remarks) == 2

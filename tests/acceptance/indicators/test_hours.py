"""Indicators of a book whose grid factor is a series of hours: what hours make of the records.

5 kWh at 2 kg and 45 kWh at 0.4 kg are 28 kg. Source of the sum: Green Software Foundation, SCI
specification, issue 22.
"""

from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest

from tonne.model import Entity, Facility, Holding

RECORDS = """\
record_id,facility,activity,quantity,unit,start,end,region
1,dc,electricity.grid,5,kWh,2025-03-01T10:00:00Z,2025-03-01T11:00:00Z,DE
2,dc,electricity.purchased,45,kWh,2025-03-01T11:00:00Z,2025-03-01T12:00:00Z,DE
3,half,electricity.grid,10,kWh,2025-03-01T10:00:00Z,2025-03-01T11:00:00Z,DE
4,dc,electricity.it,40,kWh,2025-03-01,2025-04-01,DE
5,half,electricity.it,8,kWh,2025-03-01,2025-04-01,DE
6,dc,driver.requests,1000,unit,2025-03-01,2025-04-01,DE
"""


@pytest.mark.parametrize("by", ["", "facility", "facility_type", "region", "entity"])
def test_hours_weigh_indicators(client, tonne, tmp_path, by):
    """Of each part and of all; two texts of one activity count once; a share counts."""
    book = f"hours-{by or 'all'}".replace("_", "-")
    table, records = tmp_path / "hours.parquet", tmp_path / "rows.csv"
    frame = pl.DataFrame({"start": ["2025-03-01 11:00", "2025-03-01 12:00"], "g": ["2000", "400"]})
    frame.write_parquet(table)
    records.write_text(RECORDS)
    client.create_book(book)
    client.import_entities(book, [Entity("joint", holdings=(Holding(equity_share="0.5"),))])
    client.import_facilities(
        book,
        [
            Facility("dc", type="data_centre"),
            Facility("half", type="data_centre", entity="joint"),
        ],
    )
    run = tonne(
        "factor", "hours", table, "--book", book, "--id", "hours", "--region", "DE",
        "--gwp-set", "AR5", "--source", "operator", "--value-column", "g", "--grams",
        "--zone", "Europe/Berlin",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert tonne("append", records, "--book", book, "--channel", "meter").returncode == 0
    shares = {"consolidation": "equity-share"}
    found = client.indicators(book, ("cue", "co2e_per_request"), by=by, **shares)
    cue = {each.place: each.exact for each in found.values if each.indicator == "cue"}
    # 28 kg over 40 kWh at the one; half of 20 kg over half of 8 kWh at the other.
    whole, apart = Fraction(28 + 10, 40 + 4), {"dc": Fraction(28, 40), "half": Fraction(20, 8)}
    assert (
        cue
        == {
            "": {"": whole},
            "facility": apart,
            "facility_type": {"data_centre": whole},
            "region": {"DE": whole},
            "entity": {"": apart["dc"], "joint": apart["half"]},
        }[by]
    )
    total = client.inventory(book, accounts="scope2.location", **shares).total.kg_co2e
    requests = [each for each in found.values if each.indicator == "co2e_per_request"]
    assert sum(each.numerator for each in requests) == Fraction(total) * 1000

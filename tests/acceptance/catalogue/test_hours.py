"""A series of hours through the commands: 5 kWh at 2 kg and 45 kWh at 0.4 kg are 28 kg.

Source of the sum: Green Software Foundation, SCI specification, issue 22.
"""

from __future__ import annotations

import json

import polars as pl

RECORDS = """\
record_id,facility,activity,quantity,unit,start,end,region
1,s,electricity.grid,5,kWh,2025-03-01T10:00:00Z,2025-03-01T11:00:00Z,DE
2,s,electricity.grid,45,kWh,2025-03-01T11:00:00Z,2025-03-01T12:00:00Z,DE
3,s,electricity.grid,7,kWh,2025-03-01T11:30:00Z,2025-03-01T12:30:00Z,DE
"""


def test_hours_weigh_records(tonne, tmp_path):
    """Imported, counted, explained, replayed; what no hour covers waits and says for which."""
    table, records = tmp_path / "hours.parquet", tmp_path / "rows.csv"
    frame = pl.DataFrame({"start": ["2025-03-01 11:00", "2025-03-01 12:00"], "g": ["2000", "400"]})
    frame.write_parquet(table)
    records.write_text(RECORDS)
    assert tonne("book", "create", "hourly").returncode == 0
    run = tonne(
        "factor", "hours", table, "--book", "hourly", "--id", "hours", "--region", "DE",
        "--gwp-set", "AR5", "--source", "operator", "--value-column", "g", "--grams",
        "--zone", "Europe/Berlin",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    shown = tonne("factor", "list", "hours", "--book", "hourly")
    assert "by the hour" in shown.stdout
    tonne("append", records, "--book", "hourly", "--channel", "meter")
    waiting = tonne("suspense", "list", "--book", "hourly")
    assert "none from 2025-03-01T11:00Z" not in waiting.stdout
    assert "2025-03-01T12:00Z" in waiting.stdout
    found = tonne(
        "inventory", "--book", "hourly", "--account", "scope2.location", "--format", "json"
    )
    assert json.loads(found.stdout)["total"]["kg_co2e"] == "28", found.stdout
    told = tonne("explain", "--book", "hourly", "--account", "scope2.location", "--replay")
    assert told.returncode == 0, told.stderr
    assert "mean of the hours" in " ".join(told.stdout.split())

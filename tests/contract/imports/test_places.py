"""Large units and strong gases: what is written is what is posted, shown and valued."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest

from tonne.client import Client

SF6 = {
    "record_id": "leak",
    "facility": "dc-1",
    "activity": "gas.sf6",
    "unit": "kt",
    "start": "2025-03-01T00:00:00Z",
    "end": "2025-03-02T00:00:00Z",
    "region": "GB",
}
WRITTEN = ("0.0000004", "4e-7", "0.000000400000000001", "-0.0000002")
KG_PER_KT = Fraction(10**6 * 23_500)
"""kg CO2e of a kt of SF6 by the GWP of AR5, that of the book's method."""


def as_csv(path, records):
    """Every field a text."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=records[0])
        writer.writeheader()
        writer.writerows(records)


def as_json_lines(path, records):
    """Quantities as JSON numbers."""
    lines = []
    for each in records:
        text = json.dumps(each | {"quantity": "?"})
        lines.append(text.replace('"?"', each["quantity"]))
    path.write_text("\n".join(lines))


def as_parquet(path, records):
    """Quantities as decimals of 18 places."""
    quantities = pl.Series("quantity", [Decimal(each["quantity"]) for each in records])
    frame = pl.DataFrame(records).with_columns(quantities.cast(pl.Decimal(38, 18)))
    frame.write_parquet(path)


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.csv", as_csv), ("a.jsonl", as_json_lines), ("a.parquet", as_parquet)],
)
def test_what_is_written_is_posted_shown_and_valued(run, tmp_path, name, write):
    """400 g of SF6 in kilotonnes are 9,400 kg CO2e, from every form of file."""
    records = [SF6 | {"quantity": text, "record_id": text} for text in WRITTEN]
    write(tmp_path / name, records)
    code, _, remarks = run("append", tmp_path / name, "--channel", "gas")
    assert code == 0, remarks
    assert "rounded" not in remarks
    code, out, remarks = run("explain", "--records", 9, "--replay", "--format", "json")
    assert code == 0, remarks
    shown = [each["record"]["quantity"] for each in json.loads(out)["records"]]
    assert sorted(map(Fraction, shown)) == sorted(map(Fraction, WRITTEN))
    total = Fraction(json.loads(run("inventory", "--format", "json")[1])["total"]["kg_co2e"])
    assert total == sum(map(Fraction, WRITTEN)) * KG_PER_KT
    code, _, remarks = run("append", tmp_path / name, "--channel", "gas")
    assert code == 0, remarks
    assert (
        Fraction(json.loads(run("inventory", "--format", "json")[1])["total"]["kg_co2e"]) == total
    )


def test_more_than_18_places_are_rounded_and_told(run, tmp_path):
    """The message says what was written."""
    as_csv(tmp_path / "a.csv", [SF6 | {"quantity": "0.0000000000000000015"}])
    code, _, remarks = run("append", tmp_path / "a.csv", "--channel", "gas")
    assert code == 0
    assert "1 quantity with more than 18 places, rounded half-even at the 18th" in remarks
    assert "0.0000000000000000015" in remarks


def test_the_sdk_takes_any_type_of_quantity(running, appended_book):
    """Floats stand for their shortest decimal, decimals and texts for themselves."""
    given = [0.0000004, Decimal("0.000000400000000001"), "1e-18", 3, 999999999999.5]
    records = [SF6 | {"quantity": each, "record_id": str(n)} for n, each in enumerate(given)]
    with Client(running.server.address) as client:
        result = client.post_records(appended_book, records)
        listed = sorted(client.list_records(appended_book), key=lambda one: one.offset)
    expected = [Fraction(str(each)) for each in given]
    assert [Fraction(one.record["quantity"]) for one in listed] == expected
    assert Fraction(result.quantity_sum) == sum(expected)
    assert result.rounded_count == 0

"""Records whose quantities are readings: from files to records of what was used."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from tonne.client.answers.records import RECORD_FIELDS
from tonne.errors import FieldInvalid
from tonne.imports.meters import register_records
from tonne.imports.meters.register_records import RegisterRecords
from tonne.imports.meters.register_rules import RegisterRules

NOON = dt.datetime(2025, 3, 1, 12)  # noqa: DTZ001  as a file has it


def frame(*rows, kind=None, **constants):
    """Records of (facility, quantity, hours since noon)."""
    times = [NOON + dt.timedelta(hours=hours) for _, _, hours in rows]
    start = pl.Series(times, dtype=pl.Datetime("us"))
    if kind == pl.String:
        start = start.dt.strftime("%Y-%m-%dT%H:%M:%S%.f+01:00")
    elif kind is not None:
        start = start.dt.replace_time_zone("UTC") if kind == "aware" else start.cast(kind)
    found = pl.DataFrame(
        {
            "facility": [facility for facility, _, _ in rows],
            "quantity": [quantity for _, quantity, _ in rows],
            "start": start,
        }
    )
    texts = {"activity": "electricity.grid", "unit": "kWh", "region": "GB", **constants}
    return found.with_columns(pl.lit(text).alias(name) for name, text in texts.items())


def read(*frames, time="start", **rules):
    found = RegisterRecords(time, RegisterRules(**rules), "r.csv")
    made = list(found.frames(frames))
    return (pl.concat(made) if made else pl.DataFrame()), found.remarks


def test_readings_of_several_frames_are_one_sequence():
    """What is shared stays with the records; each has an id and evidence of its own."""
    made, remarks = read(frame(("a", "3", 2), ("a", "1", 0)), frame(("b", "7", 0), ("a", "2", 1)))
    assert made.select("facility", "activity", "quantity", "unit", "region").rows() == [
        ("a", "electricity.grid", "1", "kWh", "GB"),
        ("a", "electricity.grid", "1", "kWh", "GB"),
    ]
    assert made["record_id"].to_list() == [
        "a 2025-03-01T12:00:00Z/2025-03-01T13:00:00Z",
        "a 2025-03-01T13:00:00Z/2025-03-01T14:00:00Z",
    ]
    assert made["evidence"].to_list() == ["r.csv#record 2 to 4", "r.csv#record 4 to 1"]
    assert set(made.columns) <= set(RECORD_FIELDS)
    (remark,) = remarks
    assert remark.startswith("r.csv: one meter has a single reading")
    assert remark.endswith(": record 3")


def test_a_file_that_grew_gives_the_same_records_first():
    """Two meters, read every hour: what is in a channel already is skipped."""
    rows = [(meter, str(hour * 2), hour) for hour in range(6) for meter in ("b", "a")]
    before, _ = read(frame(*rows[:8]))
    after, _ = read(frame(*rows))
    assert after.height == 10
    assert after.drop("evidence").head(before.height).equals(before.drop("evidence"))
    assert after["evidence"].head(before.height).to_list() == before["evidence"].to_list()


@pytest.mark.parametrize(
    ("kind", "zone", "expected"),
    [
        (None, "UTC", "2025-03-01T12:00:00+00:00"),
        ("aware", "UTC", "2025-03-01T12:00:00+00:00"),
        (pl.String, "UTC", "2025-03-01T11:00:00+00:00"),
        (pl.Date, "Asia/Shanghai", "2025-02-28T16:00:00+00:00"),
    ],
)
def test_times_of_every_form(kind, zone, expected):
    """A day is its midnight in the zone of the rules; a text has its offset."""
    made, _ = read(frame(("a", "1", 0), ("a", "2", 24), kind=kind), time_zone=zone)
    assert made["start"][0].isoformat() == expected


def test_a_text_that_is_no_time_is_refused():
    texts = frame(("a", "1", 0), ("a", "2", 1), kind=pl.String)
    broken = texts.with_columns(pl.Series("start", ["2025-03-01T12:00:00Z", "soon"]))
    with pytest.raises(FieldInvalid, match="record 2: the time of meter a's reading 2"):
        read(broken)


def test_meters_are_named_by_what_tells_them_apart():
    """The facility where it has one; its activity with it; else everything."""
    rows = [("a", "1", 0), ("a", "2", 1)]
    gas = {"activity": "fuel.natural_gas", "unit": "m3"}
    made, _ = read(frame(*rows), frame(*rows, **gas), frame(*rows, **{**gas, "unit": "kWh_gross"}))
    assert {each.partition(" ")[0] for each in made["record_id"]} == {
        "a/electricity.grid",
        "a/fuel.natural_gas/m3/GB//",
        "a/fuel.natural_gas/kWh_gross/GB//",
    }


def test_the_files_own_evidence_stays():
    made, _ = read(frame(("a", "1", 0), ("a", "2", 1), evidence="photo 5"))
    assert made["evidence"].to_list() == ["photo 5"]


def test_what_is_no_choice_and_what_is_too_much_is_refused(monkeypatch):
    with pytest.raises(FieldInvalid, match="--readings: expected start or end"):
        read(frame(("a", "1", 0)), time="middle")
    monkeypatch.setattr(register_records, "READINGS_MAX", 1)
    with pytest.raises(FieldInvalid, match="at most 1 readings at once"):
        read(frame(("a", "1", 0), ("a", "2", 1)))
    assert read()[0].is_empty()


def test_large_answers_come_in_chunks(monkeypatch):
    monkeypatch.setattr(register_records, "CHUNK_ROWS", 2)
    found = RegisterRecords("start", RegisterRules(), "r.csv")
    made = list(found.frames([frame(*(("a", str(hour), hour) for hour in range(6)))]))
    assert [each.height for each in made] == [2, 2, 1]

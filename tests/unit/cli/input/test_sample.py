"""The demo's records: the same on every machine, and about a million."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import polars as pl

from tonne.cli.input import sample


def test_the_sample_is_about_a_million_records():
    """The demo streams about a million records, on seven channels."""
    total = sum(meter.record_count for meter in sample.METERS)
    assert total == 990_875
    assert len(sample.channels()) == 7


def test_the_sample_is_the_same_on_every_machine():
    """The readings of the smaller meters have this digest; a change of it changes the demo."""
    digest = hashlib.sha256()
    for meter in sample.METERS:
        if meter.record_count < 30_000:
            for frame in sample.read_meter(meter):
                digest.update(frame.write_csv().encode())
    assert digest.hexdigest() == "9f8fc3e44b647da107052fb7362dfda2db9f570093202f4de7bddbc92aa1228a"


def test_a_meter_reads_every_facility_at_every_step():
    """Readings follow each other in time without gap or overlap, for each facility."""
    meter = sample.METERS[0]
    whole = pl.concat(sample.read_meter(meter))
    assert whole.height == meter.record_count == whole["record_id"].n_unique()
    one = whole.filter(pl.col("facility") == "dc-003")
    assert one["start"].to_list()[1:] == one["end"].to_list()[:-1]
    registered = {facility.id for facility in sample.facilities()}
    assert set(whole["facility"]) <= registered


def test_quantities_lie_between_their_bounds():
    """Every quantity is a decimal of three places between base and base plus spread, times."""
    for meter in sample.METERS:
        frame = next(sample.read_meter(meter))
        for text in frame["quantity"].head(2_000):
            milli = Decimal(text) * 1_000
            drawn = milli / meter.times - meter.base_milli
            assert 0 <= drawn < meter.spread_milli
            assert len(text.partition(".")[2]) == 3

"""What the demo states beside its records, and shows of it."""

from __future__ import annotations

from tonne.cli.commands.demo import steering
from tonne.cli.input import sample


def test_the_demo_states_and_shows_what_it_is_steered_by(client, stated_book, capsys):
    """Over all meters but those of base stations: indicators, targets and measures are shown."""
    client.import_facilities(stated_book, sample.facilities())
    steering.state(client, stated_book, sample.suppliers())
    meters = [each for each in sample.METERS if each.record_count < 100_000]
    with client.channel(stated_book, "demo") as channel:
        channel.append(frame for meter in meters for frame in sample.read_meter(meter))
    steering.show(client, stated_book, ())
    shown, told = capsys.readouterr()
    for name in (*steering.INDICATORS, *steering.TARGETS, "solar", "cooling", "sharing"):
        assert name in shown, name
    assert told.count("no value from") == 1  # electricity_per_carrier
    coverage = client.supplier_coverage(stated_book, valid_on=steering.LAST_DAY)
    assert coverage.currency == "CNY"

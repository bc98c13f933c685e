"""What the demo states beside its records, and shows of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tonne.cli.commands.demo import living, steering
from tonne.cli.input import sample
from tonne.errors import DefectError
from tonne.model import PeriodState


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


@pytest.fixture
def factory_book(client, stated_book):
    """A book with what the demo's factory reports."""
    client.import_facilities(stated_book, sample.facilities())
    meters = [each for each in sample.METERS if each.channel == "factory"]
    with client.channel(stated_book, "factory") as channel:
        channel.append(frame for meter in meters for frame in sample.read_meter(meter))
    return stated_book


def test_the_demo_corrects_closes_and_tells_why_a_number_changed(
    running, client, factory_book, tmp_path, capfd
):
    """Each command ends well; January is closed, and its bridge has the correction alone."""
    address = running.server.address
    living.show(client, factory_book, address, tmp_path, "tonne")
    shown, told = capfd.readouterr()
    typed = [line.split()[2] for line in shown.splitlines() if line.startswith("$ tonne ")]
    assert typed == ["append", "record", "period", "period", "bridge", "inventory"]
    assert address not in shown
    assert "accepted: suspense, 1: one bill" in told
    (january,) = [e for e in client.list_periods(factory_book) if e.month == living.MONTH]
    assert (january.state, january.closes[-1].closed.author) == (
        PeriodState.SOFT_CLOSED,
        "Ada",
    )
    now = client.inventory(factory_book, from_period=living.MONTH, to_period=living.MONTH)
    (correction,) = client.list_corrections(factory_book)
    (each,) = correction.records
    quantities = [Decimal(str(one.record["quantity"])) for one in (each.before, each.after)]
    assert quantities == [Decimal("1.354"), Decimal("13.54")]
    assert now.suspended_count == 1


def test_a_demo_whose_command_fails_says_so(running, client, factory_book, tmp_path, capfd):
    """A month that is closed cannot be closed again: the demo stops there."""
    client.close_period(factory_book, living.MONTH, reason="closed before", author="Ada")
    with pytest.raises(DefectError, match="ended with"):
        living.show(client, factory_book, running.server.address, tmp_path, "tonne")
    capfd.readouterr()

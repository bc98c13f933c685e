"""Warming potentials: the origin of methane, and the tables' own laws."""

from __future__ import annotations

import pytest

from tonne.catalogue.words.gwp import gases, methane_origin
from tonne.catalogue.words.method import GWP_SETS
from tonne.catalogue.words.tables import read_table
from tonne.catalogue.words.taxonomy import activities

ORIGINS = [
    ("fuel.natural_gas", "fossil"),
    ("fuel.natural_gas.industry", "fossil"),
    ("fuel.natural_gas.site_7", "fossil"),
    ("fuel.biogas.stationary", "biogenic"),
    ("fuel.wood_chips", "biogenic"),
    ("fuel.other_gas", ""),
    ("fleet.car.average.diesel", "fossil"),
    ("fleet.car.average.battery_electric", ""),
    ("waste.paper_and_board.landfill", "biogenic"),
    ("water.treatment", "biogenic"),
    ("water.supply", ""),
    ("gas.ch4_fossil", "fossil"),
    ("gas.ch4", ""),
    ("electricity.grid", ""),
    ("purchase.servers", ""),
]


@pytest.mark.parametrize(("activity", "origin"), ORIGINS)
def test_methane_has_the_origin_of_what_it_comes_from(activity, origin):
    """A fuel's own row, also for what stands below it; nothing is guessed for others."""
    assert methane_origin(activity) == origin


def test_every_fuel_has_its_origin():
    """A fuel of the taxonomy is in the table, and be it as unknown; no row is of no activity."""
    rows = read_table("methane_origins.csv")
    fuels = {".".join(each.split(".")[:2]) for each in activities() if each.startswith("fuel.")}
    assert fuels <= {row["begins"] for row in rows}
    assert {row["origin"] for row in rows} == {"fossil", "biogenic", "unknown"}
    for row in rows:
        below = [each for each in activities() if f"{each}.".startswith(f"{row['begins']}.")]
        assert any(each.split(".")[-1] == row["ends"] or not row["ends"] for each in below), row


def test_the_ipccs_own_table_of_ar6_differs_in_methane_and_sf6_alone():
    """`AR6-7SM7` is there for whoever reported by it: 27.9 and 25,200."""
    assert GWP_SETS == ("AR4", "AR5", "AR6", "AR6-7SM7")
    differing = {
        gas.id: gas.potentials["AR6-7SM7"]
        for gas in gases().values()
        if gas.potentials.get("AR6") != gas.potentials.get("AR6-7SM7")
    }
    methane = dict.fromkeys(("CH4", "CH4-biogenic", "CH4-fossil"), "27.9")
    assert differing == {**methane, "SF6": "25200"}

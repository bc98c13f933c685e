"""Rows of steps alone: before which factor they go, and what is told of them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.words.method import MethodSettings
from tonne.model import first_day_of, period_of_month

SHIPPED = ("uk-ghg-2025", "ict-ccf", "ict-ccf-compute")
COLUMNS = "activity,region,unit,valid_from,valid_to,steps,source\n"


def resolve(activity, unit, region="GB", rows="", month="2025-06"):
    """The entry of a month under rows of an import and the shipped editions."""
    own = [("own", parse_edition((COLUMNS + rows).encode()))] if rows else []
    editions = [*own, *((each, shipped_editions()[each].factors) for each in SHIPPED)]
    settings = MethodSettings(editions=tuple(name for name, _ in editions))
    runs = Resolver(editions, settings, 1).resolve(activity, unit, region)
    first_day = first_day_of(period_of_month(month))
    (entry,) = [run.disposition for run in runs if run.first_day <= first_day][-1].entries
    return entry


def reasons(entry):
    return {notice.reason for notice in entry.notices}


@pytest.mark.parametrize(
    ("activity", "unit", "kwh"),
    [
        ("ict.compute.aws.full", "vCPU.h", "0.0035*1.135"),
        ("ict.compute.gcp.idle", "vCPU.h", "0.00071*1.1"),
        ("ict.compute.azure.full_untold", "vCPU.h", "0.5*0.00376*1.125"),
        ("ict.compute.aws.tesla_p4.full", "GPU.h", "0.0765*1.135"),
        ("ict.memory.azure", "GB.h", "0.000392*1.125"),
        ("ict.network.gcp", "GB", "0.001*1.1"),
        ("ict.storage.hdd.aws.s3", "TB.h", "0.00065*3*1.135"),
        ("ict.storage.ssd.azure.storage_grs", "GB.h", "0.0000012*6*1.125"),
        ("ict.compute", "kWh", "1"),
    ],
)
def test_what_ships_leads_to_the_grid_of_the_region(activity, unit, kwh):
    """By the figures that are printed, and to no other factor than the electricity's."""
    entry = resolve(activity, unit)
    expected = Fraction(1)
    for figure in kwh.split("*"):
        expected *= Fraction(figure)
    assert entry.conversion == expected
    assert (entry.edition, entry.factor.kg_co2e) == ("uk-ghg-2025", "0.177")
    assert reasons(entry) <= {"REGION_FALLBACK", "DEFAULT_FIGURE"}
    assert ("DEFAULT_FIGURE" in reasons(entry)) == activity.endswith("_untold")


def test_a_region_of_a_cloud_has_its_grid():
    """eu-west-2 lies in the United Kingdom."""
    here, there = (resolve("ict.compute.aws.full", "vCPU.h", each) for each in ("GB", "eu-west-2"))
    assert (here.edition, here.factor, here.steps) == (there.edition, there.factor, there.steps)


OWN = "ict.memory.ours,,GB.h,2025-01-01,2025-09-01,pue=1.3,meters\n"


def test_a_row_in_the_record_s_own_unit_goes_before_the_factor_above_it():
    """Its figures are what the record means, and they are told; behind its end they are not."""
    entry = resolve("ict.memory.ours", "GB.h", rows=OWN)
    assert entry.conversion == Fraction("1.3") * Fraction("0.000392")
    assert any("by pue 1.3 (meters)" in notice.message for notice in entry.notices)
    later = resolve("ict.memory.ours", "GB.h", rows=OWN, month="2025-09")
    assert later.conversion == Fraction("0.000392")
    assert "ACTIVITY_FALLBACK" in reasons(later)
    assert resolve("ict.memory", "GB.h", rows=OWN).conversion == Fraction("0.000392")


def test_a_factor_in_another_unit_has_its_straight_way():
    """A distance leads from mass; a record in t.km needs none."""
    lorry = "freight.road.hgv.all.average_laden"
    rows = f"{lorry}.route,,t,2025-01-01,,distance=100 km,planner\n"
    editions = [
        ("own", parse_edition((COLUMNS + rows).encode())),
        ("uk-ghg-2025", shipped_editions()["uk-ghg-2025"].factors),
    ]
    resolver = Resolver(editions, MethodSettings(editions=("own", "uk-ghg-2025")), 1)
    ratios = {}
    for unit in ("t", "t.km"):
        first_day = first_day_of(period_of_month("2025-06"))
        runs = resolver.resolve(f"{lorry}.route", unit, "GB")
        found = [run.disposition for run in runs if run.first_day <= first_day][-1]
        ratios[unit] = {entry.conversion for entry in found.entries}
    assert ratios == {"t": {Fraction(100)}, "t.km": {Fraction(1)}}

"""A book with every scope, months, sites, drivers, targets, and what waits; read once."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from tonne.client import Client
from tonne.model import Facility
from tonne.statements.statement import statement_of
from tonne.statements.targets import StatedFigure, Target, TargetType
from tonne.yearly.asking import Question, ask
from tonne.yearly.writing import write

STORY = """\
record_id,facility,activity,quantity,unit,start,end,region
1,dc,electricity.grid,1000000.333333333333333333,kWh,2025-01-01,2025-03-01,GB
2,dc,refrigerant.r410a,2.000000000000000001,kg,2025-01-05,2025-01-06,GB
3,hut,fuel.diesel.stationary,1000,litre,2025-02-01,2025-02-02,GB
4,office,travel.air.long_haul.economy,20000,passenger.km,2025-04-01,2025-04-02,GB
5,hut,electricity.grid,7777.777777777777777777,kWh,2025-06-01,2025-07-01,CN-GD
6,hut,electricty.grid,5,kWh,2025-02-01,2025-02-02,GB
7,dc,driver.revenue,1000000,CNY,2025-01-01,2026-01-01,
8,dc,electricity.grid,900000,kWh,2024-01-01,2024-03-01,GB
10,hut,fuel.diesel.stationary,120,litre,2025-01-01,2026-01-01,GB
9,dc,electricity.it,500000,kWh,2025-01-01,2025-03-01,
"""
"""Scopes 1, 2 and 3, a driver, one record that waits, and one of the year before."""

MADE = dt.datetime(2026, 2, 3, 4, 5, tzinfo=dt.UTC)

SITES = (
    Facility("dc", "Data centre", "data_centre"),
    Facility("hut", "Hut", "equipment_room"),
    Facility("office", "Office", "office"),
)


@pytest.fixture(scope="module")
def client(running):
    """A client of the module's server."""
    with Client(running.server.address) as found:
        yield found


@pytest.fixture(scope="module")
def story(client):
    """The book."""
    client.create_book("story", display_name="Story & Sons")
    client.import_facilities("story", SITES)
    with client.channel("story", "erp") as channel:
        channel.append(csv.DictReader(io.StringIO(STORY)))
    target = Target(
        "Scope 1, -50 % by 2030",
        TargetType.ABSOLUTE,
        "2030-01",
        "2020-01",
        accounts=("scope1",),
        change_percent="-50",
        stated=(StatedFigure("2020-01", "9000", "report of 2020"),),
    )
    client.add_statements(
        "story",
        [statement_of("scope-one", target, valid_from="2025-01-01", reason="plan")],
        author="board",
    )
    return "story"


@pytest.fixture(scope="module")
def answers(client, story):
    """What a report asks."""
    return ask(client, Question(story, 2025), lambda _: None)


@pytest.fixture(scope="module")
def report(answers):
    """Its report."""
    return write(answers, MADE)

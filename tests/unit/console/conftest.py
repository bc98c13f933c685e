"""A console before a real server, with a book that has every scope and something that waits."""

from __future__ import annotations

import csv
import io

import pytest
from starlette.testclient import TestClient

from tests.contract.yearly.conftest import SITES, STORY
from tests.support.servers.api import RunningServer
from tests.support.servers.identities import AUDIENCE, Issuer
from tonne.client import Client, Credentials
from tonne.console.access import OwnAccess
from tonne.console.application import application
from tonne.statements.statement import statement_of
from tonne.statements.suppliers import Supplier
from tonne.statements.targets import StatedFigure, Target, TargetType

HERE = "http://127.0.0.1:8090"

FURTHER = """\
record_id,facility,activity,quantity,unit,start,end,region
20,hut,electricity.grid,twelve,kWh,2025-02-01,2025-02-02,GB
21,hut,electricity.grid,12,kWh,2025-02-03,2025-02-04,GB
21,hut,electricity.grid,13,kWh,2025-02-03,2025-02-04,GB
"""
"""One record that breaks a rule, and two of one id."""

DAILY = """\
record_id,facility,activity,quantity,unit,start,end,region
d1,hut,electricity.grid,250.5,kWh,2025-06-10,2025-06-11,CN-GD
"""
"""A day of a month that `STORY` has whole, by another channel and id."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A server that the tests of a module share."""
    with RunningServer(tmp_path_factory.mktemp("ledger")) as server:
        yield server


@pytest.fixture(scope="module")
def client(running):
    """A client of the module's server."""
    with Client(running.server.address) as found:
        yield found


@pytest.fixture(scope="module")
def issuer():
    """An issuer of tokens."""
    with Issuer() as made:
        yield made


@pytest.fixture(scope="module")
def knowing(tmp_path_factory, issuer):
    """A server that knows its callers, and a client of who may everything."""
    settings = {
        "security__issuers": {issuer.name: issuer.url},
        "security__audience": AUDIENCE,
        "security__leeway_s": 0,
    }
    with RunningServer(tmp_path_factory.mktemp("guarded"), **settings) as running:
        token = issuer.token("root", ["*:admin"])
        with Client(running.server.address, credentials=Credentials(token=token)) as root:
            yield running, root


@pytest.fixture(scope="module")
def browser(client):
    """What asks the console as a browser on this machine does."""
    with TestClient(application(OwnAccess(client)), base_url=HERE) as found:
        yield found


@pytest.fixture(scope="module")
def story(client):
    """The book."""
    client.create_book("story", display_name="Story & Sons")
    client.import_facilities("story", SITES)
    for name, text in (("erp", STORY), ("more", FURTHER), ("daily", DAILY)):
        with client.channel("story", name) as channel:
            channel.append(csv.DictReader(io.StringIO(text)))
    target = Target(
        "Scope 1, -50 % by 2030",
        TargetType.ABSOLUTE,
        "2030-01",
        "2020-01",
        accounts=("scope1",),
        change_percent="-50",
        stated=(StatedFigure("2020-01", "9000", "report of 2020"),),
    )
    stated = [
        statement_of("scope-one", target, valid_from="2025-01-01", reason="plan"),
        statement_of("steel", Supplier("Steel & Co"), valid_from="2025-01-01", reason="list"),
    ]
    client.add_statements("story", stated, author="board")
    client.check_overlaps("story")
    client.compare_same_records("story")
    return "story"

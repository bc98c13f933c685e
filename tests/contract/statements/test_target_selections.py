"""Targets of a part of a book, or of stated figures alone; what people read of them."""

from __future__ import annotations

import re

import pytest

from tests.contract.statements.conftest import TARGET, ask
from tonne.cli.terminal import output
from tonne.model import Entity, Facility

PUE = ("display_name=PUE", "type=intensity", "indicator=pue_3", "target_year_start=2025-01",
       "target_value=1.2")  # fmt: skip


@pytest.fixture
def sites(client, stated_book):
    """Two data centres of a year, one of them of an entity: PUE 2, 3, and 2.4 of both."""
    client.import_entities(stated_book, [Entity("joint")])
    client.import_facilities(
        stated_book,
        [
            Facility("north", type="data_centre"),
            Facility("south", type="data_centre", entity="joint"),
        ],
    )
    span = {"unit": "kWh", "start": "2020-01-01", "end": "2021-01-01", "region": "GB"}
    client.post_records(
        stated_book,
        [
            span | {"facility": site, "activity": activity, "quantity": quantity}
            for site, activity, quantity in (
                ("north", "electricity.grid", "732"),
                ("north", "electricity.it", "366"),
                ("south", "electricity.grid", "732"),
                ("south", "electricity.it", "244"),
            )
        ],
    )
    return stated_book


@pytest.mark.usefixtures("sites")
@pytest.mark.parametrize(
    ("selection", "value", "of"),
    [
        ((), "2.4", "version 1; "),
        (("facilities=north",), "2", "version 1, of north; "),
        (("entity=joint",), "3", "version 1, of joint; "),
        (("facilities=north,south",), "2.4", "version 1, of north, south; "),
    ],
)
def test_a_target_is_of_its_facilities_or_its_entity(run, state, selection, value, of):
    """The figures are those of the part, and the answer says of which."""
    state("target", "add", "pue", *PUE, *selection)
    told = ask(run, "target", "progress", "pue")
    assert told["current"]["value"] == value
    assert of in told["rests_on"]


@pytest.mark.parametrize("field", ["entity=joint", "activities=electricity"])
def test_a_selection_that_the_figures_do_not_have_is_refused(run, field):
    """An absolute target has no entity, and an indicator's no activities: its definition says."""
    base = TARGET if field.startswith("entity") else PUE
    code, _, told = run("target", "add", "t", *base, field, "--reason", "r", "--author", "Ada")
    assert code == 1
    assert f"target.{field.partition('=')[0]}: expected none" in told


def test_a_target_may_rest_on_stated_figures_alone(run, state):
    """Whose sites are shared is in no record: no indicator is named, and that is told."""
    stated = '[{"year_start": "2025-01", "value": "83.2", "source": "site register"}]'
    state("target", "add", "shared", "display_name=Shared", "type=share",
          "target_year_start=2025-01", "target_value=80", f"stated={stated}")  # fmt: skip
    told = ask(run, "target", "progress", "shared")
    assert (told["current"]["value"], told["current"]["basis"]) == ("83.2", "stated")
    assert "stated figures" in told["rests_on"]


@pytest.mark.usefixtures("filled")
def test_people_read_numbers_of_few_digits(run, state, monkeypatch):
    """A mean of thirds in a sentence, measures in a terminal's width, yes and no for people."""
    monkeypatch.setattr(output, "PIPE_WIDTH", 100)
    stated = '[{"year_start": "2019-01", "value": "40000", "source": "report 2019"}]'
    state("target", "add", "half", *TARGET, f"stated={stated}")
    told = ask(run, "target", "progress", "half", "--year", "2022-01")
    assert "about -6133.333 kg CO2e a year" in told["projection"]
    assert not re.search(r"\.\d{7}", told["projection"])
    state("measure", "add", "cooling", "display_name=Cooling with water that is warm",
          "state=planned", "method=stated", "start_date=2022-01-01", "evidence=contract 7, annex",
          "expected_kg_co2e=1000.5", "targets=half")  # fmt: skip
    code, shown, _ = run("measure", "list")
    assert code == 0
    assert max(map(len, shown.splitlines())) <= 100
    assert "contract" not in shown
    _, shown, _ = run("measure", "pipeline", "half")
    assert " yes" in shown
    assert "True" not in shown

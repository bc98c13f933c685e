"""A value of an indicator, unfolded to its records, by SDK and command."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.cli.terminal import output
from tonne.client import Client
from tonne.client.answers.explain_results import ExplainRecord, ExplainReplay
from tonne.client.answers.steering.explained_indicators import IndicatorLine, IndicatorTermSum
from tonne.client.answers.steering.indicator_results import IndicatorValue
from tonne.errors import FieldInvalid
from tonne.model import Entity, Facility

FILE = """\
record_id,facility,activity,quantity,unit,start,end,region
1,dc-1,electricity.grid,1200.7,kWh,2025-01-01,2025-02-01,GB
2,dc-1,electricity.it,1000,kWh,2025-01-01,2025-02-01,GB
3,dc-1,electricity.grid,1500,kWh,2025-02-01,2025-03-01,GB
4,dc-1,electricity.it,1000,kWh,2025-02-01,2025-03-01,GB
5,dc-2,electricity.grid,300,kWh,2025-01-01,2025-02-01,GB
6,dc-2,electricity.it,0.2,MWh,2025-01-01,2025-02-01,GB
7,hut,electricity.grid,100,kWh,2025-01-01,2025-03-01,GB
8,hut,electricity.onsite.solar,70,kWh,2025-01-15,2025-02-15,GB
9,hut,fuel.diesel.stationary,33.3,l,2025-01-01,2025-02-01,GB
10,group,driver.traffic,7,TB,2025-01-01,2025-03-01,
11,group,driver.revenue,1000000,CNY2015,2025-01-01,2025-02-01,
12,group,driver.revenue,1000000,CNY2020,2025-02-01,2025-03-01,
13,hut,electricity.grid,5,kWh,2025-02-01,2025-03-01,FR
"""


@pytest.fixture(scope="module")
def book(running):
    """A small operator, a part of which it has half of."""
    with Client(running.server.address) as client:
        client.create_book("unfolded")
        client.import_entities("unfolded", [Entity("north")])
        client.import_facilities(
            "unfolded",
            [
                Facility("dc-1", type="data_centre", entity="north"),
                Facility("dc-2", type="data_centre"),
                Facility("hut", type="base_station"),
                Facility("group"),
            ],
        )
        with client.channel("unfolded", "erp") as channel:
            channel.append(csv.DictReader(io.StringIO(FILE)))
    return "unfolded"


@pytest.fixture
def explain(running, book):
    """Unfold a value: its lines by side, its sums, and the value."""

    def explained(indicator, **asked):
        with Client(running.server.address) as client:
            parts = list(client.explain_indicator(book, indicator, **asked))
        *of_terms, value = parts
        assert isinstance(value, IndicatorValue)
        return of_terms, value

    return explained


def _sides(parts):
    """Add up lines and sums by side."""
    lines, sums = defaultdict(Fraction), defaultdict(Fraction)
    for part in parts:
        if isinstance(part, IndicatorLine):
            lines[part.side] += part.added
        elif isinstance(part, IndicatorTermSum):
            sums[part.side] += part.sum
    return dict(lines), dict(sums)


@pytest.mark.parametrize(
    ("indicator", "asked"),
    [
        ("pue_3", {}),
        ("pue_3", {"by": "facility", "place": "dc-1"}),
        ("pue_3", {"by": "entity", "place": "north", "to_period": "2025-01"}),
        ("energy_per_traffic", {}),
        ("kwh_per_traffic", {"by": "facility_type", "place": ""}),
        ("renewable_share", {}),
        ("renewable_share", {"by": "region", "place": "GB"}),
        ("renewable_share", {"by": "facility_type", "place": "base_station"}),
        ("renewable_electricity_share", {"facilities": ("hut", "dc-1"), "coal_set": ""}),
        ("cue", {"gwp_set": "AR6"}),
    ],
)
def test_lines_add_up_to_the_value(explain, running, book, indicator, asked):
    """The lines of a side are its terms' sums, and these the value's, which is the same asked."""
    parts, value = explain(indicator, replay=True, **asked)
    lines, sums = _sides(parts)
    assert sums == {"numerator": value.numerator, "denominator": value.denominator}
    assert {side: lines.get(side, 0) for side in sums} == sums
    replays = [part for part in parts if isinstance(part, ExplainReplay)]
    assert len(replays) == sum(isinstance(part, IndicatorTermSum) for part in parts)
    assert all(each.agrees for each in replays)
    place = asked.pop("place", "")
    with Client(running.server.address) as client:
        found = client.indicators(book, indicator, **asked).values
    assert value in [each for each in found if each.place == place]


def test_a_term_has_the_records_of_its_own_alone(explain):
    """Of the base stations, and of what is renewable: no record of another site or source."""
    parts, value = explain("renewable_share", records_max=10, facilities="hut")
    ids = [
        [part.record.record["record_id"] for part in run] for run in _runs(parts, ExplainRecord)
    ]
    assert ids == [["8"], ["7", "8", "9", "13"]]
    assert value.exact == value.numerator / value.denominator * 100


def _runs(parts, kind):
    runs = [[]]
    for part in parts:
        if isinstance(part, IndicatorTermSum):
            runs.append([])
        elif isinstance(part, kind):
            runs[-1].append(part)
    return [run for run in runs if run]


def test_a_value_that_is_refused_is_explained_too(explain):
    """Two price years: the lines are there, and the sum says in what."""
    parts, value = explain("energy_per_revenue")
    assert value.refusal == "UNITS_DIFFER"
    (revenue,) = [p for p in parts if isinstance(p, IndicatorTermSum) and p.side == "denominator"]
    assert (revenue.unit, revenue.sum, revenue.balance_count) == ("CNY2015 and CNY2020", 0, 2)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"indicator": "nope"}, "indicators"),
        ({"indicator": "pue_3", "place": "dc-1"}, "by"),
        ({"indicator": "pue_3", "by": "facility"}, "place"),
        ({"indicator": "pue_3", "by": "facility", "place": "a", "facilities": "b"}, "place"),
        ({"indicator": "pue_3", "from_period": "2031-01"}, "indicator"),
    ],
)
def test_what_is_no_value_is_told(explain, asked, field):
    """The field, and what is expected there."""
    with pytest.raises(FieldInvalid) as caught:
        explain(**asked)
    assert caught.value.metadata["field"] == field


@pytest.fixture
def run(running, monkeypatch):
    """Run `tonne indicator explain`."""
    monkeypatch.setattr(output, "PIPE_WIDTH", 100)

    def invoke(*words):
        arguments = ["indicator", "explain", *words, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return invoke


def test_the_command_prints_terms_and_value(run, book):
    """Each term with its account and balances, then the division."""
    shown = run(
        "pue_3",
        "--book",
        book,
        "--by",
        "facility",
        "--place",
        "dc-1",
        "--replay",
        "--records",
        "1",
    )
    assert "2,700.7 kWh  numerator: kWh of memo.energy (sites of type data_centre)" in shown
    assert "replay agrees" in shown
    assert "2,700.7 / 2,000 = 1.350" in " ".join(shown.split())
    document = json.loads(
        run("pue_3", "--book", book, "--records", "2", "--replay", "--format", "json")
    )
    assert Fraction(document["value"]["exact"]) == Fraction("3000.7") / 2200
    assert [each["side"] for each in document["terms"]] == ["numerator", "denominator"]
    for term in document["terms"]:
        assert sum(Fraction(line["added"]) for line in term["lines"]) == Fraction(term["sum"])
        assert term["replay"]["agrees"]
        assert len(term["records"]) == 2
    rows = list(csv.DictReader(io.StringIO(run("pue_3", "--book", book, "--format", "csv"))))
    assert {row["side"] for row in rows} == {"numerator", "denominator"}

"""All targets in one call: each as a call of its own tells it, word by word."""

from __future__ import annotations

import dataclasses
from functools import partial

import pytest

from tests.contract.statements.conftest import EDITION, TARGET, ask
from tonne.errors import FieldInvalid, InputError
from tonne.model import Facility
from tonne.statements.answers import Standing
from tonne.v1 import statements_pb2

INTENSITY = ("type=intensity", "base_year_start=2020-01", "target_year_start=2025-01")
PUE = ("type=intensity", "target_year_start=2025-01", "indicator=pue_3", "display_name=PUE")

TARGETS = {
    "half": TARGET,
    "scope1": ("display_name=Scope 1", *TARGET[1:2], "accounts=scope1", *TARGET[3:]),
    "flow": ("display_name=Flow", *INTENSITY, "indicator=kwh_per_traffic", "unit=kWh/TB",
             "change_percent=-20"),
    "coal": ("display_name=Coal", *INTENSITY, "indicator=energy_per_traffic",
             "change_percent=-20"),
    "revenue": ("display_name=Revenue", *INTENSITY, "indicator=energy_per_business_volume",
                "change_percent=-15"),
    "pue": (*PUE, "target_value=1.5"),
    "pue-strict": (*PUE, "target_value=1.2"),
    "pue-north": (*PUE, "target_value=1.2", "facilities=north"),
    "pue-unit": (*PUE, "target_value=1.2", "unit=kWh/TB"),
    "fiscal": ("display_name=Fiscal", "type=absolute", "accounts=scope2.location",
               "base_year_start=2020-04", "target_year_start=2025-04", "change_percent=-50"),
    "stated": ("display_name=Shared", "type=share", "target_year_start=2025-01",
               "target_value=80",
               'stated=[{"year_start": "2021-01", "value": "81", "source": "a"}]'),
    "nothing": ("display_name=Racks", "type=share", "target_year_start=2025-01",
                "target_value=60"),
    "engaged": ("display_name=Engaged", "type=engagement", "weight=count",
                "attribute=public_target", "target_year_start=2026-01", "target_value=95"),
    "gone": ("display_name=Gone", *TARGET[1:]),
}  # fmt: skip
"""Sums, indicators of one selection and of others, years of another month, and what is refused."""


@pytest.fixture
def steered(client, stated_book, state):
    """A book of two sites with three years, of which a meter lacks a month, and targets."""
    client.import_facilities(
        stated_book, [Facility(id=each, type="data_centre") for each in ("north", "south")]
    )
    client.import_edition(stated_book, "own", EDITION.replace(b"site.grid", b"electricity.grid"))
    records = [
        {"facility": site, "activity": activity, "unit": unit, "quantity": str(quantity),
         "start": f"{year}-01-01", "end": end or f"{year + 1}-01-01"}
        for year in (2020, 2021, 2022)
        for site, activity, unit, quantity, end in (
            ("north", "electricity.grid", "kWh", 366 + year % 7, ""),
            ("north", "electricity.it", "kWh", 255, ""),
            ("south", "electricity.grid", "kWh", 466, ""),
            ("south", "electricity.it", "kWh", 301, f"{year}-12-01"),
            ("north", "driver.traffic", "TB", 7 * (year - 2010), ""),
            ("south", "site.unknown", "kWh", 1, ""),
        )
    ]  # fmt: skip
    # Its coal equivalent follows from its kWh, which is told of one indicator and of no other.
    fuel = {"facility": "north", "activity": "fuel.diesel.stationary", "unit": "l", "region": "GB"}
    fuel |= {"quantity": "5", "start": "2021-03-01", "end": "2021-04-01"}
    client.post_records(stated_book, [*records, fuel])
    state("supplier", "add", "s1", "display_name=Boards")
    for name, words in TARGETS.items():
        state("target", "add", name, *words)
    state("target", "withdraw", "gone")
    return stated_book


@pytest.mark.parametrize("year", ["", "2021-01", "2021-04"])
def test_each_is_as_a_call_of_its_own_tells_it(client, steered, year):
    """Those of other years by their latest figure; one that cannot be told, by its error."""
    found = list(client.list_target_progress(steered, year_start=year))
    assert [each.target for each in found] == [name for name in TARGETS if name != "gone"]
    told = set()
    for each in found:
        is_of_year = {"fiscal": "04"}.get(each.target, "01") == year[-2:]
        asked = partial(
            client.target_progress, steered, each.target, year_start=year if is_of_year else ""
        )
        if each.progress is None:
            with pytest.raises(InputError) as refused:
                asked()
            assert (each.refusal, each.message) == (refused.value.code, refused.value.message)
        else:
            assert each.progress == asked()
            told.add(each.target)
    assert {"half", "flow", "pue", "pue-strict", "pue-north", "stated"} <= told
    assert {"revenue", "nothing", "pue-unit"}.isdisjoint(told)


def test_indicators_of_one_selection_are_read_once(client, steered, monkeypatch):
    """Three of the same years; one of a site alone is another question."""
    from tonne.reports.statements import indicators  # noqa: PLC0415  # what is counted

    asked = []
    real = indicators.book_indicators

    def counted(snapshot, request, hold):
        asked.append(request.indicators)
        return real(snapshot, request, hold)

    monkeypatch.setattr(indicators, "book_indicators", counted)
    list(client.list_target_progress(steered))
    assert sorted(asked) == [
        ("energy_per_business_volume", "energy_per_traffic", "kwh_per_traffic"),
        ("pue_3",), ("pue_3",),
    ]  # fmt: skip


def test_a_target_without_a_base_is_reached_or_not(client, steered):
    """It has no path: its figure stands beside what is to be reached."""
    found = {each.target: each.progress for each in client.list_target_progress(steered)}
    pue = found["pue"].current
    assert (pue.standing, found["pue-strict"].current.standing) == (
        Standing.REACHED if pue.value <= 1.5 else Standing.NOT_REACHED,
        Standing.NOT_REACHED,
    )
    assert pue.path_value is None
    assert found["stated"].current.standing is Standing.REACHED  # 81 % of the 80 to be reached
    assert found["half"].current.standing in {Standing.AHEAD, Standing.BEHIND, Standing.ON_PATH}


def test_pages_and_moments_are_those_of_listings(client, steered):
    """A page goes on where the one before ended; as of a commit the answer stays."""
    stub = client._statements  # what the SDK turns pages by
    request = statements_pb2.ListTargetProgressRequest(name=f"books/{steered}", page_size=5)
    pages = []
    while True:
        pages.append(stub.ListTargetProgress(request))
        if not pages[-1].next_page_token:
            break
        request.page_token = pages[-1].next_page_token
    ids = [each.target for page in pages for each in page.targets]
    assert ids == [name for name in TARGETS if name != "gone"]
    assert {page.commit for page in pages} == {pages[0].commit}
    before = list(client.list_target_progress(steered, as_of=pages[0].commit))
    span = {"facility": "north", "start": "2020-01-01", "end": "2023-01-01", "unit": "kWh"}
    more = span | {"activity": "electricity.grid", "quantity": "50000"}
    client.post_records(steered, [more])
    assert list(client.list_target_progress(steered, as_of=pages[0].commit)) == before
    now = {each.target: each.progress for each in client.list_target_progress(steered)}
    then = {each.target: each.progress for each in before}
    assert now["pue"].current.value > then["pue"].current.value
    with pytest.raises(FieldInvalid, match="year_start"):
        list(client.list_target_progress(steered, year_start="2021-13"))


@pytest.mark.usefixtures("steered")
def test_the_command_shows_all(run):
    """A row for each, and as JSON the same as of one by itself."""
    code, out, told = run("target", "progress")
    assert code == 0, told
    assert "pue-strict" in out
    assert "not_reached" in out
    every = {each["target"]: each["progress"] for each in ask(run, "target", "progress")}
    assert every["half"] == ask(run, "target", "progress", "half")
    code, _, told = run("target", "progress", "--version", "1")
    assert (code, "name its ID" in told) == (2, True)


def test_outcomes_are_whole(client, steered):
    """Each has its name and version, told or not."""
    for each in client.list_target_progress(steered, filter_by='id = "nothing"'):
        assert dataclasses.asdict(each) | {"message": ""} == {
            "target": "nothing",
            "version": 1,
            "display_name": "Racks",
            "progress": None,
            "refusal": "FIELD_INVALID",
            "message": "",
        }

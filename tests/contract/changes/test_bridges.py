"""`tonne bridge`: why a number changed, cause by cause, to the last digit."""

from __future__ import annotations

import json

import pytest

from tests.contract.changes.book import revise, row
from tonne.model import Facility

pytestmark = pytest.mark.usefixtures("filled")


def bridge(run, *words):
    """What a bridge says, by cause; and its ends."""
    code, out, told = run("bridge", *words, "--format", "json")
    assert code == 0, told
    found = json.loads(out)
    parts = [(each["cause"], each["kg_co2e"]) for each in found["parts"]]
    return found["from_kg_co2e"], parts, found["to_kg_co2e"]


def inventory(run, year, *words):
    """The figure of a year."""
    span = ("--from", f"{year}-01", "--to", f"{year}-12", "--by", "", "--format", "json")
    code, out, told = run("inventory", *span, *words)
    assert code == 0, told
    return json.loads(out)["total"]["kg_co2e"]


def test_two_years(run):
    """500 kg of grid and 54.1635 of gas; then 440 of grid and 1.5 of a coach."""
    assert bridge(run, "--from", "2024", "--to", "2025") == (
        "554.1635",
        [
            ("ended_activity", "-54.1635"),
            ("new_activity", "1.5"),
            ("volume", "50"),  # 100 kWh more at 0.5
            ("factor", "-110"),  # 1,100 kWh at 0.1 less
        ],
        "441.5",
    )
    assert (inventory(run, 2024), inventory(run, 2025)) == ("554.1635", "441.5")


def test_two_gwp_sets(run):
    """Methane of gas: 0.003 kg at 28 or 25, N2O: 0.0003 kg at 265 or 298."""
    assert bridge(run, "--from", "2024", "--to-gwp-set", "AR4") == (
        "554.1635",
        [("gwp_set", "0.0009")],
        "554.1644",
    )
    assert inventory(run, 2024, "--gwp-set", "AR4") == "554.1644"


def test_a_corrected_factor_and_one_more_account(run, client, stated_book):
    """Version 3 has 0.45 for the grid of 2024: a factor. The coach of 2025 counts twice."""
    revise(client, stated_book)
    version = str(client.get_method(stated_book).version)
    assert bridge(run, "--from", "2024", "--to-method", version) == (
        "554.1635",
        [("factor", "-50")],
        "504.1635",
    )
    assert bridge(run, "--from", "2025", "--to-method", version, "--account", "scope3") == (
        "1.5",
        [("method", "1.5")],
        "3",
    )
    # There and back, and what was posted stays posted.
    back = bridge(run, "--from", "2024", "--from-method", version)
    assert back[:2] == ("504.1635", [("factor", "50")])
    assert inventory(run, 2024) == "554.1635"


def test_a_site_that_is_bought_is_structure_and_no_volume(run, bought):
    """100 kWh in each half of 2024 and 2025; its entity is operated from July 2025 on."""
    only = ("--facility", "plant")
    assert bridge(run, "--from", "2024", "--to", "2025", *only) == (
        "0",
        [
            ("structure", "100"),  # 2024 as if it had been there: 200 kWh at 0.5
            ("factor", "-20"),  # like for like: 200 kWh at 0.1 less
            ("structure", "-40"),  # 2025 as it was: without its first half, 100 kWh at 0.4
        ],
        "40",
    )
    assert inventory(run, 2025, *only) == "40"
    # Of one year under the shares of two days.
    assert bridge(run, "--from", "2024", "--to-structure", "2025-07-01", *only)[1] == [
        ("structure", "100")
    ]
    assert bridge(run, "--from", "2024", "--to-structure", "2025-06-30", *only)[1] == []
    assert bought


def test_a_site_that_opens_is_organic(run, client, stated_book):
    """What is built is new activity, whatever its first day; no share of an entity changes."""
    client.import_facilities(stated_book, [Facility("new", valid_from="2025-01-01")])
    client.post_records(stated_book, [row(2025, "new", "site.grid", "kWh", "100")])
    only = ("--facility", "new")
    assert bridge(run, "--from", "2024", "--to", "2025", *only) == (
        "0",
        [("new_activity", "40")],
        "40",
    )


def test_the_waterfall_fits_a_terminal(run):
    """Totals, causes and bars in 80 columns; unfolded below."""
    code, out, told = run("bridge", "--from", "2024", "--to", "2025", "--by", "account,facility")
    assert code == 0, told
    assert out.splitlines()[1].split()[:2] == ["from", "554.164"]
    assert "█" in out
    assert "volume          scope2.location    hq          50.000" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "2024-13"), "from_period"),
        (("--from", "24"), "expected months like 2025"),
        (("--from", "2024", "--to-method", "7"), "has no version 7"),
        (("--from", "2024", "--to-gwp-set", "AR9"), "gwp_set"),
        (("--from", "2024", "--to-structure", "2024-02-30"), "structure_on"),
        (("--from", "2024", "--by", "region"), "account, facility or activity"),
        (("--from", "2024", "--to-consolidation", "mine"), "equity-share"),
    ],
)
def test_a_side_that_is_none_is_refused(run, words, told):
    """The field, and what is expected there."""
    code, _, remarks = run("bridge", *words)
    assert code in {1, 2}
    assert told in remarks

"""Templates, and the limits that they state."""

from __future__ import annotations

import json

import pytest

LIMIT = ("type=share", "indicator=shared", "target_year_start=2022-01", "target_value=80")


@pytest.mark.parametrize(("value", "verdict"), [("80", "met"), ("79.9", "missed")])
def test_a_limit_without_a_base_is_judged_in_its_own_year(run, state, value, verdict):
    """It has no way and no path; whether it is reached is said all the same."""
    stated = f'[{{"year_start": "2022-01", "value": "{value}", "source": "register"}}]'
    state("target", "add", "share", "display_name=Shared", *LIMIT, f"stated={stated}")
    code, out, _ = run("target", "progress", "share", "--format", "json")
    told = json.loads(out)
    assert (code, told["current"]["progress_percent"]) == (0, None)
    assert told["projection"] == f"no year is left: the target is {verdict}"
    assert told["projected_value"] == value


def test_a_template_tells_what_it_states_anew(run, monkeypatch):
    """It names what the book had in other words. TONNE_AUTHOR says who states it."""
    monkeypatch.setenv("TONNE_AUTHOR", "Ada")
    code, _, told = run(
        *("target", "add", "average-pue", "display_name=Ours", *LIMIT, "--reason", "own")
    )
    assert code == 0, told
    code, _, told = run("template", "apply", "ict-operator")
    assert code == 0, told
    assert told.endswith("stated anew, since the book had them in other words: target average-pue")
    code, _, told = run("template", "apply", "ict-manufacturer")
    assert "anew" not in told
    code, listed, _ = run("target", "show", "average-pue")
    assert [each["author"] for each in json.loads(listed)] == ["Ada", "Ada"]

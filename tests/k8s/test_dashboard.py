"""The dashboard: current, and about what exists."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from k8s.components.monitoring import dashboard
from tests.k8s.test_rules import RECORDS, promtool, unknown_parts

WRITTEN = json.loads(dashboard.FILE.read_text(encoding="utf-8"))
PANELS = [panel for panel in WRITTEN["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]


def test_the_file_is_current():
    """dashboard.json is what dashboard.py, run as a program, writes."""
    assert dashboard.FILE.read_text(encoding="utf-8") == dashboard.write_dashboard()


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_what_exists(query):
    """Metrics, label values and recorded series are there."""
    known = query.replace('namespace="$namespace"', "").replace("{, ", "{")
    assert unknown_parts(known) == []
    assert 'namespace="$namespace"' in query


def test_the_queries_are_good_promql(tmp_path):
    """promtool parses each of them."""
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(QUERIES)
    ]
    path = tmp_path / "queries.yml"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    promtool("check", "rules", path)


def test_every_recorded_series_but_the_steps_is_drawn():
    """What alerts and the autoscaler go by can be seen."""
    drawn = set(re.findall(r"tonne:[\w:]+", " ".join(QUERIES)))
    recorded = {rule["record"] for rule in RECORDS}
    steps = {"tonne:records:rate1m", "tonne:store_slow:max"}
    windows = {name for name in recorded if name.startswith("tonne:slo_errors")}
    assert recorded - drawn - windows == steps


def test_panels_lie_beside_and_below_each_other():
    """No two share a cell of the grid, and each has an id of its own."""
    cells = [
        (x, y)
        for panel in WRITTEN["panels"]
        for place in [panel["gridPos"]]
        for x, y in itertools.product(
            range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        )
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    ids = [panel["id"] for panel in WRITTEN["panels"]]
    assert len(ids) == len(set(ids))
    assert all(panel["description"] and panel["title"] for panel in PANELS)

"""Every setting stands in one documented table, with the metric that shows it."""

from __future__ import annotations

from docs.writers.settings import PAGE, SHOWN_BY, SHOWN_BY_NONE, fields, write_page
from tonne.telemetry import Telemetry


def test_every_setting_has_its_metric_or_a_reason():
    """A new setting needs a line in docs/writers/settings.py; one that is gone, none."""
    keys = [key for _, key, _ in fields()]
    assert sorted(keys) == sorted([*SHOWN_BY, *SHOWN_BY_NONE])


def test_the_page_is_current():
    """docs/settings.md is what the dataclasses say: `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == write_page()


def test_the_metrics_exist():
    """A metric that the page names is exported."""
    lines = Telemetry().render()[0].decode().splitlines()
    exported = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    named = {name for names in SHOWN_BY.values() for name in names}
    assert named - exported == set()

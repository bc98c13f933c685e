"""The rules of Prometheus: each alert fires when it should and is silent when it should be."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.k8s.rendering import ROOT, program, rule_groups, write_alert_files, write_rule_files
from tonne.edge.messages.status import ANSWERS
from tonne.errors import DefectError
from tonne.telemetry.labels import ERROR_CODES
from tonne.telemetry.metrics import CALL_DURATION, METRICS

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "cases/alert_cases.yaml").read_text(encoding="utf-8"))
ALERTS = {rule["alert"]: rule for group in rule_groups("alerts") for rule in group["rules"]}
RECORDS = [rule for group in rule_groups("records") for rule in group["rules"]]
RUNBOOKS = ROOT / "docs" / "runbooks"
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
TARGET = {"namespace": "ledger", "pod": "tonne-a", "instance": "a", "job": "tonne"}
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def promtool(*arguments: object) -> None:
    done = subprocess.run(
        [program("promtool"), *(str(argument) for argument in arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_good(tmp_path):
    """Prometheus takes them, and its linter finds nothing."""
    promtool("check", "rules", "--lint=all", "--lint-fatal", *write_rule_files(tmp_path))


def test_what_the_autoscaler_is_told(tmp_path):
    """Busy pods, backlogs and slow stores give the demand that docs/autoscaling.md argues."""
    write_rule_files(tmp_path)
    test = yaml.safe_load((HERE / "cases/scaling_cases.yml").read_text(encoding="utf-8"))
    path = tmp_path / "scaling.yml"
    path.write_text(yaml.safe_dump({"rule_files": ["records.yml"], **test}), encoding="utf-8")
    promtool("test", "rules", path)


def series_of(case: dict) -> list[dict]:
    """Series as promtool wants them, with the labels of a target where none are given."""
    made = []
    for name, values in case["series"].items():
        metric, _, given = name.partition("{")
        own = dict(re.findall(r'(\w+)="([^"]*)"', given))
        labels = ",".join(f'{key}="{value}"' for key, value in {**TARGET, **own}.items())
        made.append({"series": f"{metric}{{{labels}}}", "values": str(values)})
    return made


def alert_test(alert: str, case: dict) -> dict:
    """One test of promtool for a case."""
    rule = ALERTS[alert]
    expected = []
    if "labels" in case:
        annotations = {**rule["annotations"], "description": case["description"]}
        labels = {**rule["labels"], **case["labels"]}
        expected = [{"exp_labels": labels, "exp_annotations": annotations}]
    return {
        "interval": case.get("every", "1m"),
        "input_series": series_of(case),
        "alert_rule_test": [{"eval_time": case["at"], "alertname": alert, "exp_alerts": expected}],
    }


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_fires_and_is_silent(tmp_path, alert):
    """promtool evaluates it over series that must set it off, and over some that must not."""
    order = write_alert_files(tmp_path, alert)
    paths = []
    assert {kind.partition("_")[0] for kind in CASES[alert]} == {"fires", "silent"}
    for kind, case in CASES[alert].items():
        assert ("labels" in case) == kind.startswith("fires")
        tests = {
            "rule_files": ["records.yml", "alerts.yml"],
            "evaluation_interval": case.get("every", "1m"),
            "group_eval_order": order,
            "tests": [alert_test(alert, case)],
        }
        paths.append(tmp_path / f"{kind}.yml")
        paths[-1].write_text(yaml.safe_dump(tests), encoding="utf-8")
    promtool("test", "rules", *paths)


def test_there_are_no_cases_of_alerts_that_are_gone():
    assert sorted(CASES) == sorted(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_to_do(alert):
    """Severity, summary, description, and a runbook with its four sections."""
    rule = ALERTS[alert]
    assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert sorted(rule["annotations"]) == ["description", "runbook_url", "summary"]
    page = RUNBOOKS / rule["annotations"]["runbook_url"].rpartition("/")[2]
    text = page.read_text(encoding="utf-8")
    assert page.stem == alert
    assert text.startswith(f"# {alert}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS


def test_every_runbook_has_its_alert():
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == set(ALERTS)


def test_every_objective_has_every_window():
    """Seven shares for each objective: an alert over a window that is not recorded is dead."""
    recorded = {
        (rule["labels"]["slo"], rule["record"].rpartition("ratio_rate")[2])
        for rule in RECORDS
        if rule["record"].startswith("tonne:slo_errors:")
    }
    assert recorded == {
        (slo, window) for slo in ("availability", "acknowledgement") for window in WINDOWS
    }


def test_every_defect_counts_against_availability():
    """A kind of defect that is added is no success: its batches, and its calls."""
    kinds = [DefectError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    defects = {kind.code for kind in kinds if kind.code in ERROR_CODES}
    batches = defects | {"INTERNAL", "STORE_UNAVAILABLE"}
    calls = {ANSWERS[code].code.name for code in batches}
    shares = [rule["expr"] for rule in RECORDS if rule.get("labels") == {"slo": "availability"}]
    assert len(shares) == len(WINDOWS)
    for share in shares:
        found = re.findall(r'(\w+)\{[^}]*code=~"([^"]*)"', share)
        counted = {name: set(codes.split("|")) for name, codes in found}
        assert counted == {
            f"{CALL_DURATION}_count": calls,
            "tonne_batches_total": batches,
        }


@pytest.mark.parametrize(
    ("objective", "budget"), [("Availability", "0.001"), ("Acknowledgement", "0.01")]
)
@pytest.mark.parametrize(
    ("speed", "factors"),
    [
        ("Fast", {"1h": "14.4", "5m": "14.4", "6h": "6", "30m": "6"}),
        ("Slowly", {"1d": "3", "2h": "3", "3d": "1", "6h": "1"}),
    ],
)
def test_burn_rates_are_those_of_the_table(objective, budget, speed, factors):
    """Pairs of windows as in the SRE Workbook, chapter 5, and its 3 times over a day and 2 h."""
    expression = ALERTS[f"Tonne{objective}Burns{speed}"]["expr"]
    found = re.findall(r"ratio_rate(\w+)\{[^}]*\} > (?:([\d.]+) \* )?([\d.]+)", expression)
    assert {window: factor or "1" for window, factor, _ in found} == factors
    assert {one for _, _, one in found} == {budget}


def unknown_parts(expression: str) -> list[str]:
    """Metrics and label values of a query that do not exist."""
    known = {metric.name: metric for metric in METRICS}
    records = {rule["record"] for rule in RECORDS}
    wrong = []
    for name, selector in re.findall(
        r"\b((?:tonne|process|rpc_server|up)[\w:]*)(\{[^}]*\})?", expression
    ):
        metric = known.get(name) or known.get(SUFFIX.sub("", name))
        if metric is None:
            if name not in records and name != "up" and not name.startswith("process_"):
                wrong.append(name)
            continue
        if metric.name != name and metric.kind != "histogram":
            wrong.append(name)
        edges = {"le": (*(str(float(edge)) for edge in metric.buckets), "+Inf")}
        for label, sign, value in re.findall(r'(\w+)(=~|!=|!~|=)"([^"]*)"', selector):
            values = {**metric.labels, **edges}.get(label, ())
            wrong += [
                f"{name}.{label}={one}"
                for one in value.split("|")
                if not any(
                    re.fullmatch(one, each) if "~" in sign else one == each for each in values
                )
            ]
    return wrong


@pytest.mark.parametrize("rule", [*RECORDS, *ALERTS.values()], ids=lambda rule: str(rule)[:60])
def test_a_rule_asks_for_what_exists(rule):
    """Every metric, every label value and every bucket is one that the service exports."""
    assert unknown_parts(rule["expr"]) == []


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("rate(tonne_batch_total[5m])", ["tonne_batch_total"]),
        ('tonne_batches_total{code="GONE"}', ["tonne_batches_total.code=GONE"]),
        (
            'tonne_ack_latency_seconds_bucket{le="3.0"}',
            ["tonne_ack_latency_seconds_bucket.le=3.0"],
        ),
        ("tonne_ready_count", ["tonne_ready_count"]),
        ("tonne:none:sum", ["tonne:none:sum"]),
    ],
)
def test_what_does_not_exist_is_seen(expression, wrong):
    """The check can fail."""
    assert unknown_parts(expression) == wrong


def test_promtool_can_fail(tmp_path):
    """A wrong expectation is told, or every test above would mean nothing."""
    shutil.copy(write_rule_files(tmp_path)[1], tmp_path / "rules.yml")
    case = {**CASES["TonneNotReady"]["fires"], "description": "nonsense"}
    tests = {"rule_files": ["rules.yml"], "tests": [alert_test("TonneNotReady", case)]}
    path = tmp_path / "alert.yml"
    path.write_text(yaml.safe_dump(tests), encoding="utf-8")
    with pytest.raises(AssertionError, match="nonsense"):
        promtool("test", "rules", path)

"""What kustomize makes of the files under k8s/, and what promtool reads of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
MONITORING = K8S / "components" / "monitoring"
INSTALL = {
    "kubectl": "install kubectl 1.27 or newer, see kubernetes.io/docs/tasks/tools",
    "promtool": "apt-get install prometheus (`make system` does it)",
    "haproxy": "apt-get install haproxy (`make system` does it)",
    "node": "apt-get install nodejs npm (`make system` does it)",
}


def program(name: str) -> str:
    """Path of a program; where it is missing, what to install."""
    found = shutil.which(name)
    assert found, f"{name} is missing: {INSTALL[name]}"
    return found


def render_path(directory: Path) -> str:
    """`kubectl kustomize DIRECTORY`."""
    done = subprocess.run(
        [program("kubectl"), "kustomize", str(directory)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rule_groups(name: str) -> list[dict]:
    """The groups of `records` or `alerts`, as Prometheus takes them."""
    text = (MONITORING / f"prometheusrule-{name}.yaml").read_text(encoding="utf-8")
    groups: list[dict] = yaml.safe_load(text)["spec"]["groups"]
    return groups


def write_rule_files(directory: Path) -> list[Path]:
    """Write both as plain rule files of Prometheus; their paths."""
    return [_write_groups(directory, name, rule_groups(name)) for name in ("records", "alerts")]


def write_alert_files(directory: Path, alert: str) -> list[str]:
    """Write one alert and the groups that it rests on; the groups' names in their order.

    Evaluated as often as the test says, so that hours of series take no time.
    """
    (alerts,) = rule_groups("alerts")
    (rule,) = [one for one in alerts["rules"] if one["alert"] == alert]
    needed = [
        {"name": group["name"], "rules": group["rules"]}
        for group in rule_groups("records")
        if any(one["record"] in rule["expr"] for one in group["rules"])
    ]
    _write_groups(directory, "records", needed)
    _write_groups(directory, "alerts", [{**alerts, "rules": [rule]}])
    return [*(group["name"] for group in needed), alerts["name"]]


def _write_groups(directory: Path, name: str, groups: list[dict]) -> Path:
    path = directory / f"{name}.yml"
    path.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    return path

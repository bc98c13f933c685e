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


def write_rule_files(directory: Path, *, keep_intervals: bool = True) -> list[Path]:
    """Write both as plain rule files of Prometheus; their paths."""
    paths = []
    for name in ("records", "alerts"):
        groups = rule_groups(name)
        for group in groups:
            if not keep_intervals:
                group.pop("interval", None)
        path = directory / f"{name}.yml"
        path.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
        paths.append(path)
    return paths

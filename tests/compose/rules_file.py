"""Writes compose/rules.yaml, `python -m tests.compose.rules_file`: the rules of the cluster.

The operator's objects wrap the same groups that Prometheus itself reads from a file.
"""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "compose" / "rules.yaml"
MONITORING = ROOT / "k8s" / "components" / "monitoring"
HEADER = "# Made of k8s/components/monitoring by `python -m tests.compose.rules_file`.\n"


def rules_file() -> str:
    """Make the text of the file."""
    groups = [
        group
        for name in ("records", "alerts")
        for group in yaml.safe_load((MONITORING / f"prometheusrule-{name}.yaml").read_text())[
            "spec"
        ]["groups"]
    ]
    return HEADER + yaml.safe_dump({"groups": groups}, sort_keys=False, width=99)


if __name__ == "__main__":
    TARGET.write_text(rules_file())

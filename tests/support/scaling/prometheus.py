"""A real Prometheus that scrapes servers which come and go, with the shipped recording rules."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
import yaml

from tests.support.servers.killing import free_port
from tests.support.timing.patience import until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROGRAM = "prometheus"
RULES = Path(__file__).parents[3] / "k8s/components/monitoring/prometheusrule-records.yaml"
NAMESPACE = "tonne"


def scaling_rules(replaced: Mapping[str, str], interval: str) -> dict[str, object]:
    """The shipped rules for scaling, with texts replaced; each text must be there."""
    groups = yaml.safe_load(RULES.read_text())["spec"]["groups"]
    group = next(group for group in groups if group["name"] == "tonne-scaling")
    group["interval"] = interval
    text = json.dumps(group)
    for old, new in replaced.items():
        assert old in text, f"the rules hold no {old!r} any more"
        text = text.replace(old, new)
    return json.loads(text)


class Prometheus:
    """Prometheus in a directory; `targets` names what it scrapes."""

    def __init__(self, directory: Path, scrape_interval: str, rules: Mapping[str, object]) -> None:
        if shutil.which(PROGRAM) is None:
            pytest.fail("Prometheus is missing: `apt-get install prometheus` installs it")
        self._directory = directory
        self._targets = directory / "targets.json"
        self._rules = directory / "rules.json"
        self._rules.write_text(json.dumps({"groups": [rules]}))
        self._configuration = directory / "prometheus.json"
        job = {
            "job_name": "tonne",
            "file_sd_configs": [{"files": [str(self._targets)], "refresh_interval": "1s"}],
        }
        configuration = {
            "global": {"scrape_interval": scrape_interval, "scrape_timeout": scrape_interval},
            "rule_files": [str(self._rules)],
            "scrape_configs": [job],
        }
        self._configuration.write_text(json.dumps(configuration))
        self.targets([])
        self._address = f"127.0.0.1:{free_port()}"

    def __enter__(self) -> Self:
        self._log = (self._directory / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            [
                PROGRAM,
                f"--config.file={self._configuration}",
                f"--storage.tsdb.path={self._directory / 'tsdb'}",
                f"--web.listen-address={self._address}",
            ],
            stdout=self._log,
            stderr=self._log,
        )
        until(self._is_ready, "Prometheus is ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()

    def targets(self, addresses: Iterable[str]) -> None:
        """Scrape these from now on."""
        groups = [
            {"targets": [address], "labels": {"namespace": NAMESPACE}} for address in addresses
        ]
        written = self._targets.with_suffix(".new")
        written.write_text(json.dumps(groups))
        written.rename(self._targets)

    def query(self, expression: str) -> dict[str, Decimal]:
        """Ask for the present values, by the instance that they are of."""
        words = urllib.parse.urlencode({"query": expression})
        url = f"http://{self._address}/api/v1/query?{words}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            result = json.load(answer)["data"]["result"]
        return {one["metric"].get("instance", ""): Decimal(one["value"][1]) for one in result}

    def value(self, expression: str) -> Decimal | None:
        """Ask for the one present value; None where there is none."""
        found = [value for value in self.query(expression).values() if value.is_finite()]
        return found[0] if len(found) == 1 else None

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, (self._directory / "prometheus.log").read_text()
        try:
            with urllib.request.urlopen(f"http://{self._address}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

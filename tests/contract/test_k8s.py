"""The Kubernetes files render and fit the API they are written for."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tonne import config

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def base() -> list[dict]:
    kubectl = shutil.which("kubectl")
    assert kubectl, "kubectl is missing: install Debian's kubernetes-client or kubectl itself"
    done = subprocess.run(
        [kubectl, "kustomize", str(ROOT / "k8s/base")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def find(base: list[dict], kind: str, name: str = "tonne") -> dict:
    (found,) = [d for d in base if d["kind"] == kind and d["metadata"]["name"] == name]
    return found


def test_the_base_has_its_parts(base):
    """The base renders a deployment, two services, a budget, a configuration, an account."""
    assert sorted((d["kind"], d["metadata"]["name"]) for d in base) == [
        ("ConfigMap", "tonne"),
        ("Deployment", "tonne"),
        ("PodDisruptionBudget", "tonne"),
        ("Service", "tonne"),
        ("Service", "tonne-headless"),
        ("ServiceAccount", "tonne"),
    ]


@pytest.mark.parametrize("version", ["1.32", "1.33", "1.34", "1.35"])
def test_the_base_is_valid(base, version):
    """Every object fits the strict schema of each supported Kubernetes version."""
    for document in base:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_is_refused(base):
    """The validation can fail."""
    wrong = {**find(base, "Service"), "sepc": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.34", strict=True)


def test_the_mounted_configuration_is_one_that_the_service_takes(base, tmp_path):
    """The ConfigMap's file loads, and its ports are the container's."""
    text = find(base, "ConfigMap")["data"]["tonne.toml"]
    tomllib.loads(text)
    file = tmp_path / "tonne.toml"
    file.write_text(text)
    config.load(file)


def test_selectors_meet_the_pods(base):
    """Services and the disruption budget select the deployment's pods."""
    labels = find(base, "Deployment")["spec"]["template"]["metadata"]["labels"]
    budget = find(base, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    for selector in (
        find(base, "Service")["spec"]["selector"],
        find(base, "Service", "tonne-headless")["spec"]["selector"],
        budget,
    ):
        assert selector
        assert selector.items() <= labels.items()


def test_the_pod_is_restricted(base):
    """The pod keeps the rules of the Pod Security Standard `restricted`."""
    pod = find(base, "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True

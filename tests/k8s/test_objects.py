"""The Kubernetes files render, are what was looked at, and fit the APIs they are written for."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest

from tests.k8s.golden_files import GOLDENS, NAMES, documents, find, write_golden
from tests.k8s.rendering import K8S, program

HERE = Path(__file__).parent
VERSIONS = ["1.33", "1.34", "1.35", "1.36", "1.37"]
CUSTOM = ("cert-manager.io/", "keda.sh/", "monitoring.coreos.com/")


@pytest.mark.parametrize("name", NAMES)
def test_a_rendering_is_the_golden(name):
    """A change of k8s/ shows in the goldens: `python -m tests.k8s.golden_files` writes them."""
    assert write_golden(name) == (GOLDENS / f"{name}.yaml").read_text(encoding="utf-8")


def test_there_is_no_golden_too_many():
    assert sorted(path.stem for path in GOLDENS.iterdir()) == sorted(NAMES)


def own_and_custom() -> tuple[list[dict], list[dict]]:
    """Different objects of all renderings: of Kubernetes itself, and custom resources."""
    every = {json.dumps(one): one for name in NAMES for one in documents(name)}
    custom = [one for one in every.values() if one["apiVersion"].startswith(CUSTOM)]
    return [one for one in every.values() if one not in custom], custom


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_valid(version):
    """Every object of Kubernetes' own fits the strict schema of each supported version."""
    for document in own_and_custom()[0]:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_is_refused():
    """The validation can fail."""
    wrong = {**find("base", "Service"), "sepc": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.35", strict=True)


def validate_custom(found: list[dict]) -> list[str]:
    """Faults of custom resources against the schemas of tests/k8s/package.json."""
    assert (HERE / "node_modules").is_dir(), "run `make schemas` (it needs npm)"
    done = subprocess.run(
        [program("node"), str(HERE / "validate.mjs")],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


def test_custom_resources_are_valid():
    """Every one fits the schema of its CRD, and has no field that it does not know."""
    found = own_and_custom()[1]
    assert {one["kind"] for one in found} == {
        "Certificate",
        "PodMonitor",
        "PrometheusRule",
        "ScaledObject",
    }
    assert validate_custom(found) == []


def test_a_wrong_custom_resource_is_refused():
    """A misspelt field, a value that is none of the choices, a kind without a schema."""
    scaler = find("base+autoscaling-keda", "ScaledObject")
    monitor = find("base+monitoring", "PodMonitor")
    wrong = [
        {**scaler, "spec": {**scaler["spec"], "maxReplicasCount": 3}},
        {**scaler, "spec": {**scaler["spec"], "fallback": {"failureThreshold": 3}}},
        {**monitor, "spec": {"podMetricsEndpoints": []}},
        {**monitor, "apiVersion": "monitoring.coreos.com/v9"},
    ]
    for number, document in enumerate(wrong):
        wrong[number] = {**document, "metadata": {"name": f"wrong-{number}"}}
    faults = "\n".join(validate_custom(wrong))
    assert set(re.findall(r"wrong-\d", faults)) == {f"wrong-{n}" for n in range(len(wrong))}


def pod_labels(found: list[dict]) -> list[dict]:
    return [
        one["spec"].get("jobTemplate", one)["spec"]["template"]["metadata"]["labels"]
        for one in found
        if one["kind"] in {"Deployment", "Job", "CronJob"}
    ]


def test_selectors_meet_the_pods():
    """Services, budgets and spreads select pods that there are."""
    for name in NAMES:
        found = documents(name)
        selectors = [
            one["spec"]["selector"].get("matchLabels", one["spec"]["selector"])
            for one in found
            if one["kind"] in {"Service", "PodDisruptionBudget"}
        ]
        selectors += [
            spread["labelSelector"]["matchLabels"]
            for one in found
            if one["kind"] == "Deployment"
            for spread in one["spec"]["template"]["spec"]["topologySpreadConstraints"]
        ]
        for selector in selectors:
            labels = pod_labels(found)
            assert any(selector and selector.items() <= one.items() for one in labels), selector


def test_what_is_for_several_components_meets_the_pods_of_production():
    """Monitors and network policies select pods of the whole installation."""
    found = documents("production")
    labels = pod_labels(found)
    for monitor in (one for one in found if one["kind"] == "PodMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"]
        assert any(selector.items() <= one.items() for one in labels), selector
    for policy in (one for one in found if one["kind"] == "NetworkPolicy"):
        selector = policy["spec"]["podSelector"]
        names = [selector.get("matchLabels", {}).get("app.kubernetes.io/name")]
        names += [value for one in selector.get("matchExpressions", []) for value in one["values"]]
        present = {one["app.kubernetes.io/name"] for one in labels}
        assert {name for name in names if name} <= present
    denied = [one for one in found if one["metadata"]["name"] == "tonne-default-deny"]
    (expression,) = denied[0]["spec"]["podSelector"]["matchExpressions"]
    assert set(expression["values"]) == {one["app.kubernetes.io/name"] for one in labels}


def test_a_directory_of_files_is_a_component_with_its_page():
    for path in (K8S / "components").iterdir():
        text = (path / "kustomization.yaml").read_text(encoding="utf-8")
        assert "kind: Component" in text
        assert (path / "README.md").read_text(encoding="utf-8").startswith(f"# {path.name}\n")


def test_the_namespace_enforces_restricted_pods():
    """The overlays' namespaces refuse what tests/k8s/test_pods.py would miss."""
    for name in ("dev", "production"):
        labels = find(name, "Namespace")["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        objects = [one for one in documents(name) if one["kind"] != "Namespace"]
        assert {one["metadata"]["namespace"] for one in objects} == {"tonne"}

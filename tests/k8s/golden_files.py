"""The rendered Kubernetes files, kept here: `python -m tests.k8s.golden_files` writes them."""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path

import yaml

from tests.k8s.rendering import K8S, render_path

GOLDENS = Path(__file__).parent / "goldens"
COMPONENTS = sorted(path.name for path in (K8S / "components").iterdir())
OVERLAYS = sorted(path.name for path in (K8S / "overlays").iterdir())
NAMES = ["base", *(f"base+{name}" for name in COMPONENTS), *OVERLAYS]


@functools.cache
def render(name: str) -> str:
    """Text of a rendering: the base, the base with one component, or an overlay."""
    if name == "base":
        return render_path(K8S / "base")
    if name in OVERLAYS:
        return render_path(K8S / "overlays" / name)
    component = name.removeprefix("base+")
    # kustomize takes nothing by an absolute path.
    with tempfile.TemporaryDirectory() as directory:
        top = Path(directory).resolve()
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(K8S / "base", top)],
            "components": [os.path.relpath(K8S / "components" / component, top)],
        }
        (top / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
        return render_path(top)


def documents(name: str) -> list[dict]:
    """The objects of a rendering."""
    return list(yaml.safe_load_all(render(name)))


def find(name: str, kind: str, object_name: str = "tonne") -> dict:
    """One object of a rendering."""
    (found,) = [
        document
        for document in documents(name)
        if (document["kind"], document["metadata"]["name"]) == (kind, object_name)
    ]
    return found


def write_golden(name: str) -> str:
    """The rendering as it is kept: without the dashboard, which is a file of its own."""
    found = documents(name)
    for document in found:
        if document["metadata"]["name"] == "tonne-dashboard":
            document["data"] = dict.fromkeys(document["data"], "see dashboard.json")
    return yaml.safe_dump_all(found, sort_keys=False, width=99)


if __name__ == "__main__":
    for name in NAMES:
        (GOLDENS / f"{name}.yaml").write_text(write_golden(name), encoding="utf-8")

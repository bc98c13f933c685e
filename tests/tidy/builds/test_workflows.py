"""The workflows of the repository's host: pinned, small, and in step with the package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


def steps(path):
    """Every step of every job of a workflow."""
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def project(path="pyproject.toml"):
    return tomllib.loads((ROOT / path).read_text())


def test_there_are_workflows():
    """An empty list would make every other test pass."""
    assert [path.stem for path in WORKFLOWS] == ["ci", "release"]
    assert FORMS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_and_every_job_is_limited(path):
    """To a full version, and in time; rights are read-only unless a job says what for."""
    document = yaml.safe_load(path.read_text())
    assert document["permissions"] == {"contents": "read"}
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@v\d+\.\d+\.\d+", action), action
    assert all("timeout-minutes" in job for job in document["jobs"].values())


def test_ci_runs_what_everybody_can_run():
    """One command, that of the repository."""
    (command,) = [step["run"] for step in steps(WORKFLOWS[0]) if "run" in step]
    assert command.endswith(" .ci/run")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_a_release_has_a_wheel_for_each_python_that_is_named():
    """Classifiers, the floor and the wheels say the same."""
    whole = project()
    prefix = "Programming Language :: Python :: 3."
    named = [
        each.removeprefix(prefix)
        for each in whole["project"]["classifiers"]
        if each.startswith(prefix)
    ]
    assert whole["project"]["requires-python"] == f">=3.{named[0]}"
    assert whole["tool"]["cibuildwheel"]["build"] == [f"cp3{minor}-*" for minor in named]
    matrix = yaml.safe_load(WORKFLOWS[1].read_text())["jobs"]["wheels"]["strategy"]["matrix"]
    assert [each["arch"] for each in matrix["include"]] == ["x86_64", "aarch64"]


def test_the_repository_has_one_address():
    """The URLs of both distributions and of the templates begin with it."""
    address = project()["project"]["urls"]["Repository"]
    for path in ("pyproject.toml", "clients/python/pyproject.toml"):
        assert all(each.startswith(address) for each in project(path)["project"]["urls"].values())
    config = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml").read_text())
    assert all(each["url"].startswith(address) for each in config["contact_links"])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_what_the_host_needs(path):
    """Name, description, and a body whose parts have labels and ids of their own."""
    form = yaml.safe_load(path.read_text())
    assert form["name"]
    assert form["description"]
    assert all(part["attributes"]["label"] for part in form["body"])
    ids = [part["id"] for part in form["body"]]
    assert len(ids) == len(set(ids))

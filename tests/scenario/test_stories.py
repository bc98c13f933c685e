"""The stories in `stories/`, played on a real ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenario.stage import Stage
from tests.scenario.story import read_story

STORIES = sorted((Path(__file__).parent / "stories").rglob("*.md"))
FACTS = {
    "book",
    "facilities",
    "entities",
    "edition",
    "order",
    "records",
    "region",
    "merge",
    "remember",
}
ACTS = {
    "reverse",
    "correct",
    "clear",
    "close",
    "seal",
    "reopen",
    "look",
    "accept",
    "declare",
    "compare",
    "decide",
    "restate",
    "take",
    "sound",
}
EXPECTATIONS = {
    "postings",
    "inventory",
    "notices",
    "suspense",
    "quarantine",
    "listed",
    "corrections",
    "periods",
    "changes",
    "overlaps",
    "restatements",
    "known",
    "bridge",
    "explained",
}


@pytest.fixture
def stage(tmp_path):
    """A fresh ledger."""
    stage = Stage(tmp_path / "ledger")
    yield stage
    stage.end()


@pytest.fixture(params=["sqlite", "postgres"])
def any_stage(request, tmp_path):
    """A fresh ledger on each manifest."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    stage = Stage(tmp_path / "ledger", url)
    yield stage
    stage.end()


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_comes_true(path, any_stage):
    """Every table of the story that expects something is what the ledger shows."""
    stage = any_stage
    for step in read_story(path):
        try:
            stage.play(step)
        except AssertionError as error:
            error.add_note(f"{path.name}:{step.line}: ## {step.verb} {step.words}")
            raise


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_expects_something(path):
    """A story has steps that the stage knows, and rows to compare."""
    steps = read_story(path)
    assert {step.verb for step in steps} <= FACTS | ACTS | EXPECTATIONS
    assert any(step.verb in EXPECTATIONS and step.rows for step in steps)


ALL_EXPECTATIONS = [
    pytest.param(path, number, id=f"{path.stem}-{step.line}")
    for path in STORIES
    for number, step in enumerate(read_story(path))
    if step.verb in EXPECTATIONS
]


@pytest.mark.parametrize(("path", "number"), ALL_EXPECTATIONS)
def test_a_changed_story_does_not_come_true(path, number, stage):
    """Each expectation can fail: a row left out, or the last cell of one changed, is seen."""
    steps = read_story(path)
    for step in steps[:number]:
        stage.play(step)
    expected = steps[number]
    *others, last = expected.rows
    name = [*last][-1]
    for rows in (tuple(others), (*others, {**last, name: f"{last[name]}1"})):
        with pytest.raises(AssertionError):
            stage.play(replace(expected, rows=rows))

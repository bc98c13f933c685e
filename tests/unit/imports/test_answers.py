"""Questions of a guess, each answered by its key; what is no answer is told."""

from __future__ import annotations

import tomllib

import pytest

from tonne.errors import FieldInvalid
from tonne.imports.guessing.answers import answer, open_questions
from tonne.imports.guessing.guess import guess
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.toml import read_profile
from tonne.imports.records import MappedFiles

BILLS = """\
Site;Energie;Menge;Einheit;Von;Bis
hut;Diesel;1.234;l;03.02.2025;27.02.2025
hut;Erdgas;2.000;kWh;03.03.2025;30.03.2025
"""


@pytest.fixture
def path(tmp_path):
    """A file that leaves its numbers, the last day, the activity and the region open."""
    found = tmp_path / "bills.csv"
    found.write_text(BILLS, encoding="utf-8")
    return found


@pytest.fixture
def draft(path):
    """What is guessed of it."""
    return guess(path, ReadingOptions())


ANSWERS = {
    "numbers.decimal": ",",
    "numbers.grouping": ".",
    "dates.inclusive_ends": "Yes",
    "columns.activity": " energie ",
    "constants.region": "DE",
}


def test_questions_have_keys_texts_and_what_was_tried(draft):
    """One that stands below a question of two is of that question."""
    found = {each.key: each for each in open_questions(draft)}
    assert list(found) == list(ANSWERS)
    assert "'1.234'" in found["numbers.decimal"].text
    assert found["numbers.grouping"].text == found["numbers.decimal"].text
    assert found["columns.activity"].tried == "Energie"
    assert found["dates.inclusive_ends"].tried == "true"


def test_answered_it_is_a_profile(draft, path):
    """Which reads the file as the answers say; no question and no `?` stands."""
    answer(draft, [f"{key}={value}" for key, value in ANSWERS.items()])
    assert open_questions(draft) == draft.questions == []
    text = draft.text()
    assert "ASK" not in text
    told = tomllib.loads(text)
    assert told["numbers"] == {"decimal": ",", "grouping": ["."]}
    assert told["dates"]["inclusive_ends"] is True
    assert (told["columns"]["activity"], told["constants"]["region"]) == ("Energie", "DE")
    (frame,) = MappedFiles([path], read_profile(text, "bills.toml")).frames()
    assert frame["quantity"].cast(str).to_list() == ["1234", "2000"]
    assert frame["end"].cast(str).str.slice(0, 10).to_list() == ["2025-02-28", "2025-03-31"]
    assert frame["region"].cast(str).to_list() == ["DE", "DE"]


def test_some_answers_leave_the_others_open(draft):
    """Each is taken by itself, in any order."""
    answer(draft, ["constants.region=GB"])
    assert [each.key for each in open_questions(draft)] == [
        key for key in ANSWERS if key != "constants.region"
    ]
    assert "constants.region" not in draft.text()
    assert len(draft.questions) == 3


def test_a_word_that_is_no_column_stands_for_all_records(draft):
    """Of an activity; not of what differs from record to record."""
    answer(draft, ["columns.activity=fuel.diesel"])
    told = tomllib.loads(draft.text())
    assert "activity" not in told["columns"]
    assert told["constants"]["activity"] == "fuel.diesel"


def test_lists_and_tables_are_those_of_toml(draft):
    """No grouping is an empty list; a column may be named by a table."""
    answer(
        draft,
        [
            "numbers.decimal=.",
            "numbers.grouping=none",
            'columns.activity={ name = "Energie", fill = true }',
        ],
    )
    told = tomllib.loads(draft.text())
    assert told["numbers"] == {"decimal": ".", "grouping": []}
    assert told["columns"]["activity"] == {"name": "Energie", "fill": True}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("region=GB", "an open question"),
        ("columns.facility=Site", "an open question"),
        ("", "an open question"),
        ("dates.inclusive_ends=perhaps", "true or false"),
        ("dates.inclusive_ends=", "true or false"),
        ("constants.region=", "expected an answer"),
        ("constants.region=?", "expected an answer"),
        ("columns.activity={ name = ", "of TOML"),
        ("columns.activity=", "expected an answer"),
    ],
)
def test_what_is_no_answer_is_told(draft, given, told):
    """With what is open, or what would be one; the question stands."""
    before = draft.text()
    with pytest.raises(FieldInvalid, match=told):
        answer(draft, [given])
    assert [each.key for each in open_questions(draft)] == list(ANSWERS)
    assert draft.text() == before


def test_a_column_of_quantities_is_one_of_the_file(tmp_path):
    """A word is none: each record would have the same quantity."""
    path = tmp_path / "a.csv"
    path.write_text("Ort;Art;Wieviel\nhut;Diesel;viel\n", encoding="utf-8")
    draft = guess(path, ReadingOptions())
    assert "columns.quantity" in {each.key for each in open_questions(draft)}
    with pytest.raises(FieldInvalid, match="'Ort', 'Art', 'Wieviel'"):
        answer(draft, ["columns.quantity=12"])
    answer(draft, ["columns.quantity=wieviel"])
    assert tomllib.loads(draft.text())["columns"]["quantity"] == "Wieviel"

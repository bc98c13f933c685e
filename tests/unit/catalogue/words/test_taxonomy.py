"""What people write for an activity: titles and ids are read, what is only near is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.tables import read_table
from tonne.catalogue.words.taxonomy import activities, key_of, nearest, read


@pytest.mark.parametrize(
    ("text", "activity"),
    [
        ("Natural gas", "fuel.natural_gas"),
        ("FUEL.NATURAL_GAS", "fuel.natural_gas"),
        ("fuel natural-gas", "fuel.natural_gas"),
        ("grid electricity", "electricity.grid"),
        (" electricity.grid ", "electricity.grid"),
        ("Electricity Purchased", "electricity.grid"),
        ("Hotel nights (rooms)", "travel.hotel"),
        ("Water Supply", "water.supply"),
        ("\uff22iogas", "fuel.biogas"),
        ("Leased.Electricity.Grid", "leased.electricity.grid"),
        ("hotel", "hotel"),
    ],
)
def test_an_id_or_a_title_is_read_in_any_case(text, activity):
    """Case, width, spaces and the sign between words do not matter."""
    assert read(text) == activity


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Diesel", "fuel.diesel"),
        ("Lorry", "freight.road.hgv.all.average_laden"),
        ("LKW", "freight.road.hgv.all.average_laden"),
        ("R-410A", "refrigerant.r410a"),
        ("R134a", "refrigerant.hfc_134a"),
        ("flights", "travel.air.long_haul"),
        ("Erdgas", "fuel.natural_gas"),
        ("电力", "electricity.grid"),
        ("柴油", "fuel.diesel"),
        ("elecricity.grid", "electricity.grid"),
        ("fuel.deisel", "fuel.diesel"),
        ("business flights", "travel.air.long_haul.business"),
        ("electricty", "electricity.grid"),
        ("HFC 134a", "refrigerant.hfc_134a"),
    ],
)
def test_what_is_only_near_is_named_and_not_read(text, near):
    """No guess is posted; the nearest three hold what was meant."""
    assert read(text) is None
    found = nearest(text)
    assert near in found
    assert len(found) <= 3
    assert set(found) <= set(activities())


@pytest.mark.parametrize("text", ["", "...", "xqzzy", "12"])
def test_what_is_nothing_has_no_name(text):
    """Nothing is read of it."""
    assert read(text) is None


def test_an_id_is_read_as_itself_and_no_title_hides_one():
    """Every id and alias is what it was; a title stands for one activity alone."""
    for activity in activities().values():
        assert read(activity.id) == activity.id
        assert [read(alias) for alias in activity.aliases] == list(activity.aliases)
        titled = read(activity.title)
        assert titled is None or activities()[titled].title.casefold() == activity.title.casefold()


def test_words_of_the_trade_name_activities():
    """The table of words points at ids, each word once."""
    rows = read_table("activity_words.csv")
    assert {each for row in rows for each in row["activities"].split(";")} <= set(activities())
    keys = [key_of(row["word"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert all(taxonomy.read(row["word"]) is None for row in rows)


@settings(deadline=None)
@given(st.one_of(st.text(), st.sampled_from([each.title for each in activities().values()])))
def test_reading_twice_is_reading_once(text):
    """The id that a text names names itself, and a key is its own key."""
    assert key_of(key_of(text)) == key_of(text)
    found = read(text)
    assert found is None or read(found) == found

"""JSON of people is read as it is written, or refused with what is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tonne.text.documents import load_json


def test_json_is_read_as_ever():
    """With the keywords of the standard reader."""
    assert load_json('{"a": [{"b": 1.10}], "ä": "\\u00e4"}', parse_float=Decimal) == {
        "a": [{"b": Decimal("1.10")}],
        "ä": "ä",
    }
    assert load_json(b"[1]") == [1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"quantity": 5, "quantity": 500}', "'quantity' stands twice"),
        ('[{"a": {"b": 1, "c": 2, "b": 1}}]', "'b' stands twice"),
        ('{"record_id": "\\ud800"}', "half of a surrogate pair"),
        ('{"\\ud800": 1}', "half of a surrogate pair"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "Expecting"),
    ],
)
def test_what_is_no_plain_json_is_refused(text, words):
    """Nothing is passed over in silence, and nothing crashes."""
    with pytest.raises(ValueError, match=words):
        load_json(text)

"""Resource names."""

from __future__ import annotations

import pytest

from tonne.edge.messages import names
from tonne.errors import NameInvalid


def test_names_are_read_as_they_are_written():
    """Writing and reading are each other's inverse."""
    assert names.read_book(names.write_book("acme")) == "acme"
    assert names.read_channel(names.write_channel("acme", "A~1")) == ("acme", "A~1")
    assert names.read_edition(names.write_edition("acme", "uk-2025")) == ("acme", "uk-2025")
    assert names.read_factor(names.write_factor("acme", "uk-2025", 7)) == ("acme", "uk-2025", 7)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "books",
        "books/",
        "books/a/channels",
        "books/a/channels/",
        "books/a/channels/b/c",
        "/books/a/channels/b",
        "books/a/editions/b",
        "books/A/channels/b",
        "books/a/channels/b c",
        "books/{book}/channels/{channel}",
        "books/a/channels/" + "b" * 129,
    ],
)
def test_a_name_of_another_form_is_refused(name):
    """Neither a missing part nor a foreign character slips through."""
    with pytest.raises(NameInvalid) as refused:
        names.read_channel(name, field="channel")
    assert repr(name) in refused.value.message or "id" in refused.value.message


@pytest.mark.parametrize("row", ["", "-1", "1.0", "¹", "1" * 10])
def test_a_factors_row_is_a_number(row):
    """Digits of ASCII alone, and not too many."""
    with pytest.raises(NameInvalid):
        names.read_factor(f"books/a/editions/b/factors/{row}")


def test_the_source_of_records_is_a_channel_or_a_request_of_the_book():
    """A channel gives its id, a request its path; another book's are refused."""
    assert names.read_source("books/a/channels/c", "a") == "c"
    assert names.read_source("books/a/requests/r", "a") == "requests/r"
    for name in ("books/b/channels/c", "books/b/requests/r", "books/a/requests/r/s"):
        with pytest.raises(NameInvalid):
            names.read_source(name, "a")

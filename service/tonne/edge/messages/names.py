"""Resource names: `books/{book}/channels/{channel}` and the like."""

from __future__ import annotations

import re

from tonne.errors import FieldInvalid, NameInvalid
from tonne.model import check_channel_id, check_id, period_of_month


def write_book(book: str) -> str:
    """Write the name of a book."""
    return f"books/{book}"


def write_channel(book: str, channel: str) -> str:
    """Write the name of a channel."""
    return f"books/{book}/channels/{channel}"


def write_source(book: str, source: str) -> str:
    """Write where a record came from: `channels/{channel}` or `requests/{request_id}`."""
    return f"books/{book}/{source}"


def write_edition(book: str, edition: str) -> str:
    """Write the name of an edition; one without a book is shipped."""
    return f"books/{book}/editions/{edition}" if book else f"editions/{edition}"


def write_factor(book: str, edition: str, row: int) -> str:
    """Write the name of a factor; one without a book is shipped."""
    return f"{write_edition(book, edition)}/factors/{row}"


def write_method(book: str, version: int) -> str:
    """Write the name of a version of a book's method."""
    return f"books/{book}/methods/{version}"


def write_word(book: str, number: int) -> str:
    """Write the name of an entry of a book's words."""
    return f"books/{book}/words/{number}"


def write_correction(book: str, number: int) -> str:
    """Write the name of an entry of a book's corrections."""
    return f"books/{book}/corrections/{number}"


def write_period(book: str, month: str) -> str:
    """Write the name of a period of a book."""
    return f"books/{book}/periods/{month}"


def write_change(book: str, number: int) -> str:
    """Write the name of an entry of a book's log of changes."""
    return f"books/{book}/changes/{number}"


def write_same_record(book: str, number: int) -> str:
    """Write the name of an entry of records of one id."""
    return f"books/{book}/sameRecords/{number}"


def read_same_record(name: str) -> tuple[str, int]:
    """Read `books/{book}/sameRecords/{number}`."""
    form = "books/{book}/sameRecords/{same_record}"
    book, number = _split(name, "name", form)
    return check_id("book", book), _read_number(number, name, form)


def write_overlap(book: str, number: int) -> str:
    """Write the name of an overlap."""
    return f"books/{book}/overlaps/{number}"


def read_overlap(name: str) -> tuple[str, int]:
    """Read `books/{book}/overlaps/{number}`."""
    form = "books/{book}/overlaps/{overlap}"
    book, number = _split(name, "name", form)
    return check_id("book", book), _read_number(number, name, form)


def write_meters(book: str, number: int) -> str:
    """Write the name of a declaration of several meters."""
    return f"books/{book}/severalMeters/{number}"


def read_meters(name: str) -> tuple[str, int]:
    """Read `books/{book}/severalMeters/{number}`."""
    form = "books/{book}/severalMeters/{several_meters}"
    book, number = _split(name, "name", form)
    return check_id("book", book), _read_number(number, name, form)


def write_statement(book: str, number: int) -> str:
    """Write the name of a statement of a book."""
    return f"books/{book}/statements/{number}"


def read_book(name: str, *, field: str = "name") -> str:
    """Read `books/{book}`, giving the book's id."""
    (book,) = _split(name, field, "books/{book}")
    return check_id("book", book)


def book_of(name: str) -> str:
    """Give the book of a resource name; empty if the name is of no book."""
    parts = name.split("/")
    return parts[1] if parts[0] == "books" and len(parts) > 1 else ""


def read_channel(name: str, *, field: str = "name") -> tuple[str, str]:
    """Read `books/{book}/channels/{channel}`, giving both ids."""
    book, channel = _split(name, field, "books/{book}/channels/{channel}")
    return check_id("book", book), check_channel_id(channel)


def read_period(name: str, *, field: str = "name") -> tuple[str, int]:
    """Read `books/{book}/periods/{month}`, giving the book's id and the period's number."""
    book, month = _split(name, field, "books/{book}/periods/{month}")
    return check_id("book", book), period_of_month(month)


def read_owner(owner: str) -> str:
    """Read the owner of an OpenChannelRequest; empty where it names none."""
    if not re.fullmatch(r"[A-Za-z0-9-]{0,64}", owner):
        raise FieldInvalid(
            "owner: expected at most 64 letters, digits and hyphens, drawn when the producer "
            f"starts; got {owner[:64]!r}",
            metadata={"field": "owner"},
        )
    return owner


def read_append_channel(name: str) -> tuple[str, str]:
    """Read the channel of an AppendRequest."""
    return read_channel(name, field="channel")


def read_source(name: str, book: str) -> str:
    """Read the channel by which records are chosen, giving what they stand under.

    Records of a request stand under `requests/{request_id}`, those of a channel under its id.
    """
    prefix = f"books/{book}/requests/"
    if name.startswith(prefix) and "/" not in name.removeprefix(prefix):
        return name.removeprefix(f"books/{book}/")
    of_book, channel = read_channel(name, field="channel")
    if of_book != book:
        raise _invalid(name, "channel", f"books/{book}/channels/{{channel}}")
    return channel


def read_mended(name: str, *, field: str = "name") -> tuple[str, str]:
    """Read where records are that are meant: the book, and a channel or `requests/{id}`."""
    book = book_of(name)
    if name.startswith(f"books/{book}/requests/"):
        _, request_id = _split(name, field, "books/{book}/requests/{request_id}")
        return check_id("book", book), f"requests/{request_id}"
    return read_channel(name, field=field)


def read_edition(name: str, *, field: str = "name") -> tuple[str, str]:
    """Read `books/{book}/editions/{edition}` or `editions/{edition}`: the ids, "" for no book."""
    if name.startswith("editions/"):
        (edition,) = _split(name, field, "editions/{edition}")
        return "", check_id("edition", edition)
    book, edition = _split(name, field, "books/{book}/editions/{edition}")
    return check_id("book", book), check_id("edition", edition)


def read_factor(name: str) -> tuple[str, str, int]:
    """Read `books/{book}/editions/{edition}/factors/{row}`, or without a book."""
    form = "books/{book}/editions/{edition}/factors/{row}"
    if name.startswith("editions/"):
        form = form.removeprefix("books/{book}/")
    *of_book, edition, row = _split(name, "name", form)
    book = check_id("book", of_book[0]) if of_book else ""
    return book, check_id("edition", edition), _read_number(row, name, form)


def read_method(name: str, *, field: str = "name") -> tuple[str, int]:
    """Read `books/{book}/methods/{version}`: the book and the version, 0 for `current`."""
    form = "books/{book}/methods/{version}"
    book, version = _split(name, field, form)
    number = 0 if version == "current" else _read_number(version, name, form)
    if not number and version != "current":
        raise _invalid(name, field, form)
    return check_id("book", book), number


def _read_number(text: str, name: str, form: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len("999999999")):
        raise _invalid(name, "name", form)
    return int(text)


def _split(name: str, field: str, form: str) -> list[str]:
    """Give the variable parts of a name that has this form."""
    parts, expected = name.split("/"), form.split("/")
    fits = len(parts) == len(expected) and all(
        part == wanted or (wanted.startswith("{") and part)
        for part, wanted in zip(parts, expected, strict=True)
    )
    if not fits:
        raise _invalid(name, field, form)
    return [part for part, wanted in zip(parts, expected, strict=True) if wanted.startswith("{")]


def _invalid(name: str, field: str, form: str) -> NameInvalid:
    return NameInvalid(
        f"{field}: expected a name of the form {form}; got {name!r}",
        metadata={"field": field, "form": form, "value": name},
    )

"""Green Button XML as a stream of items: nothing of the document is kept.

A document type is refused: with it come entities, which can blow a file of a kilobyte up to
gigabytes, or reach for other files. Names count without their namespace and without case: there
are writers that say `IntervalBLock`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 16
"""Bytes of the file that are read at a time."""

TEXT_CHARACTERS_MAX = 10_000
"""Most characters of one text; none of the standard has a tenth of them."""

DEPTH_MAX = 64
"""Most elements inside one another."""

FIELDS_MAX = 64
"""Most fields of one item; further ones are left out, as all that is unknown is."""

USAGE_POINT, READING_TYPE, READING = "usagepoint", "readingtype", "intervalreading"

_KINDS = frozenset({USAGE_POINT, READING_TYPE, READING})
_NAMESPACE = "http://naesb.org/espi"


@dataclass(slots=True)
class Item:
    """An element of the standard, in the entry of that number (0: in none).

    `fields` has its texts by their path, names in small letters; several of one path are divided
    by spaces.
    """

    kind: str
    entry: int
    line: int
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """An entry of the feed, told at its end: its title and its links by what they are."""

    number: int
    title: str = ""
    links: dict[str, list[str]] = field(default_factory=dict)
    has_blocks: bool = False


def is_espi(path: Path) -> bool:
    """Whether a file's beginning names the standard."""
    with path.open("rb") as file:
        head = file.read(CHUNK_BYTES)
    return any(_NAMESPACE.encode(code) in head for code in ("utf-8", "utf-16-le", "utf-16-be"))


def read_items(path: Path) -> Iterator[Item | Entry]:
    """Read the items of a file, each at its end.

    Raises
    ------
    FieldInvalid
        The file is no XML, has a document type, or is built like none of the standard.
    """
    reader = _Reader(path)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            reader.feed(chunk)
            yield from reader.take()
    reader.feed(b"", is_last=True)
    yield from reader.take()


class _Reader:
    """Turns the parser's events into items."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._names: list[str] = []
        self._found: list[Item | Entry] = []
        self._entry = Entry(0)
        self._entry_count = 0
        self._item: Item | None = None
        self._item_depth = 0
        self._text: list[str] = []
        self._text_size = 0

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            raise self._wrong(f"expected XML; line {error.lineno}: {said}") from error
        except (LookupError, ValueError) as error:  # an encoding that is not known
            raise self._wrong(f"expected XML; {error}") from error

    def take(self) -> Iterator[Item | Entry]:
        found, self._found = self._found, []
        yield from found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2].casefold()
        if len(self._names) == DEPTH_MAX:
            raise self._wrong(f"elements lie more than {DEPTH_MAX} deep", with_line=True)
        self._names.append(local)
        self._clear_text()
        if local == "entry":
            self._entry_count += 1
            self._entry = Entry(self._entry_count)
        elif local == "link" and self._item is None:
            self._link(attributes)
        elif local == "intervalblock":
            self._entry.has_blocks = True
        elif local in _KINDS and self._item is None:
            self._item = Item(local, self._entry.number, self._parser.CurrentLineNumber)
            self._item_depth = len(self._names)

    def _link(self, attributes: dict[str, str]) -> None:
        hrefs = self._entry.links.setdefault(attributes.get("rel", ""), [])
        if len(hrefs) < FIELDS_MAX:
            hrefs.append(attributes.get("href", "").strip())

    def _end(self, name: str) -> None:
        del name
        local = self._names[-1]
        text = "".join(self._text).strip()
        self._clear_text()
        item = self._item
        if item is not None and len(self._names) == self._item_depth:
            self._found.append(item)
            self._item = None
        elif item is not None:
            key = "/".join(self._names[self._item_depth :])
            if text and (key in item.fields or len(item.fields) < FIELDS_MAX):
                before = item.fields.get(key)
                item.fields[key] = f"{before} {text}" if before else text
                if len(item.fields[key]) > TEXT_CHARACTERS_MAX:
                    raise self._wrong(f"too many {key}", with_line=True)
        elif local == "title" and self._names[-2:-1] == ["entry"]:
            self._entry.title = text
        elif local == "entry":
            self._found.append(self._entry)
            self._entry = Entry(0)
        self._names.pop()

    def _add_text(self, text: str) -> None:
        self._text_size += len(text)
        if self._text_size > TEXT_CHARACTERS_MAX:
            said = f"a text has more than {TEXT_CHARACTERS_MAX} characters"
            raise self._wrong(said, with_line=True)
        self._text.append(text)

    def _clear_text(self) -> None:
        self._text, self._text_size = [], 0

    def _refuse_doctype(self, *_declared: object) -> None:
        raise self._wrong(
            "a document type (<!DOCTYPE) is not read, because of the entities that come with it; "
            "Green Button files have none: remove it",
            with_line=True,
        )

    def _wrong(self, text: str, *, with_line: bool = False) -> FieldInvalid:
        line = f", line {self._parser.CurrentLineNumber}" if with_line else ""
        return FieldInvalid(f"{self._path.name}{line}: {text}", metadata={"file": str(self._path)})

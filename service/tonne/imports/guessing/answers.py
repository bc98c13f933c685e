"""Questions of a draft, each by its key, and the answers to them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.guessing.draft import UNKNOWN, as_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.imports.guessing.draft import Draft, Entry

_OPEN = as_toml(UNKNOWN)

_WORDS = ("facility", "activity", "unit", "region")
"""Fields of which a word can stand for all records where no column has them."""

_TRUTHS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to answer: its key in the profile, its text, and what a preview took."""

    key: str
    text: str
    tried: str


def open_questions(draft: Draft) -> list[Question]:
    """List what stands open, in the order of the profile."""
    return [Question(key, text, _plain(entry.tried)) for key, text, entry in _open_entries(draft)]


def answer(draft: Draft, given: Sequence[str]) -> None:
    """Put answers, as `columns.activity=Energy`, in the place of questions.

    A word for a field that is no column of the file stands for all records.

    Raises
    ------
    FieldInvalid
        No question has the key, or it cannot be answered so.
    """
    for each in given:
        found = [
            (key, entry) for key, _, entry in _open_entries(draft) if each.startswith(f"{key}=")
        ]
        if not found:
            known = ", ".join(key for key, _, _ in _open_entries(draft)) or "no question stands"
            raise FieldInvalid(
                f"answer: expected KEY=ANSWER to an open question ({known}); got {each!r}",
                metadata={"field": "answer", "value": each},
            )
        key, entry = max(found, key=lambda one: len(one[0]))
        _put(draft, key, entry, each[len(key) + 1 :].strip())
    draft.questions = list(dict.fromkeys(text for _, text, _ in _open_entries(draft)))


def _put(draft: Draft, key: str, entry: Entry, text: str) -> None:
    section, _, name = key.partition(".")
    is_word = False
    if section == "columns" and entry.value == _OPEN and text[:1] not in {"[", "{"}:
        columns = {_folded(each): each for each in draft.columns}
        if _folded(text) in columns:
            text = columns[_folded(text)]
        elif name in _WORDS:
            is_word = True
        else:
            raise FieldInvalid(
                f"answer: {key}: expected a column of the file "
                f"({', '.join(map(repr, draft.columns))}); got {text!r}",
                metadata={"field": "answer", "value": text},
            )
    written = _literal(key, entry, text)
    if entry.value != _OPEN:  # a part of it is open
        written = entry.value.replace(_OPEN, written)
    if is_word:
        draft.entries["columns"].remove(entry)
        draft.entries.setdefault("constants", []).append(entry)
    entry.value = entry.tried = written
    entry.remark = ""


def _literal(key: str, entry: Entry, text: str) -> str:
    """Write an answer as TOML, of the kind that was tried."""
    if text[:1] in {"[", "{"}:
        try:
            return as_toml(tomllib.loads(f"answer = {text}")["answer"])
        except tomllib.TOMLDecodeError as error:
            raise FieldInvalid(
                f"answer: {key}: expected a list or a table of TOML; got {text!r}: {error}",
                metadata={"field": "answer", "value": text},
            ) from error
    if entry.tried.startswith("["):
        return as_toml([] if text.lower() in {"", "none"} else [text])
    if entry.tried in _TRUTHS.values():
        if text.lower() not in _TRUTHS:
            raise FieldInvalid(
                f"answer: {key}: expected true or false; got {text!r}",
                metadata={"field": "answer", "value": text},
            )
        return _TRUTHS[text.lower()]
    if not text or text == UNKNOWN:
        raise FieldInvalid(
            f"answer: {key}: expected an answer; got {text!r}",
            metadata={"field": "answer", "value": text},
        )
    is_number = entry.value != _OPEN and text.isascii() and text.isdecimal()
    return text if is_number else as_toml(text)


def _open_entries(draft: Draft) -> Iterator[tuple[str, str, Entry]]:
    """Give what stands open by its key; one without a question is of the one above it."""
    text = ""
    for section, entries in draft.keyed():
        for entry in entries:
            text = entry.asked or text
            if _OPEN in entry.value:
                yield f"{section}.{entry.key}", text, entry


def _plain(literal: str) -> str:
    """Write what was tried as a person would: a text without its quotes."""
    try:
        value = json.loads(literal)
    except ValueError:
        return literal
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return "" if value in (UNKNOWN, []) else value if isinstance(value, str) else literal


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()

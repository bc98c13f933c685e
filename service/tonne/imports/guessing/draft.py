"""A profile that is being written: its values, with what was assumed and what must be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.imports.profiles.toml import ASK, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTIONS = ("file", "numbers", "dates", "registers", "columns", "constants")

_WORDS = ("columns", "constants")
"""Sections in which a preview shows that a word is missing."""


@dataclass(slots=True)
class Entry:
    """One key of a profile: its value as TOML, and the remark above it."""

    key: str
    value: str
    remark: str = ""
    tried: str = ""
    """What a preview takes for the answer of a question; nothing leaves the key out."""

    @property
    def asked(self) -> str:
        """The question that stands above it; empty where none does."""
        return self.remark.removeprefix(ASK).strip() if self.remark.startswith(ASK) else ""


@dataclass(slots=True)
class Draft:
    """A profile in the making."""

    title: str
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    aliases: dict[str, list[Entry]] = field(default_factory=dict)
    tables: list[tuple[str, list[Entry]]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    """Names of the file's columns."""

    def put(
        self, section: str, key: str, value: object, *, assumed: str = "", asked: str = ""
    ) -> None:
        """Put a value, with what was assumed for it, or what is to be asked.

        Below a question stands no answer: who takes the question out has answered nothing.
        """
        if asked:
            self.put_open(section, key, value, asked=asked)
            return
        entry = Entry(key, as_toml(value), self._remark(assumed, ""), as_toml(value))
        self.entries.setdefault(section, []).append(entry)

    def put_open(
        self, section: str, key: str, tried: object, *, asked: str = "", shown: object = UNKNOWN
    ) -> None:
        """Put what a person has to answer: `shown` in the profile, `tried` in its preview."""
        is_left_out = tried == UNKNOWN and section not in _WORDS
        entry = Entry(
            key,
            as_toml(shown),
            self._remark("", asked),
            "" if is_left_out else as_toml(tried),
        )
        self.entries.setdefault(section, []).append(entry)

    def put_alias(self, name: str, word: str, value: str, *, asked: str = "") -> None:
        """Put an alias for a word of a column."""
        entry = Entry(
            json.dumps(word, ensure_ascii=False),
            as_toml(value),
            self._remark("", asked),
            as_toml(value),
        )
        self.aliases.setdefault(name, []).append(entry)

    def put_table(self, name: str, values: dict[str, object], *, assumed: str = "") -> None:
        """Put a table of a list, like `[[leave_out]]`."""
        entries = [
            Entry(key, as_toml(value), tried=as_toml(value)) for key, value in values.items()
        ]
        if entries:
            entries[0].remark = self._remark(assumed, "")
        self.tables.append((name, entries))

    def ask_table(self, name: str, key: str, tried: str, *, asked: str) -> None:
        """Ask for a key of the last table of a list."""
        entry = Entry(key, as_toml(UNKNOWN), self._remark("", asked), as_toml(tried))
        next(entries for each, entries in reversed(self.tables) if each == name).append(entry)

    def text(self) -> str:
        """Write the profile."""
        lines = [f"# A profile for {self.title}, made by `tonne import --guess`.", ""]
        for head, entries in self._sections():
            lines.append(head)
            for entry in entries:
                lines += [entry.remark] if entry.remark else []
                lines.append(f"{entry.key} = {entry.value}")
            lines.append("")
        return "\n".join(lines).rstrip() + "\n"

    def preview(self) -> str:
        """Write the profile as if its questions were answered by what is tried for them."""
        lines = []
        for head, entries in self._sections():
            lines.append(head)
            lines += [f"{entry.key} = {entry.tried}" for entry in entries if entry.tried]
        return "\n".join(lines)

    def keyed(self) -> Iterator[tuple[str, list[Entry]]]:
        """Give the sections by what names them in a key; of lists with a number from 1."""
        counts: dict[str, int] = {}
        for head, entries in self._sections():
            name = head.strip("[]")
            if head.startswith("[["):
                counts[name] = counts.get(name, 0) + 1
                name = f"{name}.{counts[name]}"
            yield name, entries

    def _sections(self) -> Iterator[tuple[str, list[Entry]]]:
        for section in SECTIONS:
            if section in self.entries:
                yield f"[{section}]", self.entries[section]
        for name, entries in self.aliases.items():
            yield f"[aliases.{name}]", entries
        for name, entries in self.tables:
            yield f"[[{name}]]", entries

    def _remark(self, assumed: str, asked: str) -> str:
        if asked:
            self.questions.append(asked)
            return f"{ASK} {asked}"
        if assumed:
            self.assumptions.append(assumed)
            return f"# Assumed: {assumed}"
        return ""


def as_toml(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {as_toml(each)}" for key, each in value.items()) + " }"
    # A JSON string is one of TOML but for DEL, which no name of a column needs.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


__all__ = ["UNKNOWN", "Draft"]

"""A profile that is being written: its values, with what was assumed and what must be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tonne.imports.profiles.toml import ASK, UNKNOWN

SECTIONS = ("file", "numbers", "dates", "columns", "constants")


@dataclass(slots=True)
class Entry:
    """One key of a profile: its value as TOML, and the remark above it."""

    key: str
    value: str
    remark: str = ""


@dataclass(slots=True)
class Draft:
    """A profile in the making."""

    title: str
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    aliases: dict[str, list[Entry]] = field(default_factory=dict)
    tables: list[tuple[str, list[Entry]]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def put(
        self, section: str, key: str, value: object, *, assumed: str = "", asked: str = ""
    ) -> None:
        """Put a value, with what was assumed for it, or what is to be asked."""
        entry = Entry(key, as_toml(value), self._remark(assumed, asked))
        self.entries.setdefault(section, []).append(entry)

    def put_alias(self, name: str, word: str, value: str, *, asked: str = "") -> None:
        """Put an alias for a word of a column."""
        entry = Entry(
            json.dumps(word, ensure_ascii=False), as_toml(value), self._remark("", asked)
        )
        self.aliases.setdefault(name, []).append(entry)

    def put_table(self, name: str, values: dict[str, object], *, assumed: str = "") -> None:
        """Put a table of a list, like `[[leave_out]]`."""
        entries = [Entry(key, as_toml(value)) for key, value in values.items()]
        if entries:
            entries[0].remark = self._remark(assumed, "")
        self.tables.append((name, entries))

    def text(self) -> str:
        """Write the profile."""
        lines = [f"# A profile for {self.title}, made by `tonne import --guess`.", ""]
        for section in SECTIONS:
            if section in self.entries:
                lines += _section(f"[{section}]", self.entries[section])
        for name, entries in self.aliases.items():
            lines += _section(f"[aliases.{name}]", entries)
        for name, entries in self.tables:
            lines += _section(f"[[{name}]]", entries)
        return "\n".join(lines).rstrip() + "\n"

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


def preview_text(text: str) -> str:
    """Write a profile as if its questions were answered by what stands below them."""
    unknown = f'time_zone = "{UNKNOWN}"'
    lines = [line for line in text.splitlines() if not line.startswith(ASK) and line != unknown]
    return "\n".join(lines)


def _section(head: str, entries: list[Entry]) -> list[str]:
    lines = [head]
    for entry in entries:
        lines += [entry.remark] if entry.remark else []
        lines.append(f"{entry.key} = {entry.value}")
    return [*lines, ""]


__all__ = ["UNKNOWN", "Draft", "preview_text"]

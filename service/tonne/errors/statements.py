"""The caller's fault, about statements that are not there, or not as the caller knew them."""

from __future__ import annotations

from typing import Self

from tonne.errors.families import InputError


class StatementUnknown(InputError):
    """A book has no such statement."""

    code = "STATEMENT_UNKNOWN"

    @classmethod
    def of(cls, book: str, kind: str, id_: str, when: str = "") -> Self:
        """Say that no statement of the kind has the id, or had it then."""
        return cls(
            f"book {book!r} has no {kind} {id_!r}{when}: list those that it has, or state it "
            "first",
            metadata={"book": book, "kind": kind, "id": id_},
        )


class StatementChanged(InputError):
    """Another version of a statement is in force than the caller took to be."""

    code = "STATEMENT_CHANGED"

    @classmethod
    def of(cls, place: str, *, expected: int, current: int) -> Self:
        """Say which version is in force."""
        return cls(
            f"{place}.version: expected {current}, the version in force; got {expected}: "
            "somebody stated it anew meanwhile; read it again, and state what still holds",
            metadata={"field": f"{place}.version", "version": str(current)},
        )

"""What a number is of: read from an address, written into one, and as a command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Final = {
    "from": "from_period",
    "to": "to_period",
    "gwp_set": "gwp_set",
    "consolidation": "consolidation",
    "as_of": "as_of",
    "months_by": "months_by",
}
"""Names in an address of what is given once, and the fields of a selection."""

LISTS: Final = {
    "account": "accounts",
    "facility": "facilities",
    "activity": "activities",
    "region": "regions",
}
"""Names in an address of what may be given again."""

_OF_GROUP: Final = {
    "account": "accounts",
    "scope": "accounts",
    "facility": "facilities",
    "activity": "activities",
    "region": "regions",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selection, as `tonne.client` takes it."""

    from_period: str = ""
    to_period: str = ""
    accounts: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    gwp_set: str = ""
    consolidation: str = ""
    as_of: str = ""
    months_by: str = ""

    def asked(self) -> dict[str, Any]:
        """Give it as keywords of the client's questions."""
        return {name: getattr(self, name) for name in (*FIELDS.values(), *LISTS.values())}

    def query(self) -> dict[str, str | tuple[str, ...]]:
        """Give it as it stands in an address; what is empty does not."""
        named = {**FIELDS, **LISTS}
        return {name: value for name, field in named.items() if (value := getattr(self, field))}

    def narrowed(self, group: Mapping[str, str]) -> Chosen | None:
        """Give the selection of one row of its inventory; None where none says that."""
        changed: dict[str, Any] = {}
        for dimension, value in group.items():
            if not value:
                return None
            if dimension == "period":
                changed |= {"from_period": value, "to_period": value}
            elif dimension in _OF_GROUP:
                changed[_OF_GROUP[dimension]] = (value,)
            else:
                return None
        return replace(self, **changed)

    def command(self, book: str, *words: str) -> str:
        """Write a command about it, as a shell reads it."""
        made = ["tonne", *words, f"--book={book}"]
        if self.from_period and self.from_period == self.to_period and "explain" in words:
            made.append(f"--period={self.from_period}")
        else:
            made += [
                f"--{name}={value}"
                for name, value in (("from", self.from_period), ("to", self.to_period))
                if value
            ]
        for name, field in LISTS.items():
            # Of one word: a value that begins with a dash is still the option's.
            made += [f"--{name}={value}" for value in getattr(self, field)]
        for name in ("gwp_set", "consolidation", "as_of", "months_by"):
            if value := getattr(self, name):
                made.append(f"--{name.replace('_', '-')}={value}")
        return shlex.join(made)

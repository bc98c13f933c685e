"""The tables that ship with the package, read once."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib import resources

_SHIPPED = resources.files("tonne.catalogue.shipped")


@cache
def read_table(name: str) -> tuple[dict[str, str], ...]:
    """Read a shipped CSV file: its rows by column."""
    text = _SHIPPED.joinpath(name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


def edition_bytes(edition: str) -> bytes:
    """Read the CSV of a shipped edition."""
    return _SHIPPED.joinpath("editions", f"{edition}.csv").read_bytes()

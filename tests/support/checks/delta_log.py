"""A reader of Delta tables that shares no code with the publisher: JSON, and Parquet by Arrow."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow.parquet

if TYPE_CHECKING:
    from tonne.store import Objects

_COMMIT = re.compile(r"(\d{20})\.json")


def commits(objects: Objects, folder: str) -> list[list[dict]]:
    """The actions of each version of the log, which must be complete from 0 on."""
    found = {}
    for info in objects.list(f"{folder}/_delta_log"):
        if commit := _COMMIT.fullmatch(info.path.rpartition("/")[2]):
            lines = objects.get(info.path).decode().splitlines()
            found[int(commit[1])] = [json.loads(line) for line in lines]
    assert sorted(found) == list(range(len(found)))
    return [found[version] for version in range(len(found))]


def added_paths(objects: Objects, folder: str) -> list[str]:
    """Paths of the files of the table as it is now, each as often as it counts."""
    live: list[str] = []
    for actions in commits(objects, folder):
        removed = {action["remove"]["path"] for action in actions if "remove" in action}
        added = [action["add"] for action in actions if "add" in action]
        live = [path for path in live if path not in removed]
        live += [one["path"] for one in added]
    return live


def rows(objects: Objects, folder: str) -> list[dict]:
    """All rows of the table, file by file."""
    found = []
    for path in added_paths(objects, folder):
        content = objects.get(f"{folder}/{unquote(path)}")
        found += pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    return found


def places(table: list[dict]) -> Counter:
    """How often each record is there, with its quantity."""
    return Counter((row["channel"], row["offset"], row["quantity"]) for row in table)


def quantities(table: list[dict]) -> dict[str, Decimal]:
    """Exact sums by unit."""
    sums: dict[str, Decimal] = {}
    for row in table:
        sums[row["unit"]] = sums.get(row["unit"], Decimal()) + row["quantity"]
    return sums

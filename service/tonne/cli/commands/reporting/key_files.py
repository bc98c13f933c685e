"""Keys of allocation as people write them: TOML files."""

import datetime as dt
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tonne.client.meters import AllocationKey, AllocationSpan
from tonne.errors import FieldInvalid

_KEY = ("id", "version", "basis", "unit", "reason", "source", "spans")
_SPAN = ("valid_from", "valid_to", "weights", "whole", "metered")


def read_key(path: Path) -> AllocationKey:
    """Read a key of allocation from a TOML file.

    Raises
    ------
    FieldInvalid
        It is no such file, or a key of it is not known.
    """
    try:
        text = path.read_text("utf-8")
        given = tomllib.loads(text, parse_float=str)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FieldInvalid(f"{path}: expected a key of allocation in TOML; {error}") from error
    where = str(path)
    _check(given, _KEY, where)
    spans = given.get("spans", [])
    if not isinstance(spans, list) or not all(isinstance(each, dict) for each in spans):
        raise FieldInvalid(f"{where}: spans: expected tables [[spans]]; got {spans!r}")
    version = given.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        raise FieldInvalid(f"{where}: version: expected a number from 1 up; got {version!r}")
    texts = {name: _text(given.get(name, ""), f"{where}: {name}") for name in _KEY[2:6]}
    return AllocationKey(
        id=_text(given.get("id", ""), f"{where}: id"),
        version=version,
        spans=tuple(_span(each, f"{where}: spans[{n}]") for n, each in enumerate(spans)),
        **texts,
    )


def _span(given: Mapping[str, Any], where: str) -> AllocationSpan:
    _check(given, _SPAN, where)
    weights = given.get("weights", {})
    if not isinstance(weights, dict):
        raise FieldInvalid(f"{where}.weights: expected a table of numbers; got {weights!r}")
    metered = given.get("metered", False)
    if not isinstance(metered, bool):
        raise FieldInvalid(f"{where}.metered: expected true or false; got {metered!r}")
    return AllocationSpan(
        _text(given.get("valid_from", ""), f"{where}.valid_from"),
        _text(given.get("valid_to", ""), f"{where}.valid_to"),
        {name: _text(value, f"{where}.weights.{name}") for name, value in weights.items()},
        _text(given.get("whole", ""), f"{where}.whole"),
        metered,
    )


def _text(given: object, where: str) -> str:
    """Read a text, a number or a day: numbers keep the digits that they are written with."""
    if isinstance(given, dt.date) and not isinstance(given, dt.datetime):
        return given.isoformat()
    if isinstance(given, str | int) and not isinstance(given, bool):
        return str(given)
    raise FieldInvalid(f"{where}: expected a text, a number or a day; got {given!r}")


def _check(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            raise FieldInvalid(
                f"{where}: {name!r} is no field of a key of allocation{hint}; the fields here are "
                f"{', '.join(known)}",
                metadata={"field": name},
            )

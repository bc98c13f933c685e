"""JSON as it is written: nothing of it is passed over, and nothing of it crashes the reader."""

from __future__ import annotations

import json
from typing import Any


def load_json(text: str | bytes, **how: Any) -> Any:
    """Read JSON as `json.loads` does, with its keywords.

    Raises
    ------
    ValueError
        Also where a name stands twice in an object (RFC 8259 leaves open which one counts), where
        a text is no Unicode (half of a surrogate pair), and where it is nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, **how)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    for name, value in pairs:
        for each in (name, value):
            if isinstance(each, str) and not each.isascii():
                _check_unicode(each)
    return found


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{text!r} holds half of a surrogate pair, which is no text") from error

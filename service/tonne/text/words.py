"""Names of people as words of ids: letters and digits of ASCII, and `_`."""

from __future__ import annotations

import re

WORD_CHARACTERS_MAX = 80


def activity_word(text: str) -> str:
    """Write a name as one word of an activity; one of another script as the code of its bytes."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")[:WORD_CHARACTERS_MAX]
    if plain.strip("_"):
        return plain.strip("_")
    return "x" + text.encode().hex()[:WORD_CHARACTERS_MAX]

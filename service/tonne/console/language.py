"""The words of the pages: English as they stand in the code, and a table for each other one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final = {"en": "English", "zh": "中文"}
"""Languages by their codes, each by its own name."""

TAGS: Final = {"en": "en", "zh": "zh-Hans"}
"""What a page says of its language."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: called with an English text, it gives that of the language.

    Names in braces are replaced by the keywords. A text that the table does not have stays.
    """

    code: str
    texts: Mapping[str, str]

    def __call__(self, text: str, **values: object) -> str:
        """Give a text, its names in braces replaced."""
        found = self.texts.get(text, text)
        return found.format(**values) if values else found


@cache
def language_of(code: str) -> Language:
    """Give a language by its code, one of `NAMES`."""
    if code == "en":
        return Language(code, {})
    folder = resources.files("tonne.console").joinpath("shipped")
    text = folder.joinpath(f"{code}.toml").read_text(encoding="utf-8")
    return Language(code, tomllib.loads(text))


def choose(asked: str, accepted: str) -> Language:
    """Choose by what was asked for, else by an `Accept-Language` header, else English.

    Parameters
    ----------
    asked : str
        A code; anything else counts as nothing.
    accepted : str
        The header. Source: RFC 9110, section 12.5.4.
    """
    if asked in NAMES:
        return language_of(asked)
    ranked: list[tuple[int, int, str]] = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.strip().partition(";")
        code = tag.strip().lower().partition("-")[0]
        weight = _thousandths(quality)
        if code in NAMES and weight:
            ranked.append((-weight, place, code))
    return language_of(min(ranked)[2] if ranked else "en")


def _thousandths(quality: str) -> int:
    """Read `q=0.8` as 800; what is no quality counts as none given."""
    name, _, value = quality.strip().partition("=")
    whole, _, rest = value.partition(".")
    if name.strip() != "q" or whole not in {"0", "1"} or not (rest or "0").isdecimal():
        return 1_000
    return min(int(whole) * 1_000 + int(rest[:3].ljust(3, "0")), 1_000)

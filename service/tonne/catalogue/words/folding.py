"""Texts compared as people mean them: width, case, accents, spaces; and which ones are near.

Nothing here decides what a text means. `plain` is safe for any text, `folded` where case carries
no meaning, `squeezed` where spaces and signs carry none either.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIKENESS_MIN = 0.62
"""Least likeness, from 0 to 1, at which a text is named as near to another one."""

WORD_LIKENESS_MIN = 0.5
"""The same for words of two or three characters that are words or syllables themselves."""

_SHORT = 3
"""Most characters of such a word."""

_COMPARED_MAX = 64
"""Texts that share most pairs of letters with the one asked for, and are compared in full."""

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"), "-")
_SEPARATORS = frozenset(" -_.,·\u22c5\u2219\u2022\u30fb*^()[]'\"\u2019")
_PARTING = frozenset(" _,.'\u2019()[]/\u00b7")
_IGNORED = frozenset(("Cc", "Cf"))
"""Categories of characters that nobody sees: a byte order mark, a zero-width space."""


def plain(text: str) -> str:
    """Write a text in its compatible form (NFKC): one width, one space between words."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())
    seen = "".join(each for each in spaced if unicodedata.category(each) not in _IGNORED)
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def folded(text: str) -> str:
    """Write a text plainly, without case and accents."""
    return _bare(_bare(text).casefold())


def hyphened(text: str) -> str:
    """Write a text folded, with a hyphen where a space or a sign parts two words."""
    return "-".join("".join(" " if each in _PARTING else each for each in folded(text)).split())


def squeezed(text: str) -> str:
    """Write a text plainly, without accents, spaces and signs between words; case stays."""
    return _bare("".join(each for each in _bare(text) if each not in _SEPARATORS))


def _bare(text: str) -> str:
    """Write a text plainly and without accents."""
    if text.isascii():
        return plain(text)
    apart = unicodedata.normalize("NFKD", plain(text))
    return plain("".join(each for each in apart if unicodedata.category(each) != "Mn"))


class Nearness:
    """Finds the texts of a collection that are nearest to one that is not in it.

    Parameters
    ----------
    known : mapping of str to str
        What each text stands for. Several texts may stand for one.

    Notes
    -----
    Texts are compared by their pairs of letters first, so that thousands of them cost little.
    """

    def __init__(self, known: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        pairs = known.items() if hasattr(known, "items") else known
        self._texts = [(folded(text), meaning) for text, meaning in pairs]
        self._by_pair: dict[str, list[int]] = defaultdict(list)
        for index, (text, _) in enumerate(self._texts):
            for pair in _pairs(text):
                self._by_pair[pair].append(index)

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """Give what the nearest texts stand for, the nearest first, each once."""
        asked = folded(text)
        shared: Counter[int] = Counter()
        for pair in _pairs(asked):
            shared.update(self._by_pair.get(pair, ()))
        # Of two that share as many pairs the shorter one has less beside them.
        likely = sorted(shared, key=lambda index: (-shared[index], len(self._texts[index][0])))
        least = WORD_LIKENESS_MIN if len(asked) <= _SHORT and not asked.isascii() else LIKENESS_MIN
        matcher = difflib.SequenceMatcher(b=asked, autojunk=False)
        ranked = []
        for index in likely[:_COMPARED_MAX]:
            known, meaning = self._texts[index]
            matcher.set_seq1(known)
            likeness = matcher.ratio()
            if likeness >= least:
                ranked.append((-likeness, len(known), meaning))
        ranked.sort()
        return list(dict.fromkeys(meaning for _, _, meaning in ranked))[:count]


def _pairs(text: str) -> set[str]:
    """Pairs of neighbours; where a text begins and ends counts as well."""
    framed = f"\n{text}\n"
    return {framed[index : index + 2] for index in range(len(framed) - 1)}

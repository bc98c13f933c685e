"""Finds factors and activities by words: each word begins a word of what is found."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tonne.catalogue.editions.by_activity import ShippedFactors
from tonne.catalogue.editions.factor import Factor
from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.regions import region_id, region_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.catalogue.editions.by_activity import Label
    from tonne.catalogue.words.taxonomy import Activity

_WORD = re.compile(r"[a-z0-9]+")

_LAST = "\x7f"
"""Comes after every letter and digit that words have."""

IN_ID, IN_TITLE, ELSEWHERE = range(3)
"""Where a word was found, the better place first."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A word of a query, and the words that begin with it, of all that there are."""

    word: str
    longer: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of something, by the place where they stand."""

    by_place: tuple[frozenset[str], frozenset[str], frozenset[str]]

    def score(self, query: Sequence[_Asked]) -> tuple[int, int, int] | None:
        """Rank a match, the smaller the better; None where a word of the query is missing."""
        places = 0
        beginnings = 0
        for asked in query:
            for place, words in enumerate(self.by_place):
                if not asked.longer.isdisjoint(words):
                    places += place
                    beginnings += asked.word not in words
                    break
            else:
                return None
        # Of two matches the one with less beside it is the plainer one.
        return places, beginnings, len(self.by_place[IN_ID])


def words(text: str) -> list[str]:
    """Split a text into words of letters and digits, in lower case."""
    return _WORD.findall(text.lower())


def search_activities(query: str, limit: int) -> tuple[list[Activity], int, list[str]]:
    """Find activities of the taxonomy.

    Parameters
    ----------
    query : str
        Words; none finds all, by id.
    limit : int
        Most activities to give.

    Returns
    -------
    tuple of list of Activity, int, list of str
        The best matches first; how many matched; the nearest ids where none did.
    """
    asked = _asked(query, _activity_vocabulary())
    found = []
    for activity in taxonomy.activities().values():
        score = _activity_words(activity.id).score(asked)
        if score is not None:
            found.append((score if asked else (0, 0, 0), activity.id, activity))
    found.sort(key=lambda item: item[:2])
    hits = [activity for _, _, activity in found]
    near = [] if hits else taxonomy.nearest(".".join(words(query)))
    return hits[:limit], len(hits), near


def search_factors(
    editions: Iterable[tuple[str, Sequence[Factor]]],
    query: str,
    *,
    region: str = "",
    unit: str = "",
    limit: int = 20,
) -> tuple[list[tuple[str, Factor]], int]:
    """Find factors.

    Parameters
    ----------
    editions : iterable of (str, sequence of Factor)
        Ids and factors, the preferred edition first.
    query : str
        Words: of the activity's id, title and aliases, the stage, region, unit or edition.
    region, unit : str
        Only factors of this region and this unit; empty means all.
    limit : int
        Most factors to give.

    Returns
    -------
    tuple of list of (str, Factor), int
        Edition and factor, the best matches first; how many matched.
    """
    place = region_id(region)
    found = []
    for rank, (edition, factors) in enumerate(editions):
        is_shipped = isinstance(factors, ShippedFactors)
        labels: Sequence[Label | Factor] = (
            factors.labels if isinstance(factors, ShippedFactors) else factors
        )
        kept = [
            label
            for label in labels
            if not (region and region_id(label.region) != place)
            and not (unit and label.unit != unit)
        ]
        if is_shipped:
            shipped = _shipped_words(edition)
            known = [shipped[label.row - 1] for label in kept]
            asked = _asked(query, _shipped_vocabulary(edition))
        else:
            known = [_words_of(edition, label) for label in kept]
            asked = _asked(query, _vocabulary(known))
        if not all(each.longer for each in asked):
            continue  # no factor of it has all words
        for label, found_by in zip(kept, known, strict=True):
            score = found_by.score(asked)
            if score is not None:
                recency = -label.valid_from.toordinal()
                is_kwh = label.kwh is not None  # what is emitted goes before what it takes
                key = (score, rank, is_kwh, recency, label.row)
                found.append((key, edition, factors, label))
    found.sort(key=lambda item: item[0])
    best = [
        (edition, label if isinstance(label, Factor) else factors[label.row - 1])
        for _, edition, factors, label in found[:limit]
    ]
    return best, len(found)


@cache
def _shipped_words(edition: str) -> tuple[_Words, ...]:
    labels = shipped_editions()[edition].factors.labels
    return tuple(_words_of(edition, label) for label in labels)


@cache
def _shipped_vocabulary(edition: str) -> tuple[str, ...]:
    return _vocabulary(_shipped_words(edition))


@cache
def _activity_vocabulary() -> tuple[str, ...]:
    return _vocabulary(map(_activity_words, taxonomy.activities()))


def _vocabulary(found: Iterable[_Words]) -> tuple[str, ...]:
    """Give all words once, sorted: those that begin with a word are next to each other."""
    return tuple(sorted({word for each in found for those in each.by_place for word in those}))


def _asked(query: str, vocabulary: Sequence[str]) -> list[_Asked]:
    """Look each word of a query up once, not in each thing that is searched."""
    asked = []
    for word in words(query):
        first = bisect_left(vocabulary, word)
        stop = bisect_left(vocabulary, f"{word}{_LAST}", first)
        asked.append(_Asked(word, frozenset(vocabulary[first:stop])))
    return asked


def _words_of(edition: str, factor: Label | Factor) -> _Words:
    in_id, in_title, elsewhere = _activity_words(factor.activity).by_place
    region = f"{factor.region} {region_name(factor.region)}"
    texts = (factor.stage, region, factor.unit, edition, factor.cell)
    return _Words((in_id, in_title, elsewhere | frozenset(words(" ".join(texts)))))


@lru_cache(maxsize=1 << 14)  # imported factors have any number of activities
def _activity_words(text: str) -> _Words:
    activity = taxonomy.find(text)
    in_id = frozenset(words(text))
    if activity is None:
        return _Words((in_id, frozenset(), frozenset()))
    aliases = frozenset(words(" ".join(activity.aliases)))
    return _Words((in_id, frozenset(words(activity.title)), aliases))

"""Finds factors and activities by words: each word begins a word of what is found."""

from __future__ import annotations

import re
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

IN_ID, IN_TITLE, ELSEWHERE = range(3)
"""Where a word was found, the better place first."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of something, by the place where they stand."""

    by_place: tuple[frozenset[str], frozenset[str], frozenset[str]]

    def score(self, query: Sequence[str]) -> tuple[int, int, int] | None:
        """Rank a match, the smaller the better; None where a word of the query is missing."""
        places = 0
        beginnings = 0
        for word in query:
            found = [
                (place, word not in words)
                for place, words in enumerate(self.by_place)
                if word in words or any(each.startswith(word) for each in words)
            ]
            if not found:
                return None
            place, is_beginning = min(found)
            places += place
            beginnings += is_beginning
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
    asked = words(query)
    found = []
    for activity in taxonomy.activities().values():
        score = _activity_words(activity.id).score(asked)
        if score is not None:
            found.append((score if asked else (0, 0, 0), activity.id, activity))
    found.sort(key=lambda item: item[:2])
    hits = [activity for _, _, activity in found]
    near = [] if hits else taxonomy.nearest(".".join(asked))
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
    asked = words(query)
    place = region_id(region)
    found = []
    for rank, (edition, factors) in enumerate(editions):
        known = _shipped_words(edition) if isinstance(factors, ShippedFactors) else None
        labels: Sequence[Label | Factor] = (
            factors.labels if isinstance(factors, ShippedFactors) else factors
        )
        for label in labels:
            if (region and region_id(label.region) != place) or (unit and label.unit != unit):
                continue
            found_by = _words_of(edition, label) if known is None else known[label.row - 1]
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

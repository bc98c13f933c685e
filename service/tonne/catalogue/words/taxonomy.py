"""The taxonomy: what a record can say was done, as dotted ids with aliases and contexts.

An id that stands below one of the taxonomy (`electricity.grid.green_tariff`) has its posting
rule, as soon as an edition of the book has a factor of that very id. A **context** before an id
says whose activity it is: `leased.electricity.grid` is the electricity of leased assets,
`capital.purchase.servers` a purchase of capital goods. See `rules.CONTEXTS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.words.folding import Nearness, folded
from tonne.catalogue.words.rules import CONTEXTS, ActivityContext
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EXPORT = "electricity.export"
"""Activity of what was fed into the grid, which is apart from what was bought."""

_PLURAL_MIN = 3
"""Letters that a word has at least before an `s` that may be its plural's."""


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity of the taxonomy.

    Parameters
    ----------
    id, title : str
        Dotted id, and what it is called.
    rule : str
        Name of its posting rule, one of `rules.RULES`.
    factor : str
        Id under which factors are looked up when there is none under `id`; may be empty.
    units : tuple of str
        A unit of every dimension that it takes.
    aliases : tuple of str
        Other ids for the same.
    """

    id: str
    title: str
    rule: str
    factor: str
    units: tuple[str, ...]
    aliases: tuple[str, ...]

    @property
    def factor_ids(self) -> tuple[str, ...]:
        """Ids under which its factors stand, the own one first."""
        return (self.id, self.factor) if self.factor and self.factor != self.id else (self.id,)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a record's activity means.

    Parameters
    ----------
    context : ActivityContext or None
        Whose activity it is, where that is not the book's own.
    activity : Activity
        Of the taxonomy: the id itself, or the one that it stands below.
    factor_ids : tuple of str
        Ids under which factors are looked up, the most specific first.
    own_id_count : int
        How many of `factor_ids` mean the activity itself, not a wider one.
    """

    context: ActivityContext | None
    activity: Activity
    factor_ids: tuple[str, ...]
    own_id_count: int


@cache
def activities() -> Mapping[str, Activity]:
    """All activities by id."""
    return {
        row["id"]: Activity(
            id=row["id"],
            title=row["title"],
            rule=row["rule"],
            factor=row["factor"],
            units=tuple(filter(None, row["units"].split(";"))),
            aliases=tuple(filter(None, row["aliases"].split(";"))),
        )
        for row in read_table("activities.csv")
    }


@cache
def _by_text() -> Mapping[str, Activity]:
    known = dict(activities())
    for activity in activities().values():
        known.update(dict.fromkeys(activity.aliases, activity))
    return known


def find(text: str) -> Activity | None:
    """Find the activity that an id or an alias names."""
    return _by_text().get(text)


def subject(text: str, is_known: Callable[[str], bool]) -> Subject | None:
    """Read a record's activity.

    Parameters
    ----------
    text : str
        As the record gives it.
    is_known : callable
        Whether the book has a factor under an id.

    Returns
    -------
    Subject or None
        None where the taxonomy does not know it.
    """
    for context, rest in _readings(text):
        activity = find(rest)
        if activity is not None:
            ids = tuple(dict.fromkeys((text, rest, *activity.factor_ids)))
            return Subject(context, activity, ids, len(ids))
        if is_known(rest) or is_known(text):
            wider = _wider(rest)
            if wider is not None:
                own = tuple(dict.fromkeys((text, rest)))
                return Subject(context, wider, (*own, *wider.factor_ids), len(own))
    return None


def has_rule(text: str) -> bool:
    """Whether an activity, or one that it stands below, has a posting rule."""
    return any(find(rest) or _wider(rest) for _, rest in _readings(text))


def read(text: str) -> str | None:
    """Give the id that a text means: an id, an alias or a title in any case, or None.

    `Natural gas` and `FUEL.NATURAL_GAS` are `fuel.natural_gas`. What two activities are called
    is None, and so is what is only near.
    """
    if find(text) is not None:
        return text
    for context, rest in _readings(folded(text)):
        activity = _by_key().get(key_of(rest))
        if activity is not None:
            first = text.partition(".")[0].lower()
            return activity.id if context is None else f"{first}.{activity.id}"
    return None


def id_of(text: str) -> str | None:
    """Give the id of the activity that an id or an alias names, its context kept; else None."""
    for context, rest in _readings(text):
        if (activity := find(rest)) is not None:
            prefix = "" if context is None else f"{text.partition('.')[0]}."
            return f"{prefix}{activity.id}"
    return None


def key_of(text: str) -> str:
    """Write a text as ids are compared: without case, one sign between words."""
    return ".".join(_words(text))


@cache
def _by_key() -> Mapping[str, Activity]:
    """Activities by the keys of their ids and aliases, and of titles that one alone has."""
    titles: dict[str, list[Activity]] = {}
    for activity in activities().values():
        titles.setdefault(key_of(activity.title), []).append(activity)
    known = {key: found[0] for key, found in titles.items() if len(found) == 1}
    return known | {key_of(text): activity for text, activity in _by_text().items()}


def nearest(text: str, count: int = 3) -> list[str]:
    """Known ids that come nearest to a text, the nearest first.

    First what its words are called here (`lorry` is a heavy goods vehicle), then what has all
    of its words, then what is spelt like it.
    """
    key = key_of(text)
    named = [
        row["activities"] for row in read_table("activity_words.csv") if key_of(row["word"]) == key
    ]
    found = [each for ids in named for each in ids.split(";")]
    if len(found) < count:
        asked = set(map(_stem, key.split(".")))
        # Of two that have all words the one with less beside them is the plainer one.
        having = sorted(
            (len(words), activity) for activity, words in _stems().items() if asked <= words
        )
        found += [activity for _, activity in having]
    if len(found) < count:
        found += _spelt_like().nearest(key, count)
    return list(dict.fromkeys(found))[:count]


@cache
def _stems() -> Mapping[str, frozenset[str]]:
    """Words of the id, the aliases and the title of each activity, without their plurals."""
    return {
        activity.id: frozenset(
            _stem(word)
            for text in (activity.id, activity.title, *activity.aliases)
            for word in _words(text)
        )
        for activity in activities().values()
    }


@cache
def _spelt_like() -> Nearness:
    return Nearness((key_of(text), activity.id) for text, activity in _by_text().items())


def _stem(word: str) -> str:
    return word[:-1] if len(word) > _PLURAL_MIN and word.endswith("s") else word


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^\w%+]+|_", folded(text)) if word]


def _readings(text: str) -> Iterator[tuple[ActivityContext | None, str]]:
    """Read an activity without a context, then with its first word as one."""
    yield None, text
    first, _, rest = text.partition(".")
    context = CONTEXTS.get(first)
    if context is not None and rest:
        yield context, rest


def _wider(text: str) -> Activity | None:
    """Find the nearest activity of the taxonomy that an id stands below."""
    head = text.rpartition(".")[0]
    while head:
        activity = find(head)
        if activity is not None:
            return activity
        head = head.rpartition(".")[0]
    return None

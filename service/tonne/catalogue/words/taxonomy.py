"""The taxonomy: what a record can say was done, as dotted ids with aliases and contexts.

An id that stands below one of the taxonomy (`electricity.grid.green_tariff`) has its posting
rule, as soon as an edition of the book has a factor of that very id. A **context** before an id
says whose activity it is: `leased.electricity.grid` is the electricity of leased assets,
`capital.purchase.servers` a purchase of capital goods. See `rules.CONTEXTS`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.words.rules import CONTEXTS, ActivityContext
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NEAREST_CUTOFF = 0.55
"""Least likeness, from 0 to 1, at which an id is offered for one that is not known."""


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


def nearest(text: str, count: int = 3) -> list[str]:
    """Known ids that come nearest to a text, the nearest first."""
    known = _by_text()
    words = set(_words(text))
    # Ids that share a word come first: likeness by letters alone takes `fuel.oil` for `fuel.coal`.
    sharing = [each for each in known if words & set(_words(each))]
    found = difflib.get_close_matches(text, sharing, count, NEAREST_CUTOFF)
    if len(found) < count:
        others = difflib.get_close_matches(text, known, count, NEAREST_CUTOFF)
        found += [each for each in others if each not in found]
    return found[:count]


def _words(text: str) -> list[str]:
    return re.split(r"[._\-]", text.lower())


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

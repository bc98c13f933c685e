"""Regions: which region a text names, and which region holds which, from a site to everywhere.

Ids are those of ISO 3166-1 and ISO 3166-2 (`shipped/regions_iso.csv`), and grids and what lies
below (`shipped/regions.csv`). Hyphens say most of what holds what: `US-WA-Seattle` lies in
`US-WA`, in `US`; `regions.csv` says the rest, like the grid of a province. What else people write
for a region stands in `region_words.csv`, and what could be two regions in
`region_words_refused.csv`.

A text that names no region is unknown, and nothing stands in for it: `CN-GDD` may be a mistake
for `CN-GD`, so it is not taken for a part of `CN`. Below a province, a grid or a region of the
book's own any name is a place there, but for one that is a letter away from a region of the
book's own in the same place: `XA-North-Plnat` may be a mistake for `XA-North-Plant`.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tonne.catalogue.words.folding import Nearness, hyphened, plain
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYWHERE = ""
"""The region of a factor that holds everywhere."""

_NEAREST_COUNT = 3


class RegionWord(NamedTuple):
    """What a region is written like; `language` may be a standard or who has the name."""

    text: str
    region: str
    language: str


_USER_ASSIGNED = re.compile(r"AA|Q[M-Z]|X[A-WYZ]")
"""Codes that ISO 3166-1 leaves to its users: regions of a book's own making. XX and ZZ, which are
of them, stand for an unknown region in many a file."""


@cache
def _parents() -> Mapping[str, str]:
    return {row["region"]: row["parent"] for row in read_table("regions.csv")}


@cache
def _names() -> Mapping[str, str]:
    tables = ("regions_iso.csv", "regions.csv")  # the later one's name counts
    return {row["region"]: row["name"] for name in tables for row in read_table(name)}


@cache
def region_words() -> Mapping[str, RegionWord]:
    """Give all that names a region, by its key: ids, names and aliases."""
    words = {hyphened(region): RegionWord(region, region, "id") for region in _names()}
    for row in read_table("region_words.csv"):
        word = RegionWord(row["spelling"], row["region"], row["language"])
        words.setdefault(hyphened(word.text), word)
    return words


@cache
def refused_regions() -> Mapping[str, tuple[str, ...]]:
    """Give all that could be several regions, by its key, and those regions."""
    return {
        hyphened(row["spelling"]): tuple(row["choices"].split(";"))
        for row in read_table("region_words_refused.csv")
    }


def region_name(region: str) -> str:
    """Name of a region for people, or nothing where no table has it."""
    return _names().get(region, "")


def region_chain(region: str) -> tuple[str, ...]:
    """Regions that hold `region`, from itself to everywhere (`""`)."""
    parents = _parents()
    chain = [region]
    while chain[-1] != EVERYWHERE:
        last = chain[-1]
        chain.append(parents.get(last, last.rpartition("-")[0]))
    return tuple(chain)


@lru_cache(maxsize=1 << 14)  # imported factors have any number of regions
def read_region(text: str) -> str | None:
    """Give the id of the region that a text names, or None where no table knows it.

    `gb`, `UK` and `英国` are `GB`; `Guangdong`, `广东` and `Guangdong, China` are `CN-GD`;
    `US-WA-Seattle` is a place in `US-WA`.
    """
    return _SHIPPED.read(text)


def region_id(text: str) -> str:
    """Give the id of the region that a text names, or the text where no table knows it."""
    region = read_region(text)
    return text if region is None else region


class Regions:
    """Reads the texts of regions where some may be a book's own.

    Parameters
    ----------
    own : iterable of str
        Regions of the book's factors.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self._own: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._own_ids: set[str] = set()
        self._doubled: set[str] = set()  # keys of two of them
        # Keys of the book's own regions, and of what holds them, by the key of their place.
        self._siblings: defaultdict[str, set[str]] = defaultdict(set)
        for text in sorted(set(own), key=len):
            region = self.read(text)
            if region is None or region not in _names():
                self._written[text] = text if region is None else region
                self._own_ids.add(self._written[text])
        keys = Counter(map(hyphened, self._own_ids))
        self._doubled = {key for key, count in keys.items() if count > 1}
        self._own |= {key: each for each in self._own_ids if keys[key := hyphened(each)] == 1}
        for each in self._own_ids:
            for region in region_chain(each)[:-1]:
                parent, _, name = region.rpartition("-")
                self._siblings[hyphened(parent)].add(hyphened(name))
        self._nearness: Nearness | None = None

    def read(self, text: str) -> str | None:
        """Give the id of the region that a text names, or None where it is unknown."""
        if text == EVERYWHERE or text in _names() or text in self._own_ids:
            return text
        key = hyphened(text)
        own = self._written.get(text) or self._own.get(key)
        if own is not None:
            return own
        word = region_words().get(key)
        if word is not None:
            return word.region
        if key in refused_regions() or key in self._doubled or self._is_mistyped("", key):
            return None
        if _USER_ASSIGNED.fullmatch(key.upper()):
            return key.upper()
        return _in_country(text) or self._below(text)

    def advice(self, text: str) -> str:
        """Name the regions that an unknown text may be: its choices, or the nearest ones."""
        choices = refused_regions().get(hyphened(text))
        if choices is not None:
            return f"it may be {_listed(choices)}"
        if self._nearness is None:
            own = [(region, region) for region in self._own.values()]
            self._nearness = Nearness([*_near_texts(), *own])
        near = self._nearness.nearest(text, _NEAREST_COUNT)
        return f"the nearest known are {_listed(near)}" if near else ""

    def _holds_places(self, parent: str) -> bool:
        """Tell whether any text behind a region is a place in it: ISO 3166-2 lists a country's."""
        if "-" in parent or hyphened(parent) in self._own:
            return True
        return _USER_ASSIGNED.fullmatch(parent) is not None

    def _below(self, text: str) -> str | None:
        """Read a place below a region that is no whole country."""
        head, _, tail = plain(text).rpartition("-")
        if not head or not tail.strip():
            return None
        parent = self.read(head)
        if parent is None or not self._holds_places(parent):
            return None
        return None if self._is_mistyped(parent, tail) else f"{parent}-{tail.strip()}"

    def _is_mistyped(self, parent: str, name: str) -> bool:
        """Tell whether a name in a place may be meant for a region of the book's own there.

        So may one that is a letter away, but for what numbers are written in: `Hall 2` is no
        mistake for `Hall 1`, nor `Hall B` for `Hall A`.
        """
        known = self._siblings.get(hyphened(parent), ())
        key = hyphened(name)
        return key not in known and any(_is_letter_away(key, each) for each in known)


_SHIPPED = Regions(())


def _is_letter_away(first: str, second: str) -> bool:
    """Tell whether a letter was left out, added, changed, or two that follow were swapped.

    Not so where what differs is a digit, or a letter that is a word of its own.
    """
    shorter, longer = sorted((first, second), key=len)
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(shorter, longer, strict=False))
    at = sum(1 for _ in same)
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :] and not longer[at].isdigit()
    if shorter[at + 1 :] == longer[at + 1 :]:
        return at < len(shorter) and not (_is_number(shorter, at) and _is_number(longer, at))
    swapped = shorter[at + 1 : at + 2] + shorter[at : at + 1] + shorter[at + 2 :]
    return swapped == longer[at:] and not longer[at : at + 2].isdigit()


def _is_number(text: str, at: int) -> bool:
    """Tell whether a character may be a number: a digit, or a letter that stands alone."""
    around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    return text[at].isdigit() or not any(each.isalpha() for each in around)


@cache
def _names_by_country() -> Mapping[tuple[str, str], str | None]:
    """Regions of a country by the country and the key of a name; None where two have the name."""
    found: dict[tuple[str, str], str | None] = {}
    named = [(word.text, word.region) for word in region_words().values()]
    named += [(name, region) for region, name in _names().items()]
    named += [(region.partition("-")[2], region) for region in _names()]
    for name, region in named:
        country, _, code = region.partition("-")
        if code:
            key = (country, hyphened(name))
            found[key] = region if found.get(key, region) == region else None
    return found


def _in_country(text: str) -> str | None:
    """Read a name beside its country: `Bavaria, Germany`, `DE-Bayern`; or two of the country's."""
    spaced = plain(text)
    outer, _, inner = spaced.removesuffix(")").partition("(")
    if spaced.endswith(")") and inner:
        pair = [region_words().get(hyphened(each)) for each in (outer, inner)]
        regions = {None if each is None else each.region for each in pair}
        return regions.pop() if len(regions) == 1 else None
    head, comma, tail = spaced.rpartition(",")
    country, name = (tail, head) if comma else spaced.partition("-")[::2]
    word = region_words().get(hyphened(country))
    if word is None or not name or "-" in word.region:
        return None
    again = region_words().get(hyphened(name))
    if again is not None and again.region == word.region:
        return word.region
    return _names_by_country().get((word.region, hyphened(name)))


@cache
def _near_texts() -> tuple[tuple[str, str], ...]:
    """Texts that a mistyped one may be near to, each with its region."""
    texts = [(word.text, word.region) for word in region_words().values() if word.region]
    for region, name in _names().items():
        texts.append((name, region))
        code = region.partition("-")[2]
        if len(code) > 1 and code.isalpha():
            texts.append((code, region))
    return tuple(texts)


def _listed(regions: Iterable[str]) -> str:
    """Name regions with their names: `CN-GD (Guangdong)`."""
    named = [(region, region_name(region)) for region in regions]
    return ", ".join(f"{region} ({name})" if name else region for region, name in named)

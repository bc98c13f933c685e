"""What the texts of a book's records mean: activities, units, regions.

A word of the book's own comes first; then ids and regions of its own factors; then the tables.
Without words, `reads` says what a text means to everybody: a word may only stand for what that
does not know.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy, units
from tonne.catalogue.words.book_words import BookWords
from tonne.catalogue.words.folding import Nearness
from tonne.catalogue.words.regions import Regions
from tonne.catalogue.words.taxonomy import key_of
from tonne.model import WordField

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tonne.catalogue.resolving.shelves import Shelf
    from tonne.model import Word

NEAREST_COUNT = 3
"""Most ids that are named for one that nobody knows."""


class Texts:
    """Reads the texts of a book's records.

    Parameters
    ----------
    shelves : sequence of Shelf
        The editions of the book's method.
    rated_units : collection of str
        Units between which the method has rates.
    words : BookWords, optional
        Words of the book's own.

    Attributes
    ----------
    regions : Regions
        What reads regions but for the words.
    """

    def __init__(
        self,
        shelves: Sequence[Shelf],
        rated_units: Collection[str] = (),
        words: BookWords | None = None,
    ) -> None:
        self._shelves = shelves
        self._rated_units = rated_units
        self._words = words or BookWords()
        own = [shelf for shelf in shelves if not shelf.is_shipped]
        own_ids = {each for shelf in own for each in shelf.index}
        keys = Counter(map(key_of, own_ids))
        self._own_keys = keys.keys()
        self._own_ids = {key: each for each in own_ids if keys[key := key_of(each)] == 1}
        self.regions = Regions(
            region for shelf in own for by_region in shelf.index.values() for region in by_region
        )
        self._own_names: Nearness | None = None

    def is_known(self, activity: str) -> bool:
        """Whether some factor stands under an id."""
        return any(activity in shelf.index for shelf in self._shelves)

    def word(self, field: WordField, text: str) -> Word | None:
        """Find the word of the book's own that a text is."""
        return self._words.find(field, text)

    def activity_of(self, text: str) -> str:
        """Give the id of a factor or of the taxonomy that a text means; else the text itself."""
        meant = self._meant(WordField.ACTIVITY, text)
        if self.is_known(meant):
            return meant
        return self._own_ids.get(key_of(meant)) or taxonomy.read(meant) or meant

    def named(self, activity: str) -> str:
        """Give the one id of an activity that may be an alias; a factor's own id is its own."""
        if key_of(activity) in self._own_keys:
            return activity
        return taxonomy.id_of(activity) or activity

    def region_of(self, text: str) -> str | None:
        """Give the id of the region that a text means, or None where it is unknown."""
        return self.regions.read(self._meant(WordField.REGION, text))

    def unit_of(self, text: str) -> str:
        """Give the unit that a word of the book's own means; else the text itself."""
        return self._meant(WordField.UNIT, text)

    def reads(self, field: WordField, text: str) -> str | None:
        """Say what a text means without the book's words, or None where nothing reads it."""
        if field is WordField.REGION:
            return self.regions.read(text)
        if field is WordField.UNIT:
            return self._unit(text)
        if self.is_known(text):
            return text
        activity = self._own_ids.get(key_of(text)) or taxonomy.read(text) or text
        subject = taxonomy.subject(activity, self.is_known)
        return activity if subject is not None or self.is_known(activity) else None

    def advice(self, field: WordField, text: str) -> str:
        """Name what a text may mean that nothing reads; empty where nothing is near."""
        if field is WordField.REGION:
            return self.regions.advice(text)
        if field is WordField.UNIT:
            return units.advice(text)
        near = self.nearest_activities(text)
        return f"the nearest known are {', '.join(near)}" if near else ""

    def nearest_activities(self, text: str) -> list[str]:
        """Ids that come nearest to a text: one of the book's own, then those of the taxonomy."""
        if self._own_names is None:
            ids = dict.fromkeys(each for shelf in self._shelves for each in shelf.index)
            self._own_names = Nearness((each, each) for each in ids if taxonomy.find(each) is None)
        near = (*self._own_names.nearest(text, 1), *taxonomy.nearest(text, NEAREST_COUNT))
        return list(dict.fromkeys(near))[:NEAREST_COUNT]

    def _meant(self, field: WordField, text: str) -> str:
        word = self._words.find(field, text)
        return text if word is None else word.meaning

    def _unit(self, text: str) -> str | None:
        """Give the symbol of a unit, or the text where the book has factors or rates of it."""
        unit = units.find(text)
        if unit is not None:
            return unit.symbol
        is_own = text in self._rated_units or any(
            factor.unit == text
            for shelf in self._shelves
            if not shelf.is_shipped
            for by_region in shelf.index.values()
            for factors in by_region.values()
            for factor in factors
        )
        return text if is_own else None

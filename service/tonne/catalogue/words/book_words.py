"""Words of a book's own: what its records write, where no table knows what that means.

A word stands for what nothing else reads: an activity that has no id (`flights`), a region that
is no region (`Rechenzentrum Nord`), a unit (`Paletten`), or a text that means two things
elsewhere and one here (`ton`, `Georgia`). So no word changes what a text meant before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.folding import hyphened, squeezed
from tonne.model import WordField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.model import Word


def key_of(field: WordField, text: str) -> str:
    """Write a text as the words of a field are compared.

    Width, accents, spaces and signs between words never matter; case does in units alone, where
    it tells `mW` from `MW`.
    """
    if field is WordField.ACTIVITY:
        return taxonomy.key_of(text)
    return hyphened(text) if field is WordField.REGION else squeezed(text)


class BookWords:
    """The words that a book knows. Immutable.

    Parameters
    ----------
    words : iterable of Word
        Entries in the order in which they were made: the last one of a text is in force, and one
        without a meaning ends the word.
    """

    def __init__(self, words: Iterable[Word] = ()) -> None:
        last = {(each.field, each.key): each for each in words}
        self._by_key = {key: each for key, each in last.items() if each.meaning}

    def same_as(self, other: BookWords | None) -> bool:
        """Whether another one reads every text alike."""
        return isinstance(other, BookWords) and vars(self) == vars(other)

    def find(self, field: WordField, text: str) -> Word | None:
        """Find the word that a text is, or None."""
        return self._by_key.get((field, key_of(field, text))) if self._by_key else None

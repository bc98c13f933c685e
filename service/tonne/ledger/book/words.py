"""Words of books: what texts of records mean, where nothing else reads them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words.book_words import key_of
from tonne.errors import FieldInvalid
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.filters import Fields, moment_field, number_field, text_field, word_field
from tonne.ledger.pages import FIRST_PAGE
from tonne.model import RowStatus, Word, WordField, check_id
from tonne.store.errors import BookChanged

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from tonne.ledger.book.book_state import BookState, BookStates
    from tonne.ledger.pages import Ask, Page
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

BOOK_CHANGES_MAX = 32
"""Changes of the book by others before a word is given up."""

WORDS_MAX = 10_000
"""Most entries of a book: all are in memory wherever records are posted."""

TEXT_BYTES_MAX = 256
"""Longest text of a word, as in a record."""

WORD_FIELDS = Fields(
    {
        "number": number_field("number"),
        "field": word_field("field", {f"WORD_FIELD_{each.name}": str(each) for each in WordField}),
        "text": text_field("text"),
        "meaning": text_field("meaning", is_optional=True),
        "author": text_field("author"),
        "reason": text_field("reason"),
        "create_time": moment_field("create_time"),
    },
    example='field = WORD_FIELD_REGION AND text : "Rechen*"',
    key="number",
)
"""What a listing of words is filtered by."""


class Words(LedgerPart):
    """The words of books. An entry is never changed: another one follows it.

    Parameters
    ----------
    manifest, states, clock
        As of `LedgerPart`.
    parts : callable
        Reads postings files, as `Balances.parts`.
    """

    def __init__(
        self,
        manifest: Manifest,
        states: BookStates,
        clock: Callable[[], dt.datetime],
        parts: Callable[[Sequence[FileRow]], Iterable[pl.DataFrame]],
    ) -> None:
        super().__init__(manifest, states, clock)
        self._parts = parts

    def add_word(self, book: str, given: Word) -> Word:
        """Teach a book a word, or have it forget one; what is in force already changes nothing.

        Parameters
        ----------
        book : str
        given : Word
            With `meaning` as people write it; empty: the book forgets the word.

        Returns
        -------
        Word
            As it is kept, its meaning as an id. `posted_count` counts the records that were
            posted under an earlier entry of the same text: they stay as they are.

        Raises
        ------
        FieldInvalid
            The text is read without the word already, the meaning is not, or there is nothing to
            forget.
        NameInvalid, BookUnknown
        """
        check_id("book", book)
        check_text("word.reason", given.reason, is_required=True)
        if not check_text("word.author", given.author).strip():
            raise _invalid(
                "author",
                "expected who says so, since this server does not know its callers; got nothing: "
                "name somebody (author, --author)",
            )
        for _ in range(BOOK_CHANGES_MAX):
            try:
                return self._add(book, given)
            except BookChanged as error:
                changed = error
        raise changed

    def _add(self, book: str, given: Word) -> Word:
        """Add a word under the rules of the book as it is. Raises BookChanged where it moves."""
        state = self._states.refresh(book)
        new = replace(
            given,
            key=key_of(given.field, given.text),
            meaning=_meaning(state, given) if given.meaning else "",
        )
        _check_text(state, new)
        before: list[Word] = []

        def check(current: Word | None, count: int) -> None:
            if current is not None:
                before.append(current)
            if not new.meaning and (current is None or not current.meaning):
                raise _invalid(
                    "text",
                    f"expected a word that book {book!r} knows; got {new.text!r}: `tonne word "
                    f"list --book {book}` shows them",
                )
            if count >= WORDS_MAX:
                raise _invalid(
                    "text",
                    f"book {book!r} has {count} entries already, and may have {WORDS_MAX}: mend "
                    "further texts where they come from",
                )

        made = self._manifest.put_word(book, new, check, revision=state.book.revision)
        return replace(made, posted_count=self._count_posted(book, new)) if before else made

    def list_words(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Word]:
        """List the entries in the order in which they were made, unless it is `number desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        query = ("words", check_id("book", book))
        find = partial(self._manifest.find_words, book)
        return self._tokens.find(query, WORD_FIELDS, ask, find, start=0)

    def _count_posted(self, book: str, word: Word) -> int:
        """Count the posted records whose text the word is."""
        count = 0
        for part in self._parts(self._manifest.book_moment(book).postings):
            with polars_errors(f"postings of book {book}"):
                posted = part.filter(pl.col("status") == RowStatus.POSTED)
                starts = posted.group_by(pl.col(str(word.field)).cast(pl.String)).agg(
                    pl.col("record_start_count").sum()
                )
                count += sum(
                    starting
                    for text, starting in starts.iter_rows()
                    if text and key_of(word.field, text) == word.key
                )
        return count


def _check_text(state: BookState, word: Word) -> None:
    """Refuse a text that something else reads, or that cannot stand in a record."""
    if not word.key or len(word.text.encode()) > TEXT_BYTES_MAX or "\x00" in word.text:
        raise _invalid(
            "text",
            f"expected a text of 1 to {TEXT_BYTES_MAX} bytes that has letters or digits; got "
            f"{word.text!r}",
        )
    read = state.texts.reads(word.field, word.text)
    if read is not None and word.meaning:
        raise _invalid(
            "text",
            f"expected a text that nothing reads; {word.text!r} is read as {read!r} already, and "
            "records may be posted so: a word of the book's own never changes what a text means. "
            "Write another text in the records that mean something else",
        )


def _meaning(state: BookState, word: Word) -> str:
    """Read what a word is to mean."""
    read = state.texts.reads(word.field, word.meaning)
    if read is None:
        hint = state.texts.advice(word.field, word.meaning)
        raise _invalid(
            "meaning",
            f"expected {_EXPECTED[word.field]}; got {word.meaning!r}{'; ' if hint else ''}{hint}",
        )
    return read


_EXPECTED = {
    WordField.ACTIVITY: "an activity of the catalogue or of the book's factors (`tonne activity "
    "search` finds them)",
    WordField.UNIT: "a unit of docs/units.md, or one of the book's factors or rates",
    WordField.REGION: "a region of ISO 3166, a grid, a place below one, or a region of the book's "
    "factors",
}


def _invalid(field: str, message: str) -> FieldInvalid:
    return FieldInvalid(f"word.{field}: {message}", metadata={"field": f"word.{field}"})

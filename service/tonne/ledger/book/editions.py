"""Editions and factors: imported ones from the manifest, shipped ones from the library."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tonne.catalogue.editions import search
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import ShippedEdition, shipped_editions
from tonne.catalogue.resolving.resolution import Resolution
from tonne.catalogue.words.method import settings_of
from tonne.errors import EditionExists, EditionUnknown, FactorUnknown, LedgerInconsistent
from tonne.ledger.book.factors import edition_factors, factor_of_row, factor_to_row
from tonne.ledger.book.methods import build_on, with_import
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.book.periods import day_start_us
from tonne.ledger.filters import Fields, day_field, is_match, number_field, text_field
from tonne.ledger.pages import FIRST_PAGE, page_limit
from tonne.model import Book, Edition, check_id
from tonne.store.rows import Found, NewMethod, Window

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.words.taxonomy import Activity
    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.files.hours import HourFiles
    from tonne.ledger.pages import Ask, Page
    from tonne.store.manifest.manifest import Manifest


MATCHES_DEFAULT = 20
"""Matches of a search that does not say how many it wants."""

ACTIVITIES_MAX = 10_000
"""Most activities that one search gives."""

EDITION_FIELDS = Fields(
    {
        "rank": number_field("rank", is_optional=True),
        "factor_count": number_field("factor_count"),
        "title": text_field("title"),
        "publisher": text_field("publisher"),
        "licence": text_field("licence"),
    },
    example='publisher : "UK *" AND rank > 0',
)
"""What a listing of editions is filtered by; its order is that of the method alone."""

FACTOR_FIELDS = Fields(
    {
        "activity": text_field("activity", is_optional=False),
        "region": text_field("region"),
        "unit": text_field("unit", is_optional=False),
        "stage": text_field("stage"),
        "account": text_field("account"),
        "gwp_set": text_field("gwp_set"),
        "valid_from": day_field("valid_from"),
        "valid_to": day_field("valid_to"),
    },
    example='activity = "electricity.grid" AND region = "DE"',
)
"""What a listing of factors is filtered by; its order is that of the rows alone."""


class Editions(LedgerPart):
    """The editions and factors of a ledger. An empty `book` stands for what is shipped.

    Parameters
    ----------
    manifest, states, clock
        As of every part.
    hours : HourFiles
        Keeps series of hours.
    """

    def __init__(
        self,
        manifest: Manifest,
        states: BookStates,
        clock: Callable[[], dt.datetime],
        hours: HourFiles,
    ) -> None:
        super().__init__(manifest, states, clock)
        self.hours = hours

    def import_edition(
        self, book: str, edition_id: str, csv: bytes, *, author: str = "", reason: str = ""
    ) -> Edition:
        """Import an edition from CSV; the same content again is fine.

        The method's next version has it behind the book's earlier imports and before all
        shipped editions.

        Returns
        -------
        Edition
            Its `rank` is its place in the method.

        Raises
        ------
        NameInvalid, BookUnknown, FieldInvalid
        EditionExists
            One of that id has other content, or is shipped.
        """
        check_id("edition", edition_id)
        check_text("author", author)
        check_text("reason", reason)
        if edition_id in shipped_editions() and edition_id not in self.get_book(book).editions:
            raise EditionExists.shipped(book, edition_id)
        zone = self.get_book(book).time_zone
        series: list[tuple[str, bytes]] = []
        factors = parse_edition(
            csv, partial(day_start_us, zone), lambda *each: series.append(each)
        )
        for sha256, content in series:  # durable before anything names it
            self.hours.put(book, sha256, content)
        rows = [factor_to_row(factor) for factor in factors]
        sha256 = hashlib.sha256(csv).hexdigest()

        def write(head: Book) -> Edition:
            settings = with_import(settings_of(head), head.editions, edition_id)
            new = NewMethod(
                head.method_version,
                settings.to_json(),
                author,
                reason or f"edition {edition_id} imported",
            )
            edition, _ = self._manifest.add_edition(book, edition_id, sha256, rows, new)
            return edition

        edition = build_on(self._manifest, book, write)
        return replace(edition, rank=_rank(settings_of(self.get_book(book)).editions, edition_id))

    def list_editions(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Edition]:
        """List a book's editions in its method's order, then those that it does not use.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        version = 0
        if book:
            head = self.get_book(book)
            version = head.method_version
            editions = self._editions_of(head)
        else:
            editions = [_shipped_edition(each, 0) for each in shipped_editions().values()]
        query = ("editions", book, str(version))  # another version may have another order

        def find(window: Window) -> Found[Edition]:
            wanted = [each for each in editions if is_match(each, window.conditions)]
            first = int(window.after or 0)
            stop = first + window.limit
            return Found(wanted[first:stop], stop if stop < len(wanted) else None)

        return self._tokens.find(query, EDITION_FIELDS, ask, find, start=0)

    def list_factors(self, book: str, edition: str, ask: Ask = FIRST_PAGE) -> Page[Factor]:
        """List the factors of an edition in the order of its rows.

        Raises BookUnknown, EditionUnknown, FieldInvalid, PageTokenInvalid.
        """
        check_id("edition", edition)
        if book:
            self.get_book(book)
        find = partial(self._find_factors, book, edition) if book else partial(_find, edition)
        query = ("factors", book, edition)
        return self._tokens.find(query, FACTOR_FIELDS, ask, find, start=0)

    def _find_factors(self, book: str, edition: str, window: Window) -> Found[Factor]:
        found = self._manifest.find_factors(book, edition, window)
        return Found([factor_of_row(row) for row in found.items], found.last)

    def get_factor(self, book: str, edition: str, row: int) -> Factor:
        """Read one factor. Raises BookUnknown, EditionUnknown, FactorUnknown."""
        check_id("edition", edition)
        if book:
            self.get_book(book)
            return factor_of_row(self._manifest.get_factor(book, edition, row))
        factors = _shipped(edition).factors
        if not 1 <= row <= len(factors):
            raise FactorUnknown.of("", edition, row)
        return factors[row - 1]

    def search_factors(
        self, book: str, query: str, *, region: str = "", unit: str = "", page_size: int = 0
    ) -> tuple[list[tuple[str, str, Factor]], int]:
        """Find factors by words in the editions of a book's method, or in all shipped ones.

        Returns
        -------
        tuple of list of (str, str, Factor), int
            Book (empty where it is a shipped edition), edition and factor, the best match
            first; how many matched in all.

        Raises
        ------
        NameInvalid, BookUnknown
        """
        limit = page_limit(page_size, default=MATCHES_DEFAULT)
        if not book:
            shipped = [(each.id, each.factors) for each in shipped_editions().values()]
            found, total = search.search_factors(
                shipped, query, region=region, unit=unit, limit=limit
            )
            return [("", edition, factor) for edition, factor in found], total
        head = self.get_book(book)
        editions = [
            (edition, edition_factors(self._manifest, head, edition))
            for edition in settings_of(head).editions
        ]
        found, total = search.search_factors(
            editions, query, region=region, unit=unit, limit=limit
        )
        return [
            (book if edition in head.editions else "", edition, factor)
            for edition, factor in found
        ], total

    @staticmethod
    def search_activities(
        query: str, *, page_size: int = 0
    ) -> tuple[list[Activity], int, list[str]]:
        """Find activities by words: the best first, how many in all, the nearest where none."""
        limit = page_limit(page_size, default=MATCHES_DEFAULT, largest=ACTIVITIES_MAX)
        return search.search_activities(query, limit)

    def resolutions(self, book: str, ids: Iterable[str]) -> dict[str, Resolution]:
        """Read resolutions by their ids; raises LedgerInconsistent where one is missing."""
        wanted = sorted(set(ids))
        texts = self._manifest.get_resolutions(book, wanted)
        missing = [id_ for id_ in wanted if id_ not in texts]
        if missing:
            raise LedgerInconsistent(
                f"book {book} has postings whose resolutions are missing: {missing[:3]}",
                metadata={"book": book},
            )
        return {id_: Resolution.from_json(text) for id_, text in texts.items()}

    def _editions_of(self, head: Book) -> list[Edition]:
        order = settings_of(head).editions
        imported = {each.id: each for each in self._manifest.list_editions(head.id)}
        used = [
            replace(imported[edition], rank=rank)
            if edition in imported
            else _shipped_edition(_shipped(edition), rank)
            for rank, edition in enumerate(order, start=1)
        ]
        return used + [replace(each, rank=0) for each in imported.values() if each.id not in order]


def _rank(order: Sequence[str], edition: str) -> int:
    return order.index(edition) + 1 if edition in order else 0


def _find(edition: str, window: Window) -> Found[Factor]:
    """Find factors of a shipped edition, in the texts that the store has of imported ones."""
    after = int(window.after or 0)
    items: list[Factor] = []
    for factor in _shipped(edition).factors:
        if factor.row > after and is_match(factor_to_row(factor), window.conditions):
            if len(items) == window.limit:
                return Found(items, items[-1].row)
            items.append(factor)
    return Found(items, None)


def _shipped(edition: str) -> ShippedEdition:
    found = shipped_editions().get(edition)
    if found is None:
        raise EditionUnknown.shipped(edition, shipped_editions())
    return found


def _shipped_edition(edition: ShippedEdition, rank: int) -> Edition:
    return Edition(
        book="",
        id=edition.id,
        factor_count=len(edition.factors),
        sha256=edition.sha256,
        create_time=None,
        rank=rank,
        title=edition.title,
        publisher=edition.publisher,
        licence=edition.licence,
        attribution=edition.attribution,
    )

"""The channels of books: opened by their producers, read, closed; which files were brought in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tonne.ledger.book.part import LedgerPart
from tonne.ledger.filters import Fields, moment_field, name_field, number_field, word_field
from tonne.ledger.pages import FIRST_PAGE, page_limit
from tonne.model import ChannelState, check_channel_id, check_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.pages import Ask, Page
    from tonne.ledger.posting.acknowledged import Acknowledged
    from tonne.model import Channel
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import ImportClaim, ImportRow

CHANNEL_FIELDS = Fields(
    {
        "name": name_field("books/{book}/channels"),
        "state": word_field(
            "state", {f"CHANNEL_STATE_{each.name}": int(each) for each in ChannelState}
        ),
        "committed_offset": number_field("committed_offset"),
        "create_time": moment_field("create_time"),
        "commit_time": moment_field("commit_time", is_optional=True),
    },
    example='state = CHANNEL_STATE_OPEN AND commit_time < "2025-01-31T12:00:00Z"',
    key="name",
)
"""What a listing of channels is filtered by."""


class Channels(LedgerPart):
    """The channels of a ledger's books, against what this process knows to be acknowledged."""

    def __init__(
        self,
        manifest: Manifest,
        states: BookStates,
        clock: Callable[[], dt.datetime],
        acknowledged: Acknowledged,
    ) -> None:
        super().__init__(manifest, states, clock)
        self._acknowledged = acknowledged

    def open_channel(self, book: str, channel: str, owner: str = "") -> Channel:
        """Make a channel, or raise its epoch. Raises NameInvalid, BookUnknown, ChannelClosed.

        RecordsLost, once, where this process knows more records of it to be acknowledged than
        the database has: the next call goes on from there.
        """
        check_id("book", book)
        check_channel_id(channel)
        # Before: what is acknowledged while the channel is being opened may be later than it.
        known_offset = self._acknowledged.offset(book, channel)
        opened = self._manifest.open_channel(book, channel, owner)
        self._acknowledged.check_channel(opened, known_offset)
        self._acknowledged.note_channel(opened)
        return opened

    def get_channel(self, book: str, channel: str) -> Channel:
        """Read a channel. Raises NameInvalid, BookUnknown, ChannelUnknown."""
        found = self._manifest.get_channel(check_id("book", book), check_channel_id(channel))
        self._acknowledged.note_channel(found)
        return found

    def add_import(self, book: str, row: ImportRow, claim: ImportClaim | None = None) -> ImportRow:
        """Note that a file is brought into a channel, once for the same file and place.

        Raises NameInvalid, BookUnknown; with a claim ChannelUnknown, EpochStale, ImportsChanged.
        """
        check_channel_id(row.channel)
        return self._manifest.add_import(check_id("book", book), row, claim)

    def list_imports(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[ImportRow]:
        """List the imports as they came. Raises BookUnknown, PageTokenInvalid."""
        self.get_book(book)
        query = ("imports", book)
        after, _ = self._tokens.read(page_token, query, 0)
        limit = page_limit(page_size)
        rows = self._manifest.list_imports(book, int(after), limit + 1)
        return self._tokens.page(query, rows, limit, lambda row: row.number)

    def find_losses(self) -> None:
        """Ask for what this process knows to have happened; what is gone is told.

        One look at one row where nothing is. Call it now and then.
        """
        for book in self._acknowledged.find_lost():
            self._acknowledged.tell_lost(book)

    def close_channel(self, book: str, channel: str) -> Channel:
        """Close a channel for ever. Raises NameInvalid, BookUnknown, ChannelUnknown."""
        return self._manifest.close_channel(check_id("book", book), check_channel_id(channel))

    def list_channels(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Channel]:
        """List the channels in order of ids. Raises BookUnknown, FieldInvalid, PageTokenInvalid.

        A page may be short, or empty, and have a token still: see `store.sql.scan`.
        """
        query = ("channels", check_id("book", book))
        find = partial(self._manifest.find_channels, book)
        return self._tokens.find(query, CHANNEL_FIELDS, ask, find, book=book)

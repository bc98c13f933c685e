"""The log of changes as it is listed: what was changed, by whom, when, why, before and after."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tonne.ledger.filters import Fields, moment_field, number_field, text_field
from tonne.ledger.pages import FIRST_PAGE, Page, PageTokens
from tonne.model import check_id

if TYPE_CHECKING:
    from tonne.ledger.pages import Ask
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.statement_rows import Change

CHANGE_FIELDS: Final = Fields(
    {
        "number": number_field("number"),
        "kind": text_field("kind", is_optional=False),
        "object": text_field("object", is_optional=False),
        "author": text_field("author"),
        "caller": text_field("caller"),
        "reason": text_field("reason"),
        "create_time": moment_field("create_time"),
    },
    example='kind = "facility" AND object = "dc-1"',
    key="number",
)
"""What a listing of changes is filtered by."""


class Changes:
    """Lists the changes of books. Safe to call from several threads."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._tokens = PageTokens(manifest.page_token_key)

    def list_changes(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Change]:
        """List the entries in the order in which they were made, unless it is `number desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        query = ("changes", check_id("book", book))
        find = partial(self._manifest.find_changes, book)
        return self._tokens.find(query, CHANGE_FIELDS, ask, find, start=0)

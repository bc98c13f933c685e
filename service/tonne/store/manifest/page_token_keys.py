"""The key with which the servers of a ledger sign page tokens."""

from __future__ import annotations

import sqlalchemy as sa

from tonne.errors import LedgerInconsistent
from tonne.store.manifest.tables import Tables
from tonne.store.sql import schema


class PageTokenKeyTable(Tables):
    """The key of the manifest; the migration that made its table drew it."""

    _page_token_key: bytes = b""

    def page_token_key(self) -> bytes:
        """Read the key: once, for it never changes."""
        if not self._page_token_key:
            with self._database.read() as connection:
                found = connection.execute(sa.select(schema.page_token_key.c.key)).scalar()
            if not found:
                raise LedgerInconsistent(
                    "the manifest holds no key for page tokens, because its table "
                    "page_token_key is empty: restore the row from the last backup"
                )
            self._page_token_key = bytes(found)
        return self._page_token_key

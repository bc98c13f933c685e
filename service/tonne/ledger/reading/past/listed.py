"""The moment of a listing: that of its first page, which its tokens carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.ledger.as_of import find_point

if TYPE_CHECKING:
    from tonne.ledger.pages import Ask, PageTokens
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point


def listed_point(
    manifest: Manifest, tokens: PageTokens, book: str, ask: Ask, query: tuple[str, ...]
) -> Point | None:
    """Find the moment of a listing: that of its first page, which later ones carry; None of now.

    `query` is bound to what is asked for. Raises as `find_point` does.
    """
    if ask.as_of is None:
        return None
    number = tokens.commit(ask.page_token, query)
    if number is not None:
        return manifest.find_point(book, number=number)
    return find_point(manifest, book, ask.as_of)

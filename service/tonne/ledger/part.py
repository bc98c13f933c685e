"""What the parts of the ledger share: the manifest, the clock, texts and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.ledger.pages import PageTokens

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from tonne.ledger.book_state import BookStates
    from tonne.store.manifest import Manifest

_TEXT_CHARACTERS_MAX = 1000


class Part:
    """One subject of the ledger's use cases."""

    def __init__(
        self, manifest: Manifest, states: BookStates, clock: Callable[[], dt.datetime]
    ) -> None:
        self._manifest = manifest
        self._states = states
        self._clock = clock
        self.tokens = PageTokens(manifest.page_token_key)


def check_text(field: str, text: str, *, is_required: bool = False) -> str:
    """Return a text that fits, else raise `FieldInvalid`."""
    if len(text) > _TEXT_CHARACTERS_MAX or "\x00" in text:
        raise FieldInvalid(
            f"{field}: expected at most {_TEXT_CHARACTERS_MAX} characters, none of them NUL",
            metadata={"field": field},
        )
    if is_required and not text.strip():
        raise FieldInvalid(f"{field}: expected a text; got none", metadata={"field": field})
    return text

"""Restatements as they are told: the act, and what its parts add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.ledger.filters import Fields, moment_field, number_field, text_field, word_field
from tonne.ledger.pages import FIRST_PAGE, Page, PageTokens
from tonne.ledger.posting.restating.figures import Figures
from tonne.model import check_id
from tonne.statements.changes.restatements import RestatementCause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.ledger.pages import Ask
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.statement_rows import Correction, RestatementRow

ACT_FIELDS: Final = Fields(
    {
        "number": number_field("number"),
        "id": text_field("id", is_optional=False),
        "cause": word_field(
            "cause", {f"RESTATEMENT_CAUSE_{each.name}": str(each) for each in RestatementCause}
        ),
        "author": text_field("author"),
        "reason": text_field("reason"),
        "create_time": moment_field("create_time"),
    },
    example='cause = RESTATEMENT_CAUSE_ERROR AND author = "ada"',
    key="number",
)
"""What a listing of restatements is filtered by."""

_PARTS_BATCH: Final = 256


@dataclass(frozen=True, slots=True)
class Act:
    """A restatement that was begun, and what was done of it so far.

    Parameters
    ----------
    row : RestatementRow
    record_count : int
        Records that were posted again.
    figures : Figures
    of_closed : bool
        Whether a month of it was closed by then.
    """

    row: RestatementRow
    record_count: int
    figures: Figures
    of_closed: bool


class Acts:
    """Lists restatements. Safe to call from several threads.

    Parameters
    ----------
    manifest : Manifest
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._tokens = PageTokens(manifest.page_token_key)

    def list(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Act]:
        """List restatements in the order in which they were begun, unless it is `number desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        page = self._tokens.find(
            ("restatements", check_id("book", book)),
            ACT_FIELDS,
            ask,
            lambda window: self._manifest.find_restatements(book, window),
            start=0,
        )
        items = tuple(self.told(book, each) for each in page.items)
        return Page(items, page.next_page_token, page.point)

    def told(self, book: str, row: RestatementRow) -> Act:
        """Say what was done of a restatement, by all who had a part in it."""
        figures = Figures()
        record_count, of_closed = 0, False
        for part in self._parts(book, row.id):
            figures.add(Figures.from_json(part.figures))
            record_count += part.record_count
            of_closed |= part.of_closed
        return Act(row, record_count, figures, of_closed)

    def _parts(self, book: str, id_: str) -> Iterator[Correction]:
        after = 0
        while page := self._manifest.restatement_parts(book, id_, after, _PARTS_BATCH):
            yield from page
            after = page[-1].number

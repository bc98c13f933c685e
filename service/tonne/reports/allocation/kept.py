"""Keys of allocation that a book keeps as statements: each version with days and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.ledger.book.statements.statements import View
from tonne.reports.allocation.key import Key, read_span
from tonne.statements.statement import Kind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from tonne.ledger.book.statements.statements import Statements
    from tonne.statements.definitions.keys import KeptKey
    from tonne.statements.statement import Statement


def kept_key(
    statements: Statements,
    book: str,
    id_: str,
    day: str = "",
    version: int = 0,
    *,
    by: dt.datetime | None = None,
) -> Key:
    """Read a key: the version that speaks of a day, or one by its number, or the latest.

    Of what was stated by a moment, or by now.

    Raises
    ------
    StatementUnknown
        The book has none, or it is withdrawn.
    FieldInvalid
        Both a day and a version are named, or the day is none.
    """
    if day and version:
        raise FieldInvalid(
            f"key_version: expected either a version or a day; got {version} and {day}",
            metadata={"field": "key_version", "value": str(version)},
        )
    view = View(Kind.ALLOCATION_KEY, by, day)
    return _key(statements.get(book, view, id_, version))


def check_keys(given: Sequence[Statement]) -> None:
    """Refuse keys that contradict themselves: as a question with such a key is refused.

    Raises
    ------
    FieldInvalid
    """
    for each in given:
        if each.kind is Kind.ALLOCATION_KEY and each.body is not None:
            _key(each)


def _key(statement: Statement) -> Key:
    body: KeptKey = statement.body
    return Key(
        statement.id,
        max(statement.version, 1),
        str(body.basis),
        body.unit,
        statement.reason,
        tuple(
            read_span(
                f"spans[{number}]",
                span.valid_from,
                span.valid_to,
                [(each.recipient, each.value) for each in span.weights],
                span.whole,
                is_metered=span.metered,
            )
            for number, span in enumerate(body.spans)
        ),
        body.source,
    )

"""A book's own definitions of indicators: statements, all of whose versions can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.ledger.book.statements.statements import View
from tonne.reports.indicators.definition import definition_of, find, read_name, shipped
from tonne.statements.fields import invalid
from tonne.statements.statement import Kind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from tonne.ledger.book.statements.statements import Statements
    from tonne.reports.indicators.definition import Definition
    from tonne.statements.statement import Statement

DEFINITIONS_MAX = 200
"""Most indicators of a book's own that are in force."""


def in_force(
    statements: Statements, book: str, ids: Sequence[str] = (), *, by: dt.datetime | None = None
) -> tuple[Definition, ...]:
    """Give the latest versions of a book's own definitions: of these ids, or of all.

    Those that were stated by a moment, or by now.
    """
    return tuple(map(_definition, statements.read(book, View(Kind.INDICATOR, by), ids)))


def own_definitions(
    statements: Statements, book: str, names: Sequence[str] = (), *, by: dt.datetime | None = None
) -> tuple[Definition, ...]:
    """Give those of a book's own definitions that a question may name.

    Parameters
    ----------
    statements : Statements
    book : str
    names : sequence of str
        Ids, or ids of a version like `own@1`; none: the latest of all.
    by : datetime, optional
        Those that were stated by then; None: by now.

    Raises
    ------
    FieldInvalid
        An indicator is neither the book's nor shipped.
    StatementUnknown
        The book has it, and not in this version.
    BookUnknown, NameInvalid
    """
    asked = [read_name(each) for each in names]
    latest = in_force(statements, book, [id_ for id_, _ in asked], by=by)
    found = {(each.id, each.version): each for each in latest}
    for id_, version in asked:
        if not version:
            find(id_, 0, latest)
        elif (id_, version) not in found and id_ not in shipped():
            each = _definition(statements.get(book, View(Kind.INDICATOR, by), id_, version))
            found[id_, version] = each
    return tuple(found[key] for key in sorted(found))


def check_definitions(statements: Statements, book: str, given: Sequence[Statement]) -> None:
    """Refuse definitions that another one stands for, or that would be too many.

    Raises
    ------
    FieldInvalid
    """
    made = {
        each.id: (f"statements[{index}]", each)
        for index, each in enumerate(given)
        if each.kind is Kind.INDICATOR and each.body is not None
    }
    for id_, (place, each) in made.items():
        if id_ in shipped():
            raise invalid(f"{place}.id", "an id that no shipped indicator has", id_)
        at_most = each.body.at_most
        if at_most and at_most not in shipped():
            known = ", ".join(shipped())
            raise invalid(f"{place}.indicator.at_most", f"one of {known}", at_most)
    if made:
        count = len({*made, *(each.id for each in in_force(statements, book))})
        if count > DEFINITIONS_MAX:
            raise invalid(
                "statements",
                f"at most {DEFINITIONS_MAX} indicators of the book's own: retire some",
                count,
            )


def _definition(statement: Statement) -> Definition:
    return definition_of(statement.id, statement.version, statement.body)

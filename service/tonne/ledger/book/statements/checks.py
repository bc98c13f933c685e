"""What a statement has to fit: the statements that are in force beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tonne.statements.fields import invalid
from tonne.statements.statement import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.statements.statement import Statement
    from tonne.store.manifest.statements import Ground

_NAMED: Final[dict[Kind, tuple[tuple[str, Kind], ...]]] = {
    Kind.EVIDENCE: (("supplier", Kind.SUPPLIER),),
}
"""Fields that name other statements, by kind."""


def check_named(ground: Ground, given: Sequence[Statement]) -> None:
    """Refuse statements that name one that is not there.

    Raises
    ------
    FieldInvalid
    """
    wanted: dict[Kind, dict[str, str]] = {}
    made = {(each.kind, each.id): each for each in given}
    for index, each in enumerate(given):
        for field, kind in _NAMED.get(each.kind, ()) if each.body else ():
            if id_ := getattr(each.body, field):
                place = f"statements[{index}].{each.kind}.{field}"
                wanted.setdefault(kind, {}).setdefault(id_, place)
    for kind, places in wanted.items():
        there = {id_ for id_, row in ground.find(kind, places).items() if row.body}
        for id_, place in places.items():
            new = made.get((kind, id_))
            if new.body is None if new else id_ not in there:
                raise invalid(place, f"the id of a {kind} of the book: state it first", id_)

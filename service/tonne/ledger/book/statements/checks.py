"""What a statement has to fit: the statements that are in force beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tonne.statements.fields import invalid
from tonne.statements.statement import Kind, read_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.statements.claims import Offset
    from tonne.statements.statement import Statement
    from tonne.store.manifest.statements import Ground

_NAMED: Final[dict[Kind, tuple[tuple[str, Kind], ...]]] = {
    Kind.EVIDENCE: (("supplier", Kind.SUPPLIER),),
    Kind.MEASURE: (("targets", Kind.TARGET),),
    Kind.FOOTPRINT: (("product", Kind.PRODUCT), ("supplier", Kind.SUPPLIER)),
    Kind.PACKAGING: (("product", Kind.PRODUCT),),
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
            named = getattr(each.body, field)
            place = f"statements[{index}].{each.kind}.{field}"
            for id_ in (named,) if isinstance(named, str) else named:
                if id_:
                    wanted.setdefault(kind, {}).setdefault(id_, place)
    for kind, places in wanted.items():
        there = {id_ for id_, row in ground.find(kind, places).items() if row.body}
        for id_, place in places.items():
            new = made.get((kind, id_))
            if new.body is None if new else id_ not in there:
                raise invalid(place, f"the id of a {kind} of the book: state it first", id_)


def check_lots(ground: Ground, given: Sequence[Statement]) -> None:
    """Refuse lots whose serials another one has, or that go where their state does not lead.

    One tonne has one state: what is retired or cancelled stays so, whatever is stated later.

    Raises
    ------
    FieldInvalid
    """
    lots = [(index, each) for index, each in enumerate(given) if each.kind is Kind.OFFSET]
    current = ground.find(Kind.OFFSET, [each.id for _, each in lots])
    holders = {
        key: row.id
        for key, row in ground.holders(key_of(each) for _, each in lots if each.body).items()
    }
    for index, each in lots:
        row = current.get(each.id)
        before: Offset | None = read_body(Kind.OFFSET, row.body) if row and row.body else None
        place = f"statements[{index}].{each.kind}"
        if before is not None:
            _check_state(before, each, place)
        if each.body is None:
            continue
        holder = holders.setdefault(key_of(each), each.id)
        if holder != each.id:
            raise invalid(
                f"{place}.serials",
                f"serials that no other lot has; {holder} has",
                each.body.serials,
            )


def _check_state(before: Offset, each: Statement, place: str) -> None:
    now: Offset | None = each.body
    is_ended = not before.state.follows
    if now is None:
        if is_ended:
            raise invalid(place, f"a lot that is not {before.state}, to withdraw it", each.id)
        return
    if now.fixed != before.fixed:
        raise invalid(
            place,
            "the registry, project, serials, vintage, quantity and type that the lot has",
            each.id,
        )
    if now.state is not before.state and now.state not in before.state.follows:
        leads = ", ".join(sorted(before.state.follows)) or "nothing"
        raise invalid(
            f"{place}.state", f"{before.state}, or what it leads to: {leads}", str(now.state)
        )
    is_same = (now.state_date, now.beneficiary) == (before.state_date, before.beneficiary)
    if is_ended and not is_same:
        raise invalid(
            f"{place}.beneficiary",
            f"what was stated when it was {before.state}: {before.beneficiary}, "
            f"{before.state_date}",
            f"{now.beneficiary}, {now.state_date}",
        )


def key_of(each: Statement) -> str:
    """Give what no two statements of a kind in force may share; empty where nothing is."""
    key: Any = getattr(each.body, "key", "")
    return f"{each.kind}:{key}" if key else ""

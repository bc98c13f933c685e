"""Records of one id: messages to dataclasses and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp
from tonne.errors import FieldInvalid
from tonne.model import month_of_period
from tonne.store.statement_rows import SameKind, SameRule
from tonne.v1 import corrections_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from tonne.ledger.posting.correcting.deciding import SameGroup
    from tonne.ledger.posting.correcting.worth import EntryWorth
    from tonne.store.statement_rows import SameRecord

T = TypeVar("T")

_KINDS = {
    corrections_pb2.SameRecordKind.Value(f"SAME_RECORD_KIND_{each.name}"): each
    for each in SameKind
}
_RULES = {
    corrections_pb2.SameRecordRule.Value(f"SAME_RECORD_RULE_{each.name}"): each
    for each in SameRule
}


def read_kind(number: int) -> SameKind:
    """Read what is listed. Raises `FieldInvalid`."""
    return _known("kind", number, _KINDS, corrections_pb2.SameRecordKind.Name)


def read_rule(number: int) -> SameRule:
    """Read what becomes of duplicates. Raises `FieldInvalid`."""
    return _known("rule", number, _RULES, corrections_pb2.SameRecordRule.Name)


def write_same_record(
    book: str, entry: SameRecord, worth: EntryWorth | None = None
) -> corrections_pb2.SameRecord:
    """Write an entry; `worth` is that of its members, None where nobody asked."""
    made = corrections_pb2.SameRecord(
        name=names.write_same_record(book, entry.number),
        kind=f"SAME_RECORD_KIND_{entry.kind.name}",
        state=f"SAME_RECORD_STATE_{entry.state.name}",
        record_id=entry.record_id,
        record_count=entry.record_count,
        members=[
            corrections_pb2.SameRecordMember(
                source=_source(book, each["source"]),
                offset=each["offset"],
                facility=each["facility"],
                activity=each["activity"],
                quantity=each["quantity"],
                unit=each["unit"],
                start=each["start"],
                end=each["end"],
                content_digest=each["content"],
            )
            for each in json.loads(entry.members)
        ],
        kept=json.loads(entry.decision)["keep"] if entry.decision else [],
        author=entry.author,
        reason=entry.reason,
        create_time=None if entry.create_time is None else timestamp(entry.create_time),
        decide_time=None if entry.decide_time is None else timestamp(entry.decide_time),
        first_month=month_of_period(entry.first_period),
        last_month=month_of_period(entry.last_period),
    )
    if worth is None:
        return made
    for member, each, change in zip(made.members, worth.members, worth.changes(), strict=True):
        member.MergeFrom(
            corrections_pb2.SameRecordMember(
                worth=f"SAME_RECORD_WORTH_{each.state.name}",
                kg_co2e=_text(each.kg_co2e),
                kept_change_kg_co2e=_text(change),
            )
        )
    if worth.at_stake is not None:
        made.kg_co2e = decimal_text(worth.at_stake)
    return made


def write_group(
    book: str, kind: SameKind, group: SameGroup, valued: tuple[int, Fraction] | None = None
) -> corrections_pb2.SameRecordGroup:
    """Write what waits of a facility and activity; `valued` says of how many entries how much."""
    return corrections_pb2.SameRecordGroup(
        kind=f"SAME_RECORD_KIND_{kind.name}",
        facility=group.facility,
        activity=group.activity,
        entry_count=group.entry_count,
        record_count=group.record_count,
        oldest=names.write_same_record(book, group.first_number),
        oldest_time=timestamp(group.first_time),
        valued_entry_count=0 if valued is None else valued[0],
        kg_co2e=None if valued is None else decimal_text(valued[1]),
    )


def _text(kg: Fraction | None) -> str | None:
    return None if kg is None else decimal_text(kg)


def _source(book: str, source: str) -> str:
    place = source if source.startswith("requests/") else f"channels/{source}"
    return names.write_source(book, place)


def _known(field: str, number: int, known: Mapping[int, T], name_of: Callable[[int], str]) -> T:
    if number not in known:
        expected = ", ".join(map(name_of, known))
        raise FieldInvalid(
            f"{field}: expected one of {expected}; got {number}",
            metadata={"field": field, "value": str(number)},
        )
    return known[number]

"""Records are taken back, corrected, mended, and posted out of suspense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.client.wire.resources import source_of
from tonne.console.actions.action import Action, Done, Prepared
from tonne.console.actions.effects import NOTHING, by_today, effect, estimate, words
from tonne.console.actions.fields import (
    CODES,
    as_sent,
    file_of,
    fill_form,
    is_filled,
    mended,
    place_of,
    reason_code_field,
    sent,
)
from tonne.console.parts import numbers
from tonne.console.parts.blocks import Command, Lines, Text
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.client.answers.results import LedgerRecord
    from tonne.console.actions.action import Said
    from tonne.console.actions.effects import Kg
    from tonne.console.parts.blocks import Block
    from tonne.console.visits import Visit

REVERSED_MAX = 500
"""Records that one form takes back."""


def reverse_prepared(visit: Visit) -> Prepared:
    """Show a record, and what it adds."""
    say = visit.say
    found = place_of(visit).posted(visit)
    kg, remark = _adds(visit, found)
    command = words(
        visit, "record", "reverse", "--channel", source_of(found.channel),
        "--offset", str(found.offset), "--reason", "WHY", "--reason-code", _code(visit),
    )  # fmt: skip
    return Prepared(
        say("Take a record back"),
        say("It stays in every list, as reversed, and counts for nothing."),
        [effect(visit, [(_named(found), kg, NOTHING)], f"{by_today(visit)} {remark}".strip())],
        say("Reverse the record"),
        [Command(command)],
        _record_link(visit, found),
        hidden=place_of(visit).pairs,
        fields=[reason_code_field(visit)],
        refusal=_gone(visit, found),
    )


def reverse(visit: Visit, said: Said) -> Done:
    """Reverse a record; one that was reversed before is told."""
    place = place_of(visit)
    text = reverse_at(visit, said, place.source, [place.offset], _code(visit))
    return Done(visit.place("records"), text, place.query)


def reverse_at(visit: Visit, said: Said, source: str, offsets: Sequence[int], code: str) -> str:
    """Reverse records of a source; tells how many were. Raises `FieldInvalid`."""
    if not 0 < len(offsets) <= REVERSED_MAX:
        raise FieldInvalid(
            f"offsets: expected 1 to {REVERSED_MAX} records; got {len(offsets)}",
            metadata={"field": "offsets"},
        )
    *_, step = visit.client.reverse_records(
        visit.book,
        source=source,
        offsets=sorted(set(offsets)),
        reason_code=code,
        **said.why,
    )
    return visit.say(
        "{count} reversed; {before} had been reversed before.",
        count=step.reversed_count,
        before=step.already_reversed_count,
    )


def _code(visit: Visit) -> str:
    return visit.given("code", CODES, CODES[0])


def correct_prepared(visit: Visit) -> Prepared:
    """Show a record with its fields to fill, and once they are, what both add."""
    say = visit.say
    place = place_of(visit)
    found = place.posted(visit)
    blocks: list[Block] = []
    refusal = _gone(visit, found)
    wanted = mended(visit, found.record)
    if is_filled(visit) and not refusal:
        before, _ = _adds(visit, found)
        (after,), remark = estimate(visit, [wanted])
        blocks.append(
            effect(visit, [(_named(found), before, after)], f"{by_today(visit)} {remark}".strip())
        )
        if remark:
            blocks.append(Lines([remark], "warning"))
    else:
        refusal = refusal or say("Change what is wrong, and have it shown what that changes.")
    blocks.append(fill_form(visit, place, wanted))
    command = words(visit, "record", "correct", "right.csv", "--reason", "WHY")
    return Prepared(
        say("Correct a record"),
        say("It is taken back, and another one is posted in its place, at once."),
        blocks,
        say("Correct the record"),
        [*file_of("right.csv", place, wanted), Command(command)],
        _record_link(visit, found),
        hidden=[*place.pairs, as_sent(wanted)],
        fields=[reason_code_field(visit)],
        refusal=refusal,
    )


def correct(visit: Visit, said: Said) -> Done:
    """Correct a record; the same request again does nothing more."""
    place = place_of(visit)
    result = visit.client.correct_records(
        visit.book,
        place.source,
        [place.offset],
        [sent(visit)],
        reason_code=_code(visit),
        request_id=said.request_id,
        **said.why,
    )
    text = visit.say("Corrected.")
    if result.suspended_count:
        text = visit.say("Corrected; the new record waits in suspense.")
    return Done(visit.place("records"), text, place.query)


def mend_prepared(visit: Visit) -> Prepared:
    """Show a record that is not posted with its fields to fill, and then what it would add."""
    say = visit.say
    place = place_of(visit)
    listed = visit.given("list", ("quarantine", "suspense"), "quarantine")
    found = place.waiting(visit, listed)
    blocks: list[Block] = [Lines([found.message], "warning")]
    if "supplier" not in found.record:
        lost = say(
            "Supplier, product, data quality and attributes of this record are not listed here: "
            "write them again, or bring the file once more."
        )
        blocks.append(Lines([lost], "warning"))
    wanted = mended(visit, found.record)
    refusal = ""
    if is_filled(visit):
        (after,), remark = estimate(visit, [wanted])
        what = Text(place.text, below=f"{wanted.get('facility', '')} · {wanted.get('activity')}")
        note = say("Estimated under the method, the register and the factors of today.")
        blocks.append(effect(visit, [(what, NOTHING, after)], note))
        if remark:
            blocks.append(Lines([remark], "warning"))
            refusal = say("It would not be posted: see above.")
    else:
        refusal = say("Change what is wrong, and have it shown what that changes.")
    blocks.append(fill_form(visit, place, wanted, list=listed))
    command = words(visit, listed, "mend", "mended.csv")
    return Prepared(
        say("Mend a record"),
        say("It is posted in place of the one that is not, once. The call keeps no reason."),
        blocks,
        say("Post the record"),
        [*file_of("mended.csv", place, wanted), Command(command)],
        visit.link(listed),
        hidden=[*place.pairs, ("list", listed), as_sent(wanted)],
        refusal=refusal,
        has_reason=False,
    )


def mend(visit: Visit, said: Said) -> Done:
    """Post a record in place of one in quarantine or in suspense."""
    place = place_of(visit)
    listed = visit.given("list", ("quarantine", "suspense"), "quarantine")
    result = visit.client.mend_records(
        visit.book,
        place.source,
        [place.offset],
        [sent(visit)],
        request_id=said.request_id,
    )
    if result.posted_count == result.record_count:
        text = visit.say("The record is posted.")
    else:
        text = " ".join(each.message for each in result.row_errors) or visit.say(
            "The record is not posted."
        )
    return Done(visit.place(listed), text)


def clear_prepared(visit: Visit) -> Prepared:
    """Show what a clearing posts, cause by cause."""
    say = visit.say
    causes, omitted = visit.client.list_suspense_causes(visit.book)
    rows: list[tuple[Text, Kg, Kg]] = [
        (
            Text(
                f"{each.field}: {each.got}" if each.got else each.field,
                look="strong",
                below=say("{count} records", count=f"{each.record_count:,}"),
            ),
            NOTHING,
            each.kg_co2e,
        )
        for each in causes
    ]
    note = [say("What cannot be told waits on: the book has not yet what it needs.")]
    if omitted:
        note.append(say("{count} further records wait for something else.", count=omitted))
    return Prepared(
        say("Clear the suspense"),
        say("Records that a rule now posts are posted, each once. The call keeps no reason."),
        [effect(visit, rows, " ".join(note))],
        say("Post what can be posted"),
        [Command(words(visit, "suspense", "clear"))],
        visit.link("suspense"),
        refusal="" if rows else say("Nothing waits."),
        has_reason=False,
    )


def clear(visit: Visit, _said: Said) -> Done:
    """Post what can be posted by now."""
    cleared = remaining = 0
    for step in visit.client.clear_suspense(visit.book):
        cleared, remaining = step.cleared_count, step.remaining_count
    text = visit.say(
        "{cleared} posted, {remaining} still wait.",
        cleared=f"{cleared:,}",
        remaining=f"{remaining:,}",
    )
    return Done(visit.place("suspense"), text)


def _adds(visit: Visit, found: LedgerRecord) -> tuple[Kg, str]:
    """Tell what a record adds now: nothing where it waits or is reversed."""
    if found.status:
        return NOTHING, ""
    (kg,), remark = estimate(visit, [found.record])
    return kg, remark


def _gone(visit: Visit, found: LedgerRecord) -> str:
    return visit.say("It is reversed already.") if found.status == "REVERSED" else ""


def _named(found: LedgerRecord) -> Text:
    record = found.record
    quantity = f"{numbers.plain(record.get('quantity'))} {record.get('unit', '')}"
    return Text(
        str(record.get("record_id") or f"{source_of(found.channel)} @ {found.offset}"),
        look="strong",
        below=f"{record.get('facility')} · {record.get('activity')} · {quantity}",
    )


def _record_link(visit: Visit, found: LedgerRecord) -> str:
    return visit.link("records", source=source_of(found.channel), offset=found.offset)


ACTIONS = {
    "/books/{book}/records/reverse": Action("ReverseRecords", reverse_prepared, reverse),
    "/books/{book}/records/correct": Action("CorrectRecords", correct_prepared, correct),
    "/books/{book}/records/mend": Action("MendRecords", mend_prepared, mend),
    "/books/{book}/suspense/clear": Action("ClearSuspense", clear_prepared, clear),
}
"""By their paths."""

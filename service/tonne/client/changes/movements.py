"""Records as movements: posted and taken back as in a ledger, or as differences.

A record of 100 that was corrected to 80 is +100, -100, +80 in the one, and +100, -20 in the other.
Both add up to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.client.answers.results import LedgerRecord

_SAME = ("facility", "activity", "unit", "region", "start", "end", "supplier", "product")
"""Fields in which a record and the one that stands for it must agree to differ by a quantity."""

_REVERSED = "REVERSED"


class Style(StrEnum):
    """How a correction is told: all of both records, or what one differs from the other."""

    LEDGER = "ledger"
    DELTA = "delta"


class MovementKind(StrEnum):
    """What a movement is of: a record, one taken back, or the difference of two."""

    RECORD = "record"
    REVERSAL = "reversal"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Movement:
    """A quantity that was added.

    `of` is the record whose fields it has; `correction` names the entry that took it back, or of
    a difference the one that corrected.
    """

    kind: MovementKind
    quantity: Decimal
    of: LedgerRecord
    correction: str = ""


def movements(records: Iterable[LedgerRecord], style: Style | str) -> Iterator[Movement]:
    """Tell the movements of records, which come in the order of their commits.

    Those that wait in suspense move nothing. In the style of differences memory holds the records
    that were corrected and whose new ones have not come yet. Where the two differ in more than the
    quantity, both are told whole; where one stands for several, as for two estimates that it
    settles, it differs from the first of them.
    """
    is_delta = Style(style) is Style.DELTA
    replaced: dict[tuple[str, int], list[LedgerRecord]] = {}
    for each in records:
        before = None
        for gone in replaced.pop((each.channel, each.offset), ()):
            if before is None and _is_difference(gone, each):
                before = gone
            else:
                yield _back(gone)
        if not each.status or each.status == _REVERSED:
            yield _added(each, before)
        if each.status == _REVERSED:
            if is_delta and each.replaced_by:
                by = (each.replaced_by, each.replaced_by_offset)
                replaced.setdefault(by, []).append(each)
            else:
                yield _back(each)
    # What stands for them is not among the records, or came before.
    for each in chain.from_iterable(replaced.values()):
        yield _back(each)


def _is_difference(before: LedgerRecord, after: LedgerRecord) -> bool:
    if after.status not in {"", _REVERSED}:
        return False
    return all(before.record.get(name) == after.record.get(name) for name in _SAME)


def _added(record: LedgerRecord, before: LedgerRecord | None) -> Movement:
    if before is None:
        return Movement(MovementKind.RECORD, _quantity(record), record)
    difference = _quantity(record) - _quantity(before)
    return Movement(MovementKind.DIFFERENCE, difference, record, before.correction)


def _back(record: LedgerRecord) -> Movement:
    return Movement(MovementKind.REVERSAL, -_quantity(record), record, record.correction)


def _quantity(record: LedgerRecord) -> Decimal:
    return Decimal(str(record.record["quantity"]))

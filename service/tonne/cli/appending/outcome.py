"""What `tonne append` tells once it is done, and what it exits with."""

from __future__ import annotations

import itertools
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from tonne.cli.terminal.output import Column, Format, counted, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.client import AppendResult, Estimate, RowError

ROW_ERRORS_SHOWN = 5
"""Kinds of row errors that a summary shows; the listings have each record."""

_SUMMARY_COLUMNS = (
    Column("records"),
    Column("posted"),
    Column("quarantined"),
    Column("suspended"),
    Column("quantity_sum", "quantity sum"),
    Column("skipped", is_optional=True),
    Column("channel_records", "in channel"),
)


class Outcome(IntEnum):
    """What became of the records of a command, as its exit code; 1 and 2 are failures."""

    POSTED = 0
    PARTLY_POSTED = 3
    NOTHING_POSTED = 4


class RepeatRule(StrEnum):
    """What becomes of records that stand twice."""

    STOP = "stop"
    SKIP = "skip"
    KEEP = "keep"


class NegativeRule(StrEnum):
    """What a negative quantity of purchased electricity is."""

    CORRECTIONS = "corrections"
    EXPORTS = "exports"


def outcome_of(
    result: AppendResult, mended: AppendResult | None = None, quarantined_count: int = 0
) -> Outcome:
    """Tell whether all records are posted, some, or none.

    Those that were there already count as posted, but for `quarantined_count` of them, and those
    that were mended now.
    """
    record_count, posted_count = result.record_count, result.posted_count
    record_count += result.skipped_count
    posted_count += result.skipped_count - quarantined_count
    if mended is not None:
        posted_count -= mended.record_count - mended.posted_count
    if posted_count == record_count:
        return Outcome.POSTED
    return Outcome.PARTLY_POSTED if posted_count else Outcome.NOTHING_POSTED


def report(result: AppendResult, book: str, elapsed_s: float, form: Format) -> None:
    """Print the totals of an append and what stood in the way of records."""
    row = {
        "records": result.record_count,
        "posted": result.posted_count,
        "quarantined": result.quarantined_count,
        "suspended": result.suspended_count,
        "quantity_sum": result.quantity_sum,
        "skipped": result.skipped_count or None,
        "channel_records": result.durable_up_to_offset,
    }
    print_rows(_SUMMARY_COLUMNS, [row], form)
    if form is Format.TABLE and result.record_count and elapsed_s > 0:
        say(f"{result.record_count / elapsed_s:,.0f} records/s; all of them are durable")
    tell_rounded(result)
    tell_row_errors(result.row_errors, result.row_errors_omitted_count)
    if result.row_errors:
        lists = [
            f"`tonne {name} list --book {book}`"
            for name, count in (
                ("quarantine", result.quarantined_count),
                ("suspense", result.suspended_count),
            )
            if count
        ]
        say(f"see {' and '.join(lists)}")


def tell_rounded(result: AppendResult | Estimate) -> None:
    """Tell of quantities that lost digits."""
    if result.rounded_count:
        say(
            f"warning: {counted(result.rounded_count, 'quantity')} with more than 18 places, "
            f"rounded half-even at the 18th (the first is {result.rounded_first}); a smaller "
            "unit keeps their digits"
        )


def tell_row_errors(errors: Sequence[RowError], omitted_count: int) -> None:
    """Tell each kind of error once, with the first record that has it, as it is written there."""
    kinds: dict[tuple[str, str], list[RowError]] = {}
    for error in errors:
        kinds.setdefault((error.status, error.field), []).append(error)
    told_count = 0
    for (status, _), alike in itertools.islice(kinds.items(), ROW_ERRORS_SHOWN):
        told_count += len(alike)
        more = f" and {len(alike) - 1:,} more" if len(alike) > 1 else ""
        say(f"warning: offset {alike[0].offset}{more}: {status}: {alike[0].message}")
    if rest_count := len(errors) + omitted_count - told_count:
        say(f"warning: {counted(rest_count, 'other record')} not posted")

"""The commands `tonne record reverse`, `tonne record correct` and `tonne correction list`."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.appending.outcome import Outcome, tell_rounded, tell_row_errors
from tonne.cli.commands.selecting import AsOfOption, tell_moment
from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    FilterOption,
    OrderOption,
    ReasonOption,
    ServerOption,
    book_zone,
    connect,
)
from tonne.cli.terminal.output import Column, Format, FormatOption, counted, print_rows, say
from tonne.client import Correction
from tonne.client.answers.results import LedgerRecord
from tonne.client.changes.movements import Movement, movements
from tonne.client.wire.resources import source_of

record_app = typer.Typer(
    help="Records that are posted or wait: taken back, and corrected.", no_args_is_help=True
)
correction_app = typer.Typer(
    help="What was reversed and corrected, by whom and why.", no_args_is_help=True
)


class Reason(StrEnum):
    """Why records are reversed."""

    ERROR = "error"
    ESTIMATE = "estimate"
    DUPLICATE = "duplicate"
    OTHER = "other"


CodeOption = Annotated[
    Reason,
    typer.Option(
        "--reason-code",
        help="They were wrong, estimates that are settled, say what another record says, or else.",
    ),
]

_COLUMNS = (
    Column("number"),
    Column("kind"),
    Column("record_count", "records"),
    Column("selection"),
    Column("reason_code", "code"),
    Column("reason"),
    Column("author", is_optional=True),
    Column("correction_of_closed", "closed month", is_optional=True),
    Column("restatement", is_optional=True),
    Column("create_time", "when"),
)
_SHOWN_COLUMNS = (
    Column("record_id", "id", is_optional=True),
    Column("channel"),
    Column("offset"),
    Column("facility"),
    Column("activity"),
    Column("quantity"),
    Column("unit"),
    Column("start"),
    Column("end"),
    Column("status"),
    Column("replaced_by", "by", is_optional=True),
    Column("restatement", "restated by entry", is_optional=True),
)
_MOVED_COLUMNS = (
    Column("kind"),
    Column("quantity"),
    Column("unit"),
    *(Column(name) for name in ("facility", "activity", "start", "end")),
    Column("record_id", "id", is_optional=True),
    Column("channel"),
    Column("offset"),
    Column("correction", is_optional=True),
)
_RECORD_COLUMNS = (
    *_COLUMNS,
    Column("channel"),
    Column("offset"),
    Column("before"),
    Column("after", is_optional=True),
)


@record_app.command("reverse")
def reverse_records(
    book: BookOption,
    reason: ReasonOption,
    *,
    channel: Annotated[
        str, typer.Option(help="Channel of the records, or requests/ID of those of a call.")
    ] = "",
    offset: Annotated[
        list[int] | None, typer.Option(help="Offset of a record there; may be given again.")
    ] = None,
    from_offset: Annotated[int, typer.Option(help="First offset of a range there.")] = 0,
    to_offset: Annotated[int, typer.Option(help="The offset after the last of the range.")] = 0,
    record_id: Annotated[str, typer.Option(help="Instead: the record of this id.")] = "",
    facility: Annotated[str, typer.Option(help="Instead: records of a facility ...")] = "",
    month: Annotated[str, typer.Option(help="... that begin in this month, like 2026-03.")] = "",
    reason_code: CodeOption = Reason.ERROR,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Take records back, each once: as they were posted, whatever the book's rules are today.

    Nothing is deleted: the records stay in every list, as reversed. What was reversed before is
    told, and stays as it is.
    """
    with connect(server) as client:
        *_, step = client.reverse_records(
            book,
            reason=reason,
            reason_code=reason_code,
            author=author,
            source=channel,
            offsets=sorted(set(offset or ())),
            first_offset=from_offset,
            stop_offset=to_offset,
            record_id=record_id,
            facility=facility,
            month=month,
        )
    say(f"{counted(step.reversed_count, 'record')} reversed")
    if step.already_reversed_count:
        say(
            f"notice: {counted(step.already_reversed_count, 'record')} had been reversed before: "
            f"`tonne correction list --book {book}` says by whom and why"
        )
    if step.quarantined_count:
        say(
            f"notice: {counted(step.quarantined_count, 'record')} of the range count for nothing "
            "as they are, in quarantine: mend them, or leave them"
        )


class Listing(StrEnum):
    """How records are listed."""

    RECORDS = "records"
    LEDGER = "ledger"
    DELTA = "delta"


@record_app.command("list")
def list_records(
    book: BookOption,
    *,
    style: Annotated[
        Listing,
        typer.Option(
            help="Each record once; or what moved: +100, -100, +80 of a correction in the style "
            "of a ledger, +100, -20 as differences."
        ),
    ] = Listing.RECORDS,
    facility: Annotated[str, typer.Option(help="Of this facility alone.")] = "",
    activity: Annotated[str, typer.Option(help="Of this activity alone.")] = "",
    filter_by: FilterOption = "",
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List records in the order of their commits, as they are or as what moved."""
    with connect(server) as client:
        found = client.list_records(
            book,
            facility=facility,
            activity=activity,
            filter_by=filter_by,
            as_of=as_of,
            on_moment=tell_moment,
        )
        if style is Listing.RECORDS:
            print_rows(_SHOWN_COLUMNS, map(_shown, found), form)
        else:
            rows = map(_moved, movements(found, style))
            print_rows(_MOVED_COLUMNS, rows, form)


@record_app.command("show")
def show_record(
    book: BookOption,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="The producer's own id.")] = "",
    *,
    channel: Annotated[
        str, typer.Option(help="Instead: a channel, or requests/ID of records of a call ...")
    ] = "",
    offset: Annotated[int, typer.Option(help="... and the offset there.")] = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show the records of an id, reversed ones too, or the record at a place.

    What is read does not grow with the book.
    """
    with connect(server) as client:
        found = client.get_records(book, record_id, source=channel, offset=offset)
    print_rows(_SHOWN_COLUMNS, map(_shown, found), form)


@record_app.command("correct")
def correct_records(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="CSV with the columns channel and offset, and the fields of the records that "
            "are to stand there.",
        ),
    ],
    book: BookOption,
    reason: ReasonOption,
    *,
    reason_code: CodeOption = Reason.ERROR,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Take records back and post those of a file in their place, at once.

    Of a record that was corrected before, the newest is corrected. Exits with 0 where all are
    posted, 3 where some wait in suspense.
    """
    from tonne.cli.input.worklist import read_mends  # noqa: PLC0415  # loads Polars

    counts = [0, 0]
    with connect(server) as client:
        for channel, (offsets, records) in read_mends(file, book_zone(server, book), say).items():
            result = client.correct_records(
                book,
                channel,
                offsets,
                records,
                reason=reason,
                reason_code=reason_code,
                author=author,
            )
            tell_rounded(result)
            tell_row_errors(result.row_errors, result.row_errors_omitted_count)
            counts[0] += result.record_count
            counts[1] += result.suspended_count
    say(f"{counted(counts[0], 'record')} corrected")
    if counts[1]:
        say(f"{counted(counts[1], 'new record')} waiting in suspense: `tonne suspense list`")
        raise typer.Exit(Outcome.PARTLY_POSTED)


@correction_app.command("list")
def list_corrections(
    book: BookOption,
    *,
    records: Annotated[
        bool, typer.Option("--records", help="A row for each record, as it was and as it is.")
    ] = False,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List what was reversed and corrected: by whom, when and why."""
    with connect(server) as client:
        entries = client.list_corrections(
            book, filter_by=filter_by, order_by=order_by, as_of=as_of, on_moment=tell_moment
        )
        if records:
            rows = (row for entry in entries for row in _record_rows(entry))
            print_rows(_RECORD_COLUMNS, rows, form)
        else:
            print_rows(_COLUMNS, map(_row, entries), form)


def _row(entry: Correction) -> dict[str, object]:
    return {
        "number": entry.number,
        "kind": entry.kind,
        "record_count": entry.record_count,
        "selection": entry.selection,
        "reason_code": entry.reason_code,
        "reason": entry.reason,
        "author": entry.author,
        "correction_of_closed": "yes" if entry.correction_of_closed else None,
        "restatement": entry.restatement or None,
        "create_time": entry.create_time.replace(microsecond=0),
    }


def _record_rows(entry: Correction) -> Iterator[dict[str, object]]:
    for each in entry.records:
        yield _row(entry) | {
            "channel": source_of(each.before.channel),
            "offset": each.before.offset,
            "before": _text(each.before),
            "after": _text(each.after) if each.after else None,
        }


def _text(item: LedgerRecord) -> str:
    record = item.record
    quantity = str(record["quantity"])
    if "." in quantity:
        quantity = quantity.rstrip("0").removesuffix(".")
    return f"{quantity} {record['unit']} of {record['activity']}, {record['facility']}"


def _moved(movement: Movement) -> dict[str, object]:
    row = _shown(movement.of)
    number = movement.correction.rpartition("/")[2]
    return row | {
        "kind": str(movement.kind),
        "quantity": f"{movement.quantity:+f}",
        "correction": number or None,
    }


def _shown(item: LedgerRecord) -> dict[str, object]:
    by = f"{source_of(item.replaced_by)} {item.replaced_by_offset}" if item.replaced_by else None
    return {
        "record_id": item.record["record_id"],
        "channel": source_of(item.channel),
        "offset": item.offset,
        **{
            name: item.record[name]
            for name in ("facility", "activity", "quantity", "unit", "start", "end")
        },
        "status": item.status or "POSTED",
        "replaced_by": by,
        "restatement": item.restatement.rpartition("/")[2] or None,
    }

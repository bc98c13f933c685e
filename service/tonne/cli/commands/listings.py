"""The commands `tonne channel list`, `tonne imports list` and `tonne quarantine list`."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from tonne.catalogue.resolving.valuation import exact_text
from tonne.cli.appending.outcome import Outcome, tell_rounded, tell_row_errors
from tonne.cli.commands.selecting import AsOfOption, tell_moment
from tonne.cli.connection import (
    DEFAULT_SERVER,
    BookOption,
    FilterOption,
    OrderOption,
    ServerOption,
    book_zone,
    connect,
)
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    print_rows,
    say,
)
from tonne.client import Import
from tonne.client.answers.results import QuarantineCause, QuarantinedRecord
from tonne.client.wire.resources import source_of
from tonne.model import Channel
from tonne.quantities import quantity_decimal

channel_app = typer.Typer(help="Channels of a book.", no_args_is_help=True)
import_app = typer.Typer(help="Files that were brought into channels.", no_args_is_help=True)
quarantine_app = typer.Typer(
    help="Quarantined records: those that break a rule.", no_args_is_help=True
)

SHA256_SHOWN = 12
"""Digits of a digest by which files are told apart."""

_CHANNEL_COLUMNS = (
    Column("channel"),
    Column("state"),
    Column("records"),
    Column("posted"),
    Column("quarantined"),
    Column("suspended"),
    Column("quantity_sum", "quantity sum"),
    Column("epoch"),
    Column("commit_time", "last commit"),
)
_IMPORT_COLUMNS = (
    Column("number"),
    Column("file"),
    Column("channel"),
    Column("first_offset", "from offset"),
    Column("records"),
    Column("durable", is_optional=True),
    Column("profile", is_optional=True),
    Column("caller", is_optional=True),
    Column("create_time", "brought in"),
    Column("sha256", width_min=SHA256_SHOWN),
)
RECORD_COLUMNS = (
    Column("record_id", "record", is_optional=True),
    Column("facility", is_optional=True),
    Column("activity", is_optional=True),
    Column("quantity", is_optional=True),
    Column("unit", is_optional=True),
    Column("start", is_optional=True),
    Column("end", is_optional=True),
    Column("region", is_optional=True),
)
"""Fields of a record that is not posted."""

_QUARANTINE_COLUMNS = (
    Column("channel"),
    Column("offset"),
    Column("status"),
    Column("field"),
    *RECORD_COLUMNS,
    Column("evidence", is_optional=True),
    Column("message", is_optional=True, width_min=PROSE_WIDTH_MIN),
)

_CAUSE_COLUMNS = (
    Column("records"),
    Column("status"),
    Column("field"),
    Column("quantities"),
    Column("unread", "no number", is_optional=True),
    Column("kg_co2e", "kg CO2e", is_optional=True),
    Column("valued", "of records", is_optional=True),
    Column("commit_time", "refused since"),
    Column("message", "the first of them", width_min=PROSE_WIDTH_MIN),
)
_MEND_COLUMNS = (
    Column("records"),
    Column("posted"),
    Column("quarantined"),
    Column("suspended"),
)


@channel_app.command("list")
def list_channels(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the channels with their committed offsets and totals."""
    with connect(server) as client:
        print_rows(
            _CHANNEL_COLUMNS,
            map(_channel_row, client.list_channels(book, filter_by=filter_by, order_by=order_by)),
            form,
        )


@import_app.command("list")
def list_imports(
    book: BookOption, form: FormatOption = Format.TABLE, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the files that were brought in: where their records are, and by whom."""
    with connect(server) as client:
        print_rows(_IMPORT_COLUMNS, map(_import_row, client.list_imports(book)), form)


@quarantine_app.command("list")
def list_quarantine(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    by_cause: Annotated[
        bool, typer.Option("--by-cause", help="Count the records by the rule that they break.")
    ] = False,
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the records in quarantine, and the rule that each breaks."""
    if by_cause and filter_by:
        raise typer.BadParameter("--by-cause counts all that is refused, without --filter")
    with connect(server) as client:
        if by_cause:
            causes = client.list_quarantine_causes(book, as_of=as_of, on_moment=tell_moment)
            print_rows(_CAUSE_COLUMNS, map(_cause_row, causes), form)
            return
        print_rows(
            _QUARANTINE_COLUMNS,
            map(
                _quarantine_row,
                client.list_quarantine(
                    book, filter_by=filter_by, as_of=as_of, on_moment=tell_moment
                ),
            ),
            form,
        )


MendsFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="CSV of `tonne quarantine list --format csv` or `tonne suspense export`, with the "
        "rows mended; rows that are left out stay as they are. Further columns may be fields of "
        "a record.",
    ),
]


@quarantine_app.command("mend")
def mend_quarantine(
    file: MendsFile, book: BookOption, server: ServerOption = DEFAULT_SERVER
) -> None:
    """Post mended records in place of those in quarantine, each at most once.

    `tonne quarantine list --format csv` writes the worklist: mend it in a spreadsheet, keep its
    columns channel and offset, and give it here. Exits with 0 where all are posted, 3 where some
    are not, 4 where none is.
    """
    mend_file(file, book, server)


def mend_file(file: Path, book: str, server: str) -> None:
    """Post the records of a worklist in place of those at their channels and offsets.

    Raises
    ------
    typer.Exit
        With the exit code, where not all are posted.
    """
    from tonne.cli.input.worklist import read_mends  # noqa: PLC0415  # loads Polars

    worklist = read_mends(file, book_zone(server, book), say)
    results = []
    with connect(server) as client:
        for channel, (offsets, records) in worklist.items():
            results.append(client.mend_records(book, channel, offsets, records))
            tell_rounded(results[-1])
            tell_row_errors(results[-1].row_errors, results[-1].row_errors_omitted_count)
    row = {
        "records": sum(each.record_count for each in results),
        "posted": sum(each.posted_count for each in results),
        "quarantined": sum(each.quarantined_count for each in results),
        "suspended": sum(each.suspended_count for each in results),
    }
    print_rows(_MEND_COLUMNS, [row], Format.TABLE)
    if row["posted"] < row["records"]:
        raise typer.Exit(Outcome.PARTLY_POSTED if row["posted"] else Outcome.NOTHING_POSTED)


def _channel_row(channel: Channel) -> dict[str, object]:
    totals = channel.totals
    return {
        "channel": channel.id,
        "state": channel.state.name.lower(),
        "records": channel.committed_offset,
        "posted": totals.posted_count,
        "quarantined": totals.quarantined_count,
        "suspended": totals.suspended_count,
        "quantity_sum": quantity_decimal(totals.quantity_atto),
        "epoch": channel.epoch,
        "commit_time": channel.commit_time and channel.commit_time.replace(microsecond=0),
    }


def _import_row(item: Import) -> dict[str, object]:
    return {
        "number": item.number,
        "file": item.file_name,
        "channel": item.channel,
        "first_offset": item.first_offset,
        "records": item.record_count,
        "durable": item.durable_count,
        "profile": item.profile or None,
        "caller": item.caller or None,
        "create_time": item.create_time and item.create_time.replace(microsecond=0),
        "sha256": item.sha256,
    }


def _cause_row(cause: QuarantineCause) -> dict[str, object]:
    return {
        "records": cause.record_count,
        "status": cause.status,
        "field": cause.field,
        "quantities": quantities_text(cause.quantities),
        "unread": cause.unread_quantity_count or None,
        "kg_co2e": None if cause.kg_co2e is None else exact_text(cause.kg_co2e),
        "valued": cause.valued_record_count or None,
        "commit_time": cause.commit_time.replace(microsecond=0),
        "message": cause.message,
    }


def quantities_text(quantities: Mapping[str, Decimal]) -> str:
    """Write sums by unit."""
    return ", ".join(f"{sum_.normalize():f} {unit}" for unit, sum_ in quantities.items())


def _quarantine_row(item: QuarantinedRecord) -> dict[str, object]:
    return {
        "channel": source_of(item.channel),
        "offset": item.offset,
        "status": item.status,
        "field": item.field,
        **{column.key: item.record[column.key] for column in RECORD_COLUMNS},
        "evidence": item.record["evidence"],
        "message": item.message,
    }

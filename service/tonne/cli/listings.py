"""The commands `tonne channel list`, `tonne suspense list` and `tonne quarantine list`."""

import typer

from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.output import PROSE_WIDTH_MIN, Column, Format, FormatOption, print_rows
from tonne.client.resources import last_id
from tonne.client.results import QuarantinedRecord, SuspendedRecord, quantity_decimal
from tonne.model import Channel

channel_app = typer.Typer(help="Channels of a book.", no_args_is_help=True)
suspense_app = typer.Typer(
    help="Records that wait: no factor yet, or no such facility.", no_args_is_help=True
)
quarantine_app = typer.Typer(help="Records that break a rule.", no_args_is_help=True)

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
_RECORD_COLUMNS = (
    Column("record_id", "record", is_optional=True),
    Column("facility", is_optional=True),
    Column("activity", is_optional=True),
    Column("quantity", is_optional=True),
    Column("unit", is_optional=True),
    Column("start", is_optional=True),
    Column("end", is_optional=True),
    Column("region", is_optional=True),
)
_SUSPENSE_COLUMNS = (
    Column("channel"),
    Column("offset"),
    *_RECORD_COLUMNS,
    Column("status"),
    Column("message", is_optional=True, width_min=PROSE_WIDTH_MIN),
)
_QUARANTINE_COLUMNS = (
    Column("channel"),
    Column("offset"),
    Column("status"),
    Column("field"),
    *_RECORD_COLUMNS,
    Column("message", is_optional=True, width_min=PROSE_WIDTH_MIN),
)


@channel_app.command("list")
def list_channels(
    book: BookOption, form: FormatOption = Format.TABLE, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the channels with their committed offsets and totals."""
    with connect(server) as client:
        print_rows(_CHANNEL_COLUMNS, map(_channel_row, client.list_channels(book)), form)


@suspense_app.command("list")
def list_suspense(
    book: BookOption, form: FormatOption = Format.TABLE, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the records that wait in suspense, and what they wait for."""
    with connect(server) as client:
        print_rows(_SUSPENSE_COLUMNS, map(_suspense_row, client.list_suspense(book)), form)


@quarantine_app.command("list")
def list_quarantine(
    book: BookOption, form: FormatOption = Format.TABLE, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the records in quarantine, and the rule that each breaks."""
    with connect(server) as client:
        print_rows(_QUARANTINE_COLUMNS, map(_quarantine_row, client.list_quarantine(book)), form)


def _channel_row(channel: Channel) -> dict[str, object]:
    totals = channel.totals
    return {
        "channel": channel.id,
        "state": channel.state.name.lower(),
        "records": channel.committed_offset,
        "posted": totals.posted_count,
        "quarantined": totals.quarantined_count,
        "suspended": totals.suspended_count,
        "quantity_sum": quantity_decimal(totals.quantity_micro),
        "epoch": channel.epoch,
        "commit_time": channel.commit_time and channel.commit_time.replace(microsecond=0),
    }


def _suspense_row(item: SuspendedRecord) -> dict[str, object]:
    return {
        "channel": last_id(item.channel),
        "offset": item.offset,
        **{column.key: item.record[column.key] for column in _RECORD_COLUMNS},
        "status": item.status,
        "message": item.message,
    }


def _quarantine_row(item: QuarantinedRecord) -> dict[str, object]:
    return {
        "channel": last_id(item.channel),
        "offset": item.offset,
        "status": item.status,
        "field": item.field,
        **{column.key: item.record[column.key] for column in _RECORD_COLUMNS},
        "message": item.message,
    }

"""The commands `tonne channel list` and `tonne quarantine list`."""

import typer

from tonne.cli.connection import (
    DEFAULT_SERVER,
    BookOption,
    FilterOption,
    OrderOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import PROSE_WIDTH_MIN, Column, Format, FormatOption, print_rows
from tonne.client.answers.results import QuarantinedRecord, quantity_decimal
from tonne.client.wire.resources import last_id
from tonne.model import Channel

channel_app = typer.Typer(help="Channels of a book.", no_args_is_help=True)
quarantine_app = typer.Typer(
    help="Quarantined records: those that break a rule.", no_args_is_help=True
)

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
    Column("message", is_optional=True, width_min=PROSE_WIDTH_MIN),
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


@quarantine_app.command("list")
def list_quarantine(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the records in quarantine, and the rule that each breaks."""
    with connect(server) as client:
        print_rows(
            _QUARANTINE_COLUMNS,
            map(_quarantine_row, client.list_quarantine(book, filter_by=filter_by)),
            form,
        )


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


def _quarantine_row(item: QuarantinedRecord) -> dict[str, object]:
    return {
        "channel": last_id(item.channel),
        "offset": item.offset,
        "status": item.status,
        "field": item.field,
        **{column.key: item.record[column.key] for column in RECORD_COLUMNS},
        "message": item.message,
    }

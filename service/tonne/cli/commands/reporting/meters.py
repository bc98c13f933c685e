"""The command `tonne meter`: what a meter shows, allocated by a key."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.catalogue.resolving.valuation import exact_text
from tonne.cli.commands.reporting.key_files import read_key
from tonne.cli.commands.selecting import AsOfOption, moment_document, tell_moment
from tonne.cli.commands.stating.statements import add_listing
from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    ReasonOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    print_json,
    print_rows,
    say,
)
from tonne.client.meters import (
    MEASURES,
    AllocatedMonth,
    AllocatedPart,
    AllocationKey,
    AllocationRecords,
    AllocationSpan,
    MeterAllocation,
)
from tonne.statements.definitions.keys import KeptKey
from tonne.statements.fields import check_fields, from_mapping
from tonne.statements.statement import Kind, Statement

meter_app = typer.Typer(
    help="Meters of a book: what they show, allocated to tenants, products or rooms.",
    no_args_is_help=True,
)

key_app = typer.Typer(
    help="Keys of allocation that a book keeps, with all their versions.", no_args_is_help=True
)
add_listing(key_app, Kind.ALLOCATION_KEY)
meter_app.add_typer(key_app, name="key")

UNALLOCATED, METERED = "(unallocated)", "(metered)"
"""What stands in the place of a recipient."""

_COLUMNS = (
    Column("period", is_optional=True),
    Column("recipient"),
    Column("key", is_optional=True),
    Column("amount"),
    Column("unit"),
    Column("percent", "%"),
)
_CSV_COLUMNS = (
    Column("period"),
    Column("recipient"),
    Column("amount"),
    Column("unit"),
    Column("share"),
    Column("key"),
    Column("key_unit"),
    Column("reason"),
)


KeyFileOption = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Key of allocation, a TOML file.")
]
KeyOption = Annotated[
    str, typer.Option("--key-id", metavar="ID", help="A key that the book keeps, instead.")
]
RecordsOption = Annotated[
    str,
    typer.Option(
        "--key-account",
        metavar="ACCOUNT",
        help="Records are the key, instead: of memo.floor_area, memo.it_energy, ...",
    ),
]
ShareOption = Annotated[
    list[str] | None,
    typer.Option("--share", metavar="FACILITY", help="Who has such records; repeatable."),
]
AsMeteredOption = Annotated[
    bool, typer.Option("--as-metered", help="Each has what its records show, in kWh.")
]


@meter_app.command("reconcile")
def reconcile(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    meter: Annotated[
        str, typer.Option("--meter", metavar="FACILITY", help="Whose records are the meter's.")
    ],
    from_period: Annotated[str, typer.Option("--from", metavar="YYYY-MM", help="First month.")],
    to_period: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="Last month.")],
    measure: Annotated[
        str, typer.Option("--measure", metavar="WHAT", help=f"One of {', '.join(MEASURES)}.")
    ] = "kwh",
    account: Annotated[
        str,
        typer.Option(
            "--account", metavar="ACCOUNT", help="Of which account; empty: memo.energy, for kwh."
        ),
    ] = "",
    gwp_set: Annotated[
        str, typer.Option("--gwp", metavar="SET", help="Of kg_co2e; empty: the method's.")
    ] = "",
    by: Annotated[
        str, typer.Option("--by", metavar="month", help="Each month apart, in the table.")
    ] = "",
    key: KeyFileOption = None,
    key_id: KeyOption = "",
    on: Annotated[
        str, typer.Option("--on", metavar="DAY", help="The kept key's version of this day.")
    ] = "",
    key_version: Annotated[
        int, typer.Option("--key-version", metavar="N", min=0, help="The kept key's version.")
    ] = 0,
    records: RecordsOption = "",
    to: ShareOption = None,
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    as_metered: AsMeteredOption = False,
) -> None:
    """Allocate what a meter shows by a key: what is whose and what is nobody's add up to it."""
    if by not in {"", "month"}:
        raise typer.BadParameter(f"expected month; got {by!r}", param_hint="--by")
    asked = _asked_key(key, key_id, records, to or [], as_metered=as_metered)
    with connect(server) as client:
        found = client.allocate_meter(
            book,
            meter,
            asked,
            from_period=from_period,
            to_period=to_period,
            measure=measure,
            account=account,
            gwp_set=gwp_set,
            key_valid_on=on,
            key_version=key_version,
            as_of=as_of,
        )
    if form is Format.JSON:
        print_json(_document(meter, found) | moment_document(found.moment))
    elif form is Format.CSV:
        print_rows(_CSV_COLUMNS, [row for month in found.months for row in _rows(month)], form)
    elif by:
        rows = [row | _percent(row) for month in found.months for row in _rows(month)]
        print_rows(_COLUMNS, rows, form)
    else:
        print_rows(_COLUMNS, [row for unit in _units(found) for row in _sums(found, unit)], form)
    if form is not Format.JSON:
        tell_moment(found.moment)
    _tell(found, meter, book)


def _asked_key(
    file: Path | None, id_: str, account: str, recipients: list[str], *, as_metered: bool
) -> AllocationKey | AllocationRecords | str:
    """Read which key is asked for: of a file, one that is kept, or that of records."""
    if sum((file is not None, bool(id_), bool(account))) != 1:
        raise typer.BadParameter(
            "expected one of --key, --key-id and --key-account", param_hint="--key"
        )
    if bool(account) != bool(recipients) or (as_metered and not account):
        raise typer.BadParameter(
            "expected --share, whose records of --key-account are the key", param_hint="--share"
        )
    if account:
        return AllocationRecords(account, tuple(recipients), as_metered)
    return id_ if file is None else read_key(file)


@key_app.command("keep")
def keep_key(  # noqa: PLR0917  # typer passes by name
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="A TOML file.")
    ],
    book: BookOption,
    reason: ReasonOption = "",
    author: AuthorOption = "",
    valid_from: Annotated[
        str,
        typer.Option("--valid-from", metavar="DAY", help="First day of it; empty: its own first."),
    ] = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Keep a key of allocation: a new version, where the book has one of its id."""
    key = read_key(file)
    fields = {
        "basis": key.basis,
        "unit": key.unit,
        "source": key.source,
        "spans": [_span_fields(each) for each in key.spans],
    }
    body = from_mapping(KeptKey, fields, str(file))
    check_fields(body, str(file))
    day = valid_from or (key.spans[0].valid_from if key.spans else "")
    made = Statement(Kind.ALLOCATION_KEY, key.id, body, day, reason or key.reason, author)
    with connect(server) as client:
        (kept,) = client.add_statements(book, [made])
    say(f"key {kept.id}: version {kept.version}, from {kept.valid_from} on")


def _span_fields(span: AllocationSpan) -> dict[str, object]:
    weights = [{"recipient": name, "value": value} for name, value in span.weights.items()]
    return {
        "valid_from": span.valid_from,
        "valid_to": span.valid_to,
        "weights": weights,
        "whole": span.whole,
        "metered": span.metered,
    }


def _rows(month: AllocatedMonth) -> list[dict[str, Any]]:
    """Give a month's parts, what is nobody's, and what the meter shows."""
    start = {"period": month.period, "unit": month.unit, "reason": month.reason}
    left = 1 - sum((part.share for part in month.parts), Fraction(0))
    return [
        *(
            start
            | {
                "recipient": part.recipient,
                "amount": f"{part.amount:f}",
                "share": exact_text(part.share),
            }
            | _key_cells(part, month)
            for part in month.parts
        ),
        start
        | {
            "recipient": UNALLOCATED,
            "amount": f"{month.unallocated:f}",
            "share": exact_text(left),
        },
        start | {"recipient": METERED, "amount": f"{month.metered:f}", "share": "1"},
    ]


def _key_cells(part: AllocatedPart, month: AllocatedMonth) -> dict[str, Any]:
    """Give what a recipient's records show, where these are the key."""
    return (
        {}
        if part.key is None
        else {"key": exact_text(part.key), "key_unit": month.key_unit or None}
    )


def _percent(row: Mapping[str, Any]) -> dict[str, str]:
    """Give a share in percent, for people."""
    tenths = round(Fraction(row["share"]) * 1000)
    return {"percent": f"{tenths // 10}.{tenths % 10}"}


def _units(found: MeterAllocation) -> list[str]:
    return list(dict.fromkeys(month.unit for month in found.months))


def _sums(found: MeterAllocation, unit: str) -> Iterable[dict[str, Any]]:
    """Add up the months of a unit: exact, as each month is."""
    months = [month for month in found.months if month.unit == unit]
    metered = sum((Fraction(month.metered) for month in months), Fraction(0))
    sums: dict[str, Fraction] = {}
    for month in months:
        for part in month.parts:
            sums[part.recipient] = sums.get(part.recipient, Fraction(0)) + Fraction(part.amount)
    sums = dict(sorted(sums.items()))
    sums[UNALLOCATED] = sum((Fraction(month.unallocated) for month in months), Fraction(0))
    sums[METERED] = metered
    for recipient, amount in sums.items():
        row = {"recipient": recipient, "amount": exact_text(amount), "unit": unit}
        yield row | (_percent({"share": amount / metered}) if metered else {"percent": ""})


def _document(meter: str, found: MeterAllocation) -> dict[str, Any]:
    return {
        "meter": meter,
        "key": {
            "id": found.key_id,
            "version": found.key_version,
            "basis": found.key_basis,
            "reason": found.key_reason,
        },
        "gwp_set": found.gwp_set,
        "missing_periods": list(found.missing_periods),
        "suspended_count": found.suspended_count,
        "months": [
            {
                "period": month.period,
                "unit": month.unit,
                "metered": f"{month.metered:f}",
                "parts": [
                    {
                        "recipient": part.recipient,
                        "amount": f"{part.amount:f}",
                        "share": exact_text(part.share),
                    }
                    | _key_cells(part, month)
                    for part in month.parts
                ],
                "unallocated": f"{month.unallocated:f}",
                "reason": month.reason,
                "message": month.message,
            }
            for month in found.months
        ],
    }


def _tell(found: MeterAllocation, meter: str, book: str) -> None:
    """Tell what is missing in the totals, and what is wrong with a key of records."""
    for month in found.months:
        if month.reason and month.period not in found.missing_periods:
            say(f"{month.period}: {month.message}")
    if found.missing_periods:
        say(f"warning: {meter} has no record in {', '.join(found.missing_periods)}: zero there")
    if found.suspended_count:
        say(
            f"warning: {counted(found.suspended_count, 'record')} of {meter} in these months "
            f"wait in suspense and are in no total: `tonne suspense list --book {book}`"
        )

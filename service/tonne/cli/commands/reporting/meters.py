"""The command `tonne meter`: what a meter shows, allocated by a key."""

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.catalogue.resolving.valuation import exact_text
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
    AllocationKey,
    AllocationSpan,
    MeterAllocation,
)
from tonne.errors import FieldInvalid
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

_KEY = ("id", "version", "basis", "unit", "reason", "source", "spans")
_SPAN = ("valid_from", "valid_to", "weights", "whole", "metered")
_COLUMNS = (
    Column("period", is_optional=True),
    Column("recipient"),
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
)


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
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Key of allocation, a TOML file.")
    ] = None,
    key_id: Annotated[
        str, typer.Option("--key-id", metavar="ID", help="A key that the book keeps, instead.")
    ] = "",
    on: Annotated[
        str, typer.Option("--on", metavar="DAY", help="The kept key's version of this day.")
    ] = "",
    key_version: Annotated[
        int, typer.Option("--key-version", metavar="N", min=0, help="The kept key's version.")
    ] = 0,
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Allocate what a meter shows by a key: what is whose and what is nobody's add up to it."""
    if by not in {"", "month"}:
        raise typer.BadParameter(f"expected month; got {by!r}", param_hint="--by")
    if (key is None) == (not key_id):
        raise typer.BadParameter("expected one of --key and --key-id", param_hint="--key")
    asked = key_id if key is None else read_key(key)
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


def read_key(path: Path) -> AllocationKey:
    """Read a key of allocation from a TOML file.

    Raises
    ------
    FieldInvalid
        It is no such file, or a key of it is not known.
    """
    try:
        text = path.read_text("utf-8")
        given = tomllib.loads(text, parse_float=str)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FieldInvalid(f"{path}: expected a key of allocation in TOML; {error}") from error
    where = str(path)
    _check(given, _KEY, where)
    spans = given.get("spans", [])
    if not isinstance(spans, list) or not all(isinstance(each, dict) for each in spans):
        raise FieldInvalid(f"{where}: spans: expected tables [[spans]]; got {spans!r}")
    version = given.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        raise FieldInvalid(f"{where}: version: expected a number from 1 up; got {version!r}")
    texts = {name: _text(given.get(name, ""), f"{where}: {name}") for name in _KEY[2:6]}
    return AllocationKey(
        id=_text(given.get("id", ""), f"{where}: id"),
        version=version,
        spans=tuple(_span(each, f"{where}: spans[{n}]") for n, each in enumerate(spans)),
        **texts,
    )


def _span(given: Mapping[str, Any], where: str) -> AllocationSpan:
    _check(given, _SPAN, where)
    weights = given.get("weights", {})
    if not isinstance(weights, dict):
        raise FieldInvalid(f"{where}.weights: expected a table of numbers; got {weights!r}")
    metered = given.get("metered", False)
    if not isinstance(metered, bool):
        raise FieldInvalid(f"{where}.metered: expected true or false; got {metered!r}")
    return AllocationSpan(
        _text(given.get("valid_from", ""), f"{where}.valid_from"),
        _text(given.get("valid_to", ""), f"{where}.valid_to"),
        {name: _text(value, f"{where}.weights.{name}") for name, value in weights.items()},
        _text(given.get("whole", ""), f"{where}.whole"),
        metered,
    )


def _text(given: object, where: str) -> str:
    """Read a text, a number or a day: numbers keep the digits that they are written with."""
    if isinstance(given, dt.date) and not isinstance(given, dt.datetime):
        return given.isoformat()
    if isinstance(given, str | int) and not isinstance(given, bool):
        return str(given)
    raise FieldInvalid(f"{where}: expected a text, a number or a day; got {given!r}")


def _check(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            raise FieldInvalid(
                f"{where}: {name!r} is no field of a key of allocation{hint}; the fields here are "
                f"{', '.join(known)}",
                metadata={"field": name},
            )


def _rows(month: AllocatedMonth) -> list[dict[str, Any]]:
    """Give a month's parts, what is nobody's, and what the meter shows."""
    start = {"period": month.period, "unit": month.unit}
    left = 1 - sum((part.share for part in month.parts), Fraction(0))
    return [
        *(
            start
            | {
                "recipient": part.recipient,
                "amount": f"{part.amount:f}",
                "share": exact_text(part.share),
            }
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
                    for part in month.parts
                ],
                "unallocated": f"{month.unallocated:f}",
            }
            for month in found.months
        ],
    }


def _tell(found: MeterAllocation, meter: str, book: str) -> None:
    """Tell what is missing in the totals."""
    if found.missing_periods:
        say(f"warning: {meter} has no record in {', '.join(found.missing_periods)}: zero there")
    if found.suspended_count:
        say(
            f"warning: {counted(found.suspended_count, 'record')} of {meter} in these months "
            f"wait in suspense and are in no total: `tonne suspense list --book {book}`"
        )

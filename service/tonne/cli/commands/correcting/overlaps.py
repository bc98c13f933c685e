"""The command `tonne overlap`: records that lie over each other, and whether both count."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

import typer

from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    FilterOption,
    OrderOption,
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
    program_value,
    say,
)
from tonne.client.closing.overlaps import Overlap, OverlapMonth, OverlapSide, SeveralMeters

overlap_app = typer.Typer(
    help="Records of one facility and activity that lie over each other in time.",
    no_args_is_help=True,
)

NumberArgument = Annotated[int, typer.Argument(help="Number, as listed.")]
FromOption = Annotated[str, typer.Option("--from", metavar="MONTH", help="First month.")]
ToOption = Annotated[str, typer.Option("--to", metavar="MONTH", help="Last month.")]

_COLUMNS = (
    Column("number"),
    Column("facility"),
    Column("activity"),
    Column("first_source", "channel"),
    Column("second_source", "over"),
    Column("month"),
    Column("state"),
    Column("record_count", "records"),
    Column("pair_count", "pairs"),
    Column("first_quantity", "quantity"),
    Column("second_quantity", "over it"),
    Column("kg_co2e"),
    Column("author", is_optional=True),
    Column("reason", is_optional=True),
)
_SIDE_COLUMNS = (
    Column("month"),
    Column("state"),
    Column("side", "#"),
    Column("source", "channel"),
    Column("record_count", "records"),
    Column("lengths", "each"),
    Column("first_offset", "from offset"),
    Column("last_offset", "to"),
    Column("quantity"),
    Column("kg_co2e"),
    Column("author", is_optional=True),
    Column("reason", is_optional=True),
)
_DECLARED_COLUMNS = (
    Column("number"),
    Column("facility"),
    Column("activity"),
    Column("from_month", "from"),
    Column("to_month", "to"),
    Column("author"),
    Column("reason"),
    Column("withdraw_author", "withdrawn by", is_optional=True),
    Column("withdraw_reason", "why", is_optional=True),
)
_LENGTHS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@overlap_app.command("check")
def check(
    book: BookOption,
    from_month: FromOption = "",
    to_month: ToOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Look at the months that were touched since the last look. A close does so itself."""
    with connect(server) as client:
        done = client.check_overlaps(book, from_month=from_month, to_month=to_month)
    if form is Format.JSON:
        print_json(
            {
                "months": list(done.months),
                "record_count": done.record_count,
                "overlap_count": done.overlap_count,
                "undecided_count": done.undecided_count,
            }
        )
    else:
        months = counted(len(done.months), "month")
        records = counted(done.record_count, "record")
        say(f"{months} looked at, {records} laid side by side")
        say(f"{counted(done.undecided_count, 'overlap')} to decide")


@overlap_app.command("list")
def list_overlaps(
    book: BookOption,
    *,
    from_month: FromOption = "",
    to_month: ToOption = "",
    show_all: Annotated[bool, typer.Option("--all", help="Also what is accepted.")] = False,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List what waits for a decision, month by month. Both sides count until it is decided."""
    with connect(server) as client:
        found = client.list_overlaps(
            book,
            from_month=from_month,
            to_month=to_month,
            is_undecided=not show_all,
            filter_by=filter_by,
            order_by=order_by,
        )
        if form is Format.JSON:
            print_json([_document(each) for each in found])
            return
        rows = (row for each in found for row in _rows(each, show_all=show_all))
        print_rows(_COLUMNS, rows, form)


@overlap_app.command("show")
def show(
    number: NumberArgument,
    book: BookOption,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show both sides of an overlap, and where their records came from."""
    with connect(server) as client:
        found = client.get_overlap(book, number)
    if form is Format.JSON:
        print_json(_document(found))
        return
    print_rows(_SIDE_COLUMNS, _side_rows(found), form)
    if form is Format.TABLE:
        for origin in found.origins:
            say(f"side {origin.side}: import {origin.import_number}, {origin.file_name}")
        say(
            f"`tonne overlap accept {number}`: both count. `tonne record reverse --channel` with "
            "the offsets: one side goes; where records of others lie between the first and the "
            f"last, give each by --offset, as `tonne record list --facility {found.facility} "
            f"--activity {found.activity}` has them"
        )


@overlap_app.command("accept")
def accept(
    number: NumberArgument,
    book: BookOption,
    reason: ReasonOption,
    *,
    from_month: FromOption = "",
    to_month: ToOption = "",
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Accept what waits of an overlap: both sides count."""
    with connect(server) as client:
        found = client.accept_overlap(
            book,
            number,
            reason=reason,
            author=author,
            from_month=from_month,
            to_month=to_month,
        )
    count = sum(each.state == "accepted" for each in found.months)
    say(f"overlap {number} is accepted in {counted(count, 'month')}")


@overlap_app.command("declare")
def declare(
    activity: Annotated[str, typer.Argument(help="An activity, or a family like fuel.*")],
    book: BookOption,
    reason: ReasonOption,
    *,
    facility: Annotated[
        str, typer.Option("--facility", help="The one that has them; without it, each.")
    ] = "",
    from_month: FromOption = "",
    to_month: ToOption = "",
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Declare several meters: overlaps of an activity are accepted, whatever comes."""
    with connect(server) as client:
        made = client.declare_several_meters(
            book,
            activity,
            reason=reason,
            facility=facility,
            from_month=from_month,
            to_month=to_month,
            author=author,
        )
    say(f"declaration {made.number} is in force: overlaps of {made.activity} are accepted")


@overlap_app.command("withdraw")
def withdraw(
    number: NumberArgument,
    book: BookOption,
    reason: ReasonOption,
    *,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Withdraw a declaration: what it accepted waits again."""
    with connect(server) as client:
        client.withdraw_several_meters(book, number, reason=reason, author=author)
    say(f"declaration {number} is withdrawn")


@overlap_app.command("declared")
def list_declared(
    book: BookOption,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the declarations of several meters, those that were withdrawn too."""
    with connect(server) as client:
        found = client.list_several_meters(book)
    print_rows(_DECLARED_COLUMNS, map(_declared_row, found), form)


def _rows(overlap: Overlap, *, show_all: bool) -> Iterator[dict[str, object]]:
    for month in overlap.months:
        if month.state == "gone" or (month.state != "open" and not show_all):
            continue
        sides = [_quantities(each.quantities) for each in month.sides]
        yield {
            "number": overlap.number,
            "facility": overlap.facility,
            "activity": overlap.activity,
            "first_source": overlap.first_source,
            "second_source": overlap.second_source,
            "month": month.month,
            "state": month.state,
            "record_count": month.record_count,
            "pair_count": month.pair_count,
            "first_quantity": sides[0],
            "second_quantity": sides[1],
            "kg_co2e": month.kg_co2e,
            "author": month.author or None,
            "reason": month.reason or None,
        }


def _side_rows(overlap: Overlap) -> Iterator[dict[str, object]]:
    sources = (overlap.first_source, overlap.second_source)
    for month in overlap.months:
        for number, side in enumerate(month.sides, 1):
            yield {
                "month": month.month,
                "state": month.state,
                "side": number,
                "source": sources[number - 1],
                "record_count": side.record_count,
                "lengths": _lengths(side),
                "first_offset": side.first_offset,
                "last_offset": side.last_offset,
                "quantity": _quantities(side.quantities),
                "kg_co2e": side.kg_co2e,
                "author": month.author or None,
                "reason": month.reason or None,
            }


def _declared_row(declared: SeveralMeters) -> dict[str, object]:
    names = [each.key for each in _DECLARED_COLUMNS]
    row: dict[str, object] = {name: getattr(declared, name) for name in names}
    row["facility"] = declared.facility or "each"
    return {name: value or None for name, value in row.items()}


def _document(overlap: Overlap) -> dict[str, object]:
    return {
        "number": overlap.number,
        "facility": overlap.facility,
        "activity": overlap.activity,
        "first_source": overlap.first_source,
        "second_source": overlap.second_source,
        "create_time": program_value(overlap.create_time),
        "months": [_month_document(each) for each in overlap.months],
        "origins": [
            {
                "side": each.side,
                "import_number": each.import_number,
                "file_name": each.file_name,
            }
            for each in overlap.origins
        ],
    }


def _month_document(month: OverlapMonth) -> dict[str, object]:
    return {
        "month": month.month,
        "state": month.state,
        "record_count": month.record_count,
        "pair_count": month.pair_count,
        "kg_co2e": program_value(month.kg_co2e),
        "sides": [
            {
                "record_count": each.record_count,
                "seconds_min": each.seconds_min,
                "seconds_max": each.seconds_max,
                "first_offset": each.first_offset,
                "last_offset": each.last_offset,
                "quantities": {
                    unit: program_value(quantity) for unit, quantity in each.quantities.items()
                },
                "kg_co2e": program_value(each.kg_co2e),
            }
            for each in month.sides
        ],
        "author": month.author,
        "reason": month.reason,
        "accept_time": program_value(month.accept_time),
        "declaration": month.declaration or None,
    }


def _quantities(quantities: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{quantity.normalize():,f} {unit}" for unit, quantity in quantities.items())


def _lengths(side: OverlapSide) -> str:
    """Say how long the records are: one length, or the shortest and the longest."""
    texts = dict.fromkeys(map(_length, (side.seconds_min, side.seconds_max)))
    return " to ".join(texts)


def _length(seconds: float) -> str:
    for size, unit in _LENGTHS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"

"""The commands `tonne restate apply` and `tonne restate applied`."""

from collections.abc import Iterator
from typing import Annotated

import typer

from tonne.cli.commands.selecting import FromOption, ToOption
from tonne.cli.commands.stating.statements import document_of, people_text, rows_of
from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    FilterOption,
    OrderOption,
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
from tonne.statements.changes.applied import AppliedRestatement
from tonne.statements.changes.restatements import RestatementCause

_KG = "kg CO2e"

_ROWS = (
    Column("account"),
    Column("period"),
    Column("before_kg_co2e", "before", is_rounded=True),
    Column("after_kg_co2e", "after", is_rounded=True),
    Column("difference_kg_co2e", "difference", is_rounded=True),
)
_LIST = (
    Column("number"),
    Column("id"),
    Column("cause", width_min=10),
    Column("selection", width_min=12),
    Column("restated_count", "records"),
    Column("months", width_min=8),
    Column("before", is_rounded=True),
    Column("after", is_rounded=True),
    Column("as_of", "commits", width_min=8),
    Column("closed", "closed month", is_optional=True),
    Column("state", is_optional=True),
)
_WHO = (
    Column("author"),
    Column("reason"),
    Column("create_time"),
    Column("unchanged_count"),
    Column("left_count"),
)

IdArgument = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="Id of the restatement; the same call again goes on with it. None with --dry-run.",
    ),
]
CauseOption = Annotated[
    RestatementCause | None,
    typer.Option(metavar="CAUSE", help=f"Why: {', '.join(RestatementCause)}."),
]


def apply(  # typer passes by name
    book: BookOption,
    restatement_id: IdArgument = "",
    *,
    edition: Annotated[
        str, typer.Option(metavar="EDITION", help="What rests on a factor of this edition.")
    ] = "",
    factor: Annotated[
        str, typer.Option(metavar="EDITION/ROW", help="What rests on this factor.")
    ] = "",
    posted_version: Annotated[
        int, typer.Option(metavar="VERSION", help="What this version of the method posted.")
    ] = 0,
    facility: Annotated[str, typer.Option(metavar="ID", help="What this facility has.")] = "",
    from_period: FromOption = "",
    to_period: ToOption = "",
    cause: CauseOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, in words.")] = "",
    author: AuthorOption = "",
    adjust_closed: Annotated[
        bool, typer.Option("--adjust-closed", help="Adjust closed months, too, with this reason.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what it would do, by account and month.")
    ] = False,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Post records again that are posted, under the rules in force: method, editions, register.

    All that is selected must hold. What was posted stays in the ledger: as of a commit before,
    every answer is what it was.
    """
    with connect(server) as client:
        *_, step = client.apply_restatement(
            book,
            restatement_id,
            edition=edition,
            factor=factor,
            posted_version=posted_version,
            facility=facility,
            from_period=from_period,
            to_period=to_period,
            cause=cause or "",
            reason=reason,
            author=author,
            adjusts_closed=adjust_closed,
            validate_only=dry_run,
        )
    found = step.restatement
    if found is None:
        raise typer.BadParameter("the server ended without an answer: call again as it was")
    if form is Format.JSON:
        print_json(document_of(found))
        return
    if found.rows:
        print_rows(_ROWS, rows_of(found.rows), form)
    if form is Format.TABLE:
        for line in _lines(found, book, is_dry=dry_run):
            say(line)


def _lines(found: AppliedRestatement, book: str, *, is_dry: bool) -> Iterator[str]:
    records = counted(found.restated_count, "record")
    if found.restated_count:
        before, after, difference = map(
            people_text, (found.before_kg_co2e, found.after_kg_co2e, found.difference_kg_co2e)
        )
        sign = "+" if found.difference_kg_co2e > 0 else ""
        what = "would be posted again" if is_dry else "posted again"
        yield (
            f"{records} {what}; one footprint, before shares of entities: {before} {_KG} before, "
            f"{after} after: {sign}{difference}"
        )
    else:
        yield "nothing to restate: no number changes, and nothing is written down"
    if found.number:
        yield (
            f"restatement {found.id}: as of commit {found.before_commit} nothing of it is done, "
            f"as of {found.after_commit} all is (`tonne bridge --book {book} --from-as-of "
            f"{found.before_commit}`)"
        )
    if found.unchanged_count:
        yield (
            f"notice: {counted(found.unchanged_count, 'record')} posted as the rules in force "
            "post them already: they stay. Where another edition was meant, put it first: "
            f"`tonne method set --book {book} --first-edition ID --author NAME --reason WHY`"
        )
    if found.left_count:
        yield (
            f"notice: {counted(found.left_count, 'record')} left as posted: the rules in force "
            "have no factor for them, or do not know their facility. Bring what is missing, and "
            "restate again under another id"
        )
    if found.closed_periods:
        yield (
            f"notice: closed are {', '.join(found.closed_periods)}: without --adjust-closed it "
            "is refused, and sealed months in any case"
        )


def applied(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List what was restated: which records, why, by whom, and kg CO2e before and after."""
    with connect(server) as client:
        found = client.list_applied_restatements(book, filter_by=filter_by, order_by=order_by)
        if form is Format.JSON:
            print_json([document_of(each) for each in found])
            return
        columns = _LIST if form is Format.TABLE else (*_LIST, *_WHO)
        print_rows(columns, map(_row, found), form)


def _row(each: AppliedRestatement) -> dict[str, object]:
    months = f"{each.first_period}..{each.last_period}" if each.first_period else ""
    return {
        "number": each.number,
        "id": each.id,
        "cause": str(each.cause),
        "selection": each.selection,
        "restated_count": each.restated_count,
        "months": months,
        "before": each.before_kg_co2e,
        "after": each.after_kg_co2e,
        "as_of": f"{each.before_commit}, {each.after_commit or '...'}",
        "closed": "yes" if each.correction_of_closed else None,
        "state": None if each.end_time else "under way",
        "author": each.author,
        "reason": each.reason,
        "create_time": each.create_time,
        "unchanged_count": each.unchanged_count,
        "left_count": each.left_count,
    }

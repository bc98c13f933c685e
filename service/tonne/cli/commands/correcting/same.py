"""The commands `tonne duplicate` and `tonne conflict`: records of one id, and who keeps which."""

from collections.abc import Iterator
from enum import StrEnum
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
from tonne.cli.terminal.output import Column, Format, FormatOption, counted, print_rows, say
from tonne.client import Client, SameRecord
from tonne.client.wire.resources import source_of

duplicate_app = typer.Typer(
    help="Records that say what an earlier one of their id says.", no_args_is_help=True
)
conflict_app = typer.Typer(
    help="Records of one id that say different things: a person decides.", no_args_is_help=True
)

NumberArgument = Annotated[int, typer.Argument(help="Number of the entry, as listed.")]
KeepOption = Annotated[
    list[int] | None,
    typer.Option("--keep", help="Record that stays, as numbered; may be given again."),
]
KeepAllOption = Annotated[bool, typer.Option("--keep-all", help="All stay; nothing is reversed.")]
GroupsOption = Annotated[
    bool, typer.Option("--groups", help="What waits, by facility and activity.")
]


Co2eOption = Annotated[
    bool,
    typer.Option("--co2e/--no-co2e", help="Value the records, which reads their segments."),
]


class SameRule(StrEnum):
    """What becomes of duplicates."""

    REVERSE = "reverse"
    REPORT = "report"


_COLUMNS = (
    Column("number"),
    Column("state"),
    Column("record_id", "id"),
    Column("place", "#"),
    Column("source", "channel"),
    Column("offset"),
    Column("facility"),
    Column("activity"),
    Column("quantity"),
    Column("unit"),
    Column("start"),
    Column("end"),
    Column("kg_co2e"),
    Column("kept_change_kg_co2e", "change if kept alone"),
    Column("worth", "is", is_optional=True),
    Column("is_kept", "kept", is_optional=True),
    Column("author", is_optional=True),
    Column("reason", is_optional=True),
)
_GROUP_COLUMNS = (
    Column("facility"),
    Column("activity"),
    Column("entry_count", "entries"),
    Column("record_count", "records"),
    Column("oldest"),
    Column("oldest_time", "since"),
    Column("kg_co2e", "kg_co2e at stake"),
    Column("valued_entry_count", "of entries"),
)


@duplicate_app.command("list")
def list_duplicates(
    book: BookOption,
    *,
    groups: GroupsOption = False,
    co2e: Co2eOption = True,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List duplicates that are not reversed: the book reports them alone, or a month is closed.

    Those that were reversed are in `tonne correction list`, with the code duplicate.
    """
    _list(book, "duplicate", (filter_by, order_by), form, server, groups=groups, values=co2e)


@conflict_app.command("list")
def list_conflicts(
    book: BookOption,
    *,
    groups: GroupsOption = False,
    co2e: Co2eOption = True,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List records of one id that say different things. All of them count until it is decided."""
    _list(book, "conflict", (filter_by, order_by), form, server, groups=groups, values=co2e)


@duplicate_app.command("decide")
def decide_duplicate(
    number: NumberArgument,
    book: BookOption,
    reason: ReasonOption,
    *,
    keep: KeepOption = None,
    keep_all: KeepAllOption = False,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Decide which records of a duplicate stay; the others are reversed."""
    _decide(book, number, (keep, keep_all), (reason, author), server)


@conflict_app.command("decide")
def decide_conflict(
    number: NumberArgument,
    book: BookOption,
    reason: ReasonOption,
    *,
    keep: KeepOption = None,
    keep_all: KeepAllOption = False,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Decide which records of a conflict stay; the others are reversed."""
    _decide(book, number, (keep, keep_all), (reason, author), server)


@duplicate_app.command("status")
def show_status(book: BookOption, *, server: ServerOption = DEFAULT_SERVER) -> None:
    """Say whether all records of a book are compared, and what waits for a decision."""
    with connect(server) as client:
        found = client.same_record_summary(book)
    if found.is_complete:
        say(f"all records are compared, up to commit {found.complete_up_to_commit}")
    else:
        say(
            f"records are compared up to commit {found.complete_up_to_commit}; the upkeep is "
            "behind with the later ones"
        )
    waiting = counted(found.undecided_count, "entry")
    say(f"{waiting} to decide; duplicates are {_RULES[found.rule]}")


@duplicate_app.command("rule")
def set_rule(
    rule: Annotated[
        SameRule, typer.Argument(help="reverse: duplicates are reversed; report: listed alone.")
    ],
    book: BookOption,
    *,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Say what becomes of duplicates of a book from now on."""
    with connect(server) as client:
        client.set_same_record_rule(book, rule)
    say(f"duplicates of {book} are {_RULES[rule]} from now on")


@duplicate_app.command("recheck")
def recheck(book: BookOption, *, server: ServerOption = DEFAULT_SERVER) -> None:
    """Have the upkeep make all key files anew and compare all records again.

    For key files that are lost or broken. What was decided stays decided.
    """
    with connect(server) as client:
        count = client.recheck_same_records(book)
    say(f"{counted(count, 'key file')} to be made anew by the upkeep")


_RULES = {"reverse": "reversed", "report": "listed, and count until somebody decides"}


def _list(
    book: str,
    kind: str,
    query: tuple[str, str],
    form: Format,
    server: str,
    *,
    groups: bool,
    values: bool,
) -> None:
    with connect(server) as client:
        if groups:
            found = client.same_record_summary(book, with_kg_co2e=values).groups
            rows = (
                {name.key: getattr(each, name.key) for name in _GROUP_COLUMNS}
                for each in found
                if each.kind == kind
            )
            print_rows(_GROUP_COLUMNS, rows, form)
        else:
            entries = client.list_same_records(
                book, kind, filter_by=query[0], order_by=query[1], with_kg_co2e=values
            )
            print_rows(_COLUMNS, (row for entry in entries for row in _rows(entry)), form)


def _rows(entry: SameRecord) -> Iterator[dict[str, object]]:
    for place, member in enumerate(entry.members, 1):
        yield {
            "number": entry.number,
            "state": entry.state,
            "record_id": entry.record_id,
            "place": place,
            "source": source_of(member.source),
            "offset": member.offset,
            "facility": member.facility,
            "activity": member.activity,
            "quantity": member.quantity,
            "unit": member.unit,
            "start": member.start,
            "end": member.end,
            "kg_co2e": member.kg_co2e,
            "kept_change_kg_co2e": member.kept_change_kg_co2e,
            "worth": member.worth or None,
            "is_kept": ("yes" if place in entry.kept else "no") if entry.kept else None,
            "author": entry.author or None,
            "reason": entry.reason or None,
        }


def _decide(
    book: str,
    number: int,
    keeps: tuple[list[int] | None, bool],
    why: tuple[str, str],
    server: str,
) -> None:
    keep, keeps_all = keeps
    if bool(keep) == keeps_all:
        raise typer.BadParameter("give --keep with the number of a record, or --keep-all")
    with connect(server) as client:
        kept = _all_of(client, book, number) if keeps_all else keep or []
        reason, author = why
        entry = client.decide_same_record(book, number, kept, reason=reason, author=author)
    gone = len(entry.members) - len(entry.kept)
    say(f"{counted(len(entry.kept), 'record')} kept, {counted(gone, 'record')} reversed")


def _all_of(client: Client, book: str, number: int) -> list[int]:
    for kind in ("conflict", "duplicate"):
        for entry in client.list_same_records(book, kind, filter_by=f"number = {number}"):
            return list(range(1, len(entry.members) + 1))
    return [1]

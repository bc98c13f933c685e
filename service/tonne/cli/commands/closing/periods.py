"""The commands `tonne period` and `tonne audit`."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

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
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    json_text,
    print_rows,
    say,
)

if TYPE_CHECKING:
    from tonne.client.closing.results import Change, Period, PeriodAct, PeriodClose

period_app = typer.Typer(help="Months that are closed, sealed and reopened.", no_args_is_help=True)
audit_app = typer.Typer(
    help="What was changed of a book, by whom, when and why.", no_args_is_help=True
)

MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="A month like 2026-03.")]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="CHECK=REASON",
        help="What may stand against it all the same, and why; may be given again.",
    ),
]

_COLUMNS = (
    Column("month"),
    Column("state"),
    Column("revision", is_optional=True),
    Column("by", is_optional=True),
    Column("when", is_optional=True),
    Column("reason", width_min=PROSE_WIDTH_MIN // 2, is_optional=True),
    Column("accepted", width_min=PROSE_WIDTH_MIN // 2, is_optional=True),
)
_HISTORY_COLUMNS = (
    Column("month"),
    Column("revision"),
    Column("act"),
    Column("by"),
    Column("when"),
    Column("commit"),
    Column("reason", width_min=PROSE_WIDTH_MIN // 2),
    Column("accepted", width_min=PROSE_WIDTH_MIN // 2, is_optional=True),
)
_FINDING_COLUMNS = (
    Column("check"),
    Column("count"),
    Column("message", width_min=PROSE_WIDTH_MIN),
)
_CHANGE_COLUMNS = (
    Column("number"),
    Column("create_time", "when"),
    Column("kind"),
    Column("object"),
    Column("author", "who", is_optional=True),
    Column("reason", width_min=PROSE_WIDTH_MIN // 2, is_optional=True),
    Column("change", width_min=PROSE_WIDTH_MIN // 2),
)
_CHANGE_PROGRAM_COLUMNS = (
    *_CHANGE_COLUMNS[:6],
    Column("caller"),
    Column("commit_number"),
    Column("before"),
    Column("after"),
)


@period_app.command("list")
def list_periods(
    book: BookOption,
    *,
    history: Annotated[
        bool, typer.Option("--history", help="A row for each close, seal and reopening.")
    ] = False,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the months that have postings or were closed."""
    with connect(server) as client:
        periods = client.list_periods(book)
    if history:
        rows = (row for each in periods for row in _history_rows(each))
        print_rows(_HISTORY_COLUMNS, rows, form)
    else:
        print_rows(_COLUMNS, map(_row, periods), form)


@period_app.command("check")
def check_period(
    month: MonthArgument,
    book: BookOption,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Say what stands against the close of a month. Changes nothing."""
    with connect(server) as client:
        found = client.check_period(book, month)
    if not found and form is Format.TABLE:
        say(f"nothing stands against the close of {month}")
        return
    rows = ({"check": x.check, "count": x.count, "message": x.message} for x in found)
    print_rows(_FINDING_COLUMNS, rows, form)


@period_app.command("close")
def close_period(
    month: MonthArgument,
    book: BookOption,
    reason: ReasonOption,
    *,
    accept: AcceptOption = None,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Close a month: records of it are refused from now on, corrections with a reason are not.

    Months close in their order. What is undone of the month (records in suspense and quarantine,
    files that are not wholly in) is told, and nothing is closed, unless each is accepted with a
    reason.
    """
    with connect(server) as client:
        made = client.close_period(
            book, month, reason=reason, author=author, accepts=_reasons(accept)
        )
    close = made.closes[-1]
    say(f"{month} is closed (revision {close.revision}, commit {close.closed.commit_number})")
    for each in close.accepted:
        say(f"accepted: {each.check}, {each.count}: {each.reason}")


@period_app.command("seal")
def seal_period(
    month: MonthArgument,
    book: BookOption,
    reason: ReasonOption,
    *,
    accept: AcceptOption = None,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Seal a closed month: it takes nothing any more."""
    with connect(server) as client:
        made = client.seal_period(
            book, month, reason=reason, author=author, accepts=_reasons(accept)
        )
    say(f"{month} is sealed (revision {made.closes[-1].revision})")


@period_app.command("reopen")
def reopen_period(
    month: MonthArgument,
    book: BookOption,
    reason: ReasonOption,
    *,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Reopen a month, and every one that was closed after it.

    What they held when they were closed stays known, by the commit of the close. Where a later
    one is sealed this is refused, unless the book says otherwise (`tonne book update`).
    """
    with connect(server) as client:
        opened = client.reopen_period(book, month, reason=reason, author=author)
    for each in opened:
        say(f"{each.month} is open again")


@audit_app.command("list")
def list_changes(
    book: BookOption,
    *,
    kind: Annotated[str, typer.Option(help="Changes of this kind alone, like facility.")] = "",
    object_id: Annotated[
        str, typer.Option("--object", metavar="ID", help="Changes of this one alone.")
    ] = "",
    author: Annotated[str, typer.Option("--who", help="Changes that this one made alone.")] = "",
    from_time: Annotated[
        str, typer.Option("--from", metavar="TIME", help="From a day or a time (UTC) on.")
    ] = "",
    to_time: Annotated[
        str, typer.Option("--to", metavar="TIME", help="Before a day or a time (UTC).")
    ] = "",
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    lines: Annotated[
        bool, typer.Option("--lines", help="One JSON object a line, for other programs.")
    ] = False,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List what was changed: books, methods, registers, words, statements, periods, corrections.

    Each entry has who, when, why, and what it was before and after. Entries are never changed.
    """
    conditions = [
        f"{field} {operator} {json.dumps(value)}"
        for field, operator, value in (
            ("kind", "=", kind),
            ("object", "=", object_id),
            ("author", "=", author),
            ("create_time", ">=", _moment(from_time)),
            ("create_time", "<", _moment(to_time)),
        )
        if value
    ]
    asked = " AND ".join([*conditions, *filter(None, [filter_by])])
    with connect(server) as client:
        found = client.list_changes(book, filter_by=asked, order_by=order_by)
        if lines:
            for each in found:
                row = _program_row(each) | {"create_time": each.create_time.isoformat()}
                typer.echo(json_text(row))
        elif form is Format.TABLE:
            print_rows(_CHANGE_COLUMNS, map(_change_row, found), form)
        else:
            print_rows(_CHANGE_PROGRAM_COLUMNS, map(_program_row, found), form)


def _reasons(accept: list[str] | None) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for each in accept or ():
        check, equals, reason = each.partition("=")
        if not (equals and check.strip() and reason.strip()):
            raise typer.BadParameter(
                f"expected CHECK=REASON, like suspense='a factor is missing'; got {each!r}",
                param_hint="--accept",
            )
        reasons[check.strip()] = reason.strip()
    return reasons


def _moment(text: str) -> str:
    return f"{text}T00:00:00Z" if text and "T" not in text else text


def _row(period: "Period") -> dict[str, object]:
    close = period.closes[-1] if period.closes else None
    act = _last_act(close) if close else None
    return {
        "month": period.month,
        "state": period.state.name.lower().replace("_", "-"),
        "revision": close.revision if close else None,
        "by": act.author if act else None,
        "when": act.time.replace(microsecond=0) if act else None,
        "reason": act.reason if act else None,
        "accepted": _accepted(close) if close else None,
    }


def _last_act(close: "PeriodClose") -> "PeriodAct":
    return close.reopened or close.sealed or close.closed


def _history_rows(period: "Period") -> Iterator[dict[str, object]]:
    for close in period.closes:
        acts = (("close", close.closed), ("seal", close.sealed), ("reopen", close.reopened))
        for name, act in acts:
            if act is not None:
                yield {
                    "month": period.month,
                    "revision": close.revision,
                    "act": name,
                    "by": act.author,
                    "when": act.time.replace(microsecond=0),
                    "commit": act.commit_number,
                    "reason": act.reason,
                    "accepted": _accepted(close) if name == "close" else None,
                }


def _accepted(close: "PeriodClose") -> str | None:
    return "; ".join(f"{x.check} {x.count}: {x.reason}" for x in close.accepted) or None


def _change_row(change: "Change") -> dict[str, object]:
    before, after = change.before or {}, change.after or {}
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    if change.before is None:
        text = "new"
    elif change.after is None:
        text = "gone"
    else:
        text = "; ".join(f"{n}: {_text(before.get(n))} -> {_text(after.get(n))}" for n in changed)
    return {
        "number": change.number,
        "create_time": change.create_time.replace(microsecond=0),
        "kind": change.kind,
        "object": change.object,
        "author": change.author or None,
        "reason": change.reason or None,
        "change": text,
    }


def _text(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _program_row(change: "Change") -> dict[str, object]:
    return {
        "number": change.number,
        "create_time": change.create_time,
        "kind": change.kind,
        "object": change.object,
        "author": change.author,
        "reason": change.reason,
        "caller": change.caller,
        "commit_number": change.commit_number,
        "before": change.before,
        "after": change.after,
    }

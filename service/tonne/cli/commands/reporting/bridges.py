"""The command `tonne bridge`."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from tonne.cli.commands.inventory import (
    AccountOption,
    ActivityOption,
    FacilityOption,
    RegionOption,
)
from tonne.cli.commands.stating.statements import document_of, tell
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    exact_text,
    print_json,
    print_rows,
    print_table,
    shown,
    stdout_console,
)
from tonne.cli.terminal.waterfall import Step, bars_of
from tonne.client.answers.report_results import CONSOLIDATIONS
from tonne.statements.changes.bridges import Approach, Bridge, BridgePart, Side

_MONTHS = re.compile(r"(\d{4})(-\d{2})?(?:\.\.(\d{4})(-\d{2})?)?", re.ASCII)

_WORDS = {
    "new_records": "new records",
    "gwp_set": "GWP set",
    "new_activity": "new activity",
    "ended_activity": "ended activity",
}
"""What people read of a cause; others are themselves."""


def show_bridge(  # typer passes by name
    book: BookOption,
    *,
    first: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="MONTHS",
            help="Months of the first answer: YYYY, YYYY-MM or YYYY-MM..YYYY-MM; empty: all.",
        ),
    ] = "",
    last: Annotated[
        str,
        typer.Option("--to", metavar="MONTHS", help="Of the second one; empty: the same."),
    ] = "",
    from_gwp_set: Annotated[
        str, typer.Option(metavar="SET", help="GWP set; empty: that of the book's method.")
    ] = "",
    to_gwp_set: Annotated[str, typer.Option(metavar="SET", help="GWP set.")] = "",
    from_consolidation: Annotated[
        str,
        typer.Option(
            metavar="APPROACH",
            help=f"{', '.join(CONSOLIDATIONS.values())}; empty: that of the book's method.",
        ),
    ] = "",
    to_consolidation: Annotated[str, typer.Option(metavar="APPROACH", help="Approach.")] = "",
    from_method: Annotated[
        int,
        typer.Option(
            metavar="VERSION",
            help="As if all had been posted under this version of the method; 0: as posted.",
        ),
    ] = 0,
    to_method: Annotated[int, typer.Option(metavar="VERSION", help="Version.")] = 0,
    from_structure: Annotated[
        str,
        typer.Option(
            metavar="DAY",
            help="The day whose shares of entities count in all months; empty: each its own.",
        ),
    ] = "",
    to_structure: Annotated[str, typer.Option(metavar="DAY", help="The day.")] = "",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="COLUMN,...",
            help="Unfold each part by any of account, facility, activity.",
        ),
    ] = "",
    rows: Annotated[
        int, typer.Option("--rows", help="Most rows of a part, the largest first.", min=1)
    ] = 20,
    facility: FacilityOption = None,
    activity: ActivityOption = None,
    account: AccountOption = None,
    region: RegionOption = None,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Tell why a number changed: the difference of two answers, cause by cause; it adds up.

    Each part is the difference of two answers of the walk: ask for their inventory or explanation
    with the options that JSON names.
    """
    before = make_side(first, from_gwp_set, from_consolidation, from_method, from_structure)
    after = make_side(last or first, to_gwp_set, to_consolidation, to_method, to_structure)
    with connect(server) as client:
        found = client.bridge(
            book,
            before,
            after,
            facilities=facility or (),
            activities=activity or (),
            accounts=account or (),
            regions=region or (),
            group_by=[each for each in by.split(",") if each],
            rows_max=rows,
        )
    if form is Format.JSON:
        print_json(document_of(found))
        return
    if form is Format.CSV:
        _print_csv(found, unfolds=bool(by))
        return
    print_waterfall(found)
    if by:
        _print_unfolded(found)
    tell_suspended(found)
    tell(found.notices)


def make_side(
    months: str, gwp_set: str = "", consolidation: str = "", method: int = 0, structure: str = ""
) -> Side:
    """Make what an answer is to. Raises `typer.BadParameter`."""
    if consolidation not in set(Approach):
        known = ", ".join(each for each in Approach if each)
        raise typer.BadParameter(f"expected one of {known}; got {consolidation!r}")
    first, last = read_months(months)
    return Side(first, last, gwp_set, Approach(consolidation), method, structure)


def read_months(text: str) -> tuple[str, str]:
    """Read `2025`, `2025-03` or `2025-03..2026-02` as first and last month, both inclusive."""
    if not text:
        return "", ""
    found = _MONTHS.fullmatch(text)
    if found is None:
        raise typer.BadParameter(
            f"expected months like 2025, 2025-03 or 2025-03..2026-02; got {text!r}"
        )
    year, month, last_year, last_month = found.groups()
    end_year, end_month = (last_year, last_month) if last_year else (year, month)
    return f"{year}{month or '-01'}", f"{end_year}{end_month or '-12'}"


def print_waterfall(found: Bridge) -> None:
    """Print the totals and the parts, each with its bar."""
    steps = [
        Step("from", found.from_kg_co2e, is_total=True),
        *(Step(cause_text(part), part.kg_co2e) for part in found.parts),
        Step("to", found.to_kg_co2e, is_total=True),
    ]
    bars, start = bars_of(steps)
    print_table(
        (
            Column("cause"),
            Column("kg_co2e", "kg CO2e", is_rounded=True),
            Column("bar", ""),
        ),
        [
            {"cause": step.name, "kg_co2e": step.amount, "bar": bar}
            for step, bar in zip(steps, bars, strict=True)
        ],
    )
    if start:
        stdout_console().print(shown(f"(the bars begin at {exact_text(round(start, 1))} kg)"))


def cause_text(part: BridgePart) -> str:
    """Write a cause for people."""
    return _WORDS.get(part.cause, str(part.cause))


def tell_suspended(found: Bridge) -> None:
    """Tell what is in neither number."""
    if found.from_suspended_count or found.to_suspended_count:
        tell(
            [
                (
                    f"{found.from_suspended_count:,} records of the first answer and "
                    f"{found.to_suspended_count:,} of the second one wait in suspense, and are in "
                    "neither number"
                )
            ]
        )


def _unfolded(found: Bridge) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for part in found.parts:
        for row in part.rows:
            group = dict(zip(found.group_by, row.group, strict=True))
            rows.append({"cause": cause_text(part), **group, "kg_co2e": row.kg_co2e})
        if part.other_count:
            others = {found.group_by[0]: f"({part.other_count:,} others)"}
            rows.append({"cause": cause_text(part), **others, "kg_co2e": part.other_kg_co2e})
    return rows


def _columns(group_by: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("cause"),
        *(Column(name, width_min=12) for name in group_by),
        Column("kg_co2e", "kg CO2e", is_rounded=True),
    )


def _print_unfolded(found: Bridge) -> None:
    stdout_console().print()
    print_rows(_columns(found.group_by), _unfolded(found), Format.TABLE)


def _print_csv(found: Bridge, *, unfolds: bool) -> None:
    if unfolds:
        print_rows(_columns(found.group_by), _unfolded(found), Format.CSV)
        return
    columns = ("cause", "kg_co2e", "before_kg_co2e", "after_kg_co2e")
    rows = ({name: getattr(part, name) for name in columns} for part in found.parts)
    print_rows([Column(name) for name in columns], rows, Format.CSV)

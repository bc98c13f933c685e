"""The command `tonne bridge`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from tonne.cli.commands.reporting.sides import (
    ApproachOption,
    FirstMonthsOption,
    LastMonthsOption,
    MomentOption,
    SetOption,
    StructureOption,
    VersionOption,
    make_side,
)
from tonne.cli.commands.selecting import (
    AccountOption,
    ActivityOption,
    FacilityOption,
    MonthsByOption,
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
from tonne.statements.changes.bridges import Bridge, BridgePart

ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="COLUMN,...",
        help="Unfold each part by any of account, facility, activity.",
    ),
]
RowsOption = Annotated[
    int, typer.Option("--rows", help="Most rows of a part, the largest first.", min=1)
]

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
    first: FirstMonthsOption = "",
    last: LastMonthsOption = "",
    from_as_of: MomentOption = "",
    to_as_of: MomentOption = "",
    from_method: VersionOption = 0,
    to_method: VersionOption = 0,
    from_gwp_set: SetOption = "",
    to_gwp_set: SetOption = "",
    from_consolidation: ApproachOption = "",
    to_consolidation: ApproachOption = "",
    from_structure: StructureOption = "",
    to_structure: StructureOption = "",
    by: ByOption = "",
    months_by: MonthsByOption = "",
    rows: RowsOption = 20,
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
    before, after = (
        make_side(months, gwp_set, approach, method=method, structure=day, as_of=as_of)
        for months, gwp_set, approach, method, day, as_of in (
            (first, from_gwp_set, from_consolidation, from_method, from_structure, from_as_of),
            (last or first, to_gwp_set, to_consolidation, to_method, to_structure, to_as_of),
        )
    )
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
            months_by=months_by,
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
    lines = [f"as of commit {found.from_commit}"]
    if found.to_commit != found.from_commit:
        lines = [f"as of commits {found.from_commit} and {found.to_commit}"]
    if start:
        lines.append(f"the bars begin at {exact_text(round(start, 1))} kg")
    stdout_console().print(shown(f"({'; '.join(lines)})"))


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

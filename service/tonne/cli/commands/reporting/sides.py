"""Options of what an answer is to: of the two sides of bridges and restatements."""

import re
from typing import Annotated

import typer

from tonne.statements.changes.bridges import Approach, Side

_MONTHS = re.compile(r"(\d{4})(-\d{2})?(?:\.\.(\d{4})(-\d{2})?)?", re.ASCII)

FirstMonthsOption = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="MONTHS",
        help="Months of the first answer: a year, a month, or two with .. between; empty: all.",
    ),
]
LastMonthsOption = Annotated[
    str, typer.Option("--to", metavar="MONTHS", help="Of the second one; empty: the same.")
]
MonthsOption = Annotated[
    str,
    typer.Option("--months", metavar="MONTHS", help="A year, a month, or two with .. between."),
]
SetOption = Annotated[
    str, typer.Option(metavar="SET", help="GWP set; empty: that of the book's method.")
]
ApproachOption = Annotated[
    str,
    typer.Option(
        metavar="APPROACH",
        help="Of consolidation, like equity-share; empty: that of the book's method.",
    ),
]
VersionOption = Annotated[
    int,
    typer.Option(
        metavar="VERSION",
        help="As if all had been posted under this version of the method; 0: as posted.",
    ),
]
StructureOption = Annotated[
    str,
    typer.Option(
        metavar="DAY",
        help="The day whose shares of entities count in all months; empty: each its own.",
    ),
]
MomentOption = Annotated[
    str,
    typer.Option(metavar="COMMIT|TIME", help="As of this commit or time, RFC 3339; empty: now."),
]


def make_side(
    months: str,
    gwp_set: str = "",
    consolidation: str = "",
    *,
    method: int = 0,
    structure: str = "",
    as_of: str = "",
) -> Side:
    """Make what an answer is to. Raises `typer.BadParameter`."""
    if consolidation not in set(Approach):
        known = ", ".join(each for each in Approach if each)
        raise typer.BadParameter(f"expected one of {known}; got {consolidation!r}")
    first, last = read_months(months)
    return Side(first, last, gwp_set, Approach(consolidation), method, structure, as_of)


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

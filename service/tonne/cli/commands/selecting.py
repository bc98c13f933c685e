"""What reports are asked for: months, sites, accounts, how it is valued, and as of when."""

from typing import Annotated

import typer

from tonne.cli.terminal.output import say
from tonne.client import DIMENSIONS
from tonne.client.answers.report_results import CONSOLIDATIONS
from tonne.client.answers.results import BookMoment

FromOption = Annotated[
    str,
    typer.Option(
        "--from", metavar="YYYY-MM", help="First month, YYYY-MM; empty: the first one of the book."
    ),
]
ToOption = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="YYYY-MM",
        help="Last month, YYYY-MM, inclusive; empty: the last one of the book.",
    ),
]
FacilityOption = Annotated[
    list[str] | None,
    typer.Option("--facility", metavar="ID", help="Only this facility; repeatable."),
]
ActivityOption = Annotated[
    list[str] | None, typer.Option("--activity", metavar="ID", help="Only this; repeatable.")
]
AccountOption = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="ACCOUNT", help="Only this and those below; repeatable."),
]
RegionOption = Annotated[
    list[str] | None, typer.Option("--region", metavar="REGION", help="Only this; repeatable.")
]
GwpOption = Annotated[
    str,
    typer.Option(
        "--gwp-set", metavar="AR4|AR5|AR6|AR6-7SM7", help="Empty: that of the book's method."
    ),
]
ConsolidationOption = Annotated[
    str,
    typer.Option(
        "--consolidation",
        metavar="APPROACH",
        help=f"{', '.join(CONSOLIDATIONS.values())}; empty: that of the book's method.",
    ),
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="COLUMN,...",
        help=f"Group by any of {', '.join(DIMENSIONS)}; empty: the total alone.",
    ),
]

MonthsByOption = Annotated[
    str,
    typer.Option(
        "--months-by",
        metavar="counted|happened",
        help="What months are: those in which records count (also if empty), or in which they "
        "happened.",
    ),
]
AsOfOption = Annotated[
    str,
    typer.Option(
        "--as-of",
        metavar="COMMIT|TIME",
        help="As of a commit, like 1234, or a time with its offset, like 2026-03-31T23:59:59Z; "
        "empty: now.",
    ),
]
MethodOption = Annotated[
    int,
    typer.Option(
        "--method",
        metavar="VERSION",
        min=0,
        help="Post what was recorded by this version of the method; 0: by those of then.",
    ),
]


def tell_moment(moment: BookMoment | None) -> None:
    """Tell as of which commit an answer is: with `--as-of` it is the same for ever."""
    if moment is not None:
        say(f"as of commit {moment.commit}, {moment.time:%Y-%m-%dT%H:%M:%SZ}")


def moment_document(moment: BookMoment | None) -> dict[str, object]:
    """Make what a JSON document says of its moment."""
    if moment is None:
        return {}
    return {"commit": moment.commit, "as_of_time": moment.time.isoformat()}

"""Options of when: as of which moment an answer is, and what was stated by then."""

import datetime as dt
from typing import Annotated

import typer

from tonne.cli.commands.selecting import tell_moment
from tonne.client.answers.results import BookMoment
from tonne.statements.answers import (
    Claims,
    MeasureEffect,
    Pipeline,
    ProductTotals,
    Scope3Evidence,
    SupplierCoverage,
    TargetProgress,
)

Answer = (
    Claims
    | MeasureEffect
    | Pipeline
    | ProductTotals
    | Scope3Evidence
    | SupplierCoverage
    | TargetProgress
)

StatedByOption = Annotated[
    str,
    typer.Option(
        "--stated-by",
        metavar="TIME",
        help="Only what was stated by then, in ISO 8601, beside the records of --as-of.",
    ),
]


def read_stated_by(text: str) -> dt.datetime | None:
    """Read a time in ISO 8601, UTC where it names no zone; None of nothing."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"expected a time like 2025-12-31T12:00:00Z; got {text!r}", param_hint="--stated-by"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def tell_moment_of(found: Answer) -> None:
    """Tell as of which commit an answer is."""
    if found.as_of_time is not None:
        tell_moment(BookMoment(found.commit, found.as_of_time))

"""The command `tonne append`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.appending.outcome import NegativeRule, RepeatRule
from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    ServerOption,
    book_zone,
)
from tonne.cli.input.reading import reading_options
from tonne.cli.terminal.output import Format, FormatOption
from tonne.imports.options import ReadingOptions

if TYPE_CHECKING:
    from tonne.cli.appending.mends import Correcting

_REASON_CODES = ("error", "estimate", "duplicate", "other")

ChannelOption = Annotated[str, typer.Option(metavar="CHANNEL", help="Id of the channel.")]
StartOffsetOption = Annotated[
    int,
    typer.Option(
        min=0,
        help="Number of records in the channel before the first one of these files. What the "
        "ledger has of the files already is skipped.",
    ),
]
RepeatsOption = Annotated[
    RepeatRule,
    typer.Option(
        "--repeats",
        help="What becomes of a record whose record_id stands twice in these files: stop and "
        "post nothing, skip what is the same in every field, or keep all.",
    ),
]
NegativeOption = Annotated[
    NegativeRule,
    typer.Option(
        "--negative",
        help="What a negative quantity of purchased electricity is: a correction, which lessens "
        "what was bought, or an export, which is posted as electricity.export.",
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option(
        "--strict", help="Try all records first, and post none where one would go to quarantine."
    ),
]


AgainOption = Annotated[
    bool,
    typer.Option("--again", help="Post records that the ledger has from another import already."),
]


GoneStayOption = Annotated[
    bool,
    typer.Option(
        "--gone-stay",
        help="Records of the channel that the files no longer have stay as they are: for a list "
        "of the last twelve months, say. Without it the command stops.",
    ),
]


CorrectOption = Annotated[
    bool,
    typer.Option(
        "--correct",
        help="Rows that differ from what is posted correct it: that is taken back, and the rows "
        "are posted in its place. Without it they stop the command.",
    ),
]
ReasonOption = Annotated[str, typer.Option(help="Of --correct: why, in words.")]
ReasonCodeOption = Annotated[
    str,
    typer.Option(
        "--reason-code", help="Of --correct: error, estimate (settled), duplicate or other."
    ),
]


def correcting_of(
    reason: str, reason_code: str, author: str, *, is_wanted: bool
) -> "Correcting | None":
    """Read the options of a correction; None where it is not wanted."""
    from tonne.cli.appending.mends import Correcting  # noqa: PLC0415  # loads Polars

    if not is_wanted:
        return None
    if not reason.strip():
        raise typer.BadParameter("--correct needs --reason: why the records were wrong")
    if reason_code not in _REASON_CODES:
        known = ", ".join(_REASON_CODES)
        raise typer.BadParameter(f"--reason-code: expected one of {known}; got {reason_code!r}")
    return Correcting(reason, reason_code, author)


@reading_options
def append_files(  # noqa: PLR0917  # typer passes by name
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            dir_okay=False,
            allow_dash=True,
            help="csv, tsv, xlsx, xls, ods, parquet, arrow, jsonl, json, or - for standard "
            "input; several files are one sequence.",
        ),
    ],
    book: BookOption,
    channel: ChannelOption,
    start_offset: StartOffsetOption = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    repeats: RepeatsOption = RepeatRule.STOP,
    strict: StrictOption = False,
    again: AgainOption = False,
    gone_stay: GoneStayOption = False,
    correct: CorrectOption = False,
    reason: ReasonOption = "",
    reason_code: ReasonCodeOption = "error",
    author: AuthorOption = "",
    negative: NegativeOption = NegativeRule.CORRECTIONS,
    reading: ReadingOptions,
) -> None:
    """Append files of records to a channel. Run again, it continues where the ledger stands.

    Exits with 0 where all records are posted, by now or before; 3 where some are not (in
    quarantine or in suspense); 4 where none is; 1 and 2 where the command failed.
    """
    from tonne.cli.appending.run import Append  # noqa: PLC0415  # loads Polars
    from tonne.cli.appending.sources import opened_sources  # noqa: PLC0415  # loads Polars

    with opened_sources(files, reading, book_zone(server, book)) as (sources, remarks):
        Append(
            sources,
            book,
            channel,
            start_offset,
            repeats=repeats,
            strict=strict,
            again=again,
            gone_stay=gone_stay,
            negative=negative,
            correcting=correcting_of(reason, reason_code, author, is_wanted=correct),
        ).run(server, form, remarks)

"""The command `tonne indicator`: definitions, values of a book, claims."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from tonne.cli.commands.inventory import print_left_out
from tonne.cli.commands.reporting.explained import CoalOption, explain_indicator
from tonne.cli.commands.reporting.own_indicators import (
    define_indicators,
    list_versions,
    retire_indicator,
)
from tonne.cli.commands.selecting import (
    AsOfOption,
    ConsolidationOption,
    FacilityOption,
    FromOption,
    GwpOption,
    RegionOption,
    ToOption,
    tell_moment,
)
from tonne.cli.connection import (
    BOOK_VARIABLE,
    DEFAULT_SERVER,
    BookOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.indicator_texts import (
    definition_document,
    definition_lines,
    definition_row,
    lines_of_months,
    value_row,
    values_document,
)
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    print_json,
    print_rows,
    say,
)
from tonne.client.answers.steering.indicator_results import IndicatorValue, IndicatorValues
from tonne.client.indicators import PLACES, SPANS

indicator_app = typer.Typer(
    help="Indicators of a book: exact ratios of what is posted, by versioned definitions.",
    no_args_is_help=True,
)
indicator_app.command("explain")(explain_indicator)
indicator_app.command("define")(define_indicators)
indicator_app.command("versions")(list_versions)
indicator_app.command("retire")(retire_indicator)

IndicatorOption = Annotated[
    list[str] | None,
    typer.Option("--indicator", "-i", metavar="ID", help="Only this one; repeatable."),
]
OwnOption = Annotated[
    str,
    typer.Option("--book", metavar="BOOK", envvar=BOOK_VARIABLE, help="Those of its own, too."),
]
VersionOption = Annotated[
    int, typer.Option("--version", metavar="N", min=0, help="Of this version; 0: the latest.")
]

_LIST_COLUMNS = (
    Column("id"),
    Column("unit"),
    Column("better"),
    Column("title", width_min=PROSE_WIDTH_MIN),
)
_LIST_CSV_COLUMNS = (
    *_LIST_COLUMNS,
    Column("version"),
    Column("source"),
    Column("numerator"),
    Column("denominator"),
    Column("times"),
    Column("low"),
    Column("high"),
    Column("note"),
)
_PLACE_COLUMN = Column("place", is_optional=True, width_min=12)
_VALUE_COLUMNS = (
    Column("indicator"),
    _PLACE_COLUMN,
    Column("from_period", "from", is_optional=True),
    Column("to_period", "to", is_optional=True),
    Column("value"),
    Column("unit"),
    Column("grade", is_optional=True),
    Column("months", is_optional=True),
)
_VALUE_CSV_COLUMNS = (
    Column("indicator"),
    Column("version"),
    Column("place"),
    Column("from_period"),
    Column("to_period"),
    Column("value"),
    Column("exact"),
    Column("unit"),
    Column("numerator"),
    Column("denominator"),
    Column("grade"),
    Column("refusal"),
    Column("message"),
    Column("remarks"),
)
_CHECK_COLUMNS = (
    Column("indicator"),
    Column("value"),
    Column("fits"),
    Column("grade", is_optional=True),
    Column("refusal", "why not", is_optional=True, width_min=PROSE_WIDTH_MIN),
)


@indicator_app.command("list")
def list_indicators(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="Words of the id, the title or the source."),
    ] = None,
    book: OwnOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the definitions of indicators."""
    with connect(server) as client:
        found = client.list_indicators(" ".join(words or ()), book=book)
    rows = [definition_row(each) for each in found]
    if form is Format.JSON:
        print_json([definition_document(each) for each in found])
    else:
        print_rows(_LIST_COLUMNS if form is Format.TABLE else _LIST_CSV_COLUMNS, rows, form)
    if not found:
        say("no definition has these words: `tonne indicator list` lists all")


@indicator_app.command("show")
def show_indicator(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    book: OwnOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Print a definition: what is divided by what, who says so, which values can be."""
    with connect(server) as client:
        found = {each.id: each for each in client.list_indicators(book=book)}
    if indicator not in found:
        raise typer.BadParameter(
            f"no indicator is called {indicator!r}: `tonne indicator list` lists all",
            param_hint="ID",
        )
    one = found[indicator]
    if form is Format.JSON:
        print_json(definition_document(one))
        return
    columns = (Column("what"), Column("is", width_min=PROSE_WIDTH_MIN))
    rows = [{"what": what, "is": text} for what, text in definition_lines(one) if text]
    print_rows(columns, rows, form)


@indicator_app.command("value")
def show_values(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    indicator: IndicatorOption = None,
    version: VersionOption = 0,
    from_period: FromOption = "",
    to_period: ToOption = "",
    by: Annotated[
        str, typer.Option("--by", metavar="PLACE", help=f"Each apart: {', '.join(PLACES)}.")
    ] = "",
    span: Annotated[
        str, typer.Option("--span", metavar="SPAN", help=f"Of each: {', '.join(SPANS)}.")
    ] = "",
    facility: FacilityOption = None,
    region: RegionOption = None,
    gwp_set: GwpOption = "",
    consolidation: ConsolidationOption = "",
    coal_set: CoalOption = "",
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Print indicators of a book, complete up to the last acknowledged record."""
    if version and len(indicator or ()) != 1:
        raise typer.BadParameter("expected one -i that has it", param_hint="--version")
    names = [f"{each}@{version}" if version else each for each in indicator or ()]
    with connect(server) as client:
        ask = partial(
            client.indicators,
            book,
            names,
            from_period=from_period,
            to_period=to_period,
            by=by,
            facilities=facility or (),
            regions=region or (),
            gwp_set=gwp_set,
            consolidation=consolidation,
            coal_set=coal_set,
            as_of=as_of,
        )
        found = ask(span=span)
        has_line = form is Format.TABLE and not span and bool(found.values)
        same = as_of if found.moment is None else found.moment.commit
        months = ask(span="month", as_of=same).values if has_line else ()
    if form is not Format.JSON:
        tell_moment(found.moment)
    if form is Format.JSON:
        print_json(values_document(found))
    elif form is Format.CSV:
        print_rows(_VALUE_CSV_COLUMNS, [value_row(each) for each in found.values], form)
        print_notices(found, book)
    else:
        # Nobody asked for what the book has no record of.
        lacking = () if indicator else tuple(filter(_lacks_records, found.values))
        kept = replace(found, values=tuple(each for each in found.values if each not in lacking))
        print_values(kept, months, has_spans=bool(span))
        print_remarks(kept, lacking)
        print_notices(found, book)


@indicator_app.command("check")
def check_claims(
    claims: Annotated[
        list[str],
        typer.Argument(
            metavar="ID=VALUE...", help="Claims of one subject, like 'ere=over 80 %' pue_3=1.1."
        ),
    ],
    form: FormatOption = Format.TABLE,
    book: OwnOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Hold claims against the definitions that they name; exit code 1 where one does not fit."""
    pairs = []
    for claim in claims:
        indicator, sign, value = claim.partition("=")
        if not sign:
            raise typer.BadParameter(
                f"expected ID=VALUE, like pue_3=1.1; got {claim!r}", param_hint="ID=VALUE"
            )
        pairs.append((indicator.strip(), value.strip()))
    with connect(server) as client:
        checks = client.check_claims(pairs, book=book)
    rows = [
        {
            "indicator": each.indicator,
            "value": each.value,
            "fits": "no" if each.refusal else "yes",
            "grade": each.grade or None,
            "refusal": each.refusal or None,
        }
        for each in checks
    ]
    print_rows(_CHECK_COLUMNS, rows, form)
    if any(each.refusal for each in checks):
        raise typer.Exit(1)


def print_values(
    found: IndicatorValues, months: Sequence[IndicatorValue], *, has_spans: bool
) -> None:
    """Print a table of values, with a line of months where these are at hand."""
    lines = lines_of_months(months)
    rows = []
    for each in found.values:
        spans = (each.from_period, each.to_period) if has_spans else (None, None)
        rows.append(
            {
                "indicator": each.indicator,
                "place": each.place or None,
                "from_period": spans[0],
                "to_period": spans[1],
                "value": each.value or "-",
                "unit": "" if each.unit == "1" else each.unit,
                "grade": each.grade or None,
                "months": lines.get((each.indicator, each.place)),
            }
        )
    print_rows(_VALUE_COLUMNS, rows, Format.TABLE)


def print_remarks(found: IndicatorValues, lacking: Sequence[IndicatorValue]) -> None:
    """Tell which values are refused, and which are of unlike months."""
    for each in found.values:
        where = " ".join(filter(None, (each.indicator, each.place)))
        if each.refusal:
            months = f"{each.from_period} to {each.to_period}"
            say(f"{where}: no value from {months}: {each.message}")
        for remark in () if each.refusal else each.remarks:
            say(f"{where}: unlike months: {remark}")
    if lacking:
        names = ", ".join(dict.fromkeys(each.indicator for each in lacking))
        say(f"without records to divide, or to divide by: {names}; `-i ID` tells what each lacks")


def print_notices(found: IndicatorValues, book: str) -> None:
    """Tell what the values do not say by themselves."""
    if not found.values:
        say("nothing is posted that an indicator is made of; see docs/indicators.md")
    for item in found.notices:
        say(f"notice: {item.message} ({', '.join(item.indicators)})")
    print_left_out(found.suspended_count, found.quarantined_count, book)


def _lacks_records(value: IndicatorValue) -> bool:
    return value.refusal.endswith("_MISSING")

"""The command `tonne indicator`: definitions, values of a book, claims."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

import typer

from tonne.catalogue.resolving.valuation import exact_text
from tonne.cli.commands.inventory import (
    ConsolidationOption,
    FacilityOption,
    FromOption,
    GwpOption,
    RegionOption,
    ToOption,
    print_left_out,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    print_json,
    print_rows,
    say,
)
from tonne.client.indicators import (
    PLACES,
    SPANS,
    Indicator,
    IndicatorTerm,
    IndicatorValue,
    IndicatorValues,
)

indicator_app = typer.Typer(
    help="Indicators of a book: exact ratios of what is posted, by versioned definitions.",
    no_args_is_help=True,
)

BARS = "▁▂▃▄▅▆▇█"
"""Heights of a line of months, the lowest first."""

NO_BAR = "·"
"""A month without a value."""

MONTHS_SHOWN = 24
"""Months of a line, the last ones."""

IndicatorOption = Annotated[
    list[str] | None,
    typer.Option("--indicator", "-i", metavar="ID", help="Only this one; repeatable."),
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
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the definitions of indicators."""
    with connect(server) as client:
        found = client.list_indicators(" ".join(words or ()))
    rows = [_definition_row(each) for each in found]
    if form is Format.JSON:
        print_json([_definition_document(each) for each in found])
    else:
        print_rows(_LIST_COLUMNS if form is Format.TABLE else _LIST_CSV_COLUMNS, rows, form)
    if not found:
        say("no definition has these words: `tonne indicator list` lists all")


@indicator_app.command("show")
def show_indicator(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Print a definition: what is divided by what, who says so, which values can be."""
    with connect(server) as client:
        found = {each.id: each for each in client.list_indicators()}
    if indicator not in found:
        raise typer.BadParameter(
            f"no indicator is called {indicator!r}: `tonne indicator list` lists all",
            param_hint="ID",
        )
    one = found[indicator]
    if form is Format.JSON:
        print_json(_definition_document(one))
        return
    columns = (Column("what"), Column("is", width_min=PROSE_WIDTH_MIN))
    rows = [{"what": what, "is": text} for what, text in _definition_lines(one) if text]
    print_rows(columns, rows, form)


@indicator_app.command("value")
def show_values(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    indicator: IndicatorOption = None,
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
    coal_set: Annotated[
        str,
        typer.Option("--coal-set", metavar="SET", help="Coal equivalents; empty: the first set."),
    ] = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Print indicators of a book, complete up to the last acknowledged record."""
    asked = {
        "from_period": from_period,
        "to_period": to_period,
        "by": by,
        "facilities": facility or (),
        "regions": region or (),
        "gwp_set": gwp_set,
        "consolidation": consolidation,
        "coal_set": coal_set,
    }
    with connect(server) as client:
        found = client.indicators(book, indicator or (), span=span, **asked)  # type: ignore[arg-type]
        wants_months = form is Format.TABLE and not span and bool(found.values)
        months = (
            client.indicators(book, indicator or (), span="month", **asked).values  # type: ignore[arg-type]
            if wants_months
            else ()
        )
    if form is Format.JSON:
        print_json(_values_document(found))
    elif form is Format.CSV:
        print_rows(_VALUE_CSV_COLUMNS, [_value_row(each) for each in found.values], form)
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
        checks = client.check_claims(pairs)
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
    lines = _lines_of_months(months)
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


def line_of(values: Sequence[Fraction | None]) -> str:
    """Draw values as bars between the least and the greatest one."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    steps = len(BARS) - 1
    bars = []
    for value in values:
        if value is None:
            bars.append(NO_BAR)
        elif high == low:
            bars.append(BARS[steps // 2])
        else:
            bars.append(BARS[round((value - low) / (high - low) * steps)])
    return "".join(bars)


def _lines_of_months(months: Sequence[IndicatorValue]) -> dict[tuple[str, str], str]:
    found: defaultdict[tuple[str, str], dict[str, Fraction | None]] = defaultdict(dict)
    for each in months:
        found[each.indicator, each.place][each.from_period] = each.exact
    periods = sorted({each.from_period for each in months})[-MONTHS_SHOWN:]
    if len(periods) < 2:  # noqa: PLR2004  # one month is no line
        return {}
    return {
        key: line
        for key, by_month in found.items()
        if (line := line_of([by_month.get(period) for period in periods]))
    }


def _definition_row(one: Indicator) -> dict[str, object]:
    return {
        "id": one.id,
        "version": one.version,
        "title": one.title,
        "unit": "" if one.unit == "1" else one.unit,
        "better": "lower" if one.lower_is_better else "higher",
        "source": one.source,
        "numerator": _side(one.numerator),
        "denominator": _side(one.denominator),
        "times": exact_text(one.times),
        "low": "" if one.low is None else exact_text(one.low),
        "high": "" if one.high is None else exact_text(one.high),
        "note": one.note,
    }


def _definition_document(one: Indicator) -> dict[str, object]:
    return {
        **_definition_row(one),
        "unit": one.unit,
        "digits": one.digits,
        "by_site": one.by_site,
        "at_most": one.at_most,
        "grades": [{"grade": grade, "limit": exact_text(limit)} for grade, limit in one.grades],
        "grades_source": one.grades_source,
    }


def _definition_lines(one: Indicator) -> list[tuple[str, str]]:
    bounds = [
        f"{word} {exact_text(value)}"
        for word, value in (("not below", one.low), ("not above", one.high))
        if value is not None
    ]
    if one.at_most:
        bounds.append(f"not above {one.at_most}")
    sign = "<=" if one.lower_is_better else ">="
    grades = ", ".join(f"{name}: {sign} {exact_text(limit)}" for name, limit in one.grades)
    times = "" if one.times == 1 else f"; the ratio times {exact_text(one.times)}"
    return [
        ("indicator", f"{one.id}, version {one.version}"),
        ("title", one.title),
        ("source", one.source),
        ("unit", (one.unit if one.unit != "1" else "a ratio") + times),
        ("numerator", _side(one.numerator)),
        ("denominator", _side(one.denominator)),
        ("better", "lower" if one.lower_is_better else "higher"),
        ("can be", ", ".join(bounds)),
        ("compared", "site by site" if one.by_site else "over all sites"),
        ("grades", f"{grades} ({one.grades_source})" if grades else ""),
        ("note", one.note),
    ]


def _side(terms: Sequence[IndicatorTerm]) -> str:
    """Write a side of a ratio."""
    texts: list[str] = []
    for term in terms:
        unit = f"{term.unit} CO2e" if term.measure == "kg_co2e" else term.unit
        text = f"{unit} of {' + '.join(term.accounts)}"
        limits = [
            *(f"{each} alone" for each in term.activities),
            *(f"sites of type {each}" for each in term.facility_types),
            *term.sources,
        ]
        text += f" ({', '.join(limits)})" if limits else ""
        texts.append(f"- {text}" if term.taken_off else f"+ {text}" if texts else text)
    return " ".join(texts)


def _value_row(each: IndicatorValue) -> dict[str, object]:
    return {
        "indicator": each.indicator,
        "version": each.version,
        "place": each.place,
        "from_period": each.from_period,
        "to_period": each.to_period,
        "value": each.value,
        "exact": "" if each.exact is None else exact_text(each.exact),
        "unit": each.unit,
        "numerator": exact_text(each.numerator),
        "denominator": exact_text(each.denominator),
        "grade": each.grade,
        "refusal": each.refusal,
        "message": each.message,
        "remarks": "; ".join(each.remarks),
    }


def _values_document(found: IndicatorValues) -> Mapping[str, object]:
    return {
        "values": [{**_value_row(each), "remarks": list(each.remarks)} for each in found.values],
        "notices": [
            {"reason": each.reason, "message": each.message, "indicators": list(each.indicators)}
            for each in found.notices
        ],
        "suspended_records": found.suspended_count,
        "quarantined_records": found.quarantined_count,
        "gwp_set": found.gwp_set,
        "consolidation": found.consolidation,
        "coal_set": found.coal_set,
    }

"""The commands `tonne factor` and `tonne activity`: what the catalogue knows."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated

import typer

from tonne.catalogue.editions.by_activity import ShippedFactors
from tonne.catalogue.editions.countries import (
    KINDS,
    CountryGrid,
    countries,
    country_of,
    grid_advice,
)
from tonne.catalogue.editions.edition import COLUMNS
from tonne.catalogue.editions.factor import Factor, plain_text
from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.catalogue.editions.search import search_activities, search_factors
from tonne.catalogue.editions.steps import write_steps
from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.regions import read_region
from tonne.catalogue.words.rules import CONTEXTS, legs_of
from tonne.catalogue.words.taxonomy import Activity
from tonne.cli.connection import BOOK_VARIABLE, DEFAULT_SERVER, ServerOption, connect
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    print_rows,
    say,
)
from tonne.client.answers import factors as answers
from tonne.errors import EditionUnknown, FactorUnknown

factor_app = typer.Typer(
    help="Emission factors: those that ship with Tonne, and a book's own.", no_args_is_help=True
)
activity_app = typer.Typer(
    help="Activities: what a record can say that was done.", no_args_is_help=True
)

BookChoice = Annotated[
    str,
    typer.Option(
        "--book",
        metavar="BOOK",
        envvar=BOOK_VARIABLE,
        help=(
            "Search the editions of this book's method, its imported ones too (asks the "
            "server). Without it: the shipped editions."
        ),
    ),
]
Words = Annotated[
    list[str],
    typer.Argument(metavar="WORD...", help="Words or beginnings of words to search for."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Show at most N matches.")]

_FIRST_DATED = "1970"
"""Validities before this year stand for sources that state none."""

_FACTOR_COLUMNS = (
    Column("activity", width_min=24),
    Column("region", is_optional=True),
    Column("unit"),
    Column("stage", is_optional=True),
    Column("amount", "per unit", width_min=14),
    Column("valid"),
    Column("edition", width_min=12),
    Column("number", "row"),
)
_ACTIVITY_COLUMNS = (
    Column("id", width_min=24),
    Column("title", width_min=24),
    Column("units", width_min=10),
    Column("accounts", width_min=24),
)
_COUNTRY_COLUMNS = (
    Column("country"),
    Column("name", width_min=16),
    *(Column(kind.replace(" ", "_"), kind) for kind in KINDS),
    Column("parts", is_optional=True),
    Column("import", is_optional=True, width_min=PROSE_WIDTH_MIN),
)
_FIELD_COLUMNS = (Column("field"), Column("value", width_min=PROSE_WIDTH_MIN))


@factor_app.command("search")
def find_factors(  # noqa: PLR0917  # typer passes by name
    words: Words,
    book: BookChoice = "",
    region: Annotated[str, typer.Option(help="Only factors of this region.")] = "",
    unit: Annotated[str, typer.Option(help="Only factors of this unit.")] = "",
    limit: Limit = 20,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Find factors by words, like `tonne factor search diesel van`."""
    query = " ".join(words)
    if book:
        with connect(server) as client:
            found = client.search_factors(query, book=book, region=region, unit=unit, limit=limit)
        rows = [_message_row(factor) for factor in found.factors]
        count = found.total_size
    else:
        ranked = default_settings().editions
        order = [*ranked, *(name for name in shipped_editions() if name not in ranked)]
        editions = ((name, shipped_editions()[name].factors) for name in order)
        hits, count = search_factors(editions, query, region=region, unit=unit, limit=limit)
        rows = [_factor_row(edition, factor) for edition, factor in hits]
    print_rows(_columns(form), rows, form)
    _tell_rest(len(rows), count)
    if not rows:
        _tell_nearest(query)


@factor_app.command("list")
def list_factors(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="Id of the edition.")],
    book: BookChoice = "",
    activity: Annotated[str, typer.Option(help="Only factors of this activity.")] = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the factors of an edition in the order of its rows."""
    print_rows(_columns(form), _factors_of(edition, book, activity, server), form)


@factor_app.command("show")
def show_factor(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="Id of the edition.")],
    row: Annotated[
        int, typer.Argument(metavar="ROW", help="Row of the factor, as lists show it.")
    ],
    book: BookChoice = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show all that is known of one factor: figures, source, licence."""
    if book:
        with connect(server) as client:
            values = _message_row(client.get_factor(edition, row, book=book))
    else:
        factors = _shipped(edition)
        if not 1 <= row <= len(factors):
            raise FactorUnknown.of("", edition, row)
        values = _factor_row(edition, factors[row - 1])
    fields = [(name, values[name]) for name in ("edition", "number", *COLUMNS, "hours")]
    if form is Format.TABLE:
        rows = [{"field": name, "value": value} for name, value in fields if value]
        print_rows(_FIELD_COLUMNS, rows, form)
    else:
        print_rows([Column(name) for name, _ in fields], [dict(fields)], form)


@factor_app.command("countries")
def list_countries(
    region: Annotated[
        str,
        typer.Argument(metavar="[REGION]", help="A country, or a part of it; without it, all."),
    ] = "",
    form: FormatOption = Format.TABLE,
) -> None:
    """List what ships for the electricity of each country, and of which years.

    `grid` is the generation alone, for scope 2; `life cycle` holds the upstream too and serves
    where a method names its edition. Of one country: what to do where a figure is missing.
    """
    if not region:
        print_rows(_COUNTRY_COLUMNS, map(_country_row, countries().values()), form)
        return
    place = read_region(region)
    country = countries().get(country_of(place)) if place else None
    if country is None:
        raise typer.BadParameter(
            f"expected a country of ISO 3166, or a part of one, like DE or Germany; got "
            f"{region!r}",
            param_hint="REGION",
        )
    print_rows(_COUNTRY_COLUMNS, [_country_row(country)], form)
    if form is Format.TABLE:
        named = default_settings().editions
        grid = [each for each in country.editions_of("grid") if each in named]
        if grid:
            say(f"grid factors of {country.name} are in the default order: {', '.join(grid)}")
        else:
            say(f"no grid factor of {country.name}: {grid_advice(country.region, named)}")


def _country_row(country: CountryGrid) -> dict[str, object]:
    return {
        "country": country.region,
        "name": country.name,
        **{kind.replace(" ", "_"): country.years_of(kind) for kind in KINDS},
        "parts": country.part_count or None,
        "import": "; ".join(map(str, country.sources)),
    }


@activity_app.command("search")
def find_activities(words: Words, limit: Limit = 20, form: FormatOption = Format.TABLE) -> None:
    """Find activities by words, like `tonne activity search flight business`."""
    query = " ".join(words)
    hits, count, near = search_activities(query, limit)
    print_rows(_ACTIVITY_COLUMNS, [_activity_row(activity) for activity in hits], form)
    _tell_rest(len(hits), count)
    if not hits and near:
        say(f"no activity has all these words; the nearest activities are {', '.join(near)}")


@activity_app.command("list")
def list_activities(form: FormatOption = Format.TABLE) -> None:
    """List all activities, and the words that may stand before them."""
    print_rows(_ACTIVITY_COLUMNS, map(_activity_row, taxonomy.activities().values()), form)
    if form is Format.TABLE:
        say("")
        say("prefixes, before any of them and with a dot:")
        for word, context in CONTEXTS.items():
            say(f"  {word:12} {context.title}")


def _factors_of(
    edition: str, book: str, activity: str, server: str
) -> Iterator[dict[str, object]]:
    if book:
        with connect(server) as client:
            yield from map(
                _message_row, client.list_factors(edition, book=book, activity=activity)
            )
        return
    factors = _shipped(edition)
    for factor in factors.of(activity) if activity else factors:
        yield _factor_row(edition, factor)


def _shipped(edition: str) -> ShippedFactors:
    found = shipped_editions().get(edition)
    if found is None:
        raise EditionUnknown.shipped(edition, shipped_editions())
    return found.factors


def _columns(form: Format) -> Sequence[Column]:
    """Give a table's columns, or every field for programs."""
    if form is Format.TABLE:
        return _FACTOR_COLUMNS
    return [Column(name) for name in ("edition", "number", *COLUMNS)]


def _factor_row(edition: str, factor: Factor) -> dict[str, object]:
    values: dict[str, str] = {}
    for name in COLUMNS:
        value = getattr(factor, "cell" if name == "row" else name)
        if name == "gases":
            values[name] = ";".join(f"{gas}={plain_text(kg)}" for gas, kg in value)
        elif name == "steps":
            values[name] = write_steps(value)
        elif isinstance(value, Decimal):
            values[name] = plain_text(value)
        else:
            values[name] = "" if value is None else str(value)
    values["hours"] = factor.hours
    return _row(edition, str(factor.row), values)


def _message_row(factor: answers.Factor) -> dict[str, object]:
    parts = factor.name.split("/")
    values = {name: str(getattr(factor, name)) for name in COLUMNS}
    values["gases"] = ";".join(f"{each.gas}={each.kg}" for each in factor.gases)
    values["steps"] = write_steps(factor.steps)
    values["hours"] = factor.hours
    return _row(parts[-3], parts[-1], values)


def _row(edition: str, number: str, values: dict[str, str]) -> dict[str, object]:
    return {
        **values,
        "edition": edition,
        "number": number,
        "amount": _amount(values),
        "valid": _validity(values["valid_from"], values["valid_to"]),
    }


def _validity(first: str, stop: str) -> str:
    """Tell a validity in few words: a year, months, or that there is no end."""
    is_undated = first < _FIRST_DATED
    if not stop:
        return "any time" if is_undated else f"from {first[:7]}"
    if first[4:] == stop[4:] == "-01-01" and int(stop[:4]) == int(first[:4]) + 1:
        return first[:4]
    return f"{first[:7]} to {stop[:7]}"


def _amount(values: dict[str, str]) -> str:
    """Tell in one cell what a unit is worth."""
    if values["hours"]:
        return "by the hour"
    for name, what in (
        ("kg_co2e", "kg CO2e"),
        ("kg_co2", "kg CO2"),
        ("kg_biogenic_co2", "kg CO2 of biomass"),
        ("kwh", "kWh"),
        ("loss", "lost"),
        ("kg_ch4", "kg CH4"),
    ):
        if values[name]:
            return f"{values[name]} {what}"
    return values["gases"].replace(";", " ") or values["steps"].replace(";", "; ")


def _activity_row(activity: Activity) -> dict[str, object]:
    return {
        "id": activity.id,
        "title": activity.title,
        "units": " ".join(activity.units),
        "accounts": " ".join(dict.fromkeys(leg.account for leg in legs_of(activity.rule))),
        "rule": activity.rule,
        "aliases": " ".join(activity.aliases),
    }


def _tell_rest(shown_count: int, count: int) -> None:
    if count > shown_count:
        say(f"({shown_count} of {count:,} matches; --limit shows more; more words find fewer)")


def _tell_nearest(query: str) -> None:
    near = taxonomy.nearest(query.replace(" ", "."))
    if near:
        say(f"no factor has all these words; the nearest activities are {', '.join(near)}")

"""The command `tonne method`: how a book turns activities into postings, version by version."""

import dataclasses
import difflib
import itertools
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.catalogue.words.method import (
    BLEND_GWPS,
    CONSOLIDATIONS,
    GWP_SETS,
    LOSS_CONVENTIONS,
    UNKNOWN_METHANES,
    YEAR_RULES,
    MethodSettings,
    Rate,
)
from tonne.cli.connection import (
    DEFAULT_SERVER,
    BookOption,
    FilterOption,
    OrderOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    print_json,
    print_rows,
    program_value,
    say,
)
from tonne.client import Client
from tonne.errors import FieldInvalid
from tonne.model import Method

method_app = typer.Typer(
    help="The method of a book: how activities become postings.", no_args_is_help=True
)

_SETTINGS = tuple(field.name for field in dataclasses.fields(MethodSettings))
_RATE_PARTS = 3

_RATE_SCOPE = ("valid_from", "valid_to", "facility")

_RATE_SCOPED = re.compile(rf"(?P<name>{'|'.join(_RATE_SCOPE)})=(?P<value>\S+)\s*")

_METHOD_COLUMNS = (
    Column("version"),
    Column("create_time", "made"),
    Column("author", is_optional=True),
    Column("reason", width_min=PROSE_WIDTH_MIN),
)
_SETTING_COLUMNS = (Column("setting"), Column("value", width_min=PROSE_WIDTH_MIN))


def _one_of(about: str, names: Iterable[str]) -> Any:
    """Make an option that takes one of some names."""
    return typer.Option(metavar="NAME", help=f"{about}: {', '.join(names)}.")


@method_app.command("show")
def show_method(
    book: BookOption,
    version: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Number of the version; without it, the version in force."
        ),
    ] = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show a version of the method. Its JSON can be edited and given to `tonne method set`."""
    with connect(server) as client:
        method = client.get_method(book, version)
    document = _document(method)
    if form is Format.JSON:
        print_json(document)
        return
    values = {**document, **document["settings"]}
    rows = [
        {"setting": name, "value": _people_value(value)}
        for name, value in values.items()
        if name != "settings"
    ]
    print_rows(_SETTING_COLUMNS, rows, form)


@method_app.command("list")
def list_methods(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the versions of the method: who wrote each, when and why."""
    with connect(server) as client:
        rows = (
            {
                "version": method.version,
                "create_time": method.create_time.replace(microsecond=0),
                "author": method.author,
                "reason": method.reason,
            }
            for method in client.list_methods(book, filter_by=filter_by, order_by=order_by)
        )
        print_rows(_METHOD_COLUMNS, rows, form)


_SettingsFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        readable=True,
        help="JSON file with all settings, as `tonne method show` prints it.",
    ),
]
_BlendGwp = Annotated[
    str | None, _one_of("Where the GWP of a blend of gases comes from", BLEND_GWPS)
]
_LossConvention = Annotated[
    str | None,
    _one_of("How losses in transmission and distribution are computed", LOSS_CONVENTIONS),
]
_UnknownMethane = Annotated[
    str | None, _one_of("As what methane of unknown origin counts", UNKNOWN_METHANES)
]
# Two switches: one of both forms is a name that help cannot show whole.
_TransportWtt = Annotated[
    bool,
    typer.Option(
        "--transport-wtt", help="Post the fuels of carriers together with their upstream."
    ),
]
_Editions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ID", help="An edition of the method; give all of them, the preferred one first."
    ),
]
_AddedEditions = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="An edition to name behind those of the method."),
]
_FirstEditions = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="An edition to put before all others, like a corrected one."),
]
_ProxyRegions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGION",
        help=(
            "A region to take factors from where the record's own has none; give all of them in "
            "order, or '' for none."
        ),
    ),
]
_NoTransportWtt = Annotated[
    bool,
    typer.Option("--no-transport-wtt", help="Post the fuels of carriers without their upstream."),
]


_Rates = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RATE",
        help="A rate between units, as FROM TO RATE, or in quotes 'FROM TO RATE "
        "[valid_from=DAY] [valid_to=DAY] [facility=ID] [SOURCE]'; give all of them.",
    ),
]
# An option takes one value: what follows the first word of a rate without quotes comes as this.
_RateWords = Annotated[list[str] | None, typer.Argument(metavar="TO RATE", help="Of --rate.")]


@method_app.command("set")
def set_method(
    *,
    book: BookOption,
    author: Annotated[str, typer.Option(help="Who changes the method.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    file: _SettingsFile = None,
    edition: _Editions = None,
    add_edition: _AddedEditions = None,
    first_edition: _FirstEditions = None,
    gwp_set: Annotated[str | None, _one_of("GWP set of reports that name none", GWP_SETS)] = None,
    blend_gwp: _BlendGwp = None,
    year_rule: Annotated[
        str | None, _one_of("Year rule: which year's factors a record takes", YEAR_RULES)
    ] = None,
    reporting_year_start: Annotated[
        int | None, typer.Option(metavar="MONTH", help="First month of the reporting year.")
    ] = None,
    loss_convention: _LossConvention = None,
    consolidation: Annotated[
        str | None, _one_of("Consolidation approach of reports that name none", CONSOLIDATIONS)
    ] = None,
    unknown_methane: _UnknownMethane = None,
    proxy_region: _ProxyRegions = None,
    year_fallback_years: Annotated[
        int | None,
        typer.Option(
            metavar="YEARS", help="How many years away the nearest set of factors may be."
        ),
    ] = None,
    transport_wtt: _TransportWtt = False,
    no_transport_wtt: _NoTransportWtt = False,
    rate: _Rates = None,
    words: _RateWords = None,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Put a new version of the method in force. Settings that are not given stay."""
    rates = _whole_rates(rate or (), words or ())
    given: dict[str, Any] = {
        "editions": edition and tuple(filter(None, edition)),
        "gwp_set": gwp_set,
        "blend_gwp": blend_gwp,
        "year_rule": year_rule,
        "reporting_year_start": reporting_year_start,
        "loss_convention": loss_convention,
        "consolidation": consolidation,
        "unknown_methane": unknown_methane,
        "proxy_regions": proxy_region and tuple(filter(None, proxy_region)),
        "year_fallback_years": year_fallback_years,
        "transport_wtt": transport_wtt if transport_wtt or no_transport_wtt else None,
        "rates": rate and tuple(map(_read_rate, filter(None, rates))),
    }
    if transport_wtt and no_transport_wtt:
        raise typer.BadParameter("one of the two", param_hint="--transport-wtt")
    placed = (first_edition or [], add_edition or [])
    if edition and any(placed):
        raise typer.BadParameter("all editions, or some to add", param_hint="--add-edition")
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes and not any(placed) and file is None:
        raise typer.BadParameter(
            "expected a setting to change, or --file; got neither", param_hint="--file"
        )
    with connect(server) as client:
        _write_version(client, book, file, changes, placed, author=author, reason=reason)


def _write_version(
    client: Client,
    book: str,
    file: Path | None,
    changes: dict[str, Any],
    placed: tuple[list[str], list[str]],
    *,
    author: str,
    reason: str,
) -> None:
    """Write the version in force, or that of a file, anew with some settings changed."""
    current = client.get_method(book)
    settings, version = MethodSettings.from_json(current.body), current.version
    if file is not None:
        settings, version = _read_file(file, version)
    if any(placed):
        first, last = placed
        changes |= {"editions": tuple(dict.fromkeys((*first, *settings.editions, *last)))}
    made = client.set_method(
        book,
        dataclasses.replace(settings, **changes),
        author=author,
        reason=reason,
        current_version=version,
    )
    if made.version == current.version:
        say(f"the method of book {book} stays at version {made.version}, because nothing changes")
    else:
        say(
            f"version {made.version} of the method of book {book} is in force; records posted "
            "before stay as they are"
        )


def _document(method: Method) -> dict[str, Any]:
    return {
        "book": method.book,
        "version": method.version,
        "author": method.author,
        "reason": method.reason,
        "create_time": program_value(method.create_time),
        "settings": json.loads(MethodSettings.from_json(method.body).to_json()),
    }


def _people_value(value: Any) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_people_rate(each) if isinstance(each, dict) else each for each in value)
    return str(value)


def _people_rate(rate: dict[str, str]) -> str:
    scope = [f"{name}={rate[name]}" for name in _RATE_SCOPE if rate.get(name)]
    told = ", ".join(filter(None, (*scope, rate["source"])))
    return (
        f"1 {rate['from_unit']} = {rate['rate']} {rate['to_unit']}{f' ({told})' if told else ''}"
    )


def _whole_rates(rates: Sequence[str], words: Sequence[str]) -> list[str]:
    """Put rates together that were written without quotes, as FROM TO RATE."""
    left = iter(words)
    whole = [
        " ".join((rate, *itertools.islice(left, _RATE_PARTS - 1)))
        if rate and len(rate.split()) == 1
        else rate
        for rate in rates
    ]
    if unread := list(left):
        raise typer.BadParameter(
            f"no option takes {' '.join(map(repr, unread))}: put a rate with more than FROM TO "
            "RATE in quotes, like --rate 'CNY USD2022 0.1486 yearly average'",
        )
    return whole


def _read_rate(text: str) -> Rate:
    parts = text.split(maxsplit=_RATE_PARTS)
    if len(parts) < _RATE_PARTS:
        raise typer.BadParameter(
            "expected 'FROM TO RATE [valid_from=DAY] [valid_to=DAY] [facility=ID] [SOURCE]', like "
            f"'CNY USD2022 0.1486 yearly average'; got {text!r}",
            param_hint="--rate",
        )
    from_unit, to_unit, rate = parts[:_RATE_PARTS]
    rest = "".join(parts[_RATE_PARTS:])
    scope: dict[str, str] = {}
    while found := _RATE_SCOPED.match(rest):
        scope[found["name"]], rest = found["value"], rest[found.end() :]
    return Rate(from_unit, to_unit, rate, rest, **scope)


def _read_file(file: Path, current_version: int) -> tuple[MethodSettings, int]:
    """Read what `method show --format json` prints, or its settings alone.

    Returns
    -------
    tuple of MethodSettings, int
        The settings, and the version that they were made from.
    """
    try:
        document = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise FieldInvalid(
            f"{file}: expected the JSON of a method, as `tonne method show --format json` prints "
            f"it ({error})",
            metadata={"file": str(file)},
        ) from error
    version = current_version
    if isinstance(document, dict) and isinstance(document.get("settings"), dict):
        version = document.get("version", current_version)
        document = document["settings"]
    if not isinstance(document, dict):
        raise FieldInvalid(
            f"{file}: expected an object of settings: {', '.join(_SETTINGS)}",
            metadata={"file": str(file)},
        )
    for name in document:
        if name not in _SETTINGS:
            near = difflib.get_close_matches(name, _SETTINGS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise FieldInvalid(
                f"{file}: expected settings of {', '.join(_SETTINGS)}; got {name!r}{hint}",
                metadata={"file": str(file), "field": name},
            )
    return _make_settings(file, document), version


def _make_settings(file: Path, document: dict[str, Any]) -> MethodSettings:
    try:
        values = dict(document)
        for name in ("editions", "proxy_regions"):
            if name in values:
                values[name] = tuple(values[name])
        values["rates"] = tuple(Rate(**rate) for rate in values.get("rates", ()))
        return MethodSettings(**values)
    except TypeError as error:
        raise FieldInvalid(
            f"{file}: expected settings of the types that `tonne method show --format json` "
            f"prints ({error})",
            metadata={"file": str(file)},
        ) from error

"""The command `tonne product`."""

import re
import unicodedata
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.commands.books import readable_file
from tonne.cli.commands.selecting import AsOfOption
from tonne.cli.commands.stating.moments import StatedByOption, read_stated_by, tell_moment_of
from tonne.cli.commands.stating.statements import (
    OnOption,
    document_of,
    make_app,
    read_rows,
    rows_of,
    tell,
)
from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    ReasonOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    print_json,
    print_rows,
    say,
)
from tonne.errors import FieldInvalid
from tonne.statements.fields import check_fields, from_mapping
from tonne.statements.products import Footprint, Product
from tonne.statements.statement import Kind, Statement

product_app = make_app(Kind.PRODUCT, "Products: footprints, materials, programmes, packaging.")
product_app.add_typer(make_app(Kind.FOOTPRINT, "Footprints of products."), name="footprint")
product_app.add_typer(
    make_app(Kind.PACKAGING, "Packaging that was not used; its mass is no emission."),
    name="packaging",
)

_PRODUCT = ("display_name", "category", "functional_unit")
_FOOTPRINT = (
    "exchange",
    "total_kg",
    "use_share",
    "source",
    "source_id",
    "supplier",
    "lifetime_years",
    "use_region",
    "standard",
    "report_date",
)
_FIELDS = ("id", *_PRODUCT, *_FOOTPRINT)

_ID_CHARS_MAX = 100

_ROWS = (
    Column("exchange"),
    Column("category", is_optional=True),
    Column("footprint_count", "footprints"),
    Column("total_kg", "kg CO2e"),
    Column("embodied_kg", "embodied"),
    Column("use_kg", "in use"),
)
_PROGRAMMES = (Column("name", "programme"), Column("product_count", "products"))
_MATERIALS = (
    Column("name", "material"),
    Column("mass_kg", "kg"),
    Column("recycled_kg", "recycled kg"),
    Column("recycled_percent", "%", is_rounded=True),
)
_PACKAGING = (Column("year_start", "year from"), Column("avoided_kg", "kg packaging avoided"))


@product_app.command("import")
def import_products(  # typer passes by name
    file: Annotated[
        Path, readable_file(f"CSV with a header of some of {', '.join(_FIELDS)}; a row a product.")
    ],
    *,
    book: BookOption,
    reason: ReasonOption,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="FIELD=COLUMN",
            help="A column of another name, like total_kg=gwp_total; repeatable.",
        ),
    ] = None,
    exchange: Annotated[
        str,
        typer.Option(help="Of rows that do not say: declared (to customers) or received."),
    ] = "declared",
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Bring a table of products and their footprints in; what is known already stays.

    Without a column of ids, a product's id is made of its name; a name that stands there twice
    gets a number.
    """
    made = read_table(file, dict(_pairs(column or [])), reason, exchange)
    with connect(server) as client:
        client.add_statements(book, made, author=author)
    say(f"{counted(len(made) // 2, 'product')} and their footprints are in the book {book}")


def read_table(file: Path, columns: dict[str, str], reason: str, exchange: str) -> list[Statement]:
    """Read products, then their footprints, from a CSV file.

    Raises
    ------
    FieldInvalid
        Names the line and the field; or two rows have one id.
    """
    products: dict[str, Statement] = {}
    footprints: list[Statement] = []
    has_ids = None
    for place, row in read_rows(file, columns, _FIELDS):
        id_ = row.get("id", "")
        has_ids = bool(id_) if has_ids is None else has_ids
        if has_ids != bool(id_) or id_ in products:
            raise FieldInvalid(
                f"{place}: expected an id in each row or none, each once; got {id_!r}"
            )
        name = row.get("display_name", "")
        id_ = id_ or _free(_slug(name), products)
        says = from_mapping(Product, _some(row, _PRODUCT), place)
        check_fields(says, place)
        given = {"product": id_, "exchange": exchange, **_some(row, _FOOTPRINT)}
        footprint = from_mapping(Footprint, given, place)
        check_fields(footprint, place)
        footprint.check(place)
        products[id_] = Statement(Kind.PRODUCT, id_, says, "", reason)
        footprints.append(Statement(Kind.FOOTPRINT, f"{id_}.pcf", footprint, "", reason))
    return [*products.values(), *footprints]


def _some(row: dict[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    return {name: row[name] for name in fields if row.get(name)}


def _slug(name: str) -> str:
    """Make an id of a name: `ThinkPad X1 (Gen 8)` is `thinkpad-x1-gen-8`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_ID_CHARS_MAX] or "product"


def _free(slug: str, taken: dict[str, Statement]) -> str:
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


def _pairs(given: list[str]) -> list[tuple[str, str]]:
    pairs = [each.partition("=")[::2] for each in given]
    for field, name in pairs:
        if field not in _FIELDS or not name:
            raise typer.BadParameter(
                f"expected FIELD=COLUMN of {', '.join(_FIELDS)}; got {field!r}",
                param_hint="--column",
            )
    return pairs


@product_app.command("totals")
def show_totals(
    *,
    book: BookOption,
    on: OnOption = "",
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Add up footprints of one of each product; tell programmes, materials and packaging."""
    with connect(server) as client:
        found = client.product_totals(
            book, valid_on=on, as_of=as_of, stated_by=read_stated_by(stated_by)
        )
    if form is Format.JSON:
        print_json(document_of(found))
        return
    tell_moment_of(found)
    if form is Format.CSV:
        print_rows(_ROWS, rows_of(found.rows), form)
        return
    totals = [{**row, "category": "all"} for row in rows_of(found.totals)]
    print_rows(_ROWS, [*rows_of(found.rows), *totals], form)
    for columns, rows in (
        (_PROGRAMMES, found.programmes),
        (_MATERIALS, found.materials),
        (_PACKAGING, found.packaging),
    ):
        if rows:
            print_rows(columns, rows_of(rows), form)
    tell(found.notices)

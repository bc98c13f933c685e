"""The command `tonne supplier`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.commands.books import readable_file
from tonne.cli.commands.selecting import (
    AsOfOption,
    ConsolidationOption,
    FromOption,
    GwpOption,
    ToOption,
)
from tonne.cli.commands.stating.moments import StatedByOption, read_stated_by, tell_moment_of
from tonne.cli.commands.stating.statements import (
    FromDayOption,
    OnOption,
    SpendOption,
    document_of,
    make_app,
    people_text,
    read_rows,
    read_spend,
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
from tonne.cli.terminal.inventory_texts import MassUnit, UnitOption, in_unit
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    print_json,
    print_rows,
    print_table,
    say,
)
from tonne.errors import FieldInvalid
from tonne.statements.answers import Scope3Evidence, SupplierCoverage
from tonne.statements.fields import check_fields, from_mapping
from tonne.statements.statement import Kind, Statement
from tonne.statements.suppliers import Evidence, EvidenceKind, Supplier

supplier_app = make_app(Kind.SUPPLIER, "Suppliers, and what is shown of them.")
supplier_app.add_typer(make_app(Kind.EVIDENCE, "What is shown of suppliers."), name="evidence")

_COVERAGE = (
    Column("attribute", width_min=12),
    Column("level_min", "level"),
    Column("supplier_count", "count"),
    Column("count_percent", "% count", is_rounded=True),
    Column("spend_percent", "% spend", is_optional=True, is_rounded=True),
    Column("evidence_date_min", "from", is_optional=True),
    Column("evidence_date_max", "to", is_optional=True),
    Column("expired_count", "expired"),
)
_SCOPE3 = (
    Column("category"),
    Column("kind", "rests on"),
    Column("kg_co2e", is_rounded=True),
    Column("percent", "%", is_optional=True, is_rounded=True),
)
_PARTS = (
    Column("category"),
    Column("kind", "rests on"),
    Column("activity", width_min=12),
    Column("supplier", is_optional=True, width_min=8),
    Column("edition", width_min=8),
    Column("cell", "factor", width_min=16),
    Column("kg_co2e", is_rounded=True),
)
KIND_TEXTS: dict[object, str] = {
    EvidenceKind.SUPPLIER_VERIFIED: "supplier, verified",
    EvidenceKind.SUPPLIER_SPECIFIC: "supplier",
    EvidenceKind.AVERAGE_DATA: "average data",
    EvidenceKind.SPEND_BASED: "spend",
}
_SUPPLIER = ("display_name", "region", "category")
_EVIDENCE = (
    "attribute",
    "evidence_date",
    "source",
    "valid_to",
    "maturity_level",
    "verifier",
)


@supplier_app.command("import")
def import_suppliers(
    file: Annotated[
        Path,
        readable_file(
            f"CSV with a header: id, {', '.join(_SUPPLIER)}, and of evidence "
            f"{', '.join(_EVIDENCE)}: a row for each."
        ),
    ],
    *,
    book: BookOption,
    reason: ReasonOption,
    author: AuthorOption = "",
    valid_from: FromDayOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Bring a register of suppliers and their evidence in; what is known already stays."""
    made = read_register(file, reason, valid_from)
    with connect(server) as client:
        kept = client.add_statements(book, made, author=author)
    suppliers = sum(each.kind is Kind.SUPPLIER for each in kept)
    say(
        f"{counted(suppliers, 'supplier')} and {len(kept) - suppliers:,} pieces of evidence are "
        f"in the register of {book}"
    )


@supplier_app.command("coverage")
def show_coverage(
    *,
    book: BookOption,
    spend: SpendOption = None,
    on: OnOption = "",
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Tell of which suppliers something is shown, by number and by spend."""
    amounts, currency = read_spend(spend)
    with connect(server) as client:
        found = client.supplier_coverage(
            book,
            spend=amounts,
            currency=currency,
            valid_on=on,
            as_of=as_of,
            stated_by=read_stated_by(stated_by),
        )
    print_coverage(found, form)
    if form is not Format.JSON:
        tell_moment_of(found)


@supplier_app.command("scope3")
def show_scope3(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    from_period: FromOption = "",
    to_period: ToOption = "",
    parts: Annotated[
        int,
        typer.Option(
            "--parts", min=0, max=1_000, help="List so many activities and factors, largest first."
        ),
    ] = 0,
    gwp_set: GwpOption = "",
    consolidation: ConsolidationOption = "",
    on: OnOption = "",
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    unit: UnitOption = MassUnit.T,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Tell on what scope 3 rests: suppliers' own data, means of industries, or money.

    The kinds add up to the inventory's scope 3, to the last digit. What one activity of a list of
    parts rests on, `tonne explain --account scope3 --activity ID` takes apart to its records.
    """
    with connect(server) as client:
        found = client.scope3_evidence(
            book,
            from_period=from_period,
            to_period=to_period,
            gwp_set=gwp_set,
            consolidation=consolidation,
            parts_max=parts,
            valid_on=on,
            as_of=as_of,
            stated_by=read_stated_by(stated_by),
        )
    print_scope3(found, form, unit, with_parts=bool(parts))
    if form is not Format.JSON:
        tell_moment_of(found)


def print_scope3(
    found: Scope3Evidence, form: Format, unit: MassUnit, *, with_parts: bool = False
) -> None:
    """Print on what scope 3 rests; CSV has the parts where they are asked for, else the rows."""
    if form is Format.JSON:
        print_json(document_of(found))
        return
    kinds, parts = (
        [
            {**row, "kind": str(row["kind"]) if form is Format.CSV else KIND_TEXTS[row["kind"]]}
            for row in rows_of(each)
        ]
        for each in ((*found.rows, *found.totals), found.parts)
    )
    if form is Format.CSV:
        print_rows(_PARTS if with_parts else _SCOPE3, parts if with_parts else kinds, form)
    else:
        for columns, rows in ((_SCOPE3, kinds), (_PARTS, parts)):
            if rows:
                print_table(
                    [
                        replace(each, title=f"{unit} CO2e") if each.key == "kg_co2e" else each
                        for each in columns
                    ],
                    [
                        in_unit({**row, "category": row["category"] or "all of scope 3"}, unit)
                        for row in rows
                    ],
                )
        if with_parts and found.omitted_count:
            omitted = people_text(unit.of(found.omitted_kg))
            say(f"and {counted(found.omitted_count, 'part')} more of {omitted} {unit} CO2e")
        say(f"verified as the evidence of {found.day} has it; {found.gwp_set}")
    tell(found.notices)


def print_coverage(found: SupplierCoverage, form: Format) -> None:
    """Print of which suppliers something is shown."""
    if form is Format.JSON:
        print_json(document_of(found))
        return
    print_rows(_COVERAGE, rows_of(found.rows), form)
    tell(found.notices)


def read_register(file: Path, reason: str, valid_from: str) -> list[Statement]:
    """Read suppliers, then their evidence, from a CSV file; evidence speaks from its date on.

    Raises
    ------
    FieldInvalid
        Names the line: a supplier that stands there twice with other words, evidence of one
        attribute twice, or a field that does not fit.
    """
    suppliers: dict[str, Statement] = {}
    evidence: dict[str, Statement] = {}
    for place, row in read_rows(file, {}, ("id", *_SUPPLIER, *_EVIDENCE)):
        id_ = row.pop("id", "")
        says = from_mapping(Supplier, _some(row, _SUPPLIER), place)
        check_fields(says, place)
        made = Statement(Kind.SUPPLIER, id_, says, valid_from, reason)
        if suppliers.setdefault(id_, made) != made:
            raise FieldInvalid(f"{place}: supplier {id_!r} stands before with other words")
        if not row.get("attribute"):
            continue
        shown = from_mapping(Evidence, {"supplier": id_, **_some(row, _EVIDENCE)}, place)
        check_fields(shown, place)
        shown.check(place)
        name = f"{id_}.{shown.attribute}"
        if name in evidence:
            raise FieldInvalid(f"{place}: {shown.attribute} of supplier {id_!r} stands before")
        evidence[name] = Statement(Kind.EVIDENCE, name, shown, "", reason)
    return [*suppliers.values(), *evidence.values()]


def _some(row: dict[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    return {name: row[name] for name in fields if row.get(name)}

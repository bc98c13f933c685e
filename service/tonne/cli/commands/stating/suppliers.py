"""The command `tonne supplier`."""

from pathlib import Path
from typing import Annotated

from tonne.cli.commands.books import readable_file
from tonne.cli.commands.selecting import AsOfOption
from tonne.cli.commands.stating.moments import StatedByOption, read_stated_by, tell_moment_of
from tonne.cli.commands.stating.statements import (
    FromDayOption,
    OnOption,
    SpendOption,
    document_of,
    make_app,
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
from tonne.statements.answers import SupplierCoverage
from tonne.statements.fields import check_fields, from_mapping
from tonne.statements.statement import Kind, Statement
from tonne.statements.suppliers import Evidence, Supplier

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

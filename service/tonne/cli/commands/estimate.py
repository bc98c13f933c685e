"""The command `tonne estimate`."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.catalogue.resolving.valuation import exact_text
from tonne.cli.appending.outcome import tell_rounded
from tonne.cli.commands.inventory import (
    inventory_document,
    print_inventory,
    print_remarks,
    read_columns,
)
from tonne.cli.commands.selecting import (
    AsOfOption,
    ByOption,
    ConsolidationOption,
    FromOption,
    GwpOption,
    MethodOption,
    ToOption,
    tell_moment,
)
from tonne.cli.connection import BOOK_VARIABLE, DEFAULT_SERVER, ServerOption, book_zone, connect
from tonne.cli.input.reading import RecordFiles, reading_options
from tonne.cli.terminal.inventory_texts import MassUnit, NoticesOption
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    counted,
    print_json,
    print_rows,
    say,
)
from tonne.client.answers.report_results import Estimate, EstimatedRecord
from tonne.imports.options import ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.cli.input.files import Piece

ROW_ERRORS_SHOWN = 5
"""Records that would not be posted which a table tells one by one."""

_RECORD_COLUMNS = (
    Column("record"),
    Column("status"),
    Column("kg_co2e", "kg CO2e", is_rounded=True),
    Column("notices", is_optional=True, width_min=PROSE_WIDTH_MIN),
)


FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILE...]",
        dir_okay=False,
        allow_dash=True,
        help="Files of records, as `tonne append` takes them; or give one record by the options.",
    ),
]


@reading_options
def estimate(  # noqa: PLR0917  # typer passes by name
    files: FilesArgument = None,
    book: Annotated[
        str,
        typer.Option(
            "--book",
            metavar="BOOK",
            envvar=BOOK_VARIABLE,
            help="Book whose method, register and entities count; empty: what Tonne ships.",
        ),
    ] = "",
    activity: Annotated[str, typer.Option(metavar="ACTIVITY", help="Like electricity.grid.")] = "",
    quantity: Annotated[str, typer.Option(metavar="DECIMAL", help="How much.")] = "",
    unit: Annotated[str, typer.Option(metavar="UNIT", help="Of what.")] = "",
    region: Annotated[
        str, typer.Option(metavar="REGION", help="Region of the record, like GB or CN-GD.")
    ] = "",
    facility: Annotated[
        str, typer.Option(metavar="ID", help="Id of a facility of the book.")
    ] = "estimate",
    start: Annotated[
        str,
        typer.Option(metavar="DATE", help="Its first day; empty: the last calendar year."),
    ] = "",
    end: Annotated[str, typer.Option(metavar="DATE", help="Day after its last day.")] = "",
    from_period: FromOption = "",
    to_period: ToOption = "",
    by: ByOption = "account",
    gwp_set: GwpOption = "",
    consolidation: ConsolidationOption = "",
    as_of: AsOfOption = "",
    method: MethodOption = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    each_record: Annotated[
        bool, typer.Option("--each-record", help="Print the figures of each record, too.")
    ] = False,
    notices: NoticesOption = False,
    reading: ReadingOptions,
) -> None:
    """Compute what records would post, without posting them. It needs no book."""
    columns = read_columns(by)
    record = {
        "facility": facility,
        "activity": activity,
        "quantity": quantity,
        "unit": unit,
        "region": region,
        **_days(start, end),
    }
    mapped, records = _records(files or [], record, reading, book_zone(server, book))
    with connect(server) as client:
        found = client.estimate(
            records,
            book=book,
            by=columns,
            each_record=each_record,
            from_period=from_period,
            to_period=to_period,
            gwp_set=gwp_set,
            consolidation=consolidation,
            as_of=as_of,
            method_version=method,
        )
    for remark in mapped.remarks() if mapped else ():
        say(remark)
    _print(found, columns, form, each_record=each_record, notices=notices)


def _records(
    files: list[Path],
    record: Mapping[str, str],
    reading: ReadingOptions,
    zone: "Callable[[], str] | None",
) -> "tuple[RecordFiles | None, Iterator[Piece] | list[Mapping[str, str]]]":
    """Take the files, or else the one record that the options give."""
    given = [name for name in ("activity", "quantity", "unit") if record[name]]
    if files and given:
        raise typer.BadParameter(
            "expected either files, or one record by --activity, --quantity and --unit; got both"
        )
    if files:
        found = RecordFiles(files, reading, book_zone=zone)
        found.check()
        return found, found.pieces()
    missing = [f"--{name}" for name in ("activity", "quantity", "unit") if not record[name]]
    if missing:
        raise typer.BadParameter(f"expected files, or {', '.join(missing)}")
    return None, [record]


def _days(start: str, end: str) -> dict[str, str]:
    if start or end:
        return {"start": start, "end": end}
    year = dt.datetime.now(dt.UTC).year
    return {"start": f"{year - 1}-01-01", "end": f"{year}-01-01"}


def _print(
    found: Estimate, by: tuple[str, ...], form: Format, *, each_record: bool, notices: bool
) -> None:
    if form is Format.JSON:
        document = inventory_document(found.inventory)
        document["counts"] = {
            "records": found.record_count,
            "posted": found.posted_count,
            "quarantined": found.quarantined_count,
            "suspended": found.suspended_count,
            "rounded": found.rounded_count,
        }
        if each_record:
            document["records"] = [_program_row(record) for record in found.records]
        print_json(document)
        return
    if each_record:
        print_rows(_RECORD_COLUMNS, [_people_row(record) for record in found.records], form)
    if form is Format.TABLE or not each_record:  # one CSV is one table
        print_inventory(found.inventory, by, form, MassUnit.KG)
    tell_moment(found.inventory.moment)
    print_remarks(found.inventory, unit=MassUnit.KG, each_by_itself=notices)
    tell_rounded(found)
    _report_row_errors(found)


def _program_row(record: EstimatedRecord) -> dict[str, object]:
    return {
        "record": record.index,
        "status": record.status or "POSTED",
        "kg_co2e": None if record.kg_co2e is None else exact_text(record.kg_co2e),
        "notices": list(record.notices),
    }


def _people_row(record: EstimatedRecord) -> dict[str, object]:
    kg_co2e = None
    if record.kg_co2e is not None:
        kg_co2e = Decimal(record.kg_co2e.numerator) / Decimal(record.kg_co2e.denominator)
    return {
        "record": record.index,
        "status": record.status or "POSTED",
        "kg_co2e": kg_co2e,
        "notices": "; ".join(record.notices),
    }


def _report_row_errors(found: Estimate) -> None:
    for error in found.row_errors[:ROW_ERRORS_SHOWN]:
        say(f"warning: record {error.position}: {error.status}: {error.message}")
    count = len(found.row_errors) + found.row_errors_omitted_count - ROW_ERRORS_SHOWN
    if count > 0:
        say(f"warning: {counted(count, 'other record')} would not be posted")

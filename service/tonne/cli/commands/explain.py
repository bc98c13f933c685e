"""The command `tonne explain`."""

import dataclasses
import math
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Annotated

import typer

from tonne.catalogue.resolving.valuation import exact_text
from tonne.cli.commands.inventory import program_row
from tonne.cli.commands.selecting import (
    AccountOption,
    ActivityOption,
    AsOfOption,
    ConsolidationOption,
    FacilityOption,
    FromOption,
    GwpOption,
    MethodOption,
    MonthsByOption,
    RegionOption,
    ToOption,
    tell_moment,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.explain_tree import ExplainTree
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    json_text,
    print_rows,
    program_value,
    say,
    stdout_console,
)
from tonne.client.answers.explain_results import (
    ExplainLine,
    ExplainPart,
    ExplainRecord,
    ExplainReplay,
)

LINES_SHOWN = 8
"""Balances of a factor that a tree shows unless told otherwise."""

DISAGREES = 1
"""Exit code of a replay that does not agree."""

RecordsOption = Annotated[
    int, typer.Option("--records", metavar="N", min=0, help="List at most N records.")
]
LinesOption = Annotated[
    int,
    typer.Option("--lines", metavar="N", min=0, help="Show at most N balances of each factor."),
]
ReplayOption = Annotated[
    bool,
    typer.Option("--replay", help="Compute the number again from the segments, and compare."),
]

_FACTOR_FIELDS = (
    "name", "activity", "region", "unit", "stage", "valid_from", "valid_to", "kg_co2e", "gwp_set",
    "kg_co2", "kg_ch4", "kg_n2o", "co2e_ch4", "co2e_n2o", "kg_biogenic_co2", "kwh", "loss",
    "source", "table", "row", "licence", "evidence", "note",
)  # fmt: skip

LINE_COLUMNS = tuple(
    Column(name)
    for name in (
        "account", "stage", "facility", "activity", "region", "period", "counted_period",
        "slice_start", "slice_end", "quantity", "unit",
        "records", "factor", "ratio", "share", "basis", "kg_co2e", "resolution",
        "method_version",
    )
)  # fmt: skip


def explain(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    facility: FacilityOption = None,
    activity: ActivityOption = None,
    account: AccountOption = None,
    region: RegionOption = None,
    period: Annotated[
        str,
        typer.Option(metavar="YYYY-MM", help="One month, YYYY-MM, instead of --from and --to."),
    ] = "",
    from_period: FromOption = "",
    to_period: ToOption = "",
    gwp_set: GwpOption = "",
    consolidation: ConsolidationOption = "",
    as_of: AsOfOption = "",
    method: MethodOption = 0,
    months_by: MonthsByOption = "",
    records: RecordsOption = 0,
    lines: LinesOption = LINES_SHOWN,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    replay: ReplayOption = False,
) -> None:
    """Explain a number of the inventory by its factors and records, and replay it."""
    if period and (from_period or to_period):
        raise typer.BadParameter("expected either --period, or --from and --to; got both")
    with connect(server) as client:
        parts = client.explain(
            book,
            replay=replay,
            records_max=records,
            from_period=period or from_period,
            to_period=period or to_period,
            facilities=facility or (),
            activities=activity or (),
            accounts=account or (),
            regions=region or (),
            gwp_set=gwp_set,
            consolidation=consolidation,
            as_of=as_of,
            method_version=method,
            months_by=months_by,
            on_moment=tell_moment,
        )
        if form is Format.JSON:
            found = _print_json(parts)
        elif form is Format.CSV:
            found = _print_csv(parts)
        else:
            found = _print_tree(parts, f"book {book}", lines)
    if found is not None:
        check_agrees(found)


def check_agrees(replay: ExplainReplay) -> None:
    """Exit where a replay does not agree."""
    if not replay.agrees:
        say(
            "tonne: the replay differs from the balances: "
            f"{counted(len(replay.differences), 'difference')}"
        )
        raise typer.Exit(DISAGREES)


def _print_tree(parts: Iterable[ExplainPart], title: str, lines_max: int) -> ExplainReplay | None:
    tree = ExplainTree(lines_max)
    replay = None
    for part in parts:
        if isinstance(part, ExplainLine):
            tree.add_line(part)
        elif isinstance(part, ExplainRecord):
            tree.add_record(part)
        elif isinstance(part, ExplainReplay):
            replay = part
            tree.add_replay(part)
        else:
            stdout_console().print(tree.render(title, part))
    return replay


def _print_csv(parts: Iterable[ExplainPart]) -> ExplainReplay | None:
    """Print the lines; the records and the total have tables of their own elsewhere."""
    replay = None

    def rows() -> Iterator[dict[str, object]]:
        nonlocal replay
        for part in parts:
            if isinstance(part, ExplainLine):
                yield csv_row(part)
            elif isinstance(part, ExplainReplay):
                replay = part

    print_rows(LINE_COLUMNS, rows(), Format.CSV)
    return replay


def _print_json(parts: Iterable[ExplainPart]) -> ExplainReplay | None:
    """Print one document; lists are written as they come."""
    replay = None
    sys.stdout.write('{"lines": [')
    section, separator = "lines", "\n  "
    for part in parts:
        if isinstance(part, ExplainLine):
            item: object = line_document(part)
        elif isinstance(part, ExplainRecord):
            if section == "lines":
                sys.stdout.write('\n], "records": [')
                section, separator = "records", "\n  "
            item = record_document(part)
        elif isinstance(part, ExplainReplay):
            replay = part
            continue
        else:
            sys.stdout.write("\n]" if section == "records" else '\n], "records": []')
            document = None if replay is None else replay_document(replay)
            sys.stdout.write(f', "replay": {json_text(document)}')
            total = json_text(program_row(part))
            sys.stdout.write(f', "total": {total}}}\n')
            continue
        sys.stdout.write(separator + json_text(item))
        separator = ",\n  "
    return replay


def line_document(line: ExplainLine) -> dict[str, object]:
    """Make the JSON document of a line."""
    return {
        "account": line.account,
        "stage": line.stage,
        "facility": line.facility,
        "activity": line.activity,
        "region": line.region,
        "period": line.period,
        "counted_period": line.counted_period,
        "slice_start": line.slice_start or None,
        "slice_end": line.slice_end or None,
        "quantity": program_value(line.quantity),
        "unit": line.unit,
        "records": line.record_count,
        "resolution": line.resolution,
        "method_version": line.method_version,
        "factor": {name: getattr(line.factor, name) for name in _FACTOR_FIELDS}
        | {
            "gases": {each.gas: each.kg for each in line.factor.gases},
            "steps": [dataclasses.asdict(step) for step in line.factor.steps],
        },
        "steps": [
            {"kind": step.kind, "text": step.text, "ratio": exact_text(step.ratio)}
            for step in line.steps
        ],
        "gases": [
            {
                "gas": gas.gas,
                "kg_per_unit": exact_text(gas.kg_per_unit),
                "kg": exact_text(gas.kg),
                "gwp": program_value(gas.gwp),
                "kg_co2e": None if gas.kg_co2e is None else exact_text(gas.kg_co2e),
            }
            for gas in line.gases
        ],
        "share": exact_text(line.share),
        "basis": line.basis,
        "kg_co2e": exact_text(line.kg_co2e),
        "notices": list(line.notices),
    }


def record_document(item: ExplainRecord) -> dict[str, object]:
    """Make the JSON document of a record."""
    record = item.record
    return {
        "channel": record.channel,
        "offset": record.offset,
        "segment": record.segment,
        "record": {name: program_value(value) for name, value in record.record.items()},
        "parts": {month: program_value(part) for month, part in item.parts.items()},
    }


def replay_document(replay: ExplainReplay) -> dict[str, object]:
    """Make the JSON document of a replay."""
    return {
        "agrees": replay.agrees,
        "records": replay.record_count,
        "segments": replay.segment_count,
        "kg_co2e": program_value(replay.kg_co2e),
        "differences": list(replay.differences),
    }


def csv_row(line: ExplainLine) -> dict[str, object]:
    """Make the columns of a line."""
    return {
        **{name: getattr(line, name) for name in ("account", "stage", "facility", "activity")},
        "region": line.region,
        "period": line.period,
        "counted_period": line.counted_period,
        "slice_start": line.slice_start,
        "slice_end": line.slice_end,
        "quantity": line.quantity,
        "unit": line.unit,
        "records": line.record_count,
        "factor": line.factor.name,
        "ratio": exact_text(math.prod((each.ratio for each in line.steps), start=Fraction(1))),
        "share": exact_text(line.share),
        "basis": line.basis,
        "kg_co2e": exact_text(line.kg_co2e),
        "resolution": line.resolution,
        "method_version": line.method_version,
    }

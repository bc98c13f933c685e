"""The commands `tonne restate` and `tonne base-year`."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated

import typer

from tonne.cli.commands.reporting.applying import applied, apply
from tonne.cli.commands.reporting.bridges import cause_text
from tonne.cli.commands.reporting.sides import (
    ApproachOption,
    MomentOption,
    MonthsOption,
    SetOption,
    StructureOption,
    VersionOption,
    make_side,
)
from tonne.cli.commands.selecting import (
    AccountOption,
    ActivityOption,
    ConsolidationOption,
    FacilityOption,
    FromOption,
    GwpOption,
    RegionOption,
    ToOption,
)
from tonne.cli.commands.stating.statements import (
    AllOption,
    IdArgument,
    RequestOption,
    add_history,
    document_of,
    make_app,
    people_text,
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
    print_json,
    print_rows,
    say,
    shown,
    stdout_console,
)
from tonne.statements.changes.restatements import (
    BaseYearCheck,
    Restatement,
    RestatementCause,
    RestatementEstimate,
    Treatment,
)
from tonne.statements.statement import Kind, Statement

base_year_app = make_app(
    Kind.BASE_YEAR, "The year that targets rest on, and the threshold that restates it."
)
restate_app = typer.Typer(
    help="What rests on something; records posted again, and figures that are others by now.",
    no_args_is_help=True,
)

_KG = "kg CO2e"

_ESTIMATE = (
    Column("account"),
    Column("resting_kg_co2e", "rests on it", is_rounded=True),
    Column("now_kg_co2e", "now", is_rounded=True),
    Column("then_kg_co2e", "then", is_rounded=True),
    Column("difference_kg_co2e", "difference", is_rounded=True),
    Column("resolution_count", "resolutions"),
)
_PARTS = (Column("cause"), Column("kg_co2e", _KG, is_rounded=True))
_LIST = (
    Column("id"),
    Column("version"),
    Column("metric", width_min=12),
    Column("months", width_min=8),
    Column("reported", is_rounded=True),
    Column("revised", is_rounded=True),
    Column("difference", is_rounded=True),
    Column("cause", width_min=10),
    Column("known_then", "known"),
    Column("withdrawn", is_optional=True),
)

MetricOption = Annotated[str, typer.Option(help="What is restated, as the report calls it.")]
CauseOption = Annotated[
    RestatementCause,
    typer.Option(metavar="CAUSE", help=f"Why: {', '.join(RestatementCause)}."),
]
TreatmentOption = Annotated[
    Treatment, typer.Option(metavar="WORD", help=f"What follows: {', '.join(Treatment)}.")
]
EvidenceOption = Annotated[
    bool,
    typer.Option(
        "--known-then/--known-later",
        help="Whether what shows it could have been known when the figure was reported.",
    ),
]

_WHO = (Column("author"), Column("reason"), Column("create_time"))


@restate_app.command("estimate")
def estimate(  # typer passes by name
    book: BookOption,
    *,
    factor: Annotated[
        str, typer.Option(metavar="EDITION/ROW", help="What rests on this factor.")
    ] = "",
    edition: Annotated[
        str, typer.Option(metavar="EDITION", help="What rests on a factor of this edition.")
    ] = "",
    posted_version: Annotated[
        int, typer.Option(metavar="VERSION", help="What this version of the method posted.")
    ] = 0,
    facility: Annotated[str, typer.Option(metavar="ID", help="What this facility has.")] = "",
    method: Annotated[
        int,
        typer.Option(
            metavar="VERSION", help="The alternative: a version of the method; 0: in force."
        ),
    ] = 0,
    kg_co2e: Annotated[
        str,
        typer.Option(metavar="DECIMAL", help="The alternative of a factor: kg CO2e per unit."),
    ] = "",
    from_period: FromOption = "",
    to_period: ToOption = "",
    gwp_set: GwpOption = "",
    consolidation: ConsolidationOption = "",
    as_of: Annotated[
        str, typer.Option(metavar="COMMIT|TIME", help="As of this moment; empty: now.")
    ] = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Tell what rests on a factor, an edition, a version or a facility, and what it would be.

    Nothing is kept. It reads balances and no record.
    """
    with connect(server) as client:
        found = client.estimate_restatement(
            book,
            factor=factor,
            edition=edition,
            posted_version=posted_version,
            facility=facility,
            from_period=from_period,
            to_period=to_period,
            method_version=method,
            factor_kg_co2e=kg_co2e,
            gwp_set=gwp_set,
            consolidation=consolidation,
            as_of=as_of,
        )
    if form is Format.JSON:
        print_json(document_of(found))
        return
    print_rows(_ESTIMATE, rows_of(found.rows), form)
    if form is Format.TABLE:
        for line in _estimate_lines(found):
            stdout_console().print(shown(line))
    if found.unposted_count:
        tell([f"{found.unposted_count:,} balances are posted to nothing under the alternative"])
    tell(found.notices)


def _estimate_lines(found: RestatementEstimate) -> list[str]:
    lines = [
        (
            f"one footprint: {people_text(found.now_kg_co2e)} {_KG} now, "
            f"{people_text(found.then_kg_co2e)} then: {_signed(found.difference_kg_co2e)}; "
            f"{people_text(found.resting_kg_co2e)} rest on it"
        )
    ]
    if found.base_year_kg_co2e is not None and found.base_year_resting_kg_co2e is not None:
        share = _percent(found.base_year_share_percent)
        resting = people_text(found.base_year_resting_kg_co2e)
        lines.append(
            f"base year from {found.base_year_start}: {resting} "
            f"of {people_text(found.base_year_kg_co2e)} {_KG} rest on it ({share})"
        )
    if found.base_year_difference_kg_co2e is not None:
        change = _percent(found.base_year_change_percent)
        lines.append(
            f"it would change by {_signed(found.base_year_difference_kg_co2e)} {_KG} ({change})"
        )
    return lines


@restate_app.command("note")
def note(  # typer passes by name
    restatement_id: IdArgument,
    *,
    book: BookOption,
    metric: MetricOption,
    months: MonthsOption,
    cause: CauseOption,
    evidence_existed_then: EvidenceOption,
    reason: ReasonOption,
    author: AuthorOption = "",
    treatment: TreatmentOption = Treatment.NOTED,
    from_as_of: MomentOption = "",
    to_as_of: MomentOption = "",
    from_method: VersionOption = 0,
    to_method: VersionOption = 0,
    from_gwp_set: SetOption = "",
    to_gwp_set: SetOption = "",
    from_approach: ApproachOption = "",
    to_approach: ApproachOption = "",
    from_structure: StructureOption = "",
    to_structure: StructureOption = "",
    facility: FacilityOption = None,
    activity: ActivityOption = None,
    account: AccountOption = None,
    region: RegionOption = None,
    request_id: RequestOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Note that a figure that was reported is another one by now; the ledger computes both."""
    reported, revised = (
        make_side(months, gwp_set, approach, method=version, structure=day, as_of=as_of)
        for gwp_set, approach, version, day, as_of in zip(
            (from_gwp_set, to_gwp_set),
            (from_approach, to_approach),
            (from_method, to_method),
            (from_structure, to_structure),
            (from_as_of, to_as_of),
            strict=True,
        )
    )
    with connect(server) as client:
        made = client.note_restatement(
            book,
            restatement_id,
            metric,
            reported,
            revised,
            cause=cause,
            evidence_existed_then=evidence_existed_then,
            reason=reason,
            author=author,
            treatment=treatment,
            request_id=request_id,
            facilities=facility or (),
            activities=activity or (),
            accounts=account or (),
            regions=region or (),
        )
    say(_noted(made))


def _noted(made: Statement) -> str:
    body: Restatement = made.body
    return (
        f"restatement {made.id}, version {made.version}: {body.reported.kg_co2e} {_KG} reported, "
        f"{body.revised.kg_co2e} revised, a difference of {body.difference_kg_co2e}"
    )


@restate_app.command("list")
def list_restatements(
    book: BookOption,
    *,
    all_versions: AllOption = False,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the restatements of a book in the order in which they were noted."""
    with connect(server) as client:
        found = client.list_statements(book, Kind.RESTATEMENT, all_versions=all_versions)
        rows = (_row(each) for each in found if all_versions or not each.is_withdrawn)
        columns = _LIST if form is Format.TABLE else (*_LIST, *_WHO)
        print_rows(columns, rows, form)


def _row(each: Statement) -> dict[str, object]:
    row: dict[str, object] = {
        "id": each.id,
        "version": each.version,
        "author": each.author,
        "reason": each.reason,
        "create_time": each.create_time,
    }
    if each.body is None:
        return {**row, "withdrawn": True}
    body: Restatement = each.body
    return {
        **row,
        "metric": body.metric,
        "months": f"{body.from_period}..{body.to_period}",
        "reported": Decimal(body.reported.kg_co2e),
        "revised": Decimal(body.revised.kg_co2e),
        "difference": Decimal(body.difference_kg_co2e),
        "cause": str(body.cause),
        "known_then": body.evidence_existed_then,
    }


add_history(restate_app, Kind.RESTATEMENT)
restate_app.command("apply")(apply)
restate_app.command("applied")(applied)


@restate_app.command("check")
def check(
    book: BookOption,
    *,
    base_year: Annotated[
        str, typer.Option(metavar="ID", help="Id of the base year, where the book has several.")
    ] = "",
    structure: Annotated[
        str, typer.Option(metavar="DAY", help="The day whose shares count; empty: today.")
    ] = "",
    method: Annotated[
        int, typer.Option(metavar="VERSION", help="Version to compare with; 0: as posted.")
    ] = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Tell whether what has changed since restates the base year by its written threshold."""
    with connect(server) as client:
        found = client.check_base_year(
            book, base_year=base_year, structure_on=structure, method_version=method
        )
    if form is Format.JSON:
        print_json(document_of(found))
        return
    rows = [asdict(part) | {"cause": cause_text(part)} for part in found.parts]
    print_rows(_PARTS, rows, form)
    if form is Format.TABLE:
        for line in _check_lines(found):
            stdout_console().print(shown(line))
    tell(found.notices)


def _check_lines(found: BaseYearCheck) -> list[str]:
    verdict = "restate it" if found.passes else "it stays"
    reported, current = map(people_text, (found.reported_kg_co2e, found.current_kg_co2e))
    lines = [
        (
            f"base year from {found.year_start}: {reported} {_KG}, by the shares of "
            f"{found.structure_on} {current}"
        ),
        (
            f"change {_percent(found.change_percent)}, the causes apart "
            f"{_percent(found.gross_percent)}; threshold {found.threshold_percent} %: {verdict}"
        ),
    ]
    if found.restatements:
        lines.append(f"noted: {', '.join(found.restatements)}")
    return lines


def _percent(value: Decimal | None) -> str:
    return "no share of nothing" if value is None else f"{people_text(value)} %"


def _signed(value: Decimal) -> str:
    return f"{'+' if value > 0 else ''}{people_text(value)}"

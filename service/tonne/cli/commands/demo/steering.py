"""What the demo's operator states beside its records, and what it is steered by then.

All of it is made up, but for the template's targets.
"""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from tonne.cli.commands.reporting.indicators import print_notices, print_remarks, print_values
from tonne.cli.commands.stating.measures import print_pipeline
from tonne.cli.commands.stating.suppliers import print_coverage
from tonne.cli.commands.stating.targets import bars_of
from tonne.cli.commands.stating.templates import state_template
from tonne.cli.terminal.output import Column, Format, print_rows, stdout_console
from tonne.client import Client
from tonne.statements.answers import TargetProgress
from tonne.statements.measures import Measure, MeasureMethod, MeasureState
from tonne.statements.statement import Statement, statement_of
from tonne.statements.suppliers import Attribute, Evidence, Supplier
from tonne.statements.targets import StatedFigure, Target, TargetType, Weight

TEMPLATE = "ict-operator"

YEAR_START, YEAR_END, LAST_DAY = "2025-01", "2025-12", "2025-12-31"

INDICATORS = (
    *("energy_per_traffic", "energy_per_business_volume", "energy_per_revenue"),
    *("electricity_per_carrier", "co2e_per_revenue", "co2e_per_revenue_market"),
    *("renewable_electricity_share", "pue_1", "pue_3", "cue", "wue", "erf", "ere"),
)
"""Those that are shown."""

TARGETS = (
    *("energy-per-flow", "energy-per-business-volume", "average-pue"),
    *("scopes-by-location", "engaged-suppliers"),
)
"""Those that are shown: for the others the demo has no records."""

KG_PER_T = 1_000

_AUTHOR = "demo"
_REASON = "made up for the demo"
_LAST_REPORT = "made-up report of 2024"
_BEFORE = {
    "energy-per-flow": ("5.93", "5.61", "5.28", "4.97", "4.72"),
    "energy-per-business-volume": ("66.10", "64.80", "63.70", "62.60", "61.90"),
}
"""Figures of 2020 to 2024, which the ledger does not hold, by target of the template."""

_SCOPES_BEFORE = ("24900000", "24100000", "23200000", "22300000", "21500000")
"""Scopes 1 and 2 by location from 2020 to 2024, kg CO2e."""

_SHOWN_OF = (
    (Attribute.VERIFIED_DATA, 11),
    (Attribute.PUBLIC_TARGET, 10),
    (Attribute.RENEWABLE_TRACKING, 8),
    (Attribute.SCIENCE_BASED_TARGET, 4),
)
"""Of how many suppliers each is shown."""

_TARGETS = (
    Column("target", width_min=12),
    Column("unit", width_min=8),
    Column("base"),
    Column("now"),
    Column("aim"),
    Column("percent", "% done"),
    Column("standing"),
    Column("years"),
)


def state(client: Client, book: str, suppliers: list[str]) -> None:
    """State the template's targets, then what is the operator's own."""
    applied = state_template(client, book, TEMPLATE, _AUTHOR)
    targets = {each.id: each for each in applied}
    made = [
        replace(
            targets[name],
            body=replace(targets[name].body, stated=_stated(figures)),
            reason="the figures of the years before the ledger",
        )
        for name, figures in _BEFORE.items()
    ]
    made += [*_own_targets(), *_measures(), *_register(suppliers)]
    client.add_statements(book, made, author=_AUTHOR)


def _stated(figures: tuple[str, ...]) -> tuple[StatedFigure, ...]:
    return tuple(
        StatedFigure(f"{year}-01", value, _LAST_REPORT) for year, value in enumerate(figures, 2020)
    )


def _own_targets() -> list[Statement]:
    scopes = Target(
        "Scopes 1 and 2 by location, -50 % by 2030 against 2020",
        TargetType.ABSOLUTE,
        "2030-01",
        "2020-01",
        accounts=("scope1", "scope2.location"),
        change_percent="-50",
        stated=_stated(_SCOPES_BEFORE),
    )
    engaged = Target(
        "Suppliers with validated targets, 95 % of spend by 2030",
        TargetType.ENGAGEMENT,
        "2030-01",
        attribute=Attribute.SCIENCE_BASED_TARGET,
        weight=Weight.SPEND,
        target_value="95",
    )
    return [
        statement_of(name, body, valid_from="2025-01-01", reason=_REASON)
        for name, body in (("scopes-by-location", scopes), ("engaged-suppliers", engaged))
    ]


def _measures() -> list[Statement]:
    solar = Measure(
        "Solar plants on data centres",
        "2025-01-01",
        MeasureState.RUNNING,
        MeasureMethod.PER_KWH,
        "meters of the plants",
        accounts=("memo.energy",),
        activities=("electricity.onsite.solar",),
        kg_co2e_per_kwh="0.5306",
        factor_source="China, grid average of 2023 (MEE)",
        targets=("scopes-by-location",),
    )
    cooling = Measure(
        "Warm-water cooling of two data centres",
        "2026-04-01",
        MeasureState.DECIDED,
        MeasureMethod.STATED,
        "made-up contract",
        expected_kg_co2e="1850000",
        targets=("scopes-by-location",),
    )
    sharing = Measure(
        "Sites shared with another operator",
        "2027-01-01",
        MeasureState.PLANNED,
        MeasureMethod.STATED,
        "made-up study",
        expected_kg_co2e="420000",
        targets=("scopes-by-location",),
    )
    return [
        statement_of(name, body, valid_from="2025-01-01", reason=_REASON)
        for name, body in (("solar", solar), ("cooling", cooling), ("sharing", sharing))
    ]


def _register(suppliers: list[str]) -> list[Statement]:
    made = [
        statement_of(
            each,
            Supplier(f"Supplier {number}", category="equipment"),
            valid_from="2025-01-01",
            reason=_REASON,
        )
        for number, each in enumerate(suppliers, 1)
    ]
    for attribute, count in _SHOWN_OF:
        verifier = "made-up verifier" if attribute is Attribute.VERIFIED_DATA else ""
        made += [
            statement_of(
                f"{each}.{attribute}",
                Evidence(each, attribute, "2025-06-30", "made-up report", verifier=verifier),
                reason=_REASON,
            )
            for each in suppliers[:count]
        ]
    return made


def show(client: Client, book: str, told: Collection[str]) -> None:
    """Show indicators, targets, suppliers and measures beside the inventory.

    Notices that the inventory has `told` are not told again.
    """
    console = stdout_console()
    console.print("\nIndicators of 2025, from the same postings, and their months\n")
    asked = {"from_period": YEAR_START, "to_period": YEAR_END}
    values = client.indicators(book, INDICATORS, **asked)
    new = tuple(each for each in values.notices if each.message not in told)
    months = client.indicators(book, INDICATORS, **asked, span="month").values
    print_values(values, months, has_spans=False)
    print_remarks(values, ())
    print_notices(replace(values, notices=new), book)
    console.print(
        f"\nTargets of the template {TEMPLATE} and its own; figures of 2020 to 2024 are stated\n"
    )
    rows = [_target_row(client.target_progress(book, each, valid_on=LAST_DAY)) for each in TARGETS]
    print_rows(_TARGETS, rows, Format.TABLE)
    console.print("\nSuppliers: of which something is shown\n")
    coverage = client.supplier_coverage(book, valid_on=LAST_DAY)
    shown = tuple(each for each in coverage.rows if each.supplier_count)
    print_coverage(replace(coverage, rows=shown), Format.TABLE)
    console.print("\nMeasures for a target; nothing of them is taken off an inventory\n")
    pipeline = client.measure_pipeline(book, "scopes-by-location")
    left = tuple(each for each in pipeline.notices if each not in told)
    print_pipeline(replace(pipeline, notices=left), Format.TABLE)


def _target_row(found: TargetProgress) -> dict[str, object]:
    current, base = found.current, found.base
    is_mass = found.unit == "kg CO2e"
    base_text, now, aim = (
        _short(value, KG_PER_T if is_mass else 1)
        for value in (base.value if base else None, current.value, found.target_value)
    )
    return {
        "target": found.target,
        "unit": "t CO2e" if is_mass else found.unit,
        "base": base_text,
        "now": now,
        "aim": aim,
        "percent": _short(current.progress_percent, 1),
        "standing": str(current.standing) or "-",
        "years": bars_of(found.years),
    }


def _short(value: Decimal | None, divisor: int) -> str:
    """Write a number for a narrow table: masses in whole tonnes, all else with two places."""
    if value is None:
        return "-"
    return f"{value / divisor:,.{0 if divisor == KG_PER_T else 2}f}"

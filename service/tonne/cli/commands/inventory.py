"""The command `tonne inventory`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from tonne.cli.commands.selecting import (
    AccountOption,
    ActivityOption,
    AsOfOption,
    ByOption,
    FacilityOption,
    FromOption,
    GwpOption,
    MethodOption,
    MonthsByOption,
    RegionOption,
    ToOption,
    moment_document,
    tell_moment,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.inventory_texts import (
    MassUnit,
    NoticesOption,
    UnitOption,
    gases_first,
    in_unit,
    say_notices,
    scope_2_text,
    title_of,
)
from tonne.cli.terminal.output import (
    TABLE_ROWS_MAX,
    Column,
    Format,
    FormatOption,
    counted,
    exact_text,
    fits,
    print_json,
    print_rows,
    print_table,
    program_value,
    say,
    shown,
    stdout_console,
)
from tonne.client import DIMENSIONS, Inventory, InventoryRow
from tonne.client.answers.report_results import CONSOLIDATIONS

GROUP_WIDTH_MIN = 12
"""Characters in which a facility or an activity can still be told from another."""

ALL_APPROACHES = "all"
"""What `--consolidation` takes besides an approach: all of them side by side."""

TITLE_WIDTH_MIN = 26
"""Characters down to which the title of an account may be broken into lines."""

_CO2E_COLUMN = Column("kg_co2e", "kg CO2e", is_rounded=True)
_GAS_COLUMNS = (
    Column("kg_co2", "kg CO2", is_optional=True, is_rounded=True),
    Column("kg_ch4", "kg CH4", is_optional=True, is_rounded=True),
    Column("kg_n2o", "kg N2O", is_optional=True, is_rounded=True),
)
_MASS_COLUMNS = (_CO2E_COLUMN, *_GAS_COLUMNS)
_TITLE_COLUMN = Column("title", "what goes there", width_min=TITLE_WIDTH_MIN)
_ENERGY_COLUMN = Column("energy_kwh", "kWh", is_optional=True, is_rounded=True)
_GASES_COLUMN = Column("gases")
_AMOUNTS_COLUMN = Column("amounts")
_RECORDS_COLUMN = Column("records")


def show_inventory(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    from_period: FromOption = "",
    to_period: ToOption = "",
    by: ByOption = "account",
    facility: FacilityOption = None,
    activity: ActivityOption = None,
    account: AccountOption = None,
    region: RegionOption = None,
    gwp_set: GwpOption = "",
    consolidation: Annotated[
        str,
        typer.Option(
            "--consolidation",
            metavar="APPROACH",
            help=f"{', '.join(CONSOLIDATIONS.values())}, or {ALL_APPROACHES}: side by side; "
            "empty: that of the book's method.",
        ),
    ] = "",
    as_of: AsOfOption = "",
    method: MethodOption = 0,
    months_by: MonthsByOption = "",
    unit: UnitOption = MassUnit.T,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    notices: NoticesOption = False,
) -> None:
    """Print the inventory of a book, complete up to the last acknowledged record."""
    columns = read_columns(by)
    is_compared = consolidation == ALL_APPROACHES
    approaches = tuple(CONSOLIDATIONS.values()) if is_compared else (consolidation,)
    found: dict[str, Inventory] = {}
    with connect(server) as client:
        for approach in approaches:
            # Side by side is of one moment: that of the first.
            moment = next((each.moment for each in found.values()), None)
            found[approach] = client.inventory(
                book,
                from_period=from_period,
                to_period=to_period,
                by=columns,
                facilities=facility or (),
                activities=activity or (),
                accounts=account or (),
                regions=region or (),
                gwp_set=gwp_set,
                consolidation=approach,
                as_of=as_of if moment is None else moment.commit,
                method_version=method,
                months_by=months_by,
            )
    if is_compared:
        print_approaches(found, columns, form, unit)
    else:
        print_inventory(found[consolidation], columns, form, unit, accounts=account or ())
    if form is not Format.JSON:  # which has them in the document
        most = max(found.values(), key=lambda each: each.total.record_count)
        print_remarks(most, book, unit, each_by_itself=notices)


def read_columns(by: str) -> tuple[str, ...]:
    """Read what to group by, as the option gives it."""
    columns = tuple(name.strip() for name in by.split(",") if name.strip())
    unknown = [name for name in columns if name not in DIMENSIONS]
    if unknown or len(set(columns)) < len(columns):
        raise typer.BadParameter(
            f"--by: expected some of {', '.join(DIMENSIONS)}, each once; got {by!r}",
            param_hint="--by",
        )
    return columns


def print_inventory(
    inventory: Inventory,
    by: tuple[str, ...],
    form: Format,
    unit: MassUnit = MassUnit.T,
    *,
    accounts: Sequence[str] = (),
) -> None:
    """Print an inventory grouped by these columns; `accounts` are those that it was asked for."""
    total = inventory_row(inventory.total)
    rows = [inventory_row(row) for row in inventory.rows] if by else [total]
    whole = (*_group_columns(by), *_MASS_COLUMNS, _ENERGY_COLUMN, _RECORDS_COLUMN)
    if form is Format.JSON:
        print_json(inventory_document(inventory))
    elif form is Format.CSV:
        print_rows((*whole, _GASES_COLUMN, _AMOUNTS_COLUMN), rows, form)
    else:
        _print_table(inventory, by, unit)
        if text := scope_2_text(accounts):
            say(text)


def print_approaches(
    found: Mapping[str, Inventory], by: tuple[str, ...], form: Format, unit: MassUnit = MassUnit.T
) -> None:
    """Print the CO2e of the same inventory under several approaches, side by side."""
    if form is Format.JSON:
        print_json({approach: inventory_document(each) for approach, each in found.items()})
        return
    names = {approach: approach.replace("-", "_") for approach in found}
    groups: dict[tuple[str, ...], dict[str, object]] = {}
    total: dict[str, object] = {}
    for approach, each in found.items():
        for row in each.rows:
            cells = groups.setdefault(tuple(row.group.values()), dict(row.group))
            cells[names[approach]] = row.kg_co2e
        total[names[approach]] = each.total.kg_co2e
    columns = (
        *_group_columns(by),
        *(
            Column(names[approach], f"{unit} CO2e, {approach.replace('-', ' ')}", is_rounded=True)
            for approach in found
        ),
    )
    rows = [groups[group] for group in sorted(groups)] if by else [total]
    if form is Format.CSV:
        print_rows(columns, rows, form)
        return
    shown_rows = [in_unit(row, unit, names.values()) for row in rows]
    whole = {by[0]: "total", **in_unit(total, unit, names.values())} if by else None
    print_table(columns, shown_rows, whole)


def print_remarks(
    inventory: Inventory,
    book: str | None = None,
    unit: MassUnit = MassUnit.T,
    *,
    each_by_itself: bool = False,
) -> None:
    """Tell what the numbers of a book, or of an estimate, do not say by themselves."""
    if book:
        tell_moment(inventory.moment)
    if not inventory.total.record_count and book:
        say("no records are posted in these months")
    if inventory.total.partial_gases:
        gases = ", ".join(inventory.total.partial_gases).upper()
        say(f"notice: some factors do not state {gases}, so their mass is only a part")
    say_notices(inventory, unit, each_by_itself=each_by_itself)
    if book:
        print_left_out(inventory.suspended_count, inventory.quarantined_count, book)


def print_left_out(suspended_count: int, quarantined_count: int, book: str) -> None:
    """Tell which records of a book are in no number."""
    if suspended_count:
        waiting = counted(suspended_count, "record")
        say(
            f"in suspense, and not in the numbers above: {waiting}; see `tonne suspense list "
            f"--book {book}`"
        )
    if quarantined_count:
        refused = counted(quarantined_count, "record")
        say(
            f"in quarantine, and in no number above: {refused} of the book, whatever their "
            f"months; see `tonne quarantine list --book {book}`"
        )


def inventory_row(row: InventoryRow) -> dict[str, object]:
    """Make the printed columns of a row."""
    return {
        **row.group,
        "kg_co2e": row.kg_co2e,
        "kg_co2": row.kg_co2,
        "kg_ch4": row.kg_ch4,
        "kg_n2o": row.kg_n2o,
        "energy_kwh": row.energy_kwh,
        "records": row.record_count,
        "gases": ";".join(f"{each.gas}={program_value(each.kg)}" for each in row.gases),
        "amounts": ";".join(
            f"{each.account}={program_value(each.amount)} {each.unit}" for each in row.amounts
        ),
    }


def inventory_document(inventory: Inventory) -> dict[str, object]:
    """Make the JSON document of an inventory."""
    return {
        "rows": [program_row(row) for row in inventory.rows],
        "total": program_row(inventory.total),
        "notices": [
            {
                "reason": item.reason,
                "message": item.message,
                "records": item.record_count,
                "kg_co2e": program_value(item.kg_co2e),
            }
            for item in inventory.notices
        ],
        "suspended_records": inventory.suspended_count,
        "quarantined_records": inventory.quarantined_count,
        "method_versions": list(inventory.method_versions),
        "gwp_set": inventory.gwp_set,
        "consolidation": inventory.consolidation,
        **moment_document(inventory.moment),
    }


def program_row(row: InventoryRow) -> dict[str, object]:
    """Make a row for programs: exact texts, all gases."""
    values = {key: program_value(value) for key, value in inventory_row(row).items()}
    return {
        **values,
        "partial_gases": list(row.partial_gases),
        "gases": [
            {
                "gas": each.gas,
                "kg": program_value(each.kg),
                "kg_co2e": program_value(each.kg_co2e),
            }
            for each in row.gases
        ],
        "amounts": [
            {
                "account": each.account,
                "unit": each.unit,
                "amount": program_value(each.amount),
            }
            for each in row.amounts
        ],
    }


def _group_columns(by: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(name, name.replace("_", " "), width_min=GROUP_WIDTH_MIN) for name in by)


def _print_table(inventory: Inventory, by: tuple[str, ...], unit: MassUnit) -> None:
    """Print a table as wide as the terminal; what does not fit beside the CO2e stands below it."""
    rows = [_table_row(row, unit) for row in (inventory.rows if by else (inventory.total,))]
    total = {**_table_row(inventory.total, unit), "title": ""}
    everything = [*rows[:TABLE_ROWS_MAX], {**total, **dict.fromkeys(by, "total")}]
    chosen = _columns_that_fit(by, unit, everything)
    print_table(chosen, rows, {by[0]: "total", **total} if by else None)
    has_energy = any(each.key == _ENERGY_COLUMN.key for each in chosen)
    for row in (*(inventory.rows[:TABLE_ROWS_MAX] if by else ()), inventory.total):
        _print_below(row, unit, with_energy=not has_energy)
    if by and not any(each.key == "kg_co2" for each in chosen):
        say("(masses of CO2, CH4 and N2O: a wider terminal, or --format csv)")


def _table_row(row: InventoryRow, unit: MassUnit) -> dict[str, object]:
    return {**in_unit(inventory_row(row), unit), "title": title_of(row.group)}


def _columns_that_fit(
    by: tuple[str, ...], unit: MassUnit, rows: Sequence[Mapping[str, object]]
) -> list[Column]:
    """Choose columns: titles of accounts go before masses of gases, and these before energy."""
    groups = _group_columns(by)
    has_titles = any(row["title"] for row in rows)
    masses = [replace(each, title=each.title.replace("kg", unit)) for each in _MASS_COLUMNS]
    co2e, gases = masses[:1], masses[1:]
    choices = [
        [*groups, _TITLE_COLUMN, *masses, _ENERGY_COLUMN, _RECORDS_COLUMN],
        [*groups, _TITLE_COLUMN, *masses, _RECORDS_COLUMN],
        [*groups, _TITLE_COLUMN, *co2e, _RECORDS_COLUMN],
        [*groups, *masses, _ENERGY_COLUMN, _RECORDS_COLUMN],
        [*groups, *co2e, *gases, _RECORDS_COLUMN],
    ]
    for choice in choices if has_titles else choices[3:]:
        present = [
            replace(each, width_min=each.width_min if each == _TITLE_COLUMN else None)
            for each in choice
            if not each.is_optional or any(row.get(each.key) is not None for row in rows)
        ]
        if fits(present, rows):
            return choice
    return choices[-1]


def _print_below(row: InventoryRow, unit: MassUnit, *, with_energy: bool) -> None:
    """Print what a row of the table has no column for."""
    gases = []
    for each in row.gases:
        kg_co2e = each.kg_co2e
        worth = "" if kg_co2e is None else f" ({unit.of(kg_co2e):,.3f} {unit} CO2e)"
        gases.append((f"{exact_text(each.kg)} kg {each.gas}{worth}", kg_co2e))
    parts, more_count = gases_first(gases)
    if more_count:
        parts.append(f"{more_count} more")
    has_one = len({each.account for each in row.amounts}) == 1
    for driver in row.amounts:
        account = "" if has_one else f" {driver.account}"
        parts.append(f"{exact_text(driver.amount)} {driver.unit}{account}")
    if with_energy and row.energy_kwh is not None:
        parts.append(f"{row.energy_kwh:,.1f} kWh")
    if parts:
        group = ", ".join(filter(None, row.group.values())) or "total"
        stdout_console().print(shown(f"{group}: {', '.join(parts)}"))

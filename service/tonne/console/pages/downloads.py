"""Downloads of an inventory: the rows of the API as they come, with every digit."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from tonne.client.answers.report_results import MAIN_GASES
from tonne.console.pages.inventory import GROUPS, SPANS
from tonne.text.visible import csv_cell
from tonne.yearly.figures import exact_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from tonne.client import InventoryRow
    from tonne.console.visits import Visit

COLUMNS = (
    *("kg_co2e", "kg_co2", "kg_ch4", "kg_n2o", "partial_gases", "gases", "energy_kwh", "amounts"),
    "records",
)
"""Columns behind those of the groups; masses are in kg, empty where no factor states the gas."""


def rows_of(visit: Visit) -> tuple[tuple[str, ...], Iterator[InventoryRow]]:
    """Give the dimensions of the address, and its rows."""
    by = visit.given("by", GROUPS, GROUPS[0])
    span = visit.given("columns", SPANS, SPANS[0])
    dimensions = (by, "period") if span == "month" else (by,)
    rows = visit.client.inventory_rows(visit.book, by=dimensions, **visit.chosen().asked())
    return dimensions, rows


def csv_of(visit: Visit) -> Iterator[bytes]:
    """Write the rows as CSV, line by line."""
    dimensions, rows = rows_of(visit)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*dimensions, *COLUMNS])
    for row in rows:
        told = _cells(row)
        groups = [csv_cell(row.group[name]) for name in dimensions]
        writer.writerow([*groups, *(told[name] for name in COLUMNS)])
        yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8", "backslashreplace")


def _cells(row: InventoryRow) -> dict[str, str]:
    return {
        "kg_co2e": exact_text(row.kg_co2e),
        **{name: _text(getattr(row, name)) for name in MAIN_GASES},
        "partial_gases": " ".join(row.partial_gases),
        "gases": "; ".join(f"{each.gas} {exact_text(each.kg)} kg" for each in row.gases),
        "energy_kwh": _text(row.energy_kwh),
        "amounts": "; ".join(
            f"{each.account} {exact_text(each.amount)} {each.unit}" for each in row.amounts
        ),
        "records": str(row.record_count),
    }


def _text(value: Decimal | None) -> str:
    return "" if value is None else exact_text(value)


def json_of(visit: Visit) -> Iterator[bytes]:
    """Write the rows as a JSON array, one on a line; numbers are texts with every digit."""
    _, rows = rows_of(visit)
    is_first = True
    for row in rows:
        told = {
            **row.group,
            "kg_co2e": exact_text(row.kg_co2e),
            **{
                name: exact_text(kg)
                for name in (*MAIN_GASES, "energy_kwh")
                if (kg := getattr(row, name)) is not None
            },
            "partial_gases": list(row.partial_gases),
            "gases": [{"gas": each.gas, "kg": exact_text(each.kg)} for each in row.gases],
            "amounts": [
                {
                    "account": each.account,
                    "unit": each.unit,
                    "amount": exact_text(each.amount),
                }
                for each in row.amounts
            ],
            "records": row.record_count,
        }
        yield (("[\n" if is_first else ",\n") + json.dumps(told, ensure_ascii=False)).encode()
        is_first = False
    yield b"[]\n" if is_first else b"\n]\n"

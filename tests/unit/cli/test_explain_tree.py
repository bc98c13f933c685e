"""The tree of an explanation, as a terminal of 100 characters shows it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from tonne.cli.terminal.explain_tree import ExplainTree, number
from tonne.client import InventoryRow
from tonne.client.answers.explain_results import (
    ExplainGas,
    ExplainLine,
    ExplainRecord,
    ExplainReplay,
    ExplainStep,
)
from tonne.client.answers.results import LedgerRecord
from tonne.v1.catalogue_pb2 import Factor

GRID = Factor(
    name="editions/uk-ghg-2025/factors/2", activity="electricity.grid", region="GB", unit="kWh",
    kg_co2e="0.177", source="UK Government GHG Conversion Factors 2025", table="UK electricity",
    row="B24", licence="Open Government Licence v3.0",
)  # fmt: skip
LEAK = Factor(
    name="books/acme/editions/own/factors/7", activity="refrigerant.blend", unit="kg",
    source="Data sheet", note="composition as printed",
)  # fmt: skip


def grid_line(facility, quantity, record_count, share=Fraction(1)):
    """MWh of the British grid in January."""
    kg_co2e = Fraction(quantity) * 1000 * Fraction("0.177") * share
    return ExplainLine(
        "scope2.location", "generation", facility, "electricity.grid", "GB", "2025-01",
        Decimal(quantity), "MWh", record_count, "5f2e" * 16, 3, GRID,
        (ExplainStep("unit", "MWh to kWh", Fraction(1000)),),
        (ExplainGas("CO2", Fraction("0.17489"), Fraction("0.17489") * 125_000, None, None),),
        share, "printed total", kg_co2e,
        ("electricity.grid: no factor of region 'GB-WLS'; took the one of region 'GB'",),
    )  # fmt: skip


LEAK_LINE = ExplainLine(
    "scope1.fugitive", "release", "dc-1", "refrigerant.blend", "", "2025-02", Decimal("2.5"), "kg",
    1, "9a0c" * 16, 3, LEAK, (),
    (
        ExplainGas("CO2", Fraction(0), Fraction(0), Decimal(1), Fraction(0)),
        ExplainGas("HFC-32", Fraction(1, 3), Fraction(5, 6), Decimal(677), Fraction(3385, 6)),
    ),
    Fraction(1), "sum of gases", Fraction(3385, 6), (),
)  # fmt: skip

GOLDEN = Path(__file__).with_name("explain_tree.txt").read_text(encoding="utf-8")


def test_a_tree_reads_like_the_calculation():
    """Accounts, factors with their sources and steps, folded balances, records, the replay."""
    tree = ExplainTree(lines_max=2)
    tree.add_line(LEAK_LINE)
    tree.add_line(grid_line("dc-1", "125", 4))
    tree.add_line(grid_line("dc-2", "50", 1, Fraction("0.415")))
    tree.add_line(grid_line("dc-3", "40", 2))
    tree.add_line(grid_line("dc-4", "7.5", 1))
    day = dt.datetime(2024, 12, 31, tzinfo=dt.UTC)
    record = {"record_id": "r-12", "facility": "dc-1", "activity": "electricity.grid",
              "quantity": Decimal(90), "unit": "MWh", "start": day,
              "end": day + dt.timedelta(days=31)}  # fmt: skip
    place = LedgerRecord("books/acme/channels/meters", 12, record, "", "3c9d77aa" * 4, day)
    tree.add_record(ExplainRecord(place, {"2025-01": Decimal("87.096774")}))
    difference = (
        "dc-1, electricity.grid, MWh, 2025-01: the balances have 125, but the segments 126"
    )
    kg_co2e = Decimal("34769.416666666666666667")
    tree.add_replay(ExplainReplay(False, 9, 2, kg_co2e, (difference,)))
    total = InventoryRow({}, Decimal("34769.416667"), None, None, None, 9)
    console = Console(width=100, no_color=True, highlight=False, force_terminal=False)
    with console.capture() as captured:
        console.print(tree.render("book acme", total))
    text = "\n".join(line.rstrip() for line in captured.get().splitlines())
    assert text + "\n" == GOLDEN


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(1_234_567), "1,234,567"),
        (Fraction("-1234.5"), "-1,234.5"),
        (Fraction(1, 3), "≈0.333333"),
        (Fraction(-2000, 3), "≈-666.666667"),
        (Fraction("0.000031785714"), "≈0.00003179"),
        (Fraction("0.0000005"), "0.0000005"),
        (Fraction(1, 3 * 10**20), "≈0"),
    ],
)
def test_numbers_are_exact_or_say_that_they_are_not(value, text):
    """Few places as they are; small ones with their first digits."""
    assert number(value) == text

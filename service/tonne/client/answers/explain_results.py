"""A number unfolded, as the client reads it: exact rationals, in the order of the server."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.client.answers.days import read_day
from tonne.client.answers.factors import Factor, read_factor
from tonne.client.answers.report_results import InventoryRow, read_inventory_row
from tonne.client.answers.results import LedgerRecord, read_ledger_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tonne.v1 import catalogue_pb2, report_pb2


@dataclass(frozen=True, slots=True)
class ExplainStep:
    """One exact ratio on the way from a record's unit to the factor's, and where it is from."""

    kind: str
    text: str
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class ExplainGas:
    """What one gas adds to a line; without `gwp` and `kg_co2e` the printed total counts."""

    gas: str
    kg_per_unit: Fraction
    kg: Fraction
    gwp: Decimal | None
    kg_co2e: Fraction | None


@dataclass(frozen=True, slots=True)
class ExplainLine:
    """One balance under one factor: `quantity` x `steps` x `factor` x `share` = `kg_co2e`.

    `factor` comes with its source, table, row and licence. `slice_start` and `slice_end` are the
    days of the month as YYYY-MM-DD, the latter exclusive; empty where it is whole. `amount` is
    what the line adds to the energy or the amount of its account, None without any.
    `counted_period` is the month in which it counts, a later one than `period` where it came late.
    """

    account: str
    stage: str
    facility: str
    activity: str
    region: str
    period: str
    quantity: Decimal
    unit: str
    record_count: int
    resolution: str
    method_version: int
    factor: Factor
    steps: tuple[ExplainStep, ...]
    gases: tuple[ExplainGas, ...]
    share: Fraction
    basis: str
    kg_co2e: Fraction
    notices: tuple[str, ...]
    slice_start: str = ""
    slice_end: str = ""
    amount: Fraction | None = None
    amount_unit: str = ""
    counted_period: str = ""


@dataclass(frozen=True, slots=True)
class ExplainRecord:
    """A record under the number; `parts` are its quantities by month."""

    record: LedgerRecord
    parts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class ExplainReplay:
    """What a replay found; `differences` is empty where everything agrees."""

    agrees: bool
    record_count: int
    segment_count: int
    kg_co2e: Decimal
    differences: tuple[str, ...]


ExplainPart = ExplainLine | ExplainRecord | ExplainReplay | InventoryRow


LINES_MAX = 100
"""Lines that the server may send together."""


class ExplainParts:
    """Reads the parts of an explanation; a factor that many lines have is read once."""

    def __init__(self) -> None:
        self._written: catalogue_pb2.Factor | None = None
        self._factor: Factor | None = None

    def read(self, response: report_pb2.ExplainResponse) -> Iterator[ExplainPart]:
        """Read lines, or a line, a record, the replay or the total."""
        kind = response.WhichOneof("part")
        for line in response.lines:
            yield _read_line(line, self._factor_of(line))
        if kind == "line":
            yield _read_line(response.line, self._factor_of(response.line))
        elif kind is not None:
            yield _read_other(kind, response)

    def _factor_of(self, line: report_pb2.ExplainLine) -> Factor:
        if self._factor is None or line.factor != self._written:
            self._written, self._factor = line.factor, read_factor(line.factor)
        return self._factor


def read_explain_part(response: report_pb2.ExplainResponse) -> ExplainPart:
    """Read the one part of a response."""
    return next(ExplainParts().read(response))


def _read_other(
    kind: str, response: report_pb2.ExplainResponse
) -> ExplainRecord | ExplainReplay | InventoryRow:
    if kind == "record":
        pairs = (part.partition("=") for part in response.record.parts)
        return ExplainRecord(
            read_ledger_record(response.record.record),
            {month: Decimal(quantity) for month, _, quantity in pairs},
        )
    if kind == "replay":
        replay = response.replay
        return ExplainReplay(
            replay.agrees,
            replay.record_count,
            replay.segment_count,
            Decimal(replay.kg_co2e),
            tuple(replay.differences),
        )
    return read_inventory_row(response.total)


def _read_line(line: report_pb2.ExplainLine, factor: Factor) -> ExplainLine:
    return ExplainLine(
        line.account,
        line.stage,
        line.facility,
        line.activity,
        line.region,
        line.period,
        Decimal(line.quantity),
        line.unit,
        line.record_count,
        line.resolution,
        line.method_version,
        factor,
        tuple(ExplainStep(step.kind, step.text, Fraction(step.ratio)) for step in line.steps),
        tuple(
            ExplainGas(
                gas.gas,
                Fraction(gas.kg_per_unit),
                Fraction(gas.kg),
                Decimal(gas.gwp) if gas.gwp else None,
                Fraction(gas.kg_co2e) if gas.kg_co2e else None,
            )
            for gas in line.gases
        ),
        Fraction(line.share),
        line.basis,
        Fraction(line.kg_co2e),
        tuple(line.notices),
        read_day(line, "slice_start"),
        read_day(line, "slice_end"),
        Fraction(line.amount) if line.amount else None,
        line.amount_unit,
        line.counted_period,
    )

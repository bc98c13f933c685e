"""The parts of an explanation as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.type.date_pb2 import Date

from tonne.catalogue.resolving.valuation import decimal_text, exact_text
from tonne.edge.messages.catalogue_codec import write_factor
from tonne.edge.messages.codec import write_record
from tonne.edge.messages.names import write_factor as write_factor_name
from tonne.edge.messages.report_codec import write_row
from tonne.model import LAST_DAY, day_of_number, first_day_of, month_of_period
from tonne.quantities import atto_of, quantity_text
from tonne.reports.explanation.explain import ExplainRecord
from tonne.reports.explanation.lines import ExplainLine
from tonne.reports.explanation.replay import ReplayOutcome
from tonne.v1 import catalogue_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    from tonne.catalogue.resolving.resolution import ResolutionEntry
    from tonne.reports.explanation.explain import Explained
    from tonne.reports.explanation.factor_sources import FactorSource

GONE = "the edition is gone: these are the figures that the resolution kept"
"""Note of a factor whose edition is gone."""


LINES_MAX = 100
"""Most lines of one response."""


def write_parts(
    book: str, parts: Iterable[Explained], lines_max: int
) -> Iterator[report_pb2.ExplainResponse]:
    """Write the parts of an explanation, up to `lines_max` lines together."""
    count = min(lines_max, LINES_MAX)
    written = _Written()
    waiting: list[report_pb2.ExplainLine] = []
    for part in parts:
        if count > 1 and isinstance(part, ExplainLine):
            waiting.append(_write_line(part, written))
            if len(waiting) < count:
                continue
        if waiting:
            yield report_pb2.ExplainResponse(lines=waiting)
            waiting = []
        if count <= 1 or not isinstance(part, ExplainLine):
            yield write_part(book, part)
    if waiting:
        yield report_pb2.ExplainResponse(lines=waiting)


def write_part(book: str, part: Explained) -> report_pb2.ExplainResponse:
    """Write a line, a record, the replay or the total."""
    if isinstance(part, ExplainLine):
        return report_pb2.ExplainResponse(line=_write_line(part, _Written()))
    if isinstance(part, ExplainRecord):
        return report_pb2.ExplainResponse(
            record=report_pb2.ExplainRecord(
                record=write_record(book, part.record),
                parts=[
                    f"{month_of_period(period)}={quantity_text(atto_of(quantity))}"
                    for period, quantity in part.parts
                ],
            )
        )
    if isinstance(part, ReplayOutcome):
        return report_pb2.ExplainResponse(
            replay=report_pb2.ExplainReplay(
                agrees=part.agrees,
                record_count=part.record_count,
                segment_count=part.segment_count,
                kg_co2e=decimal_text(part.kg_co2e),
                differences=part.differences,
            )
        )
    return report_pb2.ExplainResponse(total=write_row(part))


def _slice(line: ExplainLine) -> dict[str, Date]:
    """Days of a slice; nothing of a whole month."""
    if (line.first_day, line.last_day) == (1, LAST_DAY):
        return {}
    month = first_day_of(line.period)
    stop = first_day_of(line.period + 1) if line.last_day == LAST_DAY else month + line.last_day
    days = {"slice_start": month + line.first_day - 1, "slice_end": stop}
    return {
        name: Date(year=day.year, month=day.month, day=day.day)
        for name, day in ((name, day_of_number(number)) for name, number in days.items())
    }


class _Written:
    """The factor and the steps of the line before: lines come factor by factor."""

    def __init__(self) -> None:
        self._of: tuple[FactorSource, ResolutionEntry] | None = None
        self.factor = catalogue_pb2.Factor()
        self.steps: list[report_pb2.ExplainStep] = []

    def be_of(self, source: FactorSource, entry: ResolutionEntry) -> None:
        """Write them anew where they are others."""
        if self._of is not None and self._of[0] is source and self._of[1] is entry:
            return
        self._of = (source, entry)
        self.factor = _write_source(source, entry)
        self.steps = [
            report_pb2.ExplainStep(kind=step.kind, text=step.text, ratio=exact_text(step.ratio))
            for step in entry.steps
        ]


def _write_line(line: ExplainLine, written: _Written) -> report_pb2.ExplainLine:
    written.be_of(line.source, line.entry)
    return report_pb2.ExplainLine(
        account=line.account,
        stage=line.entry.stage,
        facility=line.facility,
        activity=line.activity,
        region=line.region,
        period=month_of_period(line.period),
        counted_period=month_of_period(line.counted_period),
        **_slice(line),
        quantity=quantity_text(atto_of(line.quantity)),
        unit=line.unit,
        record_count=line.record_count,
        resolution=line.resolution,
        method_version=line.method_version,
        factor=written.factor,
        steps=written.steps,
        gases=[
            report_pb2.ExplainGas(
                gas=gas.gas,
                kg_per_unit=exact_text(gas.kg_per_unit),
                kg=exact_text(gas.kg),
                gwp=gas.gwp or "",
                kg_co2e=_optional(gas.kg_co2e),
            )
            for gas in line.gases
        ],
        share=exact_text(line.share),
        basis=line.basis,
        kg_co2e=exact_text(line.kg_co2e),
        notices=line.notices,
        amount=_optional(line.amount),
        amount_unit=line.amount_unit,
    )


def _write_source(source: FactorSource, entry: ResolutionEntry) -> catalogue_pb2.Factor:
    if source.factor is not None:
        written = write_factor(source.book, source.edition, source.factor)
        written.licence = source.licence
        return written
    factor = entry.factor
    return catalogue_pb2.Factor(
        name=write_factor_name(source.book, source.edition, source.row) if source.edition else "",
        kg_co2e=factor.kg_co2e or "",
        kg_co2=factor.kg_co2 or "",
        kg_ch4=factor.kg_ch4 or "",
        kg_n2o=factor.kg_n2o or "",
        co2e_ch4=factor.co2e_ch4 or "",
        co2e_n2o=factor.co2e_n2o or "",
        gwp_set=factor.gwp_set,
        gases=[catalogue_pb2.GasMass(gas=gas, kg=kg) for gas, kg in factor.gases],
        kwh=factor.kwh or "",
        stage=entry.stage,
        source=entry.cell,
        licence=source.licence,
        note=GONE if source.edition else "",
    )


def _optional(value: Fraction | None) -> str:
    return "" if value is None else exact_text(value)

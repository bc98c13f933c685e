"""What follows from statements and the ledger, as reports compute it and the SDK reads it.

Numbers are decimals: exact where they end within 18 places, else rounded there once, half-even.
None: there is none, and a notice says why. `commit` and `as_of_time` are those as of which an
answer of the ledger is.
"""

import datetime as dt
import enum
from dataclasses import dataclass
from decimal import Decimal

from tonne.statements.claims import LotState
from tonne.statements.measures import MeasureMethod, MeasureState
from tonne.statements.products import Exchange
from tonne.statements.suppliers import Attribute, EvidenceKind


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Of how many suppliers an attribute holds, by number and by spend.

    `level_min` is that of MATURITY. The dates are those of the evidence that counts;
    `expired_count` suppliers had evidence, and have none that still counts.
    """

    attribute: Attribute
    level_min: int
    supplier_count: int
    supplier_total_count: int
    count_percent: Decimal | None
    spend: Decimal | None
    spend_total: Decimal | None
    spend_percent: Decimal | None
    evidence_date_min: str
    evidence_date_max: str
    expired_count: int


@dataclass(frozen=True, slots=True)
class SupplierCoverage:
    """The suppliers of a book on a day, and what of them is shown."""

    day: str
    currency: str
    rows: tuple[CoverageRow, ...]
    notices: tuple[str, ...]
    commit: int = 0
    as_of_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Scope3Row:
    """What of a category rests on one kind of evidence; an empty category is all of scope 3."""

    category: str
    kind: EvidenceKind
    kg_co2e: Decimal
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Scope3Part:
    """What of a category rests on one factor of one activity.

    `supplier` is that of the register; `cell` is where the factor stands in its edition's source.
    """

    category: str
    kind: EvidenceKind
    activity: str
    supplier: str
    edition: str
    cell: str
    kg_co2e: Decimal


@dataclass(frozen=True, slots=True)
class Scope3Evidence:
    """On what scope 3 rests, by kind of evidence on a day.

    `kg_co2e` is the sum of `rows`, of `totals`, and of `parts` with `omitted_kg`: exactly.
    """

    day: str
    kg_co2e: Decimal
    rows: tuple[Scope3Row, ...]
    totals: tuple[Scope3Row, ...]
    parts: tuple[Scope3Part, ...]
    omitted_count: int
    omitted_kg: Decimal
    gwp_set: str
    consolidation: str
    notices: tuple[str, ...]
    commit: int = 0
    as_of_time: dt.datetime | None = None


class Basis(enum.StrEnum):
    """What a figure rests on."""

    NONE = ""
    LEDGER = "ledger"
    STATED = "stated"


class Standing(enum.StrEnum):
    """Where a figure is against the path, or against a target that has none."""

    NONE = ""
    AHEAD = "ahead"
    ON_PATH = "on_path"
    BEHIND = "behind"
    REACHED = "reached"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class YearFigure:
    """The figure of a year against the path of a target.

    `missing_periods` are months without any record of what is summed: such a year has no figure.
    `difference` is the figure less the path's; `progress_percent` is how much of the way from
    the base to the target is done.
    """

    year_start: str
    value: Decimal | None
    basis: Basis
    source: str
    path_value: Decimal | None
    difference: Decimal | None
    progress_percent: Decimal | None
    standing: Standing
    missing_periods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetProgress:
    """A target, and where it stands by its latest figure."""

    target: str
    version: int
    display_name: str
    valid_from: str
    reason: str
    unit: str
    path: str
    rests_on: str
    base: YearFigure | None
    target_year_start: str
    target_value: Decimal
    current: YearFigure
    years: tuple[YearFigure, ...]
    needed_yearly: Decimal | None
    needed_yearly_percent: Decimal | None
    projected_value: Decimal | None
    projection: str
    notices: tuple[str, ...]
    commit: int = 0
    as_of_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class TargetOutcome:
    """Where a target stands, or why that cannot be told: a code, and a message with the remedy."""

    target: str
    version: int
    display_name: str
    progress: TargetProgress | None
    refusal: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A number of which an effect is made: what it is, its value and its unit."""

    name: str
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class MeasureEffect:
    """The effect of a measure in a year: kg CO2e that were not emitted, and how that comes."""

    measure: str
    version: int
    display_name: str
    method: MeasureMethod
    state: MeasureState
    year_start: str
    effect_kg: Decimal
    formula: str
    terms: tuple[Term, ...]
    evidence: str
    notices: tuple[str, ...]
    commit: int = 0
    as_of_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class PipelineRow:
    """A measure for a target; `counts` where its effect is still to come."""

    measure: str
    display_name: str
    state: MeasureState
    expected_kg: Decimal | None
    counts: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What is left to a target, and what the measures that are to come bring of it, kg CO2e."""

    target: str
    version: int
    year_start: str
    current_kg: Decimal
    target_kg: Decimal
    gap_kg: Decimal
    expected_kg: Decimal
    uncovered_kg: Decimal
    rows: tuple[PipelineRow, ...]
    notices: tuple[str, ...]
    commit: int = 0
    as_of_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class EnablementRow:
    """What a solution changes for others, kg CO2e; `attributed_kg` is the enterprise's part."""

    enablement: str
    version: int
    display_name: str
    year_start: str
    tier: int
    net_kg: Decimal
    attributed_kg: Decimal
    published: bool


@dataclass(frozen=True, slots=True)
class LotRow:
    """Lots of offsets in one state, kg CO2e."""

    state: LotState
    lot_count: int
    quantity_kg: Decimal


@dataclass(frozen=True, slots=True)
class Claims:
    """What is claimed apart from the inventory; nothing here is added to anything."""

    enablement: tuple[EnablementRow, ...]
    omitted_count: int
    lots: tuple[LotRow, ...]
    notices: tuple[str, ...]
    commit: int = 0
    as_of_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """Footprints of a category, one of each product, kg CO2e.

    `embodied_kg` and `use_kg` are of the footprints that part them; `unparted_count` do not.
    """

    exchange: Exchange
    category: str
    footprint_count: int
    total_kg: Decimal
    embodied_kg: Decimal
    use_kg: Decimal
    unparted_count: int


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """How many products are in a programme on the day."""

    name: str
    product_count: int


@dataclass(frozen=True, slots=True)
class MaterialRow:
    """A material in one of each product, and how much of it is recycled."""

    name: str
    product_count: int
    mass_kg: Decimal
    recycled_kg: Decimal
    recycled_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class PackagingRow:
    """Packaging that was not used in a year, kg of packaging."""

    year_start: str
    avoided_kg: Decimal


@dataclass(frozen=True, slots=True)
class SourceRepeat:
    """Footprints with the same source."""

    source_id: str
    footprints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductTotals:
    """The products of a book on a day."""

    day: str
    product_count: int
    rows: tuple[ProductRow, ...]
    totals: tuple[ProductRow, ...]
    programmes: tuple[ProgrammeRow, ...]
    materials: tuple[MaterialRow, ...]
    packaging: tuple[PackagingRow, ...]
    repeats: tuple[SourceRepeat, ...]
    notices: tuple[str, ...]
    commit: int = 0
    as_of_time: dt.datetime | None = None

import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from tonne.v1 import bridges_pb2 as _bridges_pb2
from tonne.v1 import indicators_pb2 as _indicators_pb2
from tonne.v1 import report_pb2 as _report_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StatementKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATEMENT_KIND_UNSPECIFIED: _ClassVar[StatementKind]
    STATEMENT_KIND_SUPPLIER: _ClassVar[StatementKind]
    STATEMENT_KIND_EVIDENCE: _ClassVar[StatementKind]
    STATEMENT_KIND_TARGET: _ClassVar[StatementKind]
    STATEMENT_KIND_MEASURE: _ClassVar[StatementKind]
    STATEMENT_KIND_ENABLEMENT: _ClassVar[StatementKind]
    STATEMENT_KIND_OFFSET: _ClassVar[StatementKind]
    STATEMENT_KIND_PRODUCT: _ClassVar[StatementKind]
    STATEMENT_KIND_FOOTPRINT: _ClassVar[StatementKind]
    STATEMENT_KIND_PACKAGING: _ClassVar[StatementKind]
    STATEMENT_KIND_INDICATOR: _ClassVar[StatementKind]
    STATEMENT_KIND_ALLOCATION_KEY: _ClassVar[StatementKind]
    STATEMENT_KIND_BASE_YEAR: _ClassVar[StatementKind]
    STATEMENT_KIND_RESTATEMENT: _ClassVar[StatementKind]

class SupplierAttribute(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUPPLIER_ATTRIBUTE_UNSPECIFIED: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_VERIFIED_DATA: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_PUBLIC_TARGET: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_RENEWABLE_TRACKING: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_SCIENCE_BASED_TARGET: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_MATURITY: _ClassVar[SupplierAttribute]

class EvidenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVIDENCE_KIND_UNSPECIFIED: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_SUPPLIER_VERIFIED: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_SUPPLIER_SPECIFIC: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_AVERAGE_DATA: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_SPEND_BASED: _ClassVar[EvidenceKind]

class TargetType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TARGET_TYPE_UNSPECIFIED: _ClassVar[TargetType]
    TARGET_TYPE_ABSOLUTE: _ClassVar[TargetType]
    TARGET_TYPE_INTENSITY: _ClassVar[TargetType]
    TARGET_TYPE_SHARE: _ClassVar[TargetType]
    TARGET_TYPE_ENGAGEMENT: _ClassVar[TargetType]

class EngagementWeight(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENGAGEMENT_WEIGHT_UNSPECIFIED: _ClassVar[EngagementWeight]
    ENGAGEMENT_WEIGHT_SPEND: _ClassVar[EngagementWeight]
    ENGAGEMENT_WEIGHT_COUNT: _ClassVar[EngagementWeight]

class TargetDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TARGET_DIRECTION_UNSPECIFIED: _ClassVar[TargetDirection]
    TARGET_DIRECTION_LOWER: _ClassVar[TargetDirection]
    TARGET_DIRECTION_HIGHER: _ClassVar[TargetDirection]

class MeasureState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEASURE_STATE_UNSPECIFIED: _ClassVar[MeasureState]
    MEASURE_STATE_PLANNED: _ClassVar[MeasureState]
    MEASURE_STATE_DECIDED: _ClassVar[MeasureState]
    MEASURE_STATE_RUNNING: _ClassVar[MeasureState]
    MEASURE_STATE_ENDED: _ClassVar[MeasureState]

class MeasureMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEASURE_METHOD_UNSPECIFIED: _ClassVar[MeasureMethod]
    MEASURE_METHOD_DIFFERENCE: _ClassVar[MeasureMethod]
    MEASURE_METHOD_NORMALISED: _ClassVar[MeasureMethod]
    MEASURE_METHOD_PER_KWH: _ClassVar[MeasureMethod]
    MEASURE_METHOD_STATED: _ClassVar[MeasureMethod]

class OffsetType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFSET_TYPE_UNSPECIFIED: _ClassVar[OffsetType]
    OFFSET_TYPE_REDUCTION: _ClassVar[OffsetType]
    OFFSET_TYPE_REMOVAL: _ClassVar[OffsetType]

class LotState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOT_STATE_UNSPECIFIED: _ClassVar[LotState]
    LOT_STATE_ISSUED: _ClassVar[LotState]
    LOT_STATE_FROZEN: _ClassVar[LotState]
    LOT_STATE_TRADED: _ClassVar[LotState]
    LOT_STATE_CANCELLED: _ClassVar[LotState]
    LOT_STATE_RETIRED: _ClassVar[LotState]

class FootprintExchange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FOOTPRINT_EXCHANGE_UNSPECIFIED: _ClassVar[FootprintExchange]
    FOOTPRINT_EXCHANGE_DECLARED: _ClassVar[FootprintExchange]
    FOOTPRINT_EXCHANGE_RECEIVED: _ClassVar[FootprintExchange]

class LifeCycleStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIFE_CYCLE_STAGE_UNSPECIFIED: _ClassVar[LifeCycleStage]
    LIFE_CYCLE_STAGE_RAW_MATERIALS: _ClassVar[LifeCycleStage]
    LIFE_CYCLE_STAGE_PRODUCTION: _ClassVar[LifeCycleStage]
    LIFE_CYCLE_STAGE_DISTRIBUTION: _ClassVar[LifeCycleStage]
    LIFE_CYCLE_STAGE_USE: _ClassVar[LifeCycleStage]
    LIFE_CYCLE_STAGE_END_OF_LIFE: _ClassVar[LifeCycleStage]

class FigureBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIGURE_BASIS_UNSPECIFIED: _ClassVar[FigureBasis]
    FIGURE_BASIS_LEDGER: _ClassVar[FigureBasis]
    FIGURE_BASIS_STATED: _ClassVar[FigureBasis]

class TargetStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TARGET_STANDING_UNSPECIFIED: _ClassVar[TargetStanding]
    TARGET_STANDING_AHEAD: _ClassVar[TargetStanding]
    TARGET_STANDING_ON_PATH: _ClassVar[TargetStanding]
    TARGET_STANDING_BEHIND: _ClassVar[TargetStanding]
    TARGET_STANDING_REACHED: _ClassVar[TargetStanding]
    TARGET_STANDING_NOT_REACHED: _ClassVar[TargetStanding]
STATEMENT_KIND_UNSPECIFIED: StatementKind
STATEMENT_KIND_SUPPLIER: StatementKind
STATEMENT_KIND_EVIDENCE: StatementKind
STATEMENT_KIND_TARGET: StatementKind
STATEMENT_KIND_MEASURE: StatementKind
STATEMENT_KIND_ENABLEMENT: StatementKind
STATEMENT_KIND_OFFSET: StatementKind
STATEMENT_KIND_PRODUCT: StatementKind
STATEMENT_KIND_FOOTPRINT: StatementKind
STATEMENT_KIND_PACKAGING: StatementKind
STATEMENT_KIND_INDICATOR: StatementKind
STATEMENT_KIND_ALLOCATION_KEY: StatementKind
STATEMENT_KIND_BASE_YEAR: StatementKind
STATEMENT_KIND_RESTATEMENT: StatementKind
SUPPLIER_ATTRIBUTE_UNSPECIFIED: SupplierAttribute
SUPPLIER_ATTRIBUTE_VERIFIED_DATA: SupplierAttribute
SUPPLIER_ATTRIBUTE_PUBLIC_TARGET: SupplierAttribute
SUPPLIER_ATTRIBUTE_RENEWABLE_TRACKING: SupplierAttribute
SUPPLIER_ATTRIBUTE_SCIENCE_BASED_TARGET: SupplierAttribute
SUPPLIER_ATTRIBUTE_MATURITY: SupplierAttribute
EVIDENCE_KIND_UNSPECIFIED: EvidenceKind
EVIDENCE_KIND_SUPPLIER_VERIFIED: EvidenceKind
EVIDENCE_KIND_SUPPLIER_SPECIFIC: EvidenceKind
EVIDENCE_KIND_AVERAGE_DATA: EvidenceKind
EVIDENCE_KIND_SPEND_BASED: EvidenceKind
TARGET_TYPE_UNSPECIFIED: TargetType
TARGET_TYPE_ABSOLUTE: TargetType
TARGET_TYPE_INTENSITY: TargetType
TARGET_TYPE_SHARE: TargetType
TARGET_TYPE_ENGAGEMENT: TargetType
ENGAGEMENT_WEIGHT_UNSPECIFIED: EngagementWeight
ENGAGEMENT_WEIGHT_SPEND: EngagementWeight
ENGAGEMENT_WEIGHT_COUNT: EngagementWeight
TARGET_DIRECTION_UNSPECIFIED: TargetDirection
TARGET_DIRECTION_LOWER: TargetDirection
TARGET_DIRECTION_HIGHER: TargetDirection
MEASURE_STATE_UNSPECIFIED: MeasureState
MEASURE_STATE_PLANNED: MeasureState
MEASURE_STATE_DECIDED: MeasureState
MEASURE_STATE_RUNNING: MeasureState
MEASURE_STATE_ENDED: MeasureState
MEASURE_METHOD_UNSPECIFIED: MeasureMethod
MEASURE_METHOD_DIFFERENCE: MeasureMethod
MEASURE_METHOD_NORMALISED: MeasureMethod
MEASURE_METHOD_PER_KWH: MeasureMethod
MEASURE_METHOD_STATED: MeasureMethod
OFFSET_TYPE_UNSPECIFIED: OffsetType
OFFSET_TYPE_REDUCTION: OffsetType
OFFSET_TYPE_REMOVAL: OffsetType
LOT_STATE_UNSPECIFIED: LotState
LOT_STATE_ISSUED: LotState
LOT_STATE_FROZEN: LotState
LOT_STATE_TRADED: LotState
LOT_STATE_CANCELLED: LotState
LOT_STATE_RETIRED: LotState
FOOTPRINT_EXCHANGE_UNSPECIFIED: FootprintExchange
FOOTPRINT_EXCHANGE_DECLARED: FootprintExchange
FOOTPRINT_EXCHANGE_RECEIVED: FootprintExchange
LIFE_CYCLE_STAGE_UNSPECIFIED: LifeCycleStage
LIFE_CYCLE_STAGE_RAW_MATERIALS: LifeCycleStage
LIFE_CYCLE_STAGE_PRODUCTION: LifeCycleStage
LIFE_CYCLE_STAGE_DISTRIBUTION: LifeCycleStage
LIFE_CYCLE_STAGE_USE: LifeCycleStage
LIFE_CYCLE_STAGE_END_OF_LIFE: LifeCycleStage
FIGURE_BASIS_UNSPECIFIED: FigureBasis
FIGURE_BASIS_LEDGER: FigureBasis
FIGURE_BASIS_STATED: FigureBasis
TARGET_STANDING_UNSPECIFIED: TargetStanding
TARGET_STANDING_AHEAD: TargetStanding
TARGET_STANDING_ON_PATH: TargetStanding
TARGET_STANDING_BEHIND: TargetStanding
TARGET_STANDING_REACHED: TargetStanding
TARGET_STANDING_NOT_REACHED: TargetStanding

class Supplier(_message.Message):
    __slots__ = ("display_name", "region", "category")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    region: str
    category: str
    def __init__(self, display_name: _Optional[str] = ..., region: _Optional[str] = ..., category: _Optional[str] = ...) -> None: ...

class SupplierEvidence(_message.Message):
    __slots__ = ("supplier", "attribute", "evidence_date", "source", "valid_to", "maturity_level", "verifier")
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_DATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    MATURITY_LEVEL_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    supplier: str
    attribute: SupplierAttribute
    evidence_date: _date_pb2.Date
    source: str
    valid_to: _date_pb2.Date
    maturity_level: int
    verifier: str
    def __init__(self, supplier: _Optional[str] = ..., attribute: _Optional[_Union[SupplierAttribute, str]] = ..., evidence_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., source: _Optional[str] = ..., valid_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., maturity_level: _Optional[int] = ..., verifier: _Optional[str] = ...) -> None: ...

class StatedFigure(_message.Message):
    __slots__ = ("year_start", "value", "source")
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    year_start: str
    value: str
    source: str
    def __init__(self, year_start: _Optional[str] = ..., value: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class Target(_message.Message):
    __slots__ = ("display_name", "type", "target_year_start", "base_year_start", "accounts", "activities", "facilities", "indicator", "attribute", "maturity_level_min", "weight", "direction", "change_percent", "change_amount", "target_value", "unit", "path", "gwp_set", "consolidation", "stated", "source", "entity")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_YEAR_START_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_START_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    MATURITY_LEVEL_MIN_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    CHANGE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    STATED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    type: TargetType
    target_year_start: str
    base_year_start: str
    accounts: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    facilities: _containers.RepeatedScalarFieldContainer[str]
    indicator: str
    attribute: SupplierAttribute
    maturity_level_min: int
    weight: EngagementWeight
    direction: TargetDirection
    change_percent: str
    change_amount: str
    target_value: str
    unit: str
    path: str
    gwp_set: str
    consolidation: str
    stated: _containers.RepeatedCompositeFieldContainer[StatedFigure]
    source: str
    entity: str
    def __init__(self, display_name: _Optional[str] = ..., type: _Optional[_Union[TargetType, str]] = ..., target_year_start: _Optional[str] = ..., base_year_start: _Optional[str] = ..., accounts: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., facilities: _Optional[_Iterable[str]] = ..., indicator: _Optional[str] = ..., attribute: _Optional[_Union[SupplierAttribute, str]] = ..., maturity_level_min: _Optional[int] = ..., weight: _Optional[_Union[EngagementWeight, str]] = ..., direction: _Optional[_Union[TargetDirection, str]] = ..., change_percent: _Optional[str] = ..., change_amount: _Optional[str] = ..., target_value: _Optional[str] = ..., unit: _Optional[str] = ..., path: _Optional[str] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[str] = ..., stated: _Optional[_Iterable[_Union[StatedFigure, _Mapping]]] = ..., source: _Optional[str] = ..., entity: _Optional[str] = ...) -> None: ...

class Measure(_message.Message):
    __slots__ = ("display_name", "start_date", "state", "method", "evidence", "end_date", "baseline_year_start", "accounts", "activities", "facilities", "driver_accounts", "kg_co2e_per_kwh", "factor_source", "expected_kg_co2e", "targets")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    BASELINE_YEAR_START_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    DRIVER_ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_PER_KWH_FIELD_NUMBER: _ClassVar[int]
    FACTOR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    start_date: _date_pb2.Date
    state: MeasureState
    method: MeasureMethod
    evidence: str
    end_date: _date_pb2.Date
    baseline_year_start: str
    accounts: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    facilities: _containers.RepeatedScalarFieldContainer[str]
    driver_accounts: _containers.RepeatedScalarFieldContainer[str]
    kg_co2e_per_kwh: str
    factor_source: str
    expected_kg_co2e: str
    targets: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, display_name: _Optional[str] = ..., start_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., state: _Optional[_Union[MeasureState, str]] = ..., method: _Optional[_Union[MeasureMethod, str]] = ..., evidence: _Optional[str] = ..., end_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., baseline_year_start: _Optional[str] = ..., accounts: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., facilities: _Optional[_Iterable[str]] = ..., driver_accounts: _Optional[_Iterable[str]] = ..., kg_co2e_per_kwh: _Optional[str] = ..., factor_source: _Optional[str] = ..., expected_kg_co2e: _Optional[str] = ..., targets: _Optional[_Iterable[str]] = ...) -> None: ...

class Enablement(_message.Message):
    __slots__ = ("display_name", "reference", "solution", "functional_unit", "year_start", "tier", "first_order_kg", "second_order_kg", "source", "higher_order_kg", "higher_order", "share", "consequence_tree", "published")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SOLUTION_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONAL_UNIT_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    FIRST_ORDER_KG_FIELD_NUMBER: _ClassVar[int]
    SECOND_ORDER_KG_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    HIGHER_ORDER_KG_FIELD_NUMBER: _ClassVar[int]
    HIGHER_ORDER_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    CONSEQUENCE_TREE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    reference: str
    solution: str
    functional_unit: str
    year_start: str
    tier: int
    first_order_kg: str
    second_order_kg: str
    source: str
    higher_order_kg: str
    higher_order: str
    share: str
    consequence_tree: str
    published: bool
    def __init__(self, display_name: _Optional[str] = ..., reference: _Optional[str] = ..., solution: _Optional[str] = ..., functional_unit: _Optional[str] = ..., year_start: _Optional[str] = ..., tier: _Optional[int] = ..., first_order_kg: _Optional[str] = ..., second_order_kg: _Optional[str] = ..., source: _Optional[str] = ..., higher_order_kg: _Optional[str] = ..., higher_order: _Optional[str] = ..., share: _Optional[str] = ..., consequence_tree: _Optional[str] = ..., published: _Optional[bool] = ...) -> None: ...

class Offset(_message.Message):
    __slots__ = ("registry", "project", "serials", "vintage_year", "quantity_kg", "type", "state", "state_date", "source", "beneficiary", "purpose")
    REGISTRY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    SERIALS_FIELD_NUMBER: _ClassVar[int]
    VINTAGE_YEAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_KG_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_DATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BENEFICIARY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    registry: str
    project: str
    serials: str
    vintage_year: int
    quantity_kg: str
    type: OffsetType
    state: LotState
    state_date: _date_pb2.Date
    source: str
    beneficiary: str
    purpose: str
    def __init__(self, registry: _Optional[str] = ..., project: _Optional[str] = ..., serials: _Optional[str] = ..., vintage_year: _Optional[int] = ..., quantity_kg: _Optional[str] = ..., type: _Optional[_Union[OffsetType, str]] = ..., state: _Optional[_Union[LotState, str]] = ..., state_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., source: _Optional[str] = ..., beneficiary: _Optional[str] = ..., purpose: _Optional[str] = ...) -> None: ...

class ProductProgramme(_message.Message):
    __slots__ = ("name", "valid_from", "valid_to")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    name: str
    valid_from: _date_pb2.Date
    valid_to: _date_pb2.Date
    def __init__(self, name: _Optional[str] = ..., valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., valid_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class ProductMaterial(_message.Message):
    __slots__ = ("name", "mass_kg", "recycled_kg")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MASS_KG_FIELD_NUMBER: _ClassVar[int]
    RECYCLED_KG_FIELD_NUMBER: _ClassVar[int]
    name: str
    mass_kg: str
    recycled_kg: str
    def __init__(self, name: _Optional[str] = ..., mass_kg: _Optional[str] = ..., recycled_kg: _Optional[str] = ...) -> None: ...

class Product(_message.Message):
    __slots__ = ("display_name", "category", "functional_unit", "programmes", "materials")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONAL_UNIT_FIELD_NUMBER: _ClassVar[int]
    PROGRAMMES_FIELD_NUMBER: _ClassVar[int]
    MATERIALS_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    category: str
    functional_unit: str
    programmes: _containers.RepeatedCompositeFieldContainer[ProductProgramme]
    materials: _containers.RepeatedCompositeFieldContainer[ProductMaterial]
    def __init__(self, display_name: _Optional[str] = ..., category: _Optional[str] = ..., functional_unit: _Optional[str] = ..., programmes: _Optional[_Iterable[_Union[ProductProgramme, _Mapping]]] = ..., materials: _Optional[_Iterable[_Union[ProductMaterial, _Mapping]]] = ...) -> None: ...

class StageMass(_message.Message):
    __slots__ = ("stage", "kg_co2e")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    stage: LifeCycleStage
    kg_co2e: str
    def __init__(self, stage: _Optional[_Union[LifeCycleStage, str]] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class ProductFootprint(_message.Message):
    __slots__ = ("product", "exchange", "total_kg", "source", "stages", "use_share", "supplier", "declared_unit", "lifetime_years", "use_region", "standard", "report_date", "source_id")
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_KG_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    USE_SHARE_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    DECLARED_UNIT_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_YEARS_FIELD_NUMBER: _ClassVar[int]
    USE_REGION_FIELD_NUMBER: _ClassVar[int]
    STANDARD_FIELD_NUMBER: _ClassVar[int]
    REPORT_DATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    product: str
    exchange: FootprintExchange
    total_kg: str
    source: str
    stages: _containers.RepeatedCompositeFieldContainer[StageMass]
    use_share: str
    supplier: str
    declared_unit: str
    lifetime_years: str
    use_region: str
    standard: str
    report_date: str
    source_id: str
    def __init__(self, product: _Optional[str] = ..., exchange: _Optional[_Union[FootprintExchange, str]] = ..., total_kg: _Optional[str] = ..., source: _Optional[str] = ..., stages: _Optional[_Iterable[_Union[StageMass, _Mapping]]] = ..., use_share: _Optional[str] = ..., supplier: _Optional[str] = ..., declared_unit: _Optional[str] = ..., lifetime_years: _Optional[str] = ..., use_region: _Optional[str] = ..., standard: _Optional[str] = ..., report_date: _Optional[str] = ..., source_id: _Optional[str] = ...) -> None: ...

class Packaging(_message.Message):
    __slots__ = ("display_name", "year_start", "avoided_kg", "baseline", "source", "product")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    AVOIDED_KG_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    year_start: str
    avoided_kg: str
    baseline: str
    source: str
    product: str
    def __init__(self, display_name: _Optional[str] = ..., year_start: _Optional[str] = ..., avoided_kg: _Optional[str] = ..., baseline: _Optional[str] = ..., source: _Optional[str] = ..., product: _Optional[str] = ...) -> None: ...

class Statement(_message.Message):
    __slots__ = ("name", "kind", "id", "version", "valid_from", "reason", "author", "create_time", "withdrawn", "supplier", "evidence", "target", "measure", "enablement", "offset", "product", "footprint", "packaging", "indicator", "allocation_key", "base_year", "restatement")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    ENABLEMENT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    FOOTPRINT_FIELD_NUMBER: _ClassVar[int]
    PACKAGING_FIELD_NUMBER: _ClassVar[int]
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    ALLOCATION_KEY_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_FIELD_NUMBER: _ClassVar[int]
    RESTATEMENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: StatementKind
    id: str
    version: int
    valid_from: _date_pb2.Date
    reason: str
    author: str
    create_time: _timestamp_pb2.Timestamp
    withdrawn: bool
    supplier: Supplier
    evidence: SupplierEvidence
    target: Target
    measure: Measure
    enablement: Enablement
    offset: Offset
    product: Product
    footprint: ProductFootprint
    packaging: Packaging
    indicator: IndicatorDefinition
    allocation_key: KeptAllocationKey
    base_year: _bridges_pb2.BaseYear
    restatement: _bridges_pb2.Restatement
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[StatementKind, str]] = ..., id: _Optional[str] = ..., version: _Optional[int] = ..., valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., withdrawn: _Optional[bool] = ..., supplier: _Optional[_Union[Supplier, _Mapping]] = ..., evidence: _Optional[_Union[SupplierEvidence, _Mapping]] = ..., target: _Optional[_Union[Target, _Mapping]] = ..., measure: _Optional[_Union[Measure, _Mapping]] = ..., enablement: _Optional[_Union[Enablement, _Mapping]] = ..., offset: _Optional[_Union[Offset, _Mapping]] = ..., product: _Optional[_Union[Product, _Mapping]] = ..., footprint: _Optional[_Union[ProductFootprint, _Mapping]] = ..., packaging: _Optional[_Union[Packaging, _Mapping]] = ..., indicator: _Optional[_Union[IndicatorDefinition, _Mapping]] = ..., allocation_key: _Optional[_Union[KeptAllocationKey, _Mapping]] = ..., base_year: _Optional[_Union[_bridges_pb2.BaseYear, _Mapping]] = ..., restatement: _Optional[_Union[_bridges_pb2.Restatement, _Mapping]] = ...) -> None: ...

class IndicatorDefinition(_message.Message):
    __slots__ = ("title", "source", "unit", "digits", "lower_is_better", "numerator", "denominator", "times", "by_site", "low", "high", "at_most", "note", "grades", "grades_source")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DIGITS_FIELD_NUMBER: _ClassVar[int]
    LOWER_IS_BETTER_FIELD_NUMBER: _ClassVar[int]
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    BY_SITE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    AT_MOST_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    GRADES_FIELD_NUMBER: _ClassVar[int]
    GRADES_SOURCE_FIELD_NUMBER: _ClassVar[int]
    title: str
    source: str
    unit: str
    digits: int
    lower_is_better: bool
    numerator: _containers.RepeatedCompositeFieldContainer[_indicators_pb2.IndicatorTerm]
    denominator: _containers.RepeatedCompositeFieldContainer[_indicators_pb2.IndicatorTerm]
    times: str
    by_site: bool
    low: str
    high: str
    at_most: str
    note: str
    grades: _containers.RepeatedCompositeFieldContainer[_indicators_pb2.IndicatorGrade]
    grades_source: str
    def __init__(self, title: _Optional[str] = ..., source: _Optional[str] = ..., unit: _Optional[str] = ..., digits: _Optional[int] = ..., lower_is_better: _Optional[bool] = ..., numerator: _Optional[_Iterable[_Union[_indicators_pb2.IndicatorTerm, _Mapping]]] = ..., denominator: _Optional[_Iterable[_Union[_indicators_pb2.IndicatorTerm, _Mapping]]] = ..., times: _Optional[str] = ..., by_site: _Optional[bool] = ..., low: _Optional[str] = ..., high: _Optional[str] = ..., at_most: _Optional[str] = ..., note: _Optional[str] = ..., grades: _Optional[_Iterable[_Union[_indicators_pb2.IndicatorGrade, _Mapping]]] = ..., grades_source: _Optional[str] = ...) -> None: ...

class KeptAllocationKey(_message.Message):
    __slots__ = ("basis", "unit", "spans", "source")
    BASIS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    basis: _report_pb2.AllocationBasis
    unit: str
    spans: _containers.RepeatedCompositeFieldContainer[_report_pb2.AllocationSpan]
    source: str
    def __init__(self, basis: _Optional[_Union[_report_pb2.AllocationBasis, str]] = ..., unit: _Optional[str] = ..., spans: _Optional[_Iterable[_Union[_report_pb2.AllocationSpan, _Mapping]]] = ..., source: _Optional[str] = ...) -> None: ...

class CreateStatementsRequest(_message.Message):
    __slots__ = ("parent", "statements", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    statements: _containers.RepeatedCompositeFieldContainer[Statement]
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., statements: _Optional[_Iterable[_Union[Statement, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateStatementsResponse(_message.Message):
    __slots__ = ("statements",)
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    statements: _containers.RepeatedCompositeFieldContainer[Statement]
    def __init__(self, statements: _Optional[_Iterable[_Union[Statement, _Mapping]]] = ...) -> None: ...

class ListStatementsRequest(_message.Message):
    __slots__ = ("parent", "kind", "all_versions", "as_of_time", "valid_on", "page_size", "page_token", "filter", "order_by", "as_of")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ALL_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    VALID_ON_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    parent: str
    kind: StatementKind
    all_versions: bool
    as_of_time: _timestamp_pb2.Timestamp
    valid_on: _date_pb2.Date
    page_size: int
    page_token: str
    filter: str
    order_by: str
    as_of: str
    def __init__(self, parent: _Optional[str] = ..., kind: _Optional[_Union[StatementKind, str]] = ..., all_versions: _Optional[bool] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class ListStatementsResponse(_message.Message):
    __slots__ = ("statements", "next_page_token", "commit", "as_of_time")
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    statements: _containers.RepeatedCompositeFieldContainer[Statement]
    next_page_token: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, statements: _Optional[_Iterable[_Union[Statement, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ComputeSupplierCoverageRequest(_message.Message):
    __slots__ = ("name", "valid_on", "as_of_time", "spend", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALID_ON_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    SPEND_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    valid_on: _date_pb2.Date
    as_of_time: _timestamp_pb2.Timestamp
    spend: _containers.RepeatedCompositeFieldContainer[SupplierSpend]
    as_of: str
    def __init__(self, name: _Optional[str] = ..., valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., spend: _Optional[_Iterable[_Union[SupplierSpend, _Mapping]]] = ..., as_of: _Optional[str] = ...) -> None: ...

class SupplierSpend(_message.Message):
    __slots__ = ("supplier", "amount", "currency")
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    supplier: str
    amount: str
    currency: str
    def __init__(self, supplier: _Optional[str] = ..., amount: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class ComputeScope3EvidenceRequest(_message.Message):
    __slots__ = ("name", "from_period", "to_period", "valid_on", "as_of_time", "gwp_set", "consolidation", "parts_max", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    VALID_ON_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    PARTS_MAX_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    from_period: str
    to_period: str
    valid_on: _date_pb2.Date
    as_of_time: _timestamp_pb2.Timestamp
    gwp_set: str
    consolidation: str
    parts_max: int
    as_of: str
    def __init__(self, name: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[str] = ..., parts_max: _Optional[int] = ..., as_of: _Optional[str] = ...) -> None: ...

class ComputeTargetProgressRequest(_message.Message):
    __slots__ = ("name", "target", "year_start", "version", "valid_on", "as_of_time", "spend", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VALID_ON_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    SPEND_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    target: str
    year_start: str
    version: int
    valid_on: _date_pb2.Date
    as_of_time: _timestamp_pb2.Timestamp
    spend: _containers.RepeatedCompositeFieldContainer[SupplierSpend]
    as_of: str
    def __init__(self, name: _Optional[str] = ..., target: _Optional[str] = ..., year_start: _Optional[str] = ..., version: _Optional[int] = ..., valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., spend: _Optional[_Iterable[_Union[SupplierSpend, _Mapping]]] = ..., as_of: _Optional[str] = ...) -> None: ...

class ListTargetProgressRequest(_message.Message):
    __slots__ = ("name", "year_start", "valid_on", "as_of_time", "spend", "as_of", "filter", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    VALID_ON_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    SPEND_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    year_start: str
    valid_on: _date_pb2.Date
    as_of_time: _timestamp_pb2.Timestamp
    spend: _containers.RepeatedCompositeFieldContainer[SupplierSpend]
    as_of: str
    filter: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., year_start: _Optional[str] = ..., valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., spend: _Optional[_Iterable[_Union[SupplierSpend, _Mapping]]] = ..., as_of: _Optional[str] = ..., filter: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetMeasureEffectRequest(_message.Message):
    __slots__ = ("name", "measure", "year_start", "as_of_time", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    measure: str
    year_start: str
    as_of_time: _timestamp_pb2.Timestamp
    as_of: str
    def __init__(self, name: _Optional[str] = ..., measure: _Optional[str] = ..., year_start: _Optional[str] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[str] = ...) -> None: ...

class GetMeasurePipelineRequest(_message.Message):
    __slots__ = ("name", "target", "as_of_time", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    target: str
    as_of_time: _timestamp_pb2.Timestamp
    as_of: str
    def __init__(self, name: _Optional[str] = ..., target: _Optional[str] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[str] = ...) -> None: ...

class GetClaimsRequest(_message.Message):
    __slots__ = ("name", "for_publication", "as_of_time", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FOR_PUBLICATION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    for_publication: bool
    as_of_time: _timestamp_pb2.Timestamp
    as_of: str
    def __init__(self, name: _Optional[str] = ..., for_publication: _Optional[bool] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[str] = ...) -> None: ...

class GetProductTotalsRequest(_message.Message):
    __slots__ = ("name", "valid_on", "as_of_time", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALID_ON_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    valid_on: _date_pb2.Date
    as_of_time: _timestamp_pb2.Timestamp
    as_of: str
    def __init__(self, name: _Optional[str] = ..., valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[str] = ...) -> None: ...

class SupplierCoverageRow(_message.Message):
    __slots__ = ("attribute", "level_min", "supplier_count", "supplier_total_count", "count_percent", "spend", "spend_total", "spend_percent", "evidence_date_min", "evidence_date_max", "expired_count")
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_MIN_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    COUNT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    SPEND_FIELD_NUMBER: _ClassVar[int]
    SPEND_TOTAL_FIELD_NUMBER: _ClassVar[int]
    SPEND_PERCENT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_DATE_MIN_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_DATE_MAX_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_COUNT_FIELD_NUMBER: _ClassVar[int]
    attribute: SupplierAttribute
    level_min: int
    supplier_count: int
    supplier_total_count: int
    count_percent: str
    spend: str
    spend_total: str
    spend_percent: str
    evidence_date_min: _date_pb2.Date
    evidence_date_max: _date_pb2.Date
    expired_count: int
    def __init__(self, attribute: _Optional[_Union[SupplierAttribute, str]] = ..., level_min: _Optional[int] = ..., supplier_count: _Optional[int] = ..., supplier_total_count: _Optional[int] = ..., count_percent: _Optional[str] = ..., spend: _Optional[str] = ..., spend_total: _Optional[str] = ..., spend_percent: _Optional[str] = ..., evidence_date_min: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., evidence_date_max: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., expired_count: _Optional[int] = ...) -> None: ...

class SupplierCoverage(_message.Message):
    __slots__ = ("day", "currency", "rows", "notices", "commit", "as_of_time")
    DAY_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    day: _date_pb2.Date
    currency: str
    rows: _containers.RepeatedCompositeFieldContainer[SupplierCoverageRow]
    notices: _containers.RepeatedScalarFieldContainer[str]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, day: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., currency: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[SupplierCoverageRow, _Mapping]]] = ..., notices: _Optional[_Iterable[str]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Scope3Row(_message.Message):
    __slots__ = ("category", "kind", "kg_co2e", "percent")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    category: str
    kind: EvidenceKind
    kg_co2e: str
    percent: str
    def __init__(self, category: _Optional[str] = ..., kind: _Optional[_Union[EvidenceKind, str]] = ..., kg_co2e: _Optional[str] = ..., percent: _Optional[str] = ...) -> None: ...

class Scope3Part(_message.Message):
    __slots__ = ("category", "kind", "activity", "supplier", "edition", "cell", "kg_co2e")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    EDITION_FIELD_NUMBER: _ClassVar[int]
    CELL_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    category: str
    kind: EvidenceKind
    activity: str
    supplier: str
    edition: str
    cell: str
    kg_co2e: str
    def __init__(self, category: _Optional[str] = ..., kind: _Optional[_Union[EvidenceKind, str]] = ..., activity: _Optional[str] = ..., supplier: _Optional[str] = ..., edition: _Optional[str] = ..., cell: _Optional[str] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class Scope3Evidence(_message.Message):
    __slots__ = ("day", "kg_co2e", "rows", "totals", "parts", "omitted_count", "omitted_kg", "gwp_set", "consolidation", "notices", "commit", "as_of_time")
    DAY_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    OMITTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    OMITTED_KG_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    day: _date_pb2.Date
    kg_co2e: str
    rows: _containers.RepeatedCompositeFieldContainer[Scope3Row]
    totals: _containers.RepeatedCompositeFieldContainer[Scope3Row]
    parts: _containers.RepeatedCompositeFieldContainer[Scope3Part]
    omitted_count: int
    omitted_kg: str
    gwp_set: str
    consolidation: str
    notices: _containers.RepeatedScalarFieldContainer[str]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, day: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., kg_co2e: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[Scope3Row, _Mapping]]] = ..., totals: _Optional[_Iterable[_Union[Scope3Row, _Mapping]]] = ..., parts: _Optional[_Iterable[_Union[Scope3Part, _Mapping]]] = ..., omitted_count: _Optional[int] = ..., omitted_kg: _Optional[str] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[str] = ..., notices: _Optional[_Iterable[str]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class YearFigure(_message.Message):
    __slots__ = ("year_start", "value", "basis", "source", "path_value", "difference", "progress_percent", "standing", "missing_periods")
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PATH_VALUE_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    MISSING_PERIODS_FIELD_NUMBER: _ClassVar[int]
    year_start: str
    value: str
    basis: FigureBasis
    source: str
    path_value: str
    difference: str
    progress_percent: str
    standing: TargetStanding
    missing_periods: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, year_start: _Optional[str] = ..., value: _Optional[str] = ..., basis: _Optional[_Union[FigureBasis, str]] = ..., source: _Optional[str] = ..., path_value: _Optional[str] = ..., difference: _Optional[str] = ..., progress_percent: _Optional[str] = ..., standing: _Optional[_Union[TargetStanding, str]] = ..., missing_periods: _Optional[_Iterable[str]] = ...) -> None: ...

class TargetProgress(_message.Message):
    __slots__ = ("target", "version", "display_name", "valid_from", "reason", "unit", "path", "rests_on", "base", "target_year_start", "target_value", "current", "years", "needed_yearly", "needed_yearly_percent", "projected_value", "projection", "notices", "commit", "as_of_time")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RESTS_ON_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    TARGET_YEAR_START_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    YEARS_FIELD_NUMBER: _ClassVar[int]
    NEEDED_YEARLY_FIELD_NUMBER: _ClassVar[int]
    NEEDED_YEARLY_PERCENT_FIELD_NUMBER: _ClassVar[int]
    PROJECTED_VALUE_FIELD_NUMBER: _ClassVar[int]
    PROJECTION_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    target: str
    version: int
    display_name: str
    valid_from: _date_pb2.Date
    reason: str
    unit: str
    path: str
    rests_on: str
    base: YearFigure
    target_year_start: str
    target_value: str
    current: YearFigure
    years: _containers.RepeatedCompositeFieldContainer[YearFigure]
    needed_yearly: str
    needed_yearly_percent: str
    projected_value: str
    projection: str
    notices: _containers.RepeatedScalarFieldContainer[str]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, target: _Optional[str] = ..., version: _Optional[int] = ..., display_name: _Optional[str] = ..., valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., reason: _Optional[str] = ..., unit: _Optional[str] = ..., path: _Optional[str] = ..., rests_on: _Optional[str] = ..., base: _Optional[_Union[YearFigure, _Mapping]] = ..., target_year_start: _Optional[str] = ..., target_value: _Optional[str] = ..., current: _Optional[_Union[YearFigure, _Mapping]] = ..., years: _Optional[_Iterable[_Union[YearFigure, _Mapping]]] = ..., needed_yearly: _Optional[str] = ..., needed_yearly_percent: _Optional[str] = ..., projected_value: _Optional[str] = ..., projection: _Optional[str] = ..., notices: _Optional[_Iterable[str]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TargetOutcome(_message.Message):
    __slots__ = ("target", "version", "display_name", "progress", "refusal", "message")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    target: str
    version: int
    display_name: str
    progress: TargetProgress
    refusal: str
    message: str
    def __init__(self, target: _Optional[str] = ..., version: _Optional[int] = ..., display_name: _Optional[str] = ..., progress: _Optional[_Union[TargetProgress, _Mapping]] = ..., refusal: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ListTargetProgressResponse(_message.Message):
    __slots__ = ("targets", "next_page_token", "commit", "as_of_time")
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedCompositeFieldContainer[TargetOutcome]
    next_page_token: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, targets: _Optional[_Iterable[_Union[TargetOutcome, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EffectTerm(_message.Message):
    __slots__ = ("name", "value", "unit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    unit: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ..., unit: _Optional[str] = ...) -> None: ...

class MeasureEffect(_message.Message):
    __slots__ = ("measure", "version", "display_name", "method", "state", "year_start", "effect_kg", "formula", "terms", "evidence", "notices", "commit", "as_of_time")
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    EFFECT_KG_FIELD_NUMBER: _ClassVar[int]
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    measure: str
    version: int
    display_name: str
    method: MeasureMethod
    state: MeasureState
    year_start: str
    effect_kg: str
    formula: str
    terms: _containers.RepeatedCompositeFieldContainer[EffectTerm]
    evidence: str
    notices: _containers.RepeatedScalarFieldContainer[str]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, measure: _Optional[str] = ..., version: _Optional[int] = ..., display_name: _Optional[str] = ..., method: _Optional[_Union[MeasureMethod, str]] = ..., state: _Optional[_Union[MeasureState, str]] = ..., year_start: _Optional[str] = ..., effect_kg: _Optional[str] = ..., formula: _Optional[str] = ..., terms: _Optional[_Iterable[_Union[EffectTerm, _Mapping]]] = ..., evidence: _Optional[str] = ..., notices: _Optional[_Iterable[str]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MeasurePipelineRow(_message.Message):
    __slots__ = ("measure", "display_name", "state", "expected_kg", "counts")
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_KG_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    measure: str
    display_name: str
    state: MeasureState
    expected_kg: str
    counts: bool
    def __init__(self, measure: _Optional[str] = ..., display_name: _Optional[str] = ..., state: _Optional[_Union[MeasureState, str]] = ..., expected_kg: _Optional[str] = ..., counts: _Optional[bool] = ...) -> None: ...

class MeasurePipeline(_message.Message):
    __slots__ = ("target", "version", "year_start", "current_kg", "target_kg", "gap_kg", "expected_kg", "uncovered_kg", "rows", "notices", "commit", "as_of_time")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    CURRENT_KG_FIELD_NUMBER: _ClassVar[int]
    TARGET_KG_FIELD_NUMBER: _ClassVar[int]
    GAP_KG_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_KG_FIELD_NUMBER: _ClassVar[int]
    UNCOVERED_KG_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    target: str
    version: int
    year_start: str
    current_kg: str
    target_kg: str
    gap_kg: str
    expected_kg: str
    uncovered_kg: str
    rows: _containers.RepeatedCompositeFieldContainer[MeasurePipelineRow]
    notices: _containers.RepeatedScalarFieldContainer[str]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, target: _Optional[str] = ..., version: _Optional[int] = ..., year_start: _Optional[str] = ..., current_kg: _Optional[str] = ..., target_kg: _Optional[str] = ..., gap_kg: _Optional[str] = ..., expected_kg: _Optional[str] = ..., uncovered_kg: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[MeasurePipelineRow, _Mapping]]] = ..., notices: _Optional[_Iterable[str]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EnablementRow(_message.Message):
    __slots__ = ("enablement", "version", "display_name", "year_start", "tier", "net_kg", "attributed_kg", "published")
    ENABLEMENT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    NET_KG_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTED_KG_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    enablement: str
    version: int
    display_name: str
    year_start: str
    tier: int
    net_kg: str
    attributed_kg: str
    published: bool
    def __init__(self, enablement: _Optional[str] = ..., version: _Optional[int] = ..., display_name: _Optional[str] = ..., year_start: _Optional[str] = ..., tier: _Optional[int] = ..., net_kg: _Optional[str] = ..., attributed_kg: _Optional[str] = ..., published: _Optional[bool] = ...) -> None: ...

class OffsetLotRow(_message.Message):
    __slots__ = ("state", "lot_count", "quantity_kg")
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOT_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_KG_FIELD_NUMBER: _ClassVar[int]
    state: LotState
    lot_count: int
    quantity_kg: str
    def __init__(self, state: _Optional[_Union[LotState, str]] = ..., lot_count: _Optional[int] = ..., quantity_kg: _Optional[str] = ...) -> None: ...

class Claims(_message.Message):
    __slots__ = ("enablement", "omitted_count", "lots", "notices", "commit", "as_of_time")
    ENABLEMENT_FIELD_NUMBER: _ClassVar[int]
    OMITTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    LOTS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    enablement: _containers.RepeatedCompositeFieldContainer[EnablementRow]
    omitted_count: int
    lots: _containers.RepeatedCompositeFieldContainer[OffsetLotRow]
    notices: _containers.RepeatedScalarFieldContainer[str]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, enablement: _Optional[_Iterable[_Union[EnablementRow, _Mapping]]] = ..., omitted_count: _Optional[int] = ..., lots: _Optional[_Iterable[_Union[OffsetLotRow, _Mapping]]] = ..., notices: _Optional[_Iterable[str]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ProductFootprintRow(_message.Message):
    __slots__ = ("exchange", "category", "footprint_count", "total_kg", "embodied_kg", "use_kg", "unparted_count")
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    FOOTPRINT_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_KG_FIELD_NUMBER: _ClassVar[int]
    EMBODIED_KG_FIELD_NUMBER: _ClassVar[int]
    USE_KG_FIELD_NUMBER: _ClassVar[int]
    UNPARTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    exchange: FootprintExchange
    category: str
    footprint_count: int
    total_kg: str
    embodied_kg: str
    use_kg: str
    unparted_count: int
    def __init__(self, exchange: _Optional[_Union[FootprintExchange, str]] = ..., category: _Optional[str] = ..., footprint_count: _Optional[int] = ..., total_kg: _Optional[str] = ..., embodied_kg: _Optional[str] = ..., use_kg: _Optional[str] = ..., unparted_count: _Optional[int] = ...) -> None: ...

class ProgrammeRow(_message.Message):
    __slots__ = ("name", "product_count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    product_count: int
    def __init__(self, name: _Optional[str] = ..., product_count: _Optional[int] = ...) -> None: ...

class MaterialRow(_message.Message):
    __slots__ = ("name", "product_count", "mass_kg", "recycled_kg", "recycled_percent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_COUNT_FIELD_NUMBER: _ClassVar[int]
    MASS_KG_FIELD_NUMBER: _ClassVar[int]
    RECYCLED_KG_FIELD_NUMBER: _ClassVar[int]
    RECYCLED_PERCENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    product_count: int
    mass_kg: str
    recycled_kg: str
    recycled_percent: str
    def __init__(self, name: _Optional[str] = ..., product_count: _Optional[int] = ..., mass_kg: _Optional[str] = ..., recycled_kg: _Optional[str] = ..., recycled_percent: _Optional[str] = ...) -> None: ...

class PackagingRow(_message.Message):
    __slots__ = ("year_start", "avoided_kg")
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    AVOIDED_KG_FIELD_NUMBER: _ClassVar[int]
    year_start: str
    avoided_kg: str
    def __init__(self, year_start: _Optional[str] = ..., avoided_kg: _Optional[str] = ...) -> None: ...

class SourceRepeat(_message.Message):
    __slots__ = ("source_id", "footprints")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    FOOTPRINTS_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    footprints: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, source_id: _Optional[str] = ..., footprints: _Optional[_Iterable[str]] = ...) -> None: ...

class ProductTotals(_message.Message):
    __slots__ = ("day", "product_count", "rows", "totals", "programmes", "materials", "packaging", "repeats", "notices", "commit", "as_of_time")
    DAY_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_COUNT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    PROGRAMMES_FIELD_NUMBER: _ClassVar[int]
    MATERIALS_FIELD_NUMBER: _ClassVar[int]
    PACKAGING_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    day: _date_pb2.Date
    product_count: int
    rows: _containers.RepeatedCompositeFieldContainer[ProductFootprintRow]
    totals: _containers.RepeatedCompositeFieldContainer[ProductFootprintRow]
    programmes: _containers.RepeatedCompositeFieldContainer[ProgrammeRow]
    materials: _containers.RepeatedCompositeFieldContainer[MaterialRow]
    packaging: _containers.RepeatedCompositeFieldContainer[PackagingRow]
    repeats: _containers.RepeatedCompositeFieldContainer[SourceRepeat]
    notices: _containers.RepeatedScalarFieldContainer[str]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, day: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., product_count: _Optional[int] = ..., rows: _Optional[_Iterable[_Union[ProductFootprintRow, _Mapping]]] = ..., totals: _Optional[_Iterable[_Union[ProductFootprintRow, _Mapping]]] = ..., programmes: _Optional[_Iterable[_Union[ProgrammeRow, _Mapping]]] = ..., materials: _Optional[_Iterable[_Union[MaterialRow, _Mapping]]] = ..., packaging: _Optional[_Iterable[_Union[PackagingRow, _Mapping]]] = ..., repeats: _Optional[_Iterable[_Union[SourceRepeat, _Mapping]]] = ..., notices: _Optional[_Iterable[str]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

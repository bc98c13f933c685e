import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from tonne.v1 import catalogue_pb2 as _catalogue_pb2
from tonne.v1 import ingest_pb2 as _ingest_pb2
from tonne.v1 import ledger_pb2 as _ledger_pb2
from tonne.v1 import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InventoryDimension(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INVENTORY_DIMENSION_UNSPECIFIED: _ClassVar[InventoryDimension]
    INVENTORY_DIMENSION_FACILITY: _ClassVar[InventoryDimension]
    INVENTORY_DIMENSION_ACTIVITY: _ClassVar[InventoryDimension]
    INVENTORY_DIMENSION_ACCOUNT: _ClassVar[InventoryDimension]
    INVENTORY_DIMENSION_PERIOD: _ClassVar[InventoryDimension]
    INVENTORY_DIMENSION_REGION: _ClassVar[InventoryDimension]
    INVENTORY_DIMENSION_FACILITY_TYPE: _ClassVar[InventoryDimension]
    INVENTORY_DIMENSION_SCOPE: _ClassVar[InventoryDimension]

class MonthsBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MONTHS_BY_UNSPECIFIED: _ClassVar[MonthsBy]
    MONTHS_BY_COUNTED: _ClassVar[MonthsBy]
    MONTHS_BY_HAPPENED: _ClassVar[MonthsBy]

class AllocationBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALLOCATION_BASIS_UNSPECIFIED: _ClassVar[AllocationBasis]
    ALLOCATION_BASIS_ENERGY: _ClassVar[AllocationBasis]
    ALLOCATION_BASIS_AREA: _ClassVar[AllocationBasis]
    ALLOCATION_BASIS_REVENUE: _ClassVar[AllocationBasis]
    ALLOCATION_BASIS_MASS: _ClassVar[AllocationBasis]
    ALLOCATION_BASIS_COUNT: _ClassVar[AllocationBasis]

class AllocationMeasure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALLOCATION_MEASURE_UNSPECIFIED: _ClassVar[AllocationMeasure]
    ALLOCATION_MEASURE_KWH: _ClassVar[AllocationMeasure]
    ALLOCATION_MEASURE_KG_CO2E: _ClassVar[AllocationMeasure]
    ALLOCATION_MEASURE_AMOUNT: _ClassVar[AllocationMeasure]
INVENTORY_DIMENSION_UNSPECIFIED: InventoryDimension
INVENTORY_DIMENSION_FACILITY: InventoryDimension
INVENTORY_DIMENSION_ACTIVITY: InventoryDimension
INVENTORY_DIMENSION_ACCOUNT: InventoryDimension
INVENTORY_DIMENSION_PERIOD: InventoryDimension
INVENTORY_DIMENSION_REGION: InventoryDimension
INVENTORY_DIMENSION_FACILITY_TYPE: InventoryDimension
INVENTORY_DIMENSION_SCOPE: InventoryDimension
MONTHS_BY_UNSPECIFIED: MonthsBy
MONTHS_BY_COUNTED: MonthsBy
MONTHS_BY_HAPPENED: MonthsBy
ALLOCATION_BASIS_UNSPECIFIED: AllocationBasis
ALLOCATION_BASIS_ENERGY: AllocationBasis
ALLOCATION_BASIS_AREA: AllocationBasis
ALLOCATION_BASIS_REVENUE: AllocationBasis
ALLOCATION_BASIS_MASS: AllocationBasis
ALLOCATION_BASIS_COUNT: AllocationBasis
ALLOCATION_MEASURE_UNSPECIFIED: AllocationMeasure
ALLOCATION_MEASURE_KWH: AllocationMeasure
ALLOCATION_MEASURE_KG_CO2E: AllocationMeasure
ALLOCATION_MEASURE_AMOUNT: AllocationMeasure

class GetInventoryRequest(_message.Message):
    __slots__ = ("name", "from_period", "to_period", "group_by", "facilities", "activities", "accounts", "regions", "gwp_set", "consolidation", "as_of", "method_version", "months_by")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    MONTHS_BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    from_period: str
    to_period: str
    group_by: _containers.RepeatedScalarFieldContainer[InventoryDimension]
    facilities: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    accounts: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    gwp_set: str
    consolidation: _ledger_pb2.Consolidation
    as_of: str
    method_version: int
    months_by: MonthsBy
    def __init__(self, name: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., group_by: _Optional[_Iterable[_Union[InventoryDimension, str]]] = ..., facilities: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., accounts: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[_Union[_ledger_pb2.Consolidation, str]] = ..., as_of: _Optional[str] = ..., method_version: _Optional[int] = ..., months_by: _Optional[_Union[MonthsBy, str]] = ...) -> None: ...

class GasAmount(_message.Message):
    __slots__ = ("gas", "kg", "kg_co2e")
    GAS_FIELD_NUMBER: _ClassVar[int]
    KG_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    gas: str
    kg: str
    kg_co2e: str
    def __init__(self, gas: _Optional[str] = ..., kg: _Optional[str] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class Amount(_message.Message):
    __slots__ = ("account", "unit", "amount")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    unit: str
    amount: str
    def __init__(self, account: _Optional[str] = ..., unit: _Optional[str] = ..., amount: _Optional[str] = ...) -> None: ...

class InventoryRow(_message.Message):
    __slots__ = ("group", "kg_co2e", "kg_co2", "kg_ch4", "kg_n2o", "record_count", "partial_gases", "gases", "energy_kwh", "amounts")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    KG_CO2_FIELD_NUMBER: _ClassVar[int]
    KG_CH4_FIELD_NUMBER: _ClassVar[int]
    KG_N2O_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_GASES_FIELD_NUMBER: _ClassVar[int]
    GASES_FIELD_NUMBER: _ClassVar[int]
    ENERGY_KWH_FIELD_NUMBER: _ClassVar[int]
    AMOUNTS_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedScalarFieldContainer[str]
    kg_co2e: str
    kg_co2: str
    kg_ch4: str
    kg_n2o: str
    record_count: int
    partial_gases: _containers.RepeatedScalarFieldContainer[str]
    gases: _containers.RepeatedCompositeFieldContainer[GasAmount]
    energy_kwh: str
    amounts: _containers.RepeatedCompositeFieldContainer[Amount]
    def __init__(self, group: _Optional[_Iterable[str]] = ..., kg_co2e: _Optional[str] = ..., kg_co2: _Optional[str] = ..., kg_ch4: _Optional[str] = ..., kg_n2o: _Optional[str] = ..., record_count: _Optional[int] = ..., partial_gases: _Optional[_Iterable[str]] = ..., gases: _Optional[_Iterable[_Union[GasAmount, _Mapping]]] = ..., energy_kwh: _Optional[str] = ..., amounts: _Optional[_Iterable[_Union[Amount, _Mapping]]] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("reason", "message", "record_count", "kg_co2e")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    record_count: int
    kg_co2e: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., record_count: _Optional[int] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class GetInventoryResponse(_message.Message):
    __slots__ = ("rows", "total", "notices", "suspended_count", "method_versions", "gwp_set", "consolidation", "quarantined_count", "commit", "as_of_time")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_COUNT_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[InventoryRow]
    total: InventoryRow
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    suspended_count: int
    method_versions: _containers.RepeatedScalarFieldContainer[int]
    gwp_set: str
    consolidation: _ledger_pb2.Consolidation
    quarantined_count: int
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, rows: _Optional[_Iterable[_Union[InventoryRow, _Mapping]]] = ..., total: _Optional[_Union[InventoryRow, _Mapping]] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ..., suspended_count: _Optional[int] = ..., method_versions: _Optional[_Iterable[int]] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[_Union[_ledger_pb2.Consolidation, str]] = ..., quarantined_count: _Optional[int] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("selection", "replay", "records_max", "lines_max")
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    RECORDS_MAX_FIELD_NUMBER: _ClassVar[int]
    LINES_MAX_FIELD_NUMBER: _ClassVar[int]
    selection: GetInventoryRequest
    replay: bool
    records_max: int
    lines_max: int
    def __init__(self, selection: _Optional[_Union[GetInventoryRequest, _Mapping]] = ..., replay: _Optional[bool] = ..., records_max: _Optional[int] = ..., lines_max: _Optional[int] = ...) -> None: ...

class ExplainStep(_message.Message):
    __slots__ = ("kind", "text", "ratio")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    kind: str
    text: str
    ratio: str
    def __init__(self, kind: _Optional[str] = ..., text: _Optional[str] = ..., ratio: _Optional[str] = ...) -> None: ...

class ExplainGas(_message.Message):
    __slots__ = ("gas", "kg_per_unit", "kg", "gwp", "kg_co2e")
    GAS_FIELD_NUMBER: _ClassVar[int]
    KG_PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    KG_FIELD_NUMBER: _ClassVar[int]
    GWP_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    gas: str
    kg_per_unit: str
    kg: str
    gwp: str
    kg_co2e: str
    def __init__(self, gas: _Optional[str] = ..., kg_per_unit: _Optional[str] = ..., kg: _Optional[str] = ..., gwp: _Optional[str] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class ExplainLine(_message.Message):
    __slots__ = ("account", "stage", "facility", "activity", "region", "period", "quantity", "unit", "record_count", "resolution", "method_version", "factor", "steps", "gases", "share", "basis", "kg_co2e", "notices", "slice_start", "slice_end", "amount", "amount_unit", "counted_period")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    GASES_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    SLICE_START_FIELD_NUMBER: _ClassVar[int]
    SLICE_END_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_UNIT_FIELD_NUMBER: _ClassVar[int]
    COUNTED_PERIOD_FIELD_NUMBER: _ClassVar[int]
    account: str
    stage: str
    facility: str
    activity: str
    region: str
    period: str
    quantity: str
    unit: str
    record_count: int
    resolution: str
    method_version: int
    factor: _catalogue_pb2.Factor
    steps: _containers.RepeatedCompositeFieldContainer[ExplainStep]
    gases: _containers.RepeatedCompositeFieldContainer[ExplainGas]
    share: str
    basis: str
    kg_co2e: str
    notices: _containers.RepeatedScalarFieldContainer[str]
    slice_start: _date_pb2.Date
    slice_end: _date_pb2.Date
    amount: str
    amount_unit: str
    counted_period: str
    def __init__(self, account: _Optional[str] = ..., stage: _Optional[str] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., region: _Optional[str] = ..., period: _Optional[str] = ..., quantity: _Optional[str] = ..., unit: _Optional[str] = ..., record_count: _Optional[int] = ..., resolution: _Optional[str] = ..., method_version: _Optional[int] = ..., factor: _Optional[_Union[_catalogue_pb2.Factor, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[ExplainStep, _Mapping]]] = ..., gases: _Optional[_Iterable[_Union[ExplainGas, _Mapping]]] = ..., share: _Optional[str] = ..., basis: _Optional[str] = ..., kg_co2e: _Optional[str] = ..., notices: _Optional[_Iterable[str]] = ..., slice_start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., slice_end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., amount: _Optional[str] = ..., amount_unit: _Optional[str] = ..., counted_period: _Optional[str] = ...) -> None: ...

class ExplainReplay(_message.Message):
    __slots__ = ("agrees", "record_count", "segment_count", "kg_co2e", "differences")
    AGREES_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    agrees: bool
    record_count: int
    segment_count: int
    kg_co2e: str
    differences: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, agrees: _Optional[bool] = ..., record_count: _Optional[int] = ..., segment_count: _Optional[int] = ..., kg_co2e: _Optional[str] = ..., differences: _Optional[_Iterable[str]] = ...) -> None: ...

class ExplainRecord(_message.Message):
    __slots__ = ("record", "parts")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    record: LedgerRecord
    parts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, record: _Optional[_Union[LedgerRecord, _Mapping]] = ..., parts: _Optional[_Iterable[str]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("line", "record", "replay", "total", "commit", "as_of_time", "lines")
    LINE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    line: ExplainLine
    record: ExplainRecord
    replay: ExplainReplay
    total: InventoryRow
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    lines: _containers.RepeatedCompositeFieldContainer[ExplainLine]
    def __init__(self, line: _Optional[_Union[ExplainLine, _Mapping]] = ..., record: _Optional[_Union[ExplainRecord, _Mapping]] = ..., replay: _Optional[_Union[ExplainReplay, _Mapping]] = ..., total: _Optional[_Union[InventoryRow, _Mapping]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[ExplainLine, _Mapping]]] = ...) -> None: ...

class EstimateRequest(_message.Message):
    __slots__ = ("selection", "rows", "arrow_ipc", "each_record")
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ARROW_IPC_FIELD_NUMBER: _ClassVar[int]
    EACH_RECORD_FIELD_NUMBER: _ClassVar[int]
    selection: GetInventoryRequest
    rows: _ingest_pb2.Rows
    arrow_ipc: bytes
    each_record: bool
    def __init__(self, selection: _Optional[_Union[GetInventoryRequest, _Mapping]] = ..., rows: _Optional[_Union[_ingest_pb2.Rows, _Mapping]] = ..., arrow_ipc: _Optional[bytes] = ..., each_record: _Optional[bool] = ...) -> None: ...

class EstimatedRecord(_message.Message):
    __slots__ = ("index", "status", "kg_co2e", "notices")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    index: int
    status: _status_pb2.RowStatus
    kg_co2e: str
    notices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, index: _Optional[int] = ..., status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., kg_co2e: _Optional[str] = ..., notices: _Optional[_Iterable[str]] = ...) -> None: ...

class EstimateResponse(_message.Message):
    __slots__ = ("records", "inventory", "row_errors", "row_errors_omitted_count", "control_totals")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    INVENTORY_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_OMITTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONTROL_TOTALS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[EstimatedRecord]
    inventory: GetInventoryResponse
    row_errors: _containers.RepeatedCompositeFieldContainer[_status_pb2.RowError]
    row_errors_omitted_count: int
    control_totals: _ingest_pb2.ControlTotals
    def __init__(self, records: _Optional[_Iterable[_Union[EstimatedRecord, _Mapping]]] = ..., inventory: _Optional[_Union[GetInventoryResponse, _Mapping]] = ..., row_errors: _Optional[_Iterable[_Union[_status_pb2.RowError, _Mapping]]] = ..., row_errors_omitted_count: _Optional[int] = ..., control_totals: _Optional[_Union[_ingest_pb2.ControlTotals, _Mapping]] = ...) -> None: ...

class GetCoverageRequest(_message.Message):
    __slots__ = ("name", "from_period", "to_period", "facilities", "activities", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    from_period: str
    to_period: str
    facilities: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    as_of: str
    def __init__(self, name: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., facilities: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., as_of: _Optional[str] = ...) -> None: ...

class CoverageGap(_message.Message):
    __slots__ = ("start", "end", "first_day", "last_day")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    first_day: str
    last_day: str
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., first_day: _Optional[str] = ..., last_day: _Optional[str] = ...) -> None: ...

class CoverageOverlap(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CoverageRow(_message.Message):
    __slots__ = ("facility", "activity", "start", "end", "record_count", "gaps", "overlaps")
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    OVERLAPS_FIELD_NUMBER: _ClassVar[int]
    facility: str
    activity: str
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    record_count: int
    gaps: _containers.RepeatedCompositeFieldContainer[CoverageGap]
    overlaps: _containers.RepeatedCompositeFieldContainer[CoverageOverlap]
    def __init__(self, facility: _Optional[str] = ..., activity: _Optional[str] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., record_count: _Optional[int] = ..., gaps: _Optional[_Iterable[_Union[CoverageGap, _Mapping]]] = ..., overlaps: _Optional[_Iterable[_Union[CoverageOverlap, _Mapping]]] = ...) -> None: ...

class GetCoverageResponse(_message.Message):
    __slots__ = ("rows", "time_zone", "commit", "as_of_time")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[CoverageRow]
    time_zone: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, rows: _Optional[_Iterable[_Union[CoverageRow, _Mapping]]] = ..., time_zone: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AllocationWeight(_message.Message):
    __slots__ = ("recipient", "value")
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    recipient: str
    value: str
    def __init__(self, recipient: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class AllocationSpan(_message.Message):
    __slots__ = ("valid_from", "valid_to", "weights", "whole", "metered")
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    METERED_FIELD_NUMBER: _ClassVar[int]
    valid_from: str
    valid_to: str
    weights: _containers.RepeatedCompositeFieldContainer[AllocationWeight]
    whole: str
    metered: bool
    def __init__(self, valid_from: _Optional[str] = ..., valid_to: _Optional[str] = ..., weights: _Optional[_Iterable[_Union[AllocationWeight, _Mapping]]] = ..., whole: _Optional[str] = ..., metered: _Optional[bool] = ...) -> None: ...

class AllocationKey(_message.Message):
    __slots__ = ("id", "version", "basis", "unit", "reason", "source", "spans")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: int
    basis: AllocationBasis
    unit: str
    reason: str
    source: str
    spans: _containers.RepeatedCompositeFieldContainer[AllocationSpan]
    def __init__(self, id: _Optional[str] = ..., version: _Optional[int] = ..., basis: _Optional[_Union[AllocationBasis, str]] = ..., unit: _Optional[str] = ..., reason: _Optional[str] = ..., source: _Optional[str] = ..., spans: _Optional[_Iterable[_Union[AllocationSpan, _Mapping]]] = ...) -> None: ...

class AllocationRecords(_message.Message):
    __slots__ = ("account", "recipients", "as_metered")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    AS_METERED_FIELD_NUMBER: _ClassVar[int]
    account: str
    recipients: _containers.RepeatedScalarFieldContainer[str]
    as_metered: bool
    def __init__(self, account: _Optional[str] = ..., recipients: _Optional[_Iterable[str]] = ..., as_metered: _Optional[bool] = ...) -> None: ...

class AllocateMeterRequest(_message.Message):
    __slots__ = ("name", "meter", "from_period", "to_period", "key", "measure", "account", "gwp_set", "key_id", "key_valid_on", "key_version", "as_of", "records")
    NAME_FIELD_NUMBER: _ClassVar[int]
    METER_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_VALID_ON_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    meter: str
    from_period: str
    to_period: str
    key: AllocationKey
    measure: AllocationMeasure
    account: str
    gwp_set: str
    key_id: str
    key_valid_on: _date_pb2.Date
    key_version: int
    as_of: str
    records: AllocationRecords
    def __init__(self, name: _Optional[str] = ..., meter: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., key: _Optional[_Union[AllocationKey, _Mapping]] = ..., measure: _Optional[_Union[AllocationMeasure, str]] = ..., account: _Optional[str] = ..., gwp_set: _Optional[str] = ..., key_id: _Optional[str] = ..., key_valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., key_version: _Optional[int] = ..., as_of: _Optional[str] = ..., records: _Optional[_Union[AllocationRecords, _Mapping]] = ...) -> None: ...

class AllocatedPart(_message.Message):
    __slots__ = ("recipient", "amount", "share", "key")
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    recipient: str
    amount: str
    share: str
    key: str
    def __init__(self, recipient: _Optional[str] = ..., amount: _Optional[str] = ..., share: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class AllocatedMonth(_message.Message):
    __slots__ = ("period", "unit", "metered", "parts", "unallocated", "key_unit", "reason", "message")
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    METERED_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    UNALLOCATED_FIELD_NUMBER: _ClassVar[int]
    KEY_UNIT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    period: str
    unit: str
    metered: str
    parts: _containers.RepeatedCompositeFieldContainer[AllocatedPart]
    unallocated: str
    key_unit: str
    reason: str
    message: str
    def __init__(self, period: _Optional[str] = ..., unit: _Optional[str] = ..., metered: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[AllocatedPart, _Mapping]]] = ..., unallocated: _Optional[str] = ..., key_unit: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class AllocateMeterResponse(_message.Message):
    __slots__ = ("months", "missing_periods", "suspended_count", "gwp_set", "key_id", "key_version", "key_basis", "key_reason", "commit", "as_of_time")
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    MISSING_PERIODS_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_BASIS_FIELD_NUMBER: _ClassVar[int]
    KEY_REASON_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedCompositeFieldContainer[AllocatedMonth]
    missing_periods: _containers.RepeatedScalarFieldContainer[str]
    suspended_count: int
    gwp_set: str
    key_id: str
    key_version: int
    key_basis: AllocationBasis
    key_reason: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, months: _Optional[_Iterable[_Union[AllocatedMonth, _Mapping]]] = ..., missing_periods: _Optional[_Iterable[str]] = ..., suspended_count: _Optional[int] = ..., gwp_set: _Optional[str] = ..., key_id: _Optional[str] = ..., key_version: _Optional[int] = ..., key_basis: _Optional[_Union[AllocationBasis, str]] = ..., key_reason: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListRecordsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "as_of")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    as_of: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class LedgerRecord(_message.Message):
    __slots__ = ("channel", "offset", "record", "status", "segment", "commit_time", "correction", "replaced_by", "replaced_by_offset", "restatement")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    COMMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    REPLACED_BY_FIELD_NUMBER: _ClassVar[int]
    REPLACED_BY_OFFSET_FIELD_NUMBER: _ClassVar[int]
    RESTATEMENT_FIELD_NUMBER: _ClassVar[int]
    channel: str
    offset: int
    record: _ingest_pb2.ActivityRecord
    status: _status_pb2.RowStatus
    segment: str
    commit_time: _timestamp_pb2.Timestamp
    correction: str
    replaced_by: str
    replaced_by_offset: int
    restatement: str
    def __init__(self, channel: _Optional[str] = ..., offset: _Optional[int] = ..., record: _Optional[_Union[_ingest_pb2.ActivityRecord, _Mapping]] = ..., status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., segment: _Optional[str] = ..., commit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., correction: _Optional[str] = ..., replaced_by: _Optional[str] = ..., replaced_by_offset: _Optional[int] = ..., restatement: _Optional[str] = ...) -> None: ...

class ListRecordsResponse(_message.Message):
    __slots__ = ("records", "next_page_token", "commit", "as_of_time")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[LedgerRecord]
    next_page_token: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, records: _Optional[_Iterable[_Union[LedgerRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from tonne.v1 import ledger_pb2 as _ledger_pb2
from tonne.v1 import report_pb2 as _report_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChangeCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_CAUSE_UNSPECIFIED: _ClassVar[ChangeCause]
    CHANGE_CAUSE_NEW_RECORDS: _ClassVar[ChangeCause]
    CHANGE_CAUSE_CORRECTIONS: _ClassVar[ChangeCause]
    CHANGE_CAUSE_DUPLICATES: _ClassVar[ChangeCause]
    CHANGE_CAUSE_CLEARING: _ClassVar[ChangeCause]
    CHANGE_CAUSE_REGISTER: _ClassVar[ChangeCause]
    CHANGE_CAUSE_METHOD: _ClassVar[ChangeCause]
    CHANGE_CAUSE_FACTOR: _ClassVar[ChangeCause]
    CHANGE_CAUSE_GWP_SET: _ClassVar[ChangeCause]
    CHANGE_CAUSE_CONSOLIDATION: _ClassVar[ChangeCause]
    CHANGE_CAUSE_STRUCTURE: _ClassVar[ChangeCause]
    CHANGE_CAUSE_VOLUME: _ClassVar[ChangeCause]
    CHANGE_CAUSE_NEW_ACTIVITY: _ClassVar[ChangeCause]
    CHANGE_CAUSE_ENDED_ACTIVITY: _ClassVar[ChangeCause]
    CHANGE_CAUSE_RESTATEMENTS: _ClassVar[ChangeCause]

class RestatementCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESTATEMENT_CAUSE_UNSPECIFIED: _ClassVar[RestatementCause]
    RESTATEMENT_CAUSE_ERROR: _ClassVar[RestatementCause]
    RESTATEMENT_CAUSE_ESTIMATE: _ClassVar[RestatementCause]
    RESTATEMENT_CAUSE_METHOD: _ClassVar[RestatementCause]
    RESTATEMENT_CAUSE_STRUCTURE: _ClassVar[RestatementCause]
    RESTATEMENT_CAUSE_FACTOR_ERRATUM: _ClassVar[RestatementCause]

class RestatementTreatment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESTATEMENT_TREATMENT_UNSPECIFIED: _ClassVar[RestatementTreatment]
    RESTATEMENT_TREATMENT_NOTED: _ClassVar[RestatementTreatment]
    RESTATEMENT_TREATMENT_PROSPECTIVE: _ClassVar[RestatementTreatment]
CHANGE_CAUSE_UNSPECIFIED: ChangeCause
CHANGE_CAUSE_NEW_RECORDS: ChangeCause
CHANGE_CAUSE_CORRECTIONS: ChangeCause
CHANGE_CAUSE_DUPLICATES: ChangeCause
CHANGE_CAUSE_CLEARING: ChangeCause
CHANGE_CAUSE_REGISTER: ChangeCause
CHANGE_CAUSE_METHOD: ChangeCause
CHANGE_CAUSE_FACTOR: ChangeCause
CHANGE_CAUSE_GWP_SET: ChangeCause
CHANGE_CAUSE_CONSOLIDATION: ChangeCause
CHANGE_CAUSE_STRUCTURE: ChangeCause
CHANGE_CAUSE_VOLUME: ChangeCause
CHANGE_CAUSE_NEW_ACTIVITY: ChangeCause
CHANGE_CAUSE_ENDED_ACTIVITY: ChangeCause
CHANGE_CAUSE_RESTATEMENTS: ChangeCause
RESTATEMENT_CAUSE_UNSPECIFIED: RestatementCause
RESTATEMENT_CAUSE_ERROR: RestatementCause
RESTATEMENT_CAUSE_ESTIMATE: RestatementCause
RESTATEMENT_CAUSE_METHOD: RestatementCause
RESTATEMENT_CAUSE_STRUCTURE: RestatementCause
RESTATEMENT_CAUSE_FACTOR_ERRATUM: RestatementCause
RESTATEMENT_TREATMENT_UNSPECIFIED: RestatementTreatment
RESTATEMENT_TREATMENT_NOTED: RestatementTreatment
RESTATEMENT_TREATMENT_PROSPECTIVE: RestatementTreatment

class BridgeSide(_message.Message):
    __slots__ = ("from_period", "to_period", "gwp_set", "consolidation", "method_version", "structure_on", "as_of")
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    STRUCTURE_ON_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    from_period: str
    to_period: str
    gwp_set: str
    consolidation: _ledger_pb2.Consolidation
    method_version: int
    structure_on: _date_pb2.Date
    as_of: str
    def __init__(self, from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[_Union[_ledger_pb2.Consolidation, str]] = ..., method_version: _Optional[int] = ..., structure_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of: _Optional[str] = ...) -> None: ...

class ComputeBridgeRequest(_message.Message):
    __slots__ = ("name", "before", "after", "facilities", "activities", "accounts", "regions", "group_by", "rows_max", "months_by")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    ROWS_MAX_FIELD_NUMBER: _ClassVar[int]
    MONTHS_BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    before: BridgeSide
    after: BridgeSide
    facilities: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    accounts: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    group_by: _containers.RepeatedScalarFieldContainer[_report_pb2.InventoryDimension]
    rows_max: int
    months_by: _report_pb2.MonthsBy
    def __init__(self, name: _Optional[str] = ..., before: _Optional[_Union[BridgeSide, _Mapping]] = ..., after: _Optional[_Union[BridgeSide, _Mapping]] = ..., facilities: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., accounts: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., group_by: _Optional[_Iterable[_Union[_report_pb2.InventoryDimension, str]]] = ..., rows_max: _Optional[int] = ..., months_by: _Optional[_Union[_report_pb2.MonthsBy, str]] = ...) -> None: ...

class BridgeRow(_message.Message):
    __slots__ = ("group", "kg_co2e")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedScalarFieldContainer[str]
    kg_co2e: str
    def __init__(self, group: _Optional[_Iterable[str]] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class BridgePart(_message.Message):
    __slots__ = ("cause", "kg_co2e", "before", "before_kg_co2e", "after", "after_kg_co2e", "rows", "other_count", "other_kg_co2e")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    AFTER_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    OTHER_COUNT_FIELD_NUMBER: _ClassVar[int]
    OTHER_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    cause: ChangeCause
    kg_co2e: str
    before: BridgeSide
    before_kg_co2e: str
    after: BridgeSide
    after_kg_co2e: str
    rows: _containers.RepeatedCompositeFieldContainer[BridgeRow]
    other_count: int
    other_kg_co2e: str
    def __init__(self, cause: _Optional[_Union[ChangeCause, str]] = ..., kg_co2e: _Optional[str] = ..., before: _Optional[_Union[BridgeSide, _Mapping]] = ..., before_kg_co2e: _Optional[str] = ..., after: _Optional[_Union[BridgeSide, _Mapping]] = ..., after_kg_co2e: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[BridgeRow, _Mapping]]] = ..., other_count: _Optional[int] = ..., other_kg_co2e: _Optional[str] = ...) -> None: ...

class Bridge(_message.Message):
    __slots__ = ("from_kg_co2e", "to_kg_co2e", "difference_kg_co2e", "group_by", "parts", "from_suspended_count", "to_suspended_count", "notices", "from_commit", "to_commit")
    FROM_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    TO_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    FROM_SUSPENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    TO_SUSPENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    FROM_COMMIT_FIELD_NUMBER: _ClassVar[int]
    TO_COMMIT_FIELD_NUMBER: _ClassVar[int]
    from_kg_co2e: str
    to_kg_co2e: str
    difference_kg_co2e: str
    group_by: _containers.RepeatedScalarFieldContainer[str]
    parts: _containers.RepeatedCompositeFieldContainer[BridgePart]
    from_suspended_count: int
    to_suspended_count: int
    notices: _containers.RepeatedScalarFieldContainer[str]
    from_commit: int
    to_commit: int
    def __init__(self, from_kg_co2e: _Optional[str] = ..., to_kg_co2e: _Optional[str] = ..., difference_kg_co2e: _Optional[str] = ..., group_by: _Optional[_Iterable[str]] = ..., parts: _Optional[_Iterable[_Union[BridgePart, _Mapping]]] = ..., from_suspended_count: _Optional[int] = ..., to_suspended_count: _Optional[int] = ..., notices: _Optional[_Iterable[str]] = ..., from_commit: _Optional[int] = ..., to_commit: _Optional[int] = ...) -> None: ...

class EstimateRestatementRequest(_message.Message):
    __slots__ = ("name", "factor", "edition", "posted_version", "facility", "from_period", "to_period", "method_version", "factor_kg_co2e", "gwp_set", "consolidation", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    EDITION_FIELD_NUMBER: _ClassVar[int]
    POSTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    FACTOR_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    factor: str
    edition: str
    posted_version: int
    facility: str
    from_period: str
    to_period: str
    method_version: int
    factor_kg_co2e: str
    gwp_set: str
    consolidation: _ledger_pb2.Consolidation
    as_of: str
    def __init__(self, name: _Optional[str] = ..., factor: _Optional[str] = ..., edition: _Optional[str] = ..., posted_version: _Optional[int] = ..., facility: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., method_version: _Optional[int] = ..., factor_kg_co2e: _Optional[str] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[_Union[_ledger_pb2.Consolidation, str]] = ..., as_of: _Optional[str] = ...) -> None: ...

class EstimateRow(_message.Message):
    __slots__ = ("account", "resting_kg_co2e", "now_kg_co2e", "then_kg_co2e", "difference_kg_co2e", "resolution_count")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    RESTING_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    NOW_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    THEN_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    resting_kg_co2e: str
    now_kg_co2e: str
    then_kg_co2e: str
    difference_kg_co2e: str
    resolution_count: int
    def __init__(self, account: _Optional[str] = ..., resting_kg_co2e: _Optional[str] = ..., now_kg_co2e: _Optional[str] = ..., then_kg_co2e: _Optional[str] = ..., difference_kg_co2e: _Optional[str] = ..., resolution_count: _Optional[int] = ...) -> None: ...

class RestatementEstimate(_message.Message):
    __slots__ = ("resting_kg_co2e", "now_kg_co2e", "then_kg_co2e", "difference_kg_co2e", "rows", "unposted_count", "base_year_start", "base_year_kg_co2e", "base_year_resting_kg_co2e", "base_year_difference_kg_co2e", "base_year_share_percent", "base_year_change_percent", "notices")
    RESTING_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    NOW_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    THEN_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    UNPOSTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_START_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_RESTING_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_DIFFERENCE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_SHARE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_CHANGE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    resting_kg_co2e: str
    now_kg_co2e: str
    then_kg_co2e: str
    difference_kg_co2e: str
    rows: _containers.RepeatedCompositeFieldContainer[EstimateRow]
    unposted_count: int
    base_year_start: str
    base_year_kg_co2e: str
    base_year_resting_kg_co2e: str
    base_year_difference_kg_co2e: str
    base_year_share_percent: str
    base_year_change_percent: str
    notices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, resting_kg_co2e: _Optional[str] = ..., now_kg_co2e: _Optional[str] = ..., then_kg_co2e: _Optional[str] = ..., difference_kg_co2e: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[EstimateRow, _Mapping]]] = ..., unposted_count: _Optional[int] = ..., base_year_start: _Optional[str] = ..., base_year_kg_co2e: _Optional[str] = ..., base_year_resting_kg_co2e: _Optional[str] = ..., base_year_difference_kg_co2e: _Optional[str] = ..., base_year_share_percent: _Optional[str] = ..., base_year_change_percent: _Optional[str] = ..., notices: _Optional[_Iterable[str]] = ...) -> None: ...

class RestatedFigure(_message.Message):
    __slots__ = ("kg_co2e", "gwp_set", "consolidation", "as_of", "method_version", "structure_on")
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    STRUCTURE_ON_FIELD_NUMBER: _ClassVar[int]
    kg_co2e: str
    gwp_set: str
    consolidation: str
    as_of: str
    method_version: int
    structure_on: _date_pb2.Date
    def __init__(self, kg_co2e: _Optional[str] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[str] = ..., as_of: _Optional[str] = ..., method_version: _Optional[int] = ..., structure_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class RestatedPart(_message.Message):
    __slots__ = ("cause", "kg_co2e")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    cause: ChangeCause
    kg_co2e: str
    def __init__(self, cause: _Optional[_Union[ChangeCause, str]] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class Restatement(_message.Message):
    __slots__ = ("metric", "from_period", "to_period", "reported", "revised", "difference_kg_co2e", "cause", "evidence_existed_then", "treatment", "accounts", "facilities", "activities", "regions", "parts")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    REPORTED_FIELD_NUMBER: _ClassVar[int]
    REVISED_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_EXISTED_THEN_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    metric: str
    from_period: str
    to_period: str
    reported: RestatedFigure
    revised: RestatedFigure
    difference_kg_co2e: str
    cause: RestatementCause
    evidence_existed_then: bool
    treatment: RestatementTreatment
    accounts: _containers.RepeatedScalarFieldContainer[str]
    facilities: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    parts: _containers.RepeatedCompositeFieldContainer[RestatedPart]
    def __init__(self, metric: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., reported: _Optional[_Union[RestatedFigure, _Mapping]] = ..., revised: _Optional[_Union[RestatedFigure, _Mapping]] = ..., difference_kg_co2e: _Optional[str] = ..., cause: _Optional[_Union[RestatementCause, str]] = ..., evidence_existed_then: _Optional[bool] = ..., treatment: _Optional[_Union[RestatementTreatment, str]] = ..., accounts: _Optional[_Iterable[str]] = ..., facilities: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., parts: _Optional[_Iterable[_Union[RestatedPart, _Mapping]]] = ...) -> None: ...

class NoteRestatementRequest(_message.Message):
    __slots__ = ("parent", "id", "metric", "reported", "revised", "accounts", "facilities", "activities", "regions", "cause", "evidence_existed_then", "treatment", "reason", "author", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    REPORTED_FIELD_NUMBER: _ClassVar[int]
    REVISED_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_EXISTED_THEN_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    id: str
    metric: str
    reported: BridgeSide
    revised: BridgeSide
    accounts: _containers.RepeatedScalarFieldContainer[str]
    facilities: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    cause: RestatementCause
    evidence_existed_then: bool
    treatment: RestatementTreatment
    reason: str
    author: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., id: _Optional[str] = ..., metric: _Optional[str] = ..., reported: _Optional[_Union[BridgeSide, _Mapping]] = ..., revised: _Optional[_Union[BridgeSide, _Mapping]] = ..., accounts: _Optional[_Iterable[str]] = ..., facilities: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., cause: _Optional[_Union[RestatementCause, str]] = ..., evidence_existed_then: _Optional[bool] = ..., treatment: _Optional[_Union[RestatementTreatment, str]] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class NoteRestatementResponse(_message.Message):
    __slots__ = ("name", "version", "author", "create_time", "restatement")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RESTATEMENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    author: str
    create_time: _timestamp_pb2.Timestamp
    restatement: Restatement
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., author: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., restatement: _Optional[_Union[Restatement, _Mapping]] = ...) -> None: ...

class RestatementSelection(_message.Message):
    __slots__ = ("edition", "factor", "posted_version", "facility", "from_period", "to_period")
    EDITION_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    POSTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    edition: str
    factor: str
    posted_version: int
    facility: str
    from_period: str
    to_period: str
    def __init__(self, edition: _Optional[str] = ..., factor: _Optional[str] = ..., posted_version: _Optional[int] = ..., facility: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ...) -> None: ...

class ApplyRestatementRequest(_message.Message):
    __slots__ = ("parent", "id", "selection", "cause", "reason", "author", "adjusts_closed", "validate_only")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    ADJUSTS_CLOSED_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    id: str
    selection: RestatementSelection
    cause: RestatementCause
    reason: str
    author: str
    adjusts_closed: bool
    validate_only: bool
    def __init__(self, parent: _Optional[str] = ..., id: _Optional[str] = ..., selection: _Optional[_Union[RestatementSelection, _Mapping]] = ..., cause: _Optional[_Union[RestatementCause, str]] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ..., adjusts_closed: _Optional[bool] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class RestatedRow(_message.Message):
    __slots__ = ("account", "period", "before_kg_co2e", "after_kg_co2e", "difference_kg_co2e")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    BEFORE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    AFTER_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    account: str
    period: str
    before_kg_co2e: str
    after_kg_co2e: str
    difference_kg_co2e: str
    def __init__(self, account: _Optional[str] = ..., period: _Optional[str] = ..., before_kg_co2e: _Optional[str] = ..., after_kg_co2e: _Optional[str] = ..., difference_kg_co2e: _Optional[str] = ...) -> None: ...

class AppliedRestatement(_message.Message):
    __slots__ = ("id", "number", "selection", "cause", "author", "reason", "create_time", "end_time", "before_commit", "after_commit", "restated_count", "unchanged_count", "left_count", "first_period", "last_period", "before_kg_co2e", "after_kg_co2e", "difference_kg_co2e", "correction_of_closed", "rows", "closed_periods")
    ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BEFORE_COMMIT_FIELD_NUMBER: _ClassVar[int]
    AFTER_COMMIT_FIELD_NUMBER: _ClassVar[int]
    RESTATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    LEFT_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_PERIOD_FIELD_NUMBER: _ClassVar[int]
    LAST_PERIOD_FIELD_NUMBER: _ClassVar[int]
    BEFORE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    AFTER_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_OF_CLOSED_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    CLOSED_PERIODS_FIELD_NUMBER: _ClassVar[int]
    id: str
    number: int
    selection: str
    cause: RestatementCause
    author: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    before_commit: int
    after_commit: int
    restated_count: int
    unchanged_count: int
    left_count: int
    first_period: str
    last_period: str
    before_kg_co2e: str
    after_kg_co2e: str
    difference_kg_co2e: str
    correction_of_closed: bool
    rows: _containers.RepeatedCompositeFieldContainer[RestatedRow]
    closed_periods: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., number: _Optional[int] = ..., selection: _Optional[str] = ..., cause: _Optional[_Union[RestatementCause, str]] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., before_commit: _Optional[int] = ..., after_commit: _Optional[int] = ..., restated_count: _Optional[int] = ..., unchanged_count: _Optional[int] = ..., left_count: _Optional[int] = ..., first_period: _Optional[str] = ..., last_period: _Optional[str] = ..., before_kg_co2e: _Optional[str] = ..., after_kg_co2e: _Optional[str] = ..., difference_kg_co2e: _Optional[str] = ..., correction_of_closed: _Optional[bool] = ..., rows: _Optional[_Iterable[_Union[RestatedRow, _Mapping]]] = ..., closed_periods: _Optional[_Iterable[str]] = ...) -> None: ...

class ApplyRestatementResponse(_message.Message):
    __slots__ = ("segments_done_count", "restatement")
    SEGMENTS_DONE_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESTATEMENT_FIELD_NUMBER: _ClassVar[int]
    segments_done_count: int
    restatement: AppliedRestatement
    def __init__(self, segments_done_count: _Optional[int] = ..., restatement: _Optional[_Union[AppliedRestatement, _Mapping]] = ...) -> None: ...

class ListAppliedRestatementsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListAppliedRestatementsResponse(_message.Message):
    __slots__ = ("restatements", "next_page_token")
    RESTATEMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    restatements: _containers.RepeatedCompositeFieldContainer[AppliedRestatement]
    next_page_token: str
    def __init__(self, restatements: _Optional[_Iterable[_Union[AppliedRestatement, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class BaseYear(_message.Message):
    __slots__ = ("year_start", "threshold_percent", "accounts", "gwp_set", "consolidation", "method_version", "structure_on", "source", "as_of")
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    STRUCTURE_ON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    year_start: str
    threshold_percent: str
    accounts: _containers.RepeatedScalarFieldContainer[str]
    gwp_set: str
    consolidation: str
    method_version: int
    structure_on: _date_pb2.Date
    source: str
    as_of: str
    def __init__(self, year_start: _Optional[str] = ..., threshold_percent: _Optional[str] = ..., accounts: _Optional[_Iterable[str]] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[str] = ..., method_version: _Optional[int] = ..., structure_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., source: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class CheckBaseYearRequest(_message.Message):
    __slots__ = ("name", "base_year", "structure_on", "method_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_YEAR_FIELD_NUMBER: _ClassVar[int]
    STRUCTURE_ON_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    base_year: str
    structure_on: _date_pb2.Date
    method_version: int
    def __init__(self, name: _Optional[str] = ..., base_year: _Optional[str] = ..., structure_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., method_version: _Optional[int] = ...) -> None: ...

class BaseYearCheck(_message.Message):
    __slots__ = ("year_start", "version", "structure_on", "threshold_percent", "reported_kg_co2e", "current_kg_co2e", "change_kg_co2e", "change_percent", "gross_percent", "passes", "parts", "restatements", "notices")
    YEAR_START_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STRUCTURE_ON_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_PERCENT_FIELD_NUMBER: _ClassVar[int]
    REPORTED_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    CURRENT_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    CHANGE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    CHANGE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    GROSS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    RESTATEMENTS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    year_start: str
    version: int
    structure_on: _date_pb2.Date
    threshold_percent: str
    reported_kg_co2e: str
    current_kg_co2e: str
    change_kg_co2e: str
    change_percent: str
    gross_percent: str
    passes: bool
    parts: _containers.RepeatedCompositeFieldContainer[BridgePart]
    restatements: _containers.RepeatedScalarFieldContainer[str]
    notices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, year_start: _Optional[str] = ..., version: _Optional[int] = ..., structure_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., threshold_percent: _Optional[str] = ..., reported_kg_co2e: _Optional[str] = ..., current_kg_co2e: _Optional[str] = ..., change_kg_co2e: _Optional[str] = ..., change_percent: _Optional[str] = ..., gross_percent: _Optional[str] = ..., passes: _Optional[bool] = ..., parts: _Optional[_Iterable[_Union[BridgePart, _Mapping]]] = ..., restatements: _Optional[_Iterable[str]] = ..., notices: _Optional[_Iterable[str]] = ...) -> None: ...

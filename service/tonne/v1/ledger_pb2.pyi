import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from tonne.v1 import ingest_pb2 as _ingest_pb2
from tonne.v1 import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FacilityRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACILITY_RULE_UNSPECIFIED: _ClassVar[FacilityRule]
    FACILITY_RULE_WHEN_REGISTER_EXISTS: _ClassVar[FacilityRule]
    FACILITY_RULE_REGISTERED_ONLY: _ClassVar[FacilityRule]
    FACILITY_RULE_ANY: _ClassVar[FacilityRule]

class LateRecords(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LATE_RECORDS_UNSPECIFIED: _ClassVar[LateRecords]
    LATE_RECORDS_REFUSE: _ClassVar[LateRecords]
    LATE_RECORDS_NEXT_OPEN: _ClassVar[LateRecords]

class YearRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    YEAR_RULE_UNSPECIFIED: _ClassVar[YearRule]
    YEAR_RULE_MONTH: _ClassVar[YearRule]
    YEAR_RULE_MAJORITY: _ClassVar[YearRule]
    YEAR_RULE_DAYS: _ClassVar[YearRule]

class LossConvention(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOSS_CONVENTION_UNSPECIFIED: _ClassVar[LossConvention]
    LOSS_CONVENTION_DEFRA: _ClassVar[LossConvention]
    LOSS_CONVENTION_GHG_PROTOCOL: _ClassVar[LossConvention]
    LOSS_CONVENTION_GHG_PROTOCOL_COMBUSTION: _ClassVar[LossConvention]

class BlendGwp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BLEND_GWP_UNSPECIFIED: _ClassVar[BlendGwp]
    BLEND_GWP_COMPOSITION: _ClassVar[BlendGwp]
    BLEND_GWP_PUBLISHED: _ClassVar[BlendGwp]

class UnknownMethane(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN_METHANE_UNSPECIFIED: _ClassVar[UnknownMethane]
    UNKNOWN_METHANE_NON_FOSSIL: _ClassVar[UnknownMethane]
    UNKNOWN_METHANE_FOSSIL: _ClassVar[UnknownMethane]

class Consolidation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSOLIDATION_UNSPECIFIED: _ClassVar[Consolidation]
    CONSOLIDATION_OPERATIONAL_CONTROL: _ClassVar[Consolidation]
    CONSOLIDATION_FINANCIAL_CONTROL: _ClassVar[Consolidation]
    CONSOLIDATION_EQUITY_SHARE: _ClassVar[Consolidation]

class FinancialControl(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINANCIAL_CONTROL_UNSPECIFIED: _ClassVar[FinancialControl]
    FINANCIAL_CONTROL_FULL: _ClassVar[FinancialControl]
    FINANCIAL_CONTROL_JOINT: _ClassVar[FinancialControl]
    FINANCIAL_CONTROL_NONE: _ClassVar[FinancialControl]

class FacilityType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACILITY_TYPE_UNSPECIFIED: _ClassVar[FacilityType]
    FACILITY_TYPE_DATA_CENTRE: _ClassVar[FacilityType]
    FACILITY_TYPE_BASE_STATION: _ClassVar[FacilityType]
    FACILITY_TYPE_EQUIPMENT_ROOM: _ClassVar[FacilityType]
    FACILITY_TYPE_FACTORY: _ClassVar[FacilityType]
    FACILITY_TYPE_OFFICE: _ClassVar[FacilityType]
    FACILITY_TYPE_WAREHOUSE: _ClassVar[FacilityType]
    FACILITY_TYPE_VEHICLE_FLEET: _ClassVar[FacilityType]
    FACILITY_TYPE_SUPPLIER_SITE: _ClassVar[FacilityType]
    FACILITY_TYPE_OTHER: _ClassVar[FacilityType]

class WordField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORD_FIELD_UNSPECIFIED: _ClassVar[WordField]
    WORD_FIELD_ACTIVITY: _ClassVar[WordField]
    WORD_FIELD_UNIT: _ClassVar[WordField]
    WORD_FIELD_REGION: _ClassVar[WordField]

class PeriodState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERIOD_STATE_UNSPECIFIED: _ClassVar[PeriodState]
    PERIOD_STATE_OPEN: _ClassVar[PeriodState]
    PERIOD_STATE_SOFT_CLOSED: _ClassVar[PeriodState]
    PERIOD_STATE_SEALED: _ClassVar[PeriodState]
FACILITY_RULE_UNSPECIFIED: FacilityRule
FACILITY_RULE_WHEN_REGISTER_EXISTS: FacilityRule
FACILITY_RULE_REGISTERED_ONLY: FacilityRule
FACILITY_RULE_ANY: FacilityRule
LATE_RECORDS_UNSPECIFIED: LateRecords
LATE_RECORDS_REFUSE: LateRecords
LATE_RECORDS_NEXT_OPEN: LateRecords
YEAR_RULE_UNSPECIFIED: YearRule
YEAR_RULE_MONTH: YearRule
YEAR_RULE_MAJORITY: YearRule
YEAR_RULE_DAYS: YearRule
LOSS_CONVENTION_UNSPECIFIED: LossConvention
LOSS_CONVENTION_DEFRA: LossConvention
LOSS_CONVENTION_GHG_PROTOCOL: LossConvention
LOSS_CONVENTION_GHG_PROTOCOL_COMBUSTION: LossConvention
BLEND_GWP_UNSPECIFIED: BlendGwp
BLEND_GWP_COMPOSITION: BlendGwp
BLEND_GWP_PUBLISHED: BlendGwp
UNKNOWN_METHANE_UNSPECIFIED: UnknownMethane
UNKNOWN_METHANE_NON_FOSSIL: UnknownMethane
UNKNOWN_METHANE_FOSSIL: UnknownMethane
CONSOLIDATION_UNSPECIFIED: Consolidation
CONSOLIDATION_OPERATIONAL_CONTROL: Consolidation
CONSOLIDATION_FINANCIAL_CONTROL: Consolidation
CONSOLIDATION_EQUITY_SHARE: Consolidation
FINANCIAL_CONTROL_UNSPECIFIED: FinancialControl
FINANCIAL_CONTROL_FULL: FinancialControl
FINANCIAL_CONTROL_JOINT: FinancialControl
FINANCIAL_CONTROL_NONE: FinancialControl
FACILITY_TYPE_UNSPECIFIED: FacilityType
FACILITY_TYPE_DATA_CENTRE: FacilityType
FACILITY_TYPE_BASE_STATION: FacilityType
FACILITY_TYPE_EQUIPMENT_ROOM: FacilityType
FACILITY_TYPE_FACTORY: FacilityType
FACILITY_TYPE_OFFICE: FacilityType
FACILITY_TYPE_WAREHOUSE: FacilityType
FACILITY_TYPE_VEHICLE_FLEET: FacilityType
FACILITY_TYPE_SUPPLIER_SITE: FacilityType
FACILITY_TYPE_OTHER: FacilityType
WORD_FIELD_UNSPECIFIED: WordField
WORD_FIELD_ACTIVITY: WordField
WORD_FIELD_UNIT: WordField
WORD_FIELD_REGION: WordField
PERIOD_STATE_UNSPECIFIED: PeriodState
PERIOD_STATE_OPEN: PeriodState
PERIOD_STATE_SOFT_CLOSED: PeriodState
PERIOD_STATE_SEALED: PeriodState

class Book(_message.Message):
    __slots__ = ("name", "display_name", "time_zone", "facility_rule", "revision", "create_time", "editions", "method_version", "reopens_sealed", "late_records")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    FACILITY_RULE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EDITIONS_FIELD_NUMBER: _ClassVar[int]
    METHOD_VERSION_FIELD_NUMBER: _ClassVar[int]
    REOPENS_SEALED_FIELD_NUMBER: _ClassVar[int]
    LATE_RECORDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    time_zone: str
    facility_rule: FacilityRule
    revision: int
    create_time: _timestamp_pb2.Timestamp
    editions: _containers.RepeatedScalarFieldContainer[str]
    method_version: int
    reopens_sealed: bool
    late_records: LateRecords
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., time_zone: _Optional[str] = ..., facility_rule: _Optional[_Union[FacilityRule, str]] = ..., revision: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., editions: _Optional[_Iterable[str]] = ..., method_version: _Optional[int] = ..., reopens_sealed: _Optional[bool] = ..., late_records: _Optional[_Union[LateRecords, str]] = ...) -> None: ...

class Rate(_message.Message):
    __slots__ = ("from_unit", "to_unit", "rate", "source", "valid_from", "valid_to", "facility")
    FROM_UNIT_FIELD_NUMBER: _ClassVar[int]
    TO_UNIT_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    from_unit: str
    to_unit: str
    rate: str
    source: str
    valid_from: _date_pb2.Date
    valid_to: _date_pb2.Date
    facility: str
    def __init__(self, from_unit: _Optional[str] = ..., to_unit: _Optional[str] = ..., rate: _Optional[str] = ..., source: _Optional[str] = ..., valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., valid_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., facility: _Optional[str] = ...) -> None: ...

class Method(_message.Message):
    __slots__ = ("name", "version", "author", "reason", "create_time", "editions", "gwp_set", "blend_gwp", "year_rule", "reporting_year_start", "loss_convention", "consolidation", "proxy_regions", "year_fallback_years", "transport_wtt", "rates", "unknown_methane")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EDITIONS_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    BLEND_GWP_FIELD_NUMBER: _ClassVar[int]
    YEAR_RULE_FIELD_NUMBER: _ClassVar[int]
    REPORTING_YEAR_START_FIELD_NUMBER: _ClassVar[int]
    LOSS_CONVENTION_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    PROXY_REGIONS_FIELD_NUMBER: _ClassVar[int]
    YEAR_FALLBACK_YEARS_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_WTT_FIELD_NUMBER: _ClassVar[int]
    RATES_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_METHANE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    author: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    editions: _containers.RepeatedScalarFieldContainer[str]
    gwp_set: str
    blend_gwp: BlendGwp
    year_rule: YearRule
    reporting_year_start: int
    loss_convention: LossConvention
    consolidation: Consolidation
    proxy_regions: _containers.RepeatedScalarFieldContainer[str]
    year_fallback_years: int
    transport_wtt: bool
    rates: _containers.RepeatedCompositeFieldContainer[Rate]
    unknown_methane: UnknownMethane
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., editions: _Optional[_Iterable[str]] = ..., gwp_set: _Optional[str] = ..., blend_gwp: _Optional[_Union[BlendGwp, str]] = ..., year_rule: _Optional[_Union[YearRule, str]] = ..., reporting_year_start: _Optional[int] = ..., loss_convention: _Optional[_Union[LossConvention, str]] = ..., consolidation: _Optional[_Union[Consolidation, str]] = ..., proxy_regions: _Optional[_Iterable[str]] = ..., year_fallback_years: _Optional[int] = ..., transport_wtt: _Optional[bool] = ..., rates: _Optional[_Iterable[_Union[Rate, _Mapping]]] = ..., unknown_methane: _Optional[_Union[UnknownMethane, str]] = ...) -> None: ...

class UpdateBookRequest(_message.Message):
    __slots__ = ("book", "update_mask", "reason")
    BOOK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    book: Book
    update_mask: _field_mask_pb2.FieldMask
    reason: str
    def __init__(self, book: _Optional[_Union[Book, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class UpdateMethodRequest(_message.Message):
    __slots__ = ("method", "update_mask")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    method: Method
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, method: _Optional[_Union[Method, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class GetMethodRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListMethodsRequest(_message.Message):
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

class ListMethodsResponse(_message.Message):
    __slots__ = ("methods", "next_page_token")
    METHODS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    methods: _containers.RepeatedCompositeFieldContainer[Method]
    next_page_token: str
    def __init__(self, methods: _Optional[_Iterable[_Union[Method, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Holding(_message.Message):
    __slots__ = ("valid_from", "valid_to", "equity_share", "financial_control", "not_operated")
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    EQUITY_SHARE_FIELD_NUMBER: _ClassVar[int]
    FINANCIAL_CONTROL_FIELD_NUMBER: _ClassVar[int]
    NOT_OPERATED_FIELD_NUMBER: _ClassVar[int]
    valid_from: _date_pb2.Date
    valid_to: _date_pb2.Date
    equity_share: str
    financial_control: FinancialControl
    not_operated: bool
    def __init__(self, valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., valid_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., equity_share: _Optional[str] = ..., financial_control: _Optional[_Union[FinancialControl, str]] = ..., not_operated: _Optional[bool] = ...) -> None: ...

class Entity(_message.Message):
    __slots__ = ("id", "display_name", "parent", "holdings")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    HOLDINGS_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    parent: str
    holdings: _containers.RepeatedCompositeFieldContainer[Holding]
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., parent: _Optional[str] = ..., holdings: _Optional[_Iterable[_Union[Holding, _Mapping]]] = ...) -> None: ...

class ImportEntitiesRequest(_message.Message):
    __slots__ = ("parent", "entities", "reason")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    parent: str
    entities: _containers.RepeatedCompositeFieldContainer[Entity]
    reason: str
    def __init__(self, parent: _Optional[str] = ..., entities: _Optional[_Iterable[_Union[Entity, _Mapping]]] = ..., reason: _Optional[str] = ...) -> None: ...

class ImportEntitiesResponse(_message.Message):
    __slots__ = ("created_count", "updated_count")
    CREATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    created_count: int
    updated_count: int
    def __init__(self, created_count: _Optional[int] = ..., updated_count: _Optional[int] = ...) -> None: ...

class UpdateEntityRequest(_message.Message):
    __slots__ = ("parent", "entity", "update_mask", "reason")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    parent: str
    entity: Entity
    update_mask: _field_mask_pb2.FieldMask
    reason: str
    def __init__(self, parent: _Optional[str] = ..., entity: _Optional[_Union[Entity, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class ListEntitiesRequest(_message.Message):
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

class ListEntitiesResponse(_message.Message):
    __slots__ = ("entities", "next_page_token")
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entities: _containers.RepeatedCompositeFieldContainer[Entity]
    next_page_token: str
    def __init__(self, entities: _Optional[_Iterable[_Union[Entity, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ClearSuspenseRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class ClearSuspenseResponse(_message.Message):
    __slots__ = ("segment_count", "segments_done_count", "cleared_count", "remaining_count")
    SEGMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_DONE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLEARED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_COUNT_FIELD_NUMBER: _ClassVar[int]
    segment_count: int
    segments_done_count: int
    cleared_count: int
    remaining_count: int
    def __init__(self, segment_count: _Optional[int] = ..., segments_done_count: _Optional[int] = ..., cleared_count: _Optional[int] = ..., remaining_count: _Optional[int] = ...) -> None: ...

class CreateBookRequest(_message.Message):
    __slots__ = ("book_id", "book", "method")
    BOOK_ID_FIELD_NUMBER: _ClassVar[int]
    BOOK_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    book_id: str
    book: Book
    method: Method
    def __init__(self, book_id: _Optional[str] = ..., book: _Optional[_Union[Book, _Mapping]] = ..., method: _Optional[_Union[Method, _Mapping]] = ...) -> None: ...

class GetBookRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetAccessRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class Access(_message.Message):
    __slots__ = ("caller", "roles", "calls")
    CALLER_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    caller: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    calls: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, caller: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., calls: _Optional[_Iterable[str]] = ...) -> None: ...

class ListBooksRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListBooksResponse(_message.Message):
    __slots__ = ("books", "next_page_token")
    BOOKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    books: _containers.RepeatedCompositeFieldContainer[Book]
    next_page_token: str
    def __init__(self, books: _Optional[_Iterable[_Union[Book, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Facility(_message.Message):
    __slots__ = ("id", "display_name", "type", "region", "entity", "ownership", "valid_from", "valid_to")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    OWNERSHIP_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    type: FacilityType
    region: str
    entity: str
    ownership: str
    valid_from: _date_pb2.Date
    valid_to: _date_pb2.Date
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., type: _Optional[_Union[FacilityType, str]] = ..., region: _Optional[str] = ..., entity: _Optional[str] = ..., ownership: _Optional[str] = ..., valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., valid_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class ImportFacilitiesRequest(_message.Message):
    __slots__ = ("parent", "facilities", "reason")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    parent: str
    facilities: _containers.RepeatedCompositeFieldContainer[Facility]
    reason: str
    def __init__(self, parent: _Optional[str] = ..., facilities: _Optional[_Iterable[_Union[Facility, _Mapping]]] = ..., reason: _Optional[str] = ...) -> None: ...

class ImportFacilitiesResponse(_message.Message):
    __slots__ = ("created_count", "updated_count")
    CREATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    created_count: int
    updated_count: int
    def __init__(self, created_count: _Optional[int] = ..., updated_count: _Optional[int] = ...) -> None: ...

class UpdateFacilityRequest(_message.Message):
    __slots__ = ("parent", "facility", "update_mask", "reason")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    parent: str
    facility: Facility
    update_mask: _field_mask_pb2.FieldMask
    reason: str
    def __init__(self, parent: _Optional[str] = ..., facility: _Optional[_Union[Facility, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class ListFacilitiesRequest(_message.Message):
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

class ListFacilitiesResponse(_message.Message):
    __slots__ = ("facilities", "next_page_token")
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    facilities: _containers.RepeatedCompositeFieldContainer[Facility]
    next_page_token: str
    def __init__(self, facilities: _Optional[_Iterable[_Union[Facility, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("name", "field", "text", "meaning", "author", "reason", "create_time", "in_force", "posted_count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MEANING_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    POSTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    field: WordField
    text: str
    meaning: str
    author: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    in_force: bool
    posted_count: int
    def __init__(self, name: _Optional[str] = ..., field: _Optional[_Union[WordField, str]] = ..., text: _Optional[str] = ..., meaning: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., in_force: _Optional[bool] = ..., posted_count: _Optional[int] = ...) -> None: ...

class CreateWordRequest(_message.Message):
    __slots__ = ("parent", "word")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    WORD_FIELD_NUMBER: _ClassVar[int]
    parent: str
    word: Word
    def __init__(self, parent: _Optional[str] = ..., word: _Optional[_Union[Word, _Mapping]] = ...) -> None: ...

class ListWordsRequest(_message.Message):
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

class ListWordsResponse(_message.Message):
    __slots__ = ("words", "next_page_token")
    WORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    words: _containers.RepeatedCompositeFieldContainer[Word]
    next_page_token: str
    def __init__(self, words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Acceptance(_message.Message):
    __slots__ = ("check", "count", "reason")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    check: str
    count: int
    reason: str
    def __init__(self, check: _Optional[str] = ..., count: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class PeriodAct(_message.Message):
    __slots__ = ("author", "reason", "commit_number", "time")
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COMMIT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    author: str
    reason: str
    commit_number: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, author: _Optional[str] = ..., reason: _Optional[str] = ..., commit_number: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PeriodClose(_message.Message):
    __slots__ = ("revision", "closed", "accepted", "sealed", "reopened")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    REOPENED_FIELD_NUMBER: _ClassVar[int]
    revision: int
    closed: PeriodAct
    accepted: _containers.RepeatedCompositeFieldContainer[Acceptance]
    sealed: PeriodAct
    reopened: PeriodAct
    def __init__(self, revision: _Optional[int] = ..., closed: _Optional[_Union[PeriodAct, _Mapping]] = ..., accepted: _Optional[_Iterable[_Union[Acceptance, _Mapping]]] = ..., sealed: _Optional[_Union[PeriodAct, _Mapping]] = ..., reopened: _Optional[_Union[PeriodAct, _Mapping]] = ...) -> None: ...

class Period(_message.Message):
    __slots__ = ("month", "state", "name", "closes")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLOSES_FIELD_NUMBER: _ClassVar[int]
    month: str
    state: PeriodState
    name: str
    closes: _containers.RepeatedCompositeFieldContainer[PeriodClose]
    def __init__(self, month: _Optional[str] = ..., state: _Optional[_Union[PeriodState, str]] = ..., name: _Optional[str] = ..., closes: _Optional[_Iterable[_Union[PeriodClose, _Mapping]]] = ...) -> None: ...

class ListPeriodsRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class ListPeriodsResponse(_message.Message):
    __slots__ = ("periods",)
    PERIODS_FIELD_NUMBER: _ClassVar[int]
    periods: _containers.RepeatedCompositeFieldContainer[Period]
    def __init__(self, periods: _Optional[_Iterable[_Union[Period, _Mapping]]] = ...) -> None: ...

class SuspendedRecord(_message.Message):
    __slots__ = ("channel", "offset", "record", "status", "message")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    channel: str
    offset: int
    record: _ingest_pb2.ActivityRecord
    status: _status_pb2.RowStatus
    message: str
    def __init__(self, channel: _Optional[str] = ..., offset: _Optional[int] = ..., record: _Optional[_Union[_ingest_pb2.ActivityRecord, _Mapping]] = ..., status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., message: _Optional[str] = ...) -> None: ...

class Mark(_message.Message):
    __slots__ = ("commit", "kind", "time")
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    commit: int
    kind: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, commit: _Optional[int] = ..., kind: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListMarksRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMarksResponse(_message.Message):
    __slots__ = ("marks", "next_page_token")
    MARKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    marks: _containers.RepeatedCompositeFieldContainer[Mark]
    next_page_token: str
    def __init__(self, marks: _Optional[_Iterable[_Union[Mark, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListSuspenseRequest(_message.Message):
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

class ListSuspenseResponse(_message.Message):
    __slots__ = ("records", "next_page_token", "commit", "as_of_time")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[SuspendedRecord]
    next_page_token: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, records: _Optional[_Iterable[_Union[SuspendedRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UnitQuantity(_message.Message):
    __slots__ = ("unit", "quantity")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    unit: str
    quantity: str
    def __init__(self, unit: _Optional[str] = ..., quantity: _Optional[str] = ...) -> None: ...

class SuspenseCause(_message.Message):
    __slots__ = ("status", "field", "got", "message", "record_count", "quantities", "start_time", "end_time", "commit_time", "kg_co2e")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    GOT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUANTITIES_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    COMMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    status: _status_pb2.RowStatus
    field: str
    got: str
    message: str
    record_count: int
    quantities: _containers.RepeatedCompositeFieldContainer[UnitQuantity]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    commit_time: _timestamp_pb2.Timestamp
    kg_co2e: str
    def __init__(self, status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., field: _Optional[str] = ..., got: _Optional[str] = ..., message: _Optional[str] = ..., record_count: _Optional[int] = ..., quantities: _Optional[_Iterable[_Union[UnitQuantity, _Mapping]]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., commit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class ListSuspenseCausesRequest(_message.Message):
    __slots__ = ("parent", "as_of")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    parent: str
    as_of: str
    def __init__(self, parent: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class ListSuspenseCausesResponse(_message.Message):
    __slots__ = ("causes", "omitted_count", "commit", "as_of_time")
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    OMITTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    causes: _containers.RepeatedCompositeFieldContainer[SuspenseCause]
    omitted_count: int
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, causes: _Optional[_Iterable[_Union[SuspenseCause, _Mapping]]] = ..., omitted_count: _Optional[int] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class QuarantinedRecord(_message.Message):
    __slots__ = ("channel", "offset", "status", "field", "message", "raw", "record")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    channel: str
    offset: int
    status: _status_pb2.RowStatus
    field: str
    message: str
    raw: bytes
    record: _ingest_pb2.ActivityRecord
    def __init__(self, channel: _Optional[str] = ..., offset: _Optional[int] = ..., status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., field: _Optional[str] = ..., message: _Optional[str] = ..., raw: _Optional[bytes] = ..., record: _Optional[_Union[_ingest_pb2.ActivityRecord, _Mapping]] = ...) -> None: ...

class QuarantineCause(_message.Message):
    __slots__ = ("status", "field", "message", "record_count", "quantities", "unread_quantity_count", "commit_time", "kg_co2e", "valued_record_count")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUANTITIES_FIELD_NUMBER: _ClassVar[int]
    UNREAD_QUANTITY_COUNT_FIELD_NUMBER: _ClassVar[int]
    COMMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    VALUED_RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    status: _status_pb2.RowStatus
    field: str
    message: str
    record_count: int
    quantities: _containers.RepeatedCompositeFieldContainer[UnitQuantity]
    unread_quantity_count: int
    commit_time: _timestamp_pb2.Timestamp
    kg_co2e: str
    valued_record_count: int
    def __init__(self, status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., field: _Optional[str] = ..., message: _Optional[str] = ..., record_count: _Optional[int] = ..., quantities: _Optional[_Iterable[_Union[UnitQuantity, _Mapping]]] = ..., unread_quantity_count: _Optional[int] = ..., commit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kg_co2e: _Optional[str] = ..., valued_record_count: _Optional[int] = ...) -> None: ...

class ListQuarantineCausesRequest(_message.Message):
    __slots__ = ("parent", "as_of")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    parent: str
    as_of: str
    def __init__(self, parent: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class ListQuarantineCausesResponse(_message.Message):
    __slots__ = ("causes", "commit", "as_of_time")
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    causes: _containers.RepeatedCompositeFieldContainer[QuarantineCause]
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, causes: _Optional[_Iterable[_Union[QuarantineCause, _Mapping]]] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListQuarantineRequest(_message.Message):
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

class ListQuarantineResponse(_message.Message):
    __slots__ = ("records", "next_page_token", "commit", "as_of_time")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[QuarantinedRecord]
    next_page_token: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, records: _Optional[_Iterable[_Union[QuarantinedRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
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
PERIOD_STATE_UNSPECIFIED: PeriodState
PERIOD_STATE_OPEN: PeriodState
PERIOD_STATE_SOFT_CLOSED: PeriodState
PERIOD_STATE_SEALED: PeriodState

class Book(_message.Message):
    __slots__ = ("name", "display_name", "time_zone", "facility_rule", "revision", "create_time", "editions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    FACILITY_RULE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EDITIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    time_zone: str
    facility_rule: FacilityRule
    revision: int
    create_time: _timestamp_pb2.Timestamp
    editions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., time_zone: _Optional[str] = ..., facility_rule: _Optional[_Union[FacilityRule, str]] = ..., revision: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., editions: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateBookRequest(_message.Message):
    __slots__ = ("book_id", "book")
    BOOK_ID_FIELD_NUMBER: _ClassVar[int]
    BOOK_FIELD_NUMBER: _ClassVar[int]
    book_id: str
    book: Book
    def __init__(self, book_id: _Optional[str] = ..., book: _Optional[_Union[Book, _Mapping]] = ...) -> None: ...

class CreateBookResponse(_message.Message):
    __slots__ = ("book",)
    BOOK_FIELD_NUMBER: _ClassVar[int]
    book: Book
    def __init__(self, book: _Optional[_Union[Book, _Mapping]] = ...) -> None: ...

class GetBookRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetBookResponse(_message.Message):
    __slots__ = ("book",)
    BOOK_FIELD_NUMBER: _ClassVar[int]
    book: Book
    def __init__(self, book: _Optional[_Union[Book, _Mapping]] = ...) -> None: ...

class ListBooksRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBooksResponse(_message.Message):
    __slots__ = ("books", "next_page_token")
    BOOKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    books: _containers.RepeatedCompositeFieldContainer[Book]
    next_page_token: str
    def __init__(self, books: _Optional[_Iterable[_Union[Book, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetEditionOrderRequest(_message.Message):
    __slots__ = ("name", "editions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EDITIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    editions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., editions: _Optional[_Iterable[str]] = ...) -> None: ...

class SetEditionOrderResponse(_message.Message):
    __slots__ = ("book",)
    BOOK_FIELD_NUMBER: _ClassVar[int]
    book: Book
    def __init__(self, book: _Optional[_Union[Book, _Mapping]] = ...) -> None: ...

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
    valid_from: str
    valid_to: str
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., type: _Optional[_Union[FacilityType, str]] = ..., region: _Optional[str] = ..., entity: _Optional[str] = ..., ownership: _Optional[str] = ..., valid_from: _Optional[str] = ..., valid_to: _Optional[str] = ...) -> None: ...

class ImportFacilitiesRequest(_message.Message):
    __slots__ = ("parent", "facilities")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    parent: str
    facilities: _containers.RepeatedCompositeFieldContainer[Facility]
    def __init__(self, parent: _Optional[str] = ..., facilities: _Optional[_Iterable[_Union[Facility, _Mapping]]] = ...) -> None: ...

class ImportFacilitiesResponse(_message.Message):
    __slots__ = ("created_count", "updated_count")
    CREATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    created_count: int
    updated_count: int
    def __init__(self, created_count: _Optional[int] = ..., updated_count: _Optional[int] = ...) -> None: ...

class ListFacilitiesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFacilitiesResponse(_message.Message):
    __slots__ = ("facilities", "next_page_token")
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    facilities: _containers.RepeatedCompositeFieldContainer[Facility]
    next_page_token: str
    def __init__(self, facilities: _Optional[_Iterable[_Union[Facility, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Period(_message.Message):
    __slots__ = ("month", "state")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    month: str
    state: PeriodState
    def __init__(self, month: _Optional[str] = ..., state: _Optional[_Union[PeriodState, str]] = ...) -> None: ...

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

class ListSuspenseRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSuspenseResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[SuspendedRecord]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[SuspendedRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class QuarantinedRecord(_message.Message):
    __slots__ = ("channel", "offset", "status", "field", "message", "record_id", "facility", "activity", "quantity", "unit", "start", "end", "region", "raw")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    channel: str
    offset: int
    status: _status_pb2.RowStatus
    field: str
    message: str
    record_id: str
    facility: str
    activity: str
    quantity: str
    unit: str
    start: str
    end: str
    region: str
    raw: bytes
    def __init__(self, channel: _Optional[str] = ..., offset: _Optional[int] = ..., status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., field: _Optional[str] = ..., message: _Optional[str] = ..., record_id: _Optional[str] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., quantity: _Optional[str] = ..., unit: _Optional[str] = ..., start: _Optional[str] = ..., end: _Optional[str] = ..., region: _Optional[str] = ..., raw: _Optional[bytes] = ...) -> None: ...

class ListQuarantineRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListQuarantineResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[QuarantinedRecord]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[QuarantinedRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

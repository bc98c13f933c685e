import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OverlapState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OVERLAP_STATE_UNSPECIFIED: _ClassVar[OverlapState]
    OVERLAP_STATE_OPEN: _ClassVar[OverlapState]
    OVERLAP_STATE_ACCEPTED: _ClassVar[OverlapState]
    OVERLAP_STATE_DECLARED: _ClassVar[OverlapState]
    OVERLAP_STATE_GONE: _ClassVar[OverlapState]
OVERLAP_STATE_UNSPECIFIED: OverlapState
OVERLAP_STATE_OPEN: OverlapState
OVERLAP_STATE_ACCEPTED: OverlapState
OVERLAP_STATE_DECLARED: OverlapState
OVERLAP_STATE_GONE: OverlapState

class Overlap(_message.Message):
    __slots__ = ("name", "facility", "activity", "first_source", "second_source", "months", "origins", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    FIRST_SOURCE_FIELD_NUMBER: _ClassVar[int]
    SECOND_SOURCE_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    ORIGINS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    facility: str
    activity: str
    first_source: str
    second_source: str
    months: _containers.RepeatedCompositeFieldContainer[OverlapMonth]
    origins: _containers.RepeatedCompositeFieldContainer[OverlapOrigin]
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., first_source: _Optional[str] = ..., second_source: _Optional[str] = ..., months: _Optional[_Iterable[_Union[OverlapMonth, _Mapping]]] = ..., origins: _Optional[_Iterable[_Union[OverlapOrigin, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OverlapMonth(_message.Message):
    __slots__ = ("month", "state", "record_count", "pair_count", "sides", "kg_co2e", "author", "reason", "accept_time", "declaration")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    PAIR_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIDES_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_TIME_FIELD_NUMBER: _ClassVar[int]
    DECLARATION_FIELD_NUMBER: _ClassVar[int]
    month: str
    state: OverlapState
    record_count: int
    pair_count: int
    sides: _containers.RepeatedCompositeFieldContainer[OverlapSide]
    kg_co2e: str
    author: str
    reason: str
    accept_time: _timestamp_pb2.Timestamp
    declaration: str
    def __init__(self, month: _Optional[str] = ..., state: _Optional[_Union[OverlapState, str]] = ..., record_count: _Optional[int] = ..., pair_count: _Optional[int] = ..., sides: _Optional[_Iterable[_Union[OverlapSide, _Mapping]]] = ..., kg_co2e: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., accept_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., declaration: _Optional[str] = ...) -> None: ...

class OverlapSide(_message.Message):
    __slots__ = ("record_count", "seconds_min", "seconds_max", "first_offset", "last_offset", "quantities", "kg_co2e")
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_MIN_FIELD_NUMBER: _ClassVar[int]
    SECONDS_MAX_FIELD_NUMBER: _ClassVar[int]
    FIRST_OFFSET_FIELD_NUMBER: _ClassVar[int]
    LAST_OFFSET_FIELD_NUMBER: _ClassVar[int]
    QUANTITIES_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    record_count: int
    seconds_min: float
    seconds_max: float
    first_offset: int
    last_offset: int
    quantities: _containers.RepeatedCompositeFieldContainer[OverlapQuantity]
    kg_co2e: str
    def __init__(self, record_count: _Optional[int] = ..., seconds_min: _Optional[float] = ..., seconds_max: _Optional[float] = ..., first_offset: _Optional[int] = ..., last_offset: _Optional[int] = ..., quantities: _Optional[_Iterable[_Union[OverlapQuantity, _Mapping]]] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class OverlapQuantity(_message.Message):
    __slots__ = ("unit", "quantity")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    unit: str
    quantity: str
    def __init__(self, unit: _Optional[str] = ..., quantity: _Optional[str] = ...) -> None: ...

class OverlapOrigin(_message.Message):
    __slots__ = ("side", "import_number", "file_name")
    SIDE_FIELD_NUMBER: _ClassVar[int]
    IMPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    side: int
    import_number: int
    file_name: str
    def __init__(self, side: _Optional[int] = ..., import_number: _Optional[int] = ..., file_name: _Optional[str] = ...) -> None: ...

class SeveralMeters(_message.Message):
    __slots__ = ("name", "facility", "activity", "from_month", "to_month", "author", "reason", "create_time", "withdraw_author", "withdraw_reason", "withdraw_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_AUTHOR_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    facility: str
    activity: str
    from_month: str
    to_month: str
    author: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    withdraw_author: str
    withdraw_reason: str
    withdraw_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., withdraw_author: _Optional[str] = ..., withdraw_reason: _Optional[str] = ..., withdraw_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CheckOverlapsRequest(_message.Message):
    __slots__ = ("name", "from_month", "to_month")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    name: str
    from_month: str
    to_month: str
    def __init__(self, name: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ...) -> None: ...

class CheckOverlapsResponse(_message.Message):
    __slots__ = ("months", "record_count", "overlap_count", "undecided_count")
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNDECIDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedScalarFieldContainer[str]
    record_count: int
    overlap_count: int
    undecided_count: int
    def __init__(self, months: _Optional[_Iterable[str]] = ..., record_count: _Optional[int] = ..., overlap_count: _Optional[int] = ..., undecided_count: _Optional[int] = ...) -> None: ...

class ListOverlapsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "from_month", "to_month", "is_undecided")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    IS_UNDECIDED_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    from_month: str
    to_month: str
    is_undecided: bool
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., is_undecided: _Optional[bool] = ...) -> None: ...

class ListOverlapsResponse(_message.Message):
    __slots__ = ("overlaps", "next_page_token")
    OVERLAPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    overlaps: _containers.RepeatedCompositeFieldContainer[Overlap]
    next_page_token: str
    def __init__(self, overlaps: _Optional[_Iterable[_Union[Overlap, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetOverlapRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class AcceptOverlapRequest(_message.Message):
    __slots__ = ("name", "from_month", "to_month", "reason", "author")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    from_month: str
    to_month: str
    reason: str
    author: str
    def __init__(self, name: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class DeclareSeveralMetersRequest(_message.Message):
    __slots__ = ("parent", "facility", "activity", "from_month", "to_month", "reason", "author")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    FROM_MONTH_FIELD_NUMBER: _ClassVar[int]
    TO_MONTH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    parent: str
    facility: str
    activity: str
    from_month: str
    to_month: str
    reason: str
    author: str
    def __init__(self, parent: _Optional[str] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., from_month: _Optional[str] = ..., to_month: _Optional[str] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class WithdrawSeveralMetersRequest(_message.Message):
    __slots__ = ("name", "reason", "author")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    author: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class ListSeveralMetersRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class ListSeveralMetersResponse(_message.Message):
    __slots__ = ("several_meters",)
    SEVERAL_METERS_FIELD_NUMBER: _ClassVar[int]
    several_meters: _containers.RepeatedCompositeFieldContainer[SeveralMeters]
    def __init__(self, several_meters: _Optional[_Iterable[_Union[SeveralMeters, _Mapping]]] = ...) -> None: ...

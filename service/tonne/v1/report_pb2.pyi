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
INVENTORY_DIMENSION_UNSPECIFIED: InventoryDimension
INVENTORY_DIMENSION_FACILITY: InventoryDimension
INVENTORY_DIMENSION_ACTIVITY: InventoryDimension
INVENTORY_DIMENSION_ACCOUNT: InventoryDimension
INVENTORY_DIMENSION_PERIOD: InventoryDimension
INVENTORY_DIMENSION_REGION: InventoryDimension
INVENTORY_DIMENSION_FACILITY_TYPE: InventoryDimension
INVENTORY_DIMENSION_SCOPE: InventoryDimension

class GetInventoryRequest(_message.Message):
    __slots__ = ("name", "from_period", "to_period", "group_by", "facilities", "activities", "accounts", "regions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    from_period: str
    to_period: str
    group_by: _containers.RepeatedScalarFieldContainer[InventoryDimension]
    facilities: _containers.RepeatedScalarFieldContainer[str]
    activities: _containers.RepeatedScalarFieldContainer[str]
    accounts: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., group_by: _Optional[_Iterable[_Union[InventoryDimension, str]]] = ..., facilities: _Optional[_Iterable[str]] = ..., activities: _Optional[_Iterable[str]] = ..., accounts: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ...) -> None: ...

class InventoryRow(_message.Message):
    __slots__ = ("group", "kg_co2e", "kg_co2", "kg_ch4", "kg_n2o", "records_count", "partial_gases")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    KG_CO2_FIELD_NUMBER: _ClassVar[int]
    KG_CH4_FIELD_NUMBER: _ClassVar[int]
    KG_N2O_FIELD_NUMBER: _ClassVar[int]
    RECORDS_COUNT_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_GASES_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedScalarFieldContainer[str]
    kg_co2e: str
    kg_co2: str
    kg_ch4: str
    kg_n2o: str
    records_count: int
    partial_gases: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, group: _Optional[_Iterable[str]] = ..., kg_co2e: _Optional[str] = ..., kg_co2: _Optional[str] = ..., kg_ch4: _Optional[str] = ..., kg_n2o: _Optional[str] = ..., records_count: _Optional[int] = ..., partial_gases: _Optional[_Iterable[str]] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("reason", "message", "records_count")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RECORDS_COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    records_count: int
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., records_count: _Optional[int] = ...) -> None: ...

class GetInventoryResponse(_message.Message):
    __slots__ = ("rows", "total", "notices", "suspended_count")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[InventoryRow]
    total: InventoryRow
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    suspended_count: int
    def __init__(self, rows: _Optional[_Iterable[_Union[InventoryRow, _Mapping]]] = ..., total: _Optional[_Union[InventoryRow, _Mapping]] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ..., suspended_count: _Optional[int] = ...) -> None: ...

class ListRecordsRequest(_message.Message):
    __slots__ = ("parent", "facility", "activity", "channel", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    facility: str
    activity: str
    channel: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., channel: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class LedgerRecord(_message.Message):
    __slots__ = ("channel", "offset", "record", "status", "segment", "commit_time")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    COMMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    channel: str
    offset: int
    record: _ingest_pb2.ActivityRecord
    status: _status_pb2.RowStatus
    segment: str
    commit_time: _timestamp_pb2.Timestamp
    def __init__(self, channel: _Optional[str] = ..., offset: _Optional[int] = ..., record: _Optional[_Union[_ingest_pb2.ActivityRecord, _Mapping]] = ..., status: _Optional[_Union[_status_pb2.RowStatus, str]] = ..., segment: _Optional[str] = ..., commit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListRecordsResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[LedgerRecord]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[LedgerRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

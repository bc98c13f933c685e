import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RowStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROW_STATUS_UNSPECIFIED: _ClassVar[RowStatus]
    ROW_STATUS_RECORD_MUST_DECODE: _ClassVar[RowStatus]
    ROW_STATUS_TEXT_MUST_BE_UTF8: _ClassVar[RowStatus]
    ROW_STATUS_TEXT_MUST_FIT: _ClassVar[RowStatus]
    ROW_STATUS_FACILITY_MUST_BE_PRESENT: _ClassVar[RowStatus]
    ROW_STATUS_ACTIVITY_MUST_BE_PRESENT: _ClassVar[RowStatus]
    ROW_STATUS_UNIT_MUST_BE_PRESENT: _ClassVar[RowStatus]
    ROW_STATUS_QUANTITY_MUST_BE_PRESENT: _ClassVar[RowStatus]
    ROW_STATUS_QUANTITY_MUST_BE_A_NUMBER: _ClassVar[RowStatus]
    ROW_STATUS_QUANTITY_MUST_BE_FINITE: _ClassVar[RowStatus]
    ROW_STATUS_QUANTITY_MUST_BE_IN_RANGE: _ClassVar[RowStatus]
    ROW_STATUS_START_MUST_BE_PRESENT: _ClassVar[RowStatus]
    ROW_STATUS_END_MUST_BE_PRESENT: _ClassVar[RowStatus]
    ROW_STATUS_START_MUST_BE_IN_RANGE: _ClassVar[RowStatus]
    ROW_STATUS_END_MUST_BE_IN_RANGE: _ClassVar[RowStatus]
    ROW_STATUS_END_MUST_FOLLOW_START: _ClassVar[RowStatus]
    ROW_STATUS_UNIT_MUST_BE_KNOWN: _ClassVar[RowStatus]
    ROW_STATUS_UNIT_MUST_FIT_ACTIVITY: _ClassVar[RowStatus]
    ROW_STATUS_SPAN_MUST_FIT: _ClassVar[RowStatus]
    ROW_STATUS_FIELD_MUST_BE_READABLE: _ClassVar[RowStatus]
    ROW_STATUS_PERIOD_MUST_BE_OPEN: _ClassVar[RowStatus]
    ROW_STATUS_FACILITY_MUST_BE_REGISTERED: _ClassVar[RowStatus]
    ROW_STATUS_FACTOR_MUST_EXIST: _ClassVar[RowStatus]
    ROW_STATUS_POSTED: _ClassVar[RowStatus]
    ROW_STATUS_REVERSED: _ClassVar[RowStatus]
ROW_STATUS_UNSPECIFIED: RowStatus
ROW_STATUS_RECORD_MUST_DECODE: RowStatus
ROW_STATUS_TEXT_MUST_BE_UTF8: RowStatus
ROW_STATUS_TEXT_MUST_FIT: RowStatus
ROW_STATUS_FACILITY_MUST_BE_PRESENT: RowStatus
ROW_STATUS_ACTIVITY_MUST_BE_PRESENT: RowStatus
ROW_STATUS_UNIT_MUST_BE_PRESENT: RowStatus
ROW_STATUS_QUANTITY_MUST_BE_PRESENT: RowStatus
ROW_STATUS_QUANTITY_MUST_BE_A_NUMBER: RowStatus
ROW_STATUS_QUANTITY_MUST_BE_FINITE: RowStatus
ROW_STATUS_QUANTITY_MUST_BE_IN_RANGE: RowStatus
ROW_STATUS_START_MUST_BE_PRESENT: RowStatus
ROW_STATUS_END_MUST_BE_PRESENT: RowStatus
ROW_STATUS_START_MUST_BE_IN_RANGE: RowStatus
ROW_STATUS_END_MUST_BE_IN_RANGE: RowStatus
ROW_STATUS_END_MUST_FOLLOW_START: RowStatus
ROW_STATUS_UNIT_MUST_BE_KNOWN: RowStatus
ROW_STATUS_UNIT_MUST_FIT_ACTIVITY: RowStatus
ROW_STATUS_SPAN_MUST_FIT: RowStatus
ROW_STATUS_FIELD_MUST_BE_READABLE: RowStatus
ROW_STATUS_PERIOD_MUST_BE_OPEN: RowStatus
ROW_STATUS_FACILITY_MUST_BE_REGISTERED: RowStatus
ROW_STATUS_FACTOR_MUST_EXIST: RowStatus
ROW_STATUS_POSTED: RowStatus
ROW_STATUS_REVERSED: RowStatus

class RowError(_message.Message):
    __slots__ = ("index", "offset", "status", "field", "message")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    index: int
    offset: int
    status: RowStatus
    field: str
    message: str
    def __init__(self, index: _Optional[int] = ..., offset: _Optional[int] = ..., status: _Optional[_Union[RowStatus, str]] = ..., field: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Status(_message.Message):
    __slots__ = ("code", "reason", "message", "metadata", "retry_delay")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    RETRY_DELAY_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    message: str
    metadata: _containers.ScalarMap[str, str]
    retry_delay: _duration_pb2.Duration
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ..., retry_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tonne.v1 import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DataQuality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATA_QUALITY_UNSPECIFIED: _ClassVar[DataQuality]
    DATA_QUALITY_MEASURED: _ClassVar[DataQuality]
    DATA_QUALITY_CALCULATED: _ClassVar[DataQuality]
    DATA_QUALITY_ESTIMATED: _ClassVar[DataQuality]

class ChannelState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANNEL_STATE_UNSPECIFIED: _ClassVar[ChannelState]
    CHANNEL_STATE_OPEN: _ClassVar[ChannelState]
    CHANNEL_STATE_CLOSED: _ClassVar[ChannelState]
DATA_QUALITY_UNSPECIFIED: DataQuality
DATA_QUALITY_MEASURED: DataQuality
DATA_QUALITY_CALCULATED: DataQuality
DATA_QUALITY_ESTIMATED: DataQuality
CHANNEL_STATE_UNSPECIFIED: ChannelState
CHANNEL_STATE_OPEN: ChannelState
CHANNEL_STATE_CLOSED: ChannelState

class ActivityRecord(_message.Message):
    __slots__ = ("record_id", "facility", "activity", "quantity", "quantity_double", "unit", "start", "end", "region", "supplier", "product", "data_quality", "evidence", "attributes", "unread")
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_DOUBLE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    DATA_QUALITY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    facility: str
    activity: str
    quantity: str
    quantity_double: float
    unit: str
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    region: str
    supplier: str
    product: str
    data_quality: DataQuality
    evidence: str
    attributes: str
    unread: str
    def __init__(self, record_id: _Optional[str] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., quantity: _Optional[str] = ..., quantity_double: _Optional[float] = ..., unit: _Optional[str] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., region: _Optional[str] = ..., supplier: _Optional[str] = ..., product: _Optional[str] = ..., data_quality: _Optional[_Union[DataQuality, str]] = ..., evidence: _Optional[str] = ..., attributes: _Optional[str] = ..., unread: _Optional[str] = ...) -> None: ...

class Rows(_message.Message):
    __slots__ = ("records",)
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[ActivityRecord]
    def __init__(self, records: _Optional[_Iterable[_Union[ActivityRecord, _Mapping]]] = ...) -> None: ...

class Backlog(_message.Message):
    __slots__ = ("record_count", "oldest_unsent_time")
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    OLDEST_UNSENT_TIME_FIELD_NUMBER: _ClassVar[int]
    record_count: int
    oldest_unsent_time: _timestamp_pb2.Timestamp
    def __init__(self, record_count: _Optional[int] = ..., oldest_unsent_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AppendRequest(_message.Message):
    __slots__ = ("channel", "epoch", "offset", "rows", "arrow_ipc", "backlog")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ARROW_IPC_FIELD_NUMBER: _ClassVar[int]
    BACKLOG_FIELD_NUMBER: _ClassVar[int]
    channel: str
    epoch: int
    offset: int
    rows: Rows
    arrow_ipc: bytes
    backlog: Backlog
    def __init__(self, channel: _Optional[str] = ..., epoch: _Optional[int] = ..., offset: _Optional[int] = ..., rows: _Optional[_Union[Rows, _Mapping]] = ..., arrow_ipc: _Optional[bytes] = ..., backlog: _Optional[_Union[Backlog, _Mapping]] = ...) -> None: ...

class ControlTotals(_message.Message):
    __slots__ = ("record_count", "posted_count", "quarantined_count", "suspended_count", "quantity_sum")
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    POSTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_SUM_FIELD_NUMBER: _ClassVar[int]
    record_count: int
    posted_count: int
    quarantined_count: int
    suspended_count: int
    quantity_sum: str
    def __init__(self, record_count: _Optional[int] = ..., posted_count: _Optional[int] = ..., quarantined_count: _Optional[int] = ..., suspended_count: _Optional[int] = ..., quantity_sum: _Optional[str] = ...) -> None: ...

class CloseSignal(_message.Message):
    __slots__ = ("reason", "grace")
    REASON_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    grace: _duration_pb2.Duration
    def __init__(self, reason: _Optional[str] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AppendResponse(_message.Message):
    __slots__ = ("durable_up_to_offset", "row_errors", "row_errors_omitted_count", "control_totals", "credit_bytes", "close_signal", "error")
    DURABLE_UP_TO_OFFSET_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_OMITTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONTROL_TOTALS_FIELD_NUMBER: _ClassVar[int]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    CLOSE_SIGNAL_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    durable_up_to_offset: int
    row_errors: _containers.RepeatedCompositeFieldContainer[_status_pb2.RowError]
    row_errors_omitted_count: int
    control_totals: ControlTotals
    credit_bytes: int
    close_signal: CloseSignal
    error: _status_pb2.Status
    def __init__(self, durable_up_to_offset: _Optional[int] = ..., row_errors: _Optional[_Iterable[_Union[_status_pb2.RowError, _Mapping]]] = ..., row_errors_omitted_count: _Optional[int] = ..., control_totals: _Optional[_Union[ControlTotals, _Mapping]] = ..., credit_bytes: _Optional[int] = ..., close_signal: _Optional[_Union[CloseSignal, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class Channel(_message.Message):
    __slots__ = ("name", "epoch", "committed_offset", "state", "control_totals", "create_time", "commit_time", "owner")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_OFFSET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CONTROL_TOTALS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    COMMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    name: str
    epoch: int
    committed_offset: int
    state: ChannelState
    control_totals: ControlTotals
    create_time: _timestamp_pb2.Timestamp
    commit_time: _timestamp_pb2.Timestamp
    owner: str
    def __init__(self, name: _Optional[str] = ..., epoch: _Optional[int] = ..., committed_offset: _Optional[int] = ..., state: _Optional[_Union[ChannelState, str]] = ..., control_totals: _Optional[_Union[ControlTotals, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., commit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., owner: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("message_bytes_max", "in_flight_bytes_max", "batch_records_max", "stream_lifetime")
    MESSAGE_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    BATCH_RECORDS_MAX_FIELD_NUMBER: _ClassVar[int]
    STREAM_LIFETIME_FIELD_NUMBER: _ClassVar[int]
    message_bytes_max: int
    in_flight_bytes_max: int
    batch_records_max: int
    stream_lifetime: _duration_pb2.Duration
    def __init__(self, message_bytes_max: _Optional[int] = ..., in_flight_bytes_max: _Optional[int] = ..., batch_records_max: _Optional[int] = ..., stream_lifetime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class OpenChannelRequest(_message.Message):
    __slots__ = ("name", "owner")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    name: str
    owner: str
    def __init__(self, name: _Optional[str] = ..., owner: _Optional[str] = ...) -> None: ...

class OpenChannelResponse(_message.Message):
    __slots__ = ("channel", "previous_owner", "limits")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_OWNER_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    channel: Channel
    previous_owner: str
    limits: Limits
    def __init__(self, channel: _Optional[_Union[Channel, _Mapping]] = ..., previous_owner: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class GetChannelRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetChannelResponse(_message.Message):
    __slots__ = ("channel",)
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    channel: Channel
    def __init__(self, channel: _Optional[_Union[Channel, _Mapping]] = ...) -> None: ...

class ListChannelsRequest(_message.Message):
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

class ListChannelsResponse(_message.Message):
    __slots__ = ("channels", "next_page_token")
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    channels: _containers.RepeatedCompositeFieldContainer[Channel]
    next_page_token: str
    def __init__(self, channels: _Optional[_Iterable[_Union[Channel, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CloseChannelRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PostRecordsRequest(_message.Message):
    __slots__ = ("parent", "request_id", "rows", "arrow_ipc")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ARROW_IPC_FIELD_NUMBER: _ClassVar[int]
    parent: str
    request_id: str
    rows: Rows
    arrow_ipc: bytes
    def __init__(self, parent: _Optional[str] = ..., request_id: _Optional[str] = ..., rows: _Optional[_Union[Rows, _Mapping]] = ..., arrow_ipc: _Optional[bytes] = ...) -> None: ...

class PostRecordsResponse(_message.Message):
    __slots__ = ("control_totals", "row_errors", "row_errors_omitted_count", "already_posted")
    CONTROL_TOTALS_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_OMITTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_POSTED_FIELD_NUMBER: _ClassVar[int]
    control_totals: ControlTotals
    row_errors: _containers.RepeatedCompositeFieldContainer[_status_pb2.RowError]
    row_errors_omitted_count: int
    already_posted: bool
    def __init__(self, control_totals: _Optional[_Union[ControlTotals, _Mapping]] = ..., row_errors: _Optional[_Iterable[_Union[_status_pb2.RowError, _Mapping]]] = ..., row_errors_omitted_count: _Optional[int] = ..., already_posted: _Optional[bool] = ...) -> None: ...

import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tonne.v1 import ingest_pb2 as _ingest_pb2
from tonne.v1 import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Import(_message.Message):
    __slots__ = ("name", "channel", "file_name", "sha256", "first_offset", "record_count", "profile", "profile_sha256", "sketch", "sketch_count", "durable_count", "caller", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    FIRST_OFFSET_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_SHA256_FIELD_NUMBER: _ClassVar[int]
    SKETCH_FIELD_NUMBER: _ClassVar[int]
    SKETCH_COUNT_FIELD_NUMBER: _ClassVar[int]
    DURABLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    channel: str
    file_name: str
    sha256: str
    first_offset: int
    record_count: int
    profile: str
    profile_sha256: str
    sketch: bytes
    sketch_count: int
    durable_count: int
    caller: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., channel: _Optional[str] = ..., file_name: _Optional[str] = ..., sha256: _Optional[str] = ..., first_offset: _Optional[int] = ..., record_count: _Optional[int] = ..., profile: _Optional[str] = ..., profile_sha256: _Optional[str] = ..., sketch: _Optional[bytes] = ..., sketch_count: _Optional[int] = ..., durable_count: _Optional[int] = ..., caller: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateImportRequest(_message.Message):
    __slots__ = ("parent", "entry", "epoch", "compared_number", "superseded_numbers")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    COMPARED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    entry: Import
    epoch: int
    compared_number: int
    superseded_numbers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, parent: _Optional[str] = ..., entry: _Optional[_Union[Import, _Mapping]] = ..., epoch: _Optional[int] = ..., compared_number: _Optional[int] = ..., superseded_numbers: _Optional[_Iterable[int]] = ...) -> None: ...

class ListImportsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListImportsResponse(_message.Message):
    __slots__ = ("imports", "next_page_token")
    IMPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    imports: _containers.RepeatedCompositeFieldContainer[Import]
    next_page_token: str
    def __init__(self, imports: _Optional[_Iterable[_Union[Import, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CompareRecordsRequest(_message.Message):
    __slots__ = ("name", "offset", "rows", "arrow_ipc", "ignore_evidence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ARROW_IPC_FIELD_NUMBER: _ClassVar[int]
    IGNORE_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    offset: int
    rows: _ingest_pb2.Rows
    arrow_ipc: bytes
    ignore_evidence: bool
    def __init__(self, name: _Optional[str] = ..., offset: _Optional[int] = ..., rows: _Optional[_Union[_ingest_pb2.Rows, _Mapping]] = ..., arrow_ipc: _Optional[bytes] = ..., ignore_evidence: _Optional[bool] = ...) -> None: ...

class DigestRecordsRequest(_message.Message):
    __slots__ = ("name", "offset", "rows", "arrow_ipc", "record_count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ARROW_IPC_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    offset: int
    rows: _ingest_pb2.Rows
    arrow_ipc: bytes
    record_count: int
    def __init__(self, name: _Optional[str] = ..., offset: _Optional[int] = ..., rows: _Optional[_Union[_ingest_pb2.Rows, _Mapping]] = ..., arrow_ipc: _Optional[bytes] = ..., record_count: _Optional[int] = ...) -> None: ...

class DigestRecordsResponse(_message.Message):
    __slots__ = ("contents", "keys", "quarantined_offsets")
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_OFFSETS_FIELD_NUMBER: _ClassVar[int]
    contents: bytes
    keys: bytes
    quarantined_offsets: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, contents: _Optional[bytes] = ..., keys: _Optional[bytes] = ..., quarantined_offsets: _Optional[_Iterable[int]] = ...) -> None: ...

class FieldDifference(_message.Message):
    __slots__ = ("field", "kept", "came")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    CAME_FIELD_NUMBER: _ClassVar[int]
    field: str
    kept: str
    came: str
    def __init__(self, field: _Optional[str] = ..., kept: _Optional[str] = ..., came: _Optional[str] = ...) -> None: ...

class RecordDifference(_message.Message):
    __slots__ = ("offset", "fields")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    offset: int
    fields: _containers.RepeatedCompositeFieldContainer[FieldDifference]
    def __init__(self, offset: _Optional[int] = ..., fields: _Optional[_Iterable[_Union[FieldDifference, _Mapping]]] = ...) -> None: ...

class CompareRecordsResponse(_message.Message):
    __slots__ = ("differences", "difference_count", "mendable_offsets", "quarantined_count", "correctable_offsets")
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    MENDABLE_OFFSETS_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CORRECTABLE_OFFSETS_FIELD_NUMBER: _ClassVar[int]
    differences: _containers.RepeatedCompositeFieldContainer[RecordDifference]
    difference_count: int
    mendable_offsets: _containers.RepeatedScalarFieldContainer[int]
    quarantined_count: int
    correctable_offsets: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, differences: _Optional[_Iterable[_Union[RecordDifference, _Mapping]]] = ..., difference_count: _Optional[int] = ..., mendable_offsets: _Optional[_Iterable[int]] = ..., quarantined_count: _Optional[int] = ..., correctable_offsets: _Optional[_Iterable[int]] = ...) -> None: ...

class MendRecordsRequest(_message.Message):
    __slots__ = ("name", "request_id", "offsets", "rows", "arrow_ipc")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSETS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ARROW_IPC_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    offsets: _containers.RepeatedScalarFieldContainer[int]
    rows: _ingest_pb2.Rows
    arrow_ipc: bytes
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., offsets: _Optional[_Iterable[int]] = ..., rows: _Optional[_Union[_ingest_pb2.Rows, _Mapping]] = ..., arrow_ipc: _Optional[bytes] = ...) -> None: ...

class MendRecordsResponse(_message.Message):
    __slots__ = ("control_totals", "row_errors", "row_errors_omitted_count", "already_posted")
    CONTROL_TOTALS_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_FIELD_NUMBER: _ClassVar[int]
    ROW_ERRORS_OMITTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_POSTED_FIELD_NUMBER: _ClassVar[int]
    control_totals: _ingest_pb2.ControlTotals
    row_errors: _containers.RepeatedCompositeFieldContainer[_status_pb2.RowError]
    row_errors_omitted_count: int
    already_posted: bool
    def __init__(self, control_totals: _Optional[_Union[_ingest_pb2.ControlTotals, _Mapping]] = ..., row_errors: _Optional[_Iterable[_Union[_status_pb2.RowError, _Mapping]]] = ..., row_errors_omitted_count: _Optional[int] = ..., already_posted: _Optional[bool] = ...) -> None: ...

import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tonne.v1 import ingest_pb2 as _ingest_pb2
from tonne.v1 import report_pb2 as _report_pb2
from tonne.v1 import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReasonCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_CODE_UNSPECIFIED: _ClassVar[ReasonCode]
    REASON_CODE_ERROR: _ClassVar[ReasonCode]
    REASON_CODE_ESTIMATE: _ClassVar[ReasonCode]
    REASON_CODE_DUPLICATE: _ClassVar[ReasonCode]
    REASON_CODE_OTHER: _ClassVar[ReasonCode]

class CorrectionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CORRECTION_KIND_UNSPECIFIED: _ClassVar[CorrectionKind]
    CORRECTION_KIND_REVERSAL: _ClassVar[CorrectionKind]
    CORRECTION_KIND_CORRECTION: _ClassVar[CorrectionKind]
    CORRECTION_KIND_RESTATEMENT: _ClassVar[CorrectionKind]

class SameRecordKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAME_RECORD_KIND_UNSPECIFIED: _ClassVar[SameRecordKind]
    SAME_RECORD_KIND_DUPLICATE: _ClassVar[SameRecordKind]
    SAME_RECORD_KIND_CONFLICT: _ClassVar[SameRecordKind]

class SameRecordState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAME_RECORD_STATE_UNSPECIFIED: _ClassVar[SameRecordState]
    SAME_RECORD_STATE_OPEN: _ClassVar[SameRecordState]
    SAME_RECORD_STATE_DECIDING: _ClassVar[SameRecordState]
    SAME_RECORD_STATE_DECIDED: _ClassVar[SameRecordState]

class SameRecordRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAME_RECORD_RULE_UNSPECIFIED: _ClassVar[SameRecordRule]
    SAME_RECORD_RULE_REVERSE: _ClassVar[SameRecordRule]
    SAME_RECORD_RULE_REPORT: _ClassVar[SameRecordRule]

class SameRecordWorth(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAME_RECORD_WORTH_UNSPECIFIED: _ClassVar[SameRecordWorth]
    SAME_RECORD_WORTH_POSTED: _ClassVar[SameRecordWorth]
    SAME_RECORD_WORTH_WAITS: _ClassVar[SameRecordWorth]
    SAME_RECORD_WORTH_REVERSED: _ClassVar[SameRecordWorth]
    SAME_RECORD_WORTH_HOURLY: _ClassVar[SameRecordWorth]
    SAME_RECORD_WORTH_UNNOTED: _ClassVar[SameRecordWorth]
    SAME_RECORD_WORTH_BEYOND_LIMIT: _ClassVar[SameRecordWorth]
REASON_CODE_UNSPECIFIED: ReasonCode
REASON_CODE_ERROR: ReasonCode
REASON_CODE_ESTIMATE: ReasonCode
REASON_CODE_DUPLICATE: ReasonCode
REASON_CODE_OTHER: ReasonCode
CORRECTION_KIND_UNSPECIFIED: CorrectionKind
CORRECTION_KIND_REVERSAL: CorrectionKind
CORRECTION_KIND_CORRECTION: CorrectionKind
CORRECTION_KIND_RESTATEMENT: CorrectionKind
SAME_RECORD_KIND_UNSPECIFIED: SameRecordKind
SAME_RECORD_KIND_DUPLICATE: SameRecordKind
SAME_RECORD_KIND_CONFLICT: SameRecordKind
SAME_RECORD_STATE_UNSPECIFIED: SameRecordState
SAME_RECORD_STATE_OPEN: SameRecordState
SAME_RECORD_STATE_DECIDING: SameRecordState
SAME_RECORD_STATE_DECIDED: SameRecordState
SAME_RECORD_RULE_UNSPECIFIED: SameRecordRule
SAME_RECORD_RULE_REVERSE: SameRecordRule
SAME_RECORD_RULE_REPORT: SameRecordRule
SAME_RECORD_WORTH_UNSPECIFIED: SameRecordWorth
SAME_RECORD_WORTH_POSTED: SameRecordWorth
SAME_RECORD_WORTH_WAITS: SameRecordWorth
SAME_RECORD_WORTH_REVERSED: SameRecordWorth
SAME_RECORD_WORTH_HOURLY: SameRecordWorth
SAME_RECORD_WORTH_UNNOTED: SameRecordWorth
SAME_RECORD_WORTH_BEYOND_LIMIT: SameRecordWorth

class RecordSelection(_message.Message):
    __slots__ = ("source", "offsets", "first_offset", "stop_offset", "record_id", "facility", "month")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    OFFSETS_FIELD_NUMBER: _ClassVar[int]
    FIRST_OFFSET_FIELD_NUMBER: _ClassVar[int]
    STOP_OFFSET_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    source: str
    offsets: _containers.RepeatedScalarFieldContainer[int]
    first_offset: int
    stop_offset: int
    record_id: str
    facility: str
    month: str
    def __init__(self, source: _Optional[str] = ..., offsets: _Optional[_Iterable[int]] = ..., first_offset: _Optional[int] = ..., stop_offset: _Optional[int] = ..., record_id: _Optional[str] = ..., facility: _Optional[str] = ..., month: _Optional[str] = ...) -> None: ...

class ReverseRecordsRequest(_message.Message):
    __slots__ = ("parent", "selection", "reason_code", "reason", "author")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    parent: str
    selection: RecordSelection
    reason_code: ReasonCode
    reason: str
    author: str
    def __init__(self, parent: _Optional[str] = ..., selection: _Optional[_Union[RecordSelection, _Mapping]] = ..., reason_code: _Optional[_Union[ReasonCode, str]] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class ReverseRecordsResponse(_message.Message):
    __slots__ = ("segment_count", "segments_done_count", "reversed_count", "already_reversed_count", "quarantined_count")
    SEGMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_DONE_COUNT_FIELD_NUMBER: _ClassVar[int]
    REVERSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_REVERSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_COUNT_FIELD_NUMBER: _ClassVar[int]
    segment_count: int
    segments_done_count: int
    reversed_count: int
    already_reversed_count: int
    quarantined_count: int
    def __init__(self, segment_count: _Optional[int] = ..., segments_done_count: _Optional[int] = ..., reversed_count: _Optional[int] = ..., already_reversed_count: _Optional[int] = ..., quarantined_count: _Optional[int] = ...) -> None: ...

class CorrectRecordsRequest(_message.Message):
    __slots__ = ("name", "request_id", "offsets", "rows", "arrow_ipc", "reason_code", "reason", "author")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSETS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ARROW_IPC_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    offsets: _containers.RepeatedScalarFieldContainer[int]
    rows: _ingest_pb2.Rows
    arrow_ipc: bytes
    reason_code: ReasonCode
    reason: str
    author: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., offsets: _Optional[_Iterable[int]] = ..., rows: _Optional[_Union[_ingest_pb2.Rows, _Mapping]] = ..., arrow_ipc: _Optional[bytes] = ..., reason_code: _Optional[_Union[ReasonCode, str]] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class CorrectRecordsResponse(_message.Message):
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

class CorrectedRecord(_message.Message):
    __slots__ = ("before", "after")
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    before: _report_pb2.LedgerRecord
    after: _report_pb2.LedgerRecord
    def __init__(self, before: _Optional[_Union[_report_pb2.LedgerRecord, _Mapping]] = ..., after: _Optional[_Union[_report_pb2.LedgerRecord, _Mapping]] = ...) -> None: ...

class Correction(_message.Message):
    __slots__ = ("name", "kind", "selection", "record_count", "request", "author", "reason_code", "reason", "create_time", "records", "correction_of_closed", "restatement")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_OF_CLOSED_FIELD_NUMBER: _ClassVar[int]
    RESTATEMENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: CorrectionKind
    selection: str
    record_count: int
    request: str
    author: str
    reason_code: ReasonCode
    reason: str
    create_time: _timestamp_pb2.Timestamp
    records: _containers.RepeatedCompositeFieldContainer[CorrectedRecord]
    correction_of_closed: bool
    restatement: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[CorrectionKind, str]] = ..., selection: _Optional[str] = ..., record_count: _Optional[int] = ..., request: _Optional[str] = ..., author: _Optional[str] = ..., reason_code: _Optional[_Union[ReasonCode, str]] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., records: _Optional[_Iterable[_Union[CorrectedRecord, _Mapping]]] = ..., correction_of_closed: _Optional[bool] = ..., restatement: _Optional[str] = ...) -> None: ...

class ListCorrectionsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "as_of")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    as_of: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class ListCorrectionsResponse(_message.Message):
    __slots__ = ("corrections", "next_page_token", "commit", "as_of_time")
    CORRECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    corrections: _containers.RepeatedCompositeFieldContainer[Correction]
    next_page_token: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, corrections: _Optional[_Iterable[_Union[Correction, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetRecordsRequest(_message.Message):
    __slots__ = ("parent", "record_id", "source", "offset")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    parent: str
    record_id: str
    source: str
    offset: int
    def __init__(self, parent: _Optional[str] = ..., record_id: _Optional[str] = ..., source: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class GetRecordsResponse(_message.Message):
    __slots__ = ("records",)
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[_report_pb2.LedgerRecord]
    def __init__(self, records: _Optional[_Iterable[_Union[_report_pb2.LedgerRecord, _Mapping]]] = ...) -> None: ...

class SameRecordMember(_message.Message):
    __slots__ = ("source", "offset", "facility", "activity", "quantity", "unit", "start", "end", "content_digest", "worth", "kg_co2e", "kept_change_kg_co2e")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    WORTH_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    KEPT_CHANGE_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    source: str
    offset: int
    facility: str
    activity: str
    quantity: str
    unit: str
    start: str
    end: str
    content_digest: str
    worth: SameRecordWorth
    kg_co2e: str
    kept_change_kg_co2e: str
    def __init__(self, source: _Optional[str] = ..., offset: _Optional[int] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., quantity: _Optional[str] = ..., unit: _Optional[str] = ..., start: _Optional[str] = ..., end: _Optional[str] = ..., content_digest: _Optional[str] = ..., worth: _Optional[_Union[SameRecordWorth, str]] = ..., kg_co2e: _Optional[str] = ..., kept_change_kg_co2e: _Optional[str] = ...) -> None: ...

class SameRecord(_message.Message):
    __slots__ = ("name", "kind", "state", "record_id", "record_count", "members", "kept", "author", "reason", "create_time", "decide_time", "first_month", "last_month", "kg_co2e")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    FIRST_MONTH_FIELD_NUMBER: _ClassVar[int]
    LAST_MONTH_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: SameRecordKind
    state: SameRecordState
    record_id: str
    record_count: int
    members: _containers.RepeatedCompositeFieldContainer[SameRecordMember]
    kept: _containers.RepeatedScalarFieldContainer[int]
    author: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    decide_time: _timestamp_pb2.Timestamp
    first_month: str
    last_month: str
    kg_co2e: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[SameRecordKind, str]] = ..., state: _Optional[_Union[SameRecordState, str]] = ..., record_id: _Optional[str] = ..., record_count: _Optional[int] = ..., members: _Optional[_Iterable[_Union[SameRecordMember, _Mapping]]] = ..., kept: _Optional[_Iterable[int]] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., first_month: _Optional[str] = ..., last_month: _Optional[str] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class ListSameRecordsRequest(_message.Message):
    __slots__ = ("parent", "kind", "page_size", "page_token", "filter", "order_by", "with_kg_co2e")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    WITH_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    parent: str
    kind: SameRecordKind
    page_size: int
    page_token: str
    filter: str
    order_by: str
    with_kg_co2e: bool
    def __init__(self, parent: _Optional[str] = ..., kind: _Optional[_Union[SameRecordKind, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., with_kg_co2e: _Optional[bool] = ...) -> None: ...

class ListSameRecordsResponse(_message.Message):
    __slots__ = ("same_records", "next_page_token")
    SAME_RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    same_records: _containers.RepeatedCompositeFieldContainer[SameRecord]
    next_page_token: str
    def __init__(self, same_records: _Optional[_Iterable[_Union[SameRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSameRecordSummaryRequest(_message.Message):
    __slots__ = ("name", "with_kg_co2e")
    NAME_FIELD_NUMBER: _ClassVar[int]
    WITH_KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    name: str
    with_kg_co2e: bool
    def __init__(self, name: _Optional[str] = ..., with_kg_co2e: _Optional[bool] = ...) -> None: ...

class SameRecordGroup(_message.Message):
    __slots__ = ("kind", "facility", "activity", "entry_count", "record_count", "oldest", "oldest_time", "valued_entry_count", "kg_co2e")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    ENTRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    OLDEST_FIELD_NUMBER: _ClassVar[int]
    OLDEST_TIME_FIELD_NUMBER: _ClassVar[int]
    VALUED_ENTRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    kind: SameRecordKind
    facility: str
    activity: str
    entry_count: int
    record_count: int
    oldest: str
    oldest_time: _timestamp_pb2.Timestamp
    valued_entry_count: int
    kg_co2e: str
    def __init__(self, kind: _Optional[_Union[SameRecordKind, str]] = ..., facility: _Optional[str] = ..., activity: _Optional[str] = ..., entry_count: _Optional[int] = ..., record_count: _Optional[int] = ..., oldest: _Optional[str] = ..., oldest_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valued_entry_count: _Optional[int] = ..., kg_co2e: _Optional[str] = ...) -> None: ...

class GetSameRecordSummaryResponse(_message.Message):
    __slots__ = ("complete_up_to_commit", "is_complete", "rule", "undecided_count", "groups")
    COMPLETE_UP_TO_COMMIT_FIELD_NUMBER: _ClassVar[int]
    IS_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    UNDECIDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    complete_up_to_commit: int
    is_complete: bool
    rule: SameRecordRule
    undecided_count: int
    groups: _containers.RepeatedCompositeFieldContainer[SameRecordGroup]
    def __init__(self, complete_up_to_commit: _Optional[int] = ..., is_complete: _Optional[bool] = ..., rule: _Optional[_Union[SameRecordRule, str]] = ..., undecided_count: _Optional[int] = ..., groups: _Optional[_Iterable[_Union[SameRecordGroup, _Mapping]]] = ...) -> None: ...

class DecideSameRecordRequest(_message.Message):
    __slots__ = ("name", "keep", "reason", "author")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    keep: _containers.RepeatedScalarFieldContainer[int]
    reason: str
    author: str
    def __init__(self, name: _Optional[str] = ..., keep: _Optional[_Iterable[int]] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class DecideSameRecordResponse(_message.Message):
    __slots__ = ("same_record",)
    SAME_RECORD_FIELD_NUMBER: _ClassVar[int]
    same_record: SameRecord
    def __init__(self, same_record: _Optional[_Union[SameRecord, _Mapping]] = ...) -> None: ...

class SetSameRecordRuleRequest(_message.Message):
    __slots__ = ("name", "rule")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    name: str
    rule: SameRecordRule
    def __init__(self, name: _Optional[str] = ..., rule: _Optional[_Union[SameRecordRule, str]] = ...) -> None: ...

class SetSameRecordRuleResponse(_message.Message):
    __slots__ = ("rule",)
    RULE_FIELD_NUMBER: _ClassVar[int]
    rule: SameRecordRule
    def __init__(self, rule: _Optional[_Union[SameRecordRule, str]] = ...) -> None: ...

class CompareSameRecordsRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CompareSameRecordsResponse(_message.Message):
    __slots__ = ("reversed_count", "entry_count", "is_complete")
    REVERSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ENTRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    IS_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    reversed_count: int
    entry_count: int
    is_complete: bool
    def __init__(self, reversed_count: _Optional[int] = ..., entry_count: _Optional[int] = ..., is_complete: _Optional[bool] = ...) -> None: ...

class RecheckSameRecordsRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RecheckSameRecordsResponse(_message.Message):
    __slots__ = ("key_file_count",)
    KEY_FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    key_file_count: int
    def __init__(self, key_file_count: _Optional[int] = ...) -> None: ...

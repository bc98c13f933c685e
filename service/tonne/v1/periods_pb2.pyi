from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from tonne.v1 import ledger_pb2 as _ledger_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PeriodFinding(_message.Message):
    __slots__ = ("check", "count", "message")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    check: str
    count: int
    message: str
    def __init__(self, check: _Optional[str] = ..., count: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class CheckPeriodRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CheckPeriodResponse(_message.Message):
    __slots__ = ("findings",)
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    findings: _containers.RepeatedCompositeFieldContainer[PeriodFinding]
    def __init__(self, findings: _Optional[_Iterable[_Union[PeriodFinding, _Mapping]]] = ...) -> None: ...

class ClosePeriodRequest(_message.Message):
    __slots__ = ("name", "reason", "author", "accepted")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    author: str
    accepted: _containers.RepeatedCompositeFieldContainer[_ledger_pb2.Acceptance]
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[_ledger_pb2.Acceptance, _Mapping]]] = ...) -> None: ...

class SealPeriodRequest(_message.Message):
    __slots__ = ("name", "reason", "author", "accepted")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    author: str
    accepted: _containers.RepeatedCompositeFieldContainer[_ledger_pb2.Acceptance]
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[_ledger_pb2.Acceptance, _Mapping]]] = ...) -> None: ...

class ReopenPeriodRequest(_message.Message):
    __slots__ = ("name", "reason", "author")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    author: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class ReopenPeriodResponse(_message.Message):
    __slots__ = ("periods",)
    PERIODS_FIELD_NUMBER: _ClassVar[int]
    periods: _containers.RepeatedCompositeFieldContainer[_ledger_pb2.Period]
    def __init__(self, periods: _Optional[_Iterable[_Union[_ledger_pb2.Period, _Mapping]]] = ...) -> None: ...

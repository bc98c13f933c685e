import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StatementKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATEMENT_KIND_UNSPECIFIED: _ClassVar[StatementKind]
    STATEMENT_KIND_SUPPLIER: _ClassVar[StatementKind]
    STATEMENT_KIND_EVIDENCE: _ClassVar[StatementKind]

class SupplierAttribute(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUPPLIER_ATTRIBUTE_UNSPECIFIED: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_VERIFIED_DATA: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_PUBLIC_TARGET: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_RENEWABLE_TRACKING: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_SCIENCE_BASED_TARGET: _ClassVar[SupplierAttribute]
    SUPPLIER_ATTRIBUTE_MATURITY: _ClassVar[SupplierAttribute]
STATEMENT_KIND_UNSPECIFIED: StatementKind
STATEMENT_KIND_SUPPLIER: StatementKind
STATEMENT_KIND_EVIDENCE: StatementKind
SUPPLIER_ATTRIBUTE_UNSPECIFIED: SupplierAttribute
SUPPLIER_ATTRIBUTE_VERIFIED_DATA: SupplierAttribute
SUPPLIER_ATTRIBUTE_PUBLIC_TARGET: SupplierAttribute
SUPPLIER_ATTRIBUTE_RENEWABLE_TRACKING: SupplierAttribute
SUPPLIER_ATTRIBUTE_SCIENCE_BASED_TARGET: SupplierAttribute
SUPPLIER_ATTRIBUTE_MATURITY: SupplierAttribute

class Supplier(_message.Message):
    __slots__ = ("display_name", "region", "category")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    region: str
    category: str
    def __init__(self, display_name: _Optional[str] = ..., region: _Optional[str] = ..., category: _Optional[str] = ...) -> None: ...

class SupplierEvidence(_message.Message):
    __slots__ = ("supplier", "attribute", "evidence_date", "source", "valid_to", "maturity_level", "verifier")
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_DATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    MATURITY_LEVEL_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    supplier: str
    attribute: SupplierAttribute
    evidence_date: _date_pb2.Date
    source: str
    valid_to: _date_pb2.Date
    maturity_level: int
    verifier: str
    def __init__(self, supplier: _Optional[str] = ..., attribute: _Optional[_Union[SupplierAttribute, str]] = ..., evidence_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., source: _Optional[str] = ..., valid_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., maturity_level: _Optional[int] = ..., verifier: _Optional[str] = ...) -> None: ...

class Statement(_message.Message):
    __slots__ = ("name", "kind", "id", "version", "valid_from", "reason", "author", "create_time", "withdrawn", "supplier", "evidence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: StatementKind
    id: str
    version: int
    valid_from: _date_pb2.Date
    reason: str
    author: str
    create_time: _timestamp_pb2.Timestamp
    withdrawn: bool
    supplier: Supplier
    evidence: SupplierEvidence
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[StatementKind, str]] = ..., id: _Optional[str] = ..., version: _Optional[int] = ..., valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., withdrawn: _Optional[bool] = ..., supplier: _Optional[_Union[Supplier, _Mapping]] = ..., evidence: _Optional[_Union[SupplierEvidence, _Mapping]] = ...) -> None: ...

class CreateStatementsRequest(_message.Message):
    __slots__ = ("parent", "statements", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    statements: _containers.RepeatedCompositeFieldContainer[Statement]
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., statements: _Optional[_Iterable[_Union[Statement, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateStatementsResponse(_message.Message):
    __slots__ = ("statements",)
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    statements: _containers.RepeatedCompositeFieldContainer[Statement]
    def __init__(self, statements: _Optional[_Iterable[_Union[Statement, _Mapping]]] = ...) -> None: ...

class ListStatementsRequest(_message.Message):
    __slots__ = ("parent", "kind", "all_versions", "as_of_time", "valid_on", "page_size", "page_token", "filter", "order_by")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ALL_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    VALID_ON_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    kind: StatementKind
    all_versions: bool
    as_of_time: _timestamp_pb2.Timestamp
    valid_on: _date_pb2.Date
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, parent: _Optional[str] = ..., kind: _Optional[_Union[StatementKind, str]] = ..., all_versions: _Optional[bool] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListStatementsResponse(_message.Message):
    __slots__ = ("statements", "next_page_token")
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    statements: _containers.RepeatedCompositeFieldContainer[Statement]
    next_page_token: str
    def __init__(self, statements: _Optional[_Iterable[_Union[Statement, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

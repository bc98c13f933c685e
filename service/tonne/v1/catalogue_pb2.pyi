import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Edition(_message.Message):
    __slots__ = ("name", "factor_count", "sha256", "create_time", "rank", "title", "publisher", "licence", "attribution")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FACTOR_COUNT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHER_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    factor_count: int
    sha256: str
    create_time: _timestamp_pb2.Timestamp
    rank: int
    title: str
    publisher: str
    licence: str
    attribution: str
    def __init__(self, name: _Optional[str] = ..., factor_count: _Optional[int] = ..., sha256: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rank: _Optional[int] = ..., title: _Optional[str] = ..., publisher: _Optional[str] = ..., licence: _Optional[str] = ..., attribution: _Optional[str] = ...) -> None: ...

class GasMass(_message.Message):
    __slots__ = ("gas", "kg")
    GAS_FIELD_NUMBER: _ClassVar[int]
    KG_FIELD_NUMBER: _ClassVar[int]
    gas: str
    kg: str
    def __init__(self, gas: _Optional[str] = ..., kg: _Optional[str] = ...) -> None: ...

class Factor(_message.Message):
    __slots__ = ("name", "activity", "region", "unit", "valid_from", "valid_to", "kg_co2e", "kg_co2", "kg_ch4", "kg_n2o", "account", "source", "table", "note", "stage", "gwp_set", "co2e_ch4", "co2e_n2o", "kg_biogenic_co2", "gases", "kwh", "loss", "uncertainty", "row", "licence", "evidence", "steps", "hours", "has_gaps")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_FIELD_NUMBER: _ClassVar[int]
    KG_CO2E_FIELD_NUMBER: _ClassVar[int]
    KG_CO2_FIELD_NUMBER: _ClassVar[int]
    KG_CH4_FIELD_NUMBER: _ClassVar[int]
    KG_N2O_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CO2E_CH4_FIELD_NUMBER: _ClassVar[int]
    CO2E_N2O_FIELD_NUMBER: _ClassVar[int]
    KG_BIOGENIC_CO2_FIELD_NUMBER: _ClassVar[int]
    GASES_FIELD_NUMBER: _ClassVar[int]
    KWH_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    HAS_GAPS_FIELD_NUMBER: _ClassVar[int]
    name: str
    activity: str
    region: str
    unit: str
    valid_from: _date_pb2.Date
    valid_to: _date_pb2.Date
    kg_co2e: str
    kg_co2: str
    kg_ch4: str
    kg_n2o: str
    account: str
    source: str
    table: str
    note: str
    stage: str
    gwp_set: str
    co2e_ch4: str
    co2e_n2o: str
    kg_biogenic_co2: str
    gases: _containers.RepeatedCompositeFieldContainer[GasMass]
    kwh: str
    loss: str
    uncertainty: str
    row: str
    licence: str
    evidence: str
    steps: _containers.RepeatedCompositeFieldContainer[FactorStep]
    hours: str
    has_gaps: bool
    def __init__(self, name: _Optional[str] = ..., activity: _Optional[str] = ..., region: _Optional[str] = ..., unit: _Optional[str] = ..., valid_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., valid_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., kg_co2e: _Optional[str] = ..., kg_co2: _Optional[str] = ..., kg_ch4: _Optional[str] = ..., kg_n2o: _Optional[str] = ..., account: _Optional[str] = ..., source: _Optional[str] = ..., table: _Optional[str] = ..., note: _Optional[str] = ..., stage: _Optional[str] = ..., gwp_set: _Optional[str] = ..., co2e_ch4: _Optional[str] = ..., co2e_n2o: _Optional[str] = ..., kg_biogenic_co2: _Optional[str] = ..., gases: _Optional[_Iterable[_Union[GasMass, _Mapping]]] = ..., kwh: _Optional[str] = ..., loss: _Optional[str] = ..., uncertainty: _Optional[str] = ..., row: _Optional[str] = ..., licence: _Optional[str] = ..., evidence: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[FactorStep, _Mapping]]] = ..., hours: _Optional[str] = ..., has_gaps: _Optional[bool] = ...) -> None: ...

class FactorStep(_message.Message):
    __slots__ = ("name", "value", "unit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    unit: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ..., unit: _Optional[str] = ...) -> None: ...

class Activity(_message.Message):
    __slots__ = ("id", "title", "rule", "units", "aliases", "accounts")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    rule: str
    units: _containers.RepeatedScalarFieldContainer[str]
    aliases: _containers.RepeatedScalarFieldContainer[str]
    accounts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., rule: _Optional[str] = ..., units: _Optional[_Iterable[str]] = ..., aliases: _Optional[_Iterable[str]] = ..., accounts: _Optional[_Iterable[str]] = ...) -> None: ...

class ImportEditionRequest(_message.Message):
    __slots__ = ("parent", "edition_id", "csv", "author", "reason")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    EDITION_ID_FIELD_NUMBER: _ClassVar[int]
    CSV_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    parent: str
    edition_id: str
    csv: bytes
    author: str
    reason: str
    def __init__(self, parent: _Optional[str] = ..., edition_id: _Optional[str] = ..., csv: _Optional[bytes] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListEditionsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListEditionsResponse(_message.Message):
    __slots__ = ("editions", "next_page_token")
    EDITIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    editions: _containers.RepeatedCompositeFieldContainer[Edition]
    next_page_token: str
    def __init__(self, editions: _Optional[_Iterable[_Union[Edition, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListFactorsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListFactorsResponse(_message.Message):
    __slots__ = ("factors", "next_page_token")
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    factors: _containers.RepeatedCompositeFieldContainer[Factor]
    next_page_token: str
    def __init__(self, factors: _Optional[_Iterable[_Union[Factor, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetFactorRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class SearchFactorsRequest(_message.Message):
    __slots__ = ("query", "parent", "region", "unit", "page_size")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    query: str
    parent: str
    region: str
    unit: str
    page_size: int
    def __init__(self, query: _Optional[str] = ..., parent: _Optional[str] = ..., region: _Optional[str] = ..., unit: _Optional[str] = ..., page_size: _Optional[int] = ...) -> None: ...

class SearchFactorsResponse(_message.Message):
    __slots__ = ("factors", "total_size")
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    factors: _containers.RepeatedCompositeFieldContainer[Factor]
    total_size: int
    def __init__(self, factors: _Optional[_Iterable[_Union[Factor, _Mapping]]] = ..., total_size: _Optional[int] = ...) -> None: ...

class SearchActivitiesRequest(_message.Message):
    __slots__ = ("query", "page_size")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    query: str
    page_size: int
    def __init__(self, query: _Optional[str] = ..., page_size: _Optional[int] = ...) -> None: ...

class SearchActivitiesResponse(_message.Message):
    __slots__ = ("activities", "total_size", "nearest")
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    activities: _containers.RepeatedCompositeFieldContainer[Activity]
    total_size: int
    nearest: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, activities: _Optional[_Iterable[_Union[Activity, _Mapping]]] = ..., total_size: _Optional[int] = ..., nearest: _Optional[_Iterable[str]] = ...) -> None: ...

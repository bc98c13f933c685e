import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tonne.v1 import ledger_pb2 as _ledger_pb2
from tonne.v1 import report_pb2 as _report_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IndicatorMeasure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INDICATOR_MEASURE_UNSPECIFIED: _ClassVar[IndicatorMeasure]
    INDICATOR_MEASURE_KG_CO2E: _ClassVar[IndicatorMeasure]
    INDICATOR_MEASURE_KWH: _ClassVar[IndicatorMeasure]
    INDICATOR_MEASURE_KGCE: _ClassVar[IndicatorMeasure]
    INDICATOR_MEASURE_AMOUNT: _ClassVar[IndicatorMeasure]

class IndicatorPlace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INDICATOR_PLACE_UNSPECIFIED: _ClassVar[IndicatorPlace]
    INDICATOR_PLACE_FACILITY: _ClassVar[IndicatorPlace]
    INDICATOR_PLACE_FACILITY_TYPE: _ClassVar[IndicatorPlace]
    INDICATOR_PLACE_REGION: _ClassVar[IndicatorPlace]
    INDICATOR_PLACE_ENTITY: _ClassVar[IndicatorPlace]

class IndicatorSpan(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INDICATOR_SPAN_UNSPECIFIED: _ClassVar[IndicatorSpan]
    INDICATOR_SPAN_MONTH: _ClassVar[IndicatorSpan]
    INDICATOR_SPAN_YEAR: _ClassVar[IndicatorSpan]
    INDICATOR_SPAN_ROLLING_YEAR: _ClassVar[IndicatorSpan]

class IndicatorSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INDICATOR_SIDE_UNSPECIFIED: _ClassVar[IndicatorSide]
    INDICATOR_SIDE_NUMERATOR: _ClassVar[IndicatorSide]
    INDICATOR_SIDE_DENOMINATOR: _ClassVar[IndicatorSide]
INDICATOR_MEASURE_UNSPECIFIED: IndicatorMeasure
INDICATOR_MEASURE_KG_CO2E: IndicatorMeasure
INDICATOR_MEASURE_KWH: IndicatorMeasure
INDICATOR_MEASURE_KGCE: IndicatorMeasure
INDICATOR_MEASURE_AMOUNT: IndicatorMeasure
INDICATOR_PLACE_UNSPECIFIED: IndicatorPlace
INDICATOR_PLACE_FACILITY: IndicatorPlace
INDICATOR_PLACE_FACILITY_TYPE: IndicatorPlace
INDICATOR_PLACE_REGION: IndicatorPlace
INDICATOR_PLACE_ENTITY: IndicatorPlace
INDICATOR_SPAN_UNSPECIFIED: IndicatorSpan
INDICATOR_SPAN_MONTH: IndicatorSpan
INDICATOR_SPAN_YEAR: IndicatorSpan
INDICATOR_SPAN_ROLLING_YEAR: IndicatorSpan
INDICATOR_SIDE_UNSPECIFIED: IndicatorSide
INDICATOR_SIDE_NUMERATOR: IndicatorSide
INDICATOR_SIDE_DENOMINATOR: IndicatorSide

class IndicatorTerm(_message.Message):
    __slots__ = ("accounts", "measure", "unit", "activities", "facility_types", "sources", "taken_off", "optional")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    FACILITY_TYPES_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    TAKEN_OFF_FIELD_NUMBER: _ClassVar[int]
    OPTIONAL_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedScalarFieldContainer[str]
    measure: IndicatorMeasure
    unit: str
    activities: _containers.RepeatedScalarFieldContainer[str]
    facility_types: _containers.RepeatedScalarFieldContainer[str]
    sources: _containers.RepeatedScalarFieldContainer[str]
    taken_off: bool
    optional: bool
    def __init__(self, accounts: _Optional[_Iterable[str]] = ..., measure: _Optional[_Union[IndicatorMeasure, str]] = ..., unit: _Optional[str] = ..., activities: _Optional[_Iterable[str]] = ..., facility_types: _Optional[_Iterable[str]] = ..., sources: _Optional[_Iterable[str]] = ..., taken_off: _Optional[bool] = ..., optional: _Optional[bool] = ...) -> None: ...

class IndicatorGrade(_message.Message):
    __slots__ = ("grade", "limit")
    GRADE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    grade: str
    limit: str
    def __init__(self, grade: _Optional[str] = ..., limit: _Optional[str] = ...) -> None: ...

class Indicator(_message.Message):
    __slots__ = ("id", "version", "title", "source", "unit", "digits", "lower_is_better", "numerator", "denominator", "times", "by_site", "low", "high", "at_most", "note", "grades", "grades_source", "book")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DIGITS_FIELD_NUMBER: _ClassVar[int]
    LOWER_IS_BETTER_FIELD_NUMBER: _ClassVar[int]
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    BY_SITE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    AT_MOST_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    GRADES_FIELD_NUMBER: _ClassVar[int]
    GRADES_SOURCE_FIELD_NUMBER: _ClassVar[int]
    BOOK_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: int
    title: str
    source: str
    unit: str
    digits: int
    lower_is_better: bool
    numerator: _containers.RepeatedCompositeFieldContainer[IndicatorTerm]
    denominator: _containers.RepeatedCompositeFieldContainer[IndicatorTerm]
    times: str
    by_site: bool
    low: str
    high: str
    at_most: str
    note: str
    grades: _containers.RepeatedCompositeFieldContainer[IndicatorGrade]
    grades_source: str
    book: str
    def __init__(self, id: _Optional[str] = ..., version: _Optional[int] = ..., title: _Optional[str] = ..., source: _Optional[str] = ..., unit: _Optional[str] = ..., digits: _Optional[int] = ..., lower_is_better: _Optional[bool] = ..., numerator: _Optional[_Iterable[_Union[IndicatorTerm, _Mapping]]] = ..., denominator: _Optional[_Iterable[_Union[IndicatorTerm, _Mapping]]] = ..., times: _Optional[str] = ..., by_site: _Optional[bool] = ..., low: _Optional[str] = ..., high: _Optional[str] = ..., at_most: _Optional[str] = ..., note: _Optional[str] = ..., grades: _Optional[_Iterable[_Union[IndicatorGrade, _Mapping]]] = ..., grades_source: _Optional[str] = ..., book: _Optional[str] = ...) -> None: ...

class SearchIndicatorsRequest(_message.Message):
    __slots__ = ("query", "parent")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    query: str
    parent: str
    def __init__(self, query: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class SearchIndicatorsResponse(_message.Message):
    __slots__ = ("indicators",)
    INDICATORS_FIELD_NUMBER: _ClassVar[int]
    indicators: _containers.RepeatedCompositeFieldContainer[Indicator]
    def __init__(self, indicators: _Optional[_Iterable[_Union[Indicator, _Mapping]]] = ...) -> None: ...

class GetIndicatorValuesRequest(_message.Message):
    __slots__ = ("name", "indicators", "from_period", "to_period", "by", "span", "facilities", "regions", "gwp_set", "consolidation", "coal_set", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INDICATORS_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    COAL_SET_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    indicators: _containers.RepeatedScalarFieldContainer[str]
    from_period: str
    to_period: str
    by: IndicatorPlace
    span: IndicatorSpan
    facilities: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    gwp_set: str
    consolidation: _ledger_pb2.Consolidation
    coal_set: str
    as_of: str
    def __init__(self, name: _Optional[str] = ..., indicators: _Optional[_Iterable[str]] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., by: _Optional[_Union[IndicatorPlace, str]] = ..., span: _Optional[_Union[IndicatorSpan, str]] = ..., facilities: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[_Union[_ledger_pb2.Consolidation, str]] = ..., coal_set: _Optional[str] = ..., as_of: _Optional[str] = ...) -> None: ...

class IndicatorValue(_message.Message):
    __slots__ = ("indicator", "version", "place", "from_period", "to_period", "unit", "value", "value_exact", "numerator", "denominator", "grade", "refusal", "message", "remarks")
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VALUE_EXACT_FIELD_NUMBER: _ClassVar[int]
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMARKS_FIELD_NUMBER: _ClassVar[int]
    indicator: str
    version: int
    place: str
    from_period: str
    to_period: str
    unit: str
    value: str
    value_exact: str
    numerator: str
    denominator: str
    grade: str
    refusal: str
    message: str
    remarks: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, indicator: _Optional[str] = ..., version: _Optional[int] = ..., place: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., unit: _Optional[str] = ..., value: _Optional[str] = ..., value_exact: _Optional[str] = ..., numerator: _Optional[str] = ..., denominator: _Optional[str] = ..., grade: _Optional[str] = ..., refusal: _Optional[str] = ..., message: _Optional[str] = ..., remarks: _Optional[_Iterable[str]] = ...) -> None: ...

class IndicatorNotice(_message.Message):
    __slots__ = ("reason", "message", "indicators")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    INDICATORS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    indicators: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., indicators: _Optional[_Iterable[str]] = ...) -> None: ...

class GetIndicatorValuesResponse(_message.Message):
    __slots__ = ("values", "notices", "suspended_count", "quarantined_count", "gwp_set", "consolidation", "coal_set", "commit", "as_of_time")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_COUNT_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    COAL_SET_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[IndicatorValue]
    notices: _containers.RepeatedCompositeFieldContainer[IndicatorNotice]
    suspended_count: int
    quarantined_count: int
    gwp_set: str
    consolidation: _ledger_pb2.Consolidation
    coal_set: str
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, values: _Optional[_Iterable[_Union[IndicatorValue, _Mapping]]] = ..., notices: _Optional[_Iterable[_Union[IndicatorNotice, _Mapping]]] = ..., suspended_count: _Optional[int] = ..., quarantined_count: _Optional[int] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[_Union[_ledger_pb2.Consolidation, str]] = ..., coal_set: _Optional[str] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExplainIndicatorRequest(_message.Message):
    __slots__ = ("name", "indicator", "from_period", "to_period", "by", "place", "facilities", "regions", "gwp_set", "consolidation", "coal_set", "replay", "records_max", "as_of")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    FROM_PERIOD_FIELD_NUMBER: _ClassVar[int]
    TO_PERIOD_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    FACILITIES_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    GWP_SET_FIELD_NUMBER: _ClassVar[int]
    CONSOLIDATION_FIELD_NUMBER: _ClassVar[int]
    COAL_SET_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    RECORDS_MAX_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    name: str
    indicator: str
    from_period: str
    to_period: str
    by: IndicatorPlace
    place: str
    facilities: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    gwp_set: str
    consolidation: _ledger_pb2.Consolidation
    coal_set: str
    replay: bool
    records_max: int
    as_of: str
    def __init__(self, name: _Optional[str] = ..., indicator: _Optional[str] = ..., from_period: _Optional[str] = ..., to_period: _Optional[str] = ..., by: _Optional[_Union[IndicatorPlace, str]] = ..., place: _Optional[str] = ..., facilities: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., gwp_set: _Optional[str] = ..., consolidation: _Optional[_Union[_ledger_pb2.Consolidation, str]] = ..., coal_set: _Optional[str] = ..., replay: _Optional[bool] = ..., records_max: _Optional[int] = ..., as_of: _Optional[str] = ...) -> None: ...

class IndicatorTermSum(_message.Message):
    __slots__ = ("term", "sum", "unit", "balance_count")
    TERM_FIELD_NUMBER: _ClassVar[int]
    SUM_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    BALANCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    term: IndicatorTerm
    sum: str
    unit: str
    balance_count: int
    def __init__(self, term: _Optional[_Union[IndicatorTerm, _Mapping]] = ..., sum: _Optional[str] = ..., unit: _Optional[str] = ..., balance_count: _Optional[int] = ...) -> None: ...

class ExplainIndicatorResponse(_message.Message):
    __slots__ = ("explained", "sum", "value", "added", "side", "term_index", "commit", "as_of_time")
    EXPLAINED_FIELD_NUMBER: _ClassVar[int]
    SUM_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TERM_INDEX_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    explained: _report_pb2.ExplainResponse
    sum: IndicatorTermSum
    value: IndicatorValue
    added: str
    side: IndicatorSide
    term_index: int
    commit: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, explained: _Optional[_Union[_report_pb2.ExplainResponse, _Mapping]] = ..., sum: _Optional[_Union[IndicatorTermSum, _Mapping]] = ..., value: _Optional[_Union[IndicatorValue, _Mapping]] = ..., added: _Optional[str] = ..., side: _Optional[_Union[IndicatorSide, str]] = ..., term_index: _Optional[int] = ..., commit: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IndicatorClaim(_message.Message):
    __slots__ = ("indicator", "value")
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    indicator: str
    value: str
    def __init__(self, indicator: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class CheckIndicatorClaimsRequest(_message.Message):
    __slots__ = ("claims", "parent")
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    claims: _containers.RepeatedCompositeFieldContainer[IndicatorClaim]
    parent: str
    def __init__(self, claims: _Optional[_Iterable[_Union[IndicatorClaim, _Mapping]]] = ..., parent: _Optional[str] = ...) -> None: ...

class IndicatorClaimCheck(_message.Message):
    __slots__ = ("indicator", "value", "refusal", "grade")
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    indicator: str
    value: str
    refusal: str
    grade: str
    def __init__(self, indicator: _Optional[str] = ..., value: _Optional[str] = ..., refusal: _Optional[str] = ..., grade: _Optional[str] = ...) -> None: ...

class CheckIndicatorClaimsResponse(_message.Message):
    __slots__ = ("checks",)
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    checks: _containers.RepeatedCompositeFieldContainer[IndicatorClaimCheck]
    def __init__(self, checks: _Optional[_Iterable[_Union[IndicatorClaimCheck, _Mapping]]] = ...) -> None: ...

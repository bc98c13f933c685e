"""The schema of an Arrow IPC stream: which columns there are, and of which types.

Runs with the GIL, once a stream: at most 13 columns are read before one is refused.

Source: Apache Arrow format, https://github.com/apache/arrow/tree/main/format, Schema.fbs.
The numbers of tables' fields and of enums below are those of that file.
"""

from libc.stdint cimport int64_t
from libc.string cimport memset

from tonne_kernel.arrow.flatbuffers cimport (
    BROKEN, PRESENT, Table, Vector, read_element, read_int, read_table, read_vector,
)
from tonne_kernel.values.status cimport FIELD_DATA_QUALITY, FIELD_END, FIELD_QUANTITY, FIELD_START

from tonne_kernel.arrow.fault import FIELD_NAMES
from tonne_kernel.values.errors import BatchError

cdef enum:                      # fields of tables
    SCHEMA_ENDIANNESS = 0
    SCHEMA_FIELDS = 1
    COLUMN_NAME = 0
    COLUMN_TYPE_TYPE = 2
    COLUMN_TYPE = 3
    COLUMN_DICTIONARY = 4
    ENCODING_ID = 0
    ENCODING_INDEX_TYPE = 1
    INT_BIT_WIDTH = 0
    INT_IS_SIGNED = 1
    DECIMAL_SCALE = 1
    DECIMAL_BIT_WIDTH = 2
    UNIT = 0                    # of Date and Timestamp
    PRECISION = 0               # of FloatingPoint

cdef enum:                      # members of the union Type
    ARROW_NULL = 1
    ARROW_INT = 2
    ARROW_FLOATING_POINT = 3
    ARROW_UTF8 = 5
    ARROW_DECIMAL = 7
    ARROW_DATE = 8
    ARROW_TIMESTAMP = 10
    ARROW_LARGE_UTF8 = 20
    ARROW_UTF8_VIEW = 24

cdef enum:
    NAME_SIZE_MAX = 64          # bytes of a foreign name that a message repeats

TYPE_NAMES = (
    "none", "null", "int", "float", "binary", "utf8", "bool", "decimal", "date", "time",
    "timestamp", "interval", "list", "struct", "union", "fixed_size_binary", "fixed_size_list",
    "map", "duration", "large_binary", "large_utf8", "large_list", "run_end_encoded",
    "binary_view", "utf8_view", "list_view", "large_list_view",
)

REQUIRED = ("facility", "activity", "quantity", "unit", "start", "end")

TEXT_TAKEN = "utf8, large_utf8, utf8_view, or a dictionary of one of these"
TIME_TAKEN = "timestamp (s, ms, us or ns, any time zone)"
DAYS_REMEDY = (
    "a day begins at another instant in each time zone: send the instant at which it begins in the"
    " book's time zone, and for the end that of the day after the last"
)
TAKEN = {
    "quantity": f"decimal, int, float64, {TEXT_TAKEN}",
    "start": TIME_TAKEN,
    "end": TIME_TAKEN,
    "data_quality": "int (the numbers of DataQuality)",
}

REMEDIES = {
    ("quantity", "float32"): "cast to float64 or to decimal at the source: the shortest decimal"
    " of a float32 is not that of the double of equal value",
    ("start", "utf8"): "parse the text at the source",
    ("end", "utf8"): "parse the text at the source",
    ("start", "date32"): DAYS_REMEDY,
    ("end", "date32"): DAYS_REMEDY,
    ("start", "date64"): DAYS_REMEDY,
    ("end", "date64"): DAYS_REMEDY,
}

FIELDS_BY_NAME = {name: field for field, name in FIELD_NAMES.items()}


cdef int read_schema(const Table *table, Schema *schema) except -1:
    """Read a Schema table into `schema` (OUT)."""
    cdef Vector fields
    cdef Table field
    cdef int64_t endianness, index
    if read_int(table, SCHEMA_ENDIANNESS, 2, 0, &endianness) == BROKEN:
        raise _broken()
    if endianness != 0:
        raise BatchError("the stream is big-endian; write it on or for a little-endian machine",
                         reason="ARROW_INVALID", record_index=-1, field="")
    if read_vector(table, SCHEMA_FIELDS, 4, &fields) == BROKEN:
        raise _broken()
    memset(schema, 0, sizeof(Schema))
    names = set()
    for index in range(fields.count):
        if read_element(&fields, index, &field) != PRESENT:
            raise _broken()
        name = _read_name(&field)
        if name not in FIELDS_BY_NAME:
            raise BatchError(
                f"column {name!r} is no field of ActivityRecord ({', '.join(FIELDS_BY_NAME)});"
                " drop it, or put it into attributes as JSON",
                reason="COLUMN_UNKNOWN", record_index=-1, field=name,
            )
        if name in names:
            raise BatchError(f"column {name!r} is there twice; a name stands for one column",
                             reason="ARROW_INVALID", record_index=-1, field=name)
        names.add(name)
        schema.columns[schema.count].field = FIELDS_BY_NAME[name]
        _read_column(&field, name, &schema.columns[schema.count])
        schema.count += 1
    for name in REQUIRED:
        if name not in names:
            raise BatchError(
                f"column {name!r} is missing; required are {', '.join(REQUIRED)}",
                reason="COLUMN_MISSING", record_index=-1, field=name,
            )
    return 0


cdef str _read_name(const Table *field):
    """Name of a column; too long a name is cut, so that a message stays readable."""
    cdef Vector name
    cdef int64_t size
    if read_vector(field, COLUMN_NAME, 1, &name) == BROKEN:
        raise _broken()
    size = min(name.count, <int64_t> NAME_SIZE_MAX)
    text = (<const char *> name.data)[name.position:name.position + size]
    return text.decode("utf-8", "replace") + ("..." if size < name.count else "")


cdef int _read_column(const Table *field, str name, ColumnType *column) except -1:
    """Read type and dictionary encoding of a column, and check that Tonne takes them there."""
    cdef Table arrow_type, encoding, index_type
    cdef int64_t type_type
    cdef int has_dictionary
    cdef str found
    if (
        read_int(field, COLUMN_TYPE_TYPE, 1, 0, &type_type) == BROKEN
        or read_table(field, COLUMN_TYPE, &arrow_type) != PRESENT
    ):
        raise _broken()
    found = _read_type(&arrow_type, type_type, column)
    has_dictionary = read_table(field, COLUMN_DICTIONARY, &encoding)
    if has_dictionary == BROKEN:
        raise _broken()
    if has_dictionary == PRESENT:
        found = f"dictionary of {found}"
        if read_int(&encoding, ENCODING_ID, 8, 0, &column.dictionary_id) == BROKEN:
            raise _broken()
        column.index_kind = TYPE_INT32
        has_dictionary = read_table(&encoding, ENCODING_INDEX_TYPE, &index_type)
        if has_dictionary == BROKEN:
            raise _broken()
        if has_dictionary == PRESENT:
            _read_int_type(&index_type, &column.index_kind)
        if column.index_kind == TYPE_OTHER:
            raise _broken()
    if not _is_taken(column):
        remedy = REMEDIES.get((name, found.replace("large_", "").replace("_view", "")))
        raise BatchError(
            f"column {name!r} is {found}; taken are {TAKEN.get(name, TEXT_TAKEN)}"
            + (f"; {remedy}" if remedy else ""),
            reason="COLUMN_TYPE", record_index=-1, field=name,
        )
    return 0


cdef str _read_type(const Table *arrow_type, int64_t type_type, ColumnType *column):
    """Set kind and scale of a column from its Type table; return the type's name."""
    cdef int64_t scale = 0, width = 0, unit = 0
    cdef int status = PRESENT
    found = TYPE_NAMES[type_type] if 0 <= type_type < len(TYPE_NAMES) else f"type {type_type}"
    column.kind = TYPE_OTHER
    if type_type == ARROW_INT:
        return _read_int_type(arrow_type, &column.kind)
    if type_type == ARROW_NULL:
        column.kind = TYPE_NULL
    elif type_type == ARROW_UTF8:
        column.kind = TYPE_UTF8
    elif type_type == ARROW_LARGE_UTF8:
        column.kind = TYPE_LARGE_UTF8
    elif type_type == ARROW_UTF8_VIEW:
        column.kind = TYPE_UTF8_VIEW
    elif type_type == ARROW_FLOATING_POINT:
        status = read_int(arrow_type, PRECISION, 2, 0, &unit)
        found = {0: "float16", 1: "float32", 2: "float64"}.get(unit, found)
        column.kind = TYPE_FLOAT64 if unit == 2 else TYPE_OTHER
    elif type_type == ARROW_DATE:
        status = read_int(arrow_type, UNIT, 2, 1, &unit)
        found = {0: "date32", 1: "date64"}.get(unit, found)
        column.kind = TYPE_OTHER            # no instant: see DAYS_REMEDY
    elif type_type == ARROW_TIMESTAMP:
        status = read_int(arrow_type, UNIT, 2, 0, &unit)
        column.kind = TYPE_TIMESTAMP_S + unit if 0 <= unit <= 3 else TYPE_OTHER
    elif type_type == ARROW_DECIMAL:
        status = read_int(arrow_type, DECIMAL_SCALE, 4, 0, &scale)
        if status != BROKEN:
            status = read_int(arrow_type, DECIMAL_BIT_WIDTH, 4, 128, &width)
        found = f"decimal{width} of scale {scale}"
        column.kind = {32: TYPE_DECIMAL32, 64: TYPE_DECIMAL64, 128: TYPE_DECIMAL128,
                       256: TYPE_DECIMAL256}.get(width, TYPE_OTHER)
        if not -SCALE_MAX <= scale <= SCALE_MAX:
            column.kind = TYPE_OTHER
        column.scale = <int> scale
    if status == BROKEN:
        raise _broken()
    return found


cdef str _read_int_type(const Table *arrow_type, int *kind):
    """Set `kind` from an Int table; return the type's name."""
    cdef int64_t width, is_signed
    if (
        read_int(arrow_type, INT_BIT_WIDTH, 4, 0, &width) == BROKEN
        or read_int(arrow_type, INT_IS_SIGNED, 1, 0, &is_signed) == BROKEN
    ):
        raise _broken()
    kind[0] = {8: TYPE_INT8, 16: TYPE_INT16, 32: TYPE_INT32, 64: TYPE_INT64}.get(width, TYPE_OTHER)
    if kind[0] != TYPE_OTHER and not is_signed:
        kind[0] += TYPE_UINT8 - TYPE_INT8
    return f"{'int' if is_signed else 'uint'}{width}"


cdef bint _is_taken(const ColumnType *column) noexcept:
    """Whether a column of this field may have this type."""
    cdef int kind = column.kind
    cdef bint is_text = TYPE_UTF8 <= kind <= TYPE_UTF8_VIEW
    cdef bint is_int = TYPE_INT8 <= kind <= TYPE_UINT64
    if column.index_kind != TYPE_OTHER:
        return is_text and column.field not in (FIELD_START, FIELD_END, FIELD_DATA_QUALITY)
    if kind == TYPE_NULL:
        return True
    if column.field == FIELD_QUANTITY:
        return is_text or is_int or TYPE_FLOAT64 <= kind <= TYPE_DECIMAL256
    if column.field in (FIELD_START, FIELD_END):
        return TYPE_TIMESTAMP_S <= kind <= TYPE_TIMESTAMP_NS
    if column.field == FIELD_DATA_QUALITY:
        return is_int
    return is_text


cdef int value_width(int kind) noexcept nogil:
    """Bytes of one value of a type of fixed width."""
    if kind == TYPE_INT8 or kind == TYPE_UINT8:
        return 1
    if kind == TYPE_INT16 or kind == TYPE_UINT16:
        return 2
    if kind in (TYPE_INT32, TYPE_UINT32, TYPE_DECIMAL32):
        return 4
    if kind == TYPE_DECIMAL128 or kind == TYPE_UTF8_VIEW:
        return 16
    if kind == TYPE_DECIMAL256:
        return 32
    return 8


def _broken():
    """BatchError for a schema whose flatbuffer does not hold together."""
    return BatchError("the schema points outside its message or lacks a part",
                      reason="ARROW_INVALID", record_index=-1, field="")

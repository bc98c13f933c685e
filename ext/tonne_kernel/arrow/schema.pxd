"""The schema of an Arrow IPC stream: which columns there are, and of which types."""

from libc.stdint cimport int32_t, int64_t

from tonne_kernel.arrow.flatbuffers cimport Table
from tonne_kernel.values.status cimport FIELD_COUNT

cdef enum TypeKind:             # types of Arrow that some column of Tonne takes
    TYPE_OTHER = 0              # any other; as an index: no dictionary
    TYPE_NULL = 1
    TYPE_INT8 = 2
    TYPE_INT16 = 3
    TYPE_INT32 = 4
    TYPE_INT64 = 5
    TYPE_UINT8 = 6
    TYPE_UINT16 = 7
    TYPE_UINT32 = 8
    TYPE_UINT64 = 9
    TYPE_FLOAT64 = 10
    TYPE_DECIMAL32 = 11
    TYPE_DECIMAL64 = 12
    TYPE_DECIMAL128 = 13
    TYPE_DECIMAL256 = 14
    TYPE_TIMESTAMP_S = 15
    TYPE_TIMESTAMP_MS = 16
    TYPE_TIMESTAMP_US = 17
    TYPE_TIMESTAMP_NS = 18
    TYPE_UTF8 = 19              # offsets of 32 bits
    TYPE_LARGE_UTF8 = 20        # offsets of 64 bits
    TYPE_UTF8_VIEW = 21         # 16 bytes a text, long ones in further buffers

cdef enum:
    SCALE_MAX = 76              # of decimals, either sign: digits of a decimal256

cdef struct ColumnType:
    int field                   # RecordField
    int kind                    # TypeKind of the values
    int index_kind              # TypeKind of the dictionary's indices; TYPE_OTHER: no dictionary
    int64_t dictionary_id       # as the sender numbers it
    int scale                   # of decimals: places after the point, may be negative

cdef struct Schema:
    ColumnType columns[FIELD_COUNT]
    int count

# Read a Schema table. Raises BatchError: COLUMN_MISSING, COLUMN_UNKNOWN, COLUMN_TYPE,
# ARROW_INVALID.
cdef int read_schema(const Table *table, Schema *schema) except -1

# Bytes of one value of a type of fixed width.
cdef int value_width(int kind) noexcept nogil

"""A chunk of the rows of a record batch, and one row of it, staged as it came.

Staging is for the few rows that break a rule: it reads again what the loops over columns have
bounded before, and leaves the judgement to `check_staged`.
"""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from tonne_kernel.arrow.column cimport ArrowColumn, find_texts, is_valid
from tonne_kernel.arrow.fault cimport Fault
from tonne_kernel.arrow.numbers cimport (
    Wide, load_wide, time_to_us, wide_to_micro, widen_ints, write_number,
)
from tonne_kernel.arrow.schema cimport (
    TYPE_FLOAT64, TYPE_NULL, TYPE_OTHER, TYPE_UTF8, TYPE_UTF8_VIEW, ColumnType, value_width,
)
from tonne_kernel.memory.buffers cimport Span
from tonne_kernel.records.staged cimport (
    QUANTITY_ABSENT, QUANTITY_DOUBLE, QUANTITY_MICRO, QUANTITY_TEXT, QUANTITY_TOO_LARGE,
    TIME_ABSENT, TIME_OUT_OF_RANGE, TIME_PRESENT, Staged, stage_clear,
)
from tonne_kernel.values.status cimport (
    FIELD_ACTIVITY, FIELD_ATTRIBUTES, FIELD_END, FIELD_EVIDENCE, FIELD_FACILITY, FIELD_PRODUCT,
    FIELD_QUANTITY, FIELD_RECORD_ID, FIELD_REGION, FIELD_START, FIELD_SUPPLIER, FIELD_UNIT,
    FIELD_UNREAD, POSTED,
)


cdef void cut_column(
    Chunk *chunk, int place, const ArrowColumn *column, int64_t row
) noexcept nogil:
    """Cut a column (IN) to the chunk's rows, which begin at `row` of it, a multiple of 8."""
    cdef const ColumnType *column_type = &chunk.schema.columns[place]
    cdef ArrowColumn *cut = &chunk.columns[place]
    cut[0] = column[0]
    cut.count = chunk.count
    if cut.validity is not NULL:
        cut.validity += row // 8
    _step(cut, column_type, row)


cdef int stage_row(
    const Chunk *chunk, int64_t row, Staged *record, uint8_t *number_text, Fault *fault
) noexcept nogil:
    """Stage row `row` of a chunk as it came into record (OUT)."""
    stage_clear(record)
    record.start_kind = _stage_time(chunk, FIELD_START, row, &record.start_us)
    record.end_kind = _stage_time(chunk, FIELD_END, row, &record.end_us)
    if (
        _stage_text(chunk, FIELD_RECORD_ID, row, &record.record_id, fault)
        or _stage_text(chunk, FIELD_FACILITY, row, &record.facility, fault)
        or _stage_text(chunk, FIELD_ACTIVITY, row, &record.activity, fault)
        or _stage_text(chunk, FIELD_UNIT, row, &record.unit, fault)
        or _stage_text(chunk, FIELD_REGION, row, &record.region, fault)
        or _stage_text(chunk, FIELD_SUPPLIER, row, &record.supplier, fault)
        or _stage_text(chunk, FIELD_PRODUCT, row, &record.product, fault)
        or _stage_text(chunk, FIELD_EVIDENCE, row, &record.evidence, fault)
        or _stage_text(chunk, FIELD_ATTRIBUTES, row, &record.attributes, fault)
        or _stage_text(chunk, FIELD_UNREAD, row, &record.unread, fault)
        or _stage_quantity(chunk, row, record, number_text, fault)
    ):
        return -1
    return 0


cdef int _stage_text(
    const Chunk *chunk, int field, int64_t row, Span *text, Fault *fault
) noexcept nogil:
    """Text of one row; text (OUT) stays as it is where the row has none."""
    cdef int place = chunk.place_of[field]
    cdef const ColumnType *column_type
    cdef ArrowColumn one
    cdef int64_t index
    if place < 0:
        return 0
    column_type = &chunk.schema.columns[place]
    if column_type.kind == TYPE_NULL or not is_valid(&chunk.columns[place], row):
        return 0
    one = chunk.columns[place]
    one.count = 1
    one.validity = NULL
    _step(&one, column_type, row)
    if column_type.index_kind != TYPE_OTHER:
        widen_ints(one.data, column_type.index_kind, 1, &index)
        text[0] = chunk.dictionaries[chunk.dictionary_of[place]].values[index]
        return 0
    return find_texts(&one, column_type, text, fault)


cdef int _stage_quantity(
    const Chunk *chunk, int64_t row, Staged *record, uint8_t *number_text, Fault *fault
) noexcept nogil:
    """Quantity of one row in the form in which it came, and its text for quarantine."""
    cdef int place = chunk.place_of[<int> FIELD_QUANTITY]
    cdef const ColumnType *column_type = &chunk.schema.columns[place]
    cdef const ArrowColumn *column = &chunk.columns[place]
    cdef Wide number
    if column_type.kind == TYPE_NULL or not is_valid(column, row):
        record.quantity_kind = QUANTITY_ABSENT
        return 0
    if TYPE_UTF8 <= column_type.kind <= TYPE_UTF8_VIEW:
        record.quantity_kind = QUANTITY_TEXT
        return _stage_text(chunk, FIELD_QUANTITY, row, &record.quantity, fault)
    if column_type.kind == TYPE_FLOAT64:
        record.quantity_kind = QUANTITY_DOUBLE
        memcpy(&record.quantity_double, column.data + 8 * row, 8)
        return 0
    number = load_wide(column.data, column_type.kind, row)
    record.quantity_kind = QUANTITY_MICRO
    if wide_to_micro(
        number, column_type.scale, &record.quantity_micro, &record.quantity_rest
    ) != POSTED:
        record.quantity_kind = QUANTITY_TOO_LARGE
    record.quantity.data = number_text
    record.quantity.size = write_number(number, column_type.scale, number_text)
    return 0


cdef int _stage_time(
    const Chunk *chunk, int field, int64_t row, int64_t *time_us
) noexcept nogil:
    """Time of one row into time_us (OUT); its TimeKind."""
    cdef int place = chunk.place_of[field]
    cdef int kind = chunk.schema.columns[place].kind
    cdef int64_t value
    if kind == TYPE_NULL or not is_valid(&chunk.columns[place], row):
        return TIME_ABSENT
    widen_ints(chunk.columns[place].data + row * value_width(kind), kind, 1, &value)
    return TIME_OUT_OF_RANGE if time_to_us(value, kind, time_us) else TIME_PRESENT


cdef inline void _step(
    ArrowColumn *column, const ColumnType *column_type, int64_t row
) noexcept nogil:
    """Let offsets or values begin at `row`."""
    cdef int kind = column_type.kind
    if column_type.index_kind != TYPE_OTHER:
        kind = column_type.index_kind
    if column.offsets is not NULL:
        column.offsets += row * (4 if kind == TYPE_UTF8 else 8)
    elif kind != TYPE_NULL:
        column.data += row * value_width(kind)

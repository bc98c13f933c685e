"""Decoded records of one message, column by column."""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t
from libc.string cimport memset

from tonne_kernel.memory.blocks cimport (
    block_allocate, block_allocate_zeros, block_free, block_memory_bytes, block_resize,
)
from tonne_kernel.memory.buffers cimport (
    Span, texts_append, texts_free, texts_memory_bytes, texts_reserve,
)
from tonne_kernel.records.staged cimport TIME_PRESENT
from tonne_kernel.values.constants cimport (
    EVIDENCE_SIZE_MAX, MONTH_US_MIN, TEXT_SIZE_MAX, UNREAD_SIZE_MAX,
)
from tonne_kernel.values.status cimport (
    FIELD_DATA_QUALITY, FIELD_PRODUCT, FIELD_QUANTITY, FIELD_SUPPLIER,
)
from tonne_kernel.values.text cimport utf8_cut, utf8_is_valid

cdef enum:
    REJECT_CAPACITY_MIN = 16


cdef int columns_allocate(
    BatchColumns *columns, int64_t count, int64_t span_us_max
) noexcept nogil:
    memset(columns, 0, sizeof(BatchColumns))
    columns.count = count
    columns.span_us_max = span_us_max
    columns.key = <int32_t *>block_allocate(count * <int64_t>sizeof(int32_t))
    columns.quantity_micro = <int64_t *>block_allocate(count * <int64_t>sizeof(int64_t))
    columns.start_us = <int64_t *>block_allocate(count * <int64_t>sizeof(int64_t))
    columns.end_us = <int64_t *>block_allocate(count * <int64_t>sizeof(int64_t))
    columns.status = <uint8_t *>block_allocate_zeros(count)
    columns.field = <uint8_t *>block_allocate_zeros(count)
    if (
        columns.key == NULL or columns.quantity_micro == NULL or columns.start_us == NULL
        or columns.end_us == NULL or columns.status == NULL or columns.field == NULL
        or texts_reserve(&columns.record_id, count, 0)
    ):
        columns_free(columns)
        return -1
    return 0


cdef void columns_free(BatchColumns *columns) noexcept nogil:
    block_free(columns.key)
    block_free(columns.quantity_micro)
    block_free(columns.start_us)
    block_free(columns.end_us)
    block_free(columns.status)
    block_free(columns.field)
    texts_free(&columns.record_id)
    block_free(columns.quantity_rest)
    block_free(columns.supplier)
    block_free(columns.product)
    block_free(columns.data_quality)
    texts_free(&columns.evidence)
    texts_free(&columns.attributes)
    block_free(columns.rejects)
    texts_free(&columns.reject_texts)
    memset(columns, 0, sizeof(BatchColumns))


cdef int64_t columns_memory_bytes(const BatchColumns *columns) noexcept nogil:
    return (
        block_memory_bytes(columns.key)
        + block_memory_bytes(columns.quantity_micro)
        + block_memory_bytes(columns.start_us)
        + block_memory_bytes(columns.end_us)
        + block_memory_bytes(columns.status)
        + block_memory_bytes(columns.field)
        + texts_memory_bytes(&columns.record_id)
        + block_memory_bytes(columns.quantity_rest)
        + block_memory_bytes(columns.supplier)
        + block_memory_bytes(columns.product)
        + block_memory_bytes(columns.data_quality)
        + texts_memory_bytes(&columns.evidence)
        + texts_memory_bytes(&columns.attributes)
        + block_memory_bytes(columns.rejects)
        + texts_memory_bytes(&columns.reject_texts)
    )


cdef void columns_bound_postings(BatchColumns *columns, int64_t key_count) noexcept nogil:
    cdef const int64_t *start_us = columns.start_us
    cdef const int64_t *end_us = columns.end_us
    cdef int64_t row, span_us
    cdef int64_t count = 2 * (columns.count - columns.reject_count)
    cdef int64_t first_us = INT64_MAX
    cdef int64_t stop_us = 0
    cdef int64_t span_us_max = 0
    if columns.reject_count == 0:           # the common case: no branch per record
        for row in range(columns.count):
            first_us = min(first_us, start_us[row])
            stop_us = max(stop_us, end_us[row])
            span_us_max = max(span_us_max, end_us[row] - start_us[row])
    if columns.reject_count > 0 or span_us_max > MONTH_US_MIN:
        for row in range(columns.count):
            if columns.key[row] < 0:
                continue
            first_us = min(first_us, start_us[row])
            stop_us = max(stop_us, end_us[row])
            span_us = end_us[row] - start_us[row]
            if span_us > MONTH_US_MIN:
                count += (span_us - 1) // MONTH_US_MIN
    if count > 0:
        count = min(count, key_count * (2 + (stop_us - first_us - 1) // MONTH_US_MIN))
    columns.posting_count_max = count


cdef int columns_want(BatchColumns *columns, int field) noexcept nogil:
    cdef int64_t codes_bytes = columns.count * <int64_t>sizeof(int32_t)
    if field == FIELD_QUANTITY and columns.quantity_rest == NULL:
        columns.quantity_rest = <int64_t *>block_allocate_zeros(
            columns.count * <int64_t>sizeof(int64_t))
        if columns.quantity_rest == NULL:
            return -1
    elif field == FIELD_SUPPLIER and columns.supplier == NULL:
        columns.supplier = <int32_t *>block_allocate(codes_bytes)
        if columns.supplier == NULL:
            return -1
        memset(columns.supplier, 0xFF, <size_t>codes_bytes)
    elif field == FIELD_PRODUCT and columns.product == NULL:
        columns.product = <int32_t *>block_allocate(codes_bytes)
        if columns.product == NULL:
            return -1
        memset(columns.product, 0xFF, <size_t>codes_bytes)
    elif field == FIELD_DATA_QUALITY and columns.data_quality == NULL:
        columns.data_quality = <uint8_t *>block_allocate_zeros(columns.count)
        if columns.data_quality == NULL:
            return -1
    return 0


cdef int reject_row(
    BatchColumns *columns, int64_t row, const Staged *record, int status, int field
) noexcept nogil:
    cdef Reject *reject
    cdef void *data
    cdef int64_t capacity
    if columns.reject_count == columns.reject_capacity:
        capacity = columns.reject_capacity * 2
        if capacity < REJECT_CAPACITY_MIN:
            capacity = REJECT_CAPACITY_MIN
        data = block_resize(columns.rejects, capacity * <int64_t>sizeof(Reject))
        if data == NULL:
            return -1
        columns.rejects = <Reject *>data
        columns.reject_capacity = capacity
    if (
        _keep_text(columns, &record.record_id, TEXT_SIZE_MAX)
        or _keep_text(columns, &record.facility, TEXT_SIZE_MAX)
        or _keep_text(columns, &record.activity, TEXT_SIZE_MAX)
        or _keep_text(columns, &record.quantity, TEXT_SIZE_MAX)
        or _keep_text(columns, &record.unit, TEXT_SIZE_MAX)
        or _keep_text(columns, &record.region, TEXT_SIZE_MAX)
        or _keep_text(columns, &record.evidence, EVIDENCE_SIZE_MAX)
        or _keep_text(columns, &record.unread, UNREAD_SIZE_MAX)
    ):
        return -1
    reject = &columns.rejects[columns.reject_count]
    reject.row = row
    reject.has_start = record.start_kind == TIME_PRESENT
    reject.has_end = record.end_kind == TIME_PRESENT
    reject.start_us = record.start_us if reject.has_start else 0
    reject.end_us = record.end_us if reject.has_end else 0
    columns.reject_count += 1
    columns.key[row] = -1
    columns.quantity_micro[row] = 0
    if columns.quantity_rest != NULL:
        columns.quantity_rest[row] = 0
    columns.start_us[row] = reject.start_us
    columns.end_us[row] = reject.end_us
    columns.status[row] = <uint8_t>status
    columns.field[row] = <uint8_t>field
    return 0


cdef int _keep_text(BatchColumns *columns, const Span *text, int64_t size_max) noexcept nogil:
    """Keep a text for quarantine: valid UTF-8 alone, cut to `size_max` bytes."""
    if not utf8_is_valid(text.data, text.size):
        return texts_append(&columns.reject_texts, NULL, 0)
    return texts_append(
        &columns.reject_texts, text.data, utf8_cut(text.data, text.size, size_max))

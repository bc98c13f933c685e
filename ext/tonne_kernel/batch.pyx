"""Decoded records of one message, column by column, and the check that each record passes.

`check_row` decides the good records in one pass. Only for a bad one `check_staged` looks at
every rule in the order of the statuses, so that the lowest fault is the one reported.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t
from libc.string cimport memset

from tonne_kernel.blocks cimport (
    block_allocate,
    block_allocate_zeros,
    block_free,
    block_memory_bytes,
    block_resize,
)
from tonne_kernel.buffers cimport (
    texts_append,
    texts_free,
    texts_memory_bytes,
    texts_pad,
    texts_reserve,
)
from tonne_kernel.decimal cimport QUANTITY_MICRO_MAX, double_to_micro, parse_decimal_micro
from tonne_kernel.dictionary cimport Dictionaries, Key, KeyTable, find_key
from tonne_kernel.status cimport (
    ACTIVITY_MUST_BE_PRESENT,
    END_MUST_BE_IN_RANGE,
    END_MUST_BE_PRESENT,
    END_MUST_FOLLOW_START,
    FACILITY_MUST_BE_PRESENT,
    FIELD_ACTIVITY,
    FIELD_ATTRIBUTES,
    FIELD_DATA_QUALITY,
    FIELD_END,
    FIELD_EVIDENCE,
    FIELD_FACILITY,
    FIELD_PRODUCT,
    FIELD_QUANTITY,
    FIELD_RECORD,
    FIELD_RECORD_ID,
    FIELD_REGION,
    FIELD_START,
    FIELD_SUPPLIER,
    FIELD_UNIT,
    POSTED,
    QUANTITY_MUST_BE_IN_RANGE,
    QUANTITY_MUST_BE_PRESENT,
    RECORD_MUST_DECODE,
    SPAN_MUST_FIT,
    START_MUST_BE_IN_RANGE,
    START_MUST_BE_PRESENT,
    TEXT_MUST_BE_UTF8,
    TEXT_MUST_FIT,
    UNIT_MUST_BE_PRESENT,
)
from tonne_kernel.text cimport (
    ATTRIBUTES_SIZE_MAX,
    EVIDENCE_SIZE_MAX,
    INTERN_MEMORY,
    TEXT_SIZE_MAX,
    intern,
    text_equals,
    utf8_cut,
    utf8_is_valid,
)
from tonne_kernel.words cimport bytes_are_ascii

cdef enum:
    REJECT_CAPACITY_MIN = 16
    CODED_TEXT_COUNT = 10

cdef int64_t MONTH_US_MIN = 28 * 86_400 * 1_000_000LL


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
        + block_memory_bytes(columns.supplier)
        + block_memory_bytes(columns.product)
        + block_memory_bytes(columns.data_quality)
        + texts_memory_bytes(&columns.evidence)
        + texts_memory_bytes(&columns.attributes)
        + block_memory_bytes(columns.rejects)
        + texts_memory_bytes(&columns.reject_texts)
    )


cdef void columns_bound_postings(BatchColumns *columns, int64_t key_count) noexcept nogil:
    cdef int64_t row, span_us
    cdef int64_t count = 0
    cdef int64_t first_us = INT64_MAX
    cdef int64_t stop_us = 0
    for row in range(columns.count):
        if columns.key[row] < 0:
            continue
        first_us = min(first_us, columns.start_us[row])
        stop_us = max(stop_us, columns.end_us[row])
        span_us = columns.end_us[row] - columns.start_us[row]
        count += 2
        if span_us > MONTH_US_MIN:
            count += (span_us - 1) // MONTH_US_MIN
    if count > 0:
        count = min(count, key_count * (2 + (stop_us - first_us - 1) // MONTH_US_MIN))
    columns.posting_count_max = count


cdef int columns_want(BatchColumns *columns, int field) noexcept nogil:
    cdef int64_t codes_bytes = columns.count * <int64_t>sizeof(int32_t)
    if field == FIELD_SUPPLIER and columns.supplier == NULL:
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


cdef int check_staged(const Staged *record, int64_t span_us_max, int *field) noexcept nogil:
    cdef int64_t micro
    cdef int status
    if record.undecodable:
        field[0] = FIELD_RECORD
        return RECORD_MUST_DECODE
    status = _check_texts(record, field)
    if status != POSTED:
        return status
    if record.facility.size == 0:
        field[0] = FIELD_FACILITY
        return FACILITY_MUST_BE_PRESENT
    if record.activity.size == 0:
        field[0] = FIELD_ACTIVITY
        return ACTIVITY_MUST_BE_PRESENT
    if record.unit.size == 0:
        field[0] = FIELD_UNIT
        return UNIT_MUST_BE_PRESENT
    status = _read_quantity(record, &micro)
    if status != POSTED:
        field[0] = FIELD_QUANTITY
        return status
    return _check_times(record, span_us_max, field)


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
        _keep_text(columns, &record.record_id)
        or _keep_text(columns, &record.facility)
        or _keep_text(columns, &record.activity)
        or _keep_text(columns, &record.quantity)
        or _keep_text(columns, &record.unit)
        or _keep_text(columns, &record.region)
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
    columns.start_us[row] = reject.start_us
    columns.end_us[row] = reject.end_us
    columns.status[row] = <uint8_t>status
    columns.field[row] = <uint8_t>field
    return 0


cdef int check_row(
    Dictionaries *dictionaries, BatchColumns *columns, int64_t row, const Staged *record
) noexcept nogil:
    cdef int32_t facility = 0, activity = 0, unit = 0, region = 0
    cdef int32_t key
    cdef int64_t micro = 0
    if (
        record.undecodable
        or _read_quantity(record, &micro) != POSTED
        or record.start_kind != TIME_PRESENT
        or record.end_kind != TIME_PRESENT
        or not start_in_range(record.start_us)
        or not end_in_range(record.end_us)
        or record.end_us <= record.start_us
        or record.end_us - record.start_us > columns.span_us_max
        or record.facility.size == 0
        or record.activity.size == 0
        or record.unit.size == 0
        or record.record_id.size > TEXT_SIZE_MAX
        or not (
            bytes_are_ascii(record.record_id.data, record.record_id.size)
            or utf8_is_valid(record.record_id.data, record.record_id.size)
        )
    ):
        return _reject_staged(columns, row, record)
    key = _expected_key(dictionaries, record)
    if key < 0:
        facility = intern(&dictionaries.facility, record.facility.data, record.facility.size)
        activity = intern(&dictionaries.activity, record.activity.data, record.activity.size)
        unit = intern(&dictionaries.unit, record.unit.data, record.unit.size)
        region = intern(&dictionaries.region, record.region.data, record.region.size)
        if (facility | activity | unit | region) < 0:
            if (
                facility == INTERN_MEMORY or activity == INTERN_MEMORY
                or unit == INTERN_MEMORY or region == INTERN_MEMORY
            ):
                return -1
            return _reject_staged(columns, row, record)
    if (
        record.supplier.size | record.product.size | record.evidence.size
        | record.attributes.size | record.data_quality
    ):
        if not _optional_texts_are_valid(record):
            return _reject_staged(columns, row, record)
        if _set_optional(dictionaries, columns, row, record):
            return -1
    if key < 0:
        key = find_key(&dictionaries.keys, facility, activity, unit, region)
        if key < 0:
            return -1
    dictionaries.keys.last = key
    columns.key[row] = key
    columns.quantity_micro[row] = micro
    columns.start_us[row] = record.start_us
    columns.end_us[row] = record.end_us
    columns.status[row] = POSTED
    columns.field[row] = FIELD_RECORD
    return texts_append(&columns.record_id, record.record_id.data, record.record_id.size)


cdef inline int32_t _expected_key(
    const Dictionaries *dictionaries, const Staged *record
) noexcept nogil:
    """The key that came after the last record's key before, if it is this record's: else -1.

    Its texts were checked when they were interned.
    """
    cdef const KeyTable *table = &dictionaries.keys
    cdef const Key *key
    cdef int32_t number
    if table.last < 0:
        return -1
    number = table.keys[table.last].follower
    key = &table.keys[number]
    if (
        text_equals(
            &dictionaries.facility, key.facility, record.facility.data, record.facility.size)
        and text_equals(
            &dictionaries.activity, key.activity, record.activity.data, record.activity.size)
        and text_equals(&dictionaries.unit, key.unit, record.unit.data, record.unit.size)
        and text_equals(
            &dictionaries.region, key.region, record.region.data, record.region.size)
    ):
        return number
    return -1


cdef inline int _read_quantity(const Staged *record, int64_t *micro) noexcept nogil:
    if record.quantity_kind == QUANTITY_TEXT:
        return parse_decimal_micro(record.quantity.data, record.quantity.size, micro)
    if record.quantity_kind == QUANTITY_DOUBLE:
        return double_to_micro(record.quantity_double, micro)
    if record.quantity_kind == QUANTITY_MICRO:
        micro[0] = record.quantity_micro
        if -QUANTITY_MICRO_MAX <= record.quantity_micro <= QUANTITY_MICRO_MAX:
            return POSTED
        return QUANTITY_MUST_BE_IN_RANGE
    if record.quantity_kind == QUANTITY_TOO_LARGE:
        return QUANTITY_MUST_BE_IN_RANGE
    return QUANTITY_MUST_BE_PRESENT


cdef int _check_times(const Staged *record, int64_t span_us_max, int *field) noexcept nogil:
    if record.start_kind == TIME_ABSENT:
        field[0] = FIELD_START
        return START_MUST_BE_PRESENT
    if record.end_kind == TIME_ABSENT:
        field[0] = FIELD_END
        return END_MUST_BE_PRESENT
    if record.start_kind != TIME_PRESENT or not start_in_range(record.start_us):
        field[0] = FIELD_START
        return START_MUST_BE_IN_RANGE
    if record.end_kind != TIME_PRESENT or not end_in_range(record.end_us):
        field[0] = FIELD_END
        return END_MUST_BE_IN_RANGE
    if record.end_us <= record.start_us:
        field[0] = FIELD_END
        return END_MUST_FOLLOW_START
    if record.end_us - record.start_us > span_us_max:
        field[0] = FIELD_END
        return SPAN_MUST_FIT
    field[0] = FIELD_RECORD
    return POSTED


cdef int _check_texts(const Staged *record, int *field) noexcept nogil:
    """TEXT_MUST_BE_UTF8 of the first field that breaks it, else TEXT_MUST_FIT likewise."""
    cdef const Span *texts[CODED_TEXT_COUNT]
    cdef int fields[CODED_TEXT_COUNT]
    cdef int64_t limits[CODED_TEXT_COUNT]
    cdef int index
    texts[0], fields[0], limits[0] = &record.record_id, FIELD_RECORD_ID, TEXT_SIZE_MAX
    texts[1], fields[1], limits[1] = &record.facility, FIELD_FACILITY, TEXT_SIZE_MAX
    texts[2], fields[2], limits[2] = &record.activity, FIELD_ACTIVITY, TEXT_SIZE_MAX
    texts[3], fields[3], limits[3] = &record.quantity, FIELD_QUANTITY, record.quantity.size
    texts[4], fields[4], limits[4] = &record.unit, FIELD_UNIT, TEXT_SIZE_MAX
    texts[5], fields[5], limits[5] = &record.region, FIELD_REGION, TEXT_SIZE_MAX
    texts[6], fields[6], limits[6] = &record.supplier, FIELD_SUPPLIER, TEXT_SIZE_MAX
    texts[7], fields[7], limits[7] = &record.product, FIELD_PRODUCT, TEXT_SIZE_MAX
    texts[8], fields[8], limits[8] = &record.evidence, FIELD_EVIDENCE, EVIDENCE_SIZE_MAX
    texts[9], fields[9], limits[9] = &record.attributes, FIELD_ATTRIBUTES, ATTRIBUTES_SIZE_MAX
    for index in range(CODED_TEXT_COUNT):
        if not utf8_is_valid(texts[index].data, texts[index].size):
            field[0] = fields[index]
            return TEXT_MUST_BE_UTF8
    for index in range(CODED_TEXT_COUNT):
        if texts[index].size > limits[index]:
            field[0] = fields[index]
            return TEXT_MUST_FIT
    return POSTED


cdef bint _optional_texts_are_valid(const Staged *record) noexcept nogil:
    cdef int field
    return _check_texts(record, &field) == POSTED


cdef int _set_optional(
    Dictionaries *dictionaries, BatchColumns *columns, int64_t row, const Staged *record
) noexcept nogil:
    """Set the optional columns of a record whose texts are valid."""
    if record.supplier.size:
        if columns_want(columns, FIELD_SUPPLIER):
            return -1
        columns.supplier[row] = intern(
            &dictionaries.supplier, record.supplier.data, record.supplier.size)
        if columns.supplier[row] < 0:
            return -1
    if record.product.size:
        if columns_want(columns, FIELD_PRODUCT):
            return -1
        columns.product[row] = intern(
            &dictionaries.product, record.product.data, record.product.size)
        if columns.product[row] < 0:
            return -1
    if record.data_quality:
        if columns_want(columns, FIELD_DATA_QUALITY):
            return -1
        columns.data_quality[row] = <uint8_t>record.data_quality
    if record.evidence.size and (
        texts_pad(&columns.evidence, row)
        or texts_append(&columns.evidence, record.evidence.data, record.evidence.size)
    ):
        return -1
    if record.attributes.size and (
        texts_pad(&columns.attributes, row)
        or texts_append(&columns.attributes, record.attributes.data, record.attributes.size)
    ):
        return -1
    return 0


cdef int _reject_staged(
    BatchColumns *columns, int64_t row, const Staged *record
) noexcept nogil:
    cdef int field = FIELD_RECORD
    cdef int status = check_staged(record, columns.span_us_max, &field)
    if reject_row(columns, row, record, status, field):
        return -1
    return texts_append(&columns.record_id, NULL, 0)


cdef int _keep_text(BatchColumns *columns, const Span *text) noexcept nogil:
    """Keep a text for quarantine: valid UTF-8 alone, cut to TEXT_SIZE_MAX bytes."""
    if not utf8_is_valid(text.data, text.size):
        return texts_append(&columns.reject_texts, NULL, 0)
    return texts_append(
        &columns.reject_texts, text.data, utf8_cut(text.data, text.size, TEXT_SIZE_MAX))

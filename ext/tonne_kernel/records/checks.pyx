"""The check that every record goes through.

`check_row` decides the good records in one pass. Only for a bad one `check_staged` looks at
every rule in the order of the statuses, so that the lowest fault is the one reported.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.memory.buffers cimport Span, texts_append, texts_pad
from tonne_kernel.memory.words cimport bytes_are_ascii
from tonne_kernel.records.batch_columns cimport BatchColumns, columns_want, reject_row
from tonne_kernel.records.staged cimport (
    QUANTITY_DOUBLE, QUANTITY_MICRO, QUANTITY_TEXT, QUANTITY_TOO_LARGE, TIME_ABSENT, TIME_PRESENT,
)
from tonne_kernel.values.constants cimport (
    ATTRIBUTES_SIZE_MAX, EVIDENCE_SIZE_MAX, QUANTITY_MICRO_MAX, TEXT_SIZE_MAX, UNREAD_SIZE_MAX,
)
from tonne_kernel.values.decimal cimport read_decimal, read_double
from tonne_kernel.values.dictionary cimport Dictionaries, Key, KeyTable, find_key
from tonne_kernel.values.status cimport (
    ACTIVITY_MUST_BE_PRESENT, END_MUST_BE_IN_RANGE, END_MUST_BE_PRESENT, END_MUST_FOLLOW_START,
    FACILITY_MUST_BE_PRESENT, FIELD_ACTIVITY, FIELD_ATTRIBUTES, FIELD_DATA_QUALITY, FIELD_END,
    FIELD_EVIDENCE, FIELD_FACILITY, FIELD_MUST_BE_READABLE, FIELD_PRODUCT, FIELD_QUANTITY,
    FIELD_RECORD, FIELD_RECORD_ID, FIELD_REGION, FIELD_START, FIELD_SUPPLIER, FIELD_UNIT,
    FIELD_UNREAD, POSTED, QUANTITY_MUST_BE_IN_RANGE,
    QUANTITY_MUST_BE_PRESENT, RECORD_MUST_DECODE, SPAN_MUST_FIT, START_MUST_BE_IN_RANGE,
    START_MUST_BE_PRESENT, TEXT_MUST_BE_UTF8, TEXT_MUST_FIT, UNIT_MUST_BE_PRESENT,
)
from tonne_kernel.values.text cimport INTERN_MEMORY, intern, text_equals, utf8_is_valid

cdef enum:
    TEXT_COUNT = 11


cdef int check_staged(const Staged *record, int64_t span_us_max, int *field) noexcept nogil:
    cdef int64_t micro, rest
    cdef int status
    if record.undecodable:
        field[0] = FIELD_RECORD
        return RECORD_MUST_DECODE
    status = _check_texts(record, field)
    if status != POSTED:
        return status
    # What the producer could not read is missing from its field: the text says more than that.
    if record.unread.size:
        field[0] = FIELD_UNREAD
        return FIELD_MUST_BE_READABLE
    if record.facility.size == 0:
        field[0] = FIELD_FACILITY
        return FACILITY_MUST_BE_PRESENT
    if record.activity.size == 0:
        field[0] = FIELD_ACTIVITY
        return ACTIVITY_MUST_BE_PRESENT
    if record.unit.size == 0:
        field[0] = FIELD_UNIT
        return UNIT_MUST_BE_PRESENT
    status = _read_quantity(record, &micro, &rest)
    if status != POSTED:
        field[0] = FIELD_QUANTITY
        return status
    return _check_times(record, span_us_max, field)


cdef int check_row(
    Dictionaries *dictionaries, BatchColumns *columns, int64_t row, const Staged *record
) noexcept nogil:
    cdef int32_t facility = 0, activity = 0, unit = 0, region = 0
    cdef int32_t key
    cdef int64_t micro = 0
    cdef int64_t rest = 0
    if (
        record.undecodable
        or _read_quantity(record, &micro, &rest) != POSTED
        or record.start_kind != TIME_PRESENT
        or record.end_kind != TIME_PRESENT
        or not start_in_range(record.start_us)
        or not end_in_range(record.end_us)
        or record.end_us <= record.start_us
        or record.end_us - record.start_us > columns.span_us_max
        or record.unread.size
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
    if rest:
        if columns_want(columns, FIELD_QUANTITY):
            return -1
        columns.quantity_rest[row] = rest
    columns.start_us[row] = record.start_us
    columns.end_us[row] = record.end_us
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


cdef inline int _read_quantity(
    const Staged *record, int64_t *micro, int64_t *rest
) noexcept nogil:
    if record.quantity_kind == QUANTITY_TEXT:
        return read_decimal(record.quantity.data, record.quantity.size, micro, rest)
    if record.quantity_kind == QUANTITY_DOUBLE:
        return read_double(record.quantity_double, micro, rest)
    if record.quantity_kind == QUANTITY_MICRO:
        micro[0] = record.quantity_micro
        rest[0] = record.quantity_rest
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
    cdef const Span *texts[TEXT_COUNT]
    cdef int fields[TEXT_COUNT]
    cdef int64_t limits[TEXT_COUNT]
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
    texts[10], fields[10], limits[10] = &record.unread, FIELD_UNREAD, UNREAD_SIZE_MAX
    for index in range(TEXT_COUNT):
        if not utf8_is_valid(texts[index].data, texts[index].size):
            field[0] = fields[index]
            return TEXT_MUST_BE_UTF8
    for index in range(TEXT_COUNT):
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

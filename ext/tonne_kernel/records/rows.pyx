"""Reads serialized `Rows` messages: the framing of the records, then each record.

A record is read in one pass over its bytes. Known fields of another wire type and unknown
fields are skipped; of a field that comes twice the last value counts; the two forms of the
quantity displace each other, as a oneof does.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from tonne_kernel.memory.buffers cimport Span, bytes_reserve, texts_pad
from tonne_kernel.memory.words cimport load8
from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.records.checks cimport check_row
from tonne_kernel.records.staged cimport (
    QUANTITY_DOUBLE, QUANTITY_TEXT, TIME_OUT_OF_RANGE, TIME_PRESENT, Staged, stage_clear,
)
from tonne_kernel.records.wire cimport (
    WIRE_OK, WIRE_TRUNCATED, pack_sevens, read_bytes, read_tag, read_varint, read_wide_varint,
    skip_value,
)
from tonne_kernel.values.constants cimport DATA_QUALITY_MAX, SECOND_US, TIME_S_STOP
from tonne_kernel.values.dictionary cimport Dictionaries

cdef enum:                      # tags: field number * 8 + wire type
    TAG_ROWS_RECORDS = 10
    TAG_RECORD_ID = 10
    TAG_FACILITY = 18
    TAG_ACTIVITY = 26
    TAG_QUANTITY = 34
    TAG_QUANTITY_DOUBLE = 41
    TAG_UNIT = 50
    TAG_START = 58
    TAG_END = 66
    TAG_REGION = 74
    TAG_SUPPLIER = 82
    TAG_PRODUCT = 90
    TAG_DATA_QUALITY = 96
    TAG_EVIDENCE = 106
    TAG_ATTRIBUTES = 114
    TAG_UNREAD = 122
    TAG_TIME_SECONDS = 8
    TAG_TIME_NANOS = 16


cdef struct Time:
    bint present
    int64_t seconds
    int64_t nanos


cdef int count_records(const uint8_t *data, int64_t size, int64_t *count) noexcept nogil:
    cdef const uint8_t *at = data
    cdef const uint8_t *stop = data + size
    cdef const uint8_t *record = NULL
    cdef int64_t record_size = 0
    cdef uint32_t tag = 0
    cdef int result
    count[0] = 0
    while at < stop:
        result = read_tag(&at, stop, &tag)
        if result == WIRE_OK:
            if tag == TAG_ROWS_RECORDS:
                result = read_bytes(&at, stop, &record, &record_size)
                count[0] += result == WIRE_OK
            else:
                result = skip_value(&at, stop, tag & 7)
        if result != WIRE_OK:
            return -result
    return 0


cdef bint next_record(
    const uint8_t **at, const uint8_t *stop, const uint8_t **data, int64_t *size
) noexcept nogil:
    cdef uint32_t tag = 0
    while at[0] < stop:
        if read_tag(at, stop, &tag) != WIRE_OK:
            return False
        if tag == TAG_ROWS_RECORDS:
            return read_bytes(at, stop, data, size) == WIRE_OK
        if skip_value(at, stop, tag & 7) != WIRE_OK:
            return False
    return False


cdef void stage_record(const uint8_t *data, int64_t size, Staged *record) noexcept nogil:
    cdef Time start = Time(False, 0, 0)
    cdef Time end = Time(False, 0, 0)
    cdef const uint8_t *at = data
    cdef const uint8_t *stop = data + size
    stage_clear(record)
    # Encoders write fields in the order of their numbers, and most records have these first ones.
    # Whatever follows them is read field by field.
    if (
        _read_expected(&at, stop, TAG_RECORD_ID, &record.record_id) != WIRE_OK
        or _read_expected(&at, stop, TAG_FACILITY, &record.facility) != WIRE_OK
        or _read_expected(&at, stop, TAG_ACTIVITY, &record.activity) != WIRE_OK
        or _read_expected_quantity(&at, stop, record) != WIRE_OK
        or _read_expected(&at, stop, TAG_UNIT, &record.unit) != WIRE_OK
        or _read_expected_time(&at, stop, TAG_START, &start) != WIRE_OK
        or _read_expected_time(&at, stop, TAG_END, &end) != WIRE_OK
        or _read_expected(&at, stop, TAG_REGION, &record.region) != WIRE_OK
        or (at < stop and _read_fields(at, stop, record, &start, &end) != WIRE_OK)
    ):
        record.undecodable = 1
    record.start_kind = _time_of(&start, &record.start_us)
    record.end_kind = _time_of(&end, &record.end_us)


cdef int decode_records(
    const uint8_t *data, int64_t size, Dictionaries *dictionaries, BatchColumns *columns
) noexcept nogil:
    cdef const uint8_t *at = data
    cdef const uint8_t *stop = data + size
    cdef const uint8_t *record_data = NULL
    cdef int64_t record_size = 0
    cdef int64_t row = 0
    cdef Staged record
    while row < columns.count and next_record(&at, stop, &record_data, &record_size):
        stage_record(record_data, record_size, &record)
        if row == 0 and bytes_reserve(
            &columns.record_id.bytes, min(size, columns.count * record.record_id.size)
        ):
            return -1
        if check_row(dictionaries, columns, row, &record):
            return -1
        row += 1
    if columns.evidence.count and texts_pad(&columns.evidence, columns.count):
        return -1
    if columns.attributes.count and texts_pad(&columns.attributes, columns.count):
        return -1
    return 0


cdef int _read_fields(
    const uint8_t *at, const uint8_t *stop, Staged *record, Time *start, Time *end
) noexcept nogil:
    cdef const uint8_t *rest
    cdef uint32_t tag = 0
    cdef uint64_t value = 0
    cdef int result
    while at < stop:
        result = read_tag(&at, stop, &tag)
        if result != WIRE_OK:
            return result
        if tag == TAG_RECORD_ID:
            result = _read_span(&at, stop, &record.record_id)
        elif tag == TAG_FACILITY:
            result = _read_span(&at, stop, &record.facility)
        elif tag == TAG_ACTIVITY:
            result = _read_span(&at, stop, &record.activity)
        elif tag == TAG_QUANTITY:
            result = _read_span(&at, stop, &record.quantity)
            record.quantity_kind = QUANTITY_TEXT
        elif tag == TAG_QUANTITY_DOUBLE:
            result = _read_double(&at, stop, record)
        elif tag == TAG_UNIT:
            result = _read_span(&at, stop, &record.unit)
        elif tag == TAG_START:
            result = _read_time(&at, stop, start)
        elif tag == TAG_END:
            result = _read_time(&at, stop, end)
        elif tag == TAG_REGION:
            result = _read_span(&at, stop, &record.region)
        elif tag == TAG_SUPPLIER:
            result = _read_span(&at, stop, &record.supplier)
        elif tag == TAG_PRODUCT:
            result = _read_span(&at, stop, &record.product)
        elif tag == TAG_DATA_QUALITY:
            result = read_varint(&at, stop, &value)
            record.data_quality = <int>value if value <= DATA_QUALITY_MAX else 0
        elif tag == TAG_EVIDENCE:
            result = _read_span(&at, stop, &record.evidence)
        elif tag == TAG_ATTRIBUTES:
            result = _read_span(&at, stop, &record.attributes)
        elif tag == TAG_UNREAD:
            result = _read_span(&at, stop, &record.unread)
        else:
            rest = at                           # a copy: `at` itself stays in a register
            result = skip_value(&rest, stop, tag & 7)
            at = rest
        if result != WIRE_OK:
            return result
    return WIRE_OK


cdef inline int _read_span(const uint8_t **at, const uint8_t *stop, Span *span) noexcept nogil:
    return read_bytes(at, stop, &span.data, &span.size)


cdef inline int _read_expected(
    const uint8_t **at, const uint8_t *stop, uint8_t tag, Span *span
) noexcept nogil:
    """Read a text if it comes next."""
    if at[0] == stop or at[0][0] != tag:
        return WIRE_OK
    at[0] += 1
    return read_bytes(at, stop, &span.data, &span.size)


cdef inline int _read_expected_quantity(
    const uint8_t **at, const uint8_t *stop, Staged *record
) noexcept nogil:
    if at[0] < stop and at[0][0] == TAG_QUANTITY:
        record.quantity_kind = QUANTITY_TEXT
    return _read_expected(at, stop, TAG_QUANTITY, &record.quantity)


cdef inline int _read_expected_time(
    const uint8_t **at, const uint8_t *stop, uint8_t tag, Time *time
) noexcept nogil:
    """Read a time if it comes next.

    Whole seconds from 1978 on are mostly eight bytes, known and read as one word, the first byte
    lowest: the tag, the size (6), the tag of the seconds (8), four bytes of a varint that goes
    on, and its last one.
    """
    cdef uint64_t word
    if stop - at[0] >= 8:
        word = load8(at[0])
        if word & 0x8080808080FFFFFFULL == 0x0080808080080600ULL | tag:
            time.present = True
            time.seconds = <int64_t>pack_sevens(word >> 24)
            at[0] += 8
            return WIRE_OK
    if at[0] == stop or at[0][0] != tag:
        return WIRE_OK
    at[0] += 1
    return _read_time(at, stop, time)


cdef inline int _read_double(
    const uint8_t **at, const uint8_t *stop, Staged *record
) noexcept nogil:
    if stop - at[0] < 8:
        return WIRE_TRUNCATED
    # Fixed 64-bit values are little-endian, as every machine that Tonne is built for.
    memcpy(&record.quantity_double, at[0], 8)
    at[0] += 8
    record.quantity.size = 0
    record.quantity_kind = QUANTITY_DOUBLE
    return WIRE_OK


cdef inline int _read_time(const uint8_t **at, const uint8_t *stop, Time *time) noexcept nogil:
    """A google.protobuf.Timestamp; one that comes again is merged into the first."""
    cdef const uint8_t *data = NULL
    cdef int64_t size = 0
    cdef int result = read_bytes(at, stop, &data, &size)
    if result != WIRE_OK:
        return result
    return _merge_time(data, data + size, stop, time)


cdef int _merge_time(
    const uint8_t *at, const uint8_t *stop, const uint8_t *readable_stop, Time *time
) noexcept nogil:
    cdef const uint8_t *rest
    cdef uint32_t tag = 0
    cdef uint64_t value = 0
    cdef int result
    time.present = True
    while at < stop:
        result = read_tag(&at, stop, &tag)
        if result != WIRE_OK:
            return result
        if tag == TAG_TIME_SECONDS:
            result = read_wide_varint(&at, stop, readable_stop, &value)
            time.seconds = <int64_t>value
        elif tag == TAG_TIME_NANOS:
            result = read_wide_varint(&at, stop, readable_stop, &value)
            time.nanos = <int32_t><uint32_t>value
        else:
            rest = at                           # a copy: `at` itself stays in a register
            result = skip_value(&rest, stop, tag & 7)
            at = rest
        if result != WIRE_OK:
            return result
    return WIRE_OK


cdef inline int _time_of(const Time *time, int64_t *time_us) noexcept nogil:
    """TimeKind; whole microseconds, what is finer is cut."""
    time_us[0] = 0
    if not time.present:
        return 0
    if not 0 <= time.seconds <= TIME_S_STOP or not 0 <= time.nanos <= 999_999_999:
        return TIME_OUT_OF_RANGE
    time_us[0] = time.seconds * SECOND_US + time.nanos // 1000
    return TIME_PRESENT

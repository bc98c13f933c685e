"""Records in quarantine: which, why, and everything that was readable of them."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdio cimport snprintf
from libc.stdlib cimport free, realloc
from libc.string cimport memset

from tonne_kernel.arrow.c_export cimport TableColumn
from tonne_kernel.arrow.table cimport ArrowTable, new_table
from tonne_kernel.memory.buffers cimport (
    TextColumn, text_start, texts_append, texts_copy, texts_free,
)
from tonne_kernel.records.batch_columns cimport REJECT_TEXT_COUNT, BatchColumns, Reject
from tonne_kernel.records.rows cimport next_record
from tonne_kernel.values.constants cimport MICRO_PER_ONE
from tonne_kernel.values.dictionary cimport Key

cdef enum:
    CAPACITY_MIN = 16
    QUANTITY_PLACE = 3          # of the quantity among the reject texts
    QUANTITY_SIZE_MAX = 40      # bytes of "-999999999999.999999999999999999" and more

cdef struct QuarantineColumns:
    int32_t *channel
    int64_t *offset
    uint8_t *status
    uint8_t *field
    TextColumn[REJECT_TEXT_COUNT] texts
    int64_t *start_us
    int64_t *end_us
    uint8_t *has_start          # bitmaps
    uint8_t *has_end
    int64_t start_null_count
    int64_t end_null_count
    TextColumn raw


cdef int refused_append(
    RefusedList *list, int slice_index, int64_t row, int64_t reject, int status, int field
) noexcept nogil:
    cdef int64_t capacity
    cdef void *data
    cdef Refused *item
    if list.count == list.capacity:
        capacity = list.capacity * 2 if list.capacity > 0 else CAPACITY_MIN
        data = realloc(list.items, <size_t>capacity * sizeof(Refused))
        if data == NULL:
            return -1
        list.items = <Refused *>data
        list.capacity = capacity
    item = &list.items[list.count]
    item.row = row
    item.reject = reject
    item.slice_index = slice_index
    item.status = <uint8_t>status
    item.field = <uint8_t>field
    list.count += 1
    return 0


cdef void refused_free(RefusedList *list) noexcept nogil:
    free(list.items)
    memset(list, 0, sizeof(RefusedList))


cdef ArrowTable export_quarantine(
    const RefusedList *list, const Source *sources, const TextColumn *channels
):
    cdef ArrowTable table = new_table(list.count)
    cdef QuarantineColumns columns
    cdef TextColumn channel_texts
    cdef int result, index
    memset(&channel_texts, 0, sizeof(TextColumn))
    memset(&columns, 0, sizeof(QuarantineColumns))
    columns.channel = <int32_t *>table.allocate(list.count * 4)
    columns.offset = <int64_t *>table.allocate(list.count * 8)
    columns.status = <uint8_t *>table.allocate(list.count)
    columns.field = <uint8_t *>table.allocate(list.count)
    columns.start_us = <int64_t *>table.allocate(list.count * 8)
    columns.end_us = <int64_t *>table.allocate(list.count * 8)
    columns.has_start = <uint8_t *>table.allocate(list.count // 8 + 1)
    columns.has_end = <uint8_t *>table.allocate(list.count // 8 + 1)
    memset(columns.has_start, 0, <size_t>(list.count // 8 + 1))
    memset(columns.has_end, 0, <size_t>(list.count // 8 + 1))
    try:
        with nogil:
            result = texts_copy(&channel_texts, channels)
            if result == 0:
                result = _fill(list, sources, &columns)
            if result == 0:
                result = _fill_raw(list, sources, &columns.raw)
        if result != 0:
            raise MemoryError(f"quarantine of {list.count} records")
        _add_columns(table, &columns, &channel_texts)
    finally:
        texts_free(&channel_texts)
        texts_free(&columns.raw)
        for index in range(REJECT_TEXT_COUNT):
            texts_free(&columns.texts[index])
    return table


cdef int _add_columns(
    ArrowTable table, QuarantineColumns *columns, TextColumn *channels
) except -1:
    cdef TableColumn *column
    table.add_views("channel", columns.channel, channels)
    table.add_fixed("offset", "l", columns.offset)
    table.add_fixed("status", "C", columns.status)
    table.add_fixed("field", "C", columns.field)
    table.add_texts("record_id", "U", &columns.texts[0])
    table.add_texts("facility", "U", &columns.texts[1])
    table.add_texts("activity", "U", &columns.texts[2])
    table.add_texts("quantity", "U", &columns.texts[QUANTITY_PLACE])
    table.add_texts("unit", "U", &columns.texts[4])
    table.add_texts("region", "U", &columns.texts[5])
    table.add_texts("evidence", "U", &columns.texts[6])
    table.add_texts("unread", "U", &columns.texts[7])
    column = table.add_fixed("start", "l", columns.start_us)
    column.buffers[0] = columns.has_start
    column.null_count = columns.start_null_count
    column = table.add_fixed("end", "l", columns.end_us)
    column.buffers[0] = columns.has_end
    column.null_count = columns.end_null_count
    table.add_texts("raw", "Z", &columns.raw)
    return 0


cdef int _fill(
    const RefusedList *list, const Source *sources, QuarantineColumns *columns
) noexcept nogil:
    cdef const Refused *item
    cdef const Source *source
    cdef const Reject *reject
    cdef bint has_start, has_end
    cdef int64_t index
    for index in range(list.count):
        item = &list.items[index]
        source = &sources[item.slice_index]
        columns.channel[index] = source.channel
        columns.offset[index] = source.first_offset + item.row
        columns.status[index] = item.status
        columns.field[index] = item.field
        columns.start_us[index] = source.columns.start_us[item.row]
        columns.end_us[index] = source.columns.end_us[item.row]
        has_start = has_end = True
        if item.reject >= 0:
            reject = &source.columns.rejects[item.reject]
            has_start = reject.has_start
            has_end = reject.has_end
            if _add_reject_texts(columns, source.columns, item.reject):
                return -1
        elif _add_record_texts(columns, source, item.row):
            return -1
        columns.has_start[index >> 3] |= <uint8_t>(has_start << (index & 7))
        columns.has_end[index >> 3] |= <uint8_t>(has_end << (index & 7))
        columns.start_null_count += not has_start
        columns.end_null_count += not has_end
    return 0


cdef int _add_reject_texts(
    QuarantineColumns *columns, const BatchColumns *batch, int64_t reject
) noexcept nogil:
    cdef int64_t first = reject * REJECT_TEXT_COUNT
    cdef int index
    for index in range(REJECT_TEXT_COUNT):
        if _append_from(&columns.texts[index], &batch.reject_texts, first + index):
            return -1
    return 0


cdef int _add_record_texts(
    QuarantineColumns *columns, const Source *source, int64_t row
) noexcept nogil:
    """Texts of a record that was valid by itself, but that a rule refused."""
    cdef const Key *key = &source.dictionaries.keys.keys[source.columns.key[row]]
    cdef char text[QUANTITY_SIZE_MAX]
    cdef int length = _write_quantity(source.columns, row, text)
    return (
        _append_from(&columns.texts[0], &source.columns.record_id, row)
        or _append_from(&columns.texts[1], &source.dictionaries.facility.texts, key.facility)
        or _append_from(&columns.texts[2], &source.dictionaries.activity.texts, key.activity)
        or texts_append(&columns.texts[QUANTITY_PLACE], <const uint8_t *>text, length)
        or _append_from(&columns.texts[4], &source.dictionaries.unit.texts, key.unit)
        or _append_from(&columns.texts[5], &source.dictionaries.region.texts, key.region)
        or _append_evidence(&columns.texts[6], &source.columns.evidence, row)
        or texts_append(&columns.texts[7], NULL, 0)
    )


cdef int _write_quantity(const BatchColumns *columns, int64_t row, char *text) noexcept nogil:
    """Write a quantity with 6 places, or as many of 18 as it has. The size of the text."""
    cdef int64_t micro = columns.quantity_micro[row]
    cdef int64_t rest = columns.quantity_rest[row] if columns.quantity_rest != NULL else 0
    cdef int64_t size = -micro if micro < 0 else micro
    cdef const char *sign = b"-" if micro < 0 or rest < 0 else b""
    cdef int length = snprintf(
        text, QUANTITY_SIZE_MAX, "%s%lld.%06lld", sign,
        <long long>(size // MICRO_PER_ONE), <long long>(size % MICRO_PER_ONE))
    if rest == 0:
        return length
    length += snprintf(
        text + length, <size_t>(QUANTITY_SIZE_MAX - length), "%012lld",
        <long long>(-rest if rest < 0 else rest))
    while text[length - 1] == c"0":
        length -= 1
    return length


cdef inline int _append_evidence(
    TextColumn *target, const TextColumn *evidence, int64_t row
) noexcept nogil:
    """Append a record's evidence, which a batch has for no row or for all of them."""
    if row >= evidence.count:
        return texts_append(target, NULL, 0)
    return _append_from(target, evidence, row)


cdef inline int _append_from(
    TextColumn *target, const TextColumn *source, int64_t index
) noexcept nogil:
    cdef int64_t start = text_start(source, index)
    return texts_append(target, source.bytes.data + start, source.stops[index] - start)


cdef int _fill_raw(
    const RefusedList *list, const Source *sources, TextColumn *raw
) noexcept nogil:
    """The bytes of each record: its message is walked once more, record by record."""
    cdef const uint8_t *at = NULL
    cdef const uint8_t *stop = NULL
    cdef const uint8_t *data = NULL
    cdef const Refused *item
    cdef int64_t size = 0
    cdef int64_t next_row = 0
    cdef int64_t index
    cdef int slice_index = -1
    for index in range(list.count):
        item = &list.items[index]
        if item.slice_index != slice_index:
            slice_index = item.slice_index
            at = sources[slice_index].rows
            stop = at + sources[slice_index].rows_size if at != NULL else NULL
            next_row = 0
        data = NULL
        size = 0
        while next_row <= item.row and at != NULL:
            if not next_record(&at, stop, &data, &size):
                size = 0
                break
            next_row += 1
        if texts_append(raw, data, size):
            return -1
    return 0

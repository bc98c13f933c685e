"""The columns of a segment while it is filled: posted and suspended records."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memset

from tonne_kernel.arrow.table cimport ArrowTable, new_table
from tonne_kernel.memory.blocks cimport block_allocate, block_allocate_zeros, block_free
from tonne_kernel.memory.buffers cimport (
    TextColumn, text_start, texts_append, texts_free, texts_pad, texts_reserve,
)
from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.values.dictionary cimport Dictionaries
from tonne_kernel.values.int128 cimport i128, i128_of
from tonne_kernel.values.text cimport Interner, intern

cdef enum:
    ROWS_PER_TEXT_MIN = 16      # from which on codes are written faster than texts


cdef int segment_allocate(
    SegmentColumns *segment, int64_t row_count, int64_t batch_row_count, int64_t record_id_bytes
) noexcept nogil:
    memset(segment, 0, sizeof(SegmentColumns))
    segment.capacity = row_count
    segment.channel = <int32_t *>block_allocate(row_count * 4)
    segment.offset = <int64_t *>block_allocate(row_count * 8)
    segment.facility = <int32_t *>block_allocate(row_count * 4)
    segment.activity = <int32_t *>block_allocate(row_count * 4)
    segment.unit = <int32_t *>block_allocate(row_count * 4)
    segment.region = <int32_t *>block_allocate(row_count * 4)
    segment.rule = <int32_t *>block_allocate(row_count * 4)
    segment.quantity_micro = <i128 *>block_allocate(row_count * 16)
    segment.start_us = <int64_t *>block_allocate(row_count * 8)
    segment.end_us = <int64_t *>block_allocate(row_count * 8)
    segment.status = <uint8_t *>block_allocate(row_count)
    segment.kept = <int32_t *>block_allocate(batch_row_count * 4)
    if (
        segment.channel == NULL or segment.offset == NULL or segment.facility == NULL
        or segment.activity == NULL or segment.unit == NULL or segment.region == NULL
        or segment.rule == NULL or segment.quantity_micro == NULL or segment.start_us == NULL
        or segment.end_us == NULL or segment.status == NULL or segment.kept == NULL
        or texts_reserve(&segment.record_id, row_count, record_id_bytes)
    ):
        segment_free(segment)
        return -1
    return 0


cdef void segment_free(SegmentColumns *segment) noexcept nogil:
    block_free(segment.channel)
    block_free(segment.offset)
    texts_free(&segment.record_id)
    block_free(segment.facility)
    block_free(segment.activity)
    block_free(segment.unit)
    block_free(segment.region)
    block_free(segment.rule)
    block_free(segment.quantity_micro)
    block_free(segment.start_us)
    block_free(segment.end_us)
    block_free(segment.status)
    block_free(segment.kept)
    block_free(segment.quantity_rest)
    block_free(segment.supplier)
    block_free(segment.product)
    block_free(segment.data_quality)
    texts_free(&segment.evidence)
    texts_free(&segment.attributes)
    memset(segment, 0, sizeof(SegmentColumns))


cdef int segment_add_texts(
    SegmentColumns *segment, int64_t first, int64_t count, const BatchColumns *columns,
    const Dictionaries *source, Dictionaries *target
) noexcept nogil:
    if count == columns.count:
        if _append_all(&segment.record_id, &columns.record_id):
            return -1
    elif _append_kept(&segment.record_id, &columns.record_id, segment.kept, count):
        return -1
    if columns.quantity_rest != NULL and _add_rests(segment, first, count, columns):
        return -1
    if columns.supplier != NULL and _add_codes(
        segment, &segment.supplier, first, count, columns.supplier,
        &source.supplier, &target.supplier
    ):
        return -1
    if columns.product != NULL and _add_codes(
        segment, &segment.product, first, count, columns.product,
        &source.product, &target.product
    ):
        return -1
    if columns.data_quality != NULL and _add_data_quality(segment, first, count, columns):
        return -1
    if columns.evidence.count and _add_optional_texts(
        segment, &segment.evidence, first, count, &columns.evidence
    ):
        return -1
    if columns.attributes.count and _add_optional_texts(
        segment, &segment.attributes, first, count, &columns.attributes
    ):
        return -1
    return 0


cdef ArrowTable export_segment(
    SegmentColumns *segment, TextColumn *channels, Dictionaries *dictionaries
):
    cdef ArrowTable table = new_table(segment.count)
    _give_texts(table, "channel", &segment.channel, channels)
    table.add_fixed("offset", "l", _give(table, <void **>&segment.offset))
    table.add_texts("record_id", "U", &segment.record_id)
    _give_texts(table, "facility", &segment.facility, &dictionaries.facility.texts)
    _give_texts(table, "activity", &segment.activity, &dictionaries.activity.texts)
    _give_texts(table, "unit", &segment.unit, &dictionaries.unit.texts)
    _give_texts(table, "region", &segment.region, &dictionaries.region.texts)
    table.add_fixed("quantity", "d:18,6", _give(table, <void **>&segment.quantity_micro))
    table.add_fixed("start", "tsu:UTC", _give(table, <void **>&segment.start_us))
    table.add_fixed("end", "tsu:UTC", _give(table, <void **>&segment.end_us))
    table.add_fixed("status", "C", _give(table, <void **>&segment.status))
    table.add_fixed("rule", "i", _give(table, <void **>&segment.rule))
    if segment.quantity_rest != NULL:
        table.add_fixed(
            "quantity_rest", "d:18,18", _give(table, <void **>&segment.quantity_rest))
    if segment.supplier != NULL:
        _give_texts(table, "supplier", &segment.supplier, &dictionaries.supplier.texts)
    if segment.product != NULL:
        _give_texts(table, "product", &segment.product, &dictionaries.product.texts)
    if segment.data_quality != NULL:
        table.add_fixed("data_quality", "C", _give(table, <void **>&segment.data_quality))
    # The columns end with their last text; Arrow wants a text for every row.
    if (
        segment.evidence.count and texts_pad(&segment.evidence, segment.count)
        or segment.attributes.count and texts_pad(&segment.attributes, segment.count)
    ):
        raise MemoryError
    if segment.evidence.count:
        table.add_texts("evidence", "U", &segment.evidence)
    if segment.attributes.count:
        table.add_texts("attributes", "U", &segment.attributes)
    return table


cdef void *_give(ArrowTable table, void **data) except? NULL:
    """Hand a buffer over to the table."""
    cdef void *given = data[0]
    table.adopt(given)
    data[0] = NULL
    return given


cdef int _give_texts(
    ArrowTable table, const char *name, int32_t **codes, TextColumn *texts
) except -1:
    """Hand codes over: with their texts where those are few, or else as the texts themselves."""
    cdef int32_t *given = <int32_t *>_give(table, <void **>codes)
    if max(texts.count, <int64_t>1) * ROWS_PER_TEXT_MIN > table.row_count:
        return table.add_views(name, given, texts)
    return table.add_codes(name, given, texts)


cdef int _append_all(TextColumn *target, const TextColumn *source) noexcept nogil:
    """All texts of a column: one copy of their bytes, and the shifted stops."""
    cdef int64_t base = target.bytes.size
    cdef int64_t index
    cdef int64_t *stops
    if texts_reserve(target, source.count, source.bytes.size):
        return -1
    if source.bytes.size > 0:
        memcpy(target.bytes.data + base, source.bytes.data, <size_t>source.bytes.size)
    stops = target.stops + target.count
    for index in range(source.count):
        stops[index] = source.stops[index] + base
    target.bytes.size += source.bytes.size
    target.count += source.count
    return 0


cdef int _append_kept(
    TextColumn *target, const TextColumn *source, const int32_t *kept, int64_t count
) noexcept nogil:
    cdef int64_t index, start
    if texts_reserve(target, count, 0):
        return -1
    for index in range(count):
        start = text_start(source, kept[index])
        if texts_append(target, source.bytes.data + start, source.stops[kept[index]] - start):
            return -1
    return 0


cdef int _add_codes(
    SegmentColumns *segment, int32_t **column, int64_t first, int64_t count,
    const int32_t *codes, const Interner *source, Interner *target
) noexcept nogil:
    """Codes of the session's dictionary become codes of the segment's."""
    cdef int32_t last = -1
    cdef int32_t last_here = 0
    cdef int32_t code
    cdef int64_t index, start
    for index in range(count):
        code = codes[segment.kept[index]]
        if code < 0:
            continue
        if column[0] == NULL:
            column[0] = <int32_t *>block_allocate_zeros(
                segment.capacity * <int64_t>sizeof(int32_t))
            if column[0] == NULL or intern(target, NULL, 0) != 0:
                return -1
        if code != last:
            start = text_start(&source.texts, code)
            last_here = intern(
                target, source.texts.bytes.data + start, source.texts.stops[code] - start)
            if last_here < 0:
                return -1
            last = code
        column[0][first + index] = last_here
    return 0


cdef int _add_rests(
    SegmentColumns *segment, int64_t first, int64_t count, const BatchColumns *columns
) noexcept nogil:
    cdef int64_t index, rest
    for index in range(count):
        rest = columns.quantity_rest[segment.kept[index]]
        if rest == 0:
            continue
        if segment.quantity_rest == NULL:
            segment.quantity_rest = <i128 *>block_allocate_zeros(segment.capacity * 16)
            if segment.quantity_rest == NULL:
                return -1
        segment.quantity_rest[first + index] = i128_of(rest)
    return 0


cdef int _add_data_quality(
    SegmentColumns *segment, int64_t first, int64_t count, const BatchColumns *columns
) noexcept nogil:
    cdef int64_t index
    for index in range(count):
        if columns.data_quality[segment.kept[index]] == 0:
            continue
        if segment.data_quality == NULL:
            segment.data_quality = <uint8_t *>block_allocate_zeros(segment.capacity)
            if segment.data_quality == NULL:
                return -1
        segment.data_quality[first + index] = columns.data_quality[segment.kept[index]]
    return 0


cdef int _add_optional_texts(
    SegmentColumns *segment, TextColumn *target, int64_t first, int64_t count,
    const TextColumn *source
) noexcept nogil:
    cdef int64_t index, row, start
    for index in range(count):
        row = segment.kept[index]
        start = text_start(source, row)
        if source.stops[row] > start and (
            texts_pad(target, first + index)
            or texts_append(target, source.bytes.data + start, source.stops[row] - start)
        ):
            return -1
    return 0

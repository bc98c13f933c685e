"""One column of a record batch or dictionary batch: its buffers, bounded, and its texts.

Source: Apache Arrow format, https://arrow.apache.org/docs/format/Columnar.html (Physical Memory
Layout, Recordbatch message). Nodes and buffers stand in the metadata in the order of the columns.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy

from tonne_kernel.arrow.fault cimport (
    FAULT_BUFFERS, FAULT_BUFFER_RANGE, FAULT_BUFFER_SIZE, FAULT_INDEX, FAULT_NODE_LENGTH,
    FAULT_NULL_COUNT, FAULT_OFFSETS, FAULT_VIEW, Fault, set_fault,
)
from tonne_kernel.arrow.numbers cimport widen_ints
from tonne_kernel.arrow.schema cimport (
    TYPE_LARGE_UTF8, TYPE_NULL, TYPE_OTHER, TYPE_UTF8, TYPE_UTF8_VIEW, ColumnType, value_width,
)
from tonne_kernel.arrow.views cimport VIEW_INLINE_BYTES
from tonne_kernel.memory.buffers cimport Span


cdef int bind_column(
    Layout *layout, int place, const ColumnType *column_type, ArrowColumn *column, Span *blocks,
    Fault *fault
) noexcept nogil:
    """Bind one column; its count is set. 0 or -1."""
    cdef const uint8_t *node = layout.nodes.data + layout.nodes.position + PAIR_SIZE * place
    cdef int64_t length = _load_int64(node)
    cdef int64_t null_count = _load_int64(node + 8)
    cdef int kind = column_type.kind
    cdef int field = column_type.field
    cdef Span validity, offsets, values
    column.validity = NULL
    column.offsets = NULL
    column.data = NULL
    column.data_size = 0
    column.block_count = 0
    if length != column.count:
        return set_fault(fault, FAULT_NODE_LENGTH, field, length, column.count)
    if null_count < 0 or null_count > length:
        return set_fault(fault, FAULT_NULL_COUNT, field, null_count, length)
    if kind == TYPE_NULL:
        return 0
    if _next_buffer(layout, field, &validity, fault) < 0:
        return -1
    if null_count > 0:
        if validity.size < (length >> 3) + ((length & 7) != 0):
            return set_fault(fault, FAULT_BUFFER_SIZE, field, length, validity.size)
        column.validity = validity.data
    if column_type.index_kind != TYPE_OTHER:
        kind = column_type.index_kind
    if kind == TYPE_UTF8 or kind == TYPE_LARGE_UTF8:
        if _next_buffer(layout, field, &offsets, fault) < 0:
            return -1
        if length > 0 and length >= offsets.size // (4 if kind == TYPE_UTF8 else 8):
            return set_fault(fault, FAULT_BUFFER_SIZE, field, length, offsets.size)
        column.offsets = offsets.data
        if _next_buffer(layout, field, &values, fault) < 0:
            return -1
    else:
        if _next_buffer(layout, field, &values, fault) < 0:
            return -1
        if length > values.size // value_width(kind):
            return set_fault(fault, FAULT_BUFFER_SIZE, field, length, values.size)
        if kind == TYPE_UTF8_VIEW and _bind_blocks(layout, field, column, blocks, fault) < 0:
            return -1
    column.data = values.data
    column.data_size = values.size
    return 0


cdef int _bind_blocks(
    Layout *layout, int field, ArrowColumn *column, Span *blocks, Fault *fault
) noexcept nogil:
    """Bind the further buffers of a column of text views. 0 or -1."""
    cdef int64_t count, block
    if layout.variadic == layout.variadic_counts.count:
        return set_fault(fault, FAULT_BUFFERS, field, layout.variadic, layout.variadic + 1)
    count = _load_int64(layout.variadic_counts.data + layout.variadic_counts.position
                        + 8 * layout.variadic)
    layout.variadic += 1
    if count < 0 or count > layout.buffers.count - layout.buffer:
        return set_fault(fault, FAULT_BUFFERS, field, layout.buffers.count, count)
    for block in range(count):
        if _next_buffer(layout, field, &blocks[block], fault) < 0:
            return -1
    column.block_count = count
    return 0


cdef int _next_buffer(Layout *layout, int field, Span *span, Fault *fault) noexcept nogil:
    """Find the next buffer of a batch, which must lie within the body. 0 or -1."""
    cdef const uint8_t *pair
    cdef int64_t offset, size
    if layout.buffer == layout.buffers.count:
        return set_fault(fault, FAULT_BUFFERS, field, layout.buffers.count, layout.buffer + 1)
    pair = layout.buffers.data + layout.buffers.position + PAIR_SIZE * layout.buffer
    offset = _load_int64(pair)
    size = _load_int64(pair + 8)
    if offset < 0 or size < 0:
        return set_fault(fault, FAULT_BUFFER_RANGE, field, min(offset, size), layout.body.size)
    if offset > layout.body.size or size > layout.body.size - offset:
        return set_fault(fault, FAULT_BUFFER_RANGE, field, max(offset, size), layout.body.size)
    span.data = layout.body.data + offset
    span.size = size
    layout.buffer += 1
    return 0


cdef int find_texts(
    const ArrowColumn *column, const ColumnType *column_type, Span *texts, Fault *fault
) noexcept nogil:
    """Find the texts of a text column into texts (OUT, column.count of them)."""
    cdef int64_t row
    if column_type.kind == TYPE_UTF8:
        row = _find_offset_texts(column, 4, texts, fault)
    elif column_type.kind == TYPE_LARGE_UTF8:
        row = _find_offset_texts(column, 8, texts, fault)
    else:
        row = _find_view_texts(column, texts, fault)
    if row < column.count:
        fault.field = column_type.field
        fault.record_index = row
        return -1
    if column.validity is not NULL:
        for row in range(column.count):
            if not is_valid(column, row):
                texts[row].size = 0
    return 0


cdef int find_indices(
    const ArrowColumn *column, const ColumnType *column_type, int64_t value_count,
    int64_t *indices, Fault *fault
) noexcept nogil:
    """Find the indices of a dictionary column into indices (OUT, column.count of them)."""
    cdef uint64_t stop = value_count
    cdef uint64_t worst = 0
    cdef int64_t row
    widen_ints(column.data, column_type.index_kind, column.count, indices)
    if column.validity is not NULL:
        for row in range(column.count):
            if not is_valid(column, row):
                indices[row] = value_count
            elif indices[row] == value_count:
                indices[row] = INT64_MAX    # the index of null is for nulls alone
        stop += 1
    for row in range(column.count):
        worst |= <uint64_t> indices[row] >= stop
    if worst == 0:
        return 0
    row = 0
    while <uint64_t> indices[row] < stop:
        row += 1
    widen_ints(column.data + row * value_width(column_type.index_kind),
               column_type.index_kind, 1, &indices[row])
    set_fault(fault, FAULT_INDEX, column_type.field, indices[row], value_count)
    fault.record_index = row
    return -1


cdef int64_t _find_offset_texts(
    const ArrowColumn *column, int64_t width, Span *texts, Fault *fault
) noexcept nogil:
    """Find texts between offsets of `width` bytes; returns the first row at fault or the count."""
    cdef int64_t row, start, stop
    if column.count == 0:
        return 0
    start = _load_offset(column.offsets, width)
    if start < 0:
        set_fault(fault, FAULT_OFFSETS, 0, start, column.data_size)
        return 0
    for row in range(column.count):
        stop = _load_offset(column.offsets + (row + 1) * width, width)
        if stop < start or stop > column.data_size:
            set_fault(fault, FAULT_OFFSETS, 0, stop, column.data_size)
            return row
        texts[row].data = column.data + start
        texts[row].size = stop - start
        start = stop
    return column.count


cdef int64_t _find_view_texts(
    const ArrowColumn *column, Span *texts, Fault *fault
) noexcept nogil:
    """Find texts of views, but of nulls; returns the first row at fault, or the row count."""
    cdef const uint8_t *view
    cdef const Span *block
    cdef int64_t row, size, index, offset
    for row in range(column.count):
        view = column.data + 16 * row
        size = _load_int32(view)
        texts[row].data = view + 4
        texts[row].size = size
        if 0 <= size <= VIEW_INLINE_BYTES:
            continue
        if not is_valid(column, row):
            texts[row].size = 0
            continue
        index = _load_int32(view + 8)
        offset = _load_int32(view + 12)
        if size < 0 or index < 0 or index >= column.block_count or offset < 0:
            set_fault(fault, FAULT_VIEW, 0, size, column.block_count)
            return row
        block = &column.blocks[index]
        if (
            offset > block.size
            or size > block.size - offset
            or memcmp(view + 4, block.data + offset, 4) != 0
        ):
            set_fault(fault, FAULT_VIEW, 0, size, column.block_count)
            return row
        texts[row].data = block.data + offset
    return column.count


cdef inline int64_t _load_offset(const uint8_t *data, int64_t width) noexcept nogil:
    return _load_int32(data) if width == 4 else _load_int64(data)


cdef inline int64_t _load_int32(const uint8_t *data) noexcept nogil:
    cdef int32_t value
    memcpy(&value, data, sizeof(value))
    return value


cdef inline int64_t _load_int64(const uint8_t *data) noexcept nogil:
    cdef int64_t value
    memcpy(&value, data, sizeof(value))
    return value

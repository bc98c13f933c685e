"""A bounds-checked reader of the Arrow IPC stream format.

Source: Apache Arrow format, https://arrow.apache.org/docs/format/Columnar.html (Serialization
and Interprocess Communication) and Message.fbs. The numbers of tables' fields below are those
of that file.

A message is: 0xFFFFFFFF, int32 size of the metadata, metadata (a flatbuffer), body. A stream
ends at a message whose metadata has size 0, or at the end of its bytes. Sizes are compared
with what is left before they are added or multiplied, so that no sum can wrap.
"""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcmp, memcpy, memset

from tonne_kernel.arrow_fault cimport (
    FAULT_BUFFER_RANGE, FAULT_BUFFER_SIZE, FAULT_BUFFERS, FAULT_COMPRESSED, FAULT_CUT,
    FAULT_DICTIONARY, FAULT_FRAMING, FAULT_HEADER, FAULT_LENGTH, FAULT_MEMORY, FAULT_METADATA,
    FAULT_NODE_LENGTH, FAULT_NODES, FAULT_NULL_COUNT, FAULT_OFFSETS, FAULT_RECORDS,
    FAULT_TRAILING, FAULT_VERSION, FAULT_VIEW, Fault, raise_fault, set_fault,
)
from tonne_kernel.arrow_schema cimport (
    TYPE_LARGE_UTF8, TYPE_NULL, TYPE_OTHER, TYPE_UTF8, TYPE_UTF8_VIEW, ColumnType, read_schema,
    value_width,
)
from tonne_kernel.batch cimport Span
from tonne_kernel.flatbuffers cimport (
    BROKEN, PRESENT, Table, Vector, find_root, read_int, read_table, read_vector,
)

from tonne_kernel.errors import BatchError

cdef enum:                      # fields of tables
    MESSAGE_VERSION = 0
    MESSAGE_HEADER_TYPE = 1
    MESSAGE_HEADER = 2
    MESSAGE_BODY_LENGTH = 3
    DICTIONARY_ID = 0
    DICTIONARY_DATA = 1
    DICTIONARY_IS_DELTA = 2
    BATCH_LENGTH = 0
    BATCH_NODES = 1
    BATCH_BUFFERS = 2
    BATCH_COMPRESSION = 3
    BATCH_VARIADIC_COUNTS = 4

cdef enum:
    VERSION_V4 = 3
    VERSION_V5 = 4
    HEADER_SCHEMA = 1
    HEADER_DICTIONARY = 2
    HEADER_RECORDS = 3
    PAIR_SIZE = 16              # FieldNode and Buffer: two int64
    VIEW_INLINE_MAX = 12        # bytes of a text that stands in its view


cdef struct Layout:
    # A cursor over the nodes and buffers of one batch
    Vector nodes
    Vector buffers
    Vector variadic_counts
    int64_t buffer              # the next one
    int64_t variadic            # the next one
    const Span *body


@cython.final
cdef class ArrowStream:
    """One Arrow IPC stream inside a message."""

    def __cinit__(self):
        memset(self.dictionaries, 0, sizeof(self.dictionaries))

    def __dealloc__(self):
        for dictionary in range(self.dictionary_count):
            free(self.dictionaries[dictionary].values)
        free(self.blocks)

    cdef int open(self, bytes message, int64_t start, int64_t stop) except -1:
        """Read the schema of the stream in message[start:stop]. Raises BatchError."""
        cdef Table header
        cdef Span body
        cdef int64_t kind
        cdef int found
        self.message = message
        self.data = <const uint8_t *> <const char *> message
        self.position = start
        self.stop = stop
        found = self.next_message(&header, &kind, &body)
        if found < 0:
            raise_fault(&self.fault)
        if found == 0 or kind != HEADER_SCHEMA:
            raise BatchError("an Arrow IPC stream must begin with its schema",
                             reason="ARROW_INVALID", record_index=-1, field="")
        read_schema(&header, &self.schema)
        self.first = self.position
        for column in range(self.schema.count):
            self.dictionary_of[column] = self.find_dictionary(&self.schema.columns[column])
        return 0

    cdef int find_dictionary(self, const ColumnType *column_type) except -2:
        """Place of a column's dictionary, -1 without; columns may share one of one type."""
        cdef ArrowDictionary *dictionary
        cdef int place
        if column_type.index_kind == TYPE_OTHER:
            return -1
        for place in range(self.dictionary_count):
            dictionary = &self.dictionaries[place]
            if dictionary.id == column_type.dictionary_id:
                if dictionary.values_type.kind != column_type.kind:
                    set_fault(&self.fault, FAULT_METADATA, column_type.field, 0, 0)
                    raise_fault(&self.fault)
                return place
        dictionary = &self.dictionaries[self.dictionary_count]
        dictionary.id = column_type.dictionary_id
        dictionary.values_type = column_type[0]
        dictionary.values_type.index_kind = TYPE_OTHER
        self.dictionary_count += 1
        return self.dictionary_count - 1

    cdef int64_t count_records(self, int64_t records_max) noexcept nogil:
        """Records of the whole stream, at most `records_max`; -1: a fault."""
        cdef Table header
        cdef Span body
        cdef int64_t kind, length, count = 0
        cdef int found
        while True:
            found = self.next_message(&header, &kind, &body)
            if found < 0:
                return -1
            if found == 0:
                self.position = self.first
                return count
            if kind == HEADER_RECORDS:
                if read_int(&header, BATCH_LENGTH, 8, 0, &length) == BROKEN:
                    return set_fault(&self.fault, FAULT_METADATA, 0, 0, 0)
                if length < 0:
                    return set_fault(&self.fault, FAULT_LENGTH, 0, length, 0)
                if length > records_max - count:
                    length = min(length, <int64_t> 1 << 62)
                    return set_fault(&self.fault, FAULT_RECORDS, 0, count + length, records_max)
                count += length

    cdef int64_t next_batch(self) noexcept nogil:
        """Take dictionaries up to the next record batch and bind its columns."""
        cdef Table header
        cdef Span body
        cdef int64_t kind
        cdef int found
        while True:
            found = self.next_message(&header, &kind, &body)
            if found < 0:
                return -1
            if found == 0:
                return -2
            if kind == HEADER_RECORDS:
                return self.bind(
                    &header, &body, self.schema.columns, self.schema.count, self.columns)
            if kind != HEADER_DICTIONARY:
                return set_fault(&self.fault, FAULT_HEADER, 0, kind, 0)
            if self.take_dictionary(&header, &body) < 0:
                return -1

    cdef int next_message(self, Table *header, int64_t *kind, Span *body) noexcept nogil:
        """Frame one message and step behind it. 1; 0: the stream has ended; -1: a fault."""
        cdef Table message
        cdef int64_t left = self.stop - self.position
        cdef int64_t size, version, body_size
        if left == 0:
            return 0
        if left < 8:
            return set_fault(&self.fault, FAULT_CUT, 0, 8, left)
        if _load_int32(self.data + self.position) != -1:
            return set_fault(&self.fault, FAULT_FRAMING, 0,
                             _load_int32(self.data + self.position), 0)
        size = _load_int32(self.data + self.position + 4)
        self.position += 8
        left -= 8
        if size == 0:
            if left > 0:
                return set_fault(&self.fault, FAULT_TRAILING, 0, left, 0)
            return 0
        if size < 0 or size > left:
            return set_fault(&self.fault, FAULT_CUT, 0, size, left)
        if (
            find_root(self.data + self.position, size, &message) != PRESENT
            or read_int(&message, MESSAGE_VERSION, 2, 0, &version) == BROKEN
            or read_int(&message, MESSAGE_HEADER_TYPE, 1, 0, kind) == BROKEN
            or read_int(&message, MESSAGE_BODY_LENGTH, 8, 0, &body_size) == BROKEN
            or read_table(&message, MESSAGE_HEADER, header) != PRESENT
        ):
            return set_fault(&self.fault, FAULT_METADATA, 0, 0, 0)
        if version != VERSION_V4 and version != VERSION_V5:
            return set_fault(&self.fault, FAULT_VERSION, 0, version, 0)
        self.position += size
        left -= size
        if body_size < 0:
            return set_fault(&self.fault, FAULT_LENGTH, 0, body_size, 0)
        if body_size > left:
            return set_fault(&self.fault, FAULT_CUT, 0, body_size, left)
        body.data = self.data + self.position
        body.size = body_size
        self.position += body_size
        return 1

    cdef int take_dictionary(self, const Table *header, const Span *body) noexcept nogil:
        """Replace the values of a dictionary, or append a delta to them."""
        cdef ArrowDictionary *dictionary = NULL
        cdef ArrowColumn column
        cdef Table batch
        cdef Span *values
        cdef int64_t id, is_delta, count
        cdef int place
        if (
            read_int(header, DICTIONARY_ID, 8, 0, &id) == BROKEN
            or read_int(header, DICTIONARY_IS_DELTA, 1, 0, &is_delta) == BROKEN
            or read_table(header, DICTIONARY_DATA, &batch) != PRESENT
        ):
            return set_fault(&self.fault, FAULT_METADATA, 0, 0, 0)
        for place in range(self.dictionary_count):
            if self.dictionaries[place].id == id:
                dictionary = &self.dictionaries[place]
        if dictionary is NULL:
            return set_fault(&self.fault, FAULT_DICTIONARY, 0, id, 0)
        count = self.bind(&batch, body, &dictionary.values_type, 1, &column)
        if count < 0:
            return -1
        if not is_delta:
            dictionary.generation += 1
            dictionary.count = 0
        # Every value takes at least 4 bytes of the body, so that `count` is below 2**61.
        if count > dictionary.capacity - dictionary.count:
            # Twice as much as before, so that many small deltas cost no more than their bytes.
            dictionary.capacity = max(dictionary.count + count, 2 * dictionary.capacity)
            values = <Span *> realloc(dictionary.values, dictionary.capacity * sizeof(Span))
            if values is NULL:
                return set_fault(&self.fault, FAULT_MEMORY, 0, 0, 0)
            dictionary.values = values
        if find_texts(&column, &dictionary.values_type, dictionary.values + dictionary.count,
                      &self.fault) < 0:
            self.fault.record_index = -1
            return -1
        dictionary.count += count
        return 0

    cdef int64_t bind(
        self, const Table *batch, const Span *body, const ColumnType *types, int count,
        ArrowColumn *columns
    ) noexcept nogil:
        """Bind the columns of a RecordBatch table to its body; its rows, or -1: a fault."""
        cdef Layout layout
        cdef Table compression
        cdef Span *blocks
        cdef int64_t length, block_count = 0
        cdef int found, column
        found = read_table(batch, BATCH_COMPRESSION, &compression)
        if found == PRESENT:
            return set_fault(&self.fault, FAULT_COMPRESSED, 0, 0, 0)
        if (
            found == BROKEN
            or read_int(batch, BATCH_LENGTH, 8, 0, &length) == BROKEN
            or read_vector(batch, BATCH_NODES, PAIR_SIZE, &layout.nodes) == BROKEN
            or read_vector(batch, BATCH_BUFFERS, PAIR_SIZE, &layout.buffers) == BROKEN
            or read_vector(batch, BATCH_VARIADIC_COUNTS, 8, &layout.variadic_counts) == BROKEN
        ):
            return set_fault(&self.fault, FAULT_METADATA, 0, 0, 0)
        if length < 0:
            return set_fault(&self.fault, FAULT_LENGTH, 0, length, 0)
        if layout.nodes.count != count:
            return set_fault(&self.fault, FAULT_NODES, 0, layout.nodes.count, count)
        if layout.buffers.count > self.block_capacity:
            # Views have fewer blocks than the batch has buffers, so that this is room for all.
            blocks = <Span *> realloc(self.blocks, layout.buffers.count * sizeof(Span))
            if blocks is NULL:
                return set_fault(&self.fault, FAULT_MEMORY, 0, 0, 0)
            self.blocks = blocks
            self.block_capacity = layout.buffers.count
        layout.buffer = 0
        layout.variadic = 0
        layout.body = body
        for column in range(count):
            columns[column].count = length
            columns[column].blocks = self.blocks + block_count
            if _bind_column(&layout, column, &types[column], &columns[column],
                            self.blocks + block_count, &self.fault) < 0:
                return -1
            block_count += columns[column].block_count
        if layout.buffer != layout.buffers.count:
            return set_fault(&self.fault, FAULT_BUFFERS, 0, layout.buffers.count, layout.buffer)
        if layout.variadic != layout.variadic_counts.count:
            return set_fault(&self.fault, FAULT_BUFFERS, 0, layout.variadic_counts.count,
                             layout.variadic)
        return length


cdef int _bind_column(
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
    """The next buffer of a batch, which must lie within the body. 0 or -1."""
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


cdef int64_t _find_offset_texts(
    const ArrowColumn *column, int64_t width, Span *texts, Fault *fault
) noexcept nogil:
    """Texts between offsets of `width` bytes; the first row at fault, or the row count."""
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
    """Texts of views; the first row at fault, or the row count. Nulls are not looked at."""
    cdef const uint8_t *view
    cdef const Span *block
    cdef int64_t row, size, index, offset
    for row in range(column.count):
        view = column.data + 16 * row
        size = _load_int32(view)
        texts[row].data = view + 4
        texts[row].size = size
        if 0 <= size <= VIEW_INLINE_MAX:
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

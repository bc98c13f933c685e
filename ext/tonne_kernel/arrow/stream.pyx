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
from libc.string cimport memcpy, memset

from tonne_kernel.arrow.column cimport PAIR_SIZE, ArrowColumn, Layout, bind_column, find_texts
from tonne_kernel.arrow.fault cimport (
    FAULT_BUFFERS, FAULT_CLAIM, FAULT_COMPRESSED, FAULT_CUT, FAULT_DICTIONARY, FAULT_FRAMING,
    FAULT_HEADER, FAULT_LENGTH, FAULT_MEMORY, FAULT_METADATA, FAULT_NODES, FAULT_RECORDS,
    FAULT_TRAILING, FAULT_VERSION, raise_fault, set_fault,
)
from tonne_kernel.arrow.flatbuffers cimport (
    BROKEN, PRESENT, Table, find_root, read_int, read_table, read_vector,
)
from tonne_kernel.arrow.schema cimport TYPE_OTHER, ColumnType, read_schema
from tonne_kernel.memory.buffers cimport Span

from tonne_kernel.values.errors import BatchError

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
                # Columns of type null take no bytes: a few of these must not stand for a
                # million rows. Every record in good order takes more than one.
                if count > self.stop - self.first:
                    return set_fault(&self.fault, FAULT_CLAIM, 0, count, self.stop - self.first)
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
            if bind_column(&layout, column, &types[column], &columns[column],
                           self.blocks + block_count, &self.fault) < 0:
                return -1
            block_count += columns[column].block_count
        if layout.buffer != layout.buffers.count:
            return set_fault(&self.fault, FAULT_BUFFERS, 0, layout.buffers.count, layout.buffer)
        if layout.variadic != layout.variadic_counts.count:
            return set_fault(&self.fault, FAULT_BUFFERS, 0, layout.variadic_counts.count,
                             layout.variadic)
        return length


cdef inline int64_t _load_int32(const uint8_t *data) noexcept nogil:
    cdef int32_t value
    memcpy(&value, data, sizeof(value))
    return value

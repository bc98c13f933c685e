"""A bounds-checked reader of the Arrow IPC stream format.

A stream is a schema, then dictionary batches and record batches in the order in which they
hold. The reader walks the messages, keeps the dictionaries as they stand, and shows each
record batch as `ArrowColumn`s whose buffers lie within the message and are as long as their
rows need. What stands inside the buffers (offsets, views, indices, values) is checked by the
functions that read it: `find_texts`, and the loops of `columns`.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.arrow.column cimport ArrowColumn
from tonne_kernel.arrow.fault cimport Fault
from tonne_kernel.arrow.flatbuffers cimport Table
from tonne_kernel.arrow.schema cimport ColumnType, Schema
from tonne_kernel.memory.buffers cimport Span
from tonne_kernel.values.status cimport FIELD_COUNT

cdef struct ArrowDictionary:
    int64_t id                  # as the sender numbers it
    ColumnType values_type      # a text; its field is the first column that uses it
    int64_t generation          # raised where a replacement makes old indices void
    Span *values                # borrowed from the message; a null value has no bytes
    int64_t count               # values
    int64_t capacity

cdef class ArrowStream:
    cdef bytes message          # keeps what everything here points at alive
    cdef const uint8_t *data    # the message
    cdef int64_t position       # of the next message
    cdef int64_t first          # position behind the schema
    cdef int64_t stop
    cdef Schema schema
    cdef ArrowColumn columns[FIELD_COUNT]           # of the current batch, as in the schema
    cdef ArrowDictionary dictionaries[FIELD_COUNT]
    cdef int dictionary_of[FIELD_COUNT]             # per column, -1 without
    cdef int dictionary_count
    cdef Span *blocks           # of the columns of the current batch
    cdef int64_t block_capacity
    cdef Fault fault

    # Read the schema of the stream in message[start:stop]. Raises BatchError.
    cdef int open(self, bytes message, int64_t start, int64_t stop) except -1
    # Count the records of the whole stream, at most `records_max`; -1: a fault. Afterwards the
    # stream stands behind the schema again.
    cdef int64_t count_records(self, int64_t records_max) noexcept nogil
    # Bind `columns` to the next record batch and count its records. -1: a fault; -2: the stream
    # has ended.
    cdef int64_t next_batch(self) noexcept nogil

    cdef int find_dictionary(self, const ColumnType *column_type) except -2
    cdef int next_message(self, Table *header, int64_t *kind, Span *body) noexcept nogil
    cdef int take_dictionary(self, const Table *header, const Span *body) noexcept nogil
    cdef int64_t bind(
        self, const Table *batch, const Span *body, const ColumnType *types, int count,
        ArrowColumn *columns
    ) noexcept nogil

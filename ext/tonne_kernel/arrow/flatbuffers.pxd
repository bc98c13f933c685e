"""Bounds-checked access to flatbuffers tables.

Every function takes positions and lengths that the sender chose and checks each against the
buffer before it reads. Results: `PRESENT`, `ABSENT` (the field has its default) or `BROKEN`.
Multi-byte values are little-endian and may stand at any address.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef enum:
    BROKEN = -1
    ABSENT = 0
    PRESENT = 1

ctypedef struct Table:
    const uint8_t* data       # the whole flatbuffer
    int64_t size_bytes
    int64_t position          # of the table in data
    int64_t table_size_bytes
    int64_t vtable            # position of its vtable
    int64_t vtable_size_bytes

ctypedef struct Vector:
    const uint8_t* data       # the whole flatbuffer
    int64_t size_bytes
    int64_t position          # of the first element in data
    int64_t count             # elements; count * element size lies within data

cdef int find_root(const uint8_t* data, int64_t size_bytes, Table* table) noexcept nogil
cdef int read_int(const Table* table, int field, int width_bytes, int64_t absent,
                  int64_t* value) noexcept nogil
cdef int read_table(const Table* table, int field, Table* child) noexcept nogil
cdef int read_vector(const Table* table, int field, int64_t element_size_bytes,
                     Vector* vector) noexcept nogil
cdef int read_element(const Vector* vector, int64_t index, Table* child) noexcept nogil

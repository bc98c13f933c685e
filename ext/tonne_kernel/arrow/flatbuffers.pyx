"""Bounds-checked access to flatbuffers tables.

Source: FlatBuffers internals, https://flatbuffers.dev/internals. A table begins with a
signed 32-bit distance back to its vtable; the vtable holds its own size, the table's size and
one 16-bit offset per field, 0 for a field that is absent. Offsets to tables and vectors are
unsigned 32-bit distances forward from where they stand.

All arithmetic is in int64 on values below 2**33, so that no sum can wrap.
"""

from libc.stdint cimport (
    int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
)
from libc.string cimport memcpy

cdef enum:
    SLOT_FIRST = 4  # the vtable's own size and the table's size come before the slots


cdef int find_root(const uint8_t* data, int64_t size_bytes, Table* table) noexcept nogil:
    """Find the root table of a buffer of size_bytes (IN) into table (OUT)."""
    if size_bytes < 4:
        return BROKEN
    return _find_table(data, size_bytes, _load_uint32(data), table)


cdef int read_int(const Table* table, int field, int width_bytes, int64_t absent,
                  int64_t* value) noexcept nogil:
    """Read a signed integer of 1, 2, 4 or 8 bytes; an absent field has the value `absent`."""
    cdef int64_t position
    cdef int found = _find_slot(table, field, width_bytes, &position)
    value[0] = absent
    if found == PRESENT:
        value[0] = _load_int(table.data + position, width_bytes)
    return found


cdef int read_table(const Table* table, int field, Table* child) noexcept nogil:
    """Find the table that a field points at."""
    cdef int64_t position
    cdef int found = _find_slot(table, field, 4, &position)
    if found != PRESENT:
        return found
    position += _load_uint32(table.data + position)
    return _find_table(table.data, table.size_bytes, position, child)


cdef int read_vector(const Table* table, int field, int64_t element_size_bytes,
                     Vector* vector) noexcept nogil:
    """Find the vector (or string: elements of 1 byte) that a field points at.

    An absent field is an empty vector.
    """
    cdef int64_t position
    cdef int found = _find_slot(table, field, 4, &position)
    vector.data = table.data
    vector.size_bytes = table.size_bytes
    vector.position = 0
    vector.count = 0
    if found != PRESENT:
        return found
    position += _load_uint32(table.data + position)
    if position > table.size_bytes - 4:
        return BROKEN
    vector.count = _load_uint32(table.data + position)
    vector.position = position + 4
    if vector.count > (table.size_bytes - vector.position) // element_size_bytes:
        return BROKEN
    return PRESENT


cdef int read_element(const Vector* vector, int64_t index, Table* child) noexcept nogil:
    """Find the table that element `index` (below the count) of a vector of offsets points at."""
    cdef int64_t position = vector.position + 4 * index
    position += _load_uint32(vector.data + position)
    return _find_table(vector.data, vector.size_bytes, position, child)


cdef int _find_table(const uint8_t* data, int64_t size_bytes, int64_t position,
                     Table* table) noexcept nogil:
    """Check the table at `position` and its vtable."""
    cdef int64_t vtable, vtable_size_bytes, table_size_bytes
    if position > size_bytes - 4:
        return BROKEN
    vtable = position - _load_int(data + position, 4)
    if vtable < 0 or vtable > size_bytes - 4:
        return BROKEN
    vtable_size_bytes = _load_uint16(data + vtable)
    table_size_bytes = _load_uint16(data + vtable + 2)
    if vtable_size_bytes < 4 or vtable_size_bytes > size_bytes - vtable:
        return BROKEN
    if table_size_bytes < 4 or table_size_bytes > size_bytes - position:
        return BROKEN
    table.data = data
    table.size_bytes = size_bytes
    table.position = position
    table.table_size_bytes = table_size_bytes
    table.vtable = vtable
    table.vtable_size_bytes = vtable_size_bytes
    return PRESENT


cdef int _find_slot(const Table* table, int field, int64_t width_bytes,
                    int64_t* position) noexcept nogil:
    """Find where a field of width_bytes stands in the buffer."""
    cdef int64_t slot = SLOT_FIRST + 2 * field
    cdef int64_t offset
    position[0] = 0
    if slot + 2 > table.vtable_size_bytes:
        return ABSENT
    offset = _load_uint16(table.data + table.vtable + slot)
    if offset == 0:
        return ABSENT
    if offset < 4 or offset + width_bytes > table.table_size_bytes:
        return BROKEN
    position[0] = table.position + offset
    return PRESENT


cdef inline int64_t _load_uint16(const uint8_t* data) noexcept nogil:
    cdef uint16_t value
    memcpy(&value, data, sizeof(value))
    return value


cdef inline int64_t _load_uint32(const uint8_t* data) noexcept nogil:
    cdef uint32_t value
    memcpy(&value, data, sizeof(value))
    return value


cdef inline int64_t _load_int(const uint8_t* data, int width_bytes) noexcept nogil:
    cdef int16_t two
    cdef int32_t four
    cdef int64_t eight
    if width_bytes == 1:
        return <int8_t> data[0]
    if width_bytes == 2:
        memcpy(&two, data, 2)
        return two
    if width_bytes == 4:
        memcpy(&four, data, 4)
        return four
    memcpy(&eight, data, 8)
    return eight

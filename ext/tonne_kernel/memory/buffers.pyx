"""Growing C buffers: capacity doubles, sizes are bytes, failure is -1."""

from libc.stdint cimport INT64_MAX, int64_t
from libc.string cimport memcpy

from tonne_kernel.memory.blocks cimport block_free, block_memory_bytes, block_resize

cdef enum:
    CAPACITY_MIN = 64


cdef int bytes_reserve(ByteBuffer *buffer, int64_t size) noexcept nogil:
    cdef int64_t needed, capacity
    cdef void *data
    if size < 0 or size > INT64_MAX // 4 - buffer.size:
        return -1
    needed = buffer.size + size
    if needed <= buffer.capacity:
        return 0
    capacity = _grown(buffer.capacity, needed)
    data = block_resize(buffer.data, capacity)
    if data == NULL:
        return -1
    buffer.data = <uint8_t *>data
    buffer.capacity = capacity
    return 0


cdef void bytes_free(ByteBuffer *buffer) noexcept nogil:
    block_free(buffer.data)
    buffer.data = NULL
    buffer.size = 0
    buffer.capacity = 0


cdef int texts_reserve(TextColumn *column, int64_t count, int64_t size) noexcept nogil:
    cdef int64_t needed, capacity
    cdef int64_t *offsets
    if count < 0 or count > INT64_MAX // 64 - column.count:
        return -1
    needed = column.count + count
    if needed > column.capacity or column.stops == NULL:
        capacity = _grown(column.capacity, needed)
        offsets = column.stops - 1 if column.stops != NULL else NULL
        offsets = <int64_t *>block_resize(offsets, (capacity + 1) * <int64_t>sizeof(int64_t))
        if offsets == NULL:
            return -1
        offsets[0] = 0
        column.stops = offsets + 1
        column.capacity = capacity
    return bytes_reserve(&column.bytes, size)


cdef int texts_copy(TextColumn *column, const TextColumn *source) noexcept nogil:
    if texts_reserve(column, source.count, source.bytes.size):
        return -1
    if source.count > 0:
        memcpy(column.stops, source.stops, <size_t>source.count * sizeof(int64_t))
    if source.bytes.size > 0:
        memcpy(column.bytes.data, source.bytes.data, <size_t>source.bytes.size)
    column.count = source.count
    column.bytes.size = source.bytes.size
    return 0


cdef int texts_pad(TextColumn *column, int64_t count) noexcept nogil:
    cdef int64_t index
    if count <= column.count:
        return 0
    if texts_reserve(column, count - column.count, 0):
        return -1
    for index in range(column.count, count):
        column.stops[index] = column.bytes.size
    column.count = count
    return 0


cdef void texts_free(TextColumn *column) noexcept nogil:
    if column.stops != NULL:
        block_free(column.stops - 1)
    column.stops = NULL
    column.count = 0
    column.capacity = 0
    bytes_free(&column.bytes)


cdef int64_t texts_memory_bytes(const TextColumn *column) noexcept nogil:
    cdef int64_t stops_bytes = (
        block_memory_bytes(column.stops - 1) if column.stops != NULL else 0)
    return stops_bytes + block_memory_bytes(column.bytes.data)


cdef inline int64_t _grown(int64_t capacity, int64_t needed) noexcept nogil:
    """The next capacity: exactly what is needed at first, then at least twice as much."""
    cdef int64_t doubled = capacity * 2
    if doubled < CAPACITY_MIN:
        doubled = CAPACITY_MIN
    return needed if needed > doubled else doubled

"""Growing C buffers. Allocation failure is a return value (-1), never an exception."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

cdef extern from "assert.h" nogil:
    # Checked in the debug build, nothing in the release build.
    void debug_assert "assert"(bint holds) noexcept

cdef struct Span:
    const uint8_t *data         # borrowed; may be NULL where size is 0
    int64_t size                # 0 where absent

cdef struct ByteBuffer:
    uint8_t *data
    int64_t size                # bytes in use
    int64_t capacity            # bytes allocated

cdef struct TextColumn:
    ByteBuffer bytes            # texts, one after another
    # stops[i] is the byte after text i, which begins at stops[i - 1]; stops[-1] is 0, so that
    # stops - 1 are the offsets of Arrow.
    int64_t *stops
    int64_t count               # texts
    int64_t capacity            # texts that `stops` has room for

# Make room for `size` further bytes.
cdef int bytes_reserve(ByteBuffer *buffer, int64_t size) noexcept nogil
cdef void bytes_free(ByteBuffer *buffer) noexcept nogil

# Make room for `count` further texts of `size` bytes together.
cdef int texts_reserve(TextColumn *column, int64_t count, int64_t size) noexcept nogil
# Make an empty column the copy of another. 0, or -1 for no memory.
cdef int texts_copy(TextColumn *column, const TextColumn *source) noexcept nogil
# Append empty texts until the column has `count` of them. 0, or -1 for no memory.
cdef int texts_pad(TextColumn *column, int64_t count) noexcept nogil
cdef void texts_free(TextColumn *column) noexcept nogil
cdef int64_t texts_memory_bytes(const TextColumn *column) noexcept nogil

cdef inline int bytes_append(ByteBuffer *buffer, const void *data, int64_t size) noexcept nogil:
    if size > buffer.capacity - buffer.size and bytes_reserve(buffer, size):
        return -1
    if size > 0:
        memcpy(buffer.data + buffer.size, data, <size_t>size)
        buffer.size += size
    return 0

cdef inline int texts_append(TextColumn *column, const uint8_t *data, int64_t size) noexcept nogil:
    if column.count == column.capacity and texts_reserve(column, 1, size):
        return -1
    if bytes_append(&column.bytes, data, size):
        return -1
    column.stops[column.count] = column.bytes.size
    column.count += 1
    return 0

cdef inline int64_t text_start(const TextColumn *column, int64_t index) noexcept nogil:
    debug_assert(0 <= index < column.count)
    return column.stops[index - 1]

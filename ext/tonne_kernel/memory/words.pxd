"""Bytes compared and looked at by the word, inline: most texts are shorter than a call is long.

The last word overlaps the one before it, so that no byte past the end is read.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    int trailing_zeros "__builtin_ctzll"(uint64_t word) noexcept nogil  # word is not 0

cdef inline uint64_t load8(const uint8_t *data) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, data, 8)
    return word

cdef inline uint64_t load4(const uint8_t *data) noexcept nogil:
    cdef uint32_t word
    memcpy(&word, data, 4)
    return word

cdef inline bint bytes_equal(const uint8_t *a, const uint8_t *b, int64_t size) noexcept nogil:
    """Whether `size` bytes are the same; neither is read where size is 0."""
    cdef int64_t at = 0
    if size >= 8:
        while at < size - 8:
            if load8(a + at) != load8(b + at):
                return False
            at += 8
        return load8(a + size - 8) == load8(b + size - 8)
    if size >= 4:
        return ((load4(a) ^ load4(b)) | (load4(a + size - 4) ^ load4(b + size - 4))) == 0
    if size == 0:
        return True
    return a[0] == b[0] and a[size >> 1] == b[size >> 1] and a[size - 1] == b[size - 1]

cdef inline bint bytes_are_ascii(const uint8_t *data, int64_t size) noexcept nogil:
    cdef uint64_t bits = 0
    cdef int64_t at = 0
    if size >= 8:
        while at < size - 8:
            bits |= load8(data + at)
            at += 8
        bits |= load8(data + size - 8)
    elif size >= 4:
        bits = load4(data) | load4(data + size - 4)
    elif size > 0:
        bits = data[0] | data[size >> 1] | data[size - 1]
    return bits & 0x8080808080808080ULL == 0

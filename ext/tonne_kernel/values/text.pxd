"""Texts: UTF-8 validation, and the interner that gives each distinct text a dense code."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from tonne_kernel.memory.buffers cimport TextColumn
from tonne_kernel.memory.words cimport bytes_equal

cdef enum:                      # what `intern` returns instead of a code
    INTERN_MEMORY = -1          # no memory
    INTERN_UTF8 = -2            # not UTF-8; nothing interned
    INTERN_SIZE = -3            # longer than TEXT_SIZE_MAX; nothing interned

cdef struct InternSlot:
    uint32_t hash
    int32_t code                # -1 where free

cdef struct Interner:
    TextColumn texts            # text of each code, valid UTF-8, at most TEXT_SIZE_MAX bytes
    InternSlot *slots           # open addressing, a power of two
    uint64_t mask               # slots - 1
    uint64_t seed               # of the hash
    int32_t last                # code that was asked for last, -1 at first

# 0, or -1 where there is no memory. `interner_free` takes an initialised or zeroed one.
cdef int interner_init(Interner *interner, uint64_t seed) noexcept nogil
# Make room for `count` texts, not fewer than there are. 0, or -1 where there is no memory.
cdef int interner_reserve(Interner *interner, int64_t count) noexcept nogil
cdef void interner_free(Interner *interner) noexcept nogil
cdef int64_t interner_memory_bytes(const Interner *interner) noexcept nogil

# Code of a text by its hash; a new text is validated and gets the next code.
cdef int32_t intern_by_hash(Interner *interner, const uint8_t *data, int64_t size) noexcept nogil

# Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
cdef bint utf8_is_valid(const uint8_t *data, int64_t size) noexcept nogil

# At most `limit` bytes of a valid text, cut between two characters.
cdef int64_t utf8_cut(const uint8_t *data, int64_t size, int64_t limit) noexcept nogil

cdef uint64_t hash_bytes(const uint8_t *data, int64_t size, uint64_t seed) noexcept nogil

cdef inline bint text_equals(
    const Interner *interner, int32_t code, const uint8_t *data, int64_t size
) noexcept nogil:
    """Whether these bytes are the text of a code."""
    cdef int64_t start = interner.texts.stops[code - 1]
    return (
        interner.texts.stops[code] - start == size
        and bytes_equal(interner.texts.bytes.data + start, data, size)
    )

cdef inline int32_t intern(Interner *interner, const uint8_t *data, int64_t size) noexcept nogil:
    """Code of a text (>= 0) or INTERN_*.

    Streams repeat themselves, text by text or round by round: try the last one and its successor
    first.
    """
    cdef int32_t next
    if interner.last >= 0:
        if text_equals(interner, interner.last, data, size):
            return interner.last
        next = interner.last + 1
        if next < interner.texts.count and text_equals(interner, next, data, size):
            interner.last = next
            return next
    return intern_by_hash(interner, data, size)

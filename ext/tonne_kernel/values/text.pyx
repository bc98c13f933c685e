"""Texts: UTF-8 validation (8 ASCII bytes at a time) and the interner (open addressing).

The hash is keyed by a random seed of the session, so that a producer cannot choose texts
that collide. Codes are given in order of first sight and never depend on the hash.
"""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from tonne_kernel.memory.blocks cimport block_allocate, block_free
from tonne_kernel.memory.buffers cimport texts_append, texts_free, texts_reserve
from tonne_kernel.memory.words cimport bytes_are_ascii, load4, load8
from tonne_kernel.values.constants cimport TEXT_SIZE_MAX
from tonne_kernel.values.int128 cimport mix64

cdef enum:
    SLOT_COUNT_MIN = 64

cdef uint64_t ASCII_MASK = 0x8080808080808080ULL
# Odd constants with balanced bits, as in wyhash (public domain).
cdef uint64_t HASH_0 = 0xA0761D6478BD642FULL
cdef uint64_t HASH_1 = 0xE7037ED1A0B428DBULL
cdef uint64_t HASH_2 = 0x8EBC6AF09C88C6E3ULL


cdef int interner_init(Interner *interner, uint64_t seed) noexcept nogil:
    memset(interner, 0, sizeof(Interner))
    interner.seed = seed
    interner.last = -1
    interner.slots = _new_slots(SLOT_COUNT_MIN)
    if interner.slots == NULL:
        return -1
    interner.mask = SLOT_COUNT_MIN - 1
    return 0


cdef int interner_reserve(Interner *interner, int64_t count) noexcept nogil:
    cdef uint64_t slot_count = interner.mask + 1
    if texts_reserve(&interner.texts, count - interner.texts.count, 0):
        return -1
    while slot_count < <uint64_t>count * 2:
        slot_count *= 2
    return _rehash(interner, slot_count) if slot_count > interner.mask + 1 else 0


cdef void interner_free(Interner *interner) noexcept nogil:
    texts_free(&interner.texts)
    block_free(interner.slots)
    interner.slots = NULL


cdef int64_t interner_memory_bytes(const Interner *interner) noexcept nogil:
    return (
        interner.texts.bytes.capacity
        + interner.texts.capacity * <int64_t>sizeof(int64_t)
        + <int64_t>(interner.mask + 1) * <int64_t>sizeof(InternSlot)
    )


cdef int32_t intern_by_hash(Interner *interner, const uint8_t *data, int64_t size) noexcept nogil:
    cdef uint32_t hashed
    cdef uint64_t place
    cdef InternSlot *slot
    if size > TEXT_SIZE_MAX:
        return INTERN_SIZE
    hashed = <uint32_t>hash_bytes(data, size, interner.seed)
    place = hashed & interner.mask
    while True:
        slot = &interner.slots[place]
        if slot.code < 0:
            break
        if slot.hash == hashed and text_equals(interner, slot.code, data, size):
            interner.last = slot.code
            return slot.code
        place = (place + 1) & interner.mask
    if not utf8_is_valid(data, size):
        return INTERN_UTF8
    return _insert(interner, data, size, hashed)


cdef bint utf8_is_valid(const uint8_t *data, int64_t size) noexcept nogil:
    cdef int64_t at = 0
    cdef int64_t length
    if bytes_are_ascii(data, size):
        return True
    while at < size:
        if size - at >= 8 and load8(data + at) & ASCII_MASK == 0:
            at += 8
            continue
        if data[at] < 0x80:
            at += 1
            continue
        length = _sequence_length(data + at, size - at)
        if length == 0:
            return False
        at += length
    return True


cdef int64_t utf8_cut(const uint8_t *data, int64_t size, int64_t limit) noexcept nogil:
    if size <= limit:
        return size
    while limit > 0 and data[limit] & 0xC0 == 0x80:
        limit -= 1
    return limit


cdef uint64_t hash_bytes(const uint8_t *data, int64_t size, uint64_t seed) noexcept nogil:
    cdef uint64_t state = seed ^ HASH_0
    cdef uint64_t first = 0
    cdef uint64_t second = 0
    cdef int64_t left = size
    while left > 16:
        state = mix64(load8(data) ^ HASH_1, load8(data + 8) ^ state)
        data += 16
        left -= 16
    if left >= 8:
        first = load8(data)
        second = load8(data + left - 8)
    elif left >= 4:
        first = load4(data)
        second = load4(data + left - 4)
    elif left > 0:
        first = <uint64_t>data[0] << 16 | <uint64_t>data[left >> 1] << 8 | data[left - 1]
    return mix64(HASH_2 ^ <uint64_t>size, mix64(first ^ HASH_1, second ^ state))


cdef inline bint _continues(uint8_t byte) noexcept nogil:
    return byte & 0xC0 == 0x80


cdef int64_t _sequence_length(const uint8_t *data, int64_t size) noexcept nogil:
    """Bytes of the multi-byte character at data, or 0 where it is ill-formed.

    Source: The Unicode Standard, table 3-7, well-formed UTF-8 byte sequences.
    """
    cdef uint8_t lead = data[0]
    if lead < 0xC2:
        return 0
    if lead < 0xE0:
        return 2 if size >= 2 and _continues(data[1]) else 0
    if lead < 0xF0:
        if size < 3 or not _continues(data[1]) or not _continues(data[2]):
            return 0
        if (lead == 0xE0 and data[1] < 0xA0) or (lead == 0xED and data[1] > 0x9F):
            return 0
        return 3
    if lead > 0xF4 or size < 4:
        return 0
    if not _continues(data[1]) or not _continues(data[2]) or not _continues(data[3]):
        return 0
    if (lead == 0xF0 and data[1] < 0x90) or (lead == 0xF4 and data[1] > 0x8F):
        return 0
    return 4


cdef int32_t _insert(
    Interner *interner, const uint8_t *data, int64_t size, uint32_t hashed
) noexcept nogil:
    cdef uint64_t place
    cdef int32_t code
    if interner.texts.count >= INT32_MAX:
        return INTERN_MEMORY
    if (
        <uint64_t>interner.texts.count * 2 > interner.mask
        and _rehash(interner, (interner.mask + 1) * 2)
    ):
        return INTERN_MEMORY
    code = <int32_t>interner.texts.count
    if texts_append(&interner.texts, data, size):
        return INTERN_MEMORY
    place = hashed & interner.mask
    while interner.slots[place].code >= 0:
        place = (place + 1) & interner.mask
    interner.slots[place].hash = hashed
    interner.slots[place].code = code
    interner.last = code
    return code


cdef int _rehash(Interner *interner, uint64_t slot_count) noexcept nogil:
    cdef uint64_t old_count = interner.mask + 1
    cdef uint64_t mask = slot_count - 1
    cdef InternSlot *slots = _new_slots(slot_count)
    cdef uint64_t index, place
    if slots == NULL:
        return -1
    for index in range(old_count):
        if interner.slots[index].code < 0:
            continue
        place = interner.slots[index].hash & mask
        while slots[place].code >= 0:
            place = (place + 1) & mask
        slots[place] = interner.slots[index]
    block_free(interner.slots)
    interner.slots = slots
    interner.mask = mask
    return 0


cdef InternSlot *_new_slots(uint64_t count) noexcept nogil:
    cdef InternSlot *slots = <InternSlot *>block_allocate(
        <int64_t>count * <int64_t>sizeof(InternSlot))
    if slots != NULL:
        memset(slots, 0xFF, <size_t>count * sizeof(InternSlot))     # every code -1
    return slots

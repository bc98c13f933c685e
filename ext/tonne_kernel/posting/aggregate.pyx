"""Sums of quantities per (key, period, slice, disposition): open addressing, by number."""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

from tonne_kernel.memory.blocks cimport block_free, block_resize, slots_allocate
from tonne_kernel.values.int128 cimport i128_of, mix64

cdef enum:
    SLOT_COUNT_MIN = 256

cdef uint64_t HASH_0 = 0x9E3779B97F4A7C15ULL
cdef uint64_t HASH_1 = 0xD1B54A32D192ED03ULL


cdef int sum_table_init(SumTable *table) noexcept nogil:
    memset(table, 0, sizeof(SumTable))
    table.slots = slots_allocate(SLOT_COUNT_MIN)
    if table.slots == NULL:
        return -1
    table.mask = SLOT_COUNT_MIN - 1
    return 0


cdef void sum_table_free(SumTable *table) noexcept nogil:
    block_free(table.sums)
    block_free(table.slots)
    memset(table, 0, sizeof(SumTable))


cdef int32_t find_sum(
    SumTable *table, int32_t key, int32_t period, int32_t slice, int32_t disposition
) noexcept nogil:
    cdef uint64_t place = _hash(key, period, slice, disposition) & table.mask
    cdef int32_t found
    cdef Sum *total
    while True:
        found = table.slots[place]
        if found < 0:
            break
        total = &table.sums[found]
        if (
            total.key == key and total.period == period and total.slice == slice
            and total.disposition == disposition
        ):
            return found
        place = (place + 1) & table.mask
    return _insert(table, key, period, slice, disposition)


cdef inline uint64_t _hash(
    int32_t key, int32_t period, int32_t slice, int32_t disposition
) noexcept nogil:
    cdef uint64_t first = <uint64_t><uint32_t>key << 32 | <uint64_t><uint32_t>period
    cdef uint64_t last = <uint64_t><uint32_t>slice << 32 | <uint64_t><uint32_t>disposition
    return mix64(first ^ HASH_0, last ^ HASH_1)


cdef int32_t _insert(
    SumTable *table, int32_t key, int32_t period, int32_t slice, int32_t disposition
) noexcept nogil:
    cdef int32_t number = table.count
    cdef Sum *total
    if number == INT32_MAX or (number == table.capacity and _grow(table)):
        return -1
    if <uint64_t>number * 2 > table.mask and _rehash(table):
        return -1
    total = &table.sums[number]
    total.quantity_micro = i128_of(0)
    total.quantity_rest = i128_of(0)
    total.record_count = 0
    total.record_start_count = 0
    total.key = key
    total.period = period
    total.slice = slice
    total.disposition = disposition
    _place(table, number)
    table.count = number + 1
    return number


cdef inline void _place(SumTable *table, int32_t number) noexcept nogil:
    cdef Sum *total = &table.sums[number]
    cdef uint64_t place = table.mask & _hash(
        total.key, total.period, total.slice, total.disposition)
    while table.slots[place] >= 0:
        place = (place + 1) & table.mask
    table.slots[place] = number


cdef int _grow(SumTable *table) noexcept nogil:
    cdef int64_t capacity = <int64_t>table.capacity * 2
    cdef void *data
    if capacity < SLOT_COUNT_MIN:
        capacity = SLOT_COUNT_MIN
    elif capacity > INT32_MAX:
        capacity = INT32_MAX
    data = block_resize(table.sums, capacity * <int64_t>sizeof(Sum))
    if data == NULL:
        return -1
    table.sums = <Sum *>data
    table.capacity = <int32_t>capacity
    return 0


cdef int _rehash(SumTable *table) noexcept nogil:
    cdef uint64_t count = (table.mask + 1) * 2
    cdef int32_t number
    cdef int32_t *slots = slots_allocate(count)
    if slots == NULL:
        return -1
    block_free(table.slots)
    table.slots = slots
    table.mask = count - 1
    for number in range(table.count):
        _place(table, number)
    return 0

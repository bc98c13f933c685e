"""The dictionaries of one session, and the table of its keys (open addressing)."""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint64_t
from libc.string cimport memset

from tonne_kernel.memory.blocks cimport block_free, block_resize, slots_allocate
from tonne_kernel.values.int128 cimport mix64
from tonne_kernel.values.text cimport (
    interner_free, interner_init, interner_memory_bytes, interner_reserve,
)

cdef enum:
    KEY_SLOT_COUNT_MIN = 64

cdef uint64_t KEY_HASH_0 = 0x9E3779B97F4A7C15ULL
cdef uint64_t KEY_HASH_1 = 0xD1B54A32D192ED03ULL


cdef int dictionaries_init(Dictionaries *dictionaries, uint64_t seed) noexcept nogil:
    memset(dictionaries, 0, sizeof(Dictionaries))
    if (
        interner_init(&dictionaries.facility, seed)
        or interner_init(&dictionaries.activity, seed)
        or interner_init(&dictionaries.unit, seed)
        or interner_init(&dictionaries.region, seed)
        or interner_init(&dictionaries.supplier, seed)
        or interner_init(&dictionaries.product, seed)
        or key_table_init(&dictionaries.keys)
    ):
        dictionaries_free(dictionaries)
        return -1
    return 0


cdef int dictionaries_reserve(Dictionaries *dictionaries, int32_t key_count) noexcept nogil:
    cdef KeyTable *keys = &dictionaries.keys
    cdef uint64_t slot_count = keys.mask + 1
    if interner_reserve(&dictionaries.facility, key_count):
        return -1
    if key_count > keys.capacity and _set_capacity(keys, key_count):
        return -1
    while slot_count < <uint64_t>key_count * 2:
        slot_count *= 2
    return _rehash(keys, slot_count) if slot_count > keys.mask + 1 else 0


cdef void dictionaries_free(Dictionaries *dictionaries) noexcept nogil:
    interner_free(&dictionaries.facility)
    interner_free(&dictionaries.activity)
    interner_free(&dictionaries.unit)
    interner_free(&dictionaries.region)
    interner_free(&dictionaries.supplier)
    interner_free(&dictionaries.product)
    key_table_free(&dictionaries.keys)


cdef int64_t dictionaries_memory_bytes(const Dictionaries *dictionaries) noexcept nogil:
    return (
        interner_memory_bytes(&dictionaries.facility)
        + interner_memory_bytes(&dictionaries.activity)
        + interner_memory_bytes(&dictionaries.unit)
        + interner_memory_bytes(&dictionaries.region)
        + interner_memory_bytes(&dictionaries.supplier)
        + interner_memory_bytes(&dictionaries.product)
        + dictionaries.keys.capacity * <int64_t>(sizeof(Key) + sizeof(KeyState))
        + <int64_t>(dictionaries.keys.mask + 1) * <int64_t>sizeof(int32_t)
    )


cdef int key_table_init(KeyTable *table) noexcept nogil:
    memset(table, 0, sizeof(KeyTable))
    table.last = -1
    table.slots = slots_allocate(KEY_SLOT_COUNT_MIN)
    if table.slots == NULL:
        return -1
    table.mask = KEY_SLOT_COUNT_MIN - 1
    return 0


cdef void key_table_free(KeyTable *table) noexcept nogil:
    block_free(table.keys)
    block_free(table.states)
    block_free(table.slots)
    memset(table, 0, sizeof(KeyTable))


cdef int32_t find_key_by_hash(KeyTable *table, Key key) noexcept nogil:
    cdef uint64_t place = _hash_key(&key) & table.mask
    cdef int32_t found
    while True:
        found = table.slots[place]
        if found < 0:
            break
        if _same_key(&table.keys[found], &key):
            table.keys[table.last].follower = found
            table.last = found
            return found
        place = (place + 1) & table.mask
    return _insert(table, &key)


cdef inline uint64_t _hash_key(const Key *key) noexcept nogil:
    cdef uint64_t first = <uint64_t>key.facility << 32 | <uint64_t>key.activity
    cdef uint64_t second = <uint64_t>key.unit << 32 | <uint64_t>key.region
    return mix64(first ^ KEY_HASH_0, second ^ KEY_HASH_1)


cdef inline bint _same_key(const Key *a, const Key *b) noexcept nogil:
    return (
        a.facility == b.facility and a.activity == b.activity
        and a.unit == b.unit and a.region == b.region
    )


cdef int32_t _insert(KeyTable *table, const Key *key) noexcept nogil:
    cdef uint64_t place
    cdef int32_t number = table.count
    if number == INT32_MAX or (number == table.capacity and _grow(table)):
        return -1
    if <uint64_t>number * 2 > table.mask and _rehash(table, (table.mask + 1) * 2):
        return -1
    table.keys[number] = key[0]
    table.keys[number].follower = number
    if table.last >= 0:
        table.keys[table.last].follower = number
    memset(&table.states[number], 0, sizeof(KeyState))
    table.states[number].rule = -1
    place = _hash_key(key) & table.mask
    while table.slots[place] >= 0:
        place = (place + 1) & table.mask
    table.slots[place] = number
    table.count = number + 1
    table.last = number
    return number


cdef int _grow(KeyTable *table) noexcept nogil:
    cdef int64_t capacity = <int64_t>table.capacity * 2
    if capacity < KEY_SLOT_COUNT_MIN:
        capacity = KEY_SLOT_COUNT_MIN
    elif capacity > INT32_MAX:
        capacity = INT32_MAX
    return _set_capacity(table, capacity)


cdef int _set_capacity(KeyTable *table, int64_t capacity) noexcept nogil:
    cdef void *data
    data = block_resize(table.keys, capacity * <int64_t>sizeof(Key))
    if data == NULL:
        return -1
    table.keys = <Key *>data
    data = block_resize(table.states, capacity * <int64_t>sizeof(KeyState))
    if data == NULL:
        return -1
    table.states = <KeyState *>data
    table.capacity = <int32_t>capacity
    return 0


cdef int _rehash(KeyTable *table, uint64_t slot_count) noexcept nogil:
    cdef uint64_t place
    cdef int32_t number
    cdef int32_t *slots = slots_allocate(slot_count)
    if slots == NULL:
        return -1
    block_free(table.slots)
    table.slots = slots
    table.mask = slot_count - 1
    for number in range(table.count):
        place = _hash_key(&table.keys[number]) & table.mask
        while slots[place] >= 0:
            place = (place + 1) & table.mask
        slots[place] = number
    return 0

"""The dictionaries of one session: interned texts, and the distinct record keys.

A key is a distinct (facility, activity, unit, region), numbered densely from 0.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from tonne_kernel.values.text cimport Interner

cdef struct Key:
    int32_t facility            # codes of the interners
    int32_t activity
    int32_t unit
    int32_t region
    int32_t follower            # key that came after this one last time; itself at first

cdef struct KeyState:
    int32_t rule                # -1: not assigned
    uint32_t serial             # posting that the rest belongs to; 0: none yet
    int32_t posting_key         # number of the key in that posting
    int32_t period              # last period that was posted under this key
    int32_t disposition         # what the rule says for that period
    int32_t slot                # where that period's sum stands in the posting

cdef struct KeyTable:
    Key *keys
    KeyState *states
    int32_t count
    int32_t capacity            # keys that `keys` and `states` have room for
    int32_t *slots              # open addressing, a power of two; -1 where free
    uint64_t mask
    int32_t last                # key that was asked for last, -1 at first

cdef struct Dictionaries:
    Interner facility
    Interner activity
    Interner unit
    Interner region
    Interner supplier
    Interner product
    KeyTable keys

cdef int dictionaries_init(Dictionaries *dictionaries, uint64_t seed) noexcept nogil
# Make room for `key_count` keys, each of its own facility, not fewer than there are. 0, or -1
# where there is no memory.
cdef int dictionaries_reserve(Dictionaries *dictionaries, int32_t key_count) noexcept nogil
cdef void dictionaries_free(Dictionaries *dictionaries) noexcept nogil
cdef int64_t dictionaries_memory_bytes(const Dictionaries *dictionaries) noexcept nogil

cdef int key_table_init(KeyTable *table) noexcept nogil
cdef void key_table_free(KeyTable *table) noexcept nogil

# Number of a key; a new one gets the next number. -1 where there is no memory.
cdef int32_t find_key_by_hash(KeyTable *table, Key key) noexcept nogil

cdef inline int32_t find_key(
    KeyTable *table, int32_t facility, int32_t activity, int32_t unit, int32_t region
) noexcept nogil:
    """Number of a key (>= 0), or -1 where there is no memory.

    Sources come in the same order again and again: try the follower of the last one first.
    """
    cdef Key *next
    cdef Key key
    if table.last >= 0:
        next = &table.keys[table.keys[table.last].follower]
        if (
            next.facility == facility and next.activity == activity
            and next.unit == unit and next.region == region
        ):
            table.last = table.keys[table.last].follower
            return table.last
    key.facility = facility
    key.activity = activity
    key.unit = unit
    key.region = region
    key.follower = -1           # the table's own business
    return find_key_by_hash(table, key)

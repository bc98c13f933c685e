"""What the values of a column's dictionary mean in the column's field."""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, realloc


cdef int sync_map(
    ValueMap *value_map, const ArrowDictionary *dictionary, bint is_quantity
) noexcept nogil:
    """Forget the values of a dictionary that was replaced, make room for those of a delta."""
    cdef void *data
    cdef int64_t index, capacity
    if value_map.generation != dictionary.generation:
        value_map.generation = dictionary.generation
        value_map.count = 0
    if dictionary.count + 1 > value_map.capacity:
        # Twice as much as before, so that many small deltas cost no more than their bytes.
        capacity = max(dictionary.count + 1, 2 * value_map.capacity)
        data = realloc(value_map.codes, capacity * sizeof(int32_t))
        if data is NULL:
            return -1
        value_map.codes = <int32_t *> data
        if is_quantity:
            data = realloc(value_map.micro, capacity * sizeof(int64_t))
            if data is NULL:
                return -1
            value_map.micro = <int64_t *> data
            data = realloc(value_map.rest, capacity * sizeof(int64_t))
            if data is NULL:
                return -1
            value_map.rest = <int64_t *> data
        value_map.capacity = capacity
    for index in range(value_map.count, dictionary.count):
        value_map.codes[index] = CODE_UNMAPPED
    value_map.count = dictionary.count
    value_map.codes[value_map.count] = CODE_ABSENT
    if is_quantity:
        value_map.micro[value_map.count] = value_map.rest[value_map.count] = 0
    return 0


cdef void map_free(ValueMap *value_map) noexcept nogil:
    """Free what the map has allocated."""
    free(value_map.codes)
    free(value_map.micro)
    free(value_map.rest)
    value_map.codes = NULL
    value_map.micro = NULL
    value_map.rest = NULL

"""What the values of a column's dictionary mean in the column's field.

A value is looked at when the first row asks for it: a dictionary may hold far more than a
batch uses, and the session keeps every text that it has seen.
"""

from libc.stdint cimport int32_t, int64_t

from tonne_kernel.arrow.stream cimport ArrowDictionary

cdef enum:                      # what stands for a value instead of its code
    CODE_ABSENT = -1            # null or empty
    CODE_INVALID = -2           # breaks a rule of its field
    CODE_UNMAPPED = -3          # no row has asked for it yet
    CODE_MEMORY = -4            # no memory

cdef struct ValueMap:
    int32_t *codes              # interned code, or 0 for a quantity, or CODE_*; then one for null
    int64_t *micro              # quantities: millionths, and what they leave out; else NULL
    int64_t *rest
    int64_t count               # values
    int64_t capacity
    int64_t generation          # of the dictionary when the codes were found

# Make the map cover its dictionary as it stands now. 0, or -1 for no memory.
cdef int sync_map(
    ValueMap *value_map, const ArrowDictionary *dictionary, bint is_quantity) noexcept nogil
cdef void map_free(ValueMap *value_map) noexcept nogil

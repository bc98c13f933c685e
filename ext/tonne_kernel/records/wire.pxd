"""The protobuf wire format: leaves that never read at or past `stop`.

Each reader moves `*at` forward and returns WIRE_OK, or says why it cannot. Field numbers and
wire types follow https://protobuf.dev/programming-guides/encoding/.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tonne_kernel.memory.words cimport load8, trailing_zeros

cdef enum WireResult:
    WIRE_OK = 0
    WIRE_TRUNCATED = 1          # the bytes end inside a value
    WIRE_MALFORMED = 2          # no encoder writes this

cdef enum WireType:
    WIRE_VARINT = 0
    WIRE_FIXED64 = 1
    WIRE_BYTES = 2
    WIRE_GROUP_START = 3
    WIRE_GROUP_STOP = 4
    WIRE_FIXED32 = 5

cdef enum:
    VARINT_SIZE_MAX = 10        # bytes

# Read a varint byte by byte. Returns where it stops, or NULL: then `*value` is the WireResult.
cdef const uint8_t *read_long_varint(
    const uint8_t *at, const uint8_t *stop, uint64_t *value) noexcept nogil

# Skip the value of an unknown field, groups too. A stray end of a group and wire types 6 and 7
# are malformed.
cdef int skip_value(const uint8_t **at, const uint8_t *stop, uint32_t wire_type) noexcept nogil

cdef inline int read_varint(
    const uint8_t **at, const uint8_t *stop, uint64_t *value
) noexcept nogil:
    # A call that is not inlined gets the cursor by value, so that it can stay in a register.
    cdef const uint8_t *after
    cdef uint64_t long_value = 0
    if at[0] < stop and at[0][0] < 0x80:
        value[0] = at[0][0]
        at[0] += 1
        return WIRE_OK
    after = read_long_varint(at[0], stop, &long_value)
    if after == NULL:
        return <int>long_value
    at[0] = after
    value[0] = long_value
    return WIRE_OK

cdef inline int read_wide_varint(
    const uint8_t **at, const uint8_t *stop, const uint8_t *readable_stop, uint64_t *value
) noexcept nogil:
    """Read a varint that mostly has several bytes: eight at once, where the buffer has as many."""
    cdef uint64_t word, ends
    cdef int64_t size
    if readable_stop - at[0] >= 8:
        word = load8(at[0])
        ends = ~word & 0x8080808080808080ULL
        if ends != 0:
            size = (trailing_zeros(ends) >> 3) + 1
            if size <= stop - at[0]:
                at[0] += size
                value[0] = pack_sevens(word & (ends ^ (ends - 1)))
                return WIRE_OK
    return read_varint(at, stop, value)

cdef inline uint64_t pack_sevens(uint64_t word) noexcept nogil:
    """The low seven bits of eight bytes, one after another."""
    word &= 0x7F7F7F7F7F7F7F7FULL
    word = (word & 0x007F007F007F007FULL) | (word & 0x7F007F007F007F00ULL) >> 1
    word = (word & 0x00003FFF00003FFFULL) | (word & 0x3FFF00003FFF0000ULL) >> 2
    return (word & 0x000000000FFFFFFFULL) | (word & 0x0FFFFFFF00000000ULL) >> 4

cdef inline int read_tag(const uint8_t **at, const uint8_t *stop, uint32_t *tag) noexcept nogil:
    """Field number * 8 + wire type."""
    cdef uint64_t value = 0
    cdef int result = read_varint(at, stop, &value)
    if result == WIRE_OK and (value < 8 or value > 0xFFFFFFFFU):
        return WIRE_MALFORMED
    tag[0] = <uint32_t>value
    return result

cdef inline int read_bytes(
    const uint8_t **at, const uint8_t *stop, const uint8_t **data, int64_t *size
) noexcept nogil:
    """A length and that many bytes."""
    cdef uint64_t length = 0
    cdef int result = read_varint(at, stop, &length)
    if result != WIRE_OK:
        return result
    if length > <uint64_t>(stop - at[0]):
        return WIRE_TRUNCATED
    data[0] = at[0]
    size[0] = <int64_t>length
    at[0] += length
    return WIRE_OK

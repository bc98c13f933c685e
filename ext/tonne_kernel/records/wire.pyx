"""The protobuf wire format: the longer readers."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t


cdef const uint8_t *read_long_varint(
    const uint8_t *at, const uint8_t *stop, uint64_t *value
) noexcept nogil:
    cdef uint64_t total = 0
    cdef int index
    value[0] = WIRE_MALFORMED
    for index in range(VARINT_SIZE_MAX):
        if at >= stop:
            value[0] = WIRE_TRUNCATED
            return NULL
        total |= <uint64_t>(at[0] & 0x7F) << (7 * index)
        if at[0] < 0x80:
            if index == VARINT_SIZE_MAX - 1 and at[0] > 1:
                return NULL                     # more than 64 bits
            value[0] = total
            return at + 1
        at += 1
    return NULL


cdef int skip_value(const uint8_t **at, const uint8_t *stop, uint32_t wire_type) noexcept nogil:
    cdef uint64_t value = 0
    cdef const uint8_t *data = NULL
    cdef int64_t size = 0
    if wire_type == WIRE_VARINT:
        return read_varint(at, stop, &value)
    if wire_type == WIRE_BYTES:
        return read_bytes(at, stop, &data, &size)
    if wire_type == WIRE_FIXED64:
        size = 8
    elif wire_type == WIRE_FIXED32:
        size = 4
    elif wire_type == WIRE_GROUP_START:
        return _skip_group(at, stop)
    else:
        return WIRE_MALFORMED
    if stop - at[0] < size:
        return WIRE_TRUNCATED
    at[0] += size
    return WIRE_OK


cdef int _skip_group(const uint8_t **at, const uint8_t *stop) noexcept nogil:
    """To the end of a group whose start was read; groups inside are counted, not matched."""
    cdef uint32_t tag = 0
    cdef int64_t depth = 1
    cdef int result
    while depth > 0:
        result = read_tag(at, stop, &tag)
        if result == WIRE_OK:
            if tag & 7 == WIRE_GROUP_START:
                depth += 1
            elif tag & 7 == WIRE_GROUP_STOP:
                depth -= 1
            else:
                result = skip_value(at, stop, tag & 7)
        if result != WIRE_OK:
            return result
    return WIRE_OK

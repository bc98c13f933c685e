"""Finds the parts of an AppendRequest without touching its records."""

cimport cython

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from tonne_kernel.records.wire cimport (
    WIRE_MALFORMED, WIRE_OK, WIRE_TRUNCATED, read_bytes, read_tag, read_varint, skip_value,
)
from tonne_kernel.values.constants cimport KIND_ARROW, KIND_NONE, KIND_ROWS, SECOND_US

from tonne_kernel.values.errors import BatchError

cdef enum:                      # tags: field number * 8 + wire type
    TAG_CHANNEL = 10
    TAG_EPOCH = 16
    TAG_OFFSET = 24
    TAG_ROWS = 34
    TAG_ARROW_IPC = 42
    TAG_BACKLOG = 50
    TAG_BACKLOG_RECORDS = 8
    TAG_BACKLOG_TIME = 18
    TAG_TIME_SECONDS = 8
    TAG_TIME_NANOS = 16

cdef int64_t TIMESTAMP_SECONDS_MAX = 253_402_300_799   # 9999-12-31, of google.protobuf.Timestamp


@cython.final
cdef class AppendHeader:
    """What stands in one AppendRequest besides the records."""

    cdef readonly str channel
    cdef readonly int64_t epoch
    cdef readonly int64_t offset
    cdef readonly int kind
    cdef readonly int64_t body_start
    cdef readonly int64_t body_stop
    cdef readonly int64_t backlog_record_count
    cdef readonly int64_t backlog_oldest_unsent_us

    def __repr__(self):
        return (
            f"AppendHeader(channel={self.channel!r}, epoch={self.epoch}, offset={self.offset}, "
            f"kind={self.kind}, body_start={self.body_start}, body_stop={self.body_stop})")


def parse_append_request(bytes message not None):
    """Find the parts of an AppendRequest without touching records."""
    cdef AppendHeader header = AppendHeader.__new__(AppendHeader)
    cdef const uint8_t *start = <const uint8_t *>PyBytes_AS_STRING(message)
    cdef const uint8_t *stop = start + PyBytes_GET_SIZE(message)
    cdef const uint8_t *at = start
    cdef const uint8_t *data = NULL
    cdef int64_t size = 0
    cdef uint32_t tag = 0
    cdef uint64_t value = 0
    header.channel = ""
    header.backlog_oldest_unsent_us = -1
    while at < stop:
        _check(read_tag(&at, stop, &tag), at - start)
        if tag == TAG_CHANNEL:
            _check(read_bytes(&at, stop, &data, &size), at - start)
            header.channel = _text_of(data, size)
        elif tag == TAG_EPOCH:
            _check(read_varint(&at, stop, &value), at - start)
            header.epoch = <int64_t>value
        elif tag == TAG_OFFSET:
            _check(read_varint(&at, stop, &value), at - start)
            header.offset = <int64_t>value
        elif tag == TAG_ROWS or tag == TAG_ARROW_IPC:
            _check(read_bytes(&at, stop, &data, &size), at - start)
            if header.kind != KIND_NONE:
                raise BatchError("a request carries one batch; this one has several",
                                 reason="MALFORMED", field="batch")
            header.kind = KIND_ROWS if tag == TAG_ROWS else KIND_ARROW
            header.body_start = data - start
            header.body_stop = header.body_start + size
        elif tag == TAG_BACKLOG:
            _check(read_bytes(&at, stop, &data, &size), at - start)
            _check(_read_backlog(data, data + size, header), data - start)
        else:
            _check(skip_value(&at, stop, tag & 7), at - start)
    return header


cdef int _read_backlog(const uint8_t *at, const uint8_t *stop, AppendHeader header) noexcept:
    cdef const uint8_t *data = NULL
    cdef int64_t size = 0
    cdef uint32_t tag = 0
    cdef uint64_t value = 0
    cdef int result
    while at < stop:
        result = read_tag(&at, stop, &tag)
        if result != WIRE_OK:
            return result
        if tag == TAG_BACKLOG_RECORDS:
            result = read_varint(&at, stop, &value)
            header.backlog_record_count = <int64_t>value
        elif tag == TAG_BACKLOG_TIME:
            result = read_bytes(&at, stop, &data, &size)
            if result == WIRE_OK:
                result = _read_time(data, data + size, &header.backlog_oldest_unsent_us)
        else:
            result = skip_value(&at, stop, tag & 7)
        if result != WIRE_OK:
            return result
    return WIRE_OK


cdef int _read_time(const uint8_t *at, const uint8_t *stop, int64_t *time_us) noexcept nogil:
    """A google.protobuf.Timestamp; one before 1970 or out of range leaves -1."""
    cdef int64_t seconds = 0
    cdef int64_t nanos = 0
    cdef uint32_t tag = 0
    cdef uint64_t value = 0
    cdef int result
    time_us[0] = -1
    while at < stop:
        result = read_tag(&at, stop, &tag)
        if result != WIRE_OK:
            return result
        if tag == TAG_TIME_SECONDS:
            result = read_varint(&at, stop, &value)
            seconds = <int64_t>value
        elif tag == TAG_TIME_NANOS:
            result = read_varint(&at, stop, &value)
            nanos = <int32_t><uint32_t>value
        else:
            result = skip_value(&at, stop, tag & 7)
        if result != WIRE_OK:
            return result
    if 0 <= seconds <= TIMESTAMP_SECONDS_MAX and 0 <= nanos <= 999_999_999:
        time_us[0] = seconds * SECOND_US + nanos // 1000
    return WIRE_OK


cdef str _text_of(const uint8_t *data, int64_t size):
    try:
        return (<const char *>data)[:size].decode("utf-8")
    except UnicodeDecodeError:
        raise BatchError("the channel name is UTF-8; these bytes are not",
                         reason="MALFORMED", field="channel") from None


cdef _check(int result, int64_t place):
    if result == WIRE_TRUNCATED:
        raise BatchError(f"the request ends inside the field at byte {place}; send it whole",
                         reason="TRUNCATED")
    if result == WIRE_MALFORMED:
        raise BatchError(f"byte {place} begins no field of a tonne.v1.AppendRequest; send one",
                         reason="MALFORMED")

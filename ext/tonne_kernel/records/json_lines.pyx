"""Records as lines of JSON, cut into their fields where all lines have the same ones."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

cdef enum:
    FIELDS_MAX = 64
    FIRST_PLAIN = 0x20              # below it are control characters, which no text has
    BETWEEN = 0x1F                  # stands between the fields that are cut out
    NOTHING = 0x01                  # stands for null

cdef struct Names:
    int64_t count
    int64_t number_index            # the field that may be a number, or -1
    const uint8_t *text[FIELDS_MAX]
    int64_t size[FIELDS_MAX]


def cut_json_lines(bytes lines not None, tuple names not None, int64_t number_index=-1):
    cdef Names known
    cdef bytes name
    cdef int64_t size = len(lines), written
    cdef const uint8_t *data = <const uint8_t *>PyBytes_AS_STRING(lines)
    cdef uint8_t *out
    known.count = len(names)
    known.number_index = number_index
    if not 0 < known.count <= FIELDS_MAX:
        return None
    for index, name in enumerate(names):
        known.text[index] = <const uint8_t *>PyBytes_AS_STRING(name)
        known.size[index] = len(name)
    # A field is shorter than its text in the line, and so is a line.
    out = <uint8_t *>malloc(size + 1)
    if out == NULL:
        raise MemoryError(f"{size} bytes of JSON lines")
    try:
        with nogil:
            written = _cut(data, size, &known, out)
        return None if written < 0 else PyBytes_FromStringAndSize(<char *>out, written)
    finally:
        free(out)


cdef int64_t _cut(
    const uint8_t *data, int64_t size, const Names *names, uint8_t *out
) noexcept nogil:
    """Cut all lines, and give the bytes that were written, or -1."""
    cdef const uint8_t *place = data
    cdef const uint8_t *stop = data + size
    cdef const uint8_t *begin
    cdef uint8_t *to = out
    cdef int64_t index
    while place < stop:
        place = _past(place, stop, b"{")
        for index in range(names.count):
            if index:
                place = _past(place, stop, b",")
                to[0] = BETWEEN
                to += 1
            place = _past(place, stop, b'"')
            if place == NULL or stop - place <= names.size[index]:
                return -1
            if memcmp(place, names.text[index], names.size[index]):
                return -1
            place += names.size[index]
            if place[0] != c'"':
                return -1
            place = _blank(_past(place + 1, stop, b":"), stop)
            if place == NULL or place == stop:
                return -1
            begin = place
            if place[0] == c'"':
                begin = place + 1
                place = _text_stop(begin, stop)
                if place == NULL:
                    return -1
                memcpy(to, begin, place - begin)
                to += place - begin
                place += 1
            elif stop - place >= 4 and not memcmp(place, b"null", 4):
                to[0] = NOTHING
                to += 1
                place += 4
            elif index == names.number_index:
                place = _number_stop(place, stop)
                if place == NULL:
                    return -1
                memcpy(to, begin, place - begin)
                to += place - begin
            else:
                return -1
        place = _blank(_past(place, stop, b"}"), stop)
        if place == NULL:
            return -1
        if place < stop and place[0] == c"\r":
            place += 1
        if place < stop:
            if place[0] != c"\n":
                return -1
            place += 1
        to[0] = c"\n"
        to += 1
    return to - out


cdef inline const uint8_t *_blank(const uint8_t *place, const uint8_t *stop) noexcept nogil:
    """Give what comes behind spaces and tabs; NULL stays NULL."""
    if place == NULL:
        return NULL
    while place < stop and (place[0] == c" " or place[0] == c"\t"):
        place += 1
    return place


cdef inline const uint8_t *_past(
    const uint8_t *place, const uint8_t *stop, const char *sign
) noexcept nogil:
    """Give what comes behind a sign that is expected here, or NULL."""
    place = _blank(place, stop)
    if place == NULL or place == stop or place[0] != <uint8_t>sign[0]:
        return NULL
    return place + 1


cdef inline const uint8_t *_text_stop(const uint8_t *place, const uint8_t *stop) noexcept nogil:
    """Find the end of a text without escapes, or NULL."""
    while place < stop:
        if place[0] == c'"':
            return place
        if place[0] < FIRST_PLAIN or place[0] == c"\\":
            return NULL
        place += 1
    return NULL


cdef inline const uint8_t *_digits_stop(const uint8_t *place, const uint8_t *stop) noexcept nogil:
    """Find the end of one digit or more, or NULL."""
    cdef const uint8_t *begin = place
    while place < stop and c"0" <= place[0] <= c"9":
        place += 1
    if place == begin:
        return NULL
    return place


cdef const uint8_t *_number_stop(const uint8_t *place, const uint8_t *stop) noexcept nogil:
    """Find the end of a number by the grammar of RFC 8259, or NULL."""
    if place < stop and place[0] == c"-":
        place += 1
    if place < stop and place[0] == c"0":
        place += 1
    else:
        place = _digits_stop(place, stop)
    if place != NULL and place < stop and place[0] == c".":
        place = _digits_stop(place + 1, stop)
    if place != NULL and place < stop and (place[0] == c"e" or place[0] == c"E"):
        place += 1
        if place < stop and (place[0] == c"-" or place[0] == c"+"):
            place += 1
        place = _digits_stop(place, stop)
    return place

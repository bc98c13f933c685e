"""The keys of a column of record ids: in the order of the rows, or sorted as a key file has them.

Equal ids have equal keys. An empty id and a null have none: 0 in the order of the rows, nothing in
the file. An id whose hash is 0 has the key 1.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from tonne_kernel.arrow.c_import cimport (
    TEXT_LARGE, TEXT_SMALL, TEXT_VIEWS, ArrowChunks, find_text, import_texts,
)
from tonne_kernel.arrow.table cimport ArrowTable, new_table
from tonne_kernel.keys.sip_hash cimport SipKey, sip_hash

cdef enum:
    KEY_BYTES = 16
    # Keys that one bucket of the sort has on average: few enough to be sorted by insertion.
    BUCKET_KEYS = 4
    BUCKET_BITS_MAX = 16


def hash_texts(column, bytes key not None, *, int bits=64):
    """Keys of texts in the order of the rows; 0 of an empty one."""
    cdef ArrowChunks chunks = import_texts(column)
    cdef SipKey sip = _sip_key(key, bits)
    cdef ArrowTable table = new_table(chunks.row_count)
    cdef uint64_t *keys
    cdef int64_t count
    cdef int kind = _kind_of(chunks)
    table.is_struct = False
    keys = <uint64_t *>table.allocate(chunks.row_count * 8)
    with nogil:
        count = _hash(chunks, kind, &sip, _mask(bits), keys, False)
    if count < 0:
        raise ValueError("a text lies outside of its block")
    table.add_fixed("", "L", keys)
    return table


def record_keys(column, bytes key not None, *, int bits=64):
    """Keys of the texts that are not empty, ascending, as little-endian bytes."""
    cdef ArrowChunks chunks = import_texts(column)
    cdef SipKey sip = _sip_key(key, bits)
    cdef int kind = _kind_of(chunks)
    cdef int64_t count
    cdef bytes content
    cdef uint64_t *keys = <uint64_t *>malloc(<size_t>(chunks.row_count * 8 + 8))
    cdef uint64_t *sorted_keys
    cdef bint is_sorted
    if keys == NULL:
        raise MemoryError
    try:
        with nogil:
            count = _hash(chunks, kind, &sip, _mask(bits), keys, True)
        if count < 0:
            raise ValueError("a text lies outside of its block")
        content = PyBytes_FromStringAndSize(NULL, count * 8)
        sorted_keys = <uint64_t *>PyBytes_AS_STRING(content)
        with nogil:
            is_sorted = _sort(keys, count, sorted_keys)
        if not is_sorted:
            raise MemoryError
        return content
    finally:
        free(keys)


cdef SipKey _sip_key(bytes key, int bits) except *:
    cdef SipKey sip
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes; got {len(key)}")
    if not 1 <= bits <= 64:
        raise ValueError(f"a hash has 1 to 64 bits; got {bits}")
    memcpy(&sip.low, <const char *>key, 8)
    memcpy(&sip.high, <const char *>key + 8, 8)
    return sip


cdef uint64_t _mask(int bits) noexcept nogil:
    """The first bits of a hash, which say where it stands in the order."""
    return ~<uint64_t>0 << (64 - bits)


cdef int _kind_of(ArrowChunks chunks) except -1:
    return {"u": TEXT_SMALL, "U": TEXT_LARGE, "vu": TEXT_VIEWS}[chunks.format]


cdef int64_t _hash(
    ArrowChunks chunks, int kind, const SipKey *key, uint64_t mask, uint64_t *keys,
    bint leaves_out
) noexcept nogil:
    """Hash all texts into keys (OUT, one a row, or one a text that is not empty), and count them.

    -1: a text lies outside of its block.
    """
    cdef int64_t chunk, row, size
    cdef int64_t count = 0
    cdef uint64_t value
    cdef const uint8_t *text
    for chunk in range(chunks.chunk_count):
        for row in range(chunks.arrays[chunk].length):
            size = find_text(&chunks.arrays[chunk], kind, row, &text)
            if size < 0:
                return -1
            if size == 0:
                if not leaves_out:
                    keys[count] = 0
                    count += 1
                continue
            value = sip_hash(key, text, size) & mask
            keys[count] = value if value != 0 else 1
            count += 1
    return count


cdef bint _sort(const uint64_t *keys, int64_t count, uint64_t *target) noexcept nogil:
    """Sort hashes into target (OUT): into buckets by their first bits, then within these.

    Hashes are spread evenly, so that a bucket has few; where they are not, because one id stands
    in many records, these are equal and in order already. False: no memory.
    """
    cdef int bits = 0
    cdef int shift
    cdef int64_t index, place, total, size
    cdef uint64_t value
    cdef int64_t *stops
    while bits < BUCKET_BITS_MAX and count >> bits > BUCKET_KEYS:
        bits += 1
    if bits == 0:
        memcpy(target, keys, <size_t>count * 8)
        _sort_bucket(target, count)
        return True
    shift = 64 - bits
    stops = <int64_t *>malloc((<size_t>1 << bits) * 8)
    if stops == NULL:
        return False
    memset(stops, 0, (<size_t>1 << bits) * 8)
    for index in range(count):
        stops[keys[index] >> shift] += 1
    total = 0
    for index in range(<int64_t>1 << bits):
        size = stops[index]
        stops[index] = total
        total += size
    for index in range(count):
        value = keys[index]
        target[stops[value >> shift]] = value
        stops[value >> shift] += 1
    place = 0
    for index in range(<int64_t>1 << bits):
        _sort_bucket(target + place, stops[index] - place)
        place = stops[index]
    free(stops)
    return True


cdef void _sort_bucket(uint64_t *keys, int64_t count) noexcept nogil:
    """Sort by insertion, or where there are many by heap: no order of them takes long."""
    cdef int64_t index, place
    cdef uint64_t value
    if count > 64:
        _sort_heap(keys, count)
        return
    for index in range(1, count):
        value = keys[index]
        place = index
        while place > 0 and keys[place - 1] > value:
            keys[place] = keys[place - 1]
            place -= 1
        keys[place] = value


cdef void _sort_heap(uint64_t *keys, int64_t count) noexcept nogil:
    cdef int64_t index
    for index in range(count // 2 - 1, -1, -1):
        _sift(keys, index, count)
    for index in range(count - 1, 0, -1):
        keys[0], keys[index] = keys[index], keys[0]
        _sift(keys, 0, index)


cdef void _sift(uint64_t *keys, int64_t root, int64_t count) noexcept nogil:
    cdef int64_t child
    cdef uint64_t value = keys[root]
    while True:
        child = 2 * root + 1
        if child >= count:
            break
        if child + 1 < count and keys[child + 1] > keys[child]:
            child += 1
        if keys[child] <= value:
            break
        keys[root] = keys[child]
        root = child
    keys[root] = value

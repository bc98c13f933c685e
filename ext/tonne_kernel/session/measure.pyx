"""How much memory a batch will take, told from its message before any of it is made.

An upper bound, in bytes, from lengths alone: no text is copied and no column is made. It costs
a pass over the framing, over the values of dictionaries and over text views; texts between
offsets are measured by their first and last offset.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from tonne_kernel.arrow.column cimport ArrowColumn
from tonne_kernel.arrow.schema cimport TYPE_LARGE_UTF8, TYPE_UTF8, TYPE_UTF8_VIEW
from tonne_kernel.arrow.stream cimport ArrowDictionary, ArrowStream
from tonne_kernel.columnar.chunk cimport CHUNK_ROWS
from tonne_kernel.columnar.decoding cimport Limits
from tonne_kernel.values.constants cimport (
    ATTRIBUTES_SIZE_MAX, EVIDENCE_SIZE_MAX, TEXT_SIZE_MAX, UNREAD_SIZE_MAX,
)
from tonne_kernel.values.status cimport (
    FIELD_ACTIVITY, FIELD_ATTRIBUTES, FIELD_COUNT, FIELD_EVIDENCE, FIELD_FACILITY, FIELD_QUANTITY,
    FIELD_RECORD_ID, FIELD_REGION, FIELD_UNIT, FIELD_UNREAD,
)

cdef enum:
    # The least that columns of few rows take.
    LEAST_BYTES = 16_384
    # All columns of a row, optional ones included, and its place among the rejects, which grow
    # by doubling; sizes of blocks are rounded up by a quarter at most.
    ROW_BYTES = 448
    # A column of texts that grows holds its old block beside the new one of twice the size.
    TEXT_GROWTH = 3
    # A value of a dictionary: where its text stands, its code, two numbers; all grow by doubling.
    DICTIONARY_VALUE_BYTES = 72
    # Texts of one chunk, which may be written before the limit is seen to be passed.
    CHUNK_TEXT_BYTES = CHUNK_ROWS * (
        ATTRIBUTES_SIZE_MAX + EVIDENCE_SIZE_MAX + UNREAD_SIZE_MAX + 7 * TEXT_SIZE_MAX)

cdef struct Longest:
    # The longest value of a dictionary, as far as it was looked at.
    int64_t generation
    int64_t seen_count
    int64_t size


cdef int64_t rows_memory_bytes_max(int64_t count, int64_t size) noexcept nogil:
    return LEAST_BYTES + count * ROW_BYTES + TEXT_GROWTH * size


cdef int64_t arrow_memory_bytes_max(ArrowStream stream, const Limits *limits) noexcept nogil:
    cdef Longest longest[FIELD_COUNT]
    cdef int64_t count, place
    cdef int64_t texts = 0
    cdef int64_t values = 0
    cdef int64_t record_count = stream.count_records(limits.records_max)
    if record_count < 0:
        return -1
    for place in range(<int64_t> FIELD_COUNT):
        longest[place].generation = -1
    while True:
        count = stream.next_batch()
        if count == -2:
            break
        if count < 0:
            return -1
        # Records are counted already: no sum of these can wrap.
        for place in range(stream.schema.count):
            texts += _text_bytes_max(stream, place, count, longest)
    for place in range(stream.dictionary_count):
        values += stream.dictionaries[place].capacity
    texts = min(texts, limits.text_bytes_max + CHUNK_TEXT_BYTES)
    return (
        LEAST_BYTES + record_count * ROW_BYTES + TEXT_GROWTH * texts
        + values * DICTIONARY_VALUE_BYTES
    )


cdef int64_t _text_bytes_max(
    ArrowStream stream, int64_t place, int64_t count, Longest *longest
) noexcept nogil:
    """Most bytes that a batch keeps of the texts of a column, good ones or rejected."""
    cdef const ArrowColumn *column = &stream.columns[place]
    cdef int kind = stream.schema.columns[place].kind
    cdef int64_t size_max = _size_max(stream.schema.columns[place].field)
    cdef int dictionary = stream.dictionary_of[place]
    if size_max == 0 or count == 0:
        return 0
    if dictionary >= 0:
        return count * min(size_max, _longest(&stream.dictionaries[dictionary],
                                              &longest[dictionary]))
    if kind == TYPE_UTF8:
        return min(count * size_max, _offsets_bytes(column, 4))
    if kind == TYPE_LARGE_UTF8:
        return min(count * size_max, _offsets_bytes(column, 8))
    if kind == TYPE_UTF8_VIEW:
        return _views_bytes(column, size_max)
    # Of a number, its text is kept where the record is rejected.
    return count * min(size_max, <int64_t> TEXT_SIZE_MAX) if column.data is not NULL else 0


cdef int64_t _size_max(int field) noexcept nogil:
    """Longest text that a batch keeps of a field, row by row; 0 where it keeps none."""
    if field == FIELD_ATTRIBUTES:
        return ATTRIBUTES_SIZE_MAX
    if field == FIELD_EVIDENCE:
        return EVIDENCE_SIZE_MAX
    if field == FIELD_UNREAD:
        return UNREAD_SIZE_MAX
    if (
        field == FIELD_RECORD_ID or field == FIELD_FACILITY or field == FIELD_ACTIVITY
        or field == FIELD_QUANTITY or field == FIELD_UNIT or field == FIELD_REGION
    ):
        return TEXT_SIZE_MAX
    return 0


cdef int64_t _longest(const ArrowDictionary *dictionary, Longest *longest) noexcept nogil:
    """Size of a dictionary's longest value; each value is looked at once."""
    cdef int64_t index
    if longest.generation != dictionary.generation:
        longest.generation = dictionary.generation
        longest.seen_count = 0
        longest.size = 0
    for index in range(longest.seen_count, dictionary.count):
        longest.size = max(longest.size, dictionary.values[index].size)
    longest.seen_count = dictionary.count
    return longest.size


cdef int64_t _offsets_bytes(const ArrowColumn *column, int64_t width) noexcept nogil:
    """Bytes between the first and the last offset; wrong offsets are found in decoding."""
    cdef int64_t start = _load_offset(column.offsets, width)
    cdef int64_t stop = _load_offset(column.offsets + column.count * width, width)
    if start < 0 or stop < start:
        return column.data_size
    return min(stop - start, column.data_size)


cdef int64_t _views_bytes(const ArrowColumn *column, int64_t size_max) noexcept nogil:
    """Bytes of the texts of views, which may overlap."""
    cdef int64_t row, size
    cdef int64_t total = 0
    for row in range(column.count):
        size = _load_offset(column.data + 16 * row, 4)
        total += min(size, size_max) if size > 0 else 0
    return total


cdef inline int64_t _load_offset(const unsigned char *data, int64_t width) noexcept nogil:
    cdef int32_t narrow
    cdef int64_t wide
    if width == 4:
        memcpy(&narrow, data, sizeof(narrow))
        return narrow
    memcpy(&wide, data, sizeof(wide))
    return wide

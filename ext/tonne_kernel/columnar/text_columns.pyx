"""The columns of a stream that hold texts, in themselves or by a dictionary."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memset

from tonne_kernel.arrow.column cimport find_indices, find_texts
from tonne_kernel.arrow.fault cimport FAULT_MEMORY, set_fault
from tonne_kernel.arrow.schema cimport TYPE_NULL, TYPE_OTHER, ColumnType
from tonne_kernel.arrow.stream cimport ArrowDictionary
from tonne_kernel.columnar.decoding cimport CODED_REGION, CODED_UNIT, Decoding
from tonne_kernel.columnar.value_map cimport CODE_ABSENT, CODE_INVALID, CODE_MEMORY, CODE_UNMAPPED
from tonne_kernel.memory.buffers cimport Span, TextColumn, texts_append, texts_pad, texts_reserve
from tonne_kernel.values.constants cimport TEXT_SIZE_MAX
from tonne_kernel.values.status cimport FIELD_RECORD_ID
from tonne_kernel.values.text cimport INTERN_MEMORY, Interner, intern, utf8_is_valid

cdef const uint8_t *EMPTY = b""


cdef int take_indices(Decoding *work, int place) noexcept nogil:
    """Find the indices of a chunk; a null has the index behind the last value."""
    if find_indices(&work.chunk.columns[place], &work.chunk.schema.columns[place],
                    work.maps[place].count, work.values, &work.fault):
        work.fault.record_index += work.first
        return -1
    return 0


cdef int find_row_texts(Decoding *work, int place) noexcept nogil:
    """Find the texts of a column, whether they stand in it or in its dictionary."""
    cdef const ColumnType *column_type = &work.chunk.schema.columns[place]
    cdef const ArrowDictionary *dictionary
    cdef int64_t row, null
    if column_type.index_kind == TYPE_OTHER:
        if find_texts(&work.chunk.columns[place], column_type, work.texts, &work.fault):
            work.fault.record_index += work.first
            return -1
        return 0
    if take_indices(work, place):
        return -1
    null = work.maps[place].count
    dictionary = &work.chunk.dictionaries[work.chunk.dictionary_of[place]]
    for row in range(work.chunk.count):
        if work.values[row] == null:
            work.texts[row].data = EMPTY
            work.texts[row].size = 0
        else:
            work.texts[row] = dictionary.values[work.values[row]]
    return 0


# Texts that get codes


cdef int take_codes(Decoding *work, int coded, int field, Interner *interner) noexcept nogil:
    """Codes of a column of interned texts."""
    cdef int32_t *codes = work.codes[coded]
    cdef int place = work.chunk.place_of[field]
    cdef int32_t code, empty = CODE_ABSENT
    cdef int64_t row
    cdef int32_t worst = 0
    if coded == CODED_REGION:
        # No region is the empty one, which has a code like any other.
        empty = intern(interner, EMPTY, 0)
        if empty < 0:
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    if place < 0 or work.chunk.schema.columns[place].kind == TYPE_NULL:
        for row in range(work.chunk.count):
            codes[row] = empty
        worst = empty
    elif work.chunk.dictionary_of[place] >= 0:
        if _map_codes(work, place, interner, codes):
            return -1
    elif find_row_texts(work, place):
        return -1
    else:
        for row in range(work.chunk.count):
            codes[row] = (
                CODE_ABSENT if work.suspect[row] else _code_of(&work.texts[row], interner))
    for row in range(work.chunk.count):
        worst |= codes[row]
    if worst >= 0:
        return 0
    for row in range(work.chunk.count):
        code = codes[row]
        if code == CODE_MEMORY:
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
        if code == CODE_ABSENT:
            codes[row] = empty
        work.suspect[row] |= (
            code == CODE_INVALID or (code == CODE_ABSENT and coded <= CODED_UNIT))
    return 0


cdef int _map_codes(Decoding *work, int place, Interner *interner, int32_t *codes) noexcept nogil:
    """Codes of a dictionary column, by the codes of the dictionary's values."""
    cdef const ArrowDictionary *dictionary = (
        &work.chunk.dictionaries[work.chunk.dictionary_of[place]])
    cdef int32_t *mapped = work.maps[place].codes
    cdef int64_t row
    cdef int32_t code
    if take_indices(work, place):
        return -1
    for row in range(work.chunk.count):
        code = mapped[work.values[row]]
        if code == CODE_UNMAPPED:
            code = _code_of(&dictionary.values[work.values[row]], interner)
            mapped[work.values[row]] = code
        codes[row] = code
    return 0


cdef inline int32_t _code_of(const Span *text, Interner *interner) noexcept nogil:
    """Code of a text, or CODE_*."""
    cdef int32_t code
    if text.size == 0:
        return CODE_ABSENT
    code = intern(interner, text.data, text.size)
    if code >= 0:
        return code
    return CODE_MEMORY if code == INTERN_MEMORY else CODE_INVALID


# Texts that are kept as they are


cdef int check_texts(Decoding *work, int field, int64_t size_max) noexcept nogil:
    """Mark the rows whose text in an optional column is no UTF-8 or too long."""
    cdef int place = work.chunk.place_of[field]
    cdef int64_t row
    if place < 0 or work.chunk.schema.columns[place].kind == TYPE_NULL:
        return 0
    if find_row_texts(work, place):
        return -1
    for row in range(work.chunk.count):
        work.suspect[row] |= (
            work.texts[row].size > size_max
            or not utf8_is_valid(work.texts[row].data, work.texts[row].size))
    return 0


cdef int write_record_ids(Decoding *work) noexcept nogil:
    """Append the record ids of a chunk; mark those that are no UTF-8 or too long."""
    cdef TextColumn *column = &work.columns.record_id
    cdef int place = work.chunk.place_of[<int> FIELD_RECORD_ID]
    cdef int64_t row, size
    cdef const Span *text
    if place < 0 or work.chunk.schema.columns[place].kind == TYPE_NULL:
        if texts_pad(column, work.first + work.chunk.count):
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
        return 0
    if find_row_texts(work, place):
        return -1
    size = _copy_texts(work, column)
    if size < 0:
        return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    if _is_ascii(column.bytes.data + column.bytes.size, size):
        for row in range(work.chunk.count):
            column.bytes.size += work.texts[row].size
            column.stops[work.first + row] = column.bytes.size
        column.count += work.chunk.count
        return 0
    for row in range(work.chunk.count):
        text = &work.texts[row]
        size = text.size
        if size > TEXT_SIZE_MAX or not utf8_is_valid(text.data, size):
            work.suspect[row] = 1
            size = 0
        if texts_append(column, text.data, size):
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    return 0


cdef int64_t _copy_texts(Decoding *work, TextColumn *column) noexcept nogil:
    """Copy the texts behind the end of a column, for the caller to look at as one block.

    The bytes copied; -1: no memory. For one that is too long, bytes that are no ASCII are
    put in its place, so that no more than TEXT_SIZE_MAX bytes a row are copied.
    """
    cdef int64_t row, size = 0
    cdef bint is_block = True
    cdef uint8_t *target
    cdef Span *text
    for row in range(work.chunk.count):
        text = &work.texts[row]
        is_block &= text.data == work.texts[0].data + size
        is_block &= text.size <= TEXT_SIZE_MAX
        size += min(text.size, <int64_t> TEXT_SIZE_MAX)
    if texts_reserve(column, work.chunk.count, size):
        return -1
    if size == 0:                           # without a text there may be no address
        return 0
    target = column.bytes.data + column.bytes.size
    if is_block:                            # texts between offsets lie so
        memcpy(target, work.texts[0].data, size)
        return size
    for row in range(work.chunk.count):
        text = &work.texts[row]
        if text.size > TEXT_SIZE_MAX:
            memset(target, 0xFF, TEXT_SIZE_MAX)
            target += TEXT_SIZE_MAX
            continue
        memcpy(target, text.data, text.size)
        target += text.size
    return size


cdef int write_texts(Decoding *work, int field, TextColumn *column) noexcept nogil:
    """Append the texts of an optional column that rows in good order have."""
    cdef int place = work.chunk.place_of[field]
    cdef int64_t row
    if place < 0 or work.chunk.schema.columns[place].kind == TYPE_NULL:
        return 0
    if find_row_texts(work, place):
        return -1
    for row in range(work.chunk.count):
        if work.texts[row].size == 0 or work.suspect[row]:
            continue
        if (
            texts_pad(column, work.first + row)
            or texts_append(column, work.texts[row].data, work.texts[row].size)
        ):
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    return 0


cdef bint _is_ascii(const uint8_t *data, int64_t size) noexcept nogil:
    """Whether all bytes are below 0x80."""
    cdef uint8_t bits = 0
    cdef int64_t index
    for index in range(size):
        bits |= data[index]
    return bits < 0x80

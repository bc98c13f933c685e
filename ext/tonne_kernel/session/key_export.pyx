"""Hands the keys of a session out as columns, with dictionaries of just their texts."""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from tonne_kernel.arrow.table cimport ArrowTable, new_table
from tonne_kernel.memory.buffers cimport text_start
from tonne_kernel.values.dictionary cimport Dictionaries, Key
from tonne_kernel.values.text cimport Interner, intern, interner_free, interner_init

cdef enum:
    PART_COUNT = 4              # facility, activity, unit, region


cdef ArrowTable export_keys(const Dictionaries *source, int64_t first, int64_t stop):
    cdef ArrowTable table = new_table(stop - first)
    cdef const Interner *theirs[PART_COUNT]
    cdef Interner ours[PART_COUNT]
    cdef int32_t *codes[PART_COUNT]
    cdef const char *names[PART_COUNT]
    cdef int result = 0
    cdef int part
    names[0], names[1], names[2], names[3] = "facility", "activity", "unit", "region"
    theirs[0], theirs[1] = &source.facility, &source.activity
    theirs[2], theirs[3] = &source.unit, &source.region
    memset(ours, 0, sizeof(ours))
    for part in range(PART_COUNT):
        codes[part] = <int32_t *>table.allocate((stop - first) * 4)
    try:
        with nogil:
            for part in range(PART_COUNT):
                if interner_init(&ours[part], theirs[part].seed):
                    result = -1
            if result == 0:
                result = _fill(source, first, stop, theirs, ours, codes)
        if result != 0:
            raise MemoryError(f"{stop - first} keys")
        for part in range(PART_COUNT):
            table.add_views(names[part], codes[part], &ours[part].texts)
    finally:
        for part in range(PART_COUNT):
            interner_free(&ours[part])
    return table


cdef int _fill(
    const Dictionaries *source, int64_t first, int64_t stop, const Interner **theirs,
    Interner *ours, int32_t **codes
) noexcept nogil:
    cdef const Key *key
    cdef int64_t index
    for index in range(first, stop):
        key = &source.keys.keys[index]
        codes[0][index - first] = _copy_text(&ours[0], theirs[0], key.facility)
        codes[1][index - first] = _copy_text(&ours[1], theirs[1], key.activity)
        codes[2][index - first] = _copy_text(&ours[2], theirs[2], key.unit)
        codes[3][index - first] = _copy_text(&ours[3], theirs[3], key.region)
        if (
            codes[0][index - first] | codes[1][index - first]
            | codes[2][index - first] | codes[3][index - first]
        ) < 0:
            return -1
    return 0


cdef inline int32_t _copy_text(
    Interner *target, const Interner *source, int32_t code
) noexcept nogil:
    cdef int64_t start = text_start(&source.texts, code)
    return intern(target, source.texts.bytes.data + start, source.texts.stops[code] - start)

"""Sorted runs of keys: merged into one, and the entries of one that stand in another, too.

An entry is a key and the number of the segment that holds such a record. A run has its keys in
ascending order; the numbers beside them count from a base, or all are the base.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport UINT32_MAX, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, qsort
from libc.string cimport memcpy

from tonne_kernel.arrow.table cimport ArrowTable, new_table

cdef struct Run:
    const uint64_t *keys
    const uint32_t *segments    # NULL: all are `base`
    int64_t base
    int64_t count
    int64_t place               # of the next entry


def merge_keys(runs, int64_t base):
    """Entries of runs in the order of their keys: the keys, and the segments beside them."""
    cdef list held = []
    cdef int64_t total = 0
    cdef int64_t index
    cdef int result
    cdef int count = len(runs)
    cdef bytes keys, segments
    cdef uint64_t *keys_out
    cdef uint32_t *segments_out
    cdef Run *table = <Run *>calloc(<size_t>count + 1, sizeof(Run))
    if table == NULL:
        raise MemoryError
    try:
        for index in range(count):
            _set_run(&table[index], runs[index], held)
            total += table[index].count
        keys = PyBytes_FromStringAndSize(NULL, total * 8)
        segments = PyBytes_FromStringAndSize(NULL, total * 4)
        keys_out = <uint64_t *>PyBytes_AS_STRING(keys)
        segments_out = <uint32_t *>PyBytes_AS_STRING(segments)
        with nogil:
            result = _merge(table, count, base, keys_out, segments_out)
        if result != 0:
            raise OverflowError("a segment's number is not within 32 bits of the base")
        return keys, segments
    finally:
        free(table)


def shared_entries(keys, run):
    """Entries of a run whose key is among sorted keys: columns `key` and `segment`."""
    cdef Run other, entries
    cdef list held = []
    cdef int64_t count
    cdef ArrowTable table
    cdef uint64_t *keys_out
    cdef int64_t *segments_out
    _set_run(&other, (keys, None, 0), held)
    _set_run(&entries, run, held)
    with nogil:
        count = _shared(&other, &entries, NULL, NULL)
    table = new_table(count)
    keys_out = <uint64_t *>table.allocate(count * 8)
    segments_out = <int64_t *>table.allocate(count * 8)
    with nogil:
        _shared(&other, &entries, keys_out, segments_out)
    table.add_fixed("key", "L", keys_out)
    table.add_fixed("segment", "l", segments_out)
    return table


def repeated_keys(keys):
    """Keys that a sorted run has more than once, each once, as little-endian bytes."""
    cdef Run run
    cdef list held = []
    cdef int64_t count
    cdef bytes found
    cdef uint64_t *found_out
    _set_run(&run, (keys, None, 0), held)
    with nogil:
        count = _repeated(&run, NULL)
    found = PyBytes_FromStringAndSize(NULL, count * 8)
    found_out = <uint64_t *>PyBytes_AS_STRING(found)
    with nogil:
        _repeated(&run, found_out)
    return found


def latest_entries(keys, segments, int64_t uses_max):
    """Entries of sorted keys without those beyond the last `uses_max` segments of a key."""
    cdef const uint64_t[::1] keys_in = memoryview(keys).cast("B").cast("Q")
    cdef const uint32_t[::1] segments_in = memoryview(segments).cast("B").cast("I")
    cdef int64_t count = keys_in.shape[0]
    cdef int64_t kept
    cdef bytes keys_kept, segments_kept
    cdef uint64_t *keys_out
    cdef uint32_t *segments_out
    if segments_in.shape[0] != count:
        raise ValueError(f"{count} keys, but {segments_in.shape[0]} segments")
    if uses_max < 1:
        raise ValueError(f"{uses_max} entries of a key: expected 1 at least")
    if count == 0:
        return keys, segments
    with nogil:
        kept = _latest(&keys_in[0], &segments_in[0], count, uses_max, NULL, NULL)
    if kept == count:
        return keys, segments
    # The segments of a key are sorted where they are to go, so there is room for all of them.
    keys_kept = PyBytes_FromStringAndSize(NULL, kept * 8)
    segments_kept = PyBytes_FromStringAndSize(NULL, count * 4)
    keys_out = <uint64_t *>PyBytes_AS_STRING(keys_kept)
    segments_out = <uint32_t *>PyBytes_AS_STRING(segments_kept)
    with nogil:
        _latest(&keys_in[0], &segments_in[0], count, uses_max, keys_out, segments_out)
    return keys_kept, segments_kept[: kept * 4]


cdef int64_t _latest(
    const uint64_t *keys,
    const uint32_t *segments,
    int64_t count,
    int64_t uses_max,
    uint64_t *keys_out,
    uint32_t *segments_out,
) noexcept nogil:
    """Count the entries that stay, and write them (OUT, or NULL)."""
    cdef int64_t kept = 0
    cdef int64_t place = 0
    cdef int64_t stop, uses, staying, index
    while place < count:
        stop = place + 1
        while stop < count and keys[stop] == keys[place]:
            stop += 1
        uses = stop - place
        staying = min(uses, uses_max)
        if segments_out != NULL:
            memcpy(&segments_out[kept], &segments[place], <size_t>uses * sizeof(uint32_t))
            if uses > uses_max:
                qsort(&segments_out[kept], <size_t>uses, sizeof(uint32_t), _later_first)
            for index in range(staying):
                keys_out[kept + index] = keys[place]
        kept += staying
        place = stop
    return kept


cdef int _later_first(const void *one, const void *other) noexcept nogil:
    cdef uint32_t first = (<const uint32_t *>one)[0]
    cdef uint32_t second = (<const uint32_t *>other)[0]
    return (second > first) - (first > second)


cdef int _set_run(Run *run, tuple source, list held) except -1:
    """Point at the buffers of a run, which `held` keeps."""
    cdef const uint64_t[::1] keys
    cdef const uint32_t[::1] segments
    keys_buffer, segments_buffer, base = source
    keys = memoryview(keys_buffer).cast("B").cast("Q")
    held.append(keys)
    run.count = keys.shape[0]
    run.keys = &keys[0] if run.count > 0 else NULL
    run.segments = NULL
    run.base = base
    run.place = 0
    if segments_buffer is not None:
        segments = memoryview(segments_buffer).cast("B").cast("I")
        held.append(segments)
        if segments.shape[0] != run.count:
            raise ValueError(f"{run.count} keys, but {segments.shape[0]} segments")
        run.segments = &segments[0] if run.count > 0 else NULL
    return 0


cdef inline int64_t _segment(const Run *run, int64_t place) noexcept nogil:
    return run.base + (run.segments[place] if run.segments != NULL else 0)


cdef int _merge(
    Run *runs, int count, int64_t base, uint64_t *keys, uint32_t *segments
) noexcept nogil:
    """Write the entries of all runs (OUT: keys, segments), of equal keys the first run's first.

    -1: a segment is below the base, or more than 32 bits above it.
    """
    cdef int64_t total = 0
    cdef int64_t segment
    cdef int index, least
    while True:
        least = -1
        for index in range(count):
            if runs[index].place < runs[index].count and (
                least < 0
                or runs[index].keys[runs[index].place] < runs[least].keys[runs[least].place]
            ):
                least = index
        if least < 0:
            return 0
        segment = _segment(&runs[least], runs[least].place) - base
        if segment < 0 or segment > UINT32_MAX:
            return -1
        keys[total] = runs[least].keys[runs[least].place]
        segments[total] = <uint32_t>segment
        runs[least].place += 1
        total += 1


cdef int64_t _shared(
    const Run *other, const Run *run, uint64_t *keys, int64_t *segments
) noexcept nogil:
    """Count the entries of a run whose key another one has, and write them (OUT, or NULL)."""
    cdef int64_t count = 0
    cdef int64_t place = 0
    cdef int64_t index
    cdef uint64_t value
    for index in range(other.count):
        value = other.keys[index]
        if index > 0 and value == other.keys[index - 1]:
            continue
        place = _seek(run, place, value)
        while place < run.count and run.keys[place] == value:
            if keys != NULL:
                keys[count] = value
                segments[count] = _segment(run, place)
            count += 1
            place += 1
    return count


cdef int64_t _seek(const Run *run, int64_t place, uint64_t value) noexcept nogil:
    """First place from here on whose key is not below a value: steps double, then halve."""
    cdef int64_t step = 1
    cdef int64_t low = place
    cdef int64_t high, middle
    if place >= run.count or run.keys[place] >= value:
        return place
    while low + step < run.count and run.keys[low + step] < value:
        low += step
        step *= 2
    high = min(low + step, run.count)
    while high - low > 1:
        middle = low + (high - low) // 2
        if run.keys[middle] < value:
            low = middle
        else:
            high = middle
    return high


cdef int64_t _repeated(const Run *run, uint64_t *found) noexcept nogil:
    cdef int64_t count = 0
    cdef int64_t index
    for index in range(1, run.count):
        if run.keys[index] == run.keys[index - 1] and (
            index == 1 or run.keys[index - 2] != run.keys[index]
        ):
            if found != NULL:
                found[count] = run.keys[index]
            count += 1
    return count

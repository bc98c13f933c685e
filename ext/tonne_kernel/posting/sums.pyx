"""Exact sums of decimals by group, in 128 bits. Decimals that overflow raise, never wrap."""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy, memset

from tonne_kernel.arrow.c_data cimport ArrowArray
from tonne_kernel.arrow.c_import cimport ArrowChunks, import_column
from tonne_kernel.arrow.table cimport ArrowTable, new_table
from tonne_kernel.values.int128 cimport i128, i128_add, i128_fits_38_digits

cdef enum SumResult:
    SUM_OK = 0
    SUM_OVERFLOW = 1
    SUM_GROUP_UNKNOWN = 2


def sum_groups(groups, int64_t group_count, values):
    """Exact sums of decimal128(38, s) values by uint32 groups."""
    cdef ArrowChunks group_chunks = import_column(groups)
    cdef ArrowChunks value_chunks = import_column(values)
    cdef ArrowTable column
    cdef i128 *sums
    cdef bytes name
    cdef int result
    _check_columns(group_chunks, value_chunks, group_count)
    column = new_table(group_count)
    column.is_struct = False
    sums = <i128 *>column.allocate(group_count * 16)
    memset(sums, 0, <size_t>group_count * 16)
    with nogil:
        result = _sum(group_chunks, value_chunks, sums, group_count)
    if result == SUM_GROUP_UNKNOWN:
        raise ValueError(f"a group is below group_count, {group_count}")
    if result == SUM_OVERFLOW:
        raise OverflowError("a sum has more than 38 digits")
    name = value_chunks.format.encode()
    column.add_fixed("", _keep_format(column, name), sums)
    return column


cdef const char *_keep_format(ArrowTable column, bytes name) except NULL:
    """The format as memory of the column, which every exported array keeps."""
    cdef char *kept = <char *>column.allocate(len(name) + 1)
    memcpy(kept, <const char *>name, <size_t>len(name) + 1)
    return kept


cdef int _check_columns(
    ArrowChunks groups, ArrowChunks values, int64_t group_count
) except -1:
    parts = values.format.removeprefix("d:").split(",")
    if groups.format != "I":
        raise ValueError(f"groups are uint32 (format 'I'), not {groups.format!r}")
    if not values.format.startswith("d:") or parts[0] != "38" or parts[2:] not in ([], ["128"]):
        raise ValueError(f"values are decimal128(38, s), not {values.format!r}")
    if groups.row_count != values.row_count:
        raise ValueError(f"{groups.row_count} groups, but {values.row_count} values")
    if group_count < 0:
        raise ValueError(f"group_count is 0 or more; got {group_count}")
    return 0


cdef int _sum(
    ArrowChunks groups, ArrowChunks values, i128 *sums, int64_t group_count
) noexcept nogil:
    """Walk both columns, whose chunks need not end at the same rows."""
    cdef int64_t group_chunk = 0
    cdef int64_t value_chunk = 0
    cdef int64_t group_row = 0
    cdef int64_t value_row = 0
    cdef int64_t count
    cdef const ArrowArray *group_array
    cdef const ArrowArray *value_array
    cdef int result
    while group_chunk < groups.chunk_count and value_chunk < values.chunk_count:
        group_array = &groups.arrays[group_chunk]
        value_array = &values.arrays[value_chunk]
        count = min(group_array.length - group_row, value_array.length - value_row)
        if count > 0:
            result = _sum_run(
                <const uint32_t *>group_array.buffers[1] + group_array.offset + group_row,
                <const char *>value_array.buffers[1] + (value_array.offset + value_row) * 16,
                count, sums, group_count)
            if result != SUM_OK:
                return result
        group_row += count
        value_row += count
        if group_row == group_array.length:
            group_chunk += 1
            group_row = 0
        if value_row == value_array.length:
            value_chunk += 1
            value_row = 0
    # A sum may leave 38 digits midway and come back; only where it ends matters.
    for count in range(group_count):
        if not i128_fits_38_digits(sums[count]):
            return SUM_OVERFLOW
    return SUM_OK


cdef int _sum_run(
    const uint32_t *groups, const char *values, int64_t count, i128 *sums, int64_t group_count
) noexcept nogil:
    cdef int64_t row
    cdef i128 value
    for row in range(count):
        if groups[row] >= group_count:
            return SUM_GROUP_UNKNOWN
        # Arrow promises 8 bytes of alignment, an int128 wants 16.
        memcpy(&value, values + row * 16, 16)
        if i128_add(&sums[groups[row]], value):
            return SUM_OVERFLOW
    return SUM_OK

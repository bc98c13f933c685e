"""One column of a record batch or dictionary batch: its buffers, bounded, and its texts."""

from libc.stdint cimport int64_t, uint8_t

from tonne_kernel.arrow.fault cimport Fault
from tonne_kernel.arrow.flatbuffers cimport Vector
from tonne_kernel.arrow.schema cimport ColumnType
from tonne_kernel.memory.buffers cimport Span

cdef enum:
    PAIR_SIZE = 16              # bytes of a FieldNode and of a Buffer: two int64

cdef struct ArrowColumn:
    int64_t count               # rows
    const uint8_t *validity     # one bit a row, 0 is null; NULL: no nulls
    const uint8_t *data         # values, views, or the bytes of the texts
    int64_t data_size           # bytes
    const uint8_t *offsets      # count + 1 of them (none where count is 0)
    const Span *blocks          # further buffers of text views
    int64_t block_count

cdef struct Layout:
    # A cursor over the nodes and buffers of one batch.
    Vector nodes
    Vector buffers
    Vector variadic_counts
    int64_t buffer              # the next one
    int64_t variadic            # the next one
    const Span *body

# Bind the column at `place` of a batch, whose `count` is set; its further buffers go to
# `blocks`, which has room for all buffers of the batch. 0, or -1: a fault.
cdef int bind_column(
    Layout *layout, int place, const ColumnType *column_type, ArrowColumn *column, Span *blocks,
    Fault *fault
) noexcept nogil

# Find the texts of all rows of a text column into `texts` (OUT, column.count of them); each
# offset and view is checked, a null has no bytes. 0, or -1 for a fault, whose record_index is the
# row of the column.
cdef int find_texts(
    const ArrowColumn *column, const ColumnType *column_type, Span *texts, Fault *fault
) noexcept nogil

# Find the indices of all rows of a dictionary column into indices (OUT), each below
# `value_count`; a null is `value_count`. 0, or -1 for a fault, as above.
cdef int find_indices(
    const ArrowColumn *column, const ColumnType *column_type, int64_t value_count,
    int64_t *indices, Fault *fault
) noexcept nogil

cdef inline bint is_valid(const ArrowColumn *column, int64_t row) noexcept nogil:
    return column.validity is NULL or (column.validity[row >> 3] >> (row & 7)) & 1

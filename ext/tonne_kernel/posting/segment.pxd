"""The columns of a segment while it is filled: posted and suspended records."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.arrow.table cimport ArrowTable
from tonne_kernel.memory.buffers cimport TextColumn
from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.values.dictionary cimport Dictionaries
from tonne_kernel.values.int128 cimport i128

cdef struct SegmentColumns:
    int64_t count               # rows so far
    int64_t capacity            # rows that every column has room for
    int32_t *channel            # codes
    int64_t *offset
    TextColumn record_id
    int32_t *facility           # codes of the posting's dictionaries
    int32_t *activity
    int32_t *unit
    int32_t *region
    int32_t *rule               # of the key, in the table that it was posted with
    i128 *quantity_micro
    int64_t *start_us
    int64_t *end_us
    uint8_t *status             # RowStatus: POSTED or a suspense
    int32_t *kept               # rows of the present batch that came here
    # Optional columns: NULL (or without texts) until a record has one. Code 0 is "".
    i128 *quantity_rest         # see `decimal.pxd`
    int32_t *supplier
    int32_t *product
    uint8_t *data_quality
    TextColumn evidence
    TextColumn attributes

# Columns for `row_count` rows of batches with up to `batch_row_count` each, and the bytes of
# all their record ids. 0, or -1 for no memory.
cdef int segment_allocate(
    SegmentColumns *segment, int64_t row_count, int64_t batch_row_count, int64_t record_id_bytes
) noexcept nogil
cdef void segment_free(SegmentColumns *segment) noexcept nogil

# Add the record_id and optional columns of the `count` rows of a batch that stand in
# segment.kept; they are rows [first, first + count) here. 0, or -1 for no memory.
cdef int segment_add_texts(
    SegmentColumns *segment, int64_t first, int64_t count, const BatchColumns *columns,
    const Dictionaries *source, Dictionaries *target
) noexcept nogil

# Hand the columns over. `channels` and the dictionaries are taken too.
cdef ArrowTable export_segment(
    SegmentColumns *segment, TextColumn *channels, Dictionaries *dictionaries)

"""A chunk of the rows of a record batch, and one row of it, staged as it came."""

from libc.stdint cimport int64_t, uint8_t

from tonne_kernel.arrow.column cimport ArrowColumn
from tonne_kernel.arrow.fault cimport Fault
from tonne_kernel.arrow.schema cimport Schema
from tonne_kernel.arrow.stream cimport ArrowDictionary
from tonne_kernel.records.staged cimport Staged
from tonne_kernel.values.status cimport FIELD_COUNT

cdef enum:
    CHUNK_ROWS = 1024           # a multiple of 8; a decoder's scratch stays in the first cache

cdef struct Chunk:
    const Schema *schema
    const ArrowDictionary *dictionaries
    const int *dictionary_of            # per place in the schema, -1 without
    int place_of[FIELD_COUNT]           # in the schema, per RecordField; -1 where absent
    ArrowColumn columns[FIELD_COUNT]    # cut to the chunk, as in the schema
    int64_t count                       # rows

# Cut the column at `place` to the chunk's rows, which begin at `row` of it, a multiple of 8.
cdef void cut_column(
    Chunk *chunk, int place, const ArrowColumn *column, int64_t row) noexcept nogil

# Stage row `row` of a chunk. The record borrows `number_text`, of NUMBER_TEXT_SIZE_MAX bytes.
# 0, or -1: a fault.
cdef int stage_row(
    const Chunk *chunk, int64_t row, Staged *record, uint8_t *number_text, Fault *fault
) noexcept nogil

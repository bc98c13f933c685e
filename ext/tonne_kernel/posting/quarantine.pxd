"""Records in quarantine: which, why, and everything that was readable of them."""

from libc.stdint cimport int64_t, uint8_t

from tonne_kernel.arrow.table cimport ArrowTable
from tonne_kernel.memory.buffers cimport TextColumn
from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.values.dictionary cimport Dictionaries

cdef struct Source:
    # Where a slice's records come from.
    const BatchColumns *columns
    const Dictionaries *dictionaries
    const uint8_t *rows         # the serialized Rows, or NULL
    int64_t rows_size           # bytes
    int channel                 # code
    int64_t first_offset

cdef struct Refused:
    int64_t row
    int64_t reject              # index in the batch's rejects; -1 where a rule refused it
    int slice_index             # of the Source
    uint8_t status
    uint8_t field

cdef struct RefusedList:
    Refused *items              # in order of slices and rows
    int64_t count
    int64_t capacity

cdef int refused_append(
    RefusedList *list, int slice_index, int64_t row, int64_t reject, int status, int field
) noexcept nogil
cdef void refused_free(RefusedList *list) noexcept nogil

cdef ArrowTable export_quarantine(
    const RefusedList *list, const Source *sources, const TextColumn *channels)

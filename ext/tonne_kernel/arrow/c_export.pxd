"""Writes the structures of the Arrow C data interface for columns that an `Owner` holds.

Every exported structure is one allocation that the consumer's call of `release` frees; the
buffers themselves are counted (`Owner`). A consumer may release on any thread without the GIL,
in any order, after the Python object is gone.
"""

from libc.stdint cimport int64_t, uint64_t

from tonne_kernel.arrow.c_data cimport ArrowArray, ArrowSchema

cdef enum:
    COLUMN_COUNT_MAX = 20
    OWNED_COUNT_MAX = 64        # allocations of one table
    BUFFER_COUNT_MAX = 4

cdef struct Owner:
    int64_t references
    int64_t owned_count
    void *owned[OWNED_COUNT_MAX]

cdef struct TableColumn:
    # Names and formats are literals: they outlive everything.
    const char *name
    const char *format
    int64_t buffer_count
    # Validity (NULL: no nulls), then values, or offsets and bytes, or views, bytes and the
    # size of the bytes.
    const void *buffers[BUFFER_COUNT_MAX]
    # Of a column of codes: its distinct texts; -1 where it has none.
    const void *dictionary_offsets
    const void *dictionary_bytes
    int64_t dictionary_count
    int64_t null_count
    int64_t text_bytes          # of a column of views

cdef struct TableLayout:
    # What a table has at the moment it is exported. Every export counts one reference.
    Owner *owner
    int64_t row_count
    uint64_t number             # no other table of the process has it
    bint is_struct              # rows of columns, or else one plain array
    int column_count
    const TableColumn *columns

# Fill an empty structure. 0, or -1 for no memory: then there is nothing to release.
cdef int export_schema(const TableLayout *table, ArrowSchema *schema) noexcept nogil
cdef int export_array(const TableLayout *table, ArrowArray *array) noexcept nogil

# Take one reference away; the last one frees the buffers.
cdef void owner_release(Owner *owner) noexcept nogil

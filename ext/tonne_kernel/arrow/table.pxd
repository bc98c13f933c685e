"""Columns of one length that Python takes through the Arrow C data interface, as PyCapsules.

Source: https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t

from tonne_kernel.arrow.c_export cimport COLUMN_COUNT_MAX, Owner, TableColumn
from tonne_kernel.memory.buffers cimport TextColumn

cdef class ArrowTable:
    cdef Owner *owner
    cdef readonly int64_t row_count
    cdef int column_count
    cdef uint64_t number        # no other table of the process has it
    cdef bint is_struct         # rows of columns, or else one plain array
    cdef TableColumn columns[COLUMN_COUNT_MAX]

    # Memory of `size` bytes that the table owns. It may not be freed otherwise.
    cdef void *allocate(self, int64_t size) except NULL
    # Take over a malloc'ed buffer.
    cdef int adopt(self, void *data) except -1
    # Give back a buffer that the table owns.
    cdef int disown(self, void *data) except -1
    # Columns: of fixed width; of texts (taken over, the column is left empty); of views of texts
    # (taken over likewise) by their codes, which the table owns and gives back; of codes and the
    # texts that they stand for (taken over likewise), which only pays where they are few.
    cdef TableColumn *add_fixed(
        self, const char *name, const char *format, const void *values) except NULL
    cdef int add_texts(self, const char *name, const char *format, TextColumn *texts) except -1
    cdef int add_codes(self, const char *name, const int32_t *codes, TextColumn *texts) except -1
    cdef int add_views(self, const char *name, int32_t *codes, TextColumn *texts) except -1
    cdef int _take(self, TextColumn *texts, const void **offsets, const void **data) except -1

cdef ArrowTable new_table(int64_t row_count)

"""Takes Arrow arrays in through the C data interface: the chunks of one column."""

from libc.stdint cimport int64_t, uint8_t

from tonne_kernel.arrow.c_data cimport ArrowArray

cdef class ArrowChunks:
    cdef ArrowArray *arrays     # released when this object goes
    cdef int64_t chunk_count
    cdef int64_t capacity
    cdef readonly int64_t row_count
    cdef readonly str format    # of the C data interface

    cdef ArrowArray *add(self) except NULL

# The column of an object with __arrow_c_stream__ or __arrow_c_array__. TypeError where it has
# neither, ValueError where it holds nulls or its buffers are not there.
cdef ArrowChunks import_column(object column)

cdef enum:
    # Layouts of texts: 'u', 'U' and 'vu' of the C data interface.
    TEXT_SMALL = 0
    TEXT_LARGE = 1
    TEXT_VIEWS = 2

# The column of texts of such an object, nulls allowed. Raises as above.
cdef ArrowChunks import_texts(object column)

# The bytes of a row's text and their count; a null has none. -1: a view outside of its block, an
# offset below the one before.
cdef int64_t find_text(
    const ArrowArray *chunk, int kind, int64_t row, const uint8_t **text) noexcept nogil

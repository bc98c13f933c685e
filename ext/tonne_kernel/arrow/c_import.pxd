"""Takes Arrow arrays in through the C data interface: the chunks of one plain column."""

from libc.stdint cimport int64_t

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

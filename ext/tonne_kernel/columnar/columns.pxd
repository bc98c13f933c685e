"""From the columns of an Arrow stream to the columns of a batch, a chunk of rows at a time.

Each column is read by a loop for its type; a row whose value breaks a rule becomes a suspect. Each
row that is no suspect then gets its key, and each suspect is staged alone and judged by
`check_staged`, the function that also judges records that come as rows. `text_columns` reads
the texts; numbers, times and the rest are read here.
"""

from libc.stdint cimport int64_t

from tonne_kernel.arrow.stream cimport ArrowStream
from tonne_kernel.columnar.decoding cimport Decoding, Limits

cdef class ColumnDecoder:
    cdef ArrowStream stream
    cdef Decoding work          # its dictionaries and columns are those of a session and a batch

    # Decode all batches of `stream`, whose schema was read, into the columns. 0, or -1: a fault
    # in `work`.
    cdef int decode(self, const Limits *limits) noexcept nogil
    cdef int take_batch(self, int64_t count) noexcept nogil

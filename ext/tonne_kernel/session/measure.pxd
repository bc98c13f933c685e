"""How much memory a batch will take, told from its message before any of it is made."""

from libc.stdint cimport int64_t

from tonne_kernel.arrow.stream cimport ArrowStream
from tonne_kernel.columnar.decoding cimport Limits

# Most bytes that `count` records of a Rows message of `size` bytes take while they are decoded.
cdef int64_t rows_memory_bytes_max(int64_t count, int64_t size) noexcept nogil

# The same of an Arrow stream whose schema was read; -1: a fault in `stream`. The stream is used
# up: decoding takes another one.
cdef int64_t arrow_memory_bytes_max(ArrowStream stream, const Limits *limits) noexcept nogil

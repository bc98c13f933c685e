"""Texts as Arrow's views: the view of each code's text."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.memory.buffers cimport TextColumn

cdef enum:
    VIEW_INLINE_BYTES = 12

cdef struct TextView:
    # A text of up to VIEW_INLINE_BYTES stands in the view itself; of a longer one the view has
    # the first 4 bytes and where it stands.
    # Source: https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout
    int32_t size
    uint8_t start[4]
    int32_t buffer
    int32_t offset

# Write views [OUT, count] of codes [IN, count]. 0, or -1 for no memory.
cdef int write_views(
    TextView *views, const int32_t *codes, int64_t count, const TextColumn *texts
) noexcept nogil

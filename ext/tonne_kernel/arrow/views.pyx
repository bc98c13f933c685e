"""Texts as Arrow's views: the view of each code's text."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memset

from tonne_kernel.memory.blocks cimport block_allocate, block_free
from tonne_kernel.memory.buffers cimport TextColumn, text_start


cdef int write_views(
    TextView *views, const int32_t *codes, int64_t count, const TextColumn *texts
) noexcept nogil:
    cdef TextView *distinct
    cdef int64_t index
    if texts.count > count:
        for index in range(count):
            _write_view(&views[index], texts, codes[index])
        return 0
    distinct = <TextView *>block_allocate(texts.count * <int64_t>sizeof(TextView))
    if distinct == NULL:
        return -1
    for index in range(texts.count):
        _write_view(&distinct[index], texts, index)
    for index in range(count):
        views[index] = distinct[codes[index]]
    block_free(distinct)
    return 0


cdef inline void _write_view(TextView *view, const TextColumn *texts, int64_t code) noexcept nogil:
    cdef int64_t start = text_start(texts, code)
    cdef int64_t size = texts.stops[code] - start
    cdef const uint8_t *text
    memset(view, 0, sizeof(TextView))
    view.size = <int32_t>size
    if size == 0:                           # without a text there may be no address
        return
    text = texts.bytes.data + start
    if size <= VIEW_INLINE_BYTES:
        memcpy(view.start, text, <size_t>size)
    else:
        memcpy(view.start, text, sizeof(view.start))
        view.offset = <int32_t>start

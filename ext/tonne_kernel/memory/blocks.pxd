"""Memory of columns and tables: big blocks are kept for the next one of their size.

A batch or a segment lives for a fraction of a second. With malloc its columns are mapped and
unmapped each time, and the page faults cost more than the work on them. All functions work from
any thread, without the GIL.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t

# At least `size` bytes, aligned as malloc's, of any content; or zeros. NULL: no memory.
cdef void *block_allocate(int64_t size) noexcept nogil
cdef void *block_allocate_zeros(int64_t size) noexcept nogil

# `count` slots of a hash table, every one empty (-1). NULL: no memory.
cdef int32_t *slots_allocate(uint64_t count) noexcept nogil

# At least `size` bytes that begin as `data` did (NULL: like block_allocate). NULL: no memory,
# and `data` stays as it was.
cdef void *block_resize(void *data, int64_t size) noexcept nogil

# Give a block back; NULL is none.
cdef void block_free(void *data) noexcept nogil

# Bytes that a block takes, its header too; 0 for NULL.
cdef int64_t block_memory_bytes(const void *data) noexcept nogil

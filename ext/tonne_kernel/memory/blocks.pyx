"""Memory of columns and tables: big blocks are kept for the next one of their size.

Sizes are rounded up to a quarter of a power of two. Each such size has a shelf for the blocks
that are free. All shelves together keep at most KEPT_BYTES_MAX: where a block no longer fits,
blocks go whose size was asked for longest ago. Builds with checks keep nothing, so that a
sanitizer sees where each block ends.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <pthread.h>
    static pthread_mutex_t tonne_shelves_lock = PTHREAD_MUTEX_INITIALIZER;
    static inline void tonne_shelves_take(void) { pthread_mutex_lock(&tonne_shelves_lock); }
    static inline void tonne_shelves_give(void) { pthread_mutex_unlock(&tonne_shelves_lock); }
    static inline int tonne_log2(uint64_t value) { return 63 - __builtin_clzll(value); }
    #if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__)
    #define TONNE_KEEPS_BLOCKS 1
    #else
    #define TONNE_KEEPS_BLOCKS 0
    #endif
    """
    void _lock "tonne_shelves_take"() noexcept nogil
    void _unlock "tonne_shelves_give"() noexcept nogil
    int _log2 "tonne_log2"(uint64_t value) noexcept nogil
    const bint KEEPS_BLOCKS "TONNE_KEEPS_BLOCKS"

cdef enum:
    SIZE_LOG2_MIN = 14
    SIZE_MIN = 1 << SIZE_LOG2_MIN           # bytes; smaller blocks are malloc's business
    SIZE_LOG2_MAX = 26
    SIZE_MAX = 1 << SIZE_LOG2_MAX           # bytes; bigger blocks are never kept
    STEPS_LOG2 = 2                          # sizes between two powers of two
    SHELF_COUNT = (SIZE_LOG2_MAX - SIZE_LOG2_MIN << STEPS_LOG2) + 1
    KEPT_BYTES_MAX = 96 * 1024 * 1024       # see docs/operations.md

cdef struct Block:
    # Stands before the bytes that the caller sees; 16 bytes, as malloc aligns.
    int64_t size                # bytes that the caller has
    Block *next                 # of those that are free

cdef struct Shelf:
    Block *first
    uint64_t used               # when a block of this size was asked for last

cdef Shelf[SHELF_COUNT] shelves
cdef int64_t kept_bytes = 0
cdef uint64_t clock = 0         # counts the calls that ask for a big block


def kept_memory_bytes():
    """Bytes of the free blocks that are kept."""
    cdef int64_t size
    with nogil:
        _lock()
        size = kept_bytes
        _unlock()
    return size


cdef void *block_allocate(int64_t size) noexcept nogil:
    cdef Block *block = NULL
    if size < 0:
        return NULL
    if _is_kept(size):
        size = _rounded(size)
        block = _take(size)
    if block == NULL:
        block = <Block *>malloc(sizeof(Block) + <size_t>size)
        if block == NULL:
            return NULL
        block.size = size
    return block + 1


cdef void *block_allocate_zeros(int64_t size) noexcept nogil:
    cdef Block *block = NULL
    if size < 0:
        return NULL
    if _is_kept(size):
        block = _take(_rounded(size))
        if block != NULL:
            memset(block + 1, 0, <size_t>size)
            return block + 1
        size = _rounded(size)
    block = <Block *>calloc(1, sizeof(Block) + <size_t>size)
    if block == NULL:
        return NULL
    block.size = size
    return block + 1


cdef int32_t *slots_allocate(uint64_t count) noexcept nogil:
    cdef int64_t size = <int64_t>count * <int64_t>sizeof(int32_t)
    cdef int32_t *slots = <int32_t *>block_allocate(size)
    if slots != NULL:
        memset(slots, 0xFF, <size_t>size)
    return slots


cdef void *block_resize(void *data, int64_t size) noexcept nogil:
    cdef Block *block
    cdef void *target
    if data == NULL:
        return block_allocate(size)
    block = <Block *>data - 1
    if size <= block.size:
        return data
    if _is_kept(block.size) or _is_kept(size):
        target = block_allocate(size)
        if target != NULL:
            memcpy(target, data, <size_t>block.size)
            block_free(data)
        return target
    block = <Block *>realloc(block, sizeof(Block) + <size_t>size)
    if block == NULL:
        return NULL
    block.size = size
    return block + 1


cdef void block_free(void *data) noexcept nogil:
    cdef Block *block
    if data == NULL:
        return
    block = <Block *>data - 1
    if _is_kept(block.size):
        block = _put(block)
    else:
        block.next = NULL
    _free_all(block)


cdef int64_t block_memory_bytes(const void *data) noexcept nogil:
    if data == NULL:
        return 0
    return (<const Block *>data - 1).size + <int64_t>sizeof(Block)


cdef inline bint _is_kept(int64_t size) noexcept nogil:
    return KEEPS_BLOCKS and SIZE_MIN <= size <= SIZE_MAX


cdef inline int64_t _rounded(int64_t size) noexcept nogil:
    """The next of the sizes that are kept."""
    cdef int64_t step = 1LL << (_log2(<uint64_t>size) - STEPS_LOG2)
    return (size + step - 1) & -step


cdef inline int _shelf_of(int64_t size) noexcept nogil:
    """Number of the shelf of a rounded size."""
    cdef int log2 = _log2(<uint64_t>size)
    cdef int steps = <int>(size >> (log2 - STEPS_LOG2)) - (1 << STEPS_LOG2)
    return (log2 - SIZE_LOG2_MIN << STEPS_LOG2) + steps


cdef Block *_take(int64_t size) noexcept nogil:
    """A kept block of a rounded size, or NULL."""
    global clock, kept_bytes
    cdef Shelf *shelf = &shelves[_shelf_of(size)]
    cdef Block *block
    _lock()
    clock += 1
    shelf.used = clock
    block = shelf.first
    if block != NULL:
        shelf.first = block.next
        kept_bytes -= size
    _unlock()
    return block


cdef Block *_put(Block *block) noexcept nogil:
    """Keep a block of a rounded size; returns the list of those that must go for it."""
    global kept_bytes
    cdef Shelf *shelf = &shelves[_shelf_of(block.size)]
    cdef Shelf *oldest
    cdef Block *gone = NULL
    cdef Block *last
    cdef int index
    _lock()
    block.next = shelf.first
    shelf.first = block
    kept_bytes += block.size
    while kept_bytes > KEPT_BYTES_MAX:
        oldest = shelf
        for index in range(SHELF_COUNT):
            if shelves[index].first != NULL and shelves[index].used < oldest.used:
                oldest = &shelves[index]
        last = oldest.first
        oldest.first = last.next
        kept_bytes -= last.size
        last.next = gone
        gone = last
    _unlock()
    return gone


cdef void _free_all(Block *block) noexcept nogil:
    cdef Block *next
    while block != NULL:
        next = block.next
        free(block)
        block = next

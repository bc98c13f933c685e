"""Hands columns out through the Arrow C data interface, as PyCapsules.

Source: https://arrow.apache.org/docs/format/CDataInterface.html and
CDataInterface/PyCapsuleInterface.html. The buffers belong to a counted `Owner` that the
Python object and every exported array share; a consumer may release them on any thread
without the GIL, in any order, after the Python object is gone.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from tonne_kernel.buffers cimport TextColumn

cdef extern from *:
    """
    #include <stdint.h>
    #ifndef ARROW_C_DATA_INTERFACE
    #define ARROW_C_DATA_INTERFACE
    #define ARROW_FLAG_DICTIONARY_ORDERED 1
    #define ARROW_FLAG_NULLABLE 2
    #define ARROW_FLAG_MAP_KEYS_SORTED 4
    struct ArrowSchema {
        const char *format;
        const char *name;
        const char *metadata;
        int64_t flags;
        int64_t n_children;
        struct ArrowSchema **children;
        struct ArrowSchema *dictionary;
        void (*release)(struct ArrowSchema *);
        void *private_data;
    };
    struct ArrowArray {
        int64_t length;
        int64_t null_count;
        int64_t offset;
        int64_t n_buffers;
        int64_t n_children;
        const void **buffers;
        struct ArrowArray **children;
        struct ArrowArray *dictionary;
        void (*release)(struct ArrowArray *);
        void *private_data;
    };
    #endif
    #ifndef ARROW_C_STREAM_INTERFACE
    #define ARROW_C_STREAM_INTERFACE
    struct ArrowArrayStream {
        int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
        int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
        const char *(*get_last_error)(struct ArrowArrayStream *);
        void (*release)(struct ArrowArrayStream *);
        void *private_data;
    };
    #endif
    static inline void tonne_count_up(int64_t *count) {
        __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
    }
    static inline int64_t tonne_count_down(int64_t *count) {
        return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL);
    }
    """
    int64_t ARROW_FLAG_NULLABLE

    struct ArrowSchema:
        const char *format
        const char *name
        const char *metadata
        int64_t flags
        int64_t n_children
        ArrowSchema **children
        ArrowSchema *dictionary
        void (*release)(ArrowSchema *) noexcept nogil
        void *private_data

    struct ArrowArray:
        int64_t length
        int64_t null_count
        int64_t offset
        int64_t n_buffers
        int64_t n_children
        const void **buffers
        ArrowArray **children
        ArrowArray *dictionary
        void (*release)(ArrowArray *) noexcept nogil
        void *private_data

    struct ArrowArrayStream:
        int (*get_schema)(ArrowArrayStream *, ArrowSchema *) noexcept nogil
        int (*get_next)(ArrowArrayStream *, ArrowArray *) noexcept nogil
        const char *(*get_last_error)(ArrowArrayStream *) noexcept nogil
        void (*release)(ArrowArrayStream *) noexcept nogil
        void *private_data

    void count_up "tonne_count_up"(int64_t *count) noexcept nogil
    int64_t count_down "tonne_count_down"(int64_t *count) noexcept nogil

cdef enum:
    COLUMN_COUNT_MAX = 20
    OWNED_COUNT_MAX = 64        # allocations of one table
    BUFFER_COUNT_MAX = 4
    VIEW_INLINE_BYTES = 12

cdef struct Owner:
    int64_t references
    int64_t owned_count
    void *owned[OWNED_COUNT_MAX]

cdef struct TextView:
    # A text of up to VIEW_INLINE_BYTES stands in the view itself; of a longer one the view has
    # the first 4 bytes and where it stands.
    # Source: https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout
    int32_t size
    uint8_t start[4]
    int32_t buffer
    int32_t offset

cdef struct ArrowColumn:
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

cdef class ArrowTable:
    cdef Owner *owner
    cdef readonly int64_t row_count
    cdef int column_count
    cdef uint64_t number        # no other table of the process has it
    cdef bint is_struct         # rows of columns, or else one plain array
    cdef ArrowColumn columns[COLUMN_COUNT_MAX]

    # Memory of `size` bytes that the table owns. It may not be freed otherwise.
    cdef void *allocate(self, int64_t size) except NULL
    # Take over a malloc'ed buffer.
    cdef int adopt(self, void *data) except -1
    # Give back a buffer that the table owns.
    cdef int disown(self, void *data) except -1
    # Columns: of fixed width; of texts (taken over, the column is left empty); of views of texts
    # (taken over likewise) by their codes, which the table owns and gives back; of codes and the
    # texts that they stand for (taken over likewise), which only pays where they are few.
    cdef ArrowColumn *add_fixed(
        self, const char *name, const char *format, const void *values) except NULL
    cdef int add_texts(self, const char *name, const char *format, TextColumn *texts) except -1
    cdef int add_codes(self, const char *name, const int32_t *codes, TextColumn *texts) except -1
    cdef int add_views(self, const char *name, int32_t *codes, TextColumn *texts) except -1
    cdef int _take(self, TextColumn *texts, const void **offsets, const void **data) except -1

cdef ArrowTable new_table(int64_t row_count)

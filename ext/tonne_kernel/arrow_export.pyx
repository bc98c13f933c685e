"""Hands columns out through the Arrow C data interface, as PyCapsules.

Every exported structure is one allocation that the consumer's call of `release` frees; the
buffers themselves are counted (`Owner`).
"""

cimport cython

from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from tonne_kernel.blocks cimport block_allocate, block_free
from tonne_kernel.buffers cimport TextColumn, text_start, texts_free

cdef extern from "Python.h":
    # In a destructor: the name is the one the capsule was made with, so it cannot fail.
    void *capsule_pointer "PyCapsule_GetPointer"(object capsule, const char *name) noexcept

# What stands in for a buffer without bytes: some consumers refuse NULL. Zeros for the one
# offset of an empty text column too.
cdef int64_t[2] NOTHING = [0, 0]

cdef struct ExportedSchema:
    ArrowSchema *children[COLUMN_COUNT_MAX]

cdef struct ExportedArray:
    Owner *owner
    const void *buffers[BUFFER_COUNT_MAX]
    int64_t text_bytes
    ArrowArray *children[COLUMN_COUNT_MAX]


@cython.final
cdef class ArrowTable:
    """Columns of one length. `polars.DataFrame(table)` takes them without a copy."""

    def __cinit__(self):
        self.is_struct = True
        self.owner = <Owner *>calloc(1, sizeof(Owner))
        if self.owner == NULL:
            raise MemoryError
        self.owner.references = 1

    def __dealloc__(self):
        if self.owner != NULL:
            _owner_release(self.owner)

    def __len__(self):
        return self.row_count

    def __arrow_c_schema__(self):
        """Capsule `arrow_schema`."""
        cdef ArrowSchema *schema = <ArrowSchema *>calloc(1, sizeof(ArrowSchema))
        if schema == NULL:
            raise MemoryError
        if _export_schema(self, schema):
            free(schema)
            raise MemoryError
        return PyCapsule_New(schema, "arrow_schema", _destroy_schema)

    def __arrow_c_array__(self, requested_schema=None):
        """Capsules `arrow_schema` and `arrow_array`. No other schema than its own is given."""
        cdef ArrowArray *array
        schema_capsule = self.__arrow_c_schema__()
        array = <ArrowArray *>calloc(1, sizeof(ArrowArray))
        if array == NULL:
            raise MemoryError
        if _export_array(self, array):
            free(array)
            raise MemoryError
        return schema_capsule, PyCapsule_New(array, "arrow_array", _destroy_array)

    cdef void *allocate(self, int64_t size) except NULL:
        cdef void *data = block_allocate(size)
        if data == NULL:
            raise MemoryError(f"{size} bytes")
        try:
            self.adopt(data)
        except BaseException:
            block_free(data)
            raise
        return data

    cdef int adopt(self, void *data) except -1:
        if self.owner.owned_count == OWNED_COUNT_MAX:
            raise AssertionError("a table owns at most OWNED_COUNT_MAX buffers")
        self.owner.owned[self.owner.owned_count] = data
        self.owner.owned_count += 1
        return 0

    cdef int disown(self, void *data) except -1:
        cdef int64_t index
        for index in range(self.owner.owned_count):
            if self.owner.owned[index] == data:
                self.owner.owned_count -= 1
                self.owner.owned[index] = self.owner.owned[self.owner.owned_count]
                block_free(data)
                return 0
        raise AssertionError("a table gives back what it owns")

    cdef ArrowColumn *add_fixed(
        self, const char *name, const char *format, const void *values
    ) except NULL:
        cdef ArrowColumn *column
        if self.column_count == COLUMN_COUNT_MAX:
            raise AssertionError("a table has at most COLUMN_COUNT_MAX columns")
        column = &self.columns[self.column_count]
        self.column_count += 1
        memset(column, 0, sizeof(ArrowColumn))
        column.name = name
        column.format = format
        column.buffer_count = 2
        column.buffers[1] = values if values != NULL else NOTHING
        return column

    cdef int add_texts(self, const char *name, const char *format, TextColumn *texts) except -1:
        cdef ArrowColumn *column = self.add_fixed(name, format, NULL)
        column.buffer_count = 3
        self._take(texts, &column.buffers[1], &column.buffers[2])
        return 0

    cdef int add_views(self, const char *name, int32_t *codes, TextColumn *texts) except -1:
        cdef ArrowColumn *column = self.add_fixed(name, "vu", NULL)
        cdef TextView *views
        if texts.bytes.size > INT32_MAX:
            raise MemoryError(f"{texts.bytes.size} bytes of distinct texts in one column")
        if self.row_count > 0:
            views = <TextView *>self.allocate(self.row_count * <int64_t>sizeof(TextView))
            column.buffers[1] = views
            with nogil:
                _write_views(views, codes, self.row_count, texts)
        self.disown(codes)
        column.buffer_count = 4
        column.text_bytes = texts.bytes.size
        column.buffers[2] = NOTHING
        if texts.bytes.data != NULL:
            self.adopt(texts.bytes.data)
            column.buffers[2] = texts.bytes.data
            texts.bytes.data = NULL
        texts_free(texts)
        memset(texts, 0, sizeof(TextColumn))
        return 0

    cdef int _take(
        self, TextColumn *texts, const void **offsets, const void **data
    ) except -1:
        offsets[0] = NOTHING
        data[0] = NOTHING
        if texts.stops != NULL:
            self.adopt(texts.stops - 1)
            offsets[0] = texts.stops - 1
            texts.stops = NULL
        if texts.bytes.data != NULL:
            self.adopt(texts.bytes.data)
            data[0] = texts.bytes.data
            texts.bytes.data = NULL
        memset(texts, 0, sizeof(TextColumn))
        return 0


cdef ArrowTable new_table(int64_t row_count):
    cdef ArrowTable table = ArrowTable.__new__(ArrowTable)
    table.row_count = row_count
    return table


cdef void _write_views(
    TextView *views, const int32_t *codes, int64_t count, const TextColumn *texts
) noexcept nogil:
    """The view of each code's text: views [OUT, count] of codes [IN, count]."""
    cdef const uint8_t *text
    cdef TextView *view
    cdef int64_t index, start, size
    for index in range(count):
        view = &views[index]
        if index > 0 and codes[index] == codes[index - 1]:
            view[0] = views[index - 1]
            continue
        start = text_start(texts, codes[index])
        size = texts.stops[codes[index]] - start
        memset(view, 0, sizeof(TextView))
        view.size = <int32_t>size
        if size == 0:                       # without a text there may be no address
            continue
        text = texts.bytes.data + start
        if size <= VIEW_INLINE_BYTES:
            memcpy(view.start, text, <size_t>size)
        else:
            memcpy(view.start, text, sizeof(view.start))
            view.offset = <int32_t>start


cdef void _owner_release(Owner *owner) noexcept nogil:
    cdef int64_t index
    if count_down(&owner.references) == 0:
        for index in range(owner.owned_count):
            block_free(owner.owned[index])
        free(owner)


cdef void _destroy_schema(object capsule) noexcept:
    cdef ArrowSchema *schema = <ArrowSchema *>capsule_pointer(capsule, "arrow_schema")
    if schema.release != NULL:
        schema.release(schema)
    free(schema)


cdef void _destroy_array(object capsule) noexcept:
    cdef ArrowArray *array = <ArrowArray *>capsule_pointer(capsule, "arrow_array")
    if array.release != NULL:
        array.release(array)
    free(array)


cdef void _release_schema(ArrowSchema *schema) noexcept nogil:
    cdef int64_t index
    cdef ArrowSchema *child
    for index in range(schema.n_children):
        child = schema.children[index]
        if child == NULL:
            continue
        if child.release != NULL:
            child.release(child)
        free(child)
    free(schema.private_data)
    schema.release = NULL


cdef void _release_array(ArrowArray *array) noexcept nogil:
    cdef int64_t index
    cdef ArrowArray *child
    cdef ExportedArray *exported = <ExportedArray *>array.private_data
    for index in range(array.n_children):
        child = array.children[index]
        if child == NULL:
            continue
        if child.release != NULL:
            child.release(child)
        free(child)
    _owner_release(exported.owner)
    free(exported)
    array.release = NULL


cdef int _export_schema(ArrowTable table, ArrowSchema *schema) noexcept:
    cdef ExportedSchema *exported
    cdef int index
    if not table.is_struct:
        return _export_field(&table.columns[0], schema)
    exported = <ExportedSchema *>calloc(1, sizeof(ExportedSchema))
    if exported == NULL:
        return -1
    schema.format = "+s"
    schema.name = ""
    schema.children = exported.children
    schema.release = _release_schema
    schema.private_data = exported
    for index in range(table.column_count):
        exported.children[index] = <ArrowSchema *>calloc(1, sizeof(ArrowSchema))
        schema.n_children = index + 1
        if exported.children[index] == NULL or _export_field(
            &table.columns[index], exported.children[index]
        ):
            _release_schema(schema)
            return -1
    return 0


cdef int _export_field(const ArrowColumn *column, ArrowSchema *schema) noexcept nogil:
    cdef ExportedSchema *exported = <ExportedSchema *>calloc(1, sizeof(ExportedSchema))
    if exported == NULL:
        return -1
    schema.format = column.format
    schema.name = column.name
    schema.flags = ARROW_FLAG_NULLABLE
    schema.release = _release_schema
    schema.private_data = exported
    return 0


cdef int _export_array(ArrowTable table, ArrowArray *array) noexcept:
    cdef ExportedArray *exported
    cdef int index
    if not table.is_struct:
        return _export_column(table, &table.columns[0], array)
    exported = <ExportedArray *>calloc(1, sizeof(ExportedArray))
    if exported == NULL:
        return -1
    count_up(&table.owner.references)
    exported.owner = table.owner
    array.length = table.row_count
    array.n_buffers = 1
    array.buffers = exported.buffers
    array.children = exported.children
    array.release = _release_array
    array.private_data = exported
    for index in range(table.column_count):
        exported.children[index] = <ArrowArray *>calloc(1, sizeof(ArrowArray))
        array.n_children = index + 1
        if exported.children[index] == NULL or _export_column(
            table, &table.columns[index], exported.children[index]
        ):
            _release_array(array)
            return -1
    return 0


cdef int _export_column(
    ArrowTable table, const ArrowColumn *column, ArrowArray *array
) noexcept:
    cdef ExportedArray *exported = <ExportedArray *>calloc(1, sizeof(ExportedArray))
    cdef int index
    if exported == NULL:
        return -1
    count_up(&table.owner.references)
    exported.owner = table.owner
    for index in range(BUFFER_COUNT_MAX):
        exported.buffers[index] = column.buffers[index]
    if column.buffer_count == BUFFER_COUNT_MAX:  # of views: their last one lives here
        exported.text_bytes = column.text_bytes
        exported.buffers[BUFFER_COUNT_MAX - 1] = &exported.text_bytes
    array.length = table.row_count
    array.null_count = column.null_count
    array.n_buffers = column.buffer_count
    array.buffers = exported.buffers
    array.release = _release_array
    array.private_data = exported
    return 0

"""Hands columns out through the Arrow C data interface, as PyCapsules.

Every exported structure is one allocation that the consumer's call of `release` frees; the
buffers themselves are counted (`Owner`).
"""

cimport cython

from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset, strlen

from tonne_kernel.blocks cimport block_allocate, block_free
from tonne_kernel.buffers cimport TextColumn, text_start, texts_free

cdef extern from "Python.h":
    # In a destructor: the name is the one the capsule was made with, so it cannot fail.
    void *capsule_pointer "PyCapsule_GetPointer"(object capsule, const char *name) noexcept

# What stands in for a buffer without bytes: some consumers refuse NULL. Zeros for the one
# offset of an empty text column too.
cdef int64_t[2] NOTHING = [0, 0]

cdef enum:
    METADATA_BYTES_MAX = 128

# Polars keeps the texts of dictionaries in categories, those of a name together and for as long
# as any frame has them. Without this pair, all dictionaries of the process share one name.
# Source: the constant DTYPE_CATEGORICAL of Polars' polars-core, and what a frame with categories
# of a name of its own hands out.
cdef const char *CATEGORIES_KEY = "_PL_CATEGORICAL2"

cdef uint64_t table_count = 0

cdef struct ExportedSchema:
    ArrowSchema *children[COLUMN_COUNT_MAX]
    ArrowSchema dictionary
    char metadata[METADATA_BYTES_MAX]

cdef struct ExportedArray:
    Owner *owner
    const void *buffers[BUFFER_COUNT_MAX]
    int64_t text_bytes
    ArrowArray *children[COLUMN_COUNT_MAX]
    ArrowArray dictionary


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
        column.dictionary_count = -1
        return column

    cdef int add_texts(self, const char *name, const char *format, TextColumn *texts) except -1:
        cdef ArrowColumn *column = self.add_fixed(name, format, NULL)
        column.buffer_count = 3
        self._take(texts, &column.buffers[1], &column.buffers[2])
        return 0

    cdef int add_codes(
        self, const char *name, const int32_t *codes, TextColumn *texts
    ) except -1:
        cdef ArrowColumn *column = self.add_fixed(name, "i", codes)
        column.dictionary_count = texts.count
        self._take(texts, &column.dictionary_offsets, &column.dictionary_bytes)
        return 0

    cdef int add_views(self, const char *name, int32_t *codes, TextColumn *texts) except -1:
        cdef ArrowColumn *column = self.add_fixed(name, "vu", NULL)
        cdef TextView *views
        cdef int result
        if texts.bytes.size > INT32_MAX:
            raise MemoryError(f"{texts.bytes.size} bytes of distinct texts in one column")
        if self.row_count > 0:
            views = <TextView *>self.allocate(self.row_count * <int64_t>sizeof(TextView))
            column.buffers[1] = views
            with nogil:
                result = _write_views(views, codes, self.row_count, texts)
            if result:
                raise MemoryError(f"views of {texts.count} texts")
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
    global table_count
    cdef ArrowTable table = ArrowTable.__new__(ArrowTable)
    table_count += 1
    table.number = table_count
    table.row_count = row_count
    return table


cdef int _write_views(
    TextView *views, const int32_t *codes, int64_t count, const TextColumn *texts
) noexcept nogil:
    """The view of each code's text: views [OUT, count] of codes [IN, count]."""
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
    if schema.dictionary != NULL and schema.dictionary.release != NULL:
        schema.dictionary.release(schema.dictionary)
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
    if array.dictionary != NULL and array.dictionary.release != NULL:
        array.dictionary.release(array.dictionary)
    _owner_release(exported.owner)
    free(exported)
    array.release = NULL


cdef void _release_part(ArrowSchema *schema) noexcept nogil:
    """Release of a dictionary's schema, which lives inside its parent."""
    schema.release = NULL


cdef void _release_dictionary(ArrowArray *array) noexcept nogil:
    """Release of a dictionary: a consumer may have moved it out of its parent."""
    cdef ExportedArray *exported = <ExportedArray *>array.private_data
    _owner_release(exported.owner)
    free(exported)
    array.release = NULL


cdef int _export_schema(ArrowTable table, ArrowSchema *schema) noexcept:
    cdef ExportedSchema *exported
    cdef int index
    if not table.is_struct:
        return _export_field(&table.columns[0], table.number, schema)
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
            &table.columns[index], table.number, exported.children[index]
        ):
            _release_schema(schema)
            return -1
    return 0


cdef int _export_field(
    const ArrowColumn *column, uint64_t number, ArrowSchema *schema
) noexcept nogil:
    cdef ExportedSchema *exported = <ExportedSchema *>calloc(1, sizeof(ExportedSchema))
    if exported == NULL:
        return -1
    schema.format = column.format
    schema.name = column.name
    schema.flags = ARROW_FLAG_NULLABLE
    schema.release = _release_schema
    schema.private_data = exported
    if column.dictionary_count >= 0:
        _write_categories(exported.metadata, number)
        schema.metadata = exported.metadata
        exported.dictionary.format = "U"
        exported.dictionary.name = ""
        exported.dictionary.release = _release_part
        schema.dictionary = &exported.dictionary
    return 0


cdef void _write_categories(char *metadata, uint64_t number) noexcept nogil:
    """One pair of key and value: the name of the categories of a table's dictionaries."""
    cdef char[24] name
    cdef char[64] value
    cdef int32_t size = snprintf(name, sizeof(name), "%llu", <unsigned long long>number)
    cdef int32_t pair_count = 1
    cdef int32_t key_size = <int32_t>strlen(CATEGORIES_KEY)
    size = snprintf(value, sizeof(value), "%d;%s5;tonneu32;", size, name)
    memcpy(metadata, &pair_count, 4)
    memcpy(metadata + 4, &key_size, 4)
    memcpy(metadata + 8, CATEGORIES_KEY, <size_t>key_size)
    memcpy(metadata + 8 + key_size, &size, 4)
    memcpy(metadata + 12 + key_size, value, <size_t>size)


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
    if column.dictionary_count >= 0 and _export_dictionary(table, column, exported, array):
        _release_array(array)
        return -1
    return 0


cdef int _export_dictionary(
    ArrowTable table, const ArrowColumn *column, ExportedArray *parent, ArrowArray *array
) noexcept:
    cdef ExportedArray *exported = <ExportedArray *>calloc(1, sizeof(ExportedArray))
    cdef ArrowArray *dictionary = &parent.dictionary
    if exported == NULL:
        return -1
    count_up(&table.owner.references)
    exported.owner = table.owner
    exported.buffers[1] = column.dictionary_offsets
    exported.buffers[2] = column.dictionary_bytes
    dictionary.length = column.dictionary_count
    dictionary.n_buffers = 3
    dictionary.buffers = exported.buffers
    dictionary.release = _release_dictionary
    dictionary.private_data = exported
    array.dictionary = dictionary
    return 0

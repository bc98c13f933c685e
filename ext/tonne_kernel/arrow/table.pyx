"""Columns of one length that Python takes through the Arrow C data interface, as PyCapsules."""

cimport cython

from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from tonne_kernel.arrow.c_data cimport ArrowArray, ArrowSchema
from tonne_kernel.arrow.c_export cimport (
    COLUMN_COUNT_MAX, OWNED_COUNT_MAX, Owner, TableColumn, TableLayout, export_array,
    export_schema, owner_release,
)
from tonne_kernel.arrow.views cimport TextView, write_views
from tonne_kernel.memory.blocks cimport block_allocate, block_free
from tonne_kernel.memory.buffers cimport TextColumn, texts_free

cdef extern from "Python.h":
    # In a destructor: the name is the one the capsule was made with, so it cannot fail.
    void *capsule_pointer "PyCapsule_GetPointer"(object capsule, const char *name) noexcept

# What stands in for a buffer without bytes: some consumers refuse NULL. Zeros for the one
# offset of an empty text column too.
cdef int64_t[2] NOTHING = [0, 0]

cdef uint64_t table_count = 0


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
            owner_release(self.owner)

    def __len__(self):
        return self.row_count

    def __arrow_c_schema__(self):
        """Capsule `arrow_schema`."""
        cdef ArrowSchema *schema = <ArrowSchema *>calloc(1, sizeof(ArrowSchema))
        cdef TableLayout layout
        if schema == NULL:
            raise MemoryError
        layout = _layout_of(self)
        if export_schema(&layout, schema):
            free(schema)
            raise MemoryError
        return PyCapsule_New(schema, "arrow_schema", _destroy_schema)

    def __arrow_c_array__(self, requested_schema=None):
        """Capsules `arrow_schema` and `arrow_array`. No other schema than its own is given."""
        cdef ArrowArray *array
        cdef TableLayout layout
        schema_capsule = self.__arrow_c_schema__()
        array = <ArrowArray *>calloc(1, sizeof(ArrowArray))
        if array == NULL:
            raise MemoryError
        layout = _layout_of(self)
        if export_array(&layout, array):
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

    cdef TableColumn *add_fixed(
        self, const char *name, const char *format, const void *values
    ) except NULL:
        cdef TableColumn *column
        if self.column_count == COLUMN_COUNT_MAX:
            raise AssertionError("a table has at most COLUMN_COUNT_MAX columns")
        column = &self.columns[self.column_count]
        self.column_count += 1
        memset(column, 0, sizeof(TableColumn))
        column.name = name
        column.format = format
        column.buffer_count = 2
        column.buffers[1] = values if values != NULL else NOTHING
        column.dictionary_count = -1
        return column

    cdef int add_texts(self, const char *name, const char *format, TextColumn *texts) except -1:
        cdef TableColumn *column = self.add_fixed(name, format, NULL)
        column.buffer_count = 3
        self._take(texts, &column.buffers[1], &column.buffers[2])
        return 0

    cdef int add_codes(
        self, const char *name, const int32_t *codes, TextColumn *texts
    ) except -1:
        cdef TableColumn *column = self.add_fixed(name, "i", codes)
        column.dictionary_count = texts.count
        self._take(texts, &column.dictionary_offsets, &column.dictionary_bytes)
        return 0

    cdef int add_views(self, const char *name, int32_t *codes, TextColumn *texts) except -1:
        cdef TableColumn *column = self.add_fixed(name, "vu", NULL)
        cdef TextView *views
        cdef int result
        if texts.bytes.size > INT32_MAX:
            raise MemoryError(f"{texts.bytes.size} bytes of distinct texts in one column")
        if self.row_count > 0:
            views = <TextView *>self.allocate(self.row_count * <int64_t>sizeof(TextView))
            column.buffers[1] = views
            with nogil:
                result = write_views(views, codes, self.row_count, texts)
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


cdef TableLayout _layout_of(ArrowTable table) noexcept:
    cdef TableLayout layout
    layout.owner = table.owner
    layout.row_count = table.row_count
    layout.number = table.number
    layout.is_struct = table.is_struct
    layout.column_count = table.column_count
    layout.columns = table.columns
    return layout


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

"""Writes the structures of the Arrow C data interface for columns that an `Owner` holds."""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, strlen

from tonne_kernel.arrow.c_data cimport ARROW_FLAG_NULLABLE, ArrowArray, ArrowSchema
from tonne_kernel.memory.blocks cimport block_free

cdef extern from *:
    """
    static inline void tonne_count_up(int64_t *count) {
        __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
    }
    static inline int64_t tonne_count_down(int64_t *count) {
        return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL);
    }
    """
    void count_up "tonne_count_up"(int64_t *count) noexcept nogil
    int64_t count_down "tonne_count_down"(int64_t *count) noexcept nogil

cdef enum:
    METADATA_BYTES_MAX = 128

# Polars keeps the texts of dictionaries in categories, those of a name together and for as long
# as any frame has them. Without this pair, all dictionaries of the process share one name.
# Source: the constant DTYPE_CATEGORICAL of Polars' polars-core, and what a frame with categories
# of a name of its own hands out.
cdef const char *CATEGORIES_KEY = "_PL_CATEGORICAL2"

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
    owner_release(exported.owner)
    free(exported)
    array.release = NULL


cdef void _release_part(ArrowSchema *schema) noexcept nogil:
    """Release of a dictionary's schema, which lives inside its parent."""
    schema.release = NULL


cdef void _release_dictionary(ArrowArray *array) noexcept nogil:
    """Release of a dictionary: a consumer may have moved it out of its parent."""
    cdef ExportedArray *exported = <ExportedArray *>array.private_data
    owner_release(exported.owner)
    free(exported)
    array.release = NULL


cdef int export_schema(const TableLayout *table, ArrowSchema *schema) noexcept nogil:
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
    const TableColumn *column, uint64_t number, ArrowSchema *schema
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


cdef int export_array(const TableLayout *table, ArrowArray *array) noexcept nogil:
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
    const TableLayout *table, const TableColumn *column, ArrowArray *array
) noexcept nogil:
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
    const TableLayout *table, const TableColumn *column, ExportedArray *parent, ArrowArray *array
) noexcept nogil:
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


cdef void owner_release(Owner *owner) noexcept nogil:
    cdef int64_t index
    if count_down(&owner.references) == 0:
        for index in range(owner.owned_count):
            block_free(owner.owned[index])
        free(owner)

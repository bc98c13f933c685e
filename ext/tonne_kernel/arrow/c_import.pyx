"""Takes Arrow arrays in through the C data interface: the chunks of one column."""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

from tonne_kernel.arrow.c_data cimport ArrowArray, ArrowArrayStream, ArrowSchema

cdef enum:
    CAPACITY_MIN = 4


cdef class ArrowChunks:
    """The chunks of one column, kept until this object goes."""

    def __dealloc__(self):
        cdef int64_t index
        for index in range(self.chunk_count):
            if self.arrays[index].release != NULL:
                self.arrays[index].release(&self.arrays[index])
        free(self.arrays)

    cdef ArrowArray *add(self) except NULL:
        """Room for one chunk more, empty."""
        cdef int64_t capacity
        cdef void *data
        if self.chunk_count == self.capacity:
            capacity = self.capacity * 2 if self.capacity > 0 else CAPACITY_MIN
            data = realloc(self.arrays, <size_t>capacity * sizeof(ArrowArray))
            if data == NULL:
                raise MemoryError
            self.arrays = <ArrowArray *>data
            self.capacity = capacity
        memset(&self.arrays[self.chunk_count], 0, sizeof(ArrowArray))
        self.chunk_count += 1
        return &self.arrays[self.chunk_count - 1]


cdef ArrowChunks import_column(object column):
    cdef ArrowChunks chunks = _import(column)
    cdef int64_t index
    for index in range(chunks.chunk_count):
        _check_chunk(&chunks.arrays[index])
    return chunks


cdef ArrowChunks import_texts(object column):
    cdef ArrowChunks chunks = _import(column)
    cdef int64_t index
    if chunks.format not in ("u", "U", "vu"):
        raise ValueError(f"texts are 'u', 'U' or 'vu'; got {chunks.format!r}")
    for index in range(chunks.chunk_count):
        _check_texts(&chunks.arrays[index], chunks.format == "vu")
    return chunks


cdef ArrowChunks _import(object column):
    cdef ArrowChunks chunks = ArrowChunks.__new__(ArrowChunks)
    cdef int64_t index
    if hasattr(column, "__arrow_c_stream__"):
        _import_stream(chunks, column.__arrow_c_stream__())
    elif hasattr(column, "__arrow_c_array__"):
        schema_capsule, array_capsule = column.__arrow_c_array__()
        _import_array(chunks, schema_capsule, array_capsule)
    else:
        raise TypeError(
            f"a column has __arrow_c_stream__ or __arrow_c_array__; {type(column).__name__} "
            "has neither")
    for index in range(chunks.chunk_count):
        chunks.row_count += chunks.arrays[index].length
    return chunks


cdef int _import_stream(ArrowChunks chunks, object capsule) except -1:
    cdef ArrowArrayStream *stream = <ArrowArrayStream *>PyCapsule_GetPointer(
        capsule, "arrow_array_stream")
    cdef ArrowSchema schema
    cdef ArrowArray *chunk
    cdef const char *reason
    memset(&schema, 0, sizeof(ArrowSchema))
    if stream.get_schema(stream, &schema) != 0:
        raise ValueError("the Arrow stream has no schema")
    _take_format(chunks, &schema)
    while True:
        chunk = chunks.add()
        if stream.get_next(stream, chunk) != 0:
            memset(chunk, 0, sizeof(ArrowArray))
            reason = stream.get_last_error(stream)
            raise ValueError(
                "the Arrow stream failed: " + (reason.decode() if reason != NULL else ""))
        if chunk.release == NULL:
            chunks.chunk_count -= 1
            return 0


cdef int _import_array(ArrowChunks chunks, object schema_capsule, object capsule) except -1:
    cdef ArrowSchema *schema = <ArrowSchema *>PyCapsule_GetPointer(
        schema_capsule, "arrow_schema")
    cdef ArrowArray *array = <ArrowArray *>PyCapsule_GetPointer(capsule, "arrow_array")
    cdef ArrowArray *chunk = chunks.add()
    chunks.format = schema.format.decode()
    # Moving: the capsule's destructor then finds nothing to release.
    chunk[0] = array[0]
    array.release = NULL
    return 0


cdef int _take_format(ArrowChunks chunks, ArrowSchema *schema) except -1:
    try:
        chunks.format = schema.format.decode()
    finally:
        if schema.release != NULL:
            schema.release(schema)
    return 0


cdef int _check_chunk(const ArrowArray *chunk) except -1:
    """A plain column of fixed width without nulls."""
    cdef const uint8_t *validity
    cdef int64_t row
    if chunk.length < 0 or chunk.offset < 0 or chunk.n_buffers != 2 or chunk.n_children != 0:
        raise ValueError("a column of plain numbers is expected")
    if chunk.length > 0 and chunk.buffers[1] == NULL:
        raise ValueError("the Arrow array has no values")
    validity = <const uint8_t *>chunk.buffers[0]
    if chunk.null_count == 0 or validity == NULL:
        return 0
    for row in range(chunk.offset, chunk.offset + chunk.length):
        if not validity[row >> 3] >> (row & 7) & 1:
            raise ValueError(f"a column without nulls is expected; row {row - chunk.offset} "
                             "of a chunk is null")
    return 0


cdef int _check_texts(const ArrowArray *chunk, bint has_views) except -1:
    """A column of texts, whose values follow their offsets or views; nulls are allowed."""
    cdef int64_t least = 3
    if (
        chunk.length < 0 or chunk.offset < 0 or chunk.n_children != 0
        or (chunk.n_buffers < least if has_views else chunk.n_buffers != least)
    ):
        raise ValueError("a column of texts is expected")
    if chunk.length > 0 and chunk.buffers[1] == NULL:
        raise ValueError("the Arrow array has no values")
    return 0


cdef int64_t find_text(
    const ArrowArray *chunk, int kind, int64_t row, const uint8_t **text
) noexcept nogil:
    cdef const uint8_t *validity = <const uint8_t *>chunk.buffers[0]
    cdef const uint8_t *data = <const uint8_t *>chunk.buffers[1]
    cdef int64_t place = chunk.offset + row
    cdef const int64_t *sizes
    cdef int32_t view[4]
    cdef int64_t start, stop
    text[0] = NULL
    if validity != NULL and not validity[place >> 3] >> (place & 7) & 1:
        return 0
    if kind == TEXT_VIEWS:
        memcpy(view, data + place * 16, 16)
        if view[0] <= 12:
            text[0] = data + place * 16 + 4
            return view[0] if view[0] >= 0 else -1
        # Behind the views stand their blocks, and last the sizes of these.
        if view[2] < 0 or view[2] >= chunk.n_buffers - 3 or view[3] < 0:
            return -1
        sizes = <const int64_t *>chunk.buffers[chunk.n_buffers - 1]
        if view[3] + <int64_t>view[0] > sizes[view[2]]:
            return -1
        text[0] = <const uint8_t *>chunk.buffers[2 + view[2]] + view[3]
        return view[0]
    if kind == TEXT_LARGE:
        start = (<const int64_t *>data)[place]
        stop = (<const int64_t *>data)[place + 1]
    else:
        start = (<const int32_t *>data)[place]
        stop = (<const int32_t *>data)[place + 1]
    if start < 0 or stop < start:
        return -1
    text[0] = <const uint8_t *>chunk.buffers[2] + start
    return stop - start

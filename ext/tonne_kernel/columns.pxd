"""From the columns of an Arrow stream to the columns of a batch, a chunk of rows at a time.

Column by column, a loop per type; a row whose value breaks a rule becomes a suspect. Then each
row that is no suspect gets its key, and each suspect is staged alone and judged by
`check_staged`, the same function that judges records that come as rows.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.arrow_fault cimport Fault
from tonne_kernel.arrow_numbers cimport NUMBER_TEXT_SIZE_MAX
from tonne_kernel.arrow_schema cimport ColumnType
from tonne_kernel.arrow_stream cimport ArrowColumn, ArrowDictionary, ArrowStream
from tonne_kernel.batch cimport BatchColumns, Span, Staged
from tonne_kernel.buffers cimport TextColumn
from tonne_kernel.dictionary cimport Dictionaries
from tonne_kernel.status cimport FIELD_COUNT
from tonne_kernel.text cimport Interner

cdef enum:
    CHUNK_ROWS = 1024           # a multiple of 8; the scratch below stays in the first cache

cdef enum:                      # columns of interned texts; the first four make the key
    CODED_FACILITY = 0
    CODED_ACTIVITY = 1
    CODED_UNIT = 2
    CODED_REGION = 3
    CODED_SUPPLIER = 4
    CODED_PRODUCT = 5
    CODED_COUNT = 6

cdef enum:                      # what stands for a text instead of its code
    CODE_ABSENT = -1            # null or empty
    CODE_INVALID = -2           # breaks a rule of its field
    CODE_UNMAPPED = -3          # no row has asked for it yet
    CODE_MEMORY = -4            # no memory

cdef struct ValueMap:
    # What the values of a column's dictionary mean in its field. Values are looked at when
    # the first row asks for them: a dictionary may hold far more than a batch uses.
    int32_t *codes              # interned code, or 0 for a quantity, or CODE_*; then one for null
    int64_t *micro              # quantities: millionths; else NULL
    int64_t count               # values
    int64_t capacity
    int64_t generation          # of the dictionary when the codes were found

cdef class ColumnDecoder:
    cdef ArrowStream stream
    cdef Dictionaries *dictionaries
    cdef BatchColumns *columns  # of the batch, being filled
    cdef int64_t first          # row of the batch where the current chunk begins
    cdef int64_t count          # rows of the current chunk
    cdef int column_of[FIELD_COUNT]         # place in the schema, -1 where the column is absent
    cdef ValueMap maps[FIELD_COUNT]         # per place in the schema
    cdef ArrowColumn chunk[FIELD_COUNT]     # the stream's columns, cut to the chunk
    # Scratch, one per row of a chunk
    cdef int32_t codes[CODED_COUNT][CHUNK_ROWS]
    cdef int64_t values[CHUNK_ROWS]
    cdef Span texts[CHUNK_ROWS]
    cdef uint8_t suspect[CHUNK_ROWS]
    cdef uint8_t number_text[NUMBER_TEXT_SIZE_MAX]
    cdef Fault fault

    # Decode all batches of `stream`, whose schema was read. Everything below gives 0, or -1: a
    # fault.
    cdef int decode(self, int64_t records_max) noexcept nogil
    cdef int place_of(self, int field) noexcept nogil
    cdef int pad_texts(self) noexcept nogil
    cdef int take_batch(self, int64_t count) noexcept nogil
    cdef void cut_column(self, int place, int64_t row) noexcept nogil
    cdef int take_chunk(self) noexcept nogil
    cdef int write_chunk(self) noexcept nogil
    cdef int sync_map(self, int place) noexcept nogil
    cdef int take_indices(self, int place) noexcept nogil
    cdef int take_codes(self, int coded, int field, Interner *interner) noexcept nogil
    cdef int map_codes(self, int place, Interner *interner, int32_t *codes) noexcept nogil
    cdef int take_quantity(self, int place) noexcept nogil
    cdef int take_quantity_texts(self, int place) noexcept nogil
    cdef int map_quantities(self, int place) noexcept nogil
    cdef int take_misfits(self, int place) noexcept nogil
    cdef int take_times(self, int place, int64_t *times_us, bint is_end) noexcept nogil
    cdef int find_row_texts(self, int place) noexcept nogil
    cdef int check_texts(self, int field, int64_t size_max) noexcept nogil
    cdef int write_record_ids(self) noexcept nogil
    cdef int write_texts(self, int field, TextColumn *column) noexcept nogil
    cdef int write_codes(self, int coded, int field) noexcept nogil
    cdef int write_data_quality(self) noexcept nogil
    cdef int write_keys(self) noexcept nogil
    cdef int judge_suspects(self) noexcept nogil
    cdef int stage(self, int64_t row, Staged *record) noexcept nogil
    cdef int stage_text(self, int field, int64_t row, Span *text) noexcept nogil
    cdef int stage_quantity(self, int64_t row, Staged *record) noexcept nogil
    cdef int stage_time(self, int field, int64_t row, int64_t *time_us) noexcept nogil
    cdef int fail(self, int code, int field, int64_t found, int64_t limit) noexcept nogil

"""From the columns of an Arrow stream to the columns of a batch, a chunk of rows at a time.

Column by column, a loop per type; a row whose value breaks a rule becomes a suspect. Then each
row that is no suspect gets its key, and each suspect is staged alone and judged by
`check_staged`, the same function that judges records that come as rows.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.arrow_chunk cimport CHUNK_ROWS, Chunk
from tonne_kernel.arrow_fault cimport Fault
from tonne_kernel.arrow_numbers cimport NUMBER_TEXT_SIZE_MAX
from tonne_kernel.arrow_stream cimport ArrowStream
from tonne_kernel.batch cimport BatchColumns, Span
from tonne_kernel.buffers cimport TextColumn
from tonne_kernel.dictionary cimport Dictionaries
from tonne_kernel.status cimport FIELD_COUNT
from tonne_kernel.text cimport Interner
from tonne_kernel.value_map cimport ValueMap

cdef enum:                      # columns of interned texts; the first four make the key
    CODED_FACILITY = 0
    CODED_ACTIVITY = 1
    CODED_UNIT = 2
    CODED_REGION = 3
    CODED_SUPPLIER = 4
    CODED_PRODUCT = 5
    CODED_COUNT = 6

cdef class ColumnDecoder:
    cdef ArrowStream stream
    cdef Dictionaries *dictionaries
    cdef BatchColumns *columns  # of the batch, being filled
    cdef int64_t first          # row of the batch where the current chunk begins
    cdef ValueMap maps[FIELD_COUNT]         # per place in the schema
    cdef Chunk chunk            # the current one
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
    cdef int take_chunk(self) noexcept nogil
    cdef int write_chunk(self) noexcept nogil
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
    cdef int64_t copy_texts(self, TextColumn *column) noexcept nogil
    cdef int write_texts(self, int field, TextColumn *column) noexcept nogil
    cdef int write_codes(self, int coded, int field) noexcept nogil
    cdef int write_data_quality(self) noexcept nogil
    cdef int write_keys(self) noexcept nogil
    cdef int judge_suspects(self) noexcept nogil
    cdef int fail(self, int code, int field, int64_t found, int64_t limit) noexcept nogil

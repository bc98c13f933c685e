"""What the decoding of one Arrow stream holds from chunk to chunk."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.arrow.fault cimport Fault
from tonne_kernel.arrow.numbers cimport NUMBER_TEXT_SIZE_MAX
from tonne_kernel.columnar.chunk cimport CHUNK_ROWS, Chunk
from tonne_kernel.columnar.value_map cimport ValueMap
from tonne_kernel.memory.buffers cimport Span
from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.values.dictionary cimport Dictionaries
from tonne_kernel.values.status cimport FIELD_COUNT

cdef enum:                      # columns of interned texts; the first four make the key
    CODED_FACILITY = 0
    CODED_ACTIVITY = 1
    CODED_UNIT = 2
    CODED_REGION = 3
    CODED_SUPPLIER = 4
    CODED_PRODUCT = 5
    CODED_COUNT = 6

cdef struct Limits:
    int64_t records_max         # of the stream
    int64_t span_us_max         # of a record, from start to end
    int64_t text_bytes_max      # of the texts that the batch keeps row by row

cdef struct Decoding:
    Dictionaries *dictionaries
    BatchColumns *columns       # of the batch, being filled
    int64_t first               # row of the batch where the current chunk begins
    int64_t text_bytes_max      # see Limits
    ValueMap maps[FIELD_COUNT]  # per place in the schema
    Chunk chunk                 # the current one
    # Scratch, one per row of a chunk
    int32_t codes[CODED_COUNT][CHUNK_ROWS]
    int64_t values[CHUNK_ROWS]
    int64_t rests[CHUNK_ROWS]   # of quantities
    Span texts[CHUNK_ROWS]
    uint8_t suspect[CHUNK_ROWS]
    uint8_t number_text[NUMBER_TEXT_SIZE_MAX]
    Fault fault

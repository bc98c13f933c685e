"""Reads serialized `Rows` messages: the framing of the records, then each record."""

from libc.stdint cimport int64_t, uint8_t

from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.records.staged cimport Staged
from tonne_kernel.values.dictionary cimport Dictionaries

# Number of records of a Rows message, or minus a WireResult (then `*count` is how many
# records could be told apart).
cdef int count_records(const uint8_t *data, int64_t size, int64_t *count) noexcept nogil

# The next record of a Rows message whose framing was counted: False at the end.
cdef bint next_record(
    const uint8_t **at, const uint8_t *stop, const uint8_t **data, int64_t *size) noexcept nogil

# Take one record's fields apart. Sets record.undecodable where that fails.
cdef void stage_record(const uint8_t *data, int64_t size, Staged *record) noexcept nogil

# Decode all records of a Rows message whose framing was counted. 0, or -1 for no memory.
cdef int decode_records(
    const uint8_t *data, int64_t size, Dictionaries *dictionaries, BatchColumns *columns
) noexcept nogil

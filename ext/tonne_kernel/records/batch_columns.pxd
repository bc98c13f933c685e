"""Decoded records of one message, column by column.

A decoder calls `columns_allocate` with the number of records, then sets every row of every
column, either record by record (`stage_clear`, then `check_row`) or column by column. A row that
breaks a rule gets `reject_row`; every other row has `key >= 0` and status POSTED.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.memory.buffers cimport TextColumn
from tonne_kernel.records.staged cimport Staged

cdef enum:
    # record_id, facility, activity, quantity, unit, region, evidence, unread
    REJECT_TEXT_COUNT = 8

cdef struct Reject:
    # A record in quarantine. Its texts stand in BatchColumns.reject_texts, REJECT_TEXT_COUNT
    # each, valid UTF-8, cut to what a good one may have, empty where unreadable.
    int64_t row
    int64_t start_us
    int64_t end_us
    uint8_t has_start
    uint8_t has_end

cdef struct BatchColumns:
    int64_t count               # rows
    int32_t *key                # -1 where rejected
    int64_t *quantity_micro     # whole millionths, cut toward zero; 0 where rejected
    int64_t *start_us           # microseconds since 1970-01-01T00:00Z
    int64_t *end_us             # exclusive
    uint8_t *status             # RowStatus
    uint8_t *field              # RecordField at fault
    TextColumn record_id        # one text per row; any text where rejected
    # The optional columns are NULL (or without texts) until `columns_want` makes them.
    int64_t *quantity_rest      # what millionths leave out, see `decimal.pxd`; 0 where nothing
    int32_t *supplier           # code, -1 where absent
    int32_t *product            # code, -1 where absent
    uint8_t *data_quality       # 0 where absent
    TextColumn evidence         # one text per row up to the last that has one, then padded
    TextColumn attributes
    Reject *rejects             # in order of rows
    int64_t reject_count
    int64_t reject_capacity
    TextColumn reject_texts     # REJECT_TEXT_COUNT per reject
    int64_t span_us_max         # a record from start to end; a longer one is rejected
    int64_t posting_count_max   # see `columns_bound_postings`

# All columns but the optional ones for `count` rows, of any content; status POSTED, field
# RECORD. 0, or -1 for no memory.
cdef int columns_allocate(
    BatchColumns *columns, int64_t count, int64_t span_us_max
) noexcept nogil
cdef void columns_free(BatchColumns *columns) noexcept nogil
cdef int64_t columns_memory_bytes(const BatchColumns *columns) noexcept nogil

# Note how many postings the records can make at most in months without slices, whatever the
# time zone: as many as they
# touch months (a span of at most 28 days touches two, each further 28 days at most one more),
# and not more than each of `key_count` keys in each month that any of them touches.
cdef void columns_bound_postings(BatchColumns *columns, int64_t key_count) noexcept nogil

# Make the optional column of this RecordField (QUANTITY: zeros for the rests; SUPPLIER, PRODUCT,
# DATA_QUALITY: filled with "absent"). 0, or -1 for no memory. Calling it again is cheap.
cdef int columns_want(BatchColumns *columns, int field) noexcept nogil

# Put row `row` into quarantine with a status; key -1, quantity 0. Rows in ascending order.
# Leaves the row's record_id text to the caller. 0, or -1 for no memory.
cdef int reject_row(
    BatchColumns *columns, int64_t row, const Staged *record, int status, int field
) noexcept nogil

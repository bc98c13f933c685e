"""Decoded records of one message, column by column, and the check that each record passes.

A decoder calls `columns_allocate` with the number of records, then sets every row of every
column, either record by record (`stage`, then `check_row`) or column by column. A row that
breaks a rule gets `reject_row`; every other row has `key >= 0` and status POSTED.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from tonne_kernel.buffers cimport ByteBuffer, TextColumn, texts_pad
from tonne_kernel.dictionary cimport Dictionaries

cdef enum:
    REJECT_TEXT_COUNT = 6       # record_id, facility, activity, quantity, unit, region

cdef enum QuantityKind:
    QUANTITY_ABSENT = 0
    QUANTITY_TEXT = 1           # in Staged.quantity
    QUANTITY_DOUBLE = 2         # in Staged.quantity_double
    QUANTITY_MICRO = 3          # in Staged.quantity_micro, any int64
    QUANTITY_TOO_LARGE = 4      # a number that int64 millionths cannot hold

cdef enum TimeKind:
    TIME_ABSENT = 0
    TIME_PRESENT = 1            # microseconds in Staged.start_us, .end_us, any int64
    TIME_OUT_OF_RANGE = 2       # a time that int64 microseconds or the format cannot hold

cdef struct Span:
    const uint8_t *data         # borrowed; may be NULL where size is 0
    int64_t size                # 0 where absent

cdef struct Staged:
    # One record as it came, before any check. Zero it (stage_clear) before filling.
    Span record_id
    Span facility
    Span activity
    Span quantity               # text, also kept for quarantine where the kind is another
    Span unit
    Span region
    Span supplier
    Span product
    Span evidence
    Span attributes
    double quantity_double
    int64_t quantity_micro
    int64_t start_us
    int64_t end_us
    int quantity_kind           # QuantityKind
    int start_kind              # TimeKind
    int end_kind                # TimeKind
    int data_quality
    int undecodable             # 1: the bytes of the record cannot be read to their end

cdef struct Reject:
    # A record in quarantine. Its texts stand in BatchColumns.reject_texts, REJECT_TEXT_COUNT
    # each, valid UTF-8, cut to TEXT_SIZE_MAX bytes, empty where unreadable.
    int64_t row
    int64_t start_us
    int64_t end_us
    uint8_t has_start
    uint8_t has_end

cdef struct BatchColumns:
    int64_t count               # rows
    int32_t *key                # -1 where rejected
    int64_t *quantity_micro     # 0 where rejected
    int64_t *start_us           # microseconds since 1970-01-01T00:00Z
    int64_t *end_us             # exclusive
    uint8_t *status             # RowStatus
    uint8_t *field              # RecordField at fault
    TextColumn record_id        # one text per row; any text where rejected
    # The optional columns are NULL (or without texts) until `columns_want` makes them.
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

# Note how many postings the records can make at most, whatever the time zone: as many as they
# touch months (a span of at most 28 days touches two, each further 28 days at most one more),
# and not more than each of `key_count` keys in each month that any of them touches.
cdef void columns_bound_postings(BatchColumns *columns, int64_t key_count) noexcept nogil

# Make the optional column of this RecordField (SUPPLIER, PRODUCT, DATA_QUALITY: filled with
# "absent"). 0, or -1 for no memory. Calling it again is cheap.
cdef int columns_want(BatchColumns *columns, int field) noexcept nogil

cdef inline void stage_clear(Staged *record) noexcept nogil:
    # Field by field: a memset of this size starts slowly.
    cdef Span none
    none.data = NULL
    none.size = 0
    record.record_id = record.facility = record.activity = record.quantity = none
    record.unit = record.region = record.supplier = record.product = none
    record.evidence = record.attributes = none
    record.quantity_double = 0
    record.quantity_micro = record.start_us = record.end_us = 0
    record.quantity_kind = record.start_kind = record.end_kind = 0
    record.data_quality = record.undecodable = 0

# All rules that one record alone can break: the RowStatus of most precedence, and the field at
# fault in `*field`. POSTED (0) where it breaks none.
cdef int check_staged(const Staged *record, int64_t span_us_max, int *field) noexcept nogil

# Put row `row` into quarantine with a status; key -1, quantity 0. Rows in ascending order.
# Leaves the row's record_id text to the caller. 0, or -1 for no memory.
cdef int reject_row(
    BatchColumns *columns, int64_t row, const Staged *record, int status, int field
) noexcept nogil

# Check one staged record and set row `row` of all columns, interning its texts and appending
# its record_id (rows in order, from 0). 0 (valid or rejected), or -1 for no memory.
cdef int check_row(
    Dictionaries *dictionaries, BatchColumns *columns, int64_t row, const Staged *record
) noexcept nogil

# Whether a time is within 1970-01-01 .. 2200-01-01 (the latter only as an end).
cdef inline bint start_in_range(int64_t time_us) noexcept nogil:
    return 0 <= time_us < 7258118400000000LL

cdef inline bint end_in_range(int64_t time_us) noexcept nogil:
    return 0 <= time_us <= 7258118400000000LL

"""One record as it came, before any check: what a decoder fills, row by row."""

from libc.stdint cimport int64_t

from tonne_kernel.memory.buffers cimport Span

cdef enum QuantityKind:
    QUANTITY_ABSENT = 0
    QUANTITY_TEXT = 1           # in Staged.quantity
    QUANTITY_DOUBLE = 2         # in Staged.quantity_double
    QUANTITY_MICRO = 3          # in Staged.quantity_micro, any int64, and .quantity_rest
    QUANTITY_TOO_LARGE = 4      # a number that int64 millionths cannot hold

cdef enum TimeKind:
    TIME_ABSENT = 0
    TIME_PRESENT = 1            # microseconds in Staged.start_us, .end_us, any int64
    TIME_OUT_OF_RANGE = 2       # a time that int64 microseconds or the format cannot hold

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
    Span unread                 # what the producer could not read, as it was written
    double quantity_double
    int64_t quantity_micro
    int64_t quantity_rest
    int64_t start_us
    int64_t end_us
    int quantity_kind           # QuantityKind
    int start_kind              # TimeKind
    int end_kind                # TimeKind
    int data_quality
    int undecodable             # 1: the bytes of the record cannot be read to their end

cdef inline void stage_clear(Staged *record) noexcept nogil:
    # Field by field: a memset of this size starts slowly.
    cdef Span none
    none.data = NULL
    none.size = 0
    record.record_id = record.facility = record.activity = record.quantity = none
    record.unit = record.region = record.supplier = record.product = none
    record.evidence = record.attributes = record.unread = none
    record.quantity_double = 0
    record.quantity_micro = record.quantity_rest = record.start_us = record.end_us = 0
    record.quantity_kind = record.start_kind = record.end_kind = 0
    record.data_quality = record.undecodable = 0

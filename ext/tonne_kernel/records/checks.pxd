"""The check that each record passes, and the times that a record may have."""

from libc.stdint cimport int64_t

from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.records.staged cimport Staged
from tonne_kernel.values.constants cimport TIME_US_STOP
from tonne_kernel.values.dictionary cimport Dictionaries

# All rules that one record alone can break: the RowStatus of most precedence, and the field at
# fault in `*field`. POSTED (0) where it breaks none.
cdef int check_staged(const Staged *record, int64_t span_us_max, int *field) noexcept nogil

# Check one staged record and set row `row` of all columns, interning its texts and appending
# its record_id (rows in order, from 0, each once: a valid row keeps the status and the field of
# `columns_allocate`). 0 (valid or rejected), or -1 for no memory.
cdef int check_row(
    Dictionaries *dictionaries, BatchColumns *columns, int64_t row, const Staged *record
) noexcept nogil

# Whether a time is within 1970-01-01 .. 2200-01-01 (the latter only as an end).
cdef inline bint start_in_range(int64_t time_us) noexcept nogil:
    return 0 <= time_us < TIME_US_STOP

cdef inline bint end_in_range(int64_t time_us) noexcept nogil:
    return 0 <= time_us <= TIME_US_STOP

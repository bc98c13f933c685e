"""Sums of quantities per (key, period, slice, disposition), in order of first sight.

A sum of n int64 stays below n * 2^63 in size, so 128 bits hold the sum of any 2^64 parts:
no batch can overflow it. A sum of both parts of its quantities is made when it is handed out, and
may be too large then. Summing sums is another matter: see `sums.pyx`.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t

from tonne_kernel.values.int128 cimport i128

cdef struct Sum:
    i128 quantity_micro
    i128 quantity_rest          # of what millionths leave out, see `decimal.pxd`
    int64_t record_count        # records with a part here
    int64_t record_start_count  # records whose first part is here
    int32_t key                 # of the posting
    int32_t period              # months since 1970-01
    int32_t slice               # days of the month, see rules.pxd
    int32_t disposition             # resolution index, or minus a RowStatus

cdef struct SumTable:
    Sum *sums
    int32_t count
    int32_t capacity
    int32_t *slots              # open addressing, a power of two; -1 where free
    uint64_t mask

cdef int sum_table_init(SumTable *table) noexcept nogil
cdef void sum_table_free(SumTable *table) noexcept nogil

# Number of the sum, made with zeros where it is new. -1 where there is no memory.
cdef int32_t find_sum(
    SumTable *table, int32_t key, int32_t period, int32_t slice, int32_t disposition
) noexcept nogil

"""What a key's rule says per period, and where the periods begin."""

from libc.stdint cimport int32_t, int64_t

from tonne_kernel.memory.buffers cimport debug_assert

cdef struct Periods:
    int64_t *boundaries_us      # count + 1, ascending; period p is [p], [p + 1])
    int32_t count
    # The period that was asked for last.
    int32_t last
    int64_t last_start_us
    int64_t last_stop_us

cdef class RuleTable:
    cdef int32_t *run_offsets
    cdef int32_t *run_first_periods
    cdef int32_t *run_dispositions
    cdef readonly int32_t rule_count

cdef class PeriodTable:
    cdef Periods periods

# Period of a time that is not the last one's. Earlier times count to the first period,
# later ones to the last.
cdef int32_t find_period(Periods *periods, int64_t time_us) noexcept nogil

cdef inline int32_t period_at(Periods *periods, int64_t time_us) noexcept nogil:
    if periods.last_start_us <= time_us < periods.last_stop_us:
        return periods.last
    return find_period(periods, time_us)

cdef inline int32_t disposition_at(
    const int32_t *run_offsets, const int32_t *run_first_periods, const int32_t *run_dispositions,
    int32_t rule, int32_t period
) noexcept nogil:
    """Disposition of a rule in a period: that of its last run that begins no later."""
    cdef int32_t low = run_offsets[rule]
    cdef int32_t high = run_offsets[rule + 1]
    cdef int32_t middle
    debug_assert(0 <= low < high and period >= 0)
    while high - low > 1:
        middle = low + (high - low) // 2
        if run_first_periods[middle] <= period:
            low = middle
        else:
            high = middle
    return run_dispositions[low]

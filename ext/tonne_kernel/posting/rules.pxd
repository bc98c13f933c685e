"""What a key's rule says from which day on, and where the periods begin.

A slice is the days of a month from one on which something of a key begins or ends to the day
before the next: its first and its last day, from 1 and up to 31, which is the last one of any
month. As a number: first day << 8 | last day.
"""

from libc.stdint cimport int32_t, int64_t

from tonne_kernel.memory.buffers cimport debug_assert

cdef enum:
    LAST_DAY = 31               # of any month
    WHOLE_MONTH = 1 << 8 | 31   # slice of a month in which nothing of a key begins or ends
    DAYS_PER_PERIOD = 32        # of the numbers of days: more than a month has

cdef struct Periods:
    int64_t *boundaries_us      # count + 1, ascending; period p is [p], [p + 1])
    int32_t count
    # The period that was asked for last.
    int32_t last
    int64_t last_start_us
    int64_t last_stop_us

cdef struct Rules:
    int32_t *run_offsets        # rule_count + 1
    int64_t *run_firsts         # period * DAYS_PER_PERIOD + day of the month, from 1
    int64_t *run_starts_us      # instant of that day, or NULL where all are the first of a month
    int32_t *run_dispositions
    int32_t *hole_offsets       # rule_count + 1, or NULL where no rule has a hole
    int64_t *hole_starts_us     # ascending within a rule
    int64_t *hole_stops_us      # exclusive; none reaches into the next
    int32_t hole_status         # RowStatus of a record whose time touches a hole
    int32_t rule_count

cdef class RuleTable:
    cdef Rules rules

cdef class PeriodTable:
    cdef Periods periods

# Period of a time that is not the last one's. Earlier times count to the first period,
# later ones to the last.
cdef int32_t find_period(Periods *periods, int64_t time_us) noexcept nogil

cdef inline int32_t period_at(Periods *periods, int64_t time_us) noexcept nogil:
    if periods.last_start_us <= time_us < periods.last_stop_us:
        return periods.last
    return find_period(periods, time_us)

# Run of a rule that is in force when a period begins.
cdef inline int32_t run_at(const Rules *rules, int32_t rule, int32_t period) noexcept nogil:
    cdef int64_t first = <int64_t>period * DAYS_PER_PERIOD + 1
    cdef int32_t low = rules.run_offsets[rule]
    cdef int32_t high = rules.run_offsets[rule + 1]
    cdef int32_t middle
    debug_assert(0 <= low < high and period >= 0)
    while high - low > 1:
        middle = low + (high - low) // 2
        if rules.run_firsts[middle] <= first:
            low = middle
        else:
            high = middle
    return low

# Status of what a time [start, end) touches of the holes of a rule; 0 (posted) where it is none.
cdef int hole_status_of(
    const Rules *rules, int32_t rule, int64_t start_us, int64_t end_us) noexcept nogil

# Whether a period has a hole of a rule.
cdef bint has_hole_in(
    const Rules *rules, int32_t rule, const Periods *periods, int32_t period) noexcept nogil

# Whether the run after `run` begins within a period: then the period has slices.
cdef inline bint is_cut_after(
    const Rules *rules, int32_t rule, int32_t run, int32_t period
) noexcept nogil:
    return (
        run + 1 < rules.run_offsets[rule + 1]
        and rules.run_firsts[run + 1] < <int64_t>(period + 1) * DAYS_PER_PERIOD
    )

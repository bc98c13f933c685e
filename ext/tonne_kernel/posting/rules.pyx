"""What a key's rule says from which day on, and where the periods begin. Both are immutable."""

cimport cython

from libc.stdint cimport INT32_MAX, INT64_MAX, INT64_MIN, int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

cdef enum:
    STATUS_MAX = 255


@cython.final
cdef class RuleTable:
    """What each rule says from which day on: runs of (first period, day, disposition)."""

    def __cinit__(
        self,
        const int32_t[::1] run_offsets not None,
        const int32_t[::1] run_first_periods not None,
        const int32_t[::1] run_dispositions not None,
        const int32_t[::1] run_first_days=None,
        const int64_t[::1] run_starts_us=None,
        const int32_t[::1] hole_offsets=None,
        const int64_t[::1] hole_starts_us=None,
        const int64_t[::1] hole_stops_us=None,
        int32_t hole_status=0,
    ):
        memset(&self.rules, 0, sizeof(Rules))
        _check_runs(run_offsets, run_first_periods, run_dispositions)
        if (run_first_days is None) != (run_starts_us is None):
            raise ValueError("run_first_days and run_starts_us come together")
        self.rules.rule_count = <int32_t>(run_offsets.shape[0] - 1)
        self.rules.run_offsets = _copy(run_offsets)
        self.rules.run_firsts = _firsts(run_first_periods, run_first_days)
        self.rules.run_dispositions = _copy(run_dispositions)
        _check_order(&self.rules)
        if run_starts_us is not None:
            _check_starts(run_first_days, run_starts_us, run_first_periods.shape[0])
            self.rules.run_starts_us = _copy_long(run_starts_us)
        if hole_offsets is not None:
            if not 0 < hole_status <= STATUS_MAX:
                raise ValueError(f"a hole has a status; got {hole_status}")
            _check_holes(
                hole_offsets, hole_starts_us, hole_stops_us, self.rules.rule_count)
            self.rules.hole_offsets = _copy(hole_offsets)
            self.rules.hole_starts_us = _copy_long(hole_starts_us)
            self.rules.hole_stops_us = _copy_long(hole_stops_us)
            self.rules.hole_status = hole_status

    def __dealloc__(self):
        free(self.rules.run_offsets)
        free(self.rules.run_firsts)
        free(self.rules.run_starts_us)
        free(self.rules.run_dispositions)
        free(self.rules.hole_offsets)
        free(self.rules.hole_starts_us)
        free(self.rules.hole_stops_us)

    @property
    def rule_count(self):
        """Number of rules."""
        return self.rules.rule_count


@cython.final
cdef class PeriodTable:
    """Period boundaries of a time zone, in microseconds since 1970-01-01T00:00Z."""

    def __cinit__(self, const int64_t[::1] boundaries_us not None):
        cdef int64_t index
        cdef int64_t count = boundaries_us.shape[0] - 1
        if not 1 <= count < INT32_MAX:
            raise ValueError(f"at least two boundaries are needed; got {count + 1}")
        for index in range(count):
            if boundaries_us[index] >= boundaries_us[index + 1]:
                raise ValueError(f"boundaries ascend; numbers {index} and {index + 1} are "
                                 f"{boundaries_us[index]} and {boundaries_us[index + 1]}")
        memset(&self.periods, 0, sizeof(Periods))
        self.periods.boundaries_us = <int64_t *>malloc(<size_t>(count + 1) * sizeof(int64_t))
        if self.periods.boundaries_us == NULL:
            raise MemoryError
        memcpy(self.periods.boundaries_us, &boundaries_us[0],
               <size_t>(count + 1) * sizeof(int64_t))
        self.periods.count = <int32_t>count

    def __dealloc__(self):
        free(self.periods.boundaries_us)

    @property
    def period_count(self):
        """Number of periods."""
        return self.periods.count


cdef int32_t find_period(Periods *periods, int64_t time_us) noexcept nogil:
    cdef int32_t low = 0
    cdef int32_t high = periods.count
    cdef int32_t middle
    while high - low > 1:
        middle = low + (high - low) // 2
        if periods.boundaries_us[middle] <= time_us:
            low = middle
        else:
            high = middle
    periods.last = low
    periods.last_start_us = INT64_MIN if low == 0 else periods.boundaries_us[low]
    periods.last_stop_us = (
        INT64_MAX if low == periods.count - 1 else periods.boundaries_us[low + 1])
    return low


cdef int hole_status_of(
    const Rules *rules, int32_t rule, int64_t start_us, int64_t end_us
) noexcept nogil:
    cdef int32_t low, high, middle
    if rules.hole_offsets == NULL:
        return 0
    # The first hole that ends after the start.
    low = rules.hole_offsets[rule]
    high = rules.hole_offsets[rule + 1]
    while low < high:
        middle = low + (high - low) // 2
        if rules.hole_stops_us[middle] <= start_us:
            low = middle + 1
        else:
            high = middle
    if low == rules.hole_offsets[rule + 1] or rules.hole_starts_us[low] >= end_us:
        return 0
    return rules.hole_status


cdef bint has_hole_in(
    const Rules *rules, int32_t rule, const Periods *periods, int32_t period
) noexcept nogil:
    cdef int64_t start_us = INT64_MIN if period == 0 else periods.boundaries_us[period]
    cdef int64_t stop_us = INT64_MAX
    if period < periods.count - 1:
        stop_us = periods.boundaries_us[period + 1]
    return hole_status_of(rules, rule, start_us, stop_us) != 0


cdef _check_holes(
    const int32_t[::1] offsets, const int64_t[::1] starts_us, const int64_t[::1] stops_us,
    int32_t rule_count
):
    cdef int64_t rule, hole
    if starts_us is None or stops_us is None:
        raise ValueError("hole_offsets, hole_starts_us and hole_stops_us come together")
    if (offsets.shape[0] != rule_count + 1 or offsets[0] != 0
            or offsets[rule_count] != starts_us.shape[0]
            or starts_us.shape[0] != stops_us.shape[0]):
        raise ValueError(
            f"hole_offsets begin with 0 and end with the number of holes, for {rule_count} "
            f"rules; got {offsets.shape[0]}, {starts_us.shape[0]} starts and "
            f"{stops_us.shape[0]} stops")
    for rule in range(rule_count):
        if offsets[rule] > offsets[rule + 1] or offsets[rule + 1] > starts_us.shape[0]:
            raise ValueError(f"hole_offsets ascend; that of rule {rule} does not")
        for hole in range(offsets[rule], offsets[rule + 1]):
            if starts_us[hole] >= stops_us[hole] or (
                hole > offsets[rule] and starts_us[hole] < stops_us[hole - 1]
            ):
                raise ValueError(f"the holes of rule {rule} ascend; {hole} does not")


cdef _check_runs(
    const int32_t[::1] offsets, const int32_t[::1] first_periods, const int32_t[::1] dispositions
):
    cdef int64_t rule, run
    cdef int64_t run_count = first_periods.shape[0]
    if offsets.shape[0] < 1 or offsets.shape[0] > INT32_MAX or offsets[0] != 0:
        raise ValueError("run_offsets begin with 0")
    if dispositions.shape[0] != run_count or offsets[offsets.shape[0] - 1] != run_count:
        raise ValueError(
            f"run_offsets end with the number of runs; got {offsets[offsets.shape[0] - 1]}, "
            f"{run_count} first periods and {dispositions.shape[0]} dispositions")
    for rule in range(offsets.shape[0] - 1):
        if offsets[rule] >= offsets[rule + 1] or offsets[rule + 1] > run_count:
            raise ValueError(f"rule {rule} has no run")
        if first_periods[offsets[rule]] != 0:
            raise ValueError(f"the runs of rule {rule} begin at period 0, not "
                             f"{first_periods[offsets[rule]]}")
    for run in range(run_count):
        if dispositions[run] < -STATUS_MAX:
            raise ValueError(f"a disposition is a resolution or minus a status; run {run} has "
                             f"{dispositions[run]}")


cdef _check_order(const Rules *rules):
    cdef int32_t rule, run
    for rule in range(rules.rule_count):
        if rules.run_firsts[rules.run_offsets[rule]] != 1:
            raise ValueError(f"the first run of rule {rule} begins with its period")
        for run in range(rules.run_offsets[rule] + 1, rules.run_offsets[rule + 1]):
            if rules.run_firsts[run - 1] >= rules.run_firsts[run]:
                raise ValueError(
                    f"the runs of rule {rule} ascend by period and day; {run} does not")


cdef _check_starts(
    const int32_t[::1] first_days, const int64_t[::1] starts_us, int64_t run_count
):
    if first_days.shape[0] != run_count or starts_us.shape[0] != run_count:
        raise ValueError(
            f"there are {run_count} runs, but {first_days.shape[0]} first days and "
            f"{starts_us.shape[0]} starts")


cdef int64_t *_firsts(
    const int32_t[::1] first_periods, const int32_t[::1] first_days
) except NULL:
    """Period and day of each run as one number that ascends with time."""
    cdef int64_t run
    cdef int64_t count = first_periods.shape[0]
    cdef int64_t *firsts = <int64_t *>malloc(<size_t>(count + 1) * sizeof(int64_t))
    if firsts == NULL:
        raise MemoryError
    for run in range(count):
        firsts[run] = <int64_t>first_periods[run] * DAYS_PER_PERIOD + 1
        if first_days is not None and run < first_days.shape[0]:
            if not 1 <= first_days[run] <= LAST_DAY:
                free(firsts)
                raise ValueError(f"a day of a month is 1 to {LAST_DAY}; run {run} has "
                                 f"{first_days[run]}")
            firsts[run] += first_days[run] - 1
    return firsts


cdef int64_t *_copy_long(const int64_t[::1] values) except NULL:
    cdef size_t size = <size_t>values.shape[0] * sizeof(int64_t)
    cdef int64_t *data = <int64_t *>malloc(size if size > 0 else 1)
    if data == NULL:
        raise MemoryError
    if size > 0:
        memcpy(data, &values[0], size)
    return data


cdef int32_t *_copy(const int32_t[::1] values) except NULL:
    cdef size_t size = <size_t>values.shape[0] * sizeof(int32_t)
    cdef int32_t *data = <int32_t *>malloc(size if size > 0 else 1)
    if data == NULL:
        raise MemoryError
    if size > 0:
        memcpy(data, &values[0], size)
    return data

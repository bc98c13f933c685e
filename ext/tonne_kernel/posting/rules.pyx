"""What a key's rule says per period, and where the periods begin. Both are immutable."""

cimport cython

from libc.stdint cimport INT32_MAX, INT64_MAX, INT64_MIN, int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

cdef enum:
    STATUS_MAX = 255


@cython.final
cdef class RuleTable:
    """What each rule says per period: runs of (first_period, disposition)."""

    def __cinit__(
        self,
        const int32_t[::1] run_offsets not None,
        const int32_t[::1] run_first_periods not None,
        const int32_t[::1] run_dispositions not None,
    ):
        _check_runs(run_offsets, run_first_periods, run_dispositions)
        self.rule_count = <int32_t>(run_offsets.shape[0] - 1)
        self.run_offsets = _copy(run_offsets)
        self.run_first_periods = _copy(run_first_periods)
        self.run_dispositions = _copy(run_dispositions)

    def __dealloc__(self):
        free(self.run_offsets)
        free(self.run_first_periods)
        free(self.run_dispositions)


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
        for run in range(offsets[rule] + 1, offsets[rule + 1]):
            if first_periods[run - 1] >= first_periods[run]:
                raise ValueError(f"the runs of rule {rule} ascend by period; {run} does not")
    for run in range(run_count):
        if dispositions[run] < -STATUS_MAX:
            raise ValueError(f"a disposition is a resolution or minus a status; run {run} has "
                             f"{dispositions[run]}")


cdef int32_t *_copy(const int32_t[::1] values) except NULL:
    cdef size_t size = <size_t>values.shape[0] * sizeof(int32_t)
    cdef int32_t *data = <int32_t *>malloc(size if size > 0 else 1)
    if data == NULL:
        raise MemoryError
    if size > 0:
        memcpy(data, &values[0], size)
    return data

"""Division of whole numbers, rounded half-even: the one rounding of the kernel."""

from libc.stdint cimport int64_t

cdef inline int64_t div_half_even(int64_t value, int64_t divisor) noexcept nogil:
    """value / divisor, rounded half-even; 1 < divisor <= 10 ** 18."""
    cdef int64_t quotient = value // divisor    # C: toward zero
    cdef int64_t rest = value - quotient * divisor
    cdef int64_t twice = 2 * (-rest if rest < 0 else rest)
    if twice > divisor or (twice == divisor and quotient & 1):
        quotient += -1 if value < 0 else 1
    return quotient

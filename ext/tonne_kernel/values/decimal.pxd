"""Quantities: decimal texts and doubles to integers, exactly.

A quantity has at most 12 digits before the point and 18 behind it. It is kept in two: `micro`, its
whole millionths, cut toward zero, and `rest`, what these leave out, in units of 10^-18; both have
its sign, and |rest| < 10^12. Few quantities have a rest. Digits behind the 18th place are
rounded half-even.

Each function returns a RowStatus: POSTED (0) where `*micro` and `*rest` were set, or
QUANTITY_MUST_BE_*.
"""

from libc.stdint cimport int64_t, uint8_t

cdef int read_decimal(
    const uint8_t *data, int64_t size, int64_t *micro, int64_t *rest) noexcept nogil
cdef int read_double(double value, int64_t *micro, int64_t *rest) noexcept nogil

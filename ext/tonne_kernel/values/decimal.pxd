"""Quantities: decimal texts and doubles to int64 millionths, rounded half-even, exactly.

Each function returns a RowStatus: POSTED (0) where `*micro` was set, or QUANTITY_MUST_BE_*.
"""

from libc.stdint cimport int64_t, uint8_t

cdef int parse_decimal_micro(const uint8_t *data, int64_t size, int64_t *micro) noexcept nogil
cdef int double_to_micro(double value, int64_t *micro) noexcept nogil

"""Loops over Arrow columns of numbers and times.

Each loop takes `count` rows. `suspect` (IN and OUT, one byte a row) is set to 1 for a row whose
value breaks a rule and never cleared; such a row gets some value all the same. Nulls are
looked at by `mark_nulls` alone.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef enum:
    NUMBER_TEXT_SIZE_MAX = 256  # bytes of any number that `write_number` writes

cdef struct Wide:
    uint64_t limbs[4]           # magnitude, low limb first
    bint is_negative

# Integers of a TypeKind to int64; an uint64 beyond that becomes INT64_MAX.
cdef void widen_ints(
    const uint8_t *data, int kind, int64_t count, int64_t *values) noexcept nogil

# Decimals of 128 or 256 bits to int64, 0 where they do not fit. Number of those.
cdef int64_t narrow_decimals(
    const uint8_t *data, int kind, int64_t count, int64_t *values) noexcept nogil

# Numbers of `scale` places (IN) to millionths, rounded half-even, in place.
cdef void scale_numbers(
    int64_t *values, int64_t count, int scale, uint8_t *suspect) noexcept nogil

# Decimal of 32 to 256 bits, or an integer, at `row`.
cdef Wide load_wide(const uint8_t *data, int kind, int64_t row) noexcept nogil
# Millionths of a number of `scale` places, rounded half-even. A RowStatus.
cdef int wide_to_micro(Wide number, int scale, int64_t *micro) noexcept nogil
# Write a number of `scale` places as a decimal into `text`; its size in bytes.
cdef int64_t write_number(Wide number, int scale, uint8_t *text) noexcept nogil

# Dates and timestamps of a TypeKind to microseconds since 1970, in place; finer parts are cut.
cdef void scale_times(
    int64_t *values, int64_t count, int kind, bint is_end, uint8_t *suspect) noexcept nogil
# The same for one value, without its range: 0, or -1 where int64 cannot hold it.
cdef int time_to_us(int64_t value, int kind, int64_t *time_us) noexcept nogil

# Mark the rows that are null.
cdef void mark_nulls(
    const uint8_t *validity, int64_t count, uint8_t *suspect) noexcept nogil

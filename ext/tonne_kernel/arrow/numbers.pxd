"""Loops over Arrow columns of numbers and times.

Each loop takes `count` rows. `suspect` (IN and OUT, one byte a row) is set to 1 for a row whose
value breaks a rule and never cleared; such a row gets some value all the same. Only
`mark_nulls` looks at nulls.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef enum:
    NUMBER_TEXT_SIZE_MAX = 256  # bytes of any number that `write_number` writes

cdef struct Wide:
    uint64_t limbs[4]           # magnitude, low limb first
    bint is_negative

# Widen integers of a TypeKind at `data` (IN) to `values` (OUT); a uint64 that int64 cannot hold
# becomes INT64_MAX.
cdef void widen_ints(
    const uint8_t *data, int kind, int64_t count, int64_t *values) noexcept nogil

# Narrow decimals of 128 or 256 bits at `data` (IN) to `values` (OUT); one that does not fit
# becomes 0. The function returns how many do not.
cdef int64_t narrow_decimals(
    const uint8_t *data, int kind, int64_t count, int64_t *values) noexcept nogil

# Scale numbers of `scale` places in `values` (IN) to whole millionths there (OUT), and what these
# leave out to `rests` (OUT, all of them or none): see `values/decimal.pxd`. Whether any is not 0.
cdef bint scale_numbers(
    int64_t *values, int64_t count, int scale, uint8_t *suspect, int64_t *rests) noexcept nogil
# The same of decimals of 128 bits at `data` (IN), of 7 to 18 places.
cdef bint split_decimals(
    const uint8_t *data, int64_t count, int scale, uint8_t *suspect, int64_t *values,
    int64_t *rests) noexcept nogil

# Read the number at `row`: a decimal of 32 to 256 bits, or an integer.
cdef Wide load_wide(const uint8_t *data, int kind, int64_t row) noexcept nogil
# Scale a number of `scale` places to millionths and what they leave out (OUT), rounded half-even
# at the 18th place. A RowStatus.
cdef int wide_to_micro(Wide number, int scale, int64_t *micro, int64_t *rest) noexcept nogil
# Write a number of `scale` places as a decimal into `text` (OUT); returns its size in bytes.
cdef int64_t write_number(Wide number, int scale, uint8_t *text) noexcept nogil

# Scale timestamps of a TypeKind to microseconds since 1970 in `values` (IN and OUT);
# finer parts are cut.
cdef void scale_times(
    int64_t *values, int64_t count, int kind, bint is_end, uint8_t *suspect) noexcept nogil
# Scale one timestamp, whatever its range. 0, or -1 where int64 cannot hold it.
cdef int time_to_us(int64_t value, int kind, int64_t *time_us) noexcept nogil

# Mark the rows that are null.
cdef void mark_nulls(
    const uint8_t *validity, int64_t count, uint8_t *suspect) noexcept nogil

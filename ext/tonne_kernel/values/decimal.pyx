"""Quantities: decimal texts and doubles to int64 millionths, rounded half-even, exactly."""

from libc.math cimport fabs, isfinite, rint
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport strtod
from libc.string cimport memcpy

from tonne_kernel.values.constants cimport QUANTITY_MICRO_MAX, QUANTITY_PLACES
from tonne_kernel.values.rounding cimport div_half_even
from tonne_kernel.values.status cimport (
    POSTED, QUANTITY_MUST_BE_A_NUMBER, QUANTITY_MUST_BE_FINITE, QUANTITY_MUST_BE_IN_RANGE,
    QUANTITY_MUST_BE_PRESENT,
)

cdef extern from *:
    """
    /* value * 10^6 for value = mantissa / 2^shift, 1 <= shift <= 90: the whole millionths,
       and how far the rest lies above one half, in units of 2^-shift */
    static inline uint64_t tonne_scale_micro(uint64_t mantissa, int shift, __int128 *above_half) {
        unsigned __int128 product = (unsigned __int128)mantissa * 1000000u;
        unsigned __int128 rest = product & ((((unsigned __int128)1) << shift) - 1);
        *above_half = (__int128)rest - (__int128)(((unsigned __int128)1) << (shift - 1));
        return (uint64_t)(product >> shift);
    }
    static inline int tonne_sign_beyond(__int128 value, int64_t distance) {
        return value > distance ? 1 : value < -(__int128)distance ? -1 : 0;
    }
    static const double tonne_power_of_ten[] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    static const int64_t tonne_power_of_ten_int[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    """
    ctypedef struct distance128 "__int128":
        pass
    uint64_t scale_micro "tonne_scale_micro"(
        uint64_t mantissa, int shift, distance128 *above_half) noexcept nogil
    int sign_beyond "tonne_sign_beyond"(distance128 value, int64_t distance) noexcept nogil
    const double *POWER_OF_TEN "tonne_power_of_ten"
    const int64_t *POWER_OF_TEN_INT "tonne_power_of_ten_int"

cdef int64_t EXPONENT_MAX = 1_000_000_000_000       # beyond any text that fits in memory

cdef enum:
    FAST_DIGITS_MAX = 18            # digits that always fit int64

cdef struct Digits:
    # A decimal text taken apart: digits [start, stop), of which a '.' may be one character.
    bint negative
    int64_t start
    int64_t stop
    int64_t whole_count             # digits before the point
    int64_t exponent                # saturated at EXPONENT_MAX


def round_double(double value):
    """Millionths of the shortest decimal that reads back as `value`, half-even."""
    cdef int64_t micro = 0
    cdef int status = double_to_micro(value, &micro)
    if status != POSTED:
        raise ValueError(f"a quantity is a finite number below 10^12; got {value!r}")
    return micro


def parse_decimal(bytes text):
    """Millionths of a decimal text, half-even."""
    cdef int64_t micro = 0
    cdef int status = parse_decimal_micro(text, len(text), &micro)
    if status == QUANTITY_MUST_BE_IN_RANGE:
        raise ValueError(f"a quantity is below 10^12; got {text[:64]!r}")
    if status != POSTED:
        raise ValueError(f"a quantity is a decimal number like b'-12.50'; got {text[:64]!r}")
    return micro


cdef int parse_decimal_micro(const uint8_t *data, int64_t size, int64_t *micro) noexcept nogil:
    """The common form first: up to 18 digits with at most 6 places and no exponent."""
    cdef int64_t at = 0
    cdef int64_t value = 0
    cdef int64_t point = -1
    cdef int64_t first, places
    cdef uint8_t digit
    if size == 0:
        return QUANTITY_MUST_BE_PRESENT
    if data[0] == c"-" or data[0] == c"+":
        at = 1
    first = at
    if size - at > FAST_DIGITS_MAX:
        return _parse_any(data, size, micro)
    while at < size:
        digit = data[at] - c"0"
        if digit <= 9:
            value = value * 10 + digit
        elif data[at] == c"." and point < 0:
            point = at
        else:
            return _parse_any(data, size, micro)
        at += 1
    places = size - point - 1 if point >= 0 else 0
    if places > QUANTITY_PLACES or size - first - (point >= 0) == 0:
        return _parse_any(data, size, micro)
    if value > QUANTITY_MICRO_MAX // POWER_OF_TEN_INT[QUANTITY_PLACES - places]:
        return QUANTITY_MUST_BE_IN_RANGE
    value *= POWER_OF_TEN_INT[QUANTITY_PLACES - places]
    micro[0] = -value if data[0] == c"-" else value
    return POSTED


cdef int double_to_micro(double value, int64_t *micro) noexcept nogil:
    """A double stands for the shortest decimal that reads back as it.

    Two decimals of at most 15 digits never read as the same double, so one that reads back is
    the shortest, or equal to it. Multiplying and dividing whole numbers below 2^53 by exact
    powers of ten rounds correctly once.
    """
    cdef double size = fabs(value)
    cdef double scaled
    cdef int places
    cdef int64_t digits
    if not isfinite(value):
        return QUANTITY_MUST_BE_FINITE
    if size >= 1e12:
        return QUANTITY_MUST_BE_IN_RANGE
    if size < 1e-7:
        micro[0] = 0
        return POSTED
    if size < 1e9:
        scaled = rint(value * 1e6)
        if scaled / 1e6 == value:
            micro[0] = <int64_t>scaled
            return POSTED
    # The most places that leave 15 digits: 10^12 > size, so at least 3.
    places = 15
    while size * POWER_OF_TEN[places] >= 1e15:
        places -= 1
    scaled = rint(size * POWER_OF_TEN[places])
    if scaled < 1e15 and scaled / POWER_OF_TEN[places] == size:
        digits = <int64_t>scaled
        if places > QUANTITY_PLACES:
            digits = div_half_even(digits, POWER_OF_TEN_INT[places - QUANTITY_PLACES])
        else:
            digits *= POWER_OF_TEN_INT[QUANTITY_PLACES - places]
        return _signed(digits, value < 0, micro)
    return _round_long_double(size, value < 0, micro)


cdef int _round_long_double(double size, bint negative, int64_t *micro) noexcept nogil:
    """A double of 16 or 17 digits, 1e-7 <= size < 1e12.

    Its shortest decimal lies within half a unit of its last bit. Where no half-way point lies
    that near, both round alike, and the double itself is rounded in 128 bits.
    """
    cdef uint64_t bits, whole
    cdef uint64_t mantissa
    cdef int shift, side
    cdef distance128 above_half
    memcpy(&bits, &size, 8)
    mantissa = (bits & 0xFFFFFFFFFFFFFULL) | 0x10000000000000ULL
    shift = 1075 - <int>(bits >> 52)                # size = mantissa / 2^shift, 13 <= shift <= 76
    whole = scale_micro(mantissa, shift, &above_half)
    side = sign_beyond(above_half, 500_000)         # half a unit of the last bit, times 10^6
    if side != 0:
        return _signed(<int64_t>whole + (side > 0), negative, micro)
    return _round_printed(size, negative, micro)


cdef int _round_printed(double size, bint negative, int64_t *micro) noexcept nogil:
    """The rest: print 16 digits, or 17 where these do not read back, and round the text.

    The nearest decimal of that many digits reads back whenever any does, except beside a
    power of two, and no power of two comes here: those below 10^12 have 15 digits or lie far
    from every half-way point. The text is built from the digits alone, whatever the locale.
    """
    cdef char printed[48]
    cdef char text[48]
    cdef int at, count, digits
    for digits in range(15, 17):
        snprintf(printed, sizeof(printed), "%.*e", digits, size)
        if strtod(printed, NULL) == size:
            break
    count = 0
    at = 0
    while printed[at] != 0 and printed[at] != c"e":
        if c"0" <= printed[at] <= c"9":
            text[count] = printed[at]
            count += 1
            if count == 1:
                text[count] = c"."
                count += 1
        at += 1
    while printed[at] != 0:
        text[count] = printed[at]
        count += 1
        at += 1
    if parse_decimal_micro(<const uint8_t *>text, count, micro) != POSTED:
        return QUANTITY_MUST_BE_IN_RANGE
    if negative:
        micro[0] = -micro[0]
    return POSTED


cdef inline int _signed(int64_t size, bint negative, int64_t *micro) noexcept nogil:
    if size > QUANTITY_MICRO_MAX:
        return QUANTITY_MUST_BE_IN_RANGE
    micro[0] = -size if negative else size
    return POSTED


cdef int _parse_any(const uint8_t *data, int64_t size, int64_t *micro) noexcept nogil:
    """Any text of the grammar: [sign] digits [. digits] [e [sign] digits].

    The digit of power p (of millionths) counts where p >= 0; the one of power -1 decides the
    rounding, together with whether any lower one is not zero.
    """
    cdef Digits parts
    cdef int64_t at, power
    cdef int64_t value = 0
    cdef int half = -1                  # below, at or above one half, once the digit was seen
    cdef bint rest = False              # whether anything lies below the rounding digit
    cdef int status = _take_apart(data, size, &parts)
    if status != POSTED:
        return status
    power = parts.whole_count + parts.exponent + QUANTITY_PLACES
    for at in range(parts.start, parts.stop):
        if data[at] == c".":
            continue
        power -= 1
        if power >= 0:
            if value > QUANTITY_MICRO_MAX // 10:    # before ten times it can leave 64 bits
                return QUANTITY_MUST_BE_IN_RANGE
            value = value * 10 + (data[at] - c"0")
        elif power == -1:
            half = 1 if data[at] > c"5" else 0 if data[at] == c"5" else -1
            rest = rest or (data[at] != c"0" and data[at] != c"5")
        elif data[at] != c"0":
            rest = True
    while power > 0 and value != 0:
        if value > QUANTITY_MICRO_MAX // 10:
            return QUANTITY_MUST_BE_IN_RANGE
        value *= 10
        power -= 1
    if half > 0 or (half == 0 and (rest or value & 1)):
        value += 1
    return _signed(value, parts.negative, micro)


cdef int _take_apart(const uint8_t *data, int64_t size, Digits *parts) noexcept nogil:
    cdef int64_t at = 0
    cdef int64_t digit_count = 0
    cdef bint has_point = False
    parts.negative = data[0] == c"-"
    if data[0] == c"-" or data[0] == c"+":
        at = 1
    if _is_word(data + at, size - at, "nan") or _is_word(data + at, size - at, "inf") or (
        _is_word(data + at, size - at, "infinity")
    ):
        return QUANTITY_MUST_BE_FINITE
    parts.start = at
    parts.whole_count = -1
    while at < size:
        if c"0" <= data[at] <= c"9":
            digit_count += 1
        elif data[at] == c"." and not has_point:
            has_point = True
            parts.whole_count = digit_count
        else:
            break
        at += 1
    parts.stop = at
    if parts.whole_count < 0:
        parts.whole_count = digit_count
    if digit_count == 0:
        return QUANTITY_MUST_BE_A_NUMBER
    parts.exponent = 0
    if at == size:
        return POSTED
    return _take_exponent(data, at, size, &parts.exponent)


cdef int _take_exponent(
    const uint8_t *data, int64_t at, int64_t size, int64_t *exponent
) noexcept nogil:
    cdef bint negative = False
    cdef int64_t first
    if data[at] != c"e" and data[at] != c"E":
        return QUANTITY_MUST_BE_A_NUMBER
    at += 1
    if at < size and (data[at] == c"-" or data[at] == c"+"):
        negative = data[at] == c"-"
        at += 1
    first = at
    while at < size and c"0" <= data[at] <= c"9":
        if exponent[0] < EXPONENT_MAX:
            exponent[0] = exponent[0] * 10 + (data[at] - c"0")
        at += 1
    if at == first or at < size:
        return QUANTITY_MUST_BE_A_NUMBER
    if negative:
        exponent[0] = -exponent[0]
    return POSTED


cdef bint _is_word(const uint8_t *data, int64_t size, const char *word) noexcept nogil:
    """Whether the text is this lower-case word, in any case."""
    cdef int64_t at = 0
    while at < size and word[at] != 0:
        if data[at] | 0x20 != <uint8_t>word[at]:
            return False
        at += 1
    return at == size and word[at] == 0

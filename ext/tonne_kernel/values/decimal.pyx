"""Quantities: decimal texts and doubles to whole millionths and what these leave out, exactly."""

from libc.math cimport fabs, isfinite, rint
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport strtod
from libc.string cimport memcpy

from tonne_kernel.values.constants cimport (
    ATTO_PER_MICRO, MICRO_PLACES, QUANTITY_MICRO_MAX, QUANTITY_PLACES,
)
from tonne_kernel.values.status cimport (
    POSTED, QUANTITY_MUST_BE_A_NUMBER, QUANTITY_MUST_BE_FINITE, QUANTITY_MUST_BE_IN_RANGE,
    QUANTITY_MUST_BE_PRESENT,
)

cdef extern from *:
    """
    static const double tonne_power_of_ten[] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        1e16, 1e17, 1e18};
    static const int64_t tonne_power_of_ten_int[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
        100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
        10000000000000000, 100000000000000000, 1000000000000000000};
    /* mantissa * 10^places / 2^shift, rounded half-even, and how far the quotient lies from
       what was rounded, in units of 2^-shift: `off` is above where it was rounded down.
       mantissa < 2^53, places <= 18, 1 <= shift <= 126: nothing leaves 127 bits. */
    static inline uint64_t tonne_scale_binary(
        uint64_t mantissa, int places, int shift, __int128 *off) {
        unsigned __int128 product
            = (unsigned __int128)mantissa * (uint64_t)tonne_power_of_ten_int[places];
        unsigned __int128 one = ((unsigned __int128)1) << shift;
        unsigned __int128 rest = product & (one - 1);
        uint64_t whole = (uint64_t)(product >> shift);
        if (rest > one / 2 || (rest == one / 2 && (whole & 1))) {
            whole += 1;
            *off = (__int128)rest - (__int128)one;
        } else
            *off = (__int128)rest;
        return whole;
    }
    /* whether |off| is less than half of 10^places: the decimal reads back as its double, whose
       neighbours lie 10^places away in these units */
    static inline int tonne_reads_back(__int128 off, int places, int is_even) {
        __int128 twice = off < 0 ? -2 * off : 2 * off;
        return is_even ? twice <= tonne_power_of_ten_int[places]
                       : twice < tonne_power_of_ten_int[places];
    }
    /* whether no half-way point lies within half of 10^18 of what was rounded */
    static inline int tonne_is_far_from_half(__int128 off, int shift) {
        __int128 half = ((__int128)1) << (shift - 1);
        return half - (off < 0 ? -off : off) > 500000000000000000LL;
    }
    """
    ctypedef struct offset128 "__int128":
        pass
    uint64_t scale_binary "tonne_scale_binary"(
        uint64_t mantissa, int places, int shift, offset128 *off) noexcept nogil
    bint reads_back "tonne_reads_back"(offset128 off, int places, bint is_even) noexcept nogil
    bint is_far_from_half "tonne_is_far_from_half"(offset128 off, int shift) noexcept nogil
    const double *POWER_OF_TEN "tonne_power_of_ten"
    const int64_t *POWER_OF_TEN_INT "tonne_power_of_ten_int"

cdef int64_t EXPONENT_MAX = 1_000_000_000_000       # beyond any text that fits in memory

cdef enum:
    FAST_DIGITS_MAX = 18            # digits that always fit int64
    REST_DIGITS = 12                # QUANTITY_PLACES - MICRO_PLACES

cdef struct Digits:
    # A decimal text taken apart: digits [start, stop), of which a '.' may be one character.
    bint negative
    int64_t start
    int64_t stop
    int64_t whole_count             # digits before the point
    int64_t exponent                # saturated at EXPONENT_MAX


def round_double(double value):
    """A quantity in units of 10^-18: the shortest decimal that reads back as `value`."""
    cdef int64_t micro = 0
    cdef int64_t rest = 0
    cdef int status = read_double(value, &micro, &rest)
    if status != POSTED:
        raise ValueError(f"a quantity is a finite number below 10^12; got {value!r}")
    return _atto_of(micro, rest)


def parse_decimal(bytes text):
    """A quantity in units of 10^-18, of a decimal text."""
    cdef int64_t micro = 0
    cdef int64_t rest = 0
    cdef int64_t size = len(text)
    cdef int status = read_decimal(text, size, &micro, &rest)
    if status == QUANTITY_MUST_BE_IN_RANGE:
        raise ValueError(f"a quantity is below 10^12; got {text[:64]!r}")
    if status != POSTED:
        raise ValueError(f"a quantity is a decimal number like b'-12.50'; got {text[:64]!r}")
    return _atto_of(micro, rest)


cdef object _atto_of(int64_t micro, int64_t rest):
    cdef object atto = micro
    atto *= ATTO_PER_MICRO
    return atto + rest


cdef int read_decimal(
    const uint8_t *data, int64_t size, int64_t *micro, int64_t *rest
) noexcept nogil:
    """The common form first: up to 18 digits with at most 6 places and no exponent."""
    cdef int64_t at = 0
    cdef int64_t value = 0
    cdef int64_t point = -1
    cdef int64_t first, places
    cdef uint8_t digit
    rest[0] = 0
    if size == 0:
        return QUANTITY_MUST_BE_PRESENT
    if data[0] == c"-" or data[0] == c"+":
        at = 1
    first = at
    if size - at > FAST_DIGITS_MAX:
        return _read_any(data, size, micro, rest)
    while at < size:
        digit = data[at] - c"0"
        if digit <= 9:
            value = value * 10 + digit
        elif data[at] == c"." and point < 0:
            point = at
        else:
            return _read_any(data, size, micro, rest)
        at += 1
    places = size - point - 1 if point >= 0 else 0
    if places > MICRO_PLACES or size - first - (point >= 0) == 0:
        return _read_any(data, size, micro, rest)
    if value > QUANTITY_MICRO_MAX // POWER_OF_TEN_INT[MICRO_PLACES - places]:
        return QUANTITY_MUST_BE_IN_RANGE
    value *= POWER_OF_TEN_INT[MICRO_PLACES - places]
    micro[0] = -value if data[0] == c"-" else value
    return POSTED


cdef int read_double(double value, int64_t *micro, int64_t *rest) noexcept nogil:
    """A double stands for the shortest decimal that reads back as it.

    Two decimals of at most 15 digits never read as the same double, so one that reads back is
    the shortest, or equal to it. Multiplying and dividing whole numbers below 2^53 by exact
    powers of ten rounds correctly once.
    """
    cdef double size = fabs(value)
    cdef double scaled
    cdef int places
    rest[0] = 0
    if not isfinite(value):
        return QUANTITY_MUST_BE_FINITE
    if size >= 1e12:
        return QUANTITY_MUST_BE_IN_RANGE
    if size < 1e9:
        scaled = rint(value * 1e6)
        if scaled / 1e6 == value:
            micro[0] = <int64_t>scaled
            return POSTED
    if size < 1e-19:
        micro[0] = 0
        return POSTED
    # The most places that leave 15 digits: 10^12 > size, so at least 3.
    places = 14 if size >= 1 else QUANTITY_PLACES
    while size * POWER_OF_TEN[places] >= 1e15:
        places -= 1
    scaled = rint(size * POWER_OF_TEN[places])
    if scaled < 1e15 and scaled / POWER_OF_TEN[places] == size:
        return _set_digits(<int64_t>scaled, places, value < 0, micro, rest)
    return _read_long_double(size, places + 1, value < 0, micro, rest)


cdef int _read_long_double(
    double size, int places, bint negative, int64_t *micro, int64_t *rest
) noexcept nogil:
    """A double of 16 or 17 digits, 1e-19 <= size < 1e12; `places` are those of 16 digits.

    The decimal nearest to it that reads back is found in 128 bits. Where it has more than 18
    places, it lies within half a unit of the double's last bit: where no half-way point lies
    that near, both round alike, and the double itself is rounded.
    """
    cdef uint64_t bits, whole
    cdef uint64_t mantissa
    cdef int shift, step
    cdef offset128 off
    memcpy(&bits, &size, 8)
    mantissa = (bits & 0xFFFFFFFFFFFFFULL) | 0x10000000000000ULL
    shift = 1075 - <int>(bits >> 52)                # size = mantissa / 2^shift, 13 <= shift <= 116
    if mantissa == 0x10000000000000ULL:             # the neighbour below is nearer
        return _read_printed(size, negative, micro, rest)
    for step in range(3):                           # 16 digits, 17, and where `places` was one off
        if places + step > QUANTITY_PLACES:
            whole = scale_binary(mantissa, QUANTITY_PLACES, shift, &off)
            if is_far_from_half(off, shift):
                return _set_digits(<int64_t>whole, QUANTITY_PLACES, negative, micro, rest)
            break
        whole = scale_binary(mantissa, places + step, shift, &off)
        if reads_back(off, places + step, mantissa & 1 == 0):
            return _set_digits(<int64_t>whole, places + step, negative, micro, rest)
    return _read_printed(size, negative, micro, rest)


cdef int _read_printed(
    double size, bint negative, int64_t *micro, int64_t *rest
) noexcept nogil:
    """The rest: print 16 digits, or 17 where these do not read back, and read the text.

    The nearest decimal of that many digits reads back whenever any does, except beside a
    power of two; of those, the ones that lie below 10^12 and have more than 15 digits have more
    than 18 places, and lie far from every half-way point. The text is built from the digits
    alone, whatever the locale.
    """
    cdef char printed[48]
    cdef char text[48]
    cdef int at, count, digits
    for digits in range(14, 17):
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
    if read_decimal(<const uint8_t *>text, count, micro, rest) != POSTED:
        return QUANTITY_MUST_BE_IN_RANGE
    if negative:
        micro[0] = -micro[0]
        rest[0] = -rest[0]
    return POSTED


cdef inline int _set_digits(
    int64_t digits, int places, bint negative, int64_t *micro, int64_t *rest
) noexcept nogil:
    """The quantity of digits of which `places`, at most 18, stand behind the point."""
    cdef int64_t power
    if places <= MICRO_PLACES:
        return _set(
            digits * POWER_OF_TEN_INT[MICRO_PLACES - places], 0, negative, micro, rest)
    power = POWER_OF_TEN_INT[places - MICRO_PLACES]
    return _set(
        digits // power, digits % power * POWER_OF_TEN_INT[QUANTITY_PLACES - places], negative,
        micro, rest)


cdef inline int _set(
    int64_t size, int64_t size_rest, bint negative, int64_t *micro, int64_t *rest
) noexcept nogil:
    if size > QUANTITY_MICRO_MAX:
        return QUANTITY_MUST_BE_IN_RANGE
    micro[0] = -size if negative else size
    rest[0] = -size_rest if negative else size_rest
    return POSTED


cdef int _read_any(
    const uint8_t *data, int64_t size, int64_t *micro, int64_t *rest
) noexcept nogil:
    """Any text of the grammar: [sign] digits [. digits] [e [sign] digits].

    The digit of power p (of millionths) counts where p >= 0, those down to -12 make the rest;
    the one of power -13 decides the rounding, together with whether any lower one is not zero.
    """
    cdef Digits parts
    cdef int64_t at, power
    cdef int64_t value = 0
    cdef int64_t finer = 0
    cdef int half = -1                  # below, at or above one half, once the digit was seen
    cdef bint is_more = False           # whether anything lies below the rounding digit
    cdef int status = _take_apart(data, size, &parts)
    if status != POSTED:
        return status
    power = parts.whole_count + parts.exponent + MICRO_PLACES
    for at in range(parts.start, parts.stop):
        if data[at] == c".":
            continue
        power -= 1
        if power >= 0:
            if value > QUANTITY_MICRO_MAX // 10:    # before ten times it can leave 64 bits
                return QUANTITY_MUST_BE_IN_RANGE
            value = value * 10 + (data[at] - c"0")
        elif power >= -REST_DIGITS:
            finer += (data[at] - c"0") * POWER_OF_TEN_INT[REST_DIGITS + power]
        elif power == -REST_DIGITS - 1:
            half = 1 if data[at] > c"5" else 0 if data[at] == c"5" else -1
            is_more = is_more or (data[at] != c"0" and data[at] != c"5")
        elif data[at] != c"0":
            is_more = True
    while power > 0 and value != 0:
        if value > QUANTITY_MICRO_MAX // 10:
            return QUANTITY_MUST_BE_IN_RANGE
        value *= 10
        power -= 1
    if half > 0 or (half == 0 and (is_more or finer & 1)):
        finer += 1
        if finer == ATTO_PER_MICRO:
            finer = 0
            value += 1
    return _set(value, finer, parts.negative, micro, rest)


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

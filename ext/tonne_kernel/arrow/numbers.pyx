"""Loops over Arrow columns of numbers and times.

Values are little-endian and may stand at any address. A decimal is an integer in two's
complement and a scale: value = integer * 10 ** -scale. Rounding is half-even; what has more than
12 digits before the point is marked, never wrapped.
"""

from libc.stdint cimport (
    INT64_MAX, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
)
from libc.string cimport memcpy

from tonne_kernel.arrow.schema cimport (
    TYPE_DECIMAL32, TYPE_DECIMAL128, TYPE_DECIMAL256, TYPE_INT8,
    TYPE_INT16, TYPE_INT32, TYPE_TIMESTAMP_MS, TYPE_TIMESTAMP_NS, TYPE_TIMESTAMP_S, TYPE_UINT8,
    TYPE_UINT16, TYPE_UINT32, TYPE_UINT64, value_width,
)
from tonne_kernel.values.constants cimport (
    MICRO_PLACES, QUANTITY_MICRO_MAX, QUANTITY_PLACES, SECOND_US, TIME_S_STOP,
)
from tonne_kernel.values.status cimport POSTED, QUANTITY_MUST_BE_IN_RANGE

cdef extern from *:
    """
    #include <string.h>
    /* *limb = (rest * 2**64 + *limb) / divisor; the remainder. rest < divisor. */
    static inline uint64_t tonne_divide_limb(uint64_t rest, uint64_t *limb, uint64_t divisor) {
        unsigned __int128 value = ((unsigned __int128)rest << 64) | *limb;
        *limb = (uint64_t)(value / divisor);
        return (uint64_t)(value % divisor);
    }
    /* The int128 at data by a divisor below 2^63, cut toward zero; 1 where the quotient has more
       than 18 digits (then it and the rest are 0). */
    static inline int tonne_divide_128(
        const uint8_t *data, int64_t divisor, int64_t *quotient, int64_t *rest) {
        __int128 value;
        memcpy(&value, data, 16);   /* Arrow promises 8 bytes of alignment, an int128 wants 16 */
        if (value == (int64_t)value) {
            *quotient = (int64_t)value / divisor;
            *rest = (int64_t)value % divisor;
        } else {
            __int128 whole = value / divisor;
            *quotient = *rest = 0;
            if (whole > 999999999999999999LL || whole < -999999999999999999LL)
                return 1;
            *quotient = (int64_t)whole;
            *rest = (int64_t)(value % divisor);
        }
        return 0;
    }
    """
    int divide_128 "tonne_divide_128"(
        const uint8_t *data, int64_t divisor, int64_t *quotient, int64_t *rest) noexcept nogil
    uint64_t divide_limb "tonne_divide_limb"(
        uint64_t rest, uint64_t *limb, uint64_t divisor) noexcept nogil

cdef enum:
    POWER_MAX = 18              # 10 ** 18 is the largest power of ten in int64
    DIGITS_MAX = 78             # of 2 ** 256


cdef void widen_ints(
    const uint8_t *data, int kind, int64_t count, int64_t *values
) noexcept nogil:
    """Widen `count` integers at data (IN) to values (OUT)."""
    if kind == TYPE_INT8:
        _widen_int8(<const int8_t *> data, count, values)
    elif kind == TYPE_UINT8:
        _widen_uint8(data, count, values)
    elif kind == TYPE_INT16:
        _widen_int16(data, count, values)
    elif kind == TYPE_UINT16:
        _widen_uint16(data, count, values)
    elif kind in (TYPE_INT32, TYPE_DECIMAL32):
        _widen_int32(data, count, values)
    elif kind == TYPE_UINT32:
        _widen_uint32(data, count, values)
    elif kind == TYPE_UINT64:
        _widen_uint64(data, count, values)
    else:
        memcpy(values, data, count * 8)


cdef void _widen_int8(const int8_t *data, int64_t count, int64_t *values) noexcept nogil:
    cdef int64_t row
    for row in range(count):
        values[row] = data[row]


cdef void _widen_uint8(const uint8_t *data, int64_t count, int64_t *values) noexcept nogil:
    cdef int64_t row
    for row in range(count):
        values[row] = data[row]


cdef void _widen_int16(const uint8_t *data, int64_t count, int64_t *values) noexcept nogil:
    cdef int64_t row
    cdef int16_t value
    for row in range(count):
        memcpy(&value, data + 2 * row, 2)
        values[row] = value


cdef void _widen_uint16(const uint8_t *data, int64_t count, int64_t *values) noexcept nogil:
    cdef int64_t row
    cdef uint16_t value
    for row in range(count):
        memcpy(&value, data + 2 * row, 2)
        values[row] = value


cdef void _widen_int32(const uint8_t *data, int64_t count, int64_t *values) noexcept nogil:
    cdef int64_t row
    cdef int32_t value
    for row in range(count):
        memcpy(&value, data + 4 * row, 4)
        values[row] = value


cdef void _widen_uint32(const uint8_t *data, int64_t count, int64_t *values) noexcept nogil:
    cdef int64_t row
    cdef uint32_t value
    for row in range(count):
        memcpy(&value, data + 4 * row, 4)
        values[row] = value


cdef void _widen_uint64(const uint8_t *data, int64_t count, int64_t *values) noexcept nogil:
    cdef int64_t row
    cdef uint64_t value
    for row in range(count):
        memcpy(&value, data + 8 * row, 8)
        values[row] = <int64_t> value if value <= <uint64_t> INT64_MAX else INT64_MAX


cdef int64_t narrow_decimals(
    const uint8_t *data, int kind, int64_t count, int64_t *values
) noexcept nogil:
    """Narrow decimals of 128 or 256 bits to values (OUT); the number of those that do not fit."""
    cdef int64_t row, misfits = 0
    cdef int64_t pair[2]
    cdef int64_t four[4]
    cdef int64_t sign, fits
    if kind == TYPE_DECIMAL128:
        for row in range(count):
            memcpy(pair, data + 16 * row, 16)
            sign = pair[0] >> 63
            fits = pair[1] == sign
            values[row] = pair[0] & -fits
            misfits += 1 - fits
        return misfits
    for row in range(count):
        memcpy(four, data + 32 * row, 32)
        sign = four[0] >> 63
        fits = ((four[1] ^ sign) | (four[2] ^ sign) | (four[3] ^ sign)) == 0
        values[row] = four[0] & -fits
        misfits += 1 - fits
    return misfits


cdef bint scale_numbers(
    int64_t *values, int64_t count, int scale, uint8_t *suspect, int64_t *rests
) noexcept nogil:
    """Scale numbers of `scale` places to millionths, in place, and what these leave out."""
    cdef int shift = scale - MICRO_PLACES
    cdef int64_t row, factor, finer, value_max, value
    cdef int64_t any_rest = 0
    if scale > QUANTITY_PLACES:
        for row in range(count):
            suspect[row] |= (
                wide_to_micro(_wide_of(values[row]), scale, &values[row], &rests[row]) != POSTED)
            any_rest |= rests[row]
    elif shift > 0:
        factor = _power_of_ten(shift)
        finer = _power_of_ten(QUANTITY_PLACES - scale)
        for row in range(count):
            value = values[row] // factor           # C: toward zero
            rests[row] = (values[row] - value * factor) * finer
            any_rest |= rests[row]
            suspect[row] |= value > QUANTITY_MICRO_MAX or value < -QUANTITY_MICRO_MAX
            values[row] = value
    else:
        # Beyond 10 ** 18 every number but 0 is out of range.
        factor = _power_of_ten(min(-shift, <int> POWER_MAX))
        value_max = QUANTITY_MICRO_MAX // factor
        for row in range(count):
            value = values[row]
            suspect[row] |= (value > value_max) | (value < -value_max)
            values[row] = <int64_t> (<uint64_t> value * <uint64_t> factor)
    return any_rest != 0


cdef bint split_decimals(
    const uint8_t *data, int64_t count, int scale, uint8_t *suspect, int64_t *values,
    int64_t *rests
) noexcept nogil:
    """Take decimals of 128 bits and 7 to 18 places apart."""
    cdef int64_t factor = _power_of_ten(scale - MICRO_PLACES)
    cdef int64_t finer = _power_of_ten(QUANTITY_PLACES - scale)
    cdef int64_t any_rest = 0
    cdef int64_t row
    for row in range(count):
        suspect[row] |= divide_128(data + 16 * row, factor, &values[row], &rests[row])
        rests[row] *= finer
        any_rest |= rests[row]
    return any_rest != 0


cdef Wide load_wide(const uint8_t *data, int kind, int64_t row) noexcept nogil:
    """Decimal or integer of any width at `row`."""
    cdef Wide number
    cdef int64_t value
    cdef int width = value_width(kind)
    cdef uint64_t carry = 1
    cdef int limb
    if kind != TYPE_DECIMAL128 and kind != TYPE_DECIMAL256:
        if kind == TYPE_UINT64:
            number = _wide_of(0)
            memcpy(&number.limbs[0], data + 8 * row, 8)
            return number
        widen_ints(data + width * row, kind, 1, &value)
        return _wide_of(value)
    memcpy(number.limbs, data + width * row, width)
    number.is_negative = number.limbs[width // 8 - 1] >> 63
    for limb in range(width // 8, 4):
        number.limbs[limb] = -<uint64_t> number.is_negative
    if number.is_negative:
        for limb in range(4):
            number.limbs[limb] = ~number.limbs[limb] + carry
            carry = carry and number.limbs[limb] == 0
    return number


cdef int wide_to_micro(Wide number, int scale, int64_t *micro, int64_t *rest) noexcept nogil:
    """Millionths of a number of `scale` places, and what they leave out. A RowStatus."""
    cdef int shift = scale - QUANTITY_PLACES
    cdef uint64_t digit = 0
    cdef uint64_t finer = 0
    cdef bint is_rest = False
    cdef int step
    micro[0] = rest[0] = 0
    # The digits that fall away, all but the first of them, only say whether there is a rest.
    while shift > 1:
        step = min(shift - 1, <int> POWER_MAX)
        is_rest |= _divide_wide(&number, <uint64_t> _power_of_ten(step)) != 0
        shift -= step
    if shift == 1:
        digit = _divide_wide(&number, 10)
        if digit > 5 or (digit == 5 and (is_rest or number.limbs[0] & 1)):
            _add_one(&number)
    shift = min(scale, <int> QUANTITY_PLACES) - MICRO_PLACES
    if shift > 0:
        finer = _divide_wide(&number, <uint64_t> _power_of_ten(shift))
        finer *= <uint64_t> _power_of_ten(QUANTITY_PLACES - MICRO_PLACES - shift)
    while shift < 0 and number.limbs[0] <= <uint64_t> QUANTITY_MICRO_MAX:
        if (number.limbs[1] | number.limbs[2] | number.limbs[3]) != 0 or number.limbs[0] == 0:
            break
        number.limbs[0] *= 10
        shift += 1
    if (
        (number.limbs[1] | number.limbs[2] | number.limbs[3]) != 0
        or number.limbs[0] > <uint64_t> QUANTITY_MICRO_MAX
    ):
        return QUANTITY_MUST_BE_IN_RANGE
    micro[0] = <int64_t> number.limbs[0]
    rest[0] = <int64_t> finer
    if number.is_negative:
        micro[0] = -micro[0]
        rest[0] = -rest[0]
    return POSTED


cdef int64_t write_number(Wide number, int scale, uint8_t *text) noexcept nogil:
    """Write a number of `scale` places, at most SCALE_MAX either way, as a decimal."""
    cdef uint8_t digits[DIGITS_MAX]
    cdef int64_t size = 0
    cdef int count = 0, place
    while (number.limbs[0] | number.limbs[1] | number.limbs[2] | number.limbs[3]) != 0:
        digits[count] = <uint8_t> (c"0" + _divide_wide(&number, 10))
        count += 1
    if number.is_negative:
        text[0] = c"-"
        size = 1
    # place p is the digit of 10 ** p of the integer; those below scale stand behind the point
    for place in range(max(count, scale + 1, 1) - 1, min(scale, 0) - 1, -1):
        if place == scale - 1 and scale > 0:
            text[size] = c"."
            size += 1
        text[size] = digits[place] if 0 <= place < count else c"0"
        size += 1
    return size


cdef void scale_times(
    int64_t *values, int64_t count, int kind, bint is_end, uint8_t *suspect
) noexcept nogil:
    """Scale timestamps to microseconds, in place; mark those out of range."""
    cdef int64_t per_second = _per_second(kind)
    cdef int64_t factor, value_max, row
    cdef uint64_t value
    if kind == TYPE_TIMESTAMP_NS:
        factor = 0
        # An end within the last microsecond is cut to it.
        value_max = TIME_S_STOP * per_second + (999 if is_end else 0)
    else:
        factor = SECOND_US // per_second
        value_max = TIME_S_STOP * per_second
    if not is_end:
        value_max -= 1
    if factor == 0:
        for row in range(count):
            value = <uint64_t> values[row]
            suspect[row] |= value > <uint64_t> value_max
            values[row] = <int64_t> (value // 1000)
    else:
        for row in range(count):
            value = <uint64_t> values[row]
            suspect[row] |= value > <uint64_t> value_max
            values[row] = <int64_t> (value * <uint64_t> factor)


cdef int time_to_us(int64_t value, int kind, int64_t *time_us) noexcept nogil:
    """Microseconds of one timestamp, whatever its range; -1 where int64 is too small."""
    cdef int64_t factor, rest
    if kind == TYPE_TIMESTAMP_NS:
        rest = value % 1000     # C: has the sign of value
        time_us[0] = (value - rest) // 1000 - (rest < 0)
        return 0
    factor = SECOND_US // _per_second(kind)
    time_us[0] = 0
    if value > INT64_MAX // factor or value < -(INT64_MAX // factor):
        return -1
    time_us[0] = value * factor
    return 0


cdef void mark_nulls(
    const uint8_t *validity, int64_t count, uint8_t *suspect
) noexcept nogil:
    """Mark the rows whose bit in validity (IN, NULL: no nulls) is 0."""
    cdef int64_t row
    if validity is NULL:
        return
    for row in range(count):
        suspect[row] |= ((validity[row >> 3] >> (row & 7)) & 1) ^ 1


cdef inline int64_t _per_second(int kind) noexcept nogil:
    """Units of a timestamp in a second."""
    if kind == TYPE_TIMESTAMP_S:
        return 1
    if kind == TYPE_TIMESTAMP_MS:
        return 1000
    return 1000000000 if kind == TYPE_TIMESTAMP_NS else SECOND_US


cdef inline int64_t _power_of_ten(int exponent) noexcept nogil:
    cdef int64_t power = 1
    for _ in range(exponent):
        power *= 10
    return power


cdef inline Wide _wide_of(int64_t value) noexcept nogil:
    cdef Wide number
    number.is_negative = value < 0
    number.limbs[0] = -<uint64_t> value if value < 0 else <uint64_t> value
    number.limbs[1] = number.limbs[2] = number.limbs[3] = 0
    return number


cdef inline uint64_t _divide_wide(Wide *number, uint64_t divisor) noexcept nogil:
    """Divide the magnitude in place, cut; the remainder."""
    cdef uint64_t rest = 0
    cdef int limb
    for limb in range(3, -1, -1):
        rest = divide_limb(rest, &number.limbs[limb], divisor)
    return rest


cdef inline void _add_one(Wide *number) noexcept nogil:
    """Add one to a magnitude that was divided before, so that it cannot overflow."""
    cdef int limb
    for limb in range(4):
        number.limbs[limb] += 1
        if number.limbs[limb] != 0:
            return

"""Signed 128-bit integers of the C compiler. Arithmetic goes through these functions alone,
so that no temporary of Cython's own choice can cut a value to 64 bits."""

from libc.stdint cimport int64_t, uint64_t

cdef extern from *:
    """
    #include <stdint.h>
    typedef __int128 tonne_i128;
    static inline tonne_i128 tonne_i128_of(int64_t a) { return (tonne_i128)a; }
    static inline int64_t tonne_i128_low(tonne_i128 a) { return (int64_t)(uint64_t)a; }
    static inline int64_t tonne_i128_high(tonne_i128 a) { return (int64_t)(a >> 64); }
    static inline tonne_i128 tonne_i128_make(int64_t high, uint64_t low) {
        return (tonne_i128)(((unsigned __int128)(uint64_t)high << 64) | low);
    }
    /* *sum += a; 1 where the sum leaves 128 bits (then *sum is not to be used) */
    static inline int tonne_i128_add(tonne_i128 *sum, tonne_i128 a) {
        return __builtin_add_overflow(*sum, a, sum);
    }
    /* whether |a| < 10^38, what decimal128 holds */
    static inline int tonne_i128_fits_38_digits(tonne_i128 a) {
        const tonne_i128 limit = (tonne_i128)10000000000000000000ULL * 10000000000000000000ULL;
        return -limit < a && a < limit;
    }
    /* a * b / c, cut toward zero; the product of two int64 fits 128 bits; c > 0 */
    static inline int64_t tonne_mul_div_toward_zero(int64_t a, int64_t b, int64_t c) {
        return (int64_t)((tonne_i128)a * b / c);
    }
    /* (micro * 10^12 + rest) * b / c, cut toward zero, as micro and a rest that may be as large
       as 2 * 10^12. micro and rest have one sign, |rest| < 10^12, 0 <= b < c < 2^56: nothing
       leaves 128 bits. */
    static inline void tonne_mul_div_atto(
        int64_t micro, int64_t rest, int64_t b, int64_t c, int64_t *part_micro,
        int64_t *part_rest) {
        tonne_i128 product = (tonne_i128)micro * b;
        tonne_i128 left = (product % c) * 1000000000000LL + (tonne_i128)rest * b;
        *part_micro = (int64_t)(product / c);
        *part_rest = (int64_t)(left / c);
    }
    /* the same quantity with micro and rest of one sign, and |rest| < 10^12 */
    static inline void tonne_carry_rest(int64_t *micro, int64_t *rest) {
        const int64_t one = 1000000000000LL;
        *micro += *rest / one;
        *rest %= one;
        if (*micro > 0 && *rest < 0) {
            *micro -= 1;
            *rest += one;
        } else if (*micro < 0 && *rest > 0) {
            *micro += 1;
            *rest -= one;
        }
    }
    /* micro * 10^12 + rest; 1 where that leaves 128 bits */
    static inline int tonne_i128_atto(tonne_i128 micro, tonne_i128 rest, tonne_i128 *atto) {
        return __builtin_mul_overflow(micro, (tonne_i128)1000000000000LL, atto)
            || __builtin_add_overflow(*atto, rest, atto);
    }
    /* both halves of a 64 x 64 bit product, folded: the mixing step of the hash */
    static inline uint64_t tonne_mix64(uint64_t a, uint64_t b) {
        unsigned __int128 product = (unsigned __int128)a * b;
        return (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    """
    ctypedef struct i128 "tonne_i128":
        pass
    i128 i128_of "tonne_i128_of"(int64_t a) noexcept nogil
    int64_t i128_low "tonne_i128_low"(i128 a) noexcept nogil
    int64_t i128_high "tonne_i128_high"(i128 a) noexcept nogil
    i128 i128_make "tonne_i128_make"(int64_t high, uint64_t low) noexcept nogil
    int i128_add "tonne_i128_add"(i128 *sum, i128 a) noexcept nogil
    bint i128_fits_38_digits "tonne_i128_fits_38_digits"(i128 a) noexcept nogil
    int64_t mul_div_toward_zero "tonne_mul_div_toward_zero"(
        int64_t a, int64_t b, int64_t c) noexcept nogil
    void mul_div_atto "tonne_mul_div_atto"(
        int64_t micro, int64_t rest, int64_t b, int64_t c, int64_t *part_micro,
        int64_t *part_rest) noexcept nogil
    void carry_rest "tonne_carry_rest"(int64_t *micro, int64_t *rest) noexcept nogil
    int i128_atto "tonne_i128_atto"(i128 micro, i128 rest, i128 *atto) noexcept nogil
    uint64_t mix64 "tonne_mix64"(uint64_t a, uint64_t b) noexcept nogil

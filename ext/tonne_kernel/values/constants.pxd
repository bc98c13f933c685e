"""Constants that several rooms share, and that Python reads from `tables`.

What does not fit an `int` is a macro of C, so that it stands in the machine code as a number.
"""

from libc.stdint cimport int64_t

cdef extern from *:
    """
    #define TONNE_SECOND_US 1000000LL
    #define TONNE_DAY_S 86400LL
    #define TONNE_DAY_US (TONNE_DAY_S * TONNE_SECOND_US)
    #define TONNE_TIME_S_STOP 7258118400LL
    #define TONNE_TIME_US_STOP (TONNE_TIME_S_STOP * TONNE_SECOND_US)
    #define TONNE_MONTH_US_MIN (28 * TONNE_DAY_US)
    #define TONNE_QUANTITY_MICRO_MAX 999999999999999999LL
    #define TONNE_ATTO_PER_MICRO 1000000000000LL
    """
    const int64_t SECOND_US "TONNE_SECOND_US"           # microseconds in a second
    const int64_t TIME_S_STOP "TONNE_TIME_S_STOP"       # 2200-01-01T00:00Z: no start is as late,
    const int64_t TIME_US_STOP "TONNE_TIME_US_STOP"     # and no end is later
    const int64_t MONTH_US_MIN "TONNE_MONTH_US_MIN"     # of the shortest month
    const int64_t QUANTITY_MICRO_MAX "TONNE_QUANTITY_MICRO_MAX"     # 10 ** 18 - 1: decimal(18, 6)
    const int64_t ATTO_PER_MICRO "TONNE_ATTO_PER_MICRO"             # 10 ** 12: see decimal.pxd

cdef enum:
    QUANTITY_PLACES = 18        # of a quantity
    MICRO_PLACES = 6            # of its whole millionths
    MICRO_PER_ONE = 1_000_000
    DATA_QUALITY_MAX = 3        # later values of the API's enum count as "not stated"

cdef enum:                      # defaults of a session's limits
    BATCH_RECORDS_MAX = 1_000_000
    KEY_COUNT_MAX = 1_000_000
    TEXT_BYTES_MAX = 67_108_864     # of the texts that a batch keeps row by row: 64 MiB

cdef enum:                      # of texts, in bytes
    TEXT_SIZE_MAX = 256         # of an id, unit, region, supplier, product
    EVIDENCE_SIZE_MAX = 2048
    ATTRIBUTES_SIZE_MAX = 8192
    UNREAD_SIZE_MAX = 1024

cdef enum BatchKind:            # what an AppendRequest carries
    KIND_NONE = 0
    KIND_ROWS = 1
    KIND_ARROW = 2

"""Row statuses and record fields, numbered as `tonne.v1.RowStatus` and `ActivityRecord`."""

cdef enum RowStatus:
    POSTED = 0
    RECORD_MUST_DECODE = 1
    TEXT_MUST_BE_UTF8 = 2
    TEXT_MUST_FIT = 3
    FACILITY_MUST_BE_PRESENT = 4
    ACTIVITY_MUST_BE_PRESENT = 5
    UNIT_MUST_BE_PRESENT = 6
    QUANTITY_MUST_BE_PRESENT = 7
    QUANTITY_MUST_BE_A_NUMBER = 8
    QUANTITY_MUST_BE_FINITE = 9
    QUANTITY_MUST_BE_IN_RANGE = 10
    START_MUST_BE_PRESENT = 11
    END_MUST_BE_PRESENT = 12
    START_MUST_BE_IN_RANGE = 13
    END_MUST_BE_IN_RANGE = 14
    END_MUST_FOLLOW_START = 15
    UNIT_MUST_BE_KNOWN = 16
    UNIT_MUST_FIT_ACTIVITY = 17
    SPAN_MUST_FIT = 18
    FIELD_MUST_BE_READABLE = 19
    PERIOD_MUST_BE_OPEN = 20
    SUSPENSE_FIRST = 64
    FACILITY_MUST_BE_REGISTERED = 64
    FACTOR_MUST_EXIST = 65

cdef enum RecordField:
    FIELD_RECORD = 0
    FIELD_RECORD_ID = 1
    FIELD_FACILITY = 2
    FIELD_ACTIVITY = 3
    FIELD_QUANTITY = 4
    FIELD_QUANTITY_DOUBLE = 5
    FIELD_UNIT = 6
    FIELD_START = 7
    FIELD_END = 8
    FIELD_REGION = 9
    FIELD_SUPPLIER = 10
    FIELD_PRODUCT = 11
    FIELD_DATA_QUALITY = 12
    FIELD_EVIDENCE = 13
    FIELD_ATTRIBUTES = 14
    FIELD_UNREAD = 15
    FIELD_COUNT = 16

cdef inline int field_of(int status) noexcept nogil:
    """RecordField at fault where a rule refuses a record."""
    if status == UNIT_MUST_BE_KNOWN or status == UNIT_MUST_FIT_ACTIVITY:
        return FIELD_UNIT
    if status == FACILITY_MUST_BE_REGISTERED:
        return FIELD_FACILITY
    if status == PERIOD_MUST_BE_OPEN:
        return FIELD_START
    if status >= SUSPENSE_FIRST:
        return FIELD_ACTIVITY
    return FIELD_RECORD

"""Why an Arrow IPC stream cannot be read: a value in nogil code, a BatchError outside."""

from libc.stdint cimport int64_t

cdef enum FaultCode:            # in the order of FAULTS in fault.pyx
    FAULT_NONE = 0
    FAULT_MEMORY = 1
    FAULT_FRAMING = 2
    FAULT_CUT = 3
    FAULT_METADATA = 4
    FAULT_VERSION = 5
    FAULT_HEADER = 6
    FAULT_TRAILING = 7
    FAULT_LENGTH = 8
    FAULT_COMPRESSED = 9
    FAULT_NODES = 10
    FAULT_NODE_LENGTH = 11
    FAULT_NULL_COUNT = 12
    FAULT_BUFFERS = 13
    FAULT_BUFFER_RANGE = 14
    FAULT_BUFFER_SIZE = 15
    FAULT_DICTIONARY = 16
    FAULT_OFFSETS = 17
    FAULT_VIEW = 18
    FAULT_INDEX = 19
    FAULT_RECORDS = 20
    FAULT_TEXT_BYTES = 21
    FAULT_CHECKS = 22
    FAULT_CLAIM = 23
    FAULT_COUNT = 24

cdef struct Fault:
    int code                    # FaultCode
    int field                   # RecordField of the column, 0 where none
    int64_t record_index        # in the whole stream, -1 where none
    int64_t found
    int64_t limit

# Note a fault without a record and return -1.
cdef inline int set_fault(
    Fault *fault, int code, int field, int64_t found, int64_t limit
) noexcept nogil:
    fault.code = code
    fault.field = field
    fault.record_index = -1
    fault.found = found
    fault.limit = limit
    return -1

# Raise BatchError (MemoryError for FAULT_MEMORY) for a fault.
cdef int raise_fault(const Fault *fault) except -1

# Name of a column by its RecordField, empty for 0.
cdef str field_name(int field)

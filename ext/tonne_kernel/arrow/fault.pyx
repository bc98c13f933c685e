"""Why an Arrow IPC stream cannot be read: a value in nogil code, a BatchError outside."""

from tonne_kernel.values.status cimport (
    FIELD_ACTIVITY, FIELD_ATTRIBUTES, FIELD_COUNT, FIELD_DATA_QUALITY, FIELD_END, FIELD_EVIDENCE,
    FIELD_FACILITY, FIELD_PRODUCT, FIELD_QUANTITY, FIELD_RECORD_ID, FIELD_REGION, FIELD_START,
    FIELD_SUPPLIER, FIELD_UNIT, FIELD_UNREAD,
)

from tonne_kernel.values.errors import BatchError

FIELD_NAMES = {
    FIELD_RECORD_ID: "record_id",
    FIELD_FACILITY: "facility",
    FIELD_ACTIVITY: "activity",
    FIELD_QUANTITY: "quantity",
    FIELD_UNIT: "unit",
    FIELD_START: "start",
    FIELD_END: "end",
    FIELD_REGION: "region",
    FIELD_SUPPLIER: "supplier",
    FIELD_PRODUCT: "product",
    FIELD_DATA_QUALITY: "data_quality",
    FIELD_EVIDENCE: "evidence",
    FIELD_ATTRIBUTES: "attributes",
    FIELD_UNREAD: "unread",
}

# Reason and text of each FaultCode. {column}, {found} and {limit} are filled in.
FAULTS = (
    ("", ""),
    ("", "memory"),
    (
        "ARROW_INVALID",
        "a message must begin with the continuation marker 0xFFFFFFFF, found {found:#010x}; send"
        " an Arrow IPC stream as written since Arrow 0.15, not the file format",
    ),
    (
        "ARROW_INVALID",
        "a message claims {found} bytes where {limit} are left; the stream is cut or corrupt",
    ),
    ("ARROW_INVALID", "the metadata of a message points outside itself or lacks a part"),
    (
        "ARROW_INVALID",
        "metadata version {found} is not taken; write version V4 or V5 (3 or 4 on the wire)",
    ),
    (
        "ARROW_INVALID",
        "a message of kind {found} stands where a dictionary batch (2) or record batch (3) is"
        " expected",
    ),
    (
        "ARROW_INVALID",
        "{found} bytes follow the end of the stream; send one Arrow IPC stream per batch",
    ),
    ("ARROW_INVALID", "a batch or a message body has the length {found}"),
    (
        "ARROW_COMPRESSED",
        "the body of a batch is compressed; write the stream without compression (gRPC can"
        " compress the whole message)",
    ),
    ("ARROW_INVALID", "a batch describes {found} columns where the schema has {limit}"),
    ("ARROW_INVALID", "column {column} has {found} rows in a batch of {limit}"),
    ("ARROW_INVALID", "column {column} claims {found} nulls in {limit} rows"),
    ("ARROW_INVALID", "a batch describes {found} buffers where its columns need {limit}"),
    (
        "ARROW_INVALID",
        "a buffer of column {column} reaches to byte {found} of a body of {limit} bytes",
    ),
    (
        "ARROW_INVALID",
        "a buffer of column {column} has {limit} bytes, too few for its {found} rows",
    ),
    ("ARROW_INVALID", "a dictionary batch has the id {found}, which no column uses"),
    (
        "ARROW_INVALID",
        "a text of column {column} ends at byte {found} of {limit}, or its offsets run backwards",
    ),
    (
        "ARROW_INVALID",
        "a text view of column {column} has length {found} and does not lie within its buffers"
        " ({limit} of them)",
    ),
    (
        "ARROW_INVALID",
        "a dictionary index of column {column} is {found} where the dictionary has {limit} values",
    ),
    (
        "TOO_MANY_RECORDS",
        "the batch has {found} records where at most {limit} are taken; send smaller batches",
    ),
    (
        "TOO_MANY_RECORDS",
        "the texts of the batch unfold to more than {limit} bytes; send smaller batches",
    ),
    ("", "the checks by column and by record disagree about a record"),
    (
        "ARROW_INVALID",
        "the batch claims {found} records in {limit} bytes; send columns that hold values",
    ),
)

assert len(FAULTS) == FAULT_COUNT
assert len(FIELD_NAMES) == FIELD_COUNT - 2  # all but the record itself and quantity_double


cdef int raise_fault(const Fault *fault) except -1:
    """Raise BatchError (MemoryError for FAULT_MEMORY) for a fault."""
    cdef str reason, text, column = field_name(fault.field)
    if fault.code == FAULT_MEMORY:
        raise MemoryError
    reason, text = FAULTS[fault.code]
    found = fault.found & 0xFFFFFFFF if fault.code == FAULT_FRAMING else fault.found
    text = text.format(column=column, found=found, limit=fault.limit)
    if not reason:
        raise RuntimeError(f"{text} (index {fault.record_index}, status {fault.found})")
    if fault.record_index >= 0:
        text = f"record {fault.record_index}: {text}"
    raise BatchError(text, reason=reason, record_index=fault.record_index, field=column)


cdef str field_name(int field):
    """Name of a column by its RecordField, empty for 0."""
    return FIELD_NAMES.get(field, "")

"""What Python holds: a session with its dictionaries, and the batches it decoded."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.values.dictionary cimport Dictionaries

cdef class Session:
    cdef Dictionaries dictionaries
    cdef readonly int64_t batch_records_max
    cdef readonly int64_t key_count_max
    cdef readonly int64_t span_us_max
    cdef readonly int64_t text_bytes_max
    cdef int32_t ruled          # keys [0, ruled) have a rule
    cdef public int64_t rule_list   # the caller's: which list the rules are numbers of
    cdef uint32_t serial        # number of the current posting, see KeyState
    cdef object lock            # calls on one session take turns

cdef class Batch:
    cdef readonly Session session
    cdef object message         # keeps the bytes of `rows` alive
    cdef const uint8_t *rows    # the serialized Rows, for the raw bytes of bad records; or NULL
    cdef int64_t rows_size      # bytes
    cdef BatchColumns columns

# A batch without rows; the decoder fills batch.columns while it holds session.lock.
cdef Batch new_batch(Session session, object message)

# `Session.decode_arrow` holds the lock and calls, after checking start and stop,
# `tonne_kernel.session.arrow_ipc.decode(session, message, start, stop) -> Batch`.

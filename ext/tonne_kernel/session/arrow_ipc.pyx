"""Decodes an Arrow IPC stream to a batch: the one function that a session calls.

`arrow.stream` frames the messages and bounds their buffers, `arrow.schema` reads the schema,
`columnar` reads the columns, `arrow.fault` says what went wrong.
"""

from libc.stdint cimport int64_t

from tonne_kernel.arrow.fault cimport raise_fault
from tonne_kernel.arrow.stream cimport ArrowStream
from tonne_kernel.columnar.columns cimport ColumnDecoder
from tonne_kernel.columnar.decoding cimport Limits
from tonne_kernel.records.batch_columns cimport columns_bound_postings
from tonne_kernel.session.measure cimport arrow_memory_bytes_max
from tonne_kernel.session.session cimport Batch, Session, new_batch


def decode(Session session not None, bytes message not None, int64_t start, int64_t stop):
    """Decode the stream in message[start:stop] to a Batch.

    The caller holds the session's lock and has checked start and stop. Raises BatchError,
    after which nothing was taken but new texts and keys of the session.
    """
    cdef ArrowStream stream = ArrowStream()
    cdef ColumnDecoder decoder = ColumnDecoder()
    cdef Batch batch
    cdef Limits limits
    cdef int result
    stream.open(message, start, stop)
    batch = new_batch(session, message)
    decoder.stream = stream
    decoder.work.dictionaries = &session.dictionaries
    decoder.work.columns = &batch.columns
    limits = _limits_of(session)
    with nogil:
        result = decoder.decode(&limits)
        if result == 0:
            columns_bound_postings(&batch.columns, session.dictionaries.keys.count)
    if result < 0:
        raise_fault(&decoder.work.fault)
    return batch


def measure(Session session not None, bytes message not None, int64_t start, int64_t stop):
    """Bound the memory of the stream in message[start:stop] before it is decoded.

    Takes nothing of the session but its limits, and no lock. Raises BatchError.
    """
    cdef ArrowStream stream = ArrowStream()
    cdef Limits limits = _limits_of(session)
    cdef int64_t result
    stream.open(message, start, stop)
    with nogil:
        result = arrow_memory_bytes_max(stream, &limits)
    if result < 0:
        raise_fault(&stream.fault)
    return result


cdef Limits _limits_of(Session session):
    cdef Limits limits
    limits.records_max = session.batch_records_max
    limits.span_us_max = session.span_us_max
    limits.text_bytes_max = session.text_bytes_max
    return limits

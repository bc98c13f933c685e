"""Decodes an Arrow IPC stream to a batch: the one function that a session calls.

`arrow_stream` frames the messages and bounds their buffers, `arrow_schema` reads the schema,
`columns` and `text_columns` read the columns, `arrow_fault` says what went wrong.
"""

from libc.stdint cimport int64_t

from tonne_kernel.arrow_fault cimport raise_fault
from tonne_kernel.arrow_stream cimport ArrowStream
from tonne_kernel.columns cimport ColumnDecoder
from tonne_kernel.session cimport Batch, Session, new_batch


def decode(Session session not None, bytes message not None, int64_t start, int64_t stop):
    """Decode the stream in message[start:stop] to a Batch.

    The caller holds the session's lock and has checked start and stop. Raises BatchError,
    after which nothing was taken but new texts and keys of the session.
    """
    cdef ArrowStream stream = ArrowStream()
    cdef ColumnDecoder decoder = ColumnDecoder()
    cdef Batch batch
    cdef int result
    stream.open(message, start, stop)
    batch = new_batch(session, message)
    decoder.stream = stream
    decoder.work.dictionaries = &session.dictionaries
    decoder.work.columns = &batch.columns
    with nogil:
        result = decoder.decode(session.batch_records_max)
    if result < 0:
        raise_fault(&decoder.work.fault)
    return batch

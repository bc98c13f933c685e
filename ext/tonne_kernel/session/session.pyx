"""What Python holds: a session with its dictionaries, and the batches it decoded."""

cimport cython

import os
import threading

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memset

from tonne_kernel.records.batch_columns cimport (
    columns_allocate, columns_bound_postings, columns_free, columns_memory_bytes,
)
from tonne_kernel.records.rows cimport count_records, decode_records
from tonne_kernel.records.wire cimport WIRE_TRUNCATED
from tonne_kernel.session.key_export cimport export_keys
from tonne_kernel.session.measure cimport rows_memory_bytes_max
from tonne_kernel.values.constants cimport (
    BATCH_RECORDS_MAX, KEY_COUNT_MAX, TEXT_BYTES_MAX, TIME_US_STOP,
)
from tonne_kernel.values.dictionary cimport (
    dictionaries_free, dictionaries_init, dictionaries_memory_bytes,
)

from tonne_kernel.values.errors import BatchError


@cython.final
cdef class Session:
    """Dictionaries of one stream: interned texts and the distinct record keys."""

    def __cinit__(
        self, *, batch_records_max=BATCH_RECORDS_MAX, key_count_max=KEY_COUNT_MAX,
        span_us_max=TIME_US_STOP, text_bytes_max=TEXT_BYTES_MAX,
    ):
        cdef uint64_t seed = int.from_bytes(os.urandom(8), "little")
        if min(batch_records_max, key_count_max, span_us_max, text_bytes_max) < 1:
            raise ValueError("the limits of a session are at least 1")
        self.batch_records_max = batch_records_max
        self.key_count_max = key_count_max
        self.span_us_max = span_us_max
        self.text_bytes_max = text_bytes_max
        self.lock = threading.Lock()
        if dictionaries_init(&self.dictionaries, seed):
            raise MemoryError

    def __dealloc__(self):
        dictionaries_free(&self.dictionaries)

    @property
    def key_count(self):
        """Number of keys seen so far."""
        return self.dictionaries.keys.count

    @property
    def ruled_key_count(self):
        """Keys [0, ruled_key_count) have a rule."""
        return self.ruled

    @property
    def memory_bytes(self):
        """Memory of the dictionaries."""
        return dictionaries_memory_bytes(&self.dictionaries)

    @property
    def is_full(self):
        """Whether the keys, or the texts of one column, are more than key_count_max."""
        return (
            self.dictionaries.keys.count > self.key_count_max
            or self.dictionaries.facility.texts.count > self.key_count_max
            or self.dictionaries.supplier.texts.count > self.key_count_max
            or self.dictionaries.product.texts.count > self.key_count_max
        )

    def set_rules(self, int64_t first, const int32_t[::1] rules not None):
        """Give keys [first, first + n) their rules."""
        cdef int64_t count = rules.shape[0]
        cdef int64_t index
        with self.lock:
            if not 0 <= first <= self.ruled:
                raise ValueError(
                    f"rules are given without a gap: from {self.ruled} at most, not {first}")
            if count > self.dictionaries.keys.count - first:
                raise ValueError(
                    f"{count} rules from key {first} on, but there are "
                    f"{self.dictionaries.keys.count} keys")
            for index in range(count):
                if rules[index] < 0:
                    raise ValueError(f"a rule is 0 or more; key {first + index} was given "
                                     f"{rules[index]}")
            for index in range(count):
                self.dictionaries.keys.states[first + index].rule = rules[index]
            if first + count > self.ruled:
                self.ruled = <int32_t>(first + count)

    def forget_rules(self):
        """Take all rules away: the book has changed."""
        cdef int64_t index
        with self.lock:
            for index in range(self.ruled):
                self.dictionaries.keys.states[index].rule = -1
            self.ruled = 0

    def keys(self, int64_t first, int64_t stop):
        """Export keys [first, stop): columns facility, activity, unit, region."""
        with self.lock:
            if not 0 <= first <= stop <= self.dictionaries.keys.count:
                raise ValueError(
                    f"0 <= first <= stop <= {self.dictionaries.keys.count} (the keys); "
                    f"got first {first}, stop {stop}")
            return export_keys(&self.dictionaries, first, stop)

    def decode_rows(self, bytes message not None, int64_t start, int64_t stop):
        """Decode a serialized `Rows` message in message[start:stop]."""
        cdef const uint8_t *data
        cdef int64_t count
        cdef int result
        cdef Batch batch
        _check_span(message, start, stop)
        data = <const uint8_t *>PyBytes_AS_STRING(message) + start
        with self.lock:
            count = _count_rows(data, stop - start, self.batch_records_max)
            batch = new_batch(self, message)
            with nogil:
                result = columns_allocate(&batch.columns, count, self.span_us_max)
                if result == 0:
                    result = decode_records(
                        data, stop - start, &self.dictionaries, &batch.columns)
                columns_bound_postings(&batch.columns, self.dictionaries.keys.count)
            if result != 0:
                raise MemoryError(f"a batch of {count} records")
            batch.rows = data
            batch.rows_size = stop - start
        return batch

    def measure_rows(self, bytes message not None, int64_t start, int64_t stop):
        """Bound the memory that `decode_rows` takes, before it does."""
        cdef const uint8_t *data
        _check_span(message, start, stop)
        data = <const uint8_t *>PyBytes_AS_STRING(message) + start
        return rows_memory_bytes_max(
            _count_rows(data, stop - start, self.batch_records_max), stop - start)

    def measure_arrow(self, bytes message not None, int64_t start, int64_t stop):
        """Bound the memory that `decode_arrow` takes, before it does."""
        from tonne_kernel.session.arrow_ipc import measure
        _check_span(message, start, stop)
        return measure(self, message, start, stop)

    def decode_arrow(self, bytes message not None, int64_t start, int64_t stop):
        """Decode an Arrow IPC stream in message[start:stop]."""
        from tonne_kernel.session.arrow_ipc import decode
        _check_span(message, start, stop)
        with self.lock:
            return decode(self, message, start, stop)


@cython.final
cdef class Batch:
    """Decoded records of one message, in order."""

    def __cinit__(self):
        memset(&self.columns, 0, sizeof(self.columns))

    def __dealloc__(self):
        columns_free(&self.columns)

    @property
    def record_count(self):
        """Number of records, rejected ones included."""
        return self.columns.count

    @property
    def rejected_count(self):
        """Number of records that broke a rule of their own."""
        return self.columns.reject_count

    @property
    def posting_count_max(self):
        """Most postings that the records can make, whatever the rules and the time zone."""
        return self.columns.posting_count_max

    @property
    def columns_memory_bytes(self):
        """Memory of the columns."""
        return columns_memory_bytes(&self.columns)

    @property
    def memory_bytes(self):
        """Memory of the columns and of the message."""
        return columns_memory_bytes(&self.columns) + PyBytes_GET_SIZE(self.message)


cdef Batch new_batch(Session session, object message):
    cdef Batch batch = Batch.__new__(Batch)
    batch.session = session
    batch.message = message
    return batch


cdef _check_span(bytes message, int64_t start, int64_t stop):
    if not 0 <= start <= stop <= PyBytes_GET_SIZE(message):
        raise ValueError(
            f"0 <= start <= stop <= {PyBytes_GET_SIZE(message)} (the message); "
            f"got start {start}, stop {stop}")


cdef int64_t _count_rows(const uint8_t *data, int64_t size, int64_t limit) except -1:
    """Number of records of a Rows message, at most `limit`."""
    cdef int64_t count = 0
    cdef int result
    with nogil:
        result = count_records(data, size, &count)
    if result != 0:
        _raise_framing(-result, count)
    if count > limit:
        _raise_too_many(count, limit)
    return count


cdef _raise_framing(int result, int64_t record_index):
    if result == WIRE_TRUNCATED:
        raise BatchError(
            f"the batch ends inside record {record_index}; send the whole message",
            reason="TRUNCATED", record_index=record_index)
    raise BatchError(
        f"the bytes from record {record_index} on are no tonne.v1.Rows message; send one",
        reason="MALFORMED", record_index=record_index)


cdef _raise_too_many(int64_t count, int64_t limit):
    raise BatchError(
        f"a batch holds at most {limit} records; this one has {count}; send smaller batches",
        reason="TOO_MANY_RECORDS", record_index=limit)

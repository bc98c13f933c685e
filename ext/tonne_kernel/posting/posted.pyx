"""`post`: from decoded batches to the columns of a segment, its postings and the totals.

The sessions' locks are held, in one order for all callers, while the loop runs without the
GIL; what is posted shares nothing with the sessions.
"""

cimport cython

from contextlib import ExitStack

from libc.stdint cimport INT32_MAX, INT64_MIN, UINT32_MAX, int32_t, int64_t, uint64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from tonne_kernel.arrow.table cimport ArrowTable, new_table
from tonne_kernel.memory.buffers cimport TextColumn, texts_append, texts_copy, texts_free
from tonne_kernel.posting.aggregate cimport Sum
from tonne_kernel.posting.posting cimport (
    POSTING_MEMORY, POSTING_OK, POSTING_RULE_ABSENT, Posting, SliceState, post_slice, posting_free,
    posting_init,
)
from tonne_kernel.posting.quarantine cimport Source, export_quarantine
from tonne_kernel.posting.rules cimport PeriodTable, RuleTable
from tonne_kernel.posting.segment cimport export_segment
from tonne_kernel.session.session cimport Batch, Session
from tonne_kernel.values.constants cimport ATTO_PER_MICRO
from tonne_kernel.values.dictionary cimport Key, dictionaries_reserve
from tonne_kernel.values.int128 cimport (
    i128, i128_atto, i128_fits_38_digits, i128_high, i128_low,
)


@cython.final
cdef class BatchSlice:
    """One channel's part in a posting: which batch, and where it stands."""

    cdef readonly Batch batch
    cdef readonly str channel
    cdef readonly int64_t first_offset
    cdef readonly int64_t open_from_us

    def __init__(
        self, Batch batch not None, str channel not None, int64_t first_offset,
        int64_t open_from_us=INT64_MIN,
    ):
        if first_offset < 0:
            raise ValueError(f"an offset is 0 or more; got {first_offset}")
        self.batch = batch
        self.channel = channel
        self.first_offset = first_offset
        self.open_from_us = open_from_us


@cython.final
cdef class SliceTotals:
    """Control totals of one slice."""

    cdef readonly int64_t record_count
    cdef readonly int64_t posted_count
    cdef readonly int64_t quarantined_count
    cdef readonly int64_t suspended_count
    cdef readonly object quantity_atto
    cdef readonly list row_errors
    cdef readonly int64_t row_error_count


@cython.final
cdef class Posted:
    """What `post` makes: columns for the store, totals for the acks."""

    cdef ArrowTable _records
    cdef ArrowTable _quarantine
    cdef ArrowTable _postings
    cdef readonly list totals

    @property
    def record_count(self):
        """Rows of records()."""
        return self._records.row_count

    @property
    def quarantine_count(self):
        """Rows of quarantine()."""
        return self._quarantine.row_count

    def records(self):
        """Posted and suspended records, in the order of the slices and offsets."""
        return self._records

    def quarantine(self):
        """Records in quarantine, in the order of the slices and offsets."""
        return self._quarantine

    def postings(self):
        """Sums per distinct key, period, slice and disposition, in order of first sight."""
        return self._postings


def post(
    slices, RuleTable rules not None, PeriodTable periods not None, *,
    int64_t row_errors_max=1000,
):
    """Split by period and slice, apply rules, aggregate."""
    cdef Posting posting
    cdef SliceState *states
    cdef TextColumn channels
    cdef list parts = list(slices)
    cdef BatchSlice part
    cdef int64_t row_count = 0
    cdef int64_t batch_row_count = 0
    cdef int64_t record_id_bytes = 0
    cdef int32_t key_count
    cdef int result
    for part in parts:
        row_count += part.batch.columns.count
        batch_row_count = max(batch_row_count, part.batch.columns.count)
        record_id_bytes += part.batch.columns.record_id.bytes.size
        if part.batch.columns.count > INT32_MAX:
            raise ValueError(f"a batch has at most {INT32_MAX} records")
    memset(&posting, 0, sizeof(Posting))
    memset(&channels, 0, sizeof(TextColumn))
    posting.rules = rules.rules
    posting.periods = periods.periods
    posting.reported_count_max = row_errors_max
    states = <SliceState *>calloc(<size_t>len(parts) + 1, sizeof(SliceState))
    try:
        if states == NULL:
            raise MemoryError
        with nogil:
            result = posting_init(&posting, row_count, batch_row_count, record_id_bytes)
        if result != POSTING_OK:
            raise MemoryError(f"a posting of {row_count} records")
        with ExitStack() as locks:
            key_count = _lock_sessions(parts, locks)
            _set_states(parts, states, &channels)
            _run(&posting, states, len(parts), <int32_t>min(key_count, row_count))
            return _collect(parts, &posting, states, &channels)
    finally:
        posting_free(&posting)
        texts_free(&channels)
        free(states)


cdef int32_t _lock_sessions(list parts, locks) except -1:
    """Lock every session once, in the order of their addresses, and number the posting.

    The keys of the session that has most of them.
    """
    cdef BatchSlice part
    cdef Session session
    cdef int32_t key
    cdef int32_t key_count = 0
    sessions = {}
    for part in parts:
        sessions[id(part.batch.session)] = part.batch.session
    for _, session in sorted(sessions.items()):
        locks.enter_context(session.lock)
        if session.serial == UINT32_MAX:
            # Numbers begin anew: no key may remember an old one.
            for key in range(session.dictionaries.keys.count):
                session.dictionaries.keys.states[key].serial = 0
            session.serial = 0
        session.serial += 1
        key_count = max(key_count, session.dictionaries.keys.count)
    return key_count


cdef int _set_states(list parts, SliceState *states, TextColumn *channels) except -1:
    cdef BatchSlice part
    cdef SliceState *state
    cdef bytes name
    cdef dict codes = {}
    for index, part in enumerate(parts):
        state = &states[<int64_t>index]
        if part.channel not in codes:
            name = part.channel.encode()
            codes[part.channel] = len(codes)
            if texts_append(channels, name, len(name)):
                raise MemoryError
        state.source.columns = &part.batch.columns
        state.source.dictionaries = &part.batch.session.dictionaries
        state.source.rows = part.batch.rows
        state.source.rows_size = part.batch.rows_size
        state.source.channel = codes[part.channel]
        state.source.first_offset = part.first_offset
        state.dictionaries = &part.batch.session.dictionaries
        state.serial = part.batch.session.serial
        state.open_from_us = part.open_from_us
    return 0


cdef int _run(
    Posting *posting, SliceState *states, int count, int32_t key_count
) except -1:
    cdef int result = POSTING_OK
    cdef int index
    with nogil:
        # Sessions mostly share their keys: where they do not, the tables grow from here.
        if dictionaries_reserve(&posting.dictionaries, key_count):
            result = POSTING_MEMORY
            count = 0
        for index in range(count):
            result = post_slice(posting, &states[index], index)
            if result != POSTING_OK:
                break
    if result == POSTING_RULE_ABSENT:
        raise ValueError("a key of the batches has no rule in this table: call set_rules first")
    if result != POSTING_OK:
        raise MemoryError(f"a posting of {posting.segment.capacity} records")
    return 0


cdef Posted _collect(
    list parts, Posting *posting, SliceState *states, TextColumn *channels
):
    cdef Posted posted = Posted.__new__(Posted)
    cdef Source *sources = <Source *>calloc(<size_t>len(parts) + 1, sizeof(Source))
    cdef int64_t index
    if sources == NULL:
        raise MemoryError
    try:
        for index in range(len(parts)):
            sources[index] = states[index].source
        posted._quarantine = export_quarantine(&posting.refused, sources, channels)
    finally:
        free(sources)
    posted.totals = [_totals(posting, &states[index]) for index in range(len(parts))]
    posted._postings = _export_postings(posting)
    posted._records = export_segment(&posting.segment, channels, &posting.dictionaries)
    return posted


cdef SliceTotals _totals(const Posting *posting, const SliceState *state):
    cdef SliceTotals totals = SliceTotals.__new__(SliceTotals)
    cdef int64_t index
    totals.record_count = state.source.columns.count
    totals.posted_count = state.posted_count
    totals.quarantined_count = state.quarantined_count
    totals.suspended_count = state.suspended_count
    totals.quantity_atto = (
        _int_of(state.quantity_micro) * ATTO_PER_MICRO + _int_of(state.quantity_rest))
    totals.row_error_count = state.quarantined_count + state.suspended_count
    totals.row_errors = [
        (
            posting.errors.items[index].index,
            posting.errors.items[index].status,
            posting.errors.items[index].field,
        )
        for index in range(state.first_error, state.first_error + state.reported_count)
    ]
    return totals


cdef object _int_of(i128 value):
    cdef object high = i128_high(value)
    return high << 64 | <uint64_t>i128_low(value)


cdef ArrowTable _export_postings(const Posting *posting):
    """The sums as columns; dictionaries are copied, since the segment takes the originals."""
    cdef int64_t count = posting.sums.count
    cdef ArrowTable table = new_table(count)
    cdef int32_t *facility = <int32_t *>table.allocate(count * 4)
    cdef int32_t *activity = <int32_t *>table.allocate(count * 4)
    cdef int32_t *unit = <int32_t *>table.allocate(count * 4)
    cdef int32_t *region = <int32_t *>table.allocate(count * 4)
    cdef int32_t *period = <int32_t *>table.allocate(count * 4)
    cdef uint8_t *first_day = <uint8_t *>table.allocate(count)
    cdef uint8_t *last_day = <uint8_t *>table.allocate(count)
    cdef int32_t *disposition = <int32_t *>table.allocate(count * 4)
    cdef i128 *quantity = <i128 *>table.allocate(count * 16)
    cdef bint has_overflow = False
    cdef int64_t *record_count = <int64_t *>table.allocate(count * 8)
    cdef int64_t *record_start_count = <int64_t *>table.allocate(count * 8)
    cdef const Sum *total
    cdef const Key *key
    cdef int64_t index
    with nogil:
        for index in range(count):
            total = &posting.sums.sums[index]
            key = &posting.dictionaries.keys.keys[total.key]
            facility[index] = key.facility
            activity[index] = key.activity
            unit[index] = key.unit
            region[index] = key.region
            period[index] = total.period
            first_day[index] = <uint8_t>(total.slice >> 8)
            last_day[index] = <uint8_t>(total.slice & 0xFF)
            disposition[index] = total.disposition
            if (
                i128_atto(total.quantity_micro, total.quantity_rest, &quantity[index])
                or not i128_fits_38_digits(quantity[index])
            ):
                has_overflow = True
            record_count[index] = total.record_count
            record_start_count[index] = total.record_start_count
    if has_overflow:
        raise OverflowError("a sum of quantities has more than 20 digits before the point")
    _add_copied(table, "facility", facility, &posting.dictionaries.facility.texts)
    _add_copied(table, "activity", activity, &posting.dictionaries.activity.texts)
    _add_copied(table, "unit", unit, &posting.dictionaries.unit.texts)
    _add_copied(table, "region", region, &posting.dictionaries.region.texts)
    table.add_fixed("period", "i", period)
    table.add_fixed("first_day", "C", first_day)
    table.add_fixed("last_day", "C", last_day)
    table.add_fixed("disposition", "i", disposition)
    table.add_fixed("quantity", "d:38,18", quantity)
    table.add_fixed("record_count", "l", record_count)
    table.add_fixed("record_start_count", "l", record_start_count)
    return table


cdef int _add_copied(
    ArrowTable table, const char *name, int32_t *codes, const TextColumn *texts
) except -1:
    cdef TextColumn copy
    memset(&copy, 0, sizeof(TextColumn))
    try:
        if texts_copy(&copy, texts):
            raise MemoryError
        table.add_views(name, codes, &copy)
    finally:
        texts_free(&copy)
    return 0

"""The loop over the records of a posting: periods, rules, sums, and the segment's columns.

Most records lie in the period that their key was last posted to: then the rule's disposition and
the place of the sum stand in the key's state, and nothing is looked up. A period in which the
rule has slices is never remembered there, so that the others pay nothing for it.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memset

from tonne_kernel.memory.buffers cimport debug_assert, text_start
from tonne_kernel.posting.aggregate cimport Sum, find_sum, sum_table_free, sum_table_init
from tonne_kernel.posting.quarantine cimport refused_append, refused_free
from tonne_kernel.posting.rules cimport (
    DAYS_PER_PERIOD, LAST_DAY, WHOLE_MONTH, Rules, has_hole_in, hole_status_of, is_cut_after,
    period_at, run_at,
)
from tonne_kernel.posting.segment cimport segment_add_texts, segment_allocate, segment_free
from tonne_kernel.records.batch_columns cimport BatchColumns
from tonne_kernel.values.dictionary cimport (
    Dictionaries, Key, KeyState, dictionaries_free, dictionaries_init, find_key,
)
from tonne_kernel.values.int128 cimport (
    carry_rest, i128_add, i128_of, mul_div_atto, mul_div_toward_zero,
)
from tonne_kernel.values.status cimport (
    PERIOD_MUST_BE_OPEN, POSTED, SUSPENSE_FIRST, field_of,
)
from tonne_kernel.values.text cimport Interner, intern

cdef enum:
    ERROR_CAPACITY_MIN = 16
    ATTO_PER_PICO = 1_000_000


cdef int posting_init(
    Posting *posting, int64_t row_count, int64_t batch_row_count, int64_t record_id_bytes
) noexcept nogil:
    # Texts come from the dictionaries of sessions, which are seeded: this one needs no seed.
    if dictionaries_init(&posting.dictionaries, 0):
        return POSTING_MEMORY
    if sum_table_init(&posting.sums):
        return POSTING_MEMORY
    return segment_allocate(&posting.segment, row_count, batch_row_count, record_id_bytes)


cdef void posting_free(Posting *posting) noexcept nogil:
    dictionaries_free(&posting.dictionaries)
    sum_table_free(&posting.sums)
    segment_free(&posting.segment)
    refused_free(&posting.refused)
    free(posting.errors.items)
    memset(posting, 0, sizeof(Posting))


cdef int post_slice(Posting *posting, SliceState *state, int slice_index) noexcept nogil:
    cdef const BatchColumns *columns = state.source.columns
    cdef int64_t first = posting.segment.count
    cdef int64_t next_reject = 0
    cdef int64_t reject
    cdef int64_t row
    cdef int status, field
    state.first_error = posting.errors.count
    for row in range(columns.count):
        reject = -1
        if columns.key[row] < 0:
            status = columns.status[row]
            field = columns.field[row]
            reject = next_reject
            next_reject += 1
        else:
            status = _post_record(posting, state, columns, row)
            if status == POSTED:
                state.posted_count += 1
                continue
            if status < 0:
                return status
            field = field_of(status)
        if _report(posting, state, row, status, field):
            return POSTING_MEMORY
        if status >= SUSPENSE_FIRST:
            state.suspended_count += 1
            continue
        state.quarantined_count += 1
        if refused_append(&posting.refused, slice_index, row, reject, status, field):
            return POSTING_MEMORY
    if segment_add_texts(
        &posting.segment, first, posting.segment.count - first, columns,
        state.dictionaries, &posting.dictionaries
    ):
        return POSTING_MEMORY
    return POSTING_OK


cdef inline int _post_record(
    Posting *posting, SliceState *state, const BatchColumns *columns, int64_t row
) noexcept nogil:
    """Post one valid record. Its RowStatus, or a PostingResult below 0."""
    cdef KeyState *key = &state.dictionaries.keys.states[columns.key[row]]
    cdef int64_t start_us = columns.start_us[row]
    cdef int64_t last_us = columns.end_us[row] - 1
    cdef int64_t quantity_micro = columns.quantity_micro[row]
    cdef int32_t period
    cdef int status
    cdef bint has_parts
    debug_assert(columns.key[row] < state.dictionaries.keys.count)
    if start_us < state.open_from_us:
        return PERIOD_MUST_BE_OPEN
    if key.serial != state.serial:
        status = _adopt_key(posting, state, columns.key[row], key)
        if status < 0:
            return status
    period = period_at(&posting.periods, start_us)
    has_parts = last_us >= posting.periods.last_stop_us
    if not has_parts and key.period != period:
        if _turn_to_period(posting, key, period):
            return POSTING_MEMORY
        has_parts = key.period != period
    if not has_parts:
        status = POSTED if key.disposition >= 0 else -key.disposition
        if key.slot >= 0:
            debug_assert(key.slot < posting.sums.count)
            _add(&posting.sums.sums[key.slot], quantity_micro, True)
            if columns.quantity_rest != NULL:
                i128_add(&posting.sums.sums[key.slot].quantity_rest,
                         i128_of(columns.quantity_rest[row]))
    else:
        status = _post_parts(posting, key, columns, row, period)
        if status < 0:
            return status
    if status == POSTED or status >= SUSPENSE_FIRST:
        i128_add(&state.quantity_micro, i128_of(quantity_micro))
        if columns.quantity_rest != NULL:
            i128_add(&state.quantity_rest, i128_of(columns.quantity_rest[row]))
        _add_row(posting, state, columns, row, key, status)
    return status


cdef inline void _add(Sum *total, int64_t quantity_micro, bint is_first) noexcept nogil:
    # 128 bits hold the sum of any 2^64 quantities: see aggregate.pxd.
    i128_add(&total.quantity_micro, i128_of(quantity_micro))
    total.record_count += 1
    total.record_start_count += is_first


cdef int _turn_to_period(Posting *posting, KeyState *key, int32_t period) noexcept nogil:
    """Look up what the key's rule says for a period, and where its sum stands.

    A period with slices or holes is not turned to: the key then remembers none.
    """
    cdef const Rules *rules = &posting.rules
    cdef int32_t run = run_at(rules, key.rule, period)
    key.period = -1
    if is_cut_after(rules, key.rule, run, period) or (
            has_hole_in(rules, key.rule, &posting.periods, period)):
        return 0
    key.disposition = rules.run_dispositions[run]
    key.slot = -1
    if key.disposition >= 0 or -key.disposition >= SUSPENSE_FIRST:
        key.slot = find_sum(
            &posting.sums, key.posting_key, period, WHOLE_MONTH, key.disposition)
        if key.slot < 0:
            return -1
    key.period = period
    return 0


cdef int _post_parts(
    Posting *posting, const KeyState *key, const BatchColumns *columns, int64_t row, int32_t first
) noexcept nogil:
    """Split a record by time over its periods; what is cut off goes to the last part.

    The parts of whole millionths are whole millionths, those of at most 12 places have 12: so what
    they are worth under a factor of 6 places has the 18 that are printed. What waits has no
    slices: nothing is resolved for it yet.
    """
    cdef int64_t start_us = columns.start_us[row]
    cdef int64_t end_us = columns.end_us[row]
    cdef int64_t micro = columns.quantity_micro[row]
    cdef int64_t rest = columns.quantity_rest[row] if columns.quantity_rest != NULL else 0
    cdef int32_t last = period_at(&posting.periods, end_us - 1)
    cdef int status = _status_over(posting, key.rule, start_us, end_us, first, last)
    cdef int64_t left = micro
    cdef int64_t left_rest = rest
    cdef int64_t part_start = start_us
    cdef int64_t part_end = end_us
    cdef int64_t part_rest = 0
    cdef int64_t grain = 0
    cdef int64_t part
    cdef int32_t period, slot
    if POSTED < status < SUSPENSE_FIRST:
        return status
    if rest:
        grain = ATTO_PER_PICO if rest % ATTO_PER_PICO == 0 else 1
    for period in range(first, last + 1):
        if period == last:
            part_end = end_us
            part = left
            part_rest = left_rest
        else:
            part_end = posting.periods.boundaries_us[period + 1]
            if rest:
                mul_div_atto(
                    micro, rest, part_end - part_start, end_us - start_us, &part, &part_rest)
                part_rest -= part_rest % grain      # C: has the sign of part_rest
            else:
                part = mul_div_toward_zero(micro, part_end - part_start, end_us - start_us)
            left -= part
            left_rest -= part_rest
        if rest:
            carry_rest(&part, &part_rest)
        if status != POSTED:
            slot = find_sum(&posting.sums, key.posting_key, period, WHOLE_MONTH, -status)
            if slot < 0:
                return POSTING_MEMORY
            _add(&posting.sums.sums[slot], part, period == first)
            i128_add(&posting.sums.sums[slot].quantity_rest, i128_of(part_rest))
        elif _post_slices(
            posting, key, period, part_start, part_end, part, part_rest, grain, period == first
        ):
            return POSTING_MEMORY
        part_start = part_end
    return status


cdef int _post_slices(
    Posting *posting, const KeyState *key, int32_t period, int64_t start_us, int64_t end_us,
    int64_t micro, int64_t rest, int64_t grain, bint is_first
) noexcept nogil:
    """Split a record's part of a period by time over the slices that it touches.

    Up to each cut counts what is due since the part began, cut toward zero: so two slices add up
    to what they would have been as one, wherever they are cut. `grain`: what the rest is
    cut to, in units of 10^-18; 0 where the record has whole millionths alone.
    """
    cdef const Rules *rules = &posting.rules
    cdef int32_t run = run_at(rules, key.rule, period)
    cdef int32_t first_day = 1
    cdef int32_t last_day, slot
    cdef int64_t counted = 0
    cdef int64_t counted_rest = 0
    cdef int64_t due, due_rest
    cdef int64_t slice_start = start_us
    cdef int64_t slice_end
    while slice_start < end_us:
        last_day = LAST_DAY
        slice_end = end_us
        due = micro
        due_rest = rest
        if is_cut_after(rules, key.rule, run, period):
            last_day = <int32_t>(rules.run_firsts[run + 1] % DAYS_PER_PERIOD) - 1
            slice_end = rules.run_starts_us[run + 1]
            if slice_end < end_us and grain:
                mul_div_atto(
                    micro, rest, slice_end - start_us, end_us - start_us, &due, &due_rest)
                due_rest -= due_rest % grain
            elif slice_end < end_us:
                due = mul_div_toward_zero(micro, slice_end - start_us, end_us - start_us)
            else:
                slice_end = end_us
        if slice_end > slice_start:
            slot = find_sum(&posting.sums, key.posting_key, period, first_day << 8 | last_day,
                            rules.run_dispositions[run])
            if slot < 0:
                return -1
            _add(&posting.sums.sums[slot], due - counted, is_first)
            i128_add(&posting.sums.sums[slot].quantity_rest, i128_of(due_rest - counted_rest))
            counted = due
            counted_rest = due_rest
            is_first = False
            slice_start = slice_end
        first_day = last_day + 1
        run += 1
    return 0


cdef int _status_over(
    const Posting *posting, int32_t rule, int64_t start_us, int64_t end_us, int32_t first,
    int32_t last
) noexcept nogil:
    """RowStatus of the first of the runs in [start, end) that has no resolution."""
    cdef const Rules *rules = &posting.rules
    cdef int32_t run = run_at(rules, rule, first)
    while is_cut_after(rules, rule, run, first) and rules.run_starts_us[run + 1] <= start_us:
        run += 1
    while rules.run_dispositions[run] >= 0:
        run += 1
        if run == rules.run_offsets[rule + 1] or _start_us(posting, run, last) >= end_us:
            return hole_status_of(rules, rule, start_us, end_us)
    return -rules.run_dispositions[run]


cdef inline int64_t _start_us(const Posting *posting, int32_t run, int32_t last) noexcept nogil:
    """Instant at which a run begins; what begins after the period `last` never does."""
    cdef int64_t period = posting.rules.run_firsts[run] // DAYS_PER_PERIOD
    if period > last:
        return INT64_MAX
    if posting.rules.run_firsts[run] % DAYS_PER_PERIOD == 1:
        return posting.periods.boundaries_us[period]
    return posting.rules.run_starts_us[run]


cdef inline void _add_row(
    Posting *posting, const SliceState *state, const BatchColumns *columns, int64_t row,
    const KeyState *key_state, int status
) noexcept nogil:
    cdef int64_t at = posting.segment.count
    cdef const Key *key = &posting.dictionaries.keys.keys[key_state.posting_key]
    debug_assert(at < posting.segment.capacity and key_state.posting_key >= 0)
    posting.segment.channel[at] = state.source.channel
    posting.segment.offset[at] = state.source.first_offset + row
    posting.segment.facility[at] = key.facility
    posting.segment.activity[at] = key.activity
    posting.segment.unit[at] = key.unit
    posting.segment.region[at] = key.region
    posting.segment.rule[at] = key_state.rule
    posting.segment.quantity_micro[at] = i128_of(columns.quantity_micro[row])
    posting.segment.start_us[at] = columns.start_us[row]
    posting.segment.end_us[at] = columns.end_us[row]
    posting.segment.status[at] = <uint8_t>status
    posting.segment.kept[state.posted_count + state.suspended_count] = <int32_t>row
    posting.segment.count = at + 1


cdef int _adopt_key(
    Posting *posting, SliceState *state, int32_t number, KeyState *key
) noexcept nogil:
    """First sight of a session's key: its texts become texts of the segment."""
    cdef const Dictionaries *source = state.dictionaries
    cdef const Key *theirs = &source.keys.keys[number]
    cdef int32_t facility, activity, unit, region
    if not 0 <= key.rule < posting.rules.rule_count:
        return POSTING_RULE_ABSENT
    facility = _adopt_text(&posting.dictionaries.facility, &source.facility, theirs.facility)
    activity = _adopt_common_text(
        &posting.dictionaries.activity, &source.activity, theirs.activity, state.activities)
    unit = _adopt_common_text(&posting.dictionaries.unit, &source.unit, theirs.unit, state.units)
    region = _adopt_common_text(
        &posting.dictionaries.region, &source.region, theirs.region, state.regions)
    if (facility | activity | unit | region) < 0:
        return POSTING_MEMORY
    key.posting_key = find_key(&posting.dictionaries.keys, facility, activity, unit, region)
    if key.posting_key < 0:
        return POSTING_MEMORY
    key.period = -1
    key.serial = state.serial
    return POSTING_OK


cdef inline int32_t _adopt_text(
    Interner *target, const Interner *source, int32_t code
) noexcept nogil:
    cdef int64_t start = text_start(&source.texts, code)
    return intern(target, source.texts.bytes.data + start, source.texts.stops[code] - start)


cdef inline int32_t _adopt_common_text(
    Interner *target, const Interner *source, int32_t code, AdoptedText *adopted
) noexcept nogil:
    """Adopt a text that many keys share: `adopted` remembers the last of each place."""
    cdef AdoptedText *known = &adopted[code & (ADOPTED_COUNT - 1)]
    if known.number != code + 1:
        known.code = _adopt_text(target, source, code)
        known.number = code + 1 if known.code >= 0 else 0
    return known.code


cdef int _report(
    Posting *posting, SliceState *state, int64_t row, int status, int field
) noexcept nogil:
    """List a row error, unless the slice has enough of them."""
    cdef int64_t capacity
    cdef void *data
    cdef ErrorList *errors = &posting.errors
    if state.reported_count >= posting.reported_count_max:
        return 0
    if errors.count == errors.capacity:
        capacity = errors.capacity * 2 if errors.capacity > 0 else ERROR_CAPACITY_MIN
        data = realloc(errors.items, <size_t>capacity * sizeof(ReportedError))
        if data == NULL:
            return -1
        errors.items = <ReportedError *>data
        errors.capacity = capacity
    errors.items[errors.count].index = row
    errors.items[errors.count].status = <uint8_t>status
    errors.items[errors.count].field = <uint8_t>field
    errors.count += 1
    state.reported_count += 1
    return 0

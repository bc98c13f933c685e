"""From the columns of an Arrow stream to the columns of a batch, a chunk of rows at a time."""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset

from tonne_kernel.arrow.column cimport ArrowColumn, is_valid
from tonne_kernel.arrow.fault cimport FAULT_CHECKS, FAULT_MEMORY, FAULT_TEXT_BYTES, set_fault
from tonne_kernel.arrow.numbers cimport (
    Wide, load_wide, mark_nulls, narrow_decimals, scale_numbers, scale_times, split_decimals,
    wide_to_micro, widen_ints,
)
from tonne_kernel.arrow.schema cimport (
    TYPE_DECIMAL128, TYPE_DECIMAL256, TYPE_FLOAT64, TYPE_NULL, TYPE_OTHER, TYPE_UTF8,
    TYPE_UTF8_VIEW, ColumnType,
)
from tonne_kernel.arrow.stream cimport ArrowDictionary
from tonne_kernel.columnar.chunk cimport CHUNK_ROWS, cut_column, stage_row
from tonne_kernel.columnar.decoding cimport (
    CODED_ACTIVITY, CODED_FACILITY, CODED_PRODUCT, CODED_REGION, CODED_SUPPLIER, CODED_UNIT,
    Decoding, Limits,
)
from tonne_kernel.columnar.text_columns cimport (
    check_texts, find_row_texts, take_codes, take_indices, write_record_ids, write_texts,
)
from tonne_kernel.columnar.value_map cimport (
    CODE_INVALID, CODE_UNMAPPED, ValueMap, map_free, sync_map,
)
from tonne_kernel.memory.buffers cimport texts_pad
from tonne_kernel.records.batch_columns cimport (
    BatchColumns, columns_allocate, columns_want, reject_row,
)
from tonne_kernel.records.checks cimport check_staged
from tonne_kernel.records.staged cimport Staged
from tonne_kernel.values.constants cimport (
    ATTRIBUTES_SIZE_MAX, DATA_QUALITY_MAX, EVIDENCE_SIZE_MAX, MICRO_PLACES, QUANTITY_PLACES,
)
from tonne_kernel.values.decimal cimport read_decimal, read_double
from tonne_kernel.values.dictionary cimport Dictionaries, KeyTable, find_key
from tonne_kernel.values.status cimport (
    FIELD_ACTIVITY, FIELD_ATTRIBUTES, FIELD_COUNT, FIELD_DATA_QUALITY, FIELD_END, FIELD_EVIDENCE,
    FIELD_FACILITY, FIELD_PRODUCT, FIELD_QUANTITY, FIELD_RECORD, FIELD_REGION, FIELD_START,
    FIELD_SUPPLIER, FIELD_UNIT, FIELD_UNREAD, POSTED,
)


@cython.final
cdef class ColumnDecoder:
    """Decodes one stream into the columns of one batch."""

    def __cinit__(self):
        memset(&self.work, 0, sizeof(self.work))

    def __dealloc__(self):
        cdef int place
        for place in range(<int> FIELD_COUNT):
            map_free(&self.work.maps[place])

    cdef int decode(self, const Limits *limits) noexcept nogil:
        """Decode all batches of the stream."""
        cdef Decoding *work = &self.work
        cdef int64_t count
        cdef int place
        for place in range(<int> FIELD_COUNT):
            work.chunk.place_of[place] = -1
        for place in range(self.stream.schema.count):
            work.chunk.place_of[self.stream.schema.columns[place].field] = place
        work.chunk.schema = &self.stream.schema
        work.chunk.dictionaries = self.stream.dictionaries
        work.chunk.dictionary_of = self.stream.dictionary_of
        work.text_bytes_max = limits.text_bytes_max
        count = self.stream.count_records(limits.records_max)
        if count >= 0:
            if columns_allocate(work.columns, count, limits.span_us_max):
                return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
            work.first = 0
            while True:
                count = self.stream.next_batch()
                if count == -2:
                    return _pad_texts(work)
                if count < 0:
                    break
                if self.take_batch(count):
                    return -1
        work.fault = self.stream.fault
        return -1

    cdef int take_batch(self, int64_t count) noexcept nogil:
        """Take one record batch, chunk by chunk."""
        cdef Decoding *work = &self.work
        cdef int64_t row = 0
        cdef int place
        for place in range(self.stream.schema.count):
            if self.stream.dictionary_of[place] >= 0 and sync_map(
                &work.maps[place], &self.stream.dictionaries[self.stream.dictionary_of[place]],
                self.stream.schema.columns[place].field == FIELD_QUANTITY
            ):
                return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
        while row < count:
            work.chunk.count = min(count - row, <int64_t> CHUNK_ROWS)
            for place in range(self.stream.schema.count):
                cut_column(&work.chunk, place, &self.stream.columns[place], row)
            if _take_chunk(work):
                return -1
            work.first += work.chunk.count
            row += work.chunk.count
        return 0


cdef int _pad_texts(Decoding *work) noexcept nogil:
    """Give each optional text column that has a text one for every row."""
    cdef BatchColumns *columns = work.columns
    if (
        (columns.evidence.count > 0 and texts_pad(&columns.evidence, columns.count))
        or (columns.attributes.count > 0 and texts_pad(&columns.attributes, columns.count))
    ):
        return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    return 0


cdef int _take_chunk(Decoding *work) noexcept nogil:
    """Take the rows of a chunk: first whatever can make a suspect, then the writing.

    Numbers come first, so that rows which fail on one do not intern their texts.
    """
    cdef BatchColumns *columns = work.columns
    cdef Dictionaries *dictionaries = work.dictionaries
    # Held here: for all that C knows, a store of `suspect` could change what `columns` points to.
    cdef const int64_t *start_us = columns.start_us + work.first
    cdef const int64_t *end_us = columns.end_us + work.first
    cdef uint64_t span_us_max = <uint64_t> columns.span_us_max
    cdef int64_t row
    memset(work.suspect, 0, sizeof(work.suspect))
    if (
        _take_quantity(work)
        or _take_times(work, FIELD_START, columns.start_us + work.first, False)
        or _take_times(work, FIELD_END, columns.end_us + work.first, True)
    ):
        return -1
    for row in range(work.chunk.count):
        # Unsigned, so that an end before its start is far beyond any limit.
        work.suspect[row] |= (
            <uint64_t> end_us[row] - <uint64_t> start_us[row] - 1 >= span_us_max)
    if (
        check_texts(work, FIELD_EVIDENCE, EVIDENCE_SIZE_MAX)
        or check_texts(work, FIELD_ATTRIBUTES, ATTRIBUTES_SIZE_MAX)
        or check_texts(work, FIELD_UNREAD, 0)
        or write_record_ids(work)
        or take_codes(work, CODED_FACILITY, FIELD_FACILITY, &dictionaries.facility)
        or take_codes(work, CODED_ACTIVITY, FIELD_ACTIVITY, &dictionaries.activity)
        or take_codes(work, CODED_UNIT, FIELD_UNIT, &dictionaries.unit)
        or take_codes(work, CODED_REGION, FIELD_REGION, &dictionaries.region)
        or take_codes(work, CODED_SUPPLIER, FIELD_SUPPLIER, &dictionaries.supplier)
        or take_codes(work, CODED_PRODUCT, FIELD_PRODUCT, &dictionaries.product)
    ):
        return -1
    return _write_chunk(work)


cdef int _write_chunk(Decoding *work) noexcept nogil:
    """Write what is optional, the keys, and the suspects into the batch."""
    cdef BatchColumns *columns = work.columns
    if (
        _write_codes(work, CODED_SUPPLIER, FIELD_SUPPLIER)
        or _write_codes(work, CODED_PRODUCT, FIELD_PRODUCT)
        or _write_data_quality(work)
        or write_texts(work, FIELD_EVIDENCE, &columns.evidence)
        or write_texts(work, FIELD_ATTRIBUTES, &columns.attributes)
        or _write_keys(work)
        or _judge_suspects(work)
    ):
        return -1
    if (
        columns.record_id.bytes.size + columns.evidence.bytes.size
        + columns.attributes.bytes.size + columns.reject_texts.bytes.size > work.text_bytes_max
    ):
        return set_fault(&work.fault, FAULT_TEXT_BYTES, 0, 0, work.text_bytes_max)
    return 0


# Quantities and times


cdef int _take_quantity(Decoding *work) noexcept nogil:
    """Quantities of a chunk, in millionths, into the batch."""
    cdef int place = work.chunk.place_of[<int> FIELD_QUANTITY]
    cdef const ColumnType *column_type = &work.chunk.schema.columns[place]
    cdef const ArrowColumn *column = &work.chunk.columns[place]
    cdef int64_t *micro = work.columns.quantity_micro + work.first
    cdef int64_t *rests = work.rests
    cdef int64_t row, misfits = 0, any_rest = 0
    cdef double value
    if column_type.kind == TYPE_NULL:
        memset(work.suspect, 1, work.chunk.count)
        return 0
    if column_type.index_kind != TYPE_OTHER:
        return _map_quantities(work, place)
    if TYPE_UTF8 <= column_type.kind <= TYPE_UTF8_VIEW:
        return _take_quantity_texts(work, place)
    if column_type.kind == TYPE_FLOAT64:
        for row in range(work.chunk.count):
            memcpy(&value, column.data + 8 * row, 8)
            work.suspect[row] |= read_double(value, &micro[row], &rests[row]) != POSTED
            any_rest |= rests[row]
    elif (
        column_type.kind == TYPE_DECIMAL128
        and MICRO_PLACES < column_type.scale <= QUANTITY_PLACES
    ):
        any_rest = split_decimals(
            column.data, work.chunk.count, column_type.scale, work.suspect, micro, rests)
    else:
        if column_type.kind == TYPE_DECIMAL128 or column_type.kind == TYPE_DECIMAL256:
            misfits = narrow_decimals(column.data, column_type.kind, work.chunk.count, micro)
        else:
            widen_ints(column.data, column_type.kind, work.chunk.count, micro)
        any_rest = scale_numbers(
            micro, work.chunk.count, column_type.scale, work.suspect, rests)
        if misfits:
            any_rest |= _take_misfits(work, place)
    mark_nulls(column.validity, work.chunk.count, work.suspect)
    return _write_rests(work) if any_rest else 0


cdef int _write_rests(Decoding *work) noexcept nogil:
    """Write what the millionths of a chunk leave out: no column of it before there is any."""
    if columns_want(work.columns, FIELD_QUANTITY):
        return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    memcpy(
        work.columns.quantity_rest + work.first, work.rests, work.chunk.count * sizeof(int64_t))
    return 0


cdef bint _take_misfits(Decoding *work, int place) noexcept nogil:
    """Quantities of decimals that do not fit int64: they may do so after rounding.

    Whether millionths leave anything of them out.
    """
    cdef const ColumnType *column_type = &work.chunk.schema.columns[place]
    cdef int64_t *micro = work.columns.quantity_micro + work.first
    cdef bint is_fine = column_type.scale > MICRO_PLACES
    cdef Wide number
    cdef int64_t row, rest, any_rest = 0
    for row in range(work.chunk.count):
        number = load_wide(work.chunk.columns[place].data, column_type.kind, row)
        if (number.limbs[0] >> 63) | number.limbs[1] | number.limbs[2] | number.limbs[3]:
            work.suspect[row] |= (
                wide_to_micro(number, column_type.scale, &micro[row], &rest) != POSTED)
            if is_fine:
                work.rests[row] = rest
                any_rest |= rest
    return any_rest != 0


cdef int _take_quantity_texts(Decoding *work, int place) noexcept nogil:
    """Quantities of a chunk that come as texts, one per row."""
    cdef int64_t *micro = work.columns.quantity_micro + work.first
    cdef int64_t row, any_rest = 0
    if find_row_texts(work, place):
        return -1
    for row in range(work.chunk.count):
        work.suspect[row] |= read_decimal(
            work.texts[row].data, work.texts[row].size, &micro[row], &work.rests[row]) != POSTED
        any_rest |= work.rests[row]
    return _write_rests(work) if any_rest else 0


cdef int _map_quantities(Decoding *work, int place) noexcept nogil:
    """Quantities of a chunk that come as indices into a dictionary of texts."""
    cdef const ArrowDictionary *dictionary = (
        &work.chunk.dictionaries[work.chunk.dictionary_of[place]])
    cdef ValueMap *found = &work.maps[place]
    cdef int64_t *micro = work.columns.quantity_micro + work.first
    cdef int64_t row, index, any_rest = 0
    if take_indices(work, place):
        return -1
    for row in range(work.chunk.count):
        index = work.values[row]
        if found.codes[index] == CODE_UNMAPPED:
            found.codes[index] = 0
            if read_decimal(dictionary.values[index].data, dictionary.values[index].size,
                            &found.micro[index], &found.rest[index]) != POSTED:
                found.codes[index] = CODE_INVALID
                found.micro[index] = found.rest[index] = 0
        micro[row] = found.micro[index]
        work.rests[row] = found.rest[index]
        any_rest |= work.rests[row]
        work.suspect[row] |= found.codes[index] < 0
    return _write_rests(work) if any_rest else 0


cdef int _take_times(Decoding *work, int field, int64_t *times_us, bint is_end) noexcept nogil:
    """Starts or ends of a chunk into times_us (OUT), the rows of the chunk in the batch."""
    cdef int place = work.chunk.place_of[field]
    cdef const ColumnType *column_type = &work.chunk.schema.columns[place]
    if column_type.kind == TYPE_NULL:
        memset(work.suspect, 1, work.chunk.count)
        memset(times_us, 0, work.chunk.count * sizeof(int64_t))
        return 0
    widen_ints(work.chunk.columns[place].data, column_type.kind, work.chunk.count, times_us)
    scale_times(times_us, work.chunk.count, column_type.kind, is_end, work.suspect)
    mark_nulls(work.chunk.columns[place].validity, work.chunk.count, work.suspect)
    return 0


# Writing


cdef int _write_codes(Decoding *work, int coded, int field) noexcept nogil:
    """Write the codes of an optional column."""
    cdef int32_t *codes = work.codes[coded]
    cdef int32_t *target
    cdef int64_t row
    for row in range(work.chunk.count):
        if codes[row] < 0 or work.suspect[row]:
            continue
        if columns_want(work.columns, field):
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
        target = work.columns.supplier
        if field == FIELD_PRODUCT:
            target = work.columns.product
        target[work.first + row] = codes[row]
    return 0


cdef int _write_data_quality(Decoding *work) noexcept nogil:
    """Write the data quality of rows that state one."""
    cdef int place = work.chunk.place_of[<int> FIELD_DATA_QUALITY]
    cdef int64_t row
    if place < 0 or work.chunk.schema.columns[place].kind == TYPE_NULL:
        return 0
    widen_ints(work.chunk.columns[place].data, work.chunk.schema.columns[place].kind,
               work.chunk.count, work.values)
    for row in range(work.chunk.count):
        if not 0 < work.values[row] <= DATA_QUALITY_MAX or work.suspect[row]:
            continue
        if is_valid(&work.chunk.columns[place], row):
            if columns_want(work.columns, FIELD_DATA_QUALITY):
                return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
            work.columns.data_quality[work.first + row] = <uint8_t> work.values[row]
    return 0


cdef int _write_keys(Decoding *work) noexcept nogil:
    """Find the key of each row in good order."""
    cdef KeyTable *table = &work.dictionaries.keys
    cdef int32_t *keys = work.columns.key + work.first
    cdef int64_t row
    for row in range(work.chunk.count):
        if work.suspect[row]:
            continue
        keys[row] = find_key(
            table, work.codes[CODED_FACILITY][row], work.codes[CODED_ACTIVITY][row],
            work.codes[CODED_UNIT][row], work.codes[CODED_REGION][row])
        if keys[row] < 0:
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    return 0


# Suspects


cdef int _judge_suspects(Decoding *work) noexcept nogil:
    """Stage each suspect alone and put it into quarantine with what it breaks."""
    cdef Staged record
    cdef int64_t row
    cdef int field, status
    for row in range(work.chunk.count):
        if not work.suspect[row]:
            continue
        if stage_row(&work.chunk, row, &record, work.number_text, &work.fault):
            return -1
        field = FIELD_RECORD
        status = check_staged(&record, work.columns.span_us_max, &field)
        if status == POSTED:
            set_fault(&work.fault, FAULT_CHECKS, 0, 0, 0)
            work.fault.record_index = work.first + row
            return -1
        if reject_row(work.columns, work.first + row, &record, status, field):
            return set_fault(&work.fault, FAULT_MEMORY, 0, 0, 0)
    return 0

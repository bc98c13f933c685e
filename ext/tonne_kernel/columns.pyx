"""From the columns of an Arrow stream to the columns of a batch, a chunk of rows at a time."""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memset

from tonne_kernel.arrow_chunk cimport CHUNK_ROWS, cut_column, stage_row
from tonne_kernel.arrow_column cimport ArrowColumn, find_indices, find_texts, is_valid
from tonne_kernel.arrow_fault cimport FAULT_CHECKS, FAULT_MEMORY, FAULT_TEXT_BYTES, set_fault
from tonne_kernel.arrow_numbers cimport (
    Wide, load_wide, mark_nulls, narrow_decimals, scale_numbers, scale_times, wide_to_micro,
    widen_ints,
)
from tonne_kernel.arrow_schema cimport (
    TYPE_DECIMAL128, TYPE_DECIMAL256, TYPE_FLOAT64, TYPE_NULL, TYPE_OTHER, TYPE_UTF8,
    TYPE_UTF8_VIEW, ColumnType,
)
from tonne_kernel.arrow_stream cimport ArrowDictionary
from tonne_kernel.batch cimport (
    BatchColumns, Span, Staged, check_staged, columns_allocate, columns_want, reject_row,
)
from tonne_kernel.buffers cimport TextColumn, texts_append, texts_pad, texts_reserve
from tonne_kernel.decimal cimport double_to_micro, parse_decimal_micro
from tonne_kernel.dictionary cimport Dictionaries, KeyTable, find_key
from tonne_kernel.status cimport (
    FIELD_ACTIVITY, FIELD_ATTRIBUTES, FIELD_COUNT, FIELD_DATA_QUALITY, FIELD_END, FIELD_EVIDENCE,
    FIELD_FACILITY, FIELD_PRODUCT, FIELD_QUANTITY, FIELD_RECORD, FIELD_RECORD_ID, FIELD_REGION,
    FIELD_START, FIELD_SUPPLIER, FIELD_UNIT, POSTED,
)
from tonne_kernel.text cimport (
    ATTRIBUTES_SIZE_MAX, EVIDENCE_SIZE_MAX, INTERN_MEMORY, TEXT_SIZE_MAX, Interner, intern,
    utf8_is_valid,
)
from tonne_kernel.value_map cimport (
    CODE_ABSENT, CODE_INVALID, CODE_MEMORY, CODE_UNMAPPED, ValueMap, map_free, sync_map,
)

cdef enum:
    DATA_QUALITY_MAX = 3        # later values of the enum count as "not stated"

# Dictionaries and text views let a small message stand for texts of any size.
cdef int64_t TEXT_BYTES_MAX = 64 * 1024 * 1024

cdef const uint8_t *EMPTY = b""


@cython.final
cdef class ColumnDecoder:
    """Decodes one stream into the columns of one batch."""

    def __cinit__(self):
        memset(self.maps, 0, sizeof(self.maps))

    def __dealloc__(self):
        cdef int place
        for place in range(<int> FIELD_COUNT):
            map_free(&self.maps[place])

    cdef int decode(self, int64_t records_max) noexcept nogil:
        """Decode all batches of the stream."""
        cdef int64_t count
        cdef int place
        for place in range(<int> FIELD_COUNT):
            self.chunk.place_of[place] = -1
        for place in range(self.stream.schema.count):
            self.chunk.place_of[self.stream.schema.columns[place].field] = place
        self.chunk.schema = &self.stream.schema
        self.chunk.dictionaries = self.stream.dictionaries
        self.chunk.dictionary_of = self.stream.dictionary_of
        count = self.stream.count_records(records_max)
        if count >= 0:
            if columns_allocate(self.columns, count):
                return self.fail(FAULT_MEMORY, 0, 0, 0)
            self.first = 0
            while True:
                count = self.stream.next_batch()
                if count == -2:
                    return self.pad_texts()
                if count < 0:
                    break
                if self.take_batch(count):
                    return -1
        self.fault = self.stream.fault
        return -1

    cdef int pad_texts(self) noexcept nogil:
        """Give each optional text column that has a text one for every row."""
        cdef BatchColumns *columns = self.columns
        if (
            (columns.evidence.count > 0 and texts_pad(&columns.evidence, columns.count))
            or (columns.attributes.count > 0 and texts_pad(&columns.attributes, columns.count))
        ):
            return self.fail(FAULT_MEMORY, 0, 0, 0)
        return 0

    cdef int take_batch(self, int64_t count) noexcept nogil:
        """Take one record batch, chunk by chunk."""
        cdef int64_t row = 0
        cdef int place
        for place in range(self.stream.schema.count):
            if self.stream.dictionary_of[place] >= 0 and sync_map(
                &self.maps[place], &self.stream.dictionaries[self.stream.dictionary_of[place]],
                self.stream.schema.columns[place].field == FIELD_QUANTITY
            ):
                return self.fail(FAULT_MEMORY, 0, 0, 0)
        while row < count:
            self.chunk.count = min(count - row, <int64_t> CHUNK_ROWS)
            for place in range(self.stream.schema.count):
                cut_column(&self.chunk, place, &self.stream.columns[place], row)
            if self.take_chunk():
                return -1
            self.first += self.chunk.count
            row += self.chunk.count
        return 0

    cdef int take_chunk(self) noexcept nogil:
        """Take the rows of a chunk: first whatever can make a suspect, then the writing.

        Numbers come first, so that rows which fail on one do not intern their texts.
        """
        cdef BatchColumns *columns = self.columns
        cdef Dictionaries *dictionaries = self.dictionaries
        cdef int64_t row
        memset(self.suspect, 0, sizeof(self.suspect))
        if (
            self.take_quantity(self.place_of(FIELD_QUANTITY))
            or self.take_times(self.place_of(FIELD_START), columns.start_us + self.first, False)
            or self.take_times(self.place_of(FIELD_END), columns.end_us + self.first, True)
        ):
            return -1
        for row in range(self.chunk.count):
            self.suspect[row] |= (
                columns.end_us[self.first + row] <= columns.start_us[self.first + row])
        if (
            self.check_texts(FIELD_EVIDENCE, EVIDENCE_SIZE_MAX)
            or self.check_texts(FIELD_ATTRIBUTES, ATTRIBUTES_SIZE_MAX)
            or self.write_record_ids()
            or self.take_codes(CODED_FACILITY, FIELD_FACILITY, &dictionaries.facility)
            or self.take_codes(CODED_ACTIVITY, FIELD_ACTIVITY, &dictionaries.activity)
            or self.take_codes(CODED_UNIT, FIELD_UNIT, &dictionaries.unit)
            or self.take_codes(CODED_REGION, FIELD_REGION, &dictionaries.region)
            or self.take_codes(CODED_SUPPLIER, FIELD_SUPPLIER, &dictionaries.supplier)
            or self.take_codes(CODED_PRODUCT, FIELD_PRODUCT, &dictionaries.product)
        ):
            return -1
        return self.write_chunk()

    cdef int write_chunk(self) noexcept nogil:
        """Write what is optional, the keys, and the suspects into the batch."""
        cdef BatchColumns *columns = self.columns
        if (
            self.write_codes(CODED_SUPPLIER, FIELD_SUPPLIER)
            or self.write_codes(CODED_PRODUCT, FIELD_PRODUCT)
            or self.write_data_quality()
            or self.write_texts(FIELD_EVIDENCE, &columns.evidence)
            or self.write_texts(FIELD_ATTRIBUTES, &columns.attributes)
            or self.write_keys()
            or self.judge_suspects()
        ):
            return -1
        if (
            columns.record_id.bytes.size + columns.evidence.bytes.size
            + columns.attributes.bytes.size + columns.reject_texts.bytes.size > TEXT_BYTES_MAX
        ):
            return self.fail(FAULT_TEXT_BYTES, 0, 0, TEXT_BYTES_MAX)
        return 0

    # Codes

    cdef int take_indices(self, int place) noexcept nogil:
        """Indices of a chunk to `values`; null is the index behind the last value."""
        if find_indices(&self.chunk.columns[place], &self.stream.schema.columns[place],
                        self.maps[place].count, self.values, &self.fault):
            self.fault.record_index += self.first
            return -1
        return 0

    cdef int take_codes(self, int coded, int field, Interner *interner) noexcept nogil:
        """Codes of a column of interned texts."""
        cdef int32_t *codes = self.codes[coded]
        cdef int place = self.place_of(field)
        cdef int32_t code, empty = CODE_ABSENT
        cdef int64_t row
        cdef int32_t worst = 0
        if coded == CODED_REGION:
            # No region is the empty one, which has a code like any other.
            empty = intern(interner, EMPTY, 0)
            if empty < 0:
                return self.fail(FAULT_MEMORY, 0, 0, 0)
        if place < 0 or self.stream.schema.columns[place].kind == TYPE_NULL:
            for row in range(self.chunk.count):
                codes[row] = empty
            worst = empty
        elif self.stream.dictionary_of[place] >= 0:
            if self.map_codes(place, interner, codes):
                return -1
        elif self.find_row_texts(place):
            return -1
        else:
            for row in range(self.chunk.count):
                codes[row] = (
                    CODE_ABSENT if self.suspect[row] else _code_of(&self.texts[row], interner))
        for row in range(self.chunk.count):
            worst |= codes[row]
        if worst >= 0:
            return 0
        for row in range(self.chunk.count):
            code = codes[row]
            if code == CODE_MEMORY:
                return self.fail(FAULT_MEMORY, 0, 0, 0)
            if code == CODE_ABSENT:
                codes[row] = empty
            self.suspect[row] |= (
                code == CODE_INVALID or (code == CODE_ABSENT and coded <= CODED_UNIT))
        return 0

    cdef int map_codes(self, int place, Interner *interner, int32_t *codes) noexcept nogil:
        """Codes of a dictionary column, by the codes of the dictionary's values."""
        cdef const ArrowDictionary *dictionary = (
            &self.stream.dictionaries[self.stream.dictionary_of[place]])
        cdef int32_t *mapped = self.maps[place].codes
        cdef int64_t row
        cdef int32_t code
        if self.take_indices(place):
            return -1
        for row in range(self.chunk.count):
            code = mapped[self.values[row]]
            if code == CODE_UNMAPPED:
                code = _code_of(&dictionary.values[self.values[row]], interner)
                mapped[self.values[row]] = code
            codes[row] = code
        return 0

    # Quantities and times

    cdef int take_quantity(self, int place) noexcept nogil:
        """Quantities of a chunk, in millionths, into the batch."""
        cdef const ColumnType *column_type = &self.stream.schema.columns[place]
        cdef const ArrowColumn *column = &self.chunk.columns[place]
        cdef int64_t *micro = self.columns.quantity_micro + self.first
        cdef int64_t row, misfits = 0
        cdef double value
        if column_type.kind == TYPE_NULL:
            memset(self.suspect, 1, self.chunk.count)
            return 0
        if column_type.index_kind != TYPE_OTHER:
            return self.map_quantities(place)
        if TYPE_UTF8 <= column_type.kind <= TYPE_UTF8_VIEW:
            return self.take_quantity_texts(place)
        if column_type.kind == TYPE_FLOAT64:
            for row in range(self.chunk.count):
                memcpy(&value, column.data + 8 * row, 8)
                self.suspect[row] |= double_to_micro(value, &micro[row]) != POSTED
        else:
            if column_type.kind == TYPE_DECIMAL128 or column_type.kind == TYPE_DECIMAL256:
                misfits = narrow_decimals(column.data, column_type.kind, self.chunk.count, micro)
            else:
                widen_ints(column.data, column_type.kind, self.chunk.count, micro)
            scale_numbers(micro, self.chunk.count, column_type.scale, self.suspect)
            if misfits and self.take_misfits(place):
                return -1
        mark_nulls(column.validity, self.chunk.count, self.suspect)
        return 0

    cdef int take_misfits(self, int place) noexcept nogil:
        """Quantities of decimals that do not fit int64: they may do so after rounding."""
        cdef const ColumnType *column_type = &self.stream.schema.columns[place]
        cdef int64_t *micro = self.columns.quantity_micro + self.first
        cdef Wide number
        cdef int64_t row
        for row in range(self.chunk.count):
            number = load_wide(self.chunk.columns[place].data, column_type.kind, row)
            if (number.limbs[0] >> 63) | number.limbs[1] | number.limbs[2] | number.limbs[3]:
                self.suspect[row] |= (
                    wide_to_micro(number, column_type.scale, &micro[row]) != POSTED)
        return 0

    cdef int take_quantity_texts(self, int place) noexcept nogil:
        """Quantities of a chunk that come as texts, one per row."""
        cdef int64_t *micro = self.columns.quantity_micro + self.first
        cdef int64_t row
        if self.find_row_texts(place):
            return -1
        for row in range(self.chunk.count):
            self.suspect[row] |= parse_decimal_micro(
                self.texts[row].data, self.texts[row].size, &micro[row]) != POSTED
        return 0

    cdef int map_quantities(self, int place) noexcept nogil:
        """Quantities of a chunk that come as indices into a dictionary of texts."""
        cdef const ArrowDictionary *dictionary = (
            &self.stream.dictionaries[self.stream.dictionary_of[place]])
        cdef ValueMap *found = &self.maps[place]
        cdef int64_t *micro = self.columns.quantity_micro + self.first
        cdef int64_t row, index
        if self.take_indices(place):
            return -1
        for row in range(self.chunk.count):
            index = self.values[row]
            if found.codes[index] == CODE_UNMAPPED:
                found.codes[index] = 0
                if parse_decimal_micro(dictionary.values[index].data,
                                       dictionary.values[index].size,
                                       &found.micro[index]) != POSTED:
                    found.codes[index] = CODE_INVALID
                    found.micro[index] = 0
            micro[row] = found.micro[index]
            self.suspect[row] |= found.codes[index] < 0
        return 0

    cdef int take_times(self, int place, int64_t *times_us, bint is_end) noexcept nogil:
        """Starts or ends of a chunk into times_us (OUT), the rows of the chunk in the batch."""
        cdef const ColumnType *column_type = &self.stream.schema.columns[place]
        if column_type.kind == TYPE_NULL:
            memset(self.suspect, 1, self.chunk.count)
            return 0
        widen_ints(self.chunk.columns[place].data, column_type.kind, self.chunk.count, times_us)
        scale_times(times_us, self.chunk.count, column_type.kind, is_end, self.suspect)
        mark_nulls(self.chunk.columns[place].validity, self.chunk.count, self.suspect)
        return 0

    # Texts

    cdef int find_row_texts(self, int place) noexcept nogil:
        """Texts of a column to `texts`, whether they stand in it or in its dictionary."""
        cdef const ColumnType *column_type = &self.stream.schema.columns[place]
        cdef const ArrowDictionary *dictionary
        cdef int64_t row, null
        if column_type.index_kind == TYPE_OTHER:
            if find_texts(&self.chunk.columns[place], column_type, self.texts, &self.fault):
                self.fault.record_index += self.first
                return -1
            return 0
        if self.take_indices(place):
            return -1
        null = self.maps[place].count
        dictionary = &self.stream.dictionaries[self.stream.dictionary_of[place]]
        for row in range(self.chunk.count):
            if self.values[row] == null:
                self.texts[row].data = EMPTY
                self.texts[row].size = 0
            else:
                self.texts[row] = dictionary.values[self.values[row]]
        return 0

    cdef int check_texts(self, int field, int64_t size_max) noexcept nogil:
        """Mark the rows whose text in an optional column is no UTF-8 or too long."""
        cdef int place = self.place_of(field)
        cdef int64_t row
        if place < 0 or self.stream.schema.columns[place].kind == TYPE_NULL:
            return 0
        if self.find_row_texts(place):
            return -1
        for row in range(self.chunk.count):
            self.suspect[row] |= (
                self.texts[row].size > size_max
                or not utf8_is_valid(self.texts[row].data, self.texts[row].size))
        return 0

    cdef int write_record_ids(self) noexcept nogil:
        """Append the record ids of a chunk; mark those that are no UTF-8 or too long."""
        cdef TextColumn *column = &self.columns.record_id
        cdef int place = self.place_of(FIELD_RECORD_ID)
        cdef int64_t row, size
        cdef const Span *text
        if place < 0 or self.stream.schema.columns[place].kind == TYPE_NULL:
            if texts_pad(column, self.first + self.chunk.count):
                return self.fail(FAULT_MEMORY, 0, 0, 0)
            return 0
        if self.find_row_texts(place):
            return -1
        size = self.copy_texts(column)
        if size < 0:
            return self.fail(FAULT_MEMORY, 0, 0, 0)
        if _is_ascii(column.bytes.data + column.bytes.size, size):
            for row in range(self.chunk.count):
                column.bytes.size += self.texts[row].size
                column.stops[self.first + row] = column.bytes.size
            column.count += self.chunk.count
            return 0
        for row in range(self.chunk.count):
            text = &self.texts[row]
            size = text.size
            if size > TEXT_SIZE_MAX or not utf8_is_valid(text.data, size):
                self.suspect[row] = 1
                size = 0
            if texts_append(column, text.data, size):
                return self.fail(FAULT_MEMORY, 0, 0, 0)
        return 0

    cdef int64_t copy_texts(self, TextColumn *column) noexcept nogil:
        """Copy the texts behind the end of a column, for the caller to look at as one block.

        The bytes copied; -1: no memory. For one that is too long, bytes that are no ASCII are
        put in its place, so that no more than TEXT_SIZE_MAX bytes a row are copied.
        """
        cdef int64_t row, size = 0
        cdef bint is_block = True
        cdef uint8_t *target
        cdef Span *text
        for row in range(self.chunk.count):
            text = &self.texts[row]
            is_block &= text.data == self.texts[0].data + size
            is_block &= text.size <= TEXT_SIZE_MAX
            size += min(text.size, <int64_t> TEXT_SIZE_MAX)
        if texts_reserve(column, self.chunk.count, size):
            return -1
        if size == 0:                           # without a text there may be no address
            return 0
        target = column.bytes.data + column.bytes.size
        if is_block:                            # texts between offsets lie so
            memcpy(target, self.texts[0].data, size)
            return size
        for row in range(self.chunk.count):
            text = &self.texts[row]
            if text.size > TEXT_SIZE_MAX:
                memset(target, 0xFF, TEXT_SIZE_MAX)
                target += TEXT_SIZE_MAX
                continue
            memcpy(target, text.data, text.size)
            target += text.size
        return size

    cdef int write_texts(self, int field, TextColumn *column) noexcept nogil:
        """Append the texts of an optional column that rows in good order have."""
        cdef int place = self.place_of(field)
        cdef int64_t row
        if place < 0 or self.stream.schema.columns[place].kind == TYPE_NULL:
            return 0
        if self.find_row_texts(place):
            return -1
        for row in range(self.chunk.count):
            if self.texts[row].size == 0 or self.suspect[row]:
                continue
            if (
                texts_pad(column, self.first + row)
                or texts_append(column, self.texts[row].data, self.texts[row].size)
            ):
                return self.fail(FAULT_MEMORY, 0, 0, 0)
        return 0

    # Writing

    cdef int write_codes(self, int coded, int field) noexcept nogil:
        """Write the codes of an optional column."""
        cdef int32_t *codes = self.codes[coded]
        cdef int32_t *target
        cdef int64_t row
        for row in range(self.chunk.count):
            if codes[row] < 0 or self.suspect[row]:
                continue
            if columns_want(self.columns, field):
                return self.fail(FAULT_MEMORY, 0, 0, 0)
            target = self.columns.supplier
            if field == FIELD_PRODUCT:
                target = self.columns.product
            target[self.first + row] = codes[row]
        return 0

    cdef int write_data_quality(self) noexcept nogil:
        """Write the data quality of rows that state one."""
        cdef int place = self.place_of(FIELD_DATA_QUALITY)
        cdef int64_t row
        if place < 0 or self.stream.schema.columns[place].kind == TYPE_NULL:
            return 0
        widen_ints(self.chunk.columns[place].data, self.stream.schema.columns[place].kind,
                   self.chunk.count, self.values)
        for row in range(self.chunk.count):
            if not 0 < self.values[row] <= DATA_QUALITY_MAX or self.suspect[row]:
                continue
            if is_valid(&self.chunk.columns[place], row):
                if columns_want(self.columns, FIELD_DATA_QUALITY):
                    return self.fail(FAULT_MEMORY, 0, 0, 0)
                self.columns.data_quality[self.first + row] = <uint8_t> self.values[row]
        return 0

    cdef int write_keys(self) noexcept nogil:
        """Find the key of each row in good order."""
        cdef KeyTable *table = &self.dictionaries.keys
        cdef int32_t *keys = self.columns.key + self.first
        cdef int64_t row
        for row in range(self.chunk.count):
            if self.suspect[row]:
                continue
            keys[row] = find_key(
                table, self.codes[CODED_FACILITY][row], self.codes[CODED_ACTIVITY][row],
                self.codes[CODED_UNIT][row], self.codes[CODED_REGION][row])
            if keys[row] < 0:
                return self.fail(FAULT_MEMORY, 0, 0, 0)
        return 0

    # Suspects

    cdef int judge_suspects(self) noexcept nogil:
        """Stage each suspect alone and put it into quarantine with what it breaks."""
        cdef Staged record
        cdef int64_t row
        cdef int field, status
        for row in range(self.chunk.count):
            if not self.suspect[row]:
                continue
            if stage_row(&self.chunk, row, &record, self.number_text, &self.fault):
                return -1
            field = FIELD_RECORD
            status = check_staged(&record, &field)
            if status == POSTED:
                self.fail(FAULT_CHECKS, 0, 0, 0)
                self.fault.record_index = self.first + row
                return -1
            if reject_row(self.columns, self.first + row, &record, status, field):
                return self.fail(FAULT_MEMORY, 0, 0, 0)
        return 0

    cdef int place_of(self, int field) noexcept nogil:
        """Place of a column in the schema, -1 where it is absent."""
        return self.chunk.place_of[field]

    cdef int fail(self, int code, int field, int64_t found, int64_t limit) noexcept nogil:
        """Note a fault without a record and return -1."""
        return set_fault(&self.fault, code, field, found, limit)


cdef inline int32_t _code_of(const Span *text, Interner *interner) noexcept nogil:
    """Code of a text, or CODE_*."""
    cdef int32_t code
    if text.size == 0:
        return CODE_ABSENT
    code = intern(interner, text.data, text.size)
    if code >= 0:
        return code
    return CODE_MEMORY if code == INTERN_MEMORY else CODE_INVALID


cdef bint _is_ascii(const uint8_t *data, int64_t size) noexcept nogil:
    """Whether all bytes are below 0x80."""
    cdef uint8_t bits = 0
    cdef int64_t index
    for index in range(size):
        bits |= data[index]
    return bits < 0x80

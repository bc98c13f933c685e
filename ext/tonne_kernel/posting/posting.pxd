"""The loop over the records of a posting: periods, rules, sums, and the segment's columns."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint8_t

from tonne_kernel.posting.aggregate cimport SumTable
from tonne_kernel.posting.quarantine cimport RefusedList, Source
from tonne_kernel.posting.rules cimport Periods, Rules
from tonne_kernel.posting.segment cimport SegmentColumns
from tonne_kernel.values.dictionary cimport Dictionaries
from tonne_kernel.values.int128 cimport i128

cdef enum PostingResult:
    POSTING_OK = 0
    POSTING_MEMORY = -1         # no memory
    POSTING_RULE_ABSENT = -2    # a key has no rule, or one that is not in the table

cdef struct ReportedError:
    int64_t index               # of the record in its batch
    uint8_t status
    uint8_t field

cdef struct ErrorList:
    ReportedError *items
    int64_t count
    int64_t capacity

cdef enum:
    ADOPTED_COUNT = 16          # texts of a column that a slice remembers; a power of two

cdef struct AdoptedText:
    # What a text of the session is in the posting. Zero: nothing yet.
    int32_t number              # code of the session, and 1
    int32_t code                # of the posting

cdef struct SliceState:
    Source source
    Dictionaries *dictionaries  # of the session
    uint32_t serial             # of this posting in that session, see KeyState
    int64_t open_from_us        # what begins before lies in closed periods
    int64_t posted_count
    int64_t suspended_count
    int64_t quarantined_count
    i128 quantity_micro         # of all records that are not in quarantine
    i128 quantity_rest
    int64_t first_error         # in Posting.errors
    int64_t reported_count
    # Keys are many, but their activities, units and regions few: each by its code's last bits.
    AdoptedText activities[ADOPTED_COUNT]
    AdoptedText units[ADOPTED_COUNT]
    AdoptedText regions[ADOPTED_COUNT]

cdef struct Posting:
    Rules rules                 # of the RuleTable
    Periods periods
    int64_t reported_count_max  # row errors to list per slice
    Dictionaries dictionaries   # of the segment and the postings file
    SumTable sums
    SegmentColumns segment
    RefusedList refused
    ErrorList errors

cdef int posting_init(
    Posting *posting, int64_t row_count, int64_t batch_row_count, int64_t record_id_bytes
) noexcept nogil
cdef void posting_free(Posting *posting) noexcept nogil

# Post the records of one slice; `slice_index` says which. A PostingResult.
cdef int post_slice(Posting *posting, SliceState *state, int slice_index) noexcept nogil

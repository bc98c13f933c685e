"""The columns of a stream that hold texts, in themselves or by a dictionary.

Each function takes one column of the current chunk and gives 0, or -1: a fault, which stands in
`work.fault`. A row whose text breaks a rule becomes a suspect.
"""

from libc.stdint cimport int64_t

from tonne_kernel.columnar.decoding cimport Decoding
from tonne_kernel.memory.buffers cimport TextColumn
from tonne_kernel.values.text cimport Interner

# Find the indices of the dictionary column at `place` into `work.values`.
cdef int take_indices(Decoding *work, int place) noexcept nogil
# Find the texts of the column at `place`, by a dictionary or without, into `work.texts`.
cdef int find_row_texts(Decoding *work, int place) noexcept nogil

# Find the codes of a column of interned texts into `work.codes[coded]`.
cdef int take_codes(Decoding *work, int coded, int field, Interner *interner) noexcept nogil

# Check the optional texts of a chunk first; write them when all suspects are known. Record ids
# are checked and written at once.
cdef int check_texts(Decoding *work, int field, int64_t size_max) noexcept nogil
cdef int write_texts(Decoding *work, int field, TextColumn *column) noexcept nogil
cdef int write_record_ids(Decoding *work) noexcept nogil

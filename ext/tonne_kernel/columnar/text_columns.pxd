"""The columns of a stream that hold texts, in themselves or by a dictionary.

Each function takes one column of the current chunk and gives 0, or -1: a fault, which stands in
`work.fault`. A row whose text breaks a rule becomes a suspect.
"""

from libc.stdint cimport int64_t

from tonne_kernel.columnar.decoding cimport Decoding
from tonne_kernel.memory.buffers cimport TextColumn
from tonne_kernel.values.text cimport Interner

# Indices of the dictionary column at `place` to `work.values`, its texts' to `work.texts`.
cdef int take_indices(Decoding *work, int place) noexcept nogil
cdef int find_row_texts(Decoding *work, int place) noexcept nogil

# Codes of a column of interned texts to `work.codes[coded]`.
cdef int take_codes(Decoding *work, int coded, int field, Interner *interner) noexcept nogil

# Optional texts are checked first and written when all suspects are known; record ids at once.
cdef int check_texts(Decoding *work, int field, int64_t size_max) noexcept nogil
cdef int write_texts(Decoding *work, int field, TextColumn *column) noexcept nogil
cdef int write_record_ids(Decoding *work) noexcept nogil

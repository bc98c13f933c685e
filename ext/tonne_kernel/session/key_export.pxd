"""Hands the keys of a session out as columns, with dictionaries of just their texts."""

from libc.stdint cimport int64_t

from tonne_kernel.arrow.table cimport ArrowTable
from tonne_kernel.values.dictionary cimport Dictionaries

# The caller checked 0 <= first <= stop <= keys.count, and holds the session's lock.
cdef ArrowTable export_keys(const Dictionaries *source, int64_t first, int64_t stop)

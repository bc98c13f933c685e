"""How the data frames' allocator is set up: one arena, whose free pages soon go back.

Polars brings an allocator of its own, jemalloc. As Polars sets it up there are four arenas for
each processor, and each keeps what its threads freed for a second and a half, or until one of them
allocates again: what a process holds beyond its frames then follows the number of processors, and
no formula. In one arena, what one thread frees is what the next one takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableMapping

VARIABLE = "_RJEM_MALLOC_CONF"
"""Where jemalloc looks when it is loaded. Polars puts its own settings before what stands there,
and leaves them to the processes that it starts; the last word counts."""

SETTINGS = "narenas:1,dirty_decay_ms:100,muzzy_decay_ms:0"
"""Pages that are free for 0.1 s go back to the system. At once would cost a page fault for each
page of each part that is read: a third more processor time for an inventory."""


def set_up(environ: MutableMapping[str, str]) -> None:
    """Set the allocator up, for this process and those that it starts.

    Without effect once Polars is loaded. For programs alone: a library that loads Polars beside
    somebody else's frames has no say. What else is stated there stays, and these have the last
    word: the memory that docs/operations.md promises rests on them.

    Parameters
    ----------
    environ : MutableMapping
        The environment.
    """
    stated = environ.get(VARIABLE, "")
    if not stated.endswith(SETTINGS):
        environ[VARIABLE] = f"{stated},{SETTINGS}".lstrip(",")

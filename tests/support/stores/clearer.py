"""A clearer of suspense, to be killed: clears a book and tells how far it is.

`python -m tests.support.stores.clearer DIRECTORY FAULTS` prints `cleared COUNT` after each
segment.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tonne.ledger.ledger import Ledger
from tonne.store import Manifest, faults, open_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOK = "acme"


def clear(directory: str) -> Iterator[int]:
    """Clear the book's suspense; yield how many records were cleared after each segment."""
    manifest = Manifest.open(f"sqlite:///{directory}/manifest.sqlite")
    ledger = Ledger(manifest, open_objects(f"file://{directory}/objects", {}), holder="clearer")
    for step in ledger.suspense.clear(BOOK):
        yield step.cleared_count
    ledger.close()
    manifest.close()


if __name__ == "__main__":
    faults.arm(sys.argv[2])
    for count in clear(sys.argv[1]):
        sys.stdout.write(f"cleared {count}\n")
        sys.stdout.flush()

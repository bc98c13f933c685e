"""A moment of a book: which of its files there were."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tonne.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.model import Book
    from tonne.store.rows import FileRow


@dataclass(eq=False)  # no slots: what follows from the files is kept
class Moment:
    """A book and its live postings files, of one state of the manifest."""

    book: Book
    files: Sequence[FileRow]

    @cached_property
    def _commits(self) -> tuple[int, frozenset[str]]:
        last_seq = max((each.seq for each in self.files), default=0)
        return last_seq, frozenset(each.commit_id for each in self.files if each.commit_id)

    def knows(self, file: FileRow) -> bool:
        """Whether a segment, or a clearing of one, was committed by then."""
        last_seq, commits = self._commits
        return file.seq < last_seq or file.commit_id in commits


def outrun(book: str) -> StoreUnavailable:
    """Say that a book was changed while it was read."""
    return StoreUnavailable(
        f"book {book} changed while it was read: ask again",
        metadata={"book": book},
        retry_delay_s=1.0,
    )

"""Files to frames of records: the door of the room."""

from __future__ import annotations

import weakref
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tonne.client.answers.records import REQUIRED_FIELDS
from tonne.imports.profiles.mapping import Mapper
from tonne.imports.sources.opening import format_of, open_table
from tonne.imports.sources.workbooks import WORKBOOKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from tonne.imports.profiles.profile import Profile
    from tonne.imports.profiles.report import Report
    from tonne.imports.sources.tables import Table


KEPT_MAX = 8
"""Workbooks that stay unpacked from one reading to the next: each takes room on a disk."""


class MappedFiles:
    """Files that a profile maps, as one sequence of records.

    They are read several times, before anything is posted and when it is. Where `is_kept`, what a
    workbook was unpacked to stays from one time to the next. `book_zone` gives the time zone of
    the book they go to: that of times without one, where the profile states none.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        profile: Profile,
        *,
        is_kept: bool = True,
        book_zone: Callable[[], str] | None = None,
    ) -> None:
        self._is_kept = is_kept and len(paths) <= KEPT_MAX
        self._paths, self._profile, self._book_zone = paths, profile, book_zone
        self._tables: dict[Path, Table] = {}
        self._kept = ExitStack()
        weakref.finalize(self, self._kept.close)
        self.reports: list[Report] = []
        """What became of each file, as far as it was read last."""

    def check(self) -> None:
        """Look at each file's header before anything is read.

        Raises
        ------
        FieldInvalid
            Where a file has no table that the profile maps.
        """
        for path in self._paths:
            if str(path) != "-":  # it can be read once
                with self._opened(path) as table:
                    Mapper(self._profile, table, self._book_zone)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Read the records of all files in order, in frames.

        Raises
        ------
        FieldInvalid
            Where a file cannot be read as the profile says.
        """
        self.reports = []
        for path in self._paths:
            with self._opened(path) as table:
                mapper = Mapper(self._profile, table, self._book_zone)
                self.reports.append(mapper.report)
                yield from mapper.frames()

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Table]:
        """Open a file's table, or take the one that is open."""
        is_workbook = format_of(path, self._profile.file.format) in WORKBOOKS
        if not (self._is_kept and is_workbook):
            with open_table(path, self._profile.file, self._needed()) as table:
                yield table
            return
        if path not in self._tables:
            opening = open_table(path, self._profile.file, self._needed())
            self._tables[path] = self._kept.enter_context(opening)
        yield self._tables[path]

    def _needed(self) -> list[str]:
        """List names by which a sheet is recognized."""
        if self._profile.is_plain:
            return list(REQUIRED_FIELDS)
        rules = self._profile.columns.values()
        return [name for rule in rules for name in (rule.name, *rule.join) if name]

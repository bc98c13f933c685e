"""Files to frames of records: the door of the room."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tonne.client.answers.records import REQUIRED_FIELDS
from tonne.imports.profiles.mapping import Mapper
from tonne.imports.sources.opening import open_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from tonne.imports.profiles.profile import Profile
    from tonne.imports.profiles.report import Report


class MappedFiles:
    """Files that a profile maps, as one sequence of records."""

    def __init__(self, paths: Sequence[Path], profile: Profile) -> None:
        self._paths, self._profile = paths, profile
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
                with open_table(path, self._profile.file, self._needed()) as table:
                    Mapper(self._profile, table)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Read the records of all files in order, in frames.

        Raises
        ------
        FieldInvalid
            Where a file cannot be read as the profile says.
        """
        self.reports = []
        for path in self._paths:
            with ExitStack() as stack:
                table = stack.enter_context(open_table(path, self._profile.file, self._needed()))
                mapper = Mapper(self._profile, table)
                self.reports.append(mapper.report)
                yield from mapper.frames()

    def _needed(self) -> list[str]:
        """List names by which a sheet is recognized."""
        if self._profile.is_plain:
            return list(REQUIRED_FIELDS)
        rules = self._profile.columns.values()
        return [name for rule in rules for name in (rule.name, *rule.join) if name]

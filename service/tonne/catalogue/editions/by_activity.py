"""Factors of shipped editions, read activity by activity: what nobody asks for stays a text."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, overload

from tonne.catalogue.editions.edition import parse_edition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.catalogue.editions.factor import Factor


class Label(NamedTuple):
    """What a factor is found by, as its columns have it."""

    row: int
    activity: str
    region: str
    unit: str
    stage: str
    valid_from: dt.date
    valid_to: dt.date | None
    cell: str
    kwh: Decimal | None


class ShippedFactors(Sequence["Factor"]):
    """The factors of a shipped edition, in the order of its rows.

    Parameters
    ----------
    content : bytes
        Its CSV: one line a factor, the activity before the first comma.

    Notes
    -----
    Safe to share between threads: two that read the same activity read the same.
    """

    def __init__(self, content: bytes) -> None:
        self._header, *lines = content.decode("utf-8").removesuffix("\n").split("\n")
        self._lines = lines
        self._rows: dict[str, list[int]] = {}
        for row, line in enumerate(lines, start=1):
            self._rows.setdefault(line.partition(",")[0], []).append(row)
        self._known: dict[str, tuple[Factor, ...]] = {}
        self._all: tuple[Factor, ...] = ()

    @property
    def activities(self) -> Collection[str]:
        """Ids under which factors stand."""
        return self._rows.keys()

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """What the factors are found by, in the order of the rows; none of them is read."""
        columns = ("activity", "region", "unit", "stage", "row", "valid_from", "valid_to", "kwh")
        places = [self._header.split(",").index(name) for name in columns]
        found = []
        for row, cells in enumerate(csv.reader(self._lines), start=1):
            activity, region, unit, stage, cell, first, stop, kwh = (cells[at] for at in places)
            start = dt.date.fromisoformat(first)
            end = dt.date.fromisoformat(stop) if stop else None
            found.append(
                Label(
                    row,
                    activity,
                    region,
                    unit,
                    stage,
                    start,
                    end,
                    cell,
                    Decimal(kwh) if kwh else None,
                )
            )
        return tuple(found)

    def of(self, activity: str) -> tuple[Factor, ...]:
        """Give the factors of an activity; none where there is none."""
        found = self._known.get(activity)
        if found is None:
            rows = self._rows.get(activity)
            if rows is None:
                return ()  # not kept: ids come from producers
            found = self._known[activity] = self._read(rows)
        return found

    def __len__(self) -> int:
        """Count them; reads none."""
        return len(self._lines)

    @overload
    def __getitem__(self, place: int) -> Factor: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Factor, ...]: ...
    def __getitem__(self, place: int | slice) -> Factor | tuple[Factor, ...]:
        """Give one of them, or some."""
        rows = range(1, len(self._lines) + 1)[place]
        return self._read([rows])[0] if isinstance(rows, int) else self._read(rows)

    def __iter__(self) -> Iterator[Factor]:
        """Go through all of them, read once."""
        if not self._all:
            self._all = self._read(range(1, len(self._lines) + 1))
        return iter(self._all)

    def _read(self, rows: Sequence[int]) -> tuple[Factor, ...]:
        """Read some rows, with their numbers in the edition."""
        if not rows:
            return ()
        lines = [self._header, *(self._lines[row - 1] for row in rows)]
        found = parse_edition("\n".join(lines).encode())
        return tuple(
            factor if factor.row == row else replace(factor, row=row)
            for factor, row in zip(found, rows, strict=True)
        )


class ByActivity(Mapping[str, Sequence["Factor"]]):
    """Factors of several editions by the id under which they stand.

    Parameters
    ----------
    editions : iterable of sequence of Factor
        Those of shipped editions are read when their activity is asked for.
    """

    def __init__(self, editions: Iterable[Sequence[Factor]]) -> None:
        self._shipped: list[ShippedFactors] = []
        self._own: dict[str, list[Factor]] = {}
        for factors in editions:
            if isinstance(factors, ShippedFactors):
                self._shipped.append(factors)
                continue
            for factor in factors:
                self._own.setdefault(factor.activity, []).append(factor)

    @property
    def own(self) -> Iterable[str]:
        """Ids under which factors stand that do not ship."""
        return self._own.keys()

    def __getitem__(self, activity: str) -> Sequence[Factor]:
        """Give the factors of an activity, imported ones first."""
        found = list(self._own.get(activity, ()))
        for factors in self._shipped:
            found += factors.of(activity)
        if not found:
            raise KeyError(activity)
        return found

    def __contains__(self, activity: object) -> bool:
        """Whether any edition has factors of an activity; reads none."""
        return activity in self._own or any(activity in each.activities for each in self._shipped)

    def __iter__(self) -> Iterator[str]:
        """Go through the ids, each once."""
        ids = dict.fromkeys(self._own)
        for factors in self._shipped:
            ids |= dict.fromkeys(factors.activities)
        return iter(ids)

    def __len__(self) -> int:
        """Count the ids."""
        return sum(1 for _ in self)

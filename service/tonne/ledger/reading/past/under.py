"""Postings under another version of the method: what was recorded, resolved as that version does.

What was posted says of how much, of what, where and when; under which factors follows from the
version. A date on which a factor begins cuts a month: where the version has one within what was
posted as one sum, that sum cannot be told apart, and is refused rather than guessed.
"""

from __future__ import annotations

import bisect
import threading
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.reading.balances import ALL
from tonne.model import LAST_DAY, RowStatus, first_day_of, month_of_period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.book.book_state import BookState
    from tonne.ledger.files.files import Wanted
    from tonne.ledger.reading.moment import Moment, MomentParts
    from tonne.store.rows import FileRow

_KEY = ("activity", "unit", "region", "period", "first_day", "last_day")


SliceKey = tuple[str, str, str, int, int, int, str]
"""Activity, unit, region, month, first and last day, and the facility where it has rates."""


class UnderMethod:
    """Reads postings as a version of the method would have posted them. For one thread at a time.

    Parameters
    ----------
    parts : callable
        Reads the postings of a moment.
    state : BookState
        The rules with that version.
    """

    def __init__(self, parts: MomentParts, state: BookState) -> None:
        self._parts = parts
        self._state = state
        self._lock = threading.Lock()
        self.resolutions: dict[str, Resolution] = {}
        """What was resolved so far, by id."""

    def parts(
        self, moment: Moment, files: Sequence[FileRow] | None = None, wanted: Wanted = ALL
    ) -> Iterator[pl.DataFrame]:
        """Give postings in parts, columns of `POSTINGS_SCHEMA`.

        Raises
        ------
        FieldInvalid
            A sum cannot be told apart, or has factors by the hour.
        """
        for part in self._parts(moment, files, wanted):
            yield self._resolved(part)

    def _resolved(self, part: pl.DataFrame) -> pl.DataFrame:
        rated = sorted(self._state.rated_facilities)
        with polars_errors("postings under a version of the method"):
            texts = part.with_columns(
                pl.col("facility", "activity", "unit", "region", "resolution").cast(pl.String)
            ).with_columns(
                pl.col("region").fill_null(""),
                rated=pl.when(pl.col("facility").is_in(rated))
                .then("facility")
                .otherwise(pl.lit("")),
            )
            # Whose facility is not registered waits, whatever the method.
            is_open = pl.col("status") != int(RowStatus.FACILITY_MUST_BE_REGISTERED)
            keys = texts.filter(is_open).select(*_KEY, "rated").unique()
            found = [self._of(row) for row in keys.iter_rows()]
            resolved = keys.with_columns(
                pl.Series("new", [each for each, _ in found], dtype=pl.String),
                pl.Series("now", [status for _, status in found], dtype=pl.UInt8),
            )
            joined = texts.join(
                resolved, on=[*_KEY, "rated"], how="left", maintain_order="left"
            ).with_columns(
                resolution=pl.when(is_open).then("new").otherwise("resolution"),
                status=pl.when(is_open).then("now").otherwise("status"),
            )
            return joined.select(pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items())

    def _of(self, key: SliceKey) -> tuple[str | None, int]:
        """Give the resolution of a key, or None and the status of what waits."""
        found = disposition_under(self._state, key)
        if isinstance(found, RowStatus):
            return None, int(found)
        self.resolutions[found.id] = found
        return found.id, int(RowStatus.POSTED)


def disposition_under(state: BookState, key: SliceKey) -> Resolution | RowStatus:
    """Resolve what was posted as one sum under a state: all of it in one way, or it is refused.

    Raises
    ------
    FieldInvalid
        The sum cannot be told apart, or has factors by the hour.
    """
    activity, unit, region, period, first_day, last_day, facility = key
    runs = state.resolve(activity, unit, region, facility)
    month = first_day_of(period)
    first = month + first_day - 1
    stop = first_day_of(period + 1) if last_day == LAST_DAY else month + last_day
    starts = [run.first_day for run in runs]
    held = runs[bisect.bisect_right(starts, first) - 1 : bisect.bisect_left(starts, stop)]
    found = held[0].disposition
    if any(run.disposition != found for run in held[1:]):
        raise _refused(state, activity, period, "begins to use another factor within the month")
    if isinstance(found, RowStatus):
        if found.is_quarantine:
            raise _refused(state, activity, period, f"refuses the unit {unit!r}")
        return found
    if any(run.holes for run in held) or any(each.hours for each in found.entries):
        raise _refused(state, activity, period, "uses factors by the hour")
    return found


def _refused(state: BookState, activity: str, period: int, why: str) -> FieldInvalid:
    version, month = state.book.method_version, month_of_period(period)
    return FieldInvalid(
        f"method_version: version {version} {why}, {month}, for {activity!r}: what was posted "
        "for the month in one sum cannot be told apart. Leave the month or the activity out, "
        "or estimate its records under a book with that method (`tonne estimate`)",
        metadata={
            "field": "method_version",
            "value": str(version),
            "activity": activity,
            "period": month,
        },
    )


def with_known(
    known: Mapping[str, Resolution], ids: Iterable[str]
) -> tuple[dict[str, Resolution], list[str]]:
    """Part ids into those that are known, with what they stand for, and the others."""
    wanted = list(ids)
    return (
        {each: known[each] for each in wanted if each in known},
        [each for each in wanted if each not in known],
    )

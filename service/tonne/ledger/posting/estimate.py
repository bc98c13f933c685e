"""Posting without a trace: what records would add to a book, kept as sums in memory.

The kernel posts the batches under a book's rules exactly as the journal does; only the files and
the commit are left out. Memory is bounded by the distinct keys of the postings and one batch.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.ledger.book.book_state import RULE_COUNT_MAX, BookState
from tonne.ledger.book.facilities import register_frame
from tonne.ledger.book.part import LedgerPart
from tonne.ledger.book.periods import cuts_of, month_boundaries_us, slice_bounds_us
from tonne.ledger.files.frames import Schema, frame_of, polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.files.repost import FROM, TIMES, TO, slice_table, timed_parts
from tonne.ledger.files.sums import RunningSums
from tonne.ledger.posting.posted import outcome_of, post_slices, refused_texts
from tonne.ledger.posting.suspense import SuspenseTexts
from tonne.ledger.posting.writing.laid_out import posting_frame
from tonne.ledger.statuses import row_error_message
from tonne.model import (
    Book,
    ControlTotals,
    FacilityRule,
    RowError,
    RowStatus,
    check_id,
    first_day_of,
)
from tonne_kernel import Batch, BatchSlice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.editions.hours import HourSeries
    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.files.hours import HourFiles
    from tonne.store.manifest.manifest import Manifest

RECORD_SCHEMA: Schema = {"record": pl.Int64, **POSTINGS_SCHEMA, **TIMES}
"""Columns of postings record by record: `record` counts from 0 over all batches, `TIMES` are
those of the record within the slice."""

EstimateBatch = Batch
"""Decoded records of one message."""

ESTIMATE = "estimate"
"""Name under which the records of an estimate are posted; they stand in no file."""

_RULE_KEYS = ("facility", "activity", "unit", "region", "period")

_SLICE = ("first_day", "last_day")
_OF_RULE = ("first_day_of_rule", "last_day_of_rule")


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """What one batch came to.

    Parameters
    ----------
    first_index : int
        Number of its first record over all batches.
    totals : ControlTotals
        Sums over its records.
    row_errors : tuple of RowError
        Its first records that would not be posted; `index` counts over all batches.
    row_error_count : int
        All of them.
    messages : Mapping of int to str
        What stands in the way of each of `row_errors`, by index.
    postings : polars.DataFrame or None
        `RECORD_SCHEMA`, where they were asked for record by record: posted records alone.
    timed : polars.DataFrame
        The same of the postings on which hours decide, whatever was asked for.
    """

    first_index: int
    totals: ControlTotals
    row_errors: tuple[RowError, ...]
    row_error_count: int
    messages: Mapping[int, str]
    postings: pl.DataFrame | None
    timed: pl.DataFrame


class Estimation:
    """The postings of one estimate. For one thread at a time.

    Parameters
    ----------
    state : BookState
        The rules, which stay those of this moment whatever happens to the book.
    hours : HourFiles, optional
        Has the series of hours of a book.
    """

    def __init__(self, state: BookState, hours: HourFiles | None = None) -> None:
        self.state = state
        self.totals = ControlTotals()
        self._resolutions: dict[str, Resolution] = {}
        self._sums = RunningSums(POSTINGS_SCHEMA)
        self._hours = hours
        self._timed = RunningSums({**POSTINGS_SCHEMA, **TIMES})

    @property
    def resolutions(self) -> Mapping[str, Resolution]:
        """Resolutions that the postings name, by id."""
        return self._resolutions

    def add(self, batch: Batch, *, row_errors_max: int, by_record: bool = False) -> Estimated:
        """Post a batch; `by_record` gives each record's postings, too.

        Raises
        ------
        QuantityOverflow
            A sum is 10^20 or more.
        """
        first_index = self.totals.record_count
        # The session is this estimate's own: no other state posts with it meanwhile.
        self.state.assign_rules(batch.session)
        whole = BatchSlice(batch, ESTIMATE, first_index)
        posted = post_slices(
            [whole], self.state, book=self.state.book.id, row_errors_max=row_errors_max
        )
        with polars_errors("the postings of an estimate"):
            texts = refused_texts(posted)
            outcome = outcome_of(posted.totals[0], ESTIMATE, first_index, texts)
            frame, used = posting_frame(posted, self.state)
            self._resolutions |= {each.id: each for each in used}
            self._sums.add(frame)
            postings = None
            timed = pl.DataFrame(schema=RECORD_SCHEMA)
            records = frame_of(posted.records())
            if by_record or any(entry.hours for each in used for entry in each.entries):
                postings = self._by_record(records, frame)
                timed = self._under_hours(postings)
                self._timed.add(timed)
        self.totals += outcome.totals
        row_errors = tuple(replace(error, index=error.offset) for error in outcome.row_errors)
        return Estimated(
            first_index,
            outcome.totals,
            row_errors,
            outcome.row_error_count,
            self._messages(row_errors, records),
            postings if by_record else None,
            timed,
        )

    def keep_at_most(self, row_count: int) -> int:
        """Add up what waits where more than so many rows are kept; how many are kept then."""
        for sums in (self._sums, self._timed):
            if sums.held_rows > row_count:
                sums.frame()
        return self._sums.held_rows + self._timed.held_rows

    def postings(self) -> pl.DataFrame:
        """Give all postings so far, columns of `balances.POSTINGS_SCHEMA`, each key once."""
        return self._sums.frame()

    def timed(self) -> pl.DataFrame:
        """Give the postings under hours by their times: columns of `postings`, and `TIMES`."""
        return self._timed.frame()

    def series(self, sha256: str) -> HourSeries:
        """Give a series of hours of the book."""
        assert self._hours is not None  # noqa: S101  no shipped edition has any
        return self._hours.get(self.state.book.id, sha256)

    def _under_hours(self, postings: pl.DataFrame) -> pl.DataFrame:
        ids = [
            id_
            for id_, each in self._resolutions.items()
            if any(entry.hours for entry in each.entries)
        ]
        return postings.filter(pl.col("resolution").is_in(ids))

    def _messages(self, row_errors: Sequence[RowError], records: pl.DataFrame) -> dict[int, str]:
        """Say what stands in the way; where a record would wait, which ids are near."""
        messages = {error.index: row_error_message(error) for error in row_errors}
        with polars_errors("records that would wait"):
            waiting = records.filter(
                pl.col("status") > RowStatus.POSTED, pl.col("offset").is_in(list(messages))
            )
        if waiting.height:
            texts = SuspenseTexts(self.state).of(waiting)
            for row in waiting.iter_rows(named=True):
                messages[row["offset"]] = texts(RowStatus(row["status"]), row)
        return messages

    def _by_record(self, records: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
        """Split the batch's posted records, and give each part the resolution of its key."""
        posted = records.filter(pl.col("status") == RowStatus.POSTED)
        whole = postings.select("period", "first_day").unique()
        days = [first_day_of(period) + day - 1 for period, day in whole.iter_rows()]
        cuts = cuts_of(days, self.state.book.time_zone)
        slices = slice_table(month_boundaries_us(self.state.book.time_zone), cuts)
        parts = timed_parts(posted, self.state.periods, slices, cuts).drop(
            "facility", "activity", "unit", "region"
        )
        keys = self.state.with_effective_region(
            posted.select(
                pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
                pl.col("offset").alias("record"),
                pl.col("facility", "activity", "unit").cast(pl.String),
                pl.col("region").cast(pl.String).fill_null(""),
            )
        )
        # Keys that differ in the region as given alone have one rule.
        resolved = (
            postings.filter(pl.col("resolution").is_not_null())
            .select(
                pl.col("facility", "activity", "unit", "region").cast(pl.String),
                "period",
                pl.col(_SLICE).name.suffix("_of_rule"),
                "resolution",
            )
            .unique((*_RULE_KEYS, "first_day_of_rule"))
        )
        return (
            parts.join(keys, on="row", how="inner", maintain_order="left")
            .join(resolved, on=_RULE_KEYS, how="left", maintain_order="left")
            .filter(pl.col("first_day").is_between("first_day_of_rule", "last_day_of_rule"))
            .join(self._bounds(resolved), on=["period", *_OF_RULE], how="left")
            .with_columns(
                pl.max_horizontal("start_us", "slice_from").alias(FROM),
                pl.min_horizontal("end_us", "slice_to").alias(TO),
                pl.lit(0, pl.UInt8).alias("status"),
                pl.lit(0, pl.UInt16).alias("late"),
                pl.lit(1, pl.Int64).alias("record_count"),
                pl.col("row").is_first_distinct().cast(pl.Int64).alias("record_start_count"),
            )
            .select(pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items())
        )

    def _bounds(self, resolved: pl.DataFrame) -> pl.DataFrame:
        """Instants at which the slices of rules begin and end."""
        zone = self.state.book.time_zone
        rows = [
            (*slice_, *slice_bounds_us(zone, *slice_))
            for slice_ in resolved.select("period", *_OF_RULE).unique().iter_rows()
        ]
        schema = {"period": pl.Int32, **dict.fromkeys(_OF_RULE, pl.UInt8)}
        return pl.DataFrame(
            rows, {**schema, "slice_from": pl.Int64, "slice_to": pl.Int64}, orient="row"
        )


class Estimates(LedgerPart):
    """The estimates of a ledger."""

    def __init__(
        self,
        manifest: Manifest,
        states: BookStates,
        clock: Callable[[], dt.datetime],
        hours: HourFiles,
    ) -> None:
        super().__init__(manifest, states, clock)
        self._hours = hours

    def estimation(self, book: str, state: BookState | None = None) -> Estimation:
        """Begin an estimate under a book's rules as they are now, or as `state` has them.

        An empty id stands for the shipped editions in their default order, months in UTC and
        any facility. Raises NameInvalid, BookUnknown.
        """
        if state is not None:
            return Estimation(state, self._hours)
        if not book:
            return Estimation(_CATALOGUE.get())
        return Estimation(self._states.refresh(check_id("book", book)), self._hours)


class CatalogueState:
    """The state of no book: the shipped editions in their default order, UTC, no register."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: BookState | None = None

    def get(self) -> BookState:
        """Give the state; it is made anew when it has taken too many rules."""
        with self._lock:
            if self._state is None or self._state.rule_count >= RULE_COUNT_MAX:
                self._state = _catalogue_state()
            return self._state


_CATALOGUE = CatalogueState()


def _catalogue_state() -> BookState:
    settings = default_settings()
    shipped = shipped_editions()
    editions: Sequence[tuple[str, Sequence[Factor]]] = [
        (edition, shipped[edition].factors) for edition in settings.editions
    ]
    book = Book(
        id="",
        display_name="",
        time_zone="UTC",
        facility_rule=FacilityRule.ANY,
        revision=0,
        create_time=dt.datetime.fromtimestamp(0, dt.UTC),
        method_body=settings.to_json(),
    )
    return BookState(book, editions, settings, register_frame(()))

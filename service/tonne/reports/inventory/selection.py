"""The postings that a request is about, and what each bucket of them adds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.book.facilities import in_order, look_up
from tonne.ledger.files.postings import as_counted, as_happened, months_late
from tonne.reports.hours.weighing import Hours, no_hours
from tonne.reports.inventory.boundary import MIXED, WHOLE, find_boundary
from tonne.reports.inventory.cutting import cut_by_records, cut_by_time
from tonne.reports.inventory.footprint import Bucket, Weights, weigh
from tonne.reports.inventory.parts.facility_types import FacilityTypes
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.request import COUNTED, HAPPENED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.catalogue.resolving.texts import Texts
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.model import Entity
    from tonne.reports.inventory.boundary import Portion
    from tonne.reports.inventory.record_counts import Detail
    from tonne.reports.inventory.request import InventoryRequest


HoursOf = Callable[["Selector"], Hours]
"""Gives the times of postings as a selector takes them."""

Told = tuple[str, str, int, str | None]
"""Reason, message and records of a notice, and the kg CO2e of these; None where none are told."""

Keep = Callable[[pl.DataFrame], pl.DataFrame]
"""Keeps some of the postings of a request: what no field of it can say."""

READ = {"activity": "activity_read", "region": "effective_region"}
"""Columns of what a dimension's texts mean."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Postings of a request, ready to be summed.

    Parameters
    ----------
    posted : pl.DataFrame
        Postings under a resolution, with the columns that the request needs, and `portion`
        where a boundary is drawn.
    suspended : pl.DataFrame
        Postings of records that wait.
    bucket : tuple of str
        Columns that tell one bucket from another.
    portions : sequence of Portion
        By their number.
    weights : Weights
        What the buckets add.
    detail : callable
        Gives posted postings with their facilities, see `record_counts`.
    tells_months : bool
        Whether `period` tells months apart, and not only the first from later ones.
    has_slices : bool
        Whether some month has several slices.
    by_time_count : int
        Records of postings that were split by time where a share changes.
    hours : Hours
        When the records were of postings on which hours decide.
    late : sequence of Told
        What is told of records that count in another month than they happened.
    """

    posted: pl.DataFrame
    suspended: pl.DataFrame
    bucket: tuple[str, ...]
    portions: Sequence[Portion]
    weights: Weights
    detail: Detail
    tells_months: bool = True
    has_slices: bool = True
    by_time_count: int = 0
    hours: Hours = field(default_factory=no_hours)
    late: Sequence[Told] = ()

    def labels(self, pairs: Iterable[tuple[Bucket, int]]) -> pl.DataFrame:
        """Labels of buckets as a frame."""
        names = [*self.bucket, "label"]
        schema = {name: self.posted.schema.get(name, pl.Int64()) for name in names}
        return pl.DataFrame([(*each, label) for each, label in pairs], schema=schema, orient="row")


def select(
    balances: pl.DataFrame,
    resolutions: Mapping[str, Resolution],
    facilities: pl.DataFrame,
    request: InventoryRequest,
    entities: Sequence[Entity] = (),
    *,
    texts: Texts | None = None,
    hours: HoursOf | None = None,
) -> Selection:
    """Take the postings of a request, and what each of their buckets adds.

    Parameters and errors are those of `inventory.inventory`.
    """

    def find(ids: Sequence[str]) -> dict[str, Resolution]:
        return {each: resolutions[each] for each in ids if each in resolutions}

    selector = Selector(facilities, request, entities, Meanings(find, texts))
    chosen, mixed = selector.apart(selector.take(balances))
    if not mixed.is_empty():
        chosen = pl.concat([chosen, selector.cut_by_time(mixed)])

    def detail(cases: pl.DataFrame) -> Iterator[pl.DataFrame]:
        yield chosen.join(cases, on=cases.columns, how="semi", nulls_equal=True)

    count = int(mixed["record_count"].sum())
    return selection_of(
        selector,
        chosen,
        resolutions,
        detail,
        by_time_count=count,
        hours=None if hours is None else hours(selector),
    )


def selection_of(
    selector: Selector,
    chosen: pl.DataFrame,
    resolutions: Mapping[str, Resolution],
    detail: Detail,
    *,
    tells_months: bool = True,
    has_slices: bool = True,
    by_time_count: int = 0,
    hours: Hours | None = None,
    late: Sequence[Told] = (),
) -> Selection:
    """Find what the buckets of postings that a selector took add."""
    is_posted = pl.col("resolution").fill_null("") != ""
    posted = chosen.filter(is_posted)
    buckets = posted.select(selector.bucket).unique(maintain_order=True).rows()
    known = _known(posted, resolutions)
    weights = weigh(known, buckets, selector.request, selector.portions)
    return Selection(
        posted,
        chosen.filter(~is_posted),
        selector.bucket,
        selector.portions,
        weights,
        detail,
        tells_months,
        has_slices,
        by_time_count,
        hours or no_hours(),
        late,
    )


class Selector:
    """Takes the postings of a request, from any part of a book.

    Parameters
    ----------
    facilities : polars.DataFrame
        The register, as `inventory.inventory` has it.
    request : InventoryRequest
    entities : sequence of Entity
        Whose the facilities are.
    meanings : Meanings
        What activities and regions mean.
    keep : callable, optional
        Takes still less.
    """

    def __init__(
        self,
        facilities: pl.DataFrame,
        request: InventoryRequest,
        entities: Sequence[Entity],
        meanings: Meanings,
        keep: Keep | None = None,
    ) -> None:
        self.request = request
        self._keep = keep
        self._meanings = meanings
        self._asks_activity = bool("activity" in request.group_by or request.activities)
        self._boundary = find_boundary(facilities, entities, request.consolidation)
        self._asks_region = bool("region" in request.group_by or request.regions)
        self._asks_type = "facility_type" in request.group_by
        if self._asks_region or self._asks_type:
            self._register = in_order(facilities)

    @property
    def bucket(self) -> tuple[str, ...]:
        """Columns that tell one bucket from another."""
        return ("resolution",) if self._boundary is None else ("resolution", "portion")

    @property
    def portions(self) -> Sequence[Portion]:
        """Portions by their number, of all postings so far."""
        return (WHOLE,) if self._boundary is None else self._boundary.portions

    @property
    def asks_register(self) -> bool:
        """Whether what is taken depends on what the register says of facilities."""
        return self._boundary is not None or self._asks_region or self._asks_type

    def over(self, register: pl.DataFrame) -> Selector:
        """Make a selector of the same request and the same portions, of other facilities.

        The register is in order.
        """
        other = copy.copy(self)
        other._register = register  # noqa: SLF001  # its own kind
        if self._boundary is not None:
            other._boundary = self._boundary.over(register)  # noqa: SLF001  # its own kind
        return other

    def by_other_months(self) -> Selector:
        """Make a selector of the same request that goes by the other of its months."""
        other = copy.copy(self)
        months_by = HAPPENED if self.request.is_counted else COUNTED
        other.request = replace(self.request, months_by=months_by)
        return other

    def types(self) -> FacilityTypes | None:
        """Give what tells the types of facilities by their codes, where the request needs them."""
        if not self._asks_type:
            return None
        return FacilityTypes(self._register)

    def take(self, postings: pl.DataFrame, *, with_type: bool = True) -> pl.DataFrame:
        """Take the postings of the request's months, facilities, activities and regions.

        `resolution` is a text, and `portion` is there where a boundary is drawn. `period` is the
        month of the answer, and `late` tells the other one: see `months_by`. Where the request
        needs them there are `activity_read`, what the record's activity means, `effective_region`,
        what its region means or else its facility's, and `facility_type`, unless that is left
        out.
        """
        request = self.request
        month = pl.col("period")
        if request.is_counted and "late" in postings.columns:
            month += months_late()
        chosen = postings.filter(month.is_between(request.first_period, request.last_period))
        if request.facilities:
            chosen = chosen.filter(pl.col("facility").cast(pl.String).is_in(request.facilities))
        if self._keep is not None:
            chosen = self._keep(chosen)
        if self._asks_activity:
            written = pl.col("activity").cast(pl.String)
            chosen = self._meanings.read(chosen, "activity", written, "activity_read")
        if request.activities:
            chosen = chosen.filter(self._is_asked("activity", "activity_read", request.activities))
        if self._asks_region or (self._asks_type and with_type):
            chosen = self._with_place(chosen)
        if request.regions:
            chosen = chosen.filter(self._is_asked("region", "effective_region", request.regions))
        # Names as text: categories of different frames are not to be compared by code.
        chosen = chosen.with_columns(pl.col("resolution").cast(pl.String))
        if self._boundary is not None:
            chosen = self._boundary.mark(chosen)  # shares are those of when it happened
        if "late" not in chosen.columns:
            return chosen
        return as_counted(chosen) if request.is_counted else as_happened(chosen)

    def happened(self, taken: pl.DataFrame, *, back: bool = False) -> pl.DataFrame:
        """Put postings that were taken into the months in which they happened, or `back`."""
        if not self.request.is_counted or "late" not in taken.columns:
            return taken
        late = pl.col("late").cast(pl.Int32)
        return taken.with_columns(period=pl.col("period") + (late if back else -late))

    def _is_asked(self, column: str, read: str, values: Sequence[str]) -> pl.Expr:
        """Take what means the same as a text that was asked for, or is written so."""
        meant = {self._meanings.now(column, each) for each in values}
        written = pl.col(column).cast(pl.String).is_in([each for each in values if each])
        return pl.col(read).is_in(sorted(meant)) | written

    def apart(self, taken: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Part postings: those of one share, and those posted within whose slice it changes."""
        if self._boundary is None:
            return taken, taken.clear()
        # What waits has no share yet.
        is_mixed = (pl.col("portion") == MIXED) & (pl.col("resolution").fill_null("") != "")
        return (
            taken.filter(~is_mixed).with_columns(pl.col("portion").replace(MIXED, 0)),
            taken.filter(is_mixed),
        )

    def take_apart(self, postings: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Do as `take`, and part what that gives as `apart` does."""
        return self.apart(self.take(postings))

    def cut_by_time(self, mixed: pl.DataFrame) -> pl.DataFrame:
        """Cut postings where the share changes, in proportion to days."""
        assert self._boundary is not None  # noqa: S101  nothing is mixed without one
        return self.happened(cut_by_time(self._boundary, self.happened(mixed)), back=True)

    def cut_by_records(
        self, snapshot: Snapshot, mixed: pl.DataFrame, hold: Hold | None
    ) -> tuple[pl.DataFrame, int]:
        """Cut postings where the share changes, as their records are: see `cutting`."""
        assert self._boundary is not None  # noqa: S101  nothing is mixed without one
        own = self.happened(mixed)
        cut, by_time_count = cut_by_records(snapshot, self._boundary, own, hold)
        return self.happened(cut, back=True), by_time_count

    def _with_place(self, chosen: pl.DataFrame) -> pl.DataFrame:
        names = chosen["facility"].unique()
        ids, asked = self._register["facility"], names.cast(pl.String)
        register = pl.DataFrame(
            {
                "facility": names,
                **{
                    f"facility_{name}": look_up(ids, self._register[name], asked).fill_null("")
                    for name in ("type", "region")
                },
            }
        )
        placed = chosen.join(register, on="facility", how="left")
        if not self._asks_region:
            return placed
        own = pl.col("region").cast(pl.String).fill_null("")
        written = pl.when(own != "").then(own).otherwise("facility_region")
        return self._meanings.read(placed, "region", written, "effective_region")


def _known(posted: pl.DataFrame, resolutions: Mapping[str, Resolution]) -> dict[str, Resolution]:
    names = posted.get_column("resolution").unique().to_list()
    missing = sorted(set(names) - set(resolutions))
    if missing:
        raise LedgerInconsistent(
            f"postings name resolutions that are missing: {', '.join(missing[:3])} "
            f"({len(missing)} in all)"
        )
    return {name: resolutions[name] for name in names}

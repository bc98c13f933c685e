"""The postings that a request is about, and what each bucket of them adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.reports.inventory.boundary import MIXED, WHOLE, find_boundary
from tonne.reports.inventory.cutting import cut_by_records, cut_by_time
from tonne.reports.inventory.footprint import Bucket, Weights, weigh

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.model import Entity
    from tonne.reports.inventory.boundary import Portion
    from tonne.reports.inventory.record_counts import Detail
    from tonne.reports.inventory.request import InventoryRequest


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

    def labels(self, pairs: Iterable[tuple[Bucket, int]]) -> pl.DataFrame:
        """Labels of buckets as a frame."""
        names = [*self.bucket, "label"]
        schema = {name: self.posted.schema.get(name, pl.Int64()) for name in names}
        rows = [(*bucket, label) for bucket, label in pairs]
        return pl.DataFrame(rows, schema=schema, orient="row")


def select(
    balances: pl.DataFrame,
    resolutions: Mapping[str, Resolution],
    facilities: pl.DataFrame,
    request: InventoryRequest,
    entities: Sequence[Entity] = (),
) -> Selection:
    """Take the postings of a request, and what each of their buckets adds.

    Parameters and errors are those of `inventory.inventory`.
    """
    selector = Selector(facilities, request, entities)
    chosen, mixed = selector.apart(selector.take(balances))
    if not mixed.is_empty():
        chosen = pl.concat([chosen, selector.cut_by_time(mixed)])

    def detail(cases: pl.DataFrame) -> Iterator[pl.DataFrame]:
        yield chosen.join(cases, on=cases.columns, how="semi", nulls_equal=True)

    count = int(mixed["record_count"].sum())
    return selection_of(selector, chosen, resolutions, detail, by_time_count=count)


def selection_of(
    selector: Selector,
    chosen: pl.DataFrame,
    resolutions: Mapping[str, Resolution],
    detail: Detail,
    *,
    tells_months: bool = True,
    has_slices: bool = True,
    by_time_count: int = 0,
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
    """

    def __init__(
        self, facilities: pl.DataFrame, request: InventoryRequest, entities: Sequence[Entity]
    ) -> None:
        self.request = request
        self._boundary = find_boundary(facilities, entities, request.consolidation)
        asked = {"region", "facility_type"} & set(request.group_by)
        self._asks_register = bool(asked or request.regions)
        if self._asks_register:
            self._register = facilities.select(
                pl.col("facility", "type", "region").cast(pl.String).fill_null("")
            ).rename({"facility": "name", "type": "facility_type", "region": "facility_region"})

    @property
    def bucket(self) -> tuple[str, ...]:
        """Columns that tell one bucket from another."""
        return ("resolution",) if self._boundary is None else ("resolution", "portion")

    @property
    def portions(self) -> Sequence[Portion]:
        """Portions by their number, of all postings so far."""
        return (WHOLE,) if self._boundary is None else self._boundary.portions

    def take(self, postings: pl.DataFrame) -> pl.DataFrame:
        """Take the postings of the request's months, facilities, activities and regions.

        `resolution` is a text, and `portion` is there where a boundary is drawn. `place` is the
        record's region, or else its facility's; it and `facility_type` are there where the
        request needs them.
        """
        request = self.request
        chosen = postings.filter(
            pl.col("period").is_between(request.first_period, request.last_period)
        )
        for column, values in (
            ("facility", request.facilities),
            ("activity", request.activities),
        ):
            if values:
                chosen = chosen.filter(pl.col(column).cast(pl.String).is_in(list(values)))
        if self._asks_register:
            chosen = self._with_place(chosen)
        if request.regions:
            chosen = chosen.filter(pl.col("effective_region").is_in(list(request.regions)))
        # Names as text: categories of different frames are not to be compared by code.
        chosen = chosen.with_columns(pl.col("resolution").cast(pl.String))
        return chosen if self._boundary is None else self._boundary.mark(chosen)

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

    def cut_by_time(self, mixed: pl.DataFrame) -> pl.DataFrame:
        """Cut postings where the share changes, in proportion to days."""
        assert self._boundary is not None  # noqa: S101  nothing is mixed without one
        return cut_by_time(self._boundary, mixed)

    def cut_by_records(
        self, snapshot: Snapshot, mixed: pl.DataFrame, hold: Hold | None
    ) -> tuple[pl.DataFrame, int]:
        """Cut postings where the share changes, as their records are: see `cutting`."""
        assert self._boundary is not None  # noqa: S101  nothing is mixed without one
        return cut_by_records(snapshot, self._boundary, mixed, hold)

    def _with_place(self, chosen: pl.DataFrame) -> pl.DataFrame:
        register = (
            chosen.select(pl.col("facility").unique())
            .with_columns(name=pl.col("facility").cast(pl.String))
            .join(self._register, on="name", how="left")
            .with_columns(pl.col("facility_type", "facility_region").fill_null(""))
            .drop("name")
        )
        own = pl.col("region").cast(pl.String).fill_null("")
        return chosen.join(register, on="facility", how="left").with_columns(
            effective_region=pl.when(own != "").then(own).otherwise("facility_region")
        )


def _known(posted: pl.DataFrame, resolutions: Mapping[str, Resolution]) -> dict[str, Resolution]:
    names = posted.get_column("resolution").unique().to_list()
    missing = sorted(set(names) - set(resolutions))
    if missing:
        raise LedgerInconsistent(
            f"postings name resolutions that are missing: {', '.join(missing[:3])} "
            f"({len(missing)} in all)"
        )
    return {name: resolutions[name] for name in names}

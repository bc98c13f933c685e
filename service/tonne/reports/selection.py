"""The postings that a request is about, and what each bucket of them adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.reports.boundary import WHOLE, find_boundary
from tonne.reports.footprint import Bucket, Weights, weigh

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.catalogue.resolution import Resolution
    from tonne.model import Entity
    from tonne.reports.boundary import Portion
    from tonne.reports.request import InventoryRequest


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
    """

    posted: pl.DataFrame
    suspended: pl.DataFrame
    bucket: tuple[str, ...]
    portions: Sequence[Portion]
    weights: Weights

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
    selected = _select(balances, facilities, request)
    is_posted = pl.col("resolution").cast(pl.String).fill_null("") != ""
    # Names as text: dictionaries of different files are not to be compared by code.
    posted = selected.filter(is_posted).with_columns(pl.col("resolution").cast(pl.String))
    boundary = find_boundary(posted, facilities, entities, request.consolidation)
    bucket: tuple[str, ...] = ("resolution",)
    portions: Sequence[Portion] = (WHOLE,)
    if boundary is not None:
        posted, portions = boundary.mark(posted), boundary.portions
        bucket = ("resolution", "portion")
    buckets = posted.select(bucket).unique(maintain_order=True).rows()
    known = _known(posted, resolutions)
    weights = weigh(known, buckets, request, portions)
    return Selection(posted, selected.filter(~is_posted), bucket, portions, weights)


def _select(
    balances: pl.DataFrame, facilities: pl.DataFrame, request: InventoryRequest
) -> pl.DataFrame:
    """Take the postings of the request's months, facilities, activities and regions.

    `place` is the record's region, or else its facility's; it and `facility_type` are there
    where the request needs them.
    """
    chosen = balances.filter(
        pl.col("period").is_between(request.first_period, request.last_period)
    )
    for column, values in (("facility", request.facilities), ("activity", request.activities)):
        if values:
            chosen = chosen.filter(pl.col(column).cast(pl.String).is_in(list(values)))
    if request.regions or {"region", "facility_type"} & set(request.group_by):
        register = (
            chosen.select(pl.col("facility").unique())
            .with_columns(name=pl.col("facility").cast(pl.String))
            .join(
                facilities.select(
                    pl.col("facility", "type", "region").cast(pl.String).fill_null("")
                ).rename(
                    {"facility": "name", "type": "facility_type", "region": "facility_region"}
                ),
                on="name",
                how="left",
            )
            .with_columns(pl.col("facility_type", "facility_region").fill_null(""))
            .drop("name")
        )
        own = pl.col("region").cast(pl.String).fill_null("")
        chosen = chosen.join(register, on="facility", how="left").with_columns(
            place=pl.when(own != "").then(own).otherwise("facility_region")
        )
    if request.regions:
        chosen = chosen.filter(pl.col("place").is_in(list(request.regions)))
    return chosen


def _known(posted: pl.DataFrame, resolutions: Mapping[str, Resolution]) -> dict[str, Resolution]:
    names = posted.get_column("resolution").unique().to_list()
    missing = sorted(set(names) - set(resolutions))
    if missing:
        raise LedgerInconsistent(
            f"postings name resolutions that are not stored: {', '.join(missing[:3])} "
            f"({len(missing)} in all)"
        )
    return {name: resolutions[name] for name in names}

"""What came of a batch beside what the ledger keeps under its offsets, record by record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.model import RowStatus
from tonne.quantities import atto_of, quantity_decimal, quantity_text
from tonne_kernel import parse_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.files.frames import Schema

CORE: Schema = {
    "offset": pl.Int64,
    "record_id": pl.String,
    "facility": pl.String,
    "activity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "quantity": QUANTITY_TYPE,
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
}
"""Fields that every readable record has, wherever it is kept."""

OPTIONAL: Schema = {
    "supplier": pl.String,
    "product": pl.String,
    "data_quality": pl.UInt8,
    "evidence": pl.String,
    "attributes": pl.String,
}
"""Fields that a segment has where some record of it does; absent is the same as empty."""

REFUSED: Schema = {
    "offset": pl.Int64,
    "status": pl.UInt8,
    "field": pl.UInt8,
    "record_id": pl.String,
    "facility": pl.String,
    "activity": pl.String,
    "quantity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "unread": pl.String,
}
"""Fields of a record that breaks a rule by itself."""


RULED = (
    RowStatus.UNIT_MUST_BE_KNOWN,
    RowStatus.UNIT_MUST_FIT_ACTIVITY,
    RowStatus.SPAN_MUST_FIT,
    RowStatus.PERIOD_MUST_BE_OPEN,
)
"""What refuses a record that can be read: it is compared by what it says."""

DIFFERENCES_MAX = 100
"""Records of one comparison whose fields are told; the others are counted."""

_TIMES = ("start", "end")
_LIKENESS = ("offset", "record_id", "facility", "activity", "unit", "region", *_TIMES)

_TIMES_AT_FAULT = (
    RowStatus.START_MUST_BE_IN_RANGE,
    RowStatus.END_MUST_BE_IN_RANGE,
    RowStatus.END_MUST_FOLLOW_START,
    RowStatus.SPAN_MUST_FIT,
)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that is not the one at its offset; `fields` are name, what is kept, what came."""

    offset: int
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a batch that was compared.

    `differences` are from records that are posted or in suspense, at most `DIFFERENCES_MAX`, and
    `difference_count` all of them, at `correctable_offsets` those that are the same record with
    other content; `mendable_offsets` are from records in quarantine, of which `quarantined_count`
    are the same.
    """

    differences: tuple[Difference, ...]
    difference_count: int
    mendable_offsets: tuple[int, ...]
    quarantined_count: int
    correctable_offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What came beside what is kept, and the offsets at which they differ.

    `ignored` are the fields that were not compared.
    """

    came: pl.DataFrame
    came_refused: pl.DataFrame
    kept: pl.DataFrame
    kept_refused: pl.DataFrame
    others: list[int]
    ignored: frozenset[str] = frozenset()

    def refused_now(self) -> set[int]:
        """Offsets whose record is in quarantine by now."""
        last = pl.concat(
            [
                self.kept.select("offset", "generation", is_refused=False),
                self.kept_refused.select("offset", "generation", is_refused=True),
            ]
        )
        last = last.filter(pl.col("generation") == pl.col("generation").max().over("offset"))
        return set(last.filter("is_refused")["offset"].to_list())

    def resembling(self) -> set[int]:
        """Offsets at which what came may be what is in quarantine there, mended.

        It has the same `record_id`, and is not of another time; or neither has an id, and but one
        of the other fields that could be read differs. Times may differ where they were at fault.
        """
        came = pl.concat(
            [frame.select(timed(_LIKENESS)) for frame in (self.came, self.came_refused)]
        )
        last = self.kept_refused.sort("generation").unique("offset", keep="last")
        beside = last.select(*timed(_LIKENESS), "status").join(came, on="offset", suffix="_came")
        differs = {
            name: (pl.col(name).is_not_null() & (pl.col(name).cast(pl.String) != ""))
            & (pl.col(name) != pl.col(f"{name}_came")).fill_null(value=True)
            for name in _LIKENESS
            if name not in {"offset", "record_id"}
        }
        times = [differs.pop(name) for name in _TIMES]
        is_time_at_fault = pl.col("status").is_in(_TIMES_AT_FAULT)
        is_moved = pl.all_horizontal(times) & ~is_time_at_fault
        field_count = pl.sum_horizontal(differs.values())
        time_count = pl.when(is_time_at_fault).then(0).otherwise(pl.sum_horizontal(times))
        has_id = pl.col("record_id") != ""
        same_id = pl.col("record_id") == pl.col("record_id_came")
        alike = field_count + time_count <= 1
        found = beside.filter((has_id & same_id & ~is_moved) | (~has_id & alike))
        return set(found["offset"].to_list())

    def correctable(self) -> set[int]:
        """Offsets at which what came may be the record that is posted, or waits, corrected.

        It has the same `record_id`; or neither has an id, and but one of the other fields by which
        a record is known differs.
        """
        names = [name for name in _LIKENESS if name not in {"offset", "record_id"}]
        came = self.came.select(_LIKENESS)
        last = self.kept.sort("generation").unique("offset", keep="last").select(_LIKENESS)
        beside = last.join(came, on="offset", suffix="_came")
        differing = pl.sum_horizontal(
            pl.col(name).ne_missing(pl.col(f"{name}_came")) for name in names
        )
        same_id = pl.col("record_id") == pl.col("record_id_came")
        found = beside.filter(same_id & ((pl.col("record_id") != "") | (differing <= 1)))
        return set(found["offset"].to_list())

    def difference(self, offset: int) -> Difference:
        """Tell how a record differs from the one that is posted, or waits."""
        kept = self.kept.filter(pl.col("offset") == offset).sort("generation").tail(1)
        if kept.is_empty():
            kept = self.kept_refused.filter(pl.col("offset") == offset).sort("generation").tail(1)
        came = self.came.filter(pl.col("offset") == offset)
        if came.is_empty():
            came = self.came_refused.filter(pl.col("offset") == offset)
        hidden = {"offset", *self.ignored}
        before, now = _texts(kept), _texts(came)
        return Difference(
            offset,
            tuple(
                (name, before.get(name, ""), now.get(name, ""))
                for name in (*CORE, *OPTIONAL)
                if name not in hidden and before.get(name, "") != now.get(name, "")
            ),
        )


def timed(names: Sequence[str]) -> list[pl.Expr]:
    """Select fields, times as microseconds, as those in quarantine have them."""
    return [pl.col(name).cast(pl.Int64) if name in _TIMES else pl.col(name) for name in names]


def _texts(frame: pl.DataFrame) -> dict[str, str]:
    """Write the fields of one record as texts."""
    row = next(frame.iter_rows(named=True), {})
    return {name: _text(name, value) for name, value in row.items()}


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in {"start", "end"}:
        if isinstance(value, int):
            value = _EPOCH + dt.timedelta(microseconds=value)
        return str(value).replace("+00:00", "Z").replace(" ", "T")
    if isinstance(value, Decimal):
        return quantity_text(atto_of(value)).rstrip("0").removesuffix(".")
    return str(value)


def select(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Give columns one type each; what is absent is empty."""
    columns = []
    for name, kind in schema.items():
        column = pl.col(name) if name in frame.columns else pl.lit(None)
        column = column.cast(kind)
        if kind in {pl.String, pl.UInt8}:
            column = column.fill_null("" if kind == pl.String else 0)
        columns.append(column.alias(name))
    return frame.select(columns)


def record_columns(ruled: pl.DataFrame) -> pl.DataFrame:
    """Read records that the book refused (by their unit) back from their texts."""
    quantities = [_quantity(text) for text in ruled["quantity"].to_list()]
    return ruled.select(
        *(pl.col(name) for name in CORE if name not in {"quantity", "start", "end"}),
        pl.Series("quantity", quantities, dtype=CORE["quantity"]),
        pl.col("start", "end").cast(CORE["start"]),
    ).select(list(CORE))


def _quantity(text: str) -> Decimal:
    return quantity_decimal(parse_decimal(text.encode()))


def same_offsets(came: pl.DataFrame, kept: pl.DataFrame, columns: list[str]) -> pl.Series:
    """Offsets of the rows that came and are kept with equal columns."""
    return came.join(kept, on=columns, how="semi", nulls_equal=True)["offset"]

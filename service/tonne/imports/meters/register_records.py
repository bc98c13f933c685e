"""Records whose quantities are readings of registers, as records of what was used.

A meter is what records have in common: facility, activity, unit, region, supplier and product. It
is named by its facility, or by `FACILITY/ACTIVITY` where a facility has several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.meters.registers import consumption

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.imports.meters.register_rules import RegisterRules

READINGS_MAX = 5_000_000
"""Most readings of one import: they are sorted in memory."""

CHUNK_ROWS = 50_000

_SHARED = ("facility", "activity", "unit", "region", "supplier", "product")
_TIME = pl.Datetime("us", "UTC")


class RegisterRecords:
    """Turns frames of records into frames of what was used.

    Parameters
    ----------
    time : str
        `start` or `end`: the column that has the times of the readings.
    rules : RegisterRules
    place : str
        The files, for messages.

    Attributes
    ----------
    remarks : list of str
        As `registers.Consumption` has them; complete when the frames have been read.
    """

    def __init__(self, time: str, rules: RegisterRules, place: str) -> None:
        if time not in {"start", "end"}:
            raise FieldInvalid(
                f"--readings: expected start or end, the column with the times of the readings; "
                f"got {time!r}",
                metadata={"field": "readings"},
            )
        self._time, self._rules, self._place = time, rules, place
        self.remarks: list[str] = []

    def frames(self, records: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Read all readings, then give what was used, in the order of ends.

        So a file that grew gives the same records first, and new ones behind them.

        Raises
        ------
        FieldInvalid
            As `registers.consumption` says; or there are too many readings.
        """
        readings = self._gather(records)
        if readings.is_empty():
            return
        meters = _meters(readings)
        named = readings.join(meters, on=_SHARED, how="left", maintain_order="left")
        found = consumption(named, self._rules, place=self._place, word="record")
        self.remarks = list(found.remarks)
        shared = named.select("meter", *_SHARED).unique("meter", keep="first")
        evidence = named.select(pl.col("_row").alias("last_row"), "evidence")
        spans = (
            found.spans.sort("end", "start", "meter")
            .join(shared, on="meter", how="left", maintain_order="left")
            .join(evidence, on="last_row", how="left", maintain_order="left")
        )
        first, last = (pl.col(f"{name}_row").cast(pl.String) for name in ("first", "last"))
        rows = pl.format(
            f"{self._place}#record {{}} to {{}}", first.fill_null("swap"), last.fill_null("swap")
        )
        own = pl.when(pl.col("evidence") != "").then("evidence")
        times = [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("start", "end")]
        made = spans.select(
            pl.format("{} {}/{}", "meter", *times).alias("record_id"),
            *_SHARED,
            "quantity",
            "start",
            "end",
            "data_quality",
            pl.coalesce(own, rows).alias("evidence"),
        )
        yield from made.iter_slices(CHUNK_ROWS)

    def _gather(self, records: Iterable[pl.DataFrame]) -> pl.DataFrame:
        parts: list[pl.DataFrame] = []
        count = 0
        for frame in records:
            count += frame.height
            if count > READINGS_MAX:
                raise FieldInvalid(
                    f"{self._place}: expected at most {READINGS_MAX:,} readings at once; import "
                    "them in several files, each beginning with the last reading of the one before"
                )
            self._refuse_unread(frame, count - frame.height)
            parts.append(self._read(frame, count - frame.height))
        return pl.concat(parts) if parts else pl.DataFrame()

    def _refuse_unread(self, frame: pl.DataFrame, before: int) -> None:
        """Refuse a reading of which a text stands for no value: it would be a meter's name."""
        if "unread" not in frame.columns or not frame["unread"].is_not_null().any():
            return
        row = int(frame["unread"].is_not_null().arg_true()[0])
        where = frame["evidence"][row] if "evidence" in frame.columns else ""
        raise FieldInvalid(
            f"{where or self._place}, record {before + row + 1}: {frame['unread'][row]} cannot be "
            "read: mend the cell; where one reading is missing, nobody can tell what was used",
            metadata={"record": str(before + row + 1)},
        )

    def _read(self, frame: pl.DataFrame, before: int) -> pl.DataFrame:
        def text(name: str) -> pl.Expr:
            found = pl.col(name) if name in frame.columns else pl.lit(None)
            return found.cast(pl.String).fill_null("").alias(name)

        return frame.select(
            *map(text, (*_SHARED, "data_quality", "evidence")),
            text("quantity").alias("reading"),
            self._times(frame[self._time]).alias("time"),
            (pl.int_range(pl.len(), dtype=pl.UInt64) + before + 1).alias("_row"),
        )

    def _times(self, given: pl.Series) -> pl.Series:
        """Read times; null where one cannot be read."""
        if given.dtype == pl.String:
            return given.str.to_datetime("%+", time_zone="UTC", time_unit="us", strict=False)
        if given.dtype == pl.Date:
            local = given.cast(pl.Datetime("us")).dt.replace_time_zone(
                self._rules.time_zone, ambiguous="earliest", non_existent="null"
            )
            return local.dt.convert_time_zone("UTC")
        if isinstance(given.dtype, pl.Datetime) and given.dtype.time_zone is None:
            return given.dt.replace_time_zone("UTC").cast(_TIME)
        return given.cast(_TIME)


def _meters(readings: pl.DataFrame) -> pl.DataFrame:
    """Name each meter: by its facility, else with what tells it from the facility's others."""
    meters = readings.select(_SHARED).unique(maintain_order=True)
    facility, activity = pl.col("facility"), pl.col("activity")
    with_activity = facility + "/" + activity
    whole = pl.concat_str([pl.col(name) for name in _SHARED], separator="/")
    return meters.with_columns(
        pl.when(pl.len().over("facility") == 1)
        .then(facility)
        .when(pl.len().over("facility", "activity") == 1)
        .then(with_activity)
        .otherwise(whole)
        .alias("meter")
    )

"""Records of one id among those laid side by side: they do not lie over each other.

They are one record that came twice, which is found by its id. Where they stand beside each other
all the same, each is looked at without the other: what is left is counted one by one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import polars as pl

USES_MAX: Final = 64
"""Records of one id and subject beyond which the id says nothing: they are as those without."""


class RepeatedIds:
    """The records whose id stands several times.

    Parameters
    ----------
    told : polars.DataFrame
        All records, in order: row, group, cluster, subject, source, record_id, start, end.
    """

    def __init__(self, told: pl.DataFrame) -> None:
        uses = pl.len().over("subject", "record_id")
        has_several = (pl.col("record_id") != "") & uses.is_between(2, USES_MAX)
        self._told = told
        self._repeated = told.filter(has_several).select(
            "row", "cluster", "source", "record_id", "start", "end"
        )

    def left_out(self, found: pl.DataFrame) -> pl.DataFrame:
        """Leave out what a record has with others of its id.

        Parameters
        ----------
        found : polars.DataFrame
            A row a record and channel: `pair_count`, `covered_us`, `excess_us`, and the keys.
        """
        mine = self._repeated.join(found.select("row").unique(), on="row", how="semi")
        met = mine.join(self._repeated, on=["cluster", "record_id"]).filter(
            pl.col("row") != pl.col("row_right"),
            pl.col("start") < pl.col("end_right"),
            pl.col("end") > pl.col("start_right"),
        )
        if met.is_empty():
            return found
        counts = met.group_by("row", "record_id", other="source_right").agg(
            gone=pl.len().cast(pl.Int64)
        )
        touched = counts.join(found, on=["row", "other"])
        lines = _lines(self._told, touched["other_group"].unique())
        again = [
            lines[row["other_group"]].without(row)
            for row in touched.select(
                "row", "other_group", "record_id", "start", "end", "is_own"
            ).iter_rows(named=True)
        ]
        new = touched.select("row", "other", "gone").with_columns(
            pl.Series("new_covered_us", [each[0] for each in again], pl.Int64),
            pl.Series("new_excess_us", [each[1] for each in again], pl.Int64),
        )
        joined = found.join(new, on=["row", "other"], how="left")
        return joined.with_columns(
            pair_count=pl.col("pair_count") - pl.col("gone").fill_null(0),
            covered_us=pl.coalesce("new_covered_us", "covered_us"),
            excess_us=pl.coalesce("new_excess_us", "excess_us"),
        ).drop("gone", "new_covered_us", "new_excess_us")


@dataclass(frozen=True, slots=True)
class _Line:
    """Records of one channel within a cluster, in order."""

    rows: list[int]
    record_ids: list[str]
    starts: list[int]
    ends: list[int]
    reached: list[int]

    def without(self, of: dict[str, object]) -> tuple[int, int]:
        """Say how long others lie over a record, and how long those before it do."""
        row, record_id = of["row"], of["record_id"]
        start, end = int(str(of["start"])), int(str(of["end"]))
        places = range(bisect_right(self.reached, start), bisect_left(self.starts, end))
        others = [
            place
            for place in places
            if self.record_ids[place] != record_id and self.ends[place] > start
        ]
        before = [place for place in others if of["is_own"] and self.rows[place] < int(str(row))]
        return self._length(others, start, end), self._length(before, start, end)

    def _length(self, places: list[int], start: int, end: int) -> int:
        length, reached = 0, start
        for place in places:
            stop = min(self.ends[place], end)
            length += max(stop - max(self.starts[place], reached), 0)
            reached = max(reached, stop)
        return length


def _lines(told: pl.DataFrame, groups: pl.Series) -> dict[int, _Line]:
    rows = told.filter(pl.col("group").is_in(groups.implode())).sort("group", "row")
    lines = {}
    for (group,), part in rows.group_by("group", maintain_order=True):
        ends = part["end"].to_list()
        lines[group] = _Line(
            part["row"].to_list(),
            part["record_id"].to_list(),
            part["start"].to_list(),
            ends,
            list(accumulate(ends, max)),
        )
    return lines

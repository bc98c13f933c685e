"""Entries of records of one id: what a person is to decide, made of records that were compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tonne.ledger.keys.same import content_digest, key_of_id, members_of, with_content_counts
from tonne.store.statement_rows import SameKind, SameRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tonne.store.manifest.manifest import Manifest

    Periods = Callable[[dict[str, Any]], tuple[int, int]]

MEMBERS_MAX: Final = 100
"""Records of an entry that are named; all of them are counted."""


def conflicts_of(
    manifest: Manifest, book: str, told: pl.DataFrame, periods: Periods
) -> list[SameRecord]:
    """Give the ids whose records say different things, unless that was decided already.

    Parameters
    ----------
    told : polars.DataFrame
        As `sorted_out` gives it.
    periods : callable
        The first and the last month of a record.
    """
    counts = pl.col("is_first") & pl.col("settled_segment").is_null()
    others = told.filter((pl.col("content_count") > 1) & counts)
    if others.is_empty():
        return []
    decided = manifest.decided_same_records(book, others["record_id"].unique().to_list())
    return [
        _entry(SameKind.CONFLICT, rows, periods)
        for rows in _by_id(others)
        if not _is_decided(rows, decided.get(rows[0]["record_id"], []))
    ]


def without_decided(manifest: Manifest, book: str, told: pl.DataFrame) -> pl.DataFrame:
    """Settle no estimate that somebody kept beside the record which would settle it.

    Parameters
    ----------
    told : polars.DataFrame
        As `sorted_out` gives it.
    """
    ids = told.filter(pl.col("settled_segment").is_not_null())["record_id"].unique().to_list()
    decided = manifest.decided_same_records(book, ids) if ids else {}
    kept = [
        rows[0]["record_id"]
        for rows in _by_id(told.filter(pl.col("is_first") & pl.col("record_id").is_in(decided)))
        if _is_decided(rows, decided[rows[0]["record_id"]])
    ]
    return unsettled(told, pl.col("record_id").is_in(kept)) if kept else told


def unsettled(told: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """Give told records again, some of which are not settled."""
    return with_content_counts(
        told.with_columns(pl.when(~which).then("settled_segment").alias("settled_segment"))
    )


def duplicates_of(later: pl.DataFrame, periods: Periods, obstacle: str) -> list[SameRecord]:
    """Give records that say what an earlier one says, by their ids.

    Parameters
    ----------
    later : polars.DataFrame
        Those that are not the first, as `sorted_out` gives them.
    obstacle : str
        Why they were not reversed; empty: nobody tried.
    """
    return [_duplicate(rows, periods, obstacle) for rows in _by_id(later)]


def overused_of(
    records: pl.DataFrame,
    counts: Mapping[int, int],
    hashing: tuple[bytes, int],
    periods: Periods,
) -> list[SameRecord]:
    """Give ids of so many records that they were not compared; one of each is named."""
    found = []
    for row in records.unique("record_id", keep="last", maintain_order=True).iter_rows(named=True):
        count = counts[key_of_id(row["record_id"], hashing)]
        found.append(
            _entry(
                SameKind.CONFLICT,
                [row],
                periods,
                count=count,
                reason=f"the id stands in at least {count} records: so many are not compared",
            )
        )
    return found


def _duplicate(rows: list[dict[str, Any]], periods: Periods, obstacle: str) -> SameRecord:
    """Name the first record before those that repeat it."""
    first = rows[0] | {
        "segment": rows[0]["first_segment"],
        "channel": rows[0]["first_channel"],
        "offset": rows[0]["first_offset"],
    }
    return _entry(SameKind.DUPLICATE, [first, *rows], periods, reason=obstacle)


def _by_id(rows: pl.DataFrame) -> Iterator[list[dict[str, Any]]]:
    for part in rows.partition_by("record_id", maintain_order=True):
        yield part.rows(named=True)


def _entry(
    kind: SameKind,
    rows: Sequence[dict[str, Any]],
    periods: Periods,
    *,
    count: int = 0,
    reason: str = "",
) -> SameRecord:
    months = [periods(row) for row in rows]
    return SameRecord(
        kind=kind,
        record_id=rows[0]["record_id"],
        facility=rows[0]["facility"],
        activity=rows[0]["activity"],
        first_period=min(first for first, _ in months),
        last_period=max(last for _, last in months),
        record_count=count or len(rows),
        members=members_of(rows[:MEMBERS_MAX]),
        reason=reason,
    )


def _is_decided(rows: Sequence[dict[str, Any]], decided: Sequence[SameRecord]) -> bool:
    """Whether somebody said before that just these contents stay beside each other."""
    contents = {content_digest(row) for row in rows}
    return any(contents <= set(json.loads(each.decision)["contents"]) for each in decided)

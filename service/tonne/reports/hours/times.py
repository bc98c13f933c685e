"""When the records of postings were: the segments read again, and each record given its posting.

A posting under hours is the sum of its records, and hours ask when each of them was. The records
of a posting are those of its keys, in its slice of the month. Where the same keys and days have
postings under several resolutions, the records were posted in the order of the commits: as far as
the sums agree with that, it tells whose a record is. Else each quantity takes the times of all of
them, by its share, and that is told.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.book.periods import cuts_of, slice_bounds_us
from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.postings import CONTINUED
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.files.repost import FROM, TIMES, TO
from tonne.ledger.files.sums import RunningSums, sum_by
from tonne.ledger.reading.moment import Question
from tonne.model import LAST_DAY, first_day_of, month_of_period
from tonne.quantities import quantity_decimal, quantity_text
from tonne.reports.hours.weighing import Hours, count_flat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.catalogue.editions.hours import HourSeries, HoursPart
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot

TIMED_ROW_BYTES = 200
"""Memory of a sum of one time. Measured."""

_RECORD = ("facility", "activity", "unit", "period")
_KEY = (*_RECORD, "region")
_SLICE = ("first_day", "last_day")
_ATTO = pl.col("quantity").to_physical()

Time = tuple[int, int, int]
"""From, to, and the quantity times 10^18."""

Part = tuple[int, int, int, int]
"""Number of a posting or of a segment, and a time."""

Pools = defaultdict[tuple[int, ...], list[Part]]
"""By the postings that records can be of: their parts, with the numbers of their segments."""


class Times:
    """Reads when the records of postings were.

    Parameters
    ----------
    snapshot : Snapshot
        The book.
    parts : mapping of str to sequence of HoursPart
        By the id of a resolution that hours decide on.
    hold : Hold or None
        Grows with what is gathered, and with the segment that is read.
    anew : bool
        Whether to read the series from the store, although they may be in memory.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        parts: Mapping[str, Sequence[HoursPart]],
        hold: Hold | None,
        *,
        anew: bool = False,
    ) -> None:
        self._snapshot = snapshot
        self._zone = snapshot.book.time_zone
        self._parts = parts
        self._hold = hold
        self._anew = anew
        self._series: dict[str, HourSeries] = {}
        self._flat_count = 0
        self._by_share_count = 0
        self._held_bytes = 0

    def series(self, sha256: str) -> HourSeries:
        """Give a series of the book; the same one however often it is asked for."""
        if sha256 not in self._series:
            files = self._snapshot.editions.hours
            read = files.read if self._anew else files.get
            self._series[sha256] = read(self._snapshot.book.id, sha256)
        return self._series[sha256]

    def of(self, rows: pl.DataFrame, columns: Sequence[str], happened: pl.DataFrame) -> Hours:
        """Give the times of postings.

        Parameters
        ----------
        rows : polars.DataFrame
            Postings whose resolution is one of `parts`, each key once; `is_cut` where a posting
            was cut at a share, and not as its records are.
        columns : sequence of str
            What is told apart.
        happened : polars.DataFrame
            The same rows, `period` being the month in which each happened.

        Raises
        ------
        LedgerInconsistent
            The records do not add up to the postings, or a file cannot be read.
        """
        names = list(dict.fromkeys([*columns, "resolution"]))
        named = _named(happened).with_row_index("owner")
        keys = named.select(*_KEY).unique()
        periods = keys["period"].to_list()
        question = Question(keys, min(periods), max(periods))
        owners = self._owners(named, question)
        schema: Schema = {
            **{name: rows.schema[name] for name in names},
            **TIMES,
            "quantity": QUANTITY_TYPE,
        }
        labels = rows.select(names).with_row_index("owner")
        sums = RunningSums(schema)
        mine = ["owner", *TIMES, "quantity"]
        found: defaultdict[int, int] = defaultdict(int)
        pools: Pools = defaultdict(list)
        for number, parts in enumerate(self._segments(question, owners)):
            single = parts.filter(pl.col("owner_count") == 1, pl.col("is_asked"))
            of_owners = sum_by(single.select("owner", "quantity"), ["owner"])
            for owner, atto in of_owners.select("owner", _ATTO).iter_rows():
                found[owner] += atto
            with polars_errors("the times of records"):
                told = single.join(named.select("owner", "resolution"), on="owner", how="inner")
                self._flat_count += count_flat(told, "row", self._parts, self.series)
            sums.add(single.select(mine).join(labels, on="owner", how="inner"))
            self._pool(parts.filter(pl.col("owner_count") > 1), number, pools)
            self._count(sums.held_rows)
        rest = self._settle(named, owners, found, pools)
        sums.add(rest.join(labels, on="owner", how="inner"))
        return Hours(
            sums.frame().with_columns(pl.col("resolution").cast(pl.String)),
            self.series,
            self._parts,
            self._flat_count,
            self._by_share_count,
        )

    def _owners(self, named: pl.DataFrame, question: Question) -> pl.DataFrame:
        """All postings that records of the keys can be of: those asked about, and others."""
        postings = _named(self._snapshot.evidence.postings(self._snapshot, question))
        others = postings.join(named, on=[*_KEY, "resolution", "late"], how="anti").filter(
            pl.col("late") != CONTINUED
        )
        others = others.with_columns(
            (pl.int_range(pl.len(), dtype=pl.UInt32) + named.height).alias("owner")
        )
        columns = ["owner", *_KEY, *_SLICE, "resolution", "late", "quantity", "record_count"]
        owners = pl.concat([named.select(columns), others.select(columns)])
        # Records do not say in which of several months each of them counts.
        owners = owners.with_columns(is_late=(pl.col("late") > 0).any().over(_KEY))
        spans = owners.select("period", *_SLICE).unique()
        bounds = [(*span, *slice_bounds_us(self._zone, *span)) for span in spans.iter_rows()]
        table = pl.DataFrame(
            bounds,
            schema={
                "period": pl.Int32,
                **dict.fromkeys(_SLICE, pl.UInt8),
                "slice_from": pl.Int64,
                "slice_to": pl.Int64,
            },
            orient="row",
        )
        return owners.join(table, on=["period", *_SLICE], how="left").with_columns(
            (pl.col("owner") < named.height).alias("is_asked")
        )

    def _segments(self, question: Question, owners: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Give the parts of the records, segment by segment, with the postings they can be of."""
        days = {
            first_day_of(period) + day - 1
            for period, first, last in owners.select("period", *_SLICE).unique().iter_rows()
            for day in (first, last + 1)
            if day <= LAST_DAY
        }
        cuts = cuts_of(days, self._zone)
        asked = owners.select(
            "owner",
            *_RECORD,
            pl.col("region").alias("owner_region"),
            pl.col("first_day").alias("slice_first"),
            pl.col("last_day").alias("slice_last"),
            "slice_from",
            "slice_to",
            "is_asked",
        )
        evidence = self._snapshot.evidence
        for parts in evidence.timed(self._snapshot, question, self._hold, cuts):
            with polars_errors("the times of records"):
                placed = parts.join(asked, on=list(_RECORD), how="inner").filter(
                    pl.col("first_day").is_between("slice_first", "slice_last"),
                    (pl.col("region") == "") | (pl.col("region") == pl.col("owner_region")),
                )
                yield placed.with_columns(
                    pl.len().over("row", "period", "first_day").alias("owner_count"),
                    pl.max_horizontal("start_us", "slice_from").alias(FROM),
                    pl.min_horizontal("end_us", "slice_to").alias(TO),
                )

    @staticmethod
    def _pool(parts: pl.DataFrame, number: int, pools: Pools) -> None:
        """Keep the parts that several postings can have."""
        if parts.is_empty():
            return
        with polars_errors("the times of records"):
            grouped = parts.group_by("row", "period", "first_day", maintain_order=True).agg(
                pl.col("owner").sort(),
                pl.col("start_us", "end_us").first(),
                pl.col("slice_from").max(),
                pl.col("slice_to").min(),
                pl.col("quantity").first(),
            )
            told = grouped.select(
                "owner",
                pl.max_horizontal("start_us", "slice_from").alias(FROM),
                pl.min_horizontal("end_us", "slice_to").alias(TO),
                _ATTO,
            )
        for owners, start, stop, atto in told.iter_rows():
            pools[tuple(owners)].append((number, start, stop, atto))

    def _settle(
        self,
        named: pl.DataFrame,
        owners: pl.DataFrame,
        found: Mapping[int, int],
        pools: Pools,
    ) -> pl.DataFrame:
        """Give each posting its own of what several can have, and check the sums."""
        columns = ["owner", "resolution", "record_count", "is_late", "slice_from", "slice_to"]
        table = owners.select(*columns, _ATTO)
        left = {row[0]: row[-1] - found.get(row[0], 0) for row in table.iter_rows()}
        versions = self._versions(owners) if pools else {}
        made: list[Part] = []
        shared: defaultdict[int, list[Time]] = defaultdict(list)
        for linked in _linked(pools):
            given = _in_order(linked, left, versions)
            for owner, time in given:
                left[owner] -= time[2]
                made.append((owner, *time))
            if not given:
                for group, parts in linked.items():
                    for owner in group:
                        shared[owner] += [part[1:] for part in parts]
        is_cut = named["is_cut"]
        for owner, _, count, is_late, start, stop, _ in table.iter_rows():
            atto = left[owner]
            if owner >= named.height:
                continue
            made.append((owner, start, stop, 0))  # one of nothing has a time, too
            if not atto:
                continue
            if owner not in shared and not (is_cut[owner] or is_late):
                raise self._unequal(named, owner, atto)
            self._by_share_count += count
            made += [(owner, *time) for time in _by_share(shared[owner], atto, (start, stop))]
        asked = [each for each in made if each[0] < named.height]
        return pl.DataFrame(
            [(owner, start, stop, quantity_decimal(atto)) for owner, start, stop, atto in asked],
            schema={"owner": pl.UInt32, **TIMES, "quantity": QUANTITY_TYPE},
            orient="row",
        )

    def _versions(self, owners: pl.DataFrame) -> dict[int, int]:
        """Version of the method under which each posting was resolved."""
        ids = owners.select("owner", "resolution").rows()
        resolutions = self._snapshot.resolutions({id_ for _, id_ in ids})
        return {owner: resolutions[id_].method_version for owner, id_ in ids}

    def _unequal(self, named: pl.DataFrame, owner: int, atto: int) -> LedgerInconsistent:
        row = named.row(owner, named=True)
        where = ", ".join(str(row[name]) for name in ("facility", "activity", "unit", "region"))
        return LedgerInconsistent(
            f"{where}, {month_of_period(row['period'])}: the records of a posting under hours "
            f"miss {quantity_text(atto)} of its quantity: run `tonne check --book "
            f"{self._snapshot.book.id}`",
            metadata={"book": self._snapshot.book.id},
        )

    def _count(self, row_count: int) -> None:
        """Hold the memory of so many sums."""
        size_bytes = row_count * TIMED_ROW_BYTES
        if self._hold is not None and size_bytes > self._held_bytes:
            self._hold.grow_to(self._hold.size_bytes + size_bytes - self._held_bytes)
            self._held_bytes = size_bytes


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """Keys of postings as texts, an empty region as one."""
    texts = pl.col("facility", "activity", "unit", "region", "resolution")
    return rows.with_columns(texts.cast(pl.String).fill_null(""))


def _linked(pools: Pools) -> list[Pools]:
    """Put the groups of postings together that have postings in common."""
    found: list[tuple[set[int], Pools]] = []
    for group, parts in pools.items():
        mine: Pools = defaultdict(list, {group: parts})
        members = set(group)
        for each in [each for each in found if each[0] & members]:
            found.remove(each)
            members |= each[0]
            mine |= each[1]
        found.append((members, mine))
    return [each for _, each in found]


def _in_order(
    pools: Pools, left: Mapping[int, int], versions: Mapping[int, int]
) -> list[tuple[int, Time]]:
    """Give the records to the postings of two versions of the method in the order of commits.

    There is a segment from which on the later version counts: it is found where each posting
    then has its quantity. Nothing where there is no such segment, or no two versions.
    """
    owners = {owner for group in pools for owner in group}
    both = sorted({versions[owner] for owner in owners})
    by_version = {group: {versions[owner]: owner for owner in group} for group in pools}
    if len(both) != len(("earlier", "later")) or any(
        len(by_version[group]) < len(group) for group in pools
    ):
        return []
    numbers = sorted({part[0] for parts in pools.values() for part in parts})
    for first in (*numbers, numbers[-1] + 1):
        given: list[tuple[int, Time]] = []
        sums: defaultdict[int, int] = defaultdict(int)
        for group, parts in pools.items():
            for number, *time in parts:
                owner = by_version[group][both[number >= first]]
                given.append((owner, (time[0], time[1], time[2])))
                sums[owner] += time[2]
        if all(sums[owner] == left[owner] for owner in owners):
            return given
    return []


def _by_share(times: Sequence[Time], atto: int, slice_: tuple[int, int]) -> Iterator[Time]:
    """Give a quantity the times of records by what each has of them; flat where they have nothing.

    What is due up to each, less what came before: the parts add up to the quantity.
    """
    total = sum(time[2] for time in times)
    if not total:
        yield (*slice_, atto)
        return
    begun = counted = 0
    for start, stop, mine in times:
        begun += mine
        due = begun * atto // total
        yield start, stop, due - counted
        counted = due

"""A book as if everything had been posted under one version of its method.

Each balance is resolved again by its own activity, unit, region and days: what a posting is worth
follows from its resolution, and no record is read. What waits stays where it is.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.resolution import Resolution
from tonne.catalogue.words.book_words import BookWords
from tonne.catalogue.words.method import settings_of
from tonne.errors import FieldInvalid
from tonne.ledger.book.book_state import BookState
from tonne.ledger.book.factors import edition_factors
from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.reading.snapshot import Snapshot
from tonne.model import LAST_DAY, FacilityRule, first_day_of
from tonne.quantities import atto_of, quantity_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from tonne.catalogue.resolving.resolver import Run
    from tonne.ledger.reading.balances import Add
    from tonne.store.manifest.manifest import Manifest

SPLIT, UNPOSTED, HOLES = "split", "unposted", "holes"
"""What is counted of balances: those cut where a factor changes within their days, those that the
version does not post, and those with hours that a factor by the hour may lack."""

_TEXTS = ("facility", "activity", "unit", "region")
_KEYS = (*_TEXTS[1:], "period", "first_day", "last_day", "rated", "resolution")

_CASES: Schema = {
    **dict.fromkeys((*_TEXTS[1:], "rated", "resolution"), pl.String),
    "period": pl.Int32,
    "first_day": pl.UInt8,
    "last_day": pl.UInt8,
    "case": pl.Int32,
}

_DAY_US = 86_400_000_000

_Case = tuple[str, str, str, int, int, int, str, str]
"""Values of `_KEYS`."""


class Where(enum.Enum):
    """Which balances are resolved again: all, or by whether their rule stays the same."""

    ALL = "all"
    SAME_RULE = "same rule"
    OTHER_RULE = "other rule"


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a month that one resolution holds on; its id is empty where nothing is posted."""

    first_day: int
    last_day: int
    day_count: int
    resolution: str
    has_holes: bool = False


Keep = Callable[[pl.DataFrame], pl.DataFrame]
"""Takes some of the postings of a part."""

Layer = tuple[BookState, Where]
"""Under which state which balances are resolved again."""


@dataclass(eq=False)
class UnderMethod(Snapshot):
    """A snapshot whose balances are resolved again as they are read.

    Parameters
    ----------
    layers : tuple of Layer
        In the order in which they are applied.
    keep : callable, optional
        Leaves out balances, as they are posted.
    counts : Counter
        What is to be told of the last reading; see `SPLIT`, `UNPOSTED`, `HOLES`.
    """

    layers: tuple[Layer, ...] = field(kw_only=True)
    keep: Keep | None = field(default=None, kw_only=True)
    counts: Counter[str] = field(default_factory=Counter, kw_only=True)
    _known: dict[str, Resolution] = field(default_factory=dict, init=False)

    def fold(self, begin: Callable[[], Add]) -> None:
        """Go through the postings, resolved again; see `Snapshot.fold`."""

        def begin_again() -> Add:
            self.counts.clear()
            add = begin()
            return lambda part: add(self.resolved(part))

        super().fold(begin_again)

    def resolutions(self, ids: Iterable[str]) -> Mapping[str, Resolution]:
        """Give resolutions by their ids: those that were made here, and those of the book."""
        wanted = list(ids)
        new = [each for each in wanted if each not in self._known]
        if new:
            self._known.update(super().resolutions(new))
        return {each: self._known[each] for each in wanted}

    def resolved(self, part: pl.DataFrame) -> pl.DataFrame:
        """Resolve postings again; what waits is left as it is."""
        columns = [pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items()]
        with polars_errors(f"postings of book {self.book.id}"):
            if self.keep is not None:
                part = self.keep(part)
            texts = [pl.col(name).cast(pl.String).fill_null("") for name in _TEXTS]
            plain = part.with_columns(*texts, pl.col("resolution").cast(pl.String).fill_null(""))
            is_posted = pl.col("resolution") != ""
            posted = plain.filter(is_posted)
            for layer in self.layers:
                posted = self._under(posted, layer)
            self.counts[UNPOSTED] += posted.filter(~is_posted).height
            found = pl.concat([plain.filter(~is_posted), posted.filter(is_posted)])
            return found.select(columns)

    def _under(self, posted: pl.DataFrame, layer: Layer) -> pl.DataFrame:
        if posted.is_empty():
            return posted
        rated = sorted({each.facility for each in layer[0].settings.rates if each.facility})
        is_rated = pl.col("facility").is_in(rated)
        told = pl.when(is_rated).then("facility").otherwise(pl.lit("")).alias("rated")
        keyed = posted.with_columns(told)
        cases = keyed.select(_KEYS).unique(maintain_order=True)
        before = cases["resolution"].unique().to_list()
        self.resolutions(each for each in before if each)
        spans = [self._spans(row, layer) for row in cases.iter_rows()]
        table = cases.with_columns(pl.Series("case", range(len(spans)), dtype=pl.Int32))
        numbered = keyed.join(
            table.select(pl.col(name).cast(kind) for name, kind in _CASES.items()),
            on=list(_KEYS),
            how="left",
            maintain_order="left",
        ).drop("rated")
        self._count(numbered, spans)
        ids = {number: each[0].resolution for number, each in enumerate(spans) if len(each) == 1}
        is_whole = pl.col("case").is_in(list(ids))
        whole = numbered.filter(is_whole).with_columns(
            pl.col("case").replace_strict(ids, return_dtype=pl.String).alias("resolution")
        )
        return pl.concat([whole.drop("case"), _cut(numbered.filter(~is_whole), spans)])

    def _spans(self, case: _Case, layer: Layer) -> list[Span]:
        """Find what holds on the days of a slice."""
        activity, unit, region, period, first, last, rated, before = case
        state, where = layer
        month = first_day_of(period)
        begun = month + first - 1
        stop = first_day_of(period + 1) if last == LAST_DAY else month + last
        found: list[Span] = []
        for run, day, end in _held(state.resolve(activity, unit, region, rated), begun, stop):
            after = self._id_of(run, state)
            has_same = _rule(self._known.get(before)) == _rule(self._known.get(after))
            taken = where is Where.ALL or has_same == (where is Where.SAME_RULE)
            span = Span(
                day - month + 1,
                last if end == stop else end - month,
                end - day,
                after if taken else before,
                any(a < end * _DAY_US and day * _DAY_US < b for a, b in run.holes),
            )
            if found and found[-1].resolution == span.resolution:
                span = Span(
                    found[-1].first_day,
                    span.last_day,
                    found[-1].day_count + span.day_count,
                    span.resolution,
                    found.pop().has_holes or span.has_holes,
                )
            found.append(span)
        return found

    def _id_of(self, run: Run, state: BookState) -> str:
        found = run.disposition
        if not isinstance(found, Resolution):
            return ""
        if any(entry.hours is not None for entry in found.entries):
            raise FieldInvalid(
                f"method_version: version {state.book.method_version} has factors by the hour "
                "for activities of this selection, which decide by the hours of records and not "
                "by balances: select other activities or facilities, or compare with what is "
                "posted (version 0)",
                metadata={"field": "method_version"},
            )
        self._known.setdefault(found.id, found)
        return found.id

    def _count(self, numbered: pl.DataFrame, spans: Sequence[Sequence[Span]]) -> None:
        for number, count in numbered.group_by("case").len().iter_rows():
            self.counts[SPLIT] += count if len(spans[number]) > 1 else 0
            self.counts[HOLES] += count if any(each.has_holes for each in spans[number]) else 0


def _rule(resolution: Resolution | None) -> tuple[tuple[str, str, Fraction], ...]:
    """Give to which accounts a resolution posts, at which stages, by which ratio of units."""
    entries = () if resolution is None else resolution.entries
    return tuple(sorted((each.account, each.stage, each.conversion) for each in entries))


def _cut(rows: pl.DataFrame, spans: Sequence[Sequence[Span]]) -> pl.DataFrame:
    """Cut postings in proportion to days; the remainder goes to the last part."""
    parts: list[dict[str, object]] = []
    for row in rows.iter_rows(named=True):
        found = spans[row.pop("case")]
        days = sum(each.day_count for each in found)
        whole = atto_of(row["quantity"])
        given = 0
        for number, span in enumerate(found):
            is_last = number == len(found) - 1
            amount = whole - given if is_last else whole * span.day_count // days
            given += amount
            parts.append(
                row
                | {
                    "first_day": span.first_day,
                    "last_day": span.last_day,
                    "resolution": span.resolution,
                    "quantity": quantity_decimal(amount),
                    "record_start_count": 0 if number else row["record_start_count"],
                }
            )
    return pl.DataFrame(parts, schema=rows.drop("case").schema, orient="row")


def _held(runs: Sequence[Run], begun: int, stop: int) -> Iterator[tuple[Run, int, int]]:
    """Give what holds from one day to another: each run with its first day and its stop there."""
    ends = [*(run.first_day for run in runs[1:]), stop]
    for run, end in zip(runs, ends, strict=True):
        first, last = max(run.first_day, begun), min(end, stop)
        if first < last:
            yield run, first, last


class Versions:
    """A book at one moment under the versions of its method, each read once.

    Parameters
    ----------
    manifest : Manifest
    snapshot : Snapshot
        The book; words, register and entities are those of it, whatever the version.
    """

    def __init__(self, manifest: Manifest, snapshot: Snapshot) -> None:
        self._manifest = manifest
        self.snapshot = snapshot
        self._states: dict[int, BookState] = {}

    def at(self, version: int, keep: Keep | None = None) -> Snapshot:
        """Give the book as posted (0), or as if all had been posted under a version.

        Parameters
        ----------
        version : int
        keep : callable, optional
            Leaves out balances, as they are posted.

        Raises
        ------
        FieldInvalid
            The book has no such version.
        """
        return self._with([(version, Where.ALL)], keep)

    def between(self, before: int, after: int) -> Snapshot:
        """Give the book under one version, with the factors of another where the rule is the same.

        0: as it was posted.
        """
        if after:
            return self._with([(before, Where.ALL), (after, Where.SAME_RULE)])
        return self._with([(before, Where.OTHER_RULE)])

    def _with(self, layers: Sequence[tuple[int, Where]], keep: Keep | None = None) -> Snapshot:
        under = tuple((self.state(each), where) for each, where in layers if each)
        if not under and keep is None:
            return self.snapshot
        held = {
            each.name: getattr(self.snapshot, each.name) for each in fields(Snapshot) if each.init
        }
        return UnderMethod(**held, layers=under, keep=keep)

    def state(self, version: int) -> BookState:
        """Make the state of a version. Raises `FieldInvalid`."""
        if version not in self._states:
            self._states[version] = self._state(version)
        return self._states[version]

    def _state(self, version: int) -> BookState:
        head = self.snapshot.book
        found = self._manifest.list_methods(head.id, version - 1, 1) if version > 0 else []
        if not found or found[0].version != version:
            raise FieldInvalid(
                f"method_version: book {head.id!r} has versions 1 to {head.method_version} of its "
                f"method (`tonne method list --book {head.id}`); got {version}",
                metadata={"field": "method_version", "book": head.id},
            )
        book = replace(
            head,
            method_version=version,
            method_body=found[0].body,
            facility_rule=FacilityRule.ANY,
        )
        settings = settings_of(book)
        editions = [
            (each, edition_factors(self._manifest, book, each)) for each in settings.editions
        ]
        return BookState(
            book,
            editions,
            settings,
            self.snapshot.register,
            self.snapshot.entities,
            words=BookWords(self._manifest.list_words(head.id)),
        )

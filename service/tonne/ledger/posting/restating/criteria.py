"""Which records are restated: by what they rest on, whose they are, and when they begin."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

import polars as pl

from tonne.errors import FieldInvalid
from tonne.ledger.book.periods import month_start_us
from tonne.ledger.files.rules import spans_of
from tonne.model import PERIOD_COUNT_MAX, RowStatus, month_of_period
from tonne.store.manifest.changes import body_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.files.rules import NotedRun, TimeSpan

LAST_PERIOD = PERIOD_COUNT_MAX - 1


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which posted records are meant; all that is said must hold, and something must be said.

    Parameters
    ----------
    edition : str
        They rest on a factor of this edition.
    factor : str
        They rest on this factor, `{edition}/{row}`.
    posted_version : int
        This version of the method posted them; 0: any.
    facility : str
    first_period, last_period : int
        Months in which they begin, since 1970-01, both inclusive.

    Raises
    ------
    FieldInvalid
        Nothing is said, or what is none.
    """

    edition: str = ""
    factor: str = ""
    posted_version: int = 0
    facility: str = ""
    first_period: int = 0
    last_period: int = LAST_PERIOD

    def __post_init__(self) -> None:
        """Check it."""
        if not str(self):
            raise _invalid(
                "selection",
                "expected what is restated: an edition, a factor, the version of the method that "
                "posted, a facility, months; got nothing",
            )
        edition, slash, row = self.factor.rpartition("/")
        if self.factor and not (edition and slash and row.isdecimal() and row.isascii()):
            raise _invalid(
                "factor",
                f"expected an edition and a row of it, like uk-ghg-2025/17; got {self.factor!r}",
            )
        if self.posted_version < 0:
            raise _invalid(
                "posted_version",
                f"expected a version of the method, from 1 on; got {self.posted_version}",
            )
        if self.first_period > self.last_period:
            first, last = map(month_of_period, (self.first_period, self.last_period))
            raise _invalid("to_period", f"expected no month before {first}; got {last}")

    def __str__(self) -> str:
        """Write it for people."""
        said = [
            f"edition {self.edition}" if self.edition else "",
            f"factor {self.factor}" if self.factor else "",
            f"posted by version {self.posted_version}" if self.posted_version else "",
            f"facility {self.facility}" if self.facility else "",
            f"from {month_of_period(self.first_period)}" if self.first_period else "",
            f"to {month_of_period(self.last_period)}" if self.last_period < LAST_PERIOD else "",
        ]
        return ", ".join(filter(None, said))

    def to_json(self) -> str:
        """Write it as canonical JSON."""
        return body_of(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))

    def meant(self, time_zone: str) -> pl.Expr:
        """Say which records are meant, as far as they say it themselves: `read_kept`'s columns."""
        begins = pl.col("start").dt.epoch("us")
        match = pl.col("status") == RowStatus.POSTED
        if self.facility:
            match &= pl.col("facility") == self.facility
        if self.first_period:
            match &= begins >= month_start_us(time_zone, self.first_period)
        if self.last_period < LAST_PERIOD:
            match &= begins < month_start_us(time_zone, self.last_period + 1)
        return match

    @property
    def asks_notes(self) -> bool:
        """Whether under what records were posted decides."""
        return bool(self.edition or self.factor or self.posted_version)

    def rests(self, resolution: Resolution) -> bool:
        """Whether what a resolution posts is meant."""
        if self.posted_version and resolution.method_version != self.posted_version:
            return False
        edition, _, row = self.factor.rpartition("/")
        return (not self.edition and not self.factor) or any(
            (not self.edition or each.edition == self.edition)
            and (not self.factor or (each.edition == edition and each.factor_row == int(row)))
            for each in resolution.entries
        )

    def resting(self, runs: Sequence[NotedRun], resolutions: Mapping[str, Resolution]) -> pl.Expr:
        """Say which records of a note have a part in a run that is meant."""
        # What is not known no record was posted under.
        return has_part_in(
            span
            for span, id_ in spans_of(runs)
            if id_ in resolutions and self.rests(resolutions[id_])
        )


def has_part_in(spans: Iterable[TimeSpan]) -> pl.Expr:
    """Say which records have a part in some of spans; of one without length, on both sides."""
    match = pl.lit(value=False)
    for first, stop in spans:
        inside = pl.lit(value=True)
        if first is not None:
            inside &= pl.col("end").dt.epoch("us") > first
        if stop is not None:
            inside &= pl.col("start").dt.epoch("us") < stop
        match |= inside
    return match


def _invalid(name: str, message: str) -> FieldInvalid:
    return FieldInvalid(f"{name}: {message}", metadata={"field": name})

"""What a restatement makes of the numbers: kg CO2e before and after, by account and month.

    figure = sum over the postings, and over the entries of their resolutions, of
             quantity * conversion * factor

Exact, under the GWP set of the method, and before shares of entities: what was posted, and no
answer to who counts it. Bridges and inventories have the shares.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.valuation import entry_worth
from tonne.catalogue.words.accounts import scope_of
from tonne.ledger.files.sums import sum_by
from tonne.quantities import ATTO_PER_ONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tonne.catalogue.resolving.resolution import Resolution

ZERO = Fraction(0)

MEMO = "memo"


@dataclass(slots=True)
class Figures:
    """kg CO2e of what was taken back and of what was posted for it, by account and month."""

    before: defaultdict[tuple[str, int], Fraction] = field(
        default_factory=lambda: defaultdict(Fraction)
    )
    after: defaultdict[tuple[str, int], Fraction] = field(
        default_factory=lambda: defaultdict(Fraction)
    )

    @classmethod
    def of(
        cls,
        taken: pl.DataFrame,
        posted: pl.DataFrame,
        resolutions: Mapping[str, Resolution],
        gwp_set: str,
    ) -> Figures:
        """Value postings that were taken back, their signs turned, and those that were posted."""
        found = cls()
        for sums, postings, sign in ((found.before, taken, -1), (found.after, posted, 1)):
            for period, id_, atto in _quantities(postings):
                for entry in resolutions[id_].entries:
                    if scope_of(entry.account) != MEMO:
                        kg = entry_worth(entry, gwp_set).kg_co2e
                        sums[entry.account, period] += sign * kg * atto / ATTO_PER_ONE
        return found

    def add(self, other: Figures) -> None:
        """Take other figures in."""
        for mine, theirs in ((self.before, other.before), (self.after, other.after)):
            for key, kg in theirs.items():
                mine[key] += kg

    def rows(self) -> Iterator[tuple[str, int, Fraction, Fraction]]:
        """Give account, month, kg CO2e before and after, in their order."""
        for account, period in sorted({*self.before, *self.after}):
            key = (account, period)
            yield account, period, self.before.get(key, ZERO), self.after.get(key, ZERO)

    def totals(self) -> tuple[Fraction, Fraction]:
        """Sum the accounts of one footprint, by the location-based method: before and after."""
        counted = [row for row in self.rows() if counts_once(row[0])]
        return sum((row[2] for row in counted), ZERO), sum((row[3] for row in counted), ZERO)

    def months(self) -> list[int]:
        """Give the months, ascending."""
        return sorted({period for _, period, _, _ in self.rows()})

    def to_json(self) -> str:
        """Write them, exact."""
        rows = [
            [account, period, f"{before}", f"{after}"]
            for account, period, before, after in self.rows()
        ]
        return json.dumps(rows, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Figures:
        """Read what `to_json` wrote."""
        found = cls()
        for account, period, before, after in json.loads(text):
            found.before[account, period] += Fraction(before)
            found.after[account, period] += Fraction(after)
        return found


def counts_once(account: str) -> bool:
    """Whether an account is one of those that make one footprint, by the location-based method."""
    return account == "scope2.location" or scope_of(account) in ("scope1", "scope3")


def _quantities(postings: pl.DataFrame) -> Iterator[tuple[int, str, int]]:
    """Give month, resolution and quantity times 10^18."""
    counted = postings.filter(pl.col("resolution").is_not_null()).with_columns(
        pl.col("resolution").cast(pl.String)
    )
    sums = sum_by(counted.select("period", "resolution", "quantity"), ["period", "resolution"])
    for period, id_, atto in sums.select(
        "period", "resolution", pl.col("quantity").to_physical()
    ).iter_rows():
        yield period, id_, int(atto)

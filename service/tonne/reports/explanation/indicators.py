"""A value of an indicator, unfolded: what each term of its sides adds up to, and of what.

A term is a selection of postings. What it rests on is what an inventory of the same selection
rests on, explained and replayed in the same way; each line says what it adds to the term. The
sides computed so, in fractions from the lines, must be those of the value to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tonne.catalogue.resolving.valuation import entry_worth, exact_text
from tonne.catalogue.words import units
from tonne.catalogue.words.accounts import scope_of
from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.ledger.book.facilities import in_order, look_up
from tonne.reports.explanation.explain import explain
from tonne.reports.explanation.lines import ExplainLine
from tonne.reports.indicators.book import book_indicators
from tonne.reports.indicators.energy import check_coal_set, ids_of, kgce, source_of
from tonne.reports.indicators.values import UNITS_DIFFER
from tonne.reports.indicators.worth import DENOMINATOR, NUMERATOR
from tonne.reports.inventory.inventory import InventoryRow
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.statements.definitions.indicators import MONEY, UNITS_OF_MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.explanation.explain import Explained
    from tonne.reports.indicators.definition import Term
    from tonne.reports.indicators.request import IndicatorRequest
    from tonne.reports.indicators.values import Value
    from tonne.reports.inventory.request import InventoryRequest


@dataclass(frozen=True, slots=True)
class IndicatorExplainRequest:
    """Which value is explained.

    Parameters
    ----------
    values : IndicatorRequest
        One indicator, of all its months together.
    place : str
        Of what `values.by` tells apart, the one that the value is of.
    replay : bool
        Whether to recompute what the terms rest on from the segments.
    records_max : int
        Most records to list of each term.

    Raises
    ------
    FieldInvalid
        It is no single value.
    """

    values: IndicatorRequest
    place: str = ""
    replay: bool = False
    records_max: int = 0

    def __post_init__(self) -> None:
        """Check the request."""
        asked = self.values
        if len(asked.indicators) != 1:
            raise _invalid("indicator", "the one that is explained", ", ".join(asked.indicators))
        if asked.span:
            raise _invalid("span", "none: a value is of all its months", asked.span)
        if self.place and not asked.by:
            raise _invalid("by", "what the place is: a facility, type, region, entity", "")
        selected = {"facility": asked.selection.facilities, "region": asked.selection.regions}
        if asked.by in selected:
            if not self.place:
                raise _invalid("place", f"the {asked.by} whose value is explained", "")
            if selected[asked.by] and self.place not in selected[asked.by]:
                raise _invalid("place", f"one of {', '.join(selected[asked.by])}", self.place)


class TermKey(NamedTuple):
    """Where a term stands: its side, and its index there."""

    side: int
    term_index: int


@dataclass(frozen=True, slots=True)
class TermPart:
    """A line, a record or the replay of a term; of a line, what it adds to the term."""

    key: TermKey
    explained: Explained
    added: Fraction | None = None


@dataclass(frozen=True, slots=True)
class TermSum:
    """What a term of a side adds up to, and of how many balances."""

    key: TermKey
    term: Term
    sum: Fraction
    unit: str
    balance_count: int


def explain_indicator(
    snapshot: Snapshot,
    request: IndicatorExplainRequest,
    holding: Callable[[], AbstractContextManager[Hold]],
) -> Iterator[TermPart | TermSum | Value]:
    """Unfold a value.

    Parameters
    ----------
    snapshot : Snapshot
        The book.
    request : IndicatorExplainRequest
    holding : callable
        Gives the memory of one term, which is given back with it.

    Yields
    ------
    TermPart, TermSum or Value
        Of each term what it rests on, then its sum; at last the value.

    Raises
    ------
    FieldInvalid
        Nothing is posted that the value would be of.
    SelectionMustFit, ReadsExhausted
        A term has more balances than memory can have.
    LedgerInconsistent
        The terms do not add up to the value, or as `explain` says.
    """
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    by, place = request.values.by, request.place
    place = meanings.now("region", place) if by == "region" else place
    selection = request.values.selection
    if by == "facility":
        selection = replace(selection, facilities=(place,))
    elif by == "region":
        selection = replace(selection, regions=(place,))
    asked = replace(request.values, selection=selection)
    with holding() as hold:
        snapshot.hold = hold
        answer = book_indicators(snapshot, asked, hold)
        found = [each for each in answer.values if each.place == place]
    if not found:
        raise FieldInvalid(
            f"indicator: nothing is posted that {asked.indicators[0]} is made of"
            + (f" of {by} {place!r}" if by else "")
            + " in these months; ask for others, or append what is missing",
            metadata={"field": "indicator", "value": asked.indicators[0]},
        )
    (value,) = found
    sides: list[defaultdict[str, Fraction]] = [defaultdict(Fraction), defaultdict(Fraction)]
    selection = selection.under(snapshot.settings)
    definition = value.definition
    for side, terms in ((NUMERATOR, definition.numerator), (DENOMINATOR, definition.denominator)):
        for index, term in enumerate(terms):
            unfolding = _Unfolding(snapshot, term, selection, asked, place)
            with holding() as hold:
                snapshot.hold = hold
                for part, added in unfolding.parts(request, hold):
                    yield TermPart(TermKey(side, index), part, added)
            for unit, amount in unfolding.sums.items():
                sides[side][unit] += amount
            yield unfolding.sum(TermKey(side, index))
    _check(snapshot, value, sides)
    yield value


class _Unfolding:
    """Unfolds a term, and adds up what its lines add.

    Parameters
    ----------
    snapshot : Snapshot
    term : Term
    selection : InventoryRequest
        Months, facilities, regions, GWP set and approach.
    asked : IndicatorRequest
        Says what tells places apart, and the set of coal equivalents.
    place : str
        Which of them.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        term: Term,
        selection: InventoryRequest,
        asked: IndicatorRequest,
        place: str,
    ) -> None:
        self._snapshot = snapshot
        self._term = term
        self._selection = replace(selection, accounts=term.accounts)
        self._coal_set = check_coal_set(asked.coal_set)
        self._register = in_order(snapshot.register)
        self._place = (asked.by, place)
        self._resolutions: dict[str, Resolution] = {}
        self.sums: defaultdict[str, Fraction] = defaultdict(Fraction)
        self._balance_count = 0

    def parts(
        self, request: IndicatorExplainRequest, hold: Hold
    ) -> Iterator[tuple[Explained, Fraction | None]]:
        """Give what the term rests on, and of lines what they add."""
        for part in explain(
            self._snapshot,
            self._selection,
            replay=request.replay,
            records_max=request.records_max,
            hold=hold,
            keep=self._keep,
        ):
            if isinstance(part, ExplainLine):
                measured = self._measure(part)
                if measured is None:
                    continue
                added, unit = measured
                added = -added if self._term.is_taken_off else added
                self.sums[unit] += added
                self._balance_count += 1
                yield part, added
            elif not isinstance(part, InventoryRow):
                yield part, None

    def sum(self, key: TermKey) -> TermSum:
        """Give what the lines added up to: nothing where they are in several kinds of money."""
        names = sorted(self.sums)
        total = self.sums[names[0]] if len(names) == 1 else Fraction(0)
        unit = " and ".join(names) or self._term.unit
        return TermSum(key, self._term, total, unit, self._balance_count)

    def _keep(self, postings: pl.DataFrame) -> pl.DataFrame:
        """Take the postings of the term's activities, sources and types, and of the place."""
        term, (by, place) = self._term, self._place
        posted = postings.filter(pl.col("resolution").cast(pl.String).fill_null("") != "")
        for column, wanted in (
            ("type", term.facility_types),
            ("type", (place,) if by == "facility_type" else None),
            ("entity", (place,) if by == "entity" else None),
        ):
            if wanted:
                names = posted["facility"].cast(pl.String)
                register = self._register
                told = look_up(register["facility"], register[column], names).cast(pl.String)
                posted = posted.filter(told.fill_null("").is_in(list(wanted)))
        if not (term.activities or term.sources) or posted.is_empty():
            return posted
        texts = posted.select(pl.col("resolution", "activity").cast(pl.String).fill_null(""))
        kinds = texts.unique()
        fitting = pl.Series("fits", [self._fits(*each) for each in kinds.iter_rows()], pl.Boolean)
        both = texts.join(kinds.with_columns(fitting), on=texts.columns, maintain_order="left")
        return posted.filter(both["fits"])

    def _fits(self, resolution: str, activity: str) -> bool:
        """Whether postings are of the activities and the sources of the term."""
        read = self._activity(resolution, activity)
        if self._term.activities and not set(self._term.activities) & set(ids_of(read)):
            return False
        if not self._term.sources:
            return True
        return source_of(read, self._resolution(resolution))[0] in self._term.sources

    def _activity(self, resolution: str, activity: str) -> str:
        """Give what the text of an activity means: as it was when it was posted."""
        return self._resolution(resolution).activity or activity

    def _resolution(self, id_: str) -> Resolution:
        if id_ not in self._resolutions:
            self._resolutions |= self._snapshot.resolutions([id_])
        return self._resolutions[id_]

    def _measure(self, line: ExplainLine) -> tuple[Fraction, str] | None:
        """Measure a line in the term's unit, or its own money; None where it has nothing of it."""
        term, factor = self._term, line.entry.factor
        if term.measure == "kg_co2e":
            return line.kg_co2e * self._ratio(), term.unit
        if term.measure == "amount":
            if factor.amount is None or line.amount is None:
                return None
            if term.unit == MONEY:
                return line.amount, line.amount_unit
            return line.amount * units.conversion(line.amount_unit, term.unit), term.unit
        if factor.kwh is None or scope_of(line.entry.account) != "memo":
            return None
        return self._energy(line), term.unit

    def _energy(self, line: ExplainLine) -> Fraction:
        worth = entry_worth(line.entry, self._selection.gwp_set)
        quantity = Fraction(line.quantity) * line.share
        if self._term.measure == "kwh":
            return worth.kwh * quantity * self._ratio()
        activity = self._activity(line.resolution, line.activity)
        unit = self._snapshot.texts.unit_of(line.unit)
        value, _ = kgce(self._coal_set, activity, unit, worth.kwh)
        return value * quantity * self._ratio()

    def _ratio(self) -> Fraction:
        return units.conversion(UNITS_OF_MEASURES[self._term.measure], self._term.unit)


def _check(snapshot: Snapshot, value: Value, sides: list[defaultdict[str, Fraction]]) -> None:
    """See that the terms add up to the sides of the value."""
    if value.refusal == UNITS_DIFFER:
        return
    for name, stated, of_side in (
        ("numerator", value.numerator, sides[NUMERATOR]),
        ("denominator", value.denominator, sides[DENOMINATOR]),
    ):
        found = sum(of_side.values(), Fraction(0))
        if found != stated:
            raise LedgerInconsistent(
                f"the terms of the {name} of {value.definition.id} add up to "
                f"{exact_text(found)}, not to {exact_text(stated)}",
                metadata={"book": snapshot.book.id},
            )


def _invalid(field: str, expected: str, given: str) -> FieldInvalid:
    return FieldInvalid(
        f"{field}: expected {expected}; got {given!r}",
        metadata={"field": field, "value": given},
    )

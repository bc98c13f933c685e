"""The walk from one answer to another: one input changes at a step, and each step has its causes.

The order, and what a step is:

1. moment. First the postings of the first answer count by the register, entities and words of the
   second one: REGISTER. Then what was moved between the two: CORRECTIONS, DUPLICATES, CLEARING and
   RESTATEMENTS; what is left came: NEW_RECORDS;
2. version of the method: the balances of the first months, resolved again. First those whose
   accounts, stages and steps stay the same, where figures alone differ: FACTOR; then all: METHOD;
3. GWP set;
4. consolidation approach;
5. months. Both answers are put under the shares of one day first, that of the second answer's
   structure or else its last day; what that makes of either is STRUCTURE. Between the two lies
   what was done, cell by cell (facility, activity, unit), account by account:

       VOLUME  = (q2 - q1) * e1 / q1          at the kg per unit of before
       FACTOR  = e2 - e1 * q2 / q1            at the quantity of after

   A cell without a quantity before is NEW_ACTIVITY, one without after ENDED_ACTIVITY;
6. the day of the structure, where the months are the same.

A step is the difference of two whole answers whose questions differ in one thing: what two
changes do together goes to the later one. So the walk back has the same parts with the signs
turned where one input alone differs, and that is not the months: VOLUME of that walk back is at
the kg per unit of the other answer. Between moments with other registers, REGISTER is of the
postings that the walk begins with.

Source: the split of a difference into volume and price, as in variance analysis of management
accounting; GHG Protocol Corporate Standard chapter 5 (structural changes restate a base year,
organic growth and decline do not).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.ledger.reading.changes.movements import Movement
from tonne.model import PERIOD_COUNT_MAX, day_of_number, first_day_of
from tonne.reports.bridge.answers import ZERO, Cell, figures_of, frozen, group_of, months_of
from tonne.statements.changes.bridges import Approach, Cause, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.changes.sights import Sights
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.model import Entity
    from tonne.reports.bridge.answers import Figures, Group, Scope

_NOTHING = Cell()

_CAUSES = {
    Movement.CORRECTION: Cause.CORRECTIONS,
    Movement.DUPLICATE: Cause.DUPLICATES,
    Movement.CLEARING: Cause.CLEARING,
    Movement.RESTATEMENT: Cause.RESTATEMENTS,
}

Split = tuple[Cause, "Mapping[Group, Fraction]"]


@dataclass(slots=True)
class WalkPart:
    """What one cause makes of the difference of two answers, by group; exact."""

    cause: Cause
    before: Side
    before_kg: Fraction
    after: Side
    after_kg: Fraction
    rows: Mapping[Group, Fraction]

    @property
    def kg(self) -> Fraction:
        """What all groups add up to."""
        return sum(self.rows.values(), ZERO)


@dataclass(slots=True)
class Walk:
    """A walk from one answer to another: the first total and all parts add up to the last."""

    first: Fraction
    last: Fraction
    parts: list[WalkPart] = field(default_factory=list)
    suspended: tuple[int, int] = (0, 0)
    commits: tuple[int, int] = (0, 0)
    counts: Counter[str] = field(default_factory=Counter)


class Walker:
    """Walks between answers of a book.

    Parameters
    ----------
    sights : Sights
        The book as of moments, and under the versions of its method.
    scope : Scope
        What the answers are about besides their months.
    group_by : sequence of str
        What rows of parts are told apart by, some of `answers.DIMENSIONS`.
    hold : Hold or None
        Grows with the cells.
    """

    def __init__(
        self,
        sights: Sights,
        scope: Scope,
        group_by: Sequence[str],
        hold: Hold | None = None,
    ) -> None:
        self._sights = sights
        self._scope = scope
        self._group_by = group_by
        self._hold = hold
        self._counts: Counter[str] = Counter()
        self._told: Sequence[str] | None = None

    def walk(self, first: Side, last: Side) -> Walk:
        """Take all steps.

        Raises
        ------
        FieldInvalid
            Months, words or versions that are none.
        SelectionMustFit, ReadsExhausted
            The answers tell too much apart.
        """
        before, last = whole(first, self._sights), whole(last, self._sights)
        # Quantities decide between months alone: without them, what is not asked is not told.
        self._told = None if months_of(before) != months_of(last) else self._group_by
        first_side = before
        here = start = self._at(before)
        made = Walk(start.total, start.total)
        has_shares = any(each.holdings for side in (before, last) for each in self._entities(side))
        for after in steps(before, last, has_shares=has_shares):
            there = here if self._is_same(before, after) else self._at(after)
            for cause, rows in self._split(before, after, here, there):
                kept = {group: kg for group, kg in rows.items() if kg}
                if kept:
                    made.parts.append(
                        WalkPart(cause, before, here.total, after, there.total, kept)
                    )
            before, here = after, there
        made.commits = (commit_of(first_side), commit_of(before))
        made.last = here.total
        made.suspended = (start.suspended_count, here.suspended_count)
        made.counts = self._counts
        return made

    def _entities(self, side: Side) -> Sequence[Entity]:
        return self._sights.at(commit_of(side)).entities

    def _is_same(self, before: Side, after: Side) -> bool:
        """Whether two sides differ in a day at most, and no share does between these days."""
        if replace(before, structure_on=after.structure_on) != after:
            return False
        entities = self._entities(after)
        days = (before.structure_on, after.structure_on)
        here, there = (list(frozen(entities, day)) for day in days)
        return here == there

    def _at(self, side: Side) -> Figures:
        return self._figures(self._sights.at(commit_of(side), side.method_version), side)

    def _figures(self, snapshot: Snapshot, side: Side) -> Figures:
        found = figures_of(snapshot, self._scope, side, self._hold, self._told)
        for name, count in found.counts.items():
            self._counts[name] = max(self._counts[name], count)
        return found

    def _split(self, before: Side, after: Side, here: Figures, there: Figures) -> Iterator[Split]:
        """WalkPart a step by cause."""
        if before.as_of != after.as_of:
            yield from self._known(before, after, here, there)
        elif before.method_version != after.method_version:
            versions = (before.method_version, after.method_version)
            middle = self._figures(self._sights.between(commit_of(before), *versions), before)
            yield Cause.FACTOR, self._difference(here, middle)
            yield Cause.METHOD, self._difference(middle, there)
        elif months_of(before) != months_of(after):
            yield from self._done(here, there)
        else:
            yield _cause(before, after), self._difference(here, there)

    def _known(self, before: Side, after: Side, here: Figures, there: Figures) -> Iterator[Split]:
        """WalkPart what was known later, or earlier: see the module."""
        begun, ended = commit_of(before), commit_of(after)
        version = before.method_version
        registered = self._figures(self._sights.registered(begun, ended, version), before)
        yield Cause.REGISTER, self._difference(here, registered)
        rest = dict(self._difference(registered, there))
        moved = self._sights.moved(*sorted((begun, ended)), by=ended, version=version)
        sign = 1 if begun < ended else -1
        for movement, snapshot in moved.items():
            found = self._figures(snapshot, after).grouped(self._group_by)
            rows = {group: sign * kg for group, kg in found.items()}
            for group, kg in rows.items():
                rest[group] = rest.get(group, ZERO) - kg
            yield _CAUSES[movement], rows
        yield Cause.NEW_RECORDS, rest

    def _difference(self, here: Figures, there: Figures) -> Mapping[Group, Fraction]:
        rows = defaultdict(Fraction, there.grouped(self._group_by))
        for group, kg in here.grouped(self._group_by).items():
            rows[group] -= kg
        return rows

    def _done(self, here: Figures, there: Figures) -> Iterator[Split]:
        """WalkPart what was done in other months, cell by cell."""
        found: defaultdict[Cause, defaultdict[Group, Fraction]]
        found = defaultdict(lambda: defaultdict(Fraction))
        for name in {**here.cells, **there.cells}:
            old, new = here.cells.get(name, _NOTHING), there.cells.get(name, _NOTHING)
            for account in {**old.kg, **new.kg}:
                group = group_of(name, account, self._group_by)
                for cause, kg in volume_and_factor(old, new, account):
                    found[cause][group] += kg
        for cause in (Cause.ENDED_ACTIVITY, Cause.NEW_ACTIVITY, Cause.VOLUME, Cause.FACTOR):
            yield cause, found[cause]


def volume_and_factor(old: Cell, new: Cell, account: str) -> Iterator[tuple[Cause, Fraction]]:
    """Split what a cell's account has more: see the module.

    Where neither has a quantity, as where one was taken back by its opposite in other hours, what
    is left differs by its factor.
    """
    before, after = old.kg.get(account, ZERO), new.kg.get(account, ZERO)
    if old.quantity and new.quantity:
        at_old_factor = before * new.quantity / old.quantity
        yield Cause.VOLUME, at_old_factor - before
        yield Cause.FACTOR, after - at_old_factor
    elif old.quantity or new.quantity:
        cause = Cause.ENDED_ACTIVITY if old.quantity else Cause.NEW_ACTIVITY
        yield cause, after - before
    else:
        yield Cause.FACTOR, after - before


def whole(side: Side, sights: Sights) -> Side:
    """Put in what a side leaves to its moment and to the method in force then.

    So equal questions are equal. Raises `FieldInvalid` where the book has no such moment.
    """
    point = sights.point(side.as_of)
    settings = sights.at(point.number).settings
    return replace(
        side,
        as_of=str(point.number),
        gwp_set=side.gwp_set or settings.gwp_set,
        consolidation=Approach(side.consolidation or settings.consolidation),
    )


def commit_of(side: Side) -> int:
    """Give the number of the commit of a side that is `whole`."""
    return int(side.as_of)


def steps(first: Side, last: Side, *, has_shares: bool = True) -> Iterator[Side]:
    """Give the answers of the walk after the first one; neighbours differ in one thing.

    Without shares, no day of a structure is put in between.
    """
    side = first
    wanted: list[dict[str, object]] = [
        {name: getattr(last, name)}
        for name in ("as_of", "method_version", "gwp_set", "consolidation")
    ]
    if months_of(first) != months_of(last):
        if has_shares:
            wanted.append({"structure_on": last.structure_on or last_day(last)})
        wanted.append({"from_period": last.from_period, "to_period": last.to_period})
    wanted.append({"structure_on": last.structure_on})
    for change in wanted:
        after = replace(side, **change)  # type: ignore[arg-type]  # of their own fields
        if after != side:
            yield after
            side = after


def last_day(side: Side) -> str:
    """Give the last day of a side's months, YYYY-MM-DD. Raises `FieldInvalid` without an end."""
    last = months_of(side)[1]
    if last == PERIOD_COUNT_MAX - 1:
        raise FieldInvalid(
            "after: expected its last month, to_period, since the months of the two answers "
            "differ: they are compared under the shares of its last day",
            metadata={"field": "after.to_period"},
        )
    return day_of_number(first_day_of(last + 1) - 1).isoformat()


def _cause(before: Side, after: Side) -> Cause:
    if before.gwp_set != after.gwp_set:
        return Cause.GWP_SET
    if before.consolidation != after.consolidation:
        return Cause.CONSOLIDATION
    return Cause.STRUCTURE

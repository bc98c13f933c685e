"""Base years: the figure, what rests on something in it, and whether it is restated.

A base year is compared with itself: its own records under the shares of another day, another
version of the method. So growth that is organic (more of the same, what was opened or closed) is
in no change of it: it is in other months. What is bought or sold is told by the holdings of
entities, by date; a facility that is bought alone belongs to an entity of its own.

Source: GHG Protocol Corporate Standard chapter 5: structural changes, changes of method and
errors restate the base year where they pass its threshold together; organic growth and decline,
and what did not exist in the base year, do not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.reports.bridge.answers import Scope, figures_of, months_of
from tonne.reports.bridge.book import BridgeRequest, walk_of
from tonne.reports.bridge.parts import ROWS, bridge_of
from tonne.reports.restating.resting import decimal_of, resting_of
from tonne.reports.statements.numbers import share_percent
from tonne.reports.statements.sums import last_month
from tonne.statements.changes.bridges import Approach, Side
from tonne.statements.changes.restatements import BaseYearCheck, RestatementEstimate
from tonne.statements.fields import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.changes.sights import Sights
    from tonne.reports.restating.resting import Subject
    from tonne.statements.changes.restatements import BaseYear, Restatement
    from tonne.statements.statement import Statement


_OF_POLICY = ("from_period", "to_period", "gwp_set", "consolidation")
"""What of the figure the policy says, whatever it is compared with."""


def side_of(base: BaseYear) -> Side:
    """Give the answer that is the figure of a base year."""
    return Side(
        base.year_start,
        last_month(base.year_start),
        base.gwp_set,
        Approach(base.consolidation),
        base.method_version,
        base.structure_on,
        base.as_of,
    )


def the_base_year(stated: Iterable[Statement], id_: str = "") -> Statement | None:
    """Find the base year of a book, by its id where it has several.

    Raises
    ------
    FieldInvalid
        There are several, and none is named; or the one that is named is not there.
    """
    found = [each for each in stated if each.body is not None and id_ in ("", each.id)]
    if len(found) > 1:
        names = ", ".join(each.id for each in found)
        raise invalid("base_year", f"one of the base years of the book: {names}", id_)
    if id_ and not found:
        raise invalid("base_year", "the id of a base year of the book: state it first", id_)
    return found[0] if found else None


def check_base_year(
    sights: Sights,
    statement: Statement,
    now: Side,
    restatements: Iterable[Statement],
    hold: Hold | None = None,
) -> BaseYearCheck:
    """Compare a base year with its policy.

    Parameters
    ----------
    statement : Statement
        Of the base year.
    now : Side
        The day whose shares count now, and the version to compare with.
    restatements : iterable of Statement
        Those of the book that are in force.

    Raises
    ------
    FieldInvalid, SelectionMustFit, ReadsExhausted, LedgerInconsistent, QuantityOverflow
        As a bridge does.
    """
    base: BaseYear = statement.body
    before = side_of(base)
    after = replace(now, **{name: getattr(before, name) for name in _OF_POLICY})
    request = BridgeRequest(before, after, Scope(accounts=base.accounts))
    walk = walk_of(sights, request, hold)
    bridge = bridge_of(walk, request.told_by, ROWS)
    change = walk.last - walk.first
    gross = sum((abs(part.kg) for part in walk.parts), Fraction(0))
    threshold = Fraction(base.threshold_percent)
    passes = change != 0 and abs(change) * 100 >= threshold * abs(walk.first)
    return BaseYearCheck(
        base.year_start,
        statement.version,
        now.structure_on,
        decimal_of(threshold),
        bridge.from_kg_co2e,
        bridge.to_kg_co2e,
        bridge.difference_kg_co2e,
        share_percent(change, walk.first),
        share_percent(gross, walk.first),
        passes,
        bridge.parts,
        tuple(each.id for each in restatements if _touches(each.body, before)),
        bridge.notices,
    )


def estimate_restatement(
    sights: Sights, subject: Subject, base: BaseYear | None, hold: Hold | None = None
) -> RestatementEstimate:
    """Tell what rests on a subject, what it would be, and how much of the base year that is."""
    found = resting_of(sights, subject, hold)
    of_base = _BaseShare()
    if base is not None:
        of_base = _share_of(sights, subject, base, hold)
    now, then = found.total(found.now), found.total(found.then)
    return RestatementEstimate(
        decimal_of(found.total(found.resting)),
        decimal_of(now),
        decimal_of(then),
        decimal_of(then - now),
        tuple(found.rows()),
        found.unposted_count,
        "" if base is None else base.year_start,
        of_base.figure,
        of_base.resting,
        of_base.difference,
        of_base.share,
        of_base.change,
        tuple(found.notices()),
    )


@dataclass(frozen=True, slots=True)
class _BaseShare:
    """What of a base year rests on a subject."""

    figure: Decimal | None = None
    resting: Decimal | None = None
    difference: Decimal | None = None
    share: Decimal | None = None
    change: Decimal | None = None


def _share_of(sights: Sights, subject: Subject, base: BaseYear, hold: Hold | None) -> _BaseShare:
    """Ask the same of the base year alone, by its own accounts, GWP set and approach."""
    side = side_of(base)
    scope = Scope(accounts=base.accounts)
    book = sights.at(sights.point(side.as_of).number, base.method_version)
    figure = figures_of(book, scope, side, hold, ("account",)).total
    asked = replace(side, method_version=subject.side.method_version, as_of=subject.side.as_of)
    found = resting_of(sights, replace(subject, side=asked), hold, base.accounts)
    resting = found.total(found.resting)
    difference = found.total(found.then) - found.total(found.now)
    return _BaseShare(
        decimal_of(figure),
        decimal_of(resting),
        decimal_of(difference),
        share_percent(resting, figure),
        share_percent(difference, figure),
    )


def _touches(restatement: Restatement, side: Side) -> bool:
    """Whether a restatement is of some months of a side."""
    theirs = Side(restatement.from_period, restatement.to_period)
    (first, last), (begun, ended) = months_of(theirs), months_of(side)
    return first <= ended and begun <= last

"""Small books under several versions of a method, and what a naive program finds of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

import polars as pl

from tests.unit.reports.books import Record, outcome_of, post
from tests.unit.reports.naive import Naive
from tonne.catalogue.resolving.resolver import Run
from tonne.catalogue.resolving.texts import Texts
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.reading.changes.sights import Sights
from tonne.ledger.reading.snapshot import Snapshot
from tonne.model import (
    Book,
    FacilityRule,
    FinancialControl,
    Holding,
    RowStatus,
    first_day_of,
    month_of_period,
)
from tonne.reports.inventory.request import InventoryRequest
from tonne.statements.changes.bridges import Side
from tonne.store.manifest.moments import Point, PostingsAt

SETTINGS = MethodSettings()


class Resolutions:
    """The resolutions of a book, whoever asks."""

    hours = None

    def __init__(self, outcomes):
        self._known = {each.id: each for each in outcomes.values() if each}

    def resolutions(self, _book, ids):
        return {id_: self._known[id_] for id_ in ids}


class State:
    """What a version posts: by activity and month."""

    def __init__(self, version, outcomes):
        self.settings = SETTINGS
        self.book = replace(BOOK, method_version=version)
        self._outcomes = outcomes

    def resolve(self, activity, _unit, _region, _facility=""):
        status = RowStatus.FACTOR_MUST_EXIST
        periods = sorted(period for name, period in self._outcomes if name == activity)
        runs = [Run(0, status)]
        for period in periods:
            found = self._outcomes[activity, period]
            runs.append(Run(first_day_of(period), found or status))
        runs.append(Run(first_day_of(periods[-1] + 1), status))
        return tuple(runs)


BOOK = Book(
    "acme", "", "UTC", FacilityRule.ANY, 1, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), (), 2, "{}"
)


class Snapshots:
    """Gives the same book whenever it is asked for, and the states of its versions."""

    def __init__(self, snapshot, states):
        self._snapshot = snapshot
        self._states = states

    def take(self, _book, _as_of=None, *, hold=None):
        assert hold is None
        return self._snapshot

    def rules(self, _book, _as_of=None, method=0):
        return self._states[method], self._snapshot.point


def sights_of(records, outcomes, facilities, entities=(), later=None):
    """A book of records as posted (0), and under version 1."""
    frame = post(records, outcomes) if records else post([], {})
    frame = frame.with_columns(pl.col("resolution").cast(pl.String))
    snapshot = Snapshot(
        BOOK,
        Point("acme", 7, BOOK.create_time, 1),
        PostingsAt(()),
        SETTINGS,
        facilities,
        Texts(()),
        entities,
        0,
        lambda *_: frame.iter_slices(5),
        Resolutions(outcomes),
        evidence=None,
        again=None,
    )
    return Sights(Snapshots(snapshot, {1: State(1, later or outcomes)}), None, "acme")


def frozen(entities, day):
    """Entities whose shares are those of a day, always."""
    if not day:
        return entities
    made = []
    for each in entities:
        held = [
            one
            for one in each.holdings
            if one.valid_from <= day and (not one.valid_to or day < one.valid_to)
        ]
        always = [replace(one, valid_from="", valid_to="") for one in held]
        nothing = Holding("", "", "0", FinancialControl.NONE, is_operated=False)
        made.append(replace(each, holdings=tuple(always or [nothing]) if each.holdings else ()))
    return tuple(made)


def parts_of(records):
    """Parts of records, each a record of its own: a version resolves each by itself."""
    return [
        Record(each.facility, each.activity, each.region, period, (part,), each.unit)
        for each in records
        for period, part in each.parts()
    ]


class NaiveBook:
    """A book as a naive program reads it: sides to kg, and cells by records."""

    def __init__(self, records, outcomes, facilities, entities, later):
        self.records = {0: records, 1: parts_of(records)}
        self.outcomes = {0: outcomes, 1: later}
        self.facilities = facilities
        self.entities = entities

    def request(self, side, scope, group_by=()):
        return InventoryRequest(
            period(side.from_period),
            period(side.to_period),
            group_by,
            scope.facilities,
            scope.activities,
            scope.accounts,
            scope.regions,
            side.gwp_set or SETTINGS.gwp_set,
            str(side.consolidation) or SETTINGS.consolidation,
        )

    def total(self, side, scope, records=None):
        """kg CO2e of a side."""
        return self._ask(side, scope, records).total["kg"]

    def cells(self, side, scope):
        """(facility, activity, unit) to quantity and kg by account."""
        found = defaultdict(lambda: [Fraction(0), defaultdict(Fraction)])
        for record in self.records[side.method_version]:
            if outcome_of(record, self.outcomes[side.method_version]) is None:
                continue
            for month, part in record.parts():
                one = Record(record.facility, record.activity, record.region, month, (part,),
                             record.unit)  # fmt: skip
                asked = self._ask(side, scope, [one], ("account",))
                counted = {
                    group[0]: sums["kg"]
                    for group, sums in asked.groups.items()
                    if self._counts(group[0], asked)
                }
                if counted:
                    cell = found[record.facility, record.activity, record.unit]
                    cell[0] += Fraction(part, 10**6)
                    for account, kg in counted.items():
                        cell[1][account] += kg
        return found

    @staticmethod
    def _counts(account, asked):
        if account == "scope2.market" and asked.selects("scope2.location"):
            return False
        named = asked.request.accounts
        return bool(named) or not account.startswith(("outside.", "memo."))

    def _ask(self, side, scope, records=None, group_by=()):
        version = side.method_version
        return Naive(
            self.records[version] if records is None else records,
            self.outcomes[version],
            self.request(side, scope, group_by),
            self.facilities,
            frozen(self.entities, side.structure_on),
        )


def period(text):
    """Months since 1970."""
    year, month = map(int, text.split("-"))
    return (year - 1970) * 12 + month - 1


def side_of(months, **fields):
    """A side of some months."""
    return Side(month_of_period(min(months)), month_of_period(max(months)), **fields)

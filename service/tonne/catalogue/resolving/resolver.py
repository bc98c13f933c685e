"""Resolves an activity, unit, region and day under a book's method: leg by leg of its rule.

Which rule: imported factors that name their accounts make the rule of their activity
themselves; else the taxonomy's rule; else, for ids that only an import knows, the account that
follows from the words. Which factor a leg takes: see `candidates`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.candidates import Candidates
from tonne.catalogue.resolving.legs.entries import Assembly
from tonne.catalogue.resolving.legs.left_out import ENERGY_KINDS, beside, left_out, missing
from tonne.catalogue.resolving.legs.sources import Sources
from tonne.catalogue.resolving.resolution import (
    ACTIVITY_READ,
    REGION_READ,
    WORD_READ,
    Notice,
    Resolution,
    ResolutionEntry,
)
from tonne.catalogue.resolving.shelves import shelve
from tonne.catalogue.resolving.texts import Texts
from tonne.catalogue.words import taxonomy, units
from tonne.catalogue.words.accounts import account_of
from tonne.catalogue.words.folding import hyphened
from tonne.catalogue.words.method import MethodSettings
from tonne.catalogue.words.regions import region_name
from tonne.catalogue.words.rules import REGION_BOUND, TRANSPORT_WTT, Leg, legs_of
from tonne.model import RowStatus, WordField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.candidates import Gaps
    from tonne.catalogue.words.book_words import BookWords
    from tonne.model import Word

_CACHE_KEYS_MAX = 1 << 17
"""Keys come from producers: the cache is emptied rather than grown beyond this."""


@dataclass(frozen=True, slots=True)
class Run:
    """`disposition` holds from `first_day` (days since 1970-01-01) to the next run's.

    But at the times of `holes` (microseconds since 1970, ends exclusive): what touches one waits.
    """

    first_day: int
    disposition: Resolution | RowStatus
    holes: Gaps = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """Legs to try, in order: the first plan that gives an entry on a day counts.

    `beside` are the legs of the activity's rule that an import leaves out by naming the accounts
    of others: `of_rule` gives their energy, and the rest of them is told.
    """

    legs: tuple[Leg, ...]
    assembly: Assembly
    beside: tuple[Leg, ...] = ()
    of_rule: Assembly | None = None


class Resolver:
    """All factors of a book at one revision, and the method that chooses among them.

    Parameters
    ----------
    editions : Sequence[tuple[str, Sequence[Factor]]]
        Ids and factors of the editions, the preferred one first.
    settings : MethodSettings, optional
        The method's settings.
    method_version : int
        Its version, which resolutions name.
    words : BookWords, optional
        Words of the book's own, which come before all others.

    Attributes
    ----------
    texts : Texts
        What reads the texts of records.

    Notes
    -----
    Immutable but for its cache, and safe to share between threads.
    """

    def __init__(
        self,
        editions: Sequence[tuple[str, Sequence[Factor]]],
        settings: MethodSettings | None = None,
        method_version: int = 0,
        words: BookWords | None = None,
    ) -> None:
        self._settings = settings or MethodSettings()
        self._method_version = method_version
        self._candidates = Candidates(
            tuple(shelve(edition, factors) for edition, factors in editions), self._settings
        )
        rated_units = {
            units.symbol_of(unit)
            for rate in self._settings.rates
            for unit in (rate.from_unit, rate.to_unit)
        }
        self.texts = Texts(self._candidates.shelves, rated_units, words)
        self._rated = frozenset(rate.facility for rate in self._settings.rates if rate.facility)
        self._cache: dict[tuple[str, str, str, str], tuple[Run, ...]] = {}

    @property
    def rated_facilities(self) -> frozenset[str]:
        """Facilities that the method has rates of their own for."""
        return self._rated

    def resolve(
        self, activity: str, unit: str, region: str, facility: str = ""
    ) -> tuple[Run, ...]:
        """Find what holds for an activity, unit and region on every day.

        Parameters
        ----------
        activity, unit, region : str
            Of the record.
        facility : str
            Of the record; it counts where it is one of `rated_facilities`.

        Returns
        -------
        tuple[Run, ...]
            Ascending; the first begins on day 0, and neighbours differ.
        """
        key = (activity, unit, region, facility if facility in self._rated else "")
        runs = self._cache.get(key)
        if runs is None:
            runs = self._resolve(*key)
            if len(self._cache) >= _CACHE_KEYS_MAX:
                self._cache.clear()
            self._cache[key] = runs
        return runs

    def _resolve(self, activity: str, unit: str, region: str, facility: str) -> tuple[Run, ...]:
        learned = tuple(
            word
            for field, text in (
                (WordField.ACTIVITY, activity),
                (WordField.UNIT, unit),
                (WordField.REGION, region),
            )
            if (word := self.texts.word(field, text)) is not None
        )
        meant = {word.field: word.meaning for word in learned}
        return self._resolve_read(
            activity,
            meant.get(WordField.UNIT, unit),
            region,
            (meant.get(WordField.ACTIVITY, activity), meant.get(WordField.REGION, region)),
            learned=learned,
            facility=facility,
        )

    def _resolve_read(
        self,
        written: str,
        unit: str,
        region: str,
        meant: tuple[str, str],
        *,
        learned: tuple[Word, ...],
        facility: str,
    ) -> tuple[Run, ...]:
        """Find what holds where words of the book's own are read: activity and region."""
        activity = self.texts.activity_of(meant[0])
        subject = taxonomy.subject(activity, self._candidates.is_known)
        ids = (activity,) if subject is None else subject.factor_ids
        rule = "" if subject is None else subject.activity.rule
        status = self._check_unit(ids, rule, unit, facility)
        if status is not None:
            return (Run(0, status),)
        place = self.texts.regions.read(meant[1])
        if place is None:
            return (Run(0, RowStatus.FACTOR_MUST_EXIST),)
        plans = self._plans(activity, subject, ids, unit=unit, region=place, facility=facility)
        named = self.texts.named(activity)
        reading = _Reading(
            activity="" if named == written else named,
            region="" if place == region else place,
            notices=(
                *map(_word_read, learned),
                *_activity_read(meant[0], activity),
                *_region_read(meant[1], place),
            ),
        )
        starts = {0}
        for plan in plans:
            starts |= plan.assembly.starts(plan.legs)
            if plan.of_rule is not None:
                starts |= plan.of_rule.starts(plan.beside)
        runs: list[Run] = []
        for start in sorted(starts):
            found = self._disposition(plans, start)
            holes: Gaps = ()
            if isinstance(found, Resolution):
                holes = self._candidates.holes(found.entries)
            disposition = reading.told(found)
            if not runs or (runs[-1].disposition, runs[-1].holes) != (disposition, holes):
                runs.append(Run(start, disposition, holes))
        return tuple(runs)

    def _check_unit(
        self, ids: tuple[str, ...], rule: str, unit: str, facility: str
    ) -> RowStatus | None:
        """Refuse a unit that no table knows, and one that no factor of the activity takes."""
        known = self._candidates.units_of(ids)
        if not known and rule:
            known = _units_of(rule)
        found = units.find(unit)
        conversions = self._candidates.converter(facility).conversions
        if any(conversions(unit, other, ids) for other in known):
            return None
        if found is None:
            return RowStatus.UNIT_MUST_BE_KNOWN
        if not known:
            return None
        if units.currency(found):
            # Another currency fits as soon as the method has a rate for it.
            others = (units.find(other) for other in known)
            if any(other is not None and units.currency(other) for other in others):
                return None
        return RowStatus.UNIT_MUST_FIT_ACTIVITY

    def _plans(
        self,
        activity: str,
        subject: taxonomy.Subject | None,
        ids: tuple[str, ...],
        *,
        unit: str,
        region: str,
        facility: str,
    ) -> list[_Plan]:
        """Put the import's own legs before the taxonomy's."""
        rule = "" if subject is None else subject.activity.rule
        sources = Sources(
            self._candidates,
            self._settings,
            activities=ids,
            unit=unit,
            region=region,
            facility=facility,
            rule=rule,
            with_proxies=bool(rule) and rule not in REGION_BOUND,
        )
        assembly = Assembly(sources, 1 if subject is None else subject.own_id_count)
        own_ids = ids[: assembly.own_id_count]
        own = assembly.of_imports(own_ids)
        legs: tuple[Leg, ...] = ()
        if subject is not None:
            legs = legs_of(rule, subject.context)
            if not self._settings.transport_wtt:
                legs = tuple(leg for leg in legs if leg.account not in TRANSPORT_WTT)
        plans = [_Plan(own.legs, own, beside(own.legs, legs), assembly)] if own.legs else []
        if subject is not None:
            plans.append(_Plan(legs, assembly))
        else:
            account = account_of(activity)
            if account is not None:
                plans.append(_Plan((Leg(account, stages=(), is_needed=True),), assembly))
        return plans

    def _disposition(self, plans: Sequence[_Plan], day: int) -> Resolution | RowStatus:
        for plan in plans:
            disposition = self._follow(plan, day)
            if disposition is not None:
                return disposition
        return RowStatus.FACTOR_MUST_EXIST

    def _follow(self, plan: _Plan, day: int) -> Resolution | None:
        """Entries of all legs on a day, or None where a needed one has none."""
        entries: list[ResolutionEntry] = []
        notices: list[Notice] = []
        for leg in plan.legs:
            found = plan.assembly.entries(leg, day)
            if leg.is_needed and not found:
                return None
            if not found:
                notices += missing(plan.assembly, leg, day)
            entries += found
        if not entries:
            return None
        of_rule = plan.of_rule or plan.assembly
        for leg in plan.beside:
            if leg.kind in ENERGY_KINDS:
                entries += of_rule.entries(leg, day)
            else:
                notices += left_out(of_rule, leg, day)
        return Resolution(tuple(entries), self._method_version, tuple(notices))


def _units_of(rule: str) -> frozenset[str]:
    """Give the units of what a rule takes without a factor: energy, amounts, any money."""
    legs = legs_of(rule)
    if any(leg.kind == "energy" for leg in legs):
        return frozenset({"kWh"})
    amounts = frozenset(leg.unit for leg in legs if leg.kind == "amount")
    return frozenset(units.CURRENCIES) if "" in amounts else amounts


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a record's texts were read; `activity` and `region` where they are written otherwise."""

    activity: str
    region: str
    notices: tuple[Notice, ...]

    def told(self, disposition: Resolution | RowStatus) -> Resolution | RowStatus:
        """Put into a resolution how the record's texts were read."""
        if isinstance(disposition, RowStatus):
            return disposition
        notices = (*self.notices, *disposition.notices)
        return replace(disposition, notices=notices, activity=self.activity, region=self.region)


def _word_read(word: Word) -> Notice:
    """Tell what a word of the book's own was read as."""
    return Notice(
        WORD_READ,
        f"{word.field} {word.text!r} read as {word.meaning}: word {word.number} of the book",
    )


def _activity_read(text: str, activity: str) -> tuple[Notice, ...]:
    """Tell how an activity was read, where more than its case differs."""
    if taxonomy.key_of(text) == taxonomy.key_of(activity):
        return ()
    return (Notice(ACTIVITY_READ, f"activity {text!r} read as {activity}"),)


def _region_read(text: str, region: str) -> tuple[Notice, ...]:
    """Tell how a region was read, where it is a part of a country and the text is no id."""
    if "-" not in region or hyphened(text) == hyphened(region):
        return ()
    return (Notice(REGION_READ, f"region {text!r} read as {region} ({region_name(region)})"),)

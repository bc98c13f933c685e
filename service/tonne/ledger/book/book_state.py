"""What decides how a book's records are posted, at one revision of the book.

A rule stands for a distinct (activity, unit, region, whether the facility is accepted, the dates
within months on which its share may change, the facility where the method has rates for it alone).
New keys of a session get their rules with a few joins; Python runs once per distinct rule.
"""

from __future__ import annotations

import itertools
import threading
from array import array
from collections import OrderedDict
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import polars as pl

from tonne.catalogue.editions.by_activity import ByActivity
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.words.book_words import BookWords
from tonne.catalogue.words.method import settings_of
from tonne.errors import StoreUnavailable
from tonne.ledger.book.entities import share_cuts
from tonne.ledger.book.facilities import (
    in_order,
    look_up,
    read_register,
    with_changes,
)
from tonne.ledger.book.factors import edition_factors
from tonne.ledger.book.periods import day_start_us, hole_arrays, period_table
from tonne.ledger.files.frames import frame_of, polars_errors
from tonne.ledger.files.rules import RuleList
from tonne.model import FacilityRule, RowStatus, day_of_number, period_of_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.candidates import Gaps
    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.catalogue.resolving.resolver import Run
    from tonne.catalogue.resolving.texts import Texts
    from tonne.catalogue.words.method import MethodSettings
    from tonne.ledger.files.rules import Run as RuleRun
    from tonne.model import Book, Entity
    from tonne.store.manifest.manifest import Manifest
    from tonne_kernel import RuleTable, Session

RULE_COUNT_MAX = 1 << 18
"""Activities and units come from producers: a state that has this many rules begins anew, and
others go where all have as many. A rule and what is remembered beside it take 0.5 to 1.5 KB. No
stream has as many keys: none is given its rules again and again."""

_RULES_LOOKED_AT = 1 << 12
"""Rules of a state from which on those of all are counted."""

BOOK_STATES_MAX = 256
"""Most books whose state is kept in memory."""

_LOAD_ATTEMPTS_MAX = 16

_RuleKey = tuple[str, str, str, bool, int, str]
"""Activity, unit, region, whether the facility is accepted, number of the days that cut its
months, and the facility where the method has rates for it alone."""

_state_serials = itertools.count(1)


class BookState:
    """A book's factors, register and periods at one revision, and the rules made from them.

    Immutable but for the rules, which only grow; safe to share between threads.

    Parameters
    ----------
    book : Book
        The book at its revision.
    editions : sequence of (str, sequence of Factor)
        Ids and factors of the method's editions in order of preference. Those of shipped
        editions are shared by all books.
    settings : MethodSettings
        Of the method in force.
    register : polars.DataFrame
        Registered facilities, columns of `facilities.REGISTER_SCHEMA`.
    entities : sequence of Entity
        Whose they are.
    words : BookWords, optional
        Words of the book's own.
    resolver : Resolver, optional
        Of another state with the same editions, settings and words: it remembers what it has
        resolved.
    """

    def __init__(
        self,
        book: Book,
        editions: Sequence[tuple[str, Sequence[Factor]]],
        settings: MethodSettings,
        register: pl.DataFrame,
        entities: Sequence[Entity] = (),
        *,
        words: BookWords | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self.book = book
        self.editions = editions
        self.settings = settings
        self.register = register = in_order(register)
        self.entities = entities
        self.periods = period_table(book.time_zone)
        # Unique in the process: a session notes under which state it has its rules.
        self._serial = next(_state_serials)
        self._words = words
        self._resolver = resolver or Resolver(editions, settings, book.method_version, words)
        self._accepts_all = book.facility_rule is FacilityRule.ANY or (
            book.facility_rule is FacilityRule.WHEN_REGISTER_EXISTS and register.is_empty()
        )
        self._lock = threading.Lock()
        self._cut_days, self._cuts = share_cuts(register, entities)
        self._rule_numbers: dict[_RuleKey, int] = {}
        self._rules = RuleList()
        self._holes: list[Gaps] = []
        self._resolution_numbers: dict[Resolution, int] = {}
        self._resolutions: list[Resolution] = []

    @cached_property
    def factors_by_activity(self) -> ByActivity:
        """Factors of the method's editions by the id under which they stand."""
        return ByActivity(factors for _, factors in self.editions)

    def resolve(
        self, activity: str, unit: str, region: str, facility: str = ""
    ) -> tuple[Run, ...]:
        """Find what holds for an activity, unit and effective region on every day."""
        return self._resolver.resolve(activity, unit, region, facility)

    @property
    def texts(self) -> Texts:
        """What reads the texts of records."""
        return self._resolver.texts

    @property
    def rated_facilities(self) -> frozenset[str]:
        """Facilities that the method has rates of their own for."""
        return self._resolver.rated_facilities

    @property
    def accepts_all(self) -> bool:
        """Whether records of facilities that are not in the register are posted."""
        return self._accepts_all

    @property
    def rule_count(self) -> int:
        """Number of rules so far."""
        return len(self._rule_numbers)

    @property
    def resolutions(self) -> Sequence[Resolution]:
        """Resolutions by the number that the rules' dispositions give; grows at its end."""
        return self._resolutions

    def renewed(self) -> BookState:
        """Make the same state without its rules."""
        rules = self.settings, self.register, self.entities
        return BookState(self.book, self.editions, *rules, words=self._words)

    def resolver_for(self, book: Book, words: BookWords) -> Resolver | None:
        """Give the resolver where it is that of a later revision too.

        Register and entities of a book decide nothing in it.
        """
        is_same = (
            book.method_version == self.book.method_version
            and book.method_body == self.book.method_body
            and words.same_as(self._words)
        )
        return self._resolver if is_same else None

    def assign_rules(self, session: Session) -> None:
        """Give every key of a session its rule.

        Rules of another state are taken away first. The caller sees to it that no other
        state assigns or posts with the same session meanwhile.
        """
        if session.rule_list != self._serial:
            session.forget_rules()
            session.rule_list = self._serial
        first, stop = session.ruled_key_count, session.key_count
        if first == stop:
            return
        with polars_errors("the keys of a stream"):
            keys = self._keys_with_region(frame_of(session.keys(first, stop)))
            distinct = keys.unique(maintain_order=True)
            with self._lock:
                numbers = [self._rule(row) for row in distinct.iter_rows()]
            rules = keys.join(
                distinct.with_columns(pl.Series("rule", numbers, dtype=pl.Int32)),
                on=keys.columns,
                how="left",
                maintain_order="left",
            )["rule"]
            session.set_rules(first, array("i", rules.to_list()))

    def rules(self) -> RuleTable:
        """Make the table of all rules so far."""
        with self._lock:
            return self._rules.table(hole_arrays(self._holes))

    def rule_of(
        self, number: int, first_period: int, last_period: int
    ) -> tuple[str, list[RuleRun]]:
        """Give a rule's effective region, and what holds under it in some months."""
        with self._lock:
            return self._rules.region(number), self._rules.runs(number, first_period, last_period)

    def with_effective_region(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Put a facility's region where `region` is empty; `facility` and `region` texts."""
        ids, regions = self.register["facility"], self.register["region"]
        if ids.is_empty():
            return frame
        found = look_up(ids, regions, frame["facility"])
        return frame.with_columns(found.alias("facility_region")).with_columns(
            pl.when(pl.col("region") == "")
            .then(pl.col("facility_region").fill_null(""))
            .otherwise(pl.col("region"))
            .alias("region")
        )

    def _keys_with_region(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Columns activity, unit, region (the effective one), accepted, cuts, rated.

        One row per key. `cuts` is the number of the days that cut months of the facility, `rated`
        the facility where the method has rates for it alone.
        """
        texts = keys.select(pl.col("facility", "activity", "unit", "region").cast(pl.String))
        texts = self.with_effective_region(texts.with_columns(pl.col("region").fill_null("")))
        accepted = (
            pl.lit(self._accepts_all)
            if self._accepts_all or "facility_region" not in texts.columns
            else pl.col("facility_region").is_not_null()
        )
        cuts = pl.lit(0, pl.Int32)
        if not self._cuts.is_empty():
            found = look_up(self._cuts["facility"], self._cuts["cuts"], texts["facility"])
            texts = texts.with_columns(found.fill_null(0).alias("cuts"))
            cuts = pl.col("cuts")
        rated = pl.lit("")
        if self._resolver.rated_facilities:
            is_rated = pl.col("facility").is_in(list(self._resolver.rated_facilities))
            rated = pl.when(is_rated).then("facility").otherwise(pl.lit(""))
        return texts.select(
            "activity",
            "unit",
            "region",
            accepted.alias("accepted"),
            cuts.alias("cuts"),
            rated.alias("rated"),
        )

    def _rule(self, key: _RuleKey) -> int:
        activity, unit, region, accepted, cuts, rated = key
        number = self._rule_numbers.get(key)
        if number is not None:
            return number
        found = self._resolver.resolve(activity, unit, region, rated)
        starts = {run.first_day: self._number(run.disposition, accepted=accepted) for run in found}
        self._holes.append(tuple(hole for run in found for hole in run.holes))
        days = self._cut_days[cuts]
        before: int | None = None
        runs = []
        for day in sorted(starts | dict.fromkeys(days, 0)):
            disposition = starts[day] if before is None else starts.get(day, before)
            # A share that changes cuts the month of what is posted; what waits has none.
            if disposition != before or (day in days and disposition >= 0):
                start_us = day_start_us(self.book.time_zone, day) if day else 0
                runs.append((period_of_day(day), day_of_number(day).day, start_us, disposition))
            before = disposition
        number = self._rule_numbers[key] = self._rules.add(region, runs)
        return number

    def _number(self, disposition: Resolution | RowStatus, *, accepted: bool) -> int:
        """Give a resolution its number; a status is negative, an invalid unit before suspense."""
        if isinstance(disposition, RowStatus):
            if accepted or disposition.is_quarantine:
                return -disposition
        elif accepted:
            number = self._resolution_numbers.setdefault(disposition, len(self._resolutions))
            if number == len(self._resolutions):
                self._resolutions.append(disposition)
            return number
        return -RowStatus.FACILITY_MUST_BE_REGISTERED


class BookStates:
    """The states of the books that this process posts to, the latest known of each.

    A state may be behind the manifest, or of a revision that a database lost: the commit asserts
    the revision by its token, and the journal then calls `refresh`.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._lock = threading.Lock()
        self._states: OrderedDict[str, BookState] = OrderedDict()
        self._posting_locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    def known(self, book: str) -> BookState:
        """State of a book as last loaded; loads it at first. Raises `BookUnknown`."""
        with self._lock:
            state = self._states.get(book)
            if state is not None:
                self._states.move_to_end(book)
        if state is None:
            return self._load(book)
        if state.rule_count >= RULE_COUNT_MAX:
            return self._keep(book, state.renewed())
        if state.rule_count >= _RULES_LOOKED_AT:
            return self._keep(book, state)
        return state

    def refresh(self, book: str) -> BookState:
        """State of a book at the manifest's revision."""
        state = self.known(book)
        is_latest = state.book.revision_token == self._manifest.revision_token(book)
        return state if is_latest else self._load(book)

    @contextmanager
    def posting(self, book: str) -> Iterator[None]:
        """Hold what assigns rules and posts in a book: one at a time, whatever its state."""
        with self._lock:
            lock = self._posting_locks.setdefault(book, threading.Lock())
        with lock:
            yield

    def _load(self, book: str) -> BookState:
        """Read what of a book is new: again when its revision moves meanwhile."""
        with self._lock:
            before = self._states.get(book)
        for _ in range(_LOAD_ATTEMPTS_MAX):
            head = self._manifest.get_book(book)
            if not head.revision_token:
                self._manifest.draw_revision_token(book)
                continue
            state = self._read(head, before)
            if self._manifest.revision_token(book) == head.revision_token:
                return self._keep(book, state)
        raise StoreUnavailable(
            f"book {book} changed while it was read, again and again: try again",
            metadata={"book": book},
            retry_delay_s=1.0,
        )

    def _read(self, head: Book, before: BookState | None) -> BookState:
        """Read a book at a revision, and take from a state before it what has not changed."""
        if before is not None and not self._manifest.follows(head, before.book):
            before = None  # a database lost what that one was read from
        settings = settings_of(head)
        words = BookWords(self._manifest.list_words(head.id))
        known = {} if before is None else dict(before.editions)
        editions = [
            (each, known[each] if each in known else edition_factors(self._manifest, head, each))
            for each in settings.editions
        ]
        revision = None if before is None else before.book.revision
        register = read_register(self._manifest.facility_parts(head.id, revision))
        entities = self._manifest.list_entities(head.id)
        resolver = None
        if before is not None:
            register = with_changes(before.register, register)
            resolver = before.resolver_for(head, words)
        return BookState(
            head, editions, settings, register, entities, words=words, resolver=resolver
        )

    def _keep(self, book: str, state: BookState) -> BookState:
        """Remember a state; the least used ones go where states or their rules are too many."""
        with self._lock:
            self._states[book] = state
            self._states.move_to_end(book)
            rule_count = sum(each.rule_count for each in self._states.values())
            while len(self._states) > BOOK_STATES_MAX or (
                rule_count > RULE_COUNT_MAX and len(self._states) > 1
            ):
                _, dropped = self._states.popitem(last=False)
                rule_count -= dropped.rule_count
        return state

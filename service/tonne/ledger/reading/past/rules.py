"""The rules of a book as of a moment: method, words, register and entities, as they were then."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.catalogue.words.book_words import BookWords
from tonne.catalogue.words.method import settings_of
from tonne.ledger.book.book_state import BookState
from tonne.ledger.book.facilities import in_order, register_frame, with_changes
from tonne.ledger.book.factors import edition_factors
from tonne.ledger.files.frames import polars_errors

if TYPE_CHECKING:
    from tonne.ledger.book.book_state import BookStates
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point

PAST_STATES_MAX: Final = 8
"""Past states of books that a process remembers: each has a register."""


class PastRules:
    """Gives the rules of books as of moments. Safe to call from several threads.

    A state of the past is made from the present one: it costs what was changed since, and a pass
    through the register in memory.

    Parameters
    ----------
    manifest : Manifest
    states : BookStates
        The rules of books now.
    """

    def __init__(self, manifest: Manifest, states: BookStates) -> None:
        self._manifest = manifest
        self._states = states
        self._lock = threading.Lock()
        self._past: OrderedDict[tuple[str, int, int], BookState] = OrderedDict()

    def at(self, point: Point, method: int = 0) -> BookState:
        """Give the rules in force at a moment.

        Parameters
        ----------
        point : Point
        method : int
            Version of the method in place of the one that was in force; 0: that one.

        Raises
        ------
        BookUnknown, MethodUnknown
        """
        now = self._states.refresh(point.book)
        if now.book.revision == point.revision and method in {0, now.book.method_version}:
            return now
        key = (point.book, point.revision, method)
        with self._lock:
            if (known := self._past.get(key)) is not None:
                self._past.move_to_end(key)
                return known
        made = self._make(point, method, now)
        with self._lock:
            self._past[key] = made
            while len(self._past) > PAST_STATES_MAX:
                self._past.popitem(last=False)
        return made

    def _make(self, point: Point, version: int, now: BookState) -> BookState:
        """Make a state from the present one.

        What is read may be of a later revision than `now`: whatever was changed behind the moment
        is given as it was then.
        """
        manifest, book = self._manifest, point.book
        past = manifest.past_register(book, point.revision)
        method = manifest.method_at(book, point.time)
        if version and version != method.version:
            method = manifest.get_method(book, version)
        words = BookWords(manifest.words_at(book, point.time))
        with polars_errors("a register of the past"):
            register = now.register.filter(~pl.col("facility").is_in(list(past.added)))
        register = with_changes(register, in_order(register_frame(past.facilities)))
        head = replace(
            now.book,
            revision=point.revision,
            revision_token="",
            method_version=method.version,
            method_body=method.body,
            facility_rule=past.facility_rule or now.book.facility_rule,
        )
        settings = settings_of(head)
        known = dict(now.editions)
        editions = [
            (each, known[each] if each in known else edition_factors(manifest, head, each))
            for each in settings.editions
        ]
        entities = manifest.past_entities(book, point.revision)
        resolver = now.resolver_for(head, words)
        return BookState(
            head, editions, settings, register, entities, words=words, resolver=resolver
        )

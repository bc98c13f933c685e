"""Decisions about records of one id: which of them stay.

A decision is claimed first, then what it does not keep is reversed, then it is closed. Of two that
claim one entry the first one has it; the decision of one who dies in between is finished by the
upkeep, and by the same call again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tonne.errors import ConfigInvalid, FieldInvalid, TonneError
from tonne.ledger.filters import Fields, moment_field, number_field, text_field, word_field
from tonne.ledger.pages import FIRST_PAGE, Ask, Page, PageTokens
from tonne.model import check_id
from tonne.store.statement_rows import (
    Correction,
    CorrectionKind,
    ReasonCode,
    SameKind,
    SameRecord,
    SameRule,
    SameState,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from tonne.ledger.posting.correcting.reversals import Reverser
    from tonne.store.manifest.manifest import Manifest

logger = logging.getLogger(__name__)

SAME_FIELDS = Fields(
    {
        "number": number_field("number"),
        "state": word_field(
            "state", {f"SAME_RECORD_STATE_{each.name}": str(each) for each in SameState}
        ),
        "record_id": text_field("record_id"),
        "facility": text_field("facility"),
        "activity": text_field("activity"),
        "create_time": moment_field("create_time"),
    },
    example='state = SAME_RECORD_STATE_OPEN AND facility = "dc-1"',
    key="number",
)
"""What listings of records of one id are filtered by."""

GROUPS_MAX: Final = 1_000
"""Groups of one answer, the largest ones."""

VALUED_MAX: Final = 1_000
"""Entries of a kind whose kg CO2e is asked for in a summary."""

_OPEN: Final = f"SAME_RECORD_STATE_{SameState.OPEN.name}"

_BATCH: Final = 256


@dataclass(frozen=True, slots=True)
class SameGroup:
    """What waits for a decision of one facility and activity."""

    facility: str
    activity: str
    entry_count: int
    record_count: int
    first_number: int
    first_time: dt.datetime


@dataclass(frozen=True, slots=True)
class SameSummary:
    """Up to which commit a book is compared, whether nothing is behind, its rule, what waits."""

    complete_up_to: int
    is_complete: bool
    rule: SameRule
    undecided_count: int


class Decider:
    """Lists and decides records of one id. Safe to call from several threads and servers.

    Parameters
    ----------
    manifest : Manifest
    reversals : Reverser
        Takes back what is not kept.
    """

    def __init__(self, manifest: Manifest, reversals: Reverser) -> None:
        self._manifest = manifest
        self._reversals = reversals
        self._tokens = PageTokens(manifest.page_token_key)

    def list(self, book: str, kind: SameKind, ask: Ask = FIRST_PAGE) -> Page[SameRecord]:
        """List entries in the order in which they were found, unless it is `number desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        query = (str(kind), check_id("book", book))
        return self._tokens.find(
            query,
            SAME_FIELDS,
            ask,
            lambda window: self._manifest.find_same_records(book, kind, window),
            start=0,
        )

    def groups(self, book: str, kind: SameKind) -> tuple[SameGroup, ...]:
        """Group what waits for a decision by facility and activity, the largest groups first."""
        found = self._manifest.undecided_groups(check_id("book", book), kind, GROUPS_MAX)
        return tuple(SameGroup(*each) for each in found)

    def oldest(self, book: str, kind: SameKind) -> tuple[SameRecord, ...]:
        """Give the first `VALUED_MAX` entries that wait for a decision, the oldest first."""
        ask = Ask(page_size=VALUED_MAX, filter_by=f"state = {_OPEN}")
        return tuple(self.list(book, kind, ask).items)

    def summary(self, book: str) -> SameSummary:
        """Say how far a book is compared, and what waits. Raises BookUnknown."""
        state = self._manifest.key_state(check_id("book", book))
        return SameSummary(
            self._manifest.duplicates_complete_up_to(book),
            not self._manifest.uncompared_segments(book, state.checked_seq, 1),
            state.rule,
            self._manifest.undecided_count(book),
        )

    def set_rule(self, book: str, rule: SameRule) -> None:
        """Say what becomes of duplicates that are found from now on. Raises BookUnknown."""
        self._manifest.set_same_rule(check_id("book", book), rule)

    def recheck(self, book: str) -> int:
        """Have the upkeep make all keys anew and compare all records again; gives the files."""
        self._manifest.key_state(check_id("book", book))
        return self._manifest.forget_keys(book)

    def decide(
        self, book: str, number: int, keep: Sequence[int], author: str, reason: str
    ) -> SameRecord:
        """Decide which records of an entry stay; the others are reversed.

        Parameters
        ----------
        keep : sequence of int
            Of its members, counted from 1.
        author, reason : str
            Who says so, and why.

        Raises
        ------
        FieldInvalid
            No such entry or member, nobody and nothing said, another decision before.
        PeriodMustBeOpen
            What is to be reversed has a part in a sealed month.
        CapacityError
            Call again.
        """
        entry = self._manifest.get_same_record(check_id("book", book), number)
        if entry is None:
            raise _invalid("number", f"book {book} has no entry {number}", book)
        for name, value in (("author", author), ("reason", reason)):
            if not value.strip():
                raise _invalid(
                    name, f"expected {'who' if name == 'author' else 'why'}; got nothing", book
                )
        decision = _decision(entry, sorted(set(keep)), book)
        if entry.state is SameState.OPEN:
            self._look(entry, set(keep), book)
        asked = replace(entry, decision=decision, author=author, reason=reason)
        claimed = self._manifest.claim_decision(asked, book)
        if claimed.state is SameState.OPEN:
            raise _invalid("number", f"entry {number} changed meanwhile: list it again", book)
        if claimed.decision != decision:
            kept = ", ".join(map(str, json.loads(claimed.decision)["keep"])) or "all"
            raise _invalid(
                "keep", f"{claimed.author} decided entry {number} before: kept is {kept}", book
            )
        if claimed.state is SameState.DECIDING:
            self._finish(book, claimed)
        found = self._manifest.get_same_record(book, number)
        return claimed if found is None else found

    def finish_all(self, book: str) -> int:
        """Finish decisions that were claimed and not closed; how many were."""
        after = count = 0
        while entries := self._manifest.deciding_same_records(book, after, _BATCH):
            for entry in entries:
                after = entry.number
                try:
                    self._finish(book, entry)
                except (FieldInvalid, ConfigInvalid) as error:
                    logger.warning("a decision of book %s is not finished: %s", book, error)
                    continue
                count += 1
        return count

    def _look(self, entry: SameRecord, keep: set[int], book: str) -> None:
        """See that somebody who keeps a record keeps one that counts."""
        kept: dict[bool, int] = {True: 0, False: 0}
        lost = 0
        for place, member in enumerate(json.loads(entry.members), 1):
            is_there = self._reversals.counts(
                member["segment"], member["source"], member["offset"]
            )
            kept[place in keep] += is_there
            lost += place in keep and not is_there
        if lost and kept[False]:
            raise _invalid(
                "keep",
                f"{lost} of the records of entry {entry.number} that are to be kept were reversed "
                "meanwhile, and others would be: keep one that counts (`tonne record show`)",
                book,
            )

    def _finish(self, book: str, entry: SameRecord) -> None:
        members = json.loads(entry.members)
        keep = set(json.loads(entry.decision)["keep"])
        gone = [each for place, each in enumerate(members, 1) if place not in keep]
        code = ReasonCode.DUPLICATE if entry.kind is SameKind.DUPLICATE else ReasonCode.ERROR
        made = Correction(
            CorrectionKind.REVERSAL,
            f"{entry.kind} {entry.number}, record {entry.record_id}",
            entry.author,
            code,
            entry.reason,
        )
        done = 0
        try:
            for segment, places in _by_segment(gone).items():
                self._reversals.reverse_places(book, segment, places, made)
                done += 1
        except TonneError as error:
            if not done and not error.retryable:
                self._manifest.release_decision(book, entry.number)
            raise
        self._manifest.close_decision(book, entry.number)


def _by_segment(members: Sequence[dict[str, Any]]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for each in members:
        found.setdefault(each["segment"], []).append((each["source"], each["offset"]))
    return found


def _decision(entry: SameRecord, keep: Sequence[int], book: str) -> str:
    """Write a decision: the members that stay, and what they say."""
    members = json.loads(entry.members)
    if not keep or keep[0] < 1 or keep[-1] > len(members):
        raise _invalid(
            "keep",
            f"expected numbers of records of entry {entry.number}, from 1 to {len(members)}; got "
            f"{', '.join(map(str, keep)) or 'none'}",
            book,
        )
    if entry.record_count > len(members) and len(keep) < len(members):
        raise _invalid(
            "keep",
            f"entry {entry.number} has {entry.record_count} records, of which {len(members)} are "
            "named: reverse the others by channel and offsets (`tonne record reverse`), or keep "
            "all",
            book,
        )
    contents = sorted({members[place - 1]["content"] for place in keep})
    return json.dumps({"keep": list(keep), "contents": contents}, separators=(",", ":"))


def _invalid(name: str, message: str, book: str) -> FieldInvalid:
    return FieldInvalid(f"{name}: {message}", metadata={"field": name, "book": book})

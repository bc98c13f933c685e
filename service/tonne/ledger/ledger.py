"""The ledger: its parts, composed."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING

from tonne.ledger.book.book_state import BookStates
from tonne.ledger.book.books import Books
from tonne.ledger.book.editions import Editions
from tonne.ledger.book.methods import MethodVersions
from tonne.ledger.book.register import Register
from tonne.ledger.book.statements.statements import Statements
from tonne.ledger.book.words import Words
from tonne.ledger.budget import READ_BYTES_MAX, Budget
from tonne.ledger.closing.changes import Changes
from tonne.ledger.closing.composing import compose_closing
from tonne.ledger.closing.overlaps.check import SPILL_BYTES_MAX
from tonne.ledger.files.files import FileReader
from tonne.ledger.files.hours import HourFiles
from tonne.ledger.keys.runs import KeyRuns
from tonne.ledger.posting.acknowledged import Acknowledged, log_loss
from tonne.ledger.posting.channels import Channels
from tonne.ledger.posting.clearing import Clearer
from tonne.ledger.posting.correcting.deciding import Decider
from tonne.ledger.posting.correcting.duplicates import DuplicateTaker
from tonne.ledger.posting.correcting.reversals import Reverser
from tonne.ledger.posting.correcting.worth import SameWorth
from tonne.ledger.posting.estimate import Estimates
from tonne.ledger.posting.journal import Journal
from tonne.ledger.posting.mending.mends import Mends
from tonne.ledger.posting.mending.withdrawal import Withdrawals
from tonne.ledger.posting.repeat import RepeatCheck
from tonne.ledger.posting.restating.acts import Acts
from tonne.ledger.posting.restating.restating import Restater
from tonne.ledger.posting.writing.commit_files import CommitFiles
from tonne.ledger.reading.balances import Balances
from tonne.ledger.reading.by_id.found import FoundRecords
from tonne.ledger.reading.causes import SuspenseCauses
from tonne.ledger.reading.changes.movements import Movements
from tonne.ledger.reading.changes.sights import Sights
from tonne.ledger.reading.corrections import Corrections
from tonne.ledger.reading.evidence import Evidence
from tonne.ledger.reading.past.postings import PostingsReader
from tonne.ledger.reading.quarantined import QuarantineCauses
from tonne.ledger.reading.records import Records
from tonne.ledger.reading.rollups import Rollups
from tonne.ledger.reading.snapshot import Snapshots
from tonne.ledger.upkeep.checks import Checks
from tonne.ledger.upkeep.merging import MERGE_BYTES_MAX, MERGE_LEASE_S, Merger
from tonne.ledger.upkeep.rollups.maker import RollupMaker
from tonne.ledger.upkeep.same.check import SameCheck
from tonne.ledger.upkeep.upkeep import MARK_INTERVAL_S, Upkeep
from tonne.store.sql.database import utc_now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from tonne.errors import FileCorrupt
    from tonne.ledger.budget import Hold
    from tonne.ledger.posting.acknowledged import Loss
    from tonne.ledger.posting.journal import Stage
    from tonne.store import Rules
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects

CACHE_BYTES_MAX = 256 << 20
"""Decoded postings that a process keeps, unless told otherwise."""

MERGE_FILES_MAX = 64
"""Live postings files of one tier, unless told otherwise."""

ROW_ERRORS_MAX = 1000
"""Row errors that the outcome of one batch names, unless told otherwise."""


class Ledger:
    """The books of one store. Safe to call from several threads; every call of a part blocks.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    holder : str
        Name of this process in leases, different from every other's.
    cache_bytes_max : int
        Most bytes of decoded postings to keep in memory.
    merge_files_max : int
        A tier of more live runs of postings files than this is merged.
    merge_bytes_max : int
        Most memory of a merge.
    merge_lease_s : float
        How long a merge of a process that died keeps the others off, in seconds.
    read_bytes_max : int
        Most memory of all calls that read.
    overlap_bytes_max : int
        Most temporary disk of a check for overlaps.
    row_errors_max : int
        Most row errors that the outcome of one batch names.
    garbage_rules : Rules
        How long garbage stays.
    mark_interval_s : float
        How often the upkeep writes down how far the manifest has come, in seconds.
    hash_bits : int
        As in `KeyRuns`.
    clock : callable
        The time, UTC.
    on_loss : callable
        As in `Acknowledged`.
    stage : callable
        As in `Journal`.
    on_corrupt : callable, optional
        As in `FileReader`.

    Attributes
    ----------
    books : Books
    channels : Channels
    methods : MethodVersions
    editions : Editions
    register : Register
    words : Words
        What decides: who may write, under which factors, for which facilities.
    statements : Statements
        What is stated beside the records.
    journal : Journal
        The durable path of records.
    repeats : RepeatCheck
        Compares what comes again with what is kept.
    mends : Mends
        Finds what is mended.
    suspense : Clearer
        Posts what waited.
    reversals : Reverser
        Takes back what was posted.
    restating : Restater
        Posts again, under the rules in force, what was posted.
    acts : Acts
        Lists restatements.
    corrections : Corrections
        Lists what was reversed and corrected.
    same : Decider
        Lists and decides records of one id.
    same_worth : SameWorth
        Values them.
    estimates : Estimates
        Posts without a trace.
    overlaps : Overlaps
        Looks for records that lie over each other, lists and decides them.
    periods : Periods
        Closes, seals and reopens months.
    changes : Changes
        Lists what was changed, by whom and why.
    records : Records
    found : FoundRecords
    causes : SuspenseCauses
    refused : QuarantineCauses
    balances : Balances
    evidence : Evidence
    snapshots : Snapshots
        What is known: records, what they wait for, what was posted, what postings rest on, a book
        at one moment.
    reads : Budget
        Memory of the calls that read.
    merger : Merger
    rollups : RollupMaker
    key_runs : KeyRuns
    same_check : SameCheck
    upkeep : Upkeep
    checks : Checks
        What keeps the files well.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        *,
        holder: str,
        cache_bytes_max: int = CACHE_BYTES_MAX,
        merge_files_max: int = MERGE_FILES_MAX,
        merge_bytes_max: int = MERGE_BYTES_MAX,
        merge_lease_s: float = MERGE_LEASE_S,
        read_bytes_max: int = READ_BYTES_MAX,
        overlap_bytes_max: int = SPILL_BYTES_MAX,
        row_errors_max: int = ROW_ERRORS_MAX,
        garbage_rules: Rules | None = None,
        mark_interval_s: float = MARK_INTERVAL_S,
        hash_bits: int = 64,
        clock: Callable[[], dt.datetime] = utc_now,
        on_loss: Callable[[Loss], str] = log_loss,
        stage: Stage = nullcontext,
        on_corrupt: Callable[[FileCorrupt], None] | None = None,
    ) -> None:
        states = BookStates(manifest)
        acknowledged = Acknowledged(manifest, on_loss)
        reader = FileReader(manifest, objects, on_corrupt)
        self.reads = Budget(read_bytes_max)
        self.key_runs = KeyRuns(manifest, objects, reader, clock=clock, hash_bits=hash_bits)

        self.books = Books(manifest, states, clock)
        self.channels = Channels(manifest, states, clock, acknowledged)
        self.methods = MethodVersions(manifest, states, clock)
        self.editions = Editions(manifest, states, clock, HourFiles(objects))
        self.register = Register(manifest, states, clock)

        self.balances = Balances(manifest, objects, cache_bytes_max=cache_bytes_max, reader=reader)
        read_once = functools.partial(self.balances.parts, keep=False)
        self.words = Words(manifest, states, clock, read_once)
        self.statements = Statements(manifest, states, clock)
        rollups = self._compose_reading(manifest, reader, states)

        self.journal = self._compose_posting(
            manifest,
            objects,
            reader,
            states,
            row_errors_max=row_errors_max,
            clock=clock,
            acknowledged=acknowledged,
            stage=stage,
        )
        self.changes = Changes(manifest)
        self.estimates = Estimates(manifest, states, clock, self.editions.hours)

        self._compose_upkeep(
            manifest,
            objects,
            reader,
            rollups,
            states,
            holder=holder,
            clock=clock,
            files_max=merge_files_max,
            bytes_max=merge_bytes_max,
            lease_s=merge_lease_s,
            garbage_rules=garbage_rules,
            mark_interval_s=mark_interval_s,
        )
        kept = (manifest, reader, states, clock)
        read = (self.snapshots, self.balances.parts, self.reads, self.same_check.check)
        self.overlaps, self.periods = compose_closing(kept, read, overlap_bytes_max)

    def sights_of(self, book: str, hold: Hold | None = None) -> Sights:
        """See a book as of moments, and under the versions of its method."""
        return Sights(self.snapshots, self._movements, book, hold)

    def close(self) -> None:
        """End the ledger's threads, after what they are doing. The store stays open."""
        self.journal.close()
        self.balances.close()

    def _compose_reading(
        self, manifest: Manifest, reader: FileReader, states: BookStates
    ) -> Rollups:
        self.records = Records(manifest, reader, states, self.reads)
        self.found = FoundRecords(manifest, reader, self.key_runs, self.reads)
        self.causes = SuspenseCauses(manifest, reader, states, self.reads)
        self.refused = QuarantineCauses(manifest, reader, states, self.reads)
        parts = PostingsReader(manifest, reader, self.balances.parts).parts
        self.evidence = Evidence(manifest, reader, parts)
        self._movements = Movements(manifest, reader)
        rollups = Rollups(manifest, reader, self.balances.cache)
        self.snapshots = Snapshots(
            manifest, states, parts, self.editions, self.evidence, rollups=rollups
        )
        return rollups

    def _compose_posting(
        self,
        manifest: Manifest,
        objects: Objects,
        reader: FileReader,
        states: BookStates,
        *,
        row_errors_max: int,
        clock: Callable[[], dt.datetime],
        acknowledged: Acknowledged,
        stage: Stage,
    ) -> Journal:
        withdrawals = Withdrawals(manifest, reader, states)
        journal = Journal(
            manifest,
            CommitFiles(objects, self.key_runs, clock),
            states,
            withdrawals,
            row_errors_max=row_errors_max,
            on_postings=self.balances.remember,
            acknowledged=acknowledged,
            stage=stage,
        )
        self.repeats = RepeatCheck(manifest, reader, states)
        self.mends = Mends(manifest, self.repeats, withdrawals)
        self.suspense = Clearer(
            manifest,
            objects,
            reader,
            states,
            clock=clock,
            on_postings=self.balances.remember,
            reads=self.reads,
        )
        self.reversals = Reverser(
            manifest,
            objects,
            reader,
            states,
            clock=clock,
            on_postings=self.balances.remember,
            reads=self.reads,
        )
        self.restating = Restater(
            manifest,
            objects,
            reader,
            states,
            clock=clock,
            on_postings=self.balances.remember,
            reads=self.reads,
        )
        self.acts = Acts(manifest)
        self.corrections = Corrections(manifest, reader)
        self.same = Decider(manifest, self.reversals)
        self.same_worth = SameWorth(manifest, reader, states, reads=self.reads)
        self._taker = DuplicateTaker(self.reversals, manifest, reader, states, reads=self.reads)
        return journal

    def _compose_upkeep(
        self,
        manifest: Manifest,
        objects: Objects,
        reader: FileReader,
        rollups: Rollups,
        states: BookStates,
        *,
        holder: str,
        clock: Callable[[], dt.datetime],
        files_max: int,
        bytes_max: int,
        lease_s: float,
        garbage_rules: Rules | None,
        mark_interval_s: float,
    ) -> None:
        read_once = functools.partial(self.balances.parts, keep=False)
        self.rollups = RollupMaker(
            manifest,
            objects,
            rollups,
            states,
            read_once,
            lease_s=lease_s,
            clock=clock,
            on_dead=self.balances.forget,
        )
        self.merger = Merger(
            manifest,
            objects,
            read_once,
            holder=holder,
            files_max=files_max,
            bytes_max=bytes_max,
            lease_s=lease_s,
            clock=clock,
            on_dead=self.balances.forget,
            rollups=self.rollups,
        )
        self.same_check = SameCheck(
            manifest,
            reader,
            self.key_runs,
            self._taker,
            self.same,
            reads=self.reads,
            holder=holder,
            lease_s=lease_s,
        )
        self.upkeep = Upkeep(
            manifest,
            objects,
            self.books,
            self.merger,
            self.same_check,
            holder=holder,
            garbage_rules=garbage_rules,
            mark_interval_s=mark_interval_s,
            clock=clock,
        )
        self.checks = Checks(
            manifest,
            objects,
            self.rollups,
            holder=holder,
            merge_lease_s=lease_s,
            clock=clock,
        )

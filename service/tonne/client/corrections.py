"""Calls about corrections: records reversed, corrected, listed with who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.client.answers.import_results import (
    Correction,
    ReversalProgress,
    SameRecord,
    SameRecordComparison,
    SameRecordSummary,
    read_correction,
    read_same_record,
    read_same_summary,
)
from tonne.client.answers.results import (
    AsOf,
    BookMoment,
    LedgerRecord,
    moment_text,
    read_ledger_record,
    telling,
)
from tonne.client.imports import ImportCalls, request_ids
from tonne.client.wire.calls import PAGE_SIZE
from tonne.client.wire.resources import book_name, source_name
from tonne.v1 import corrections_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.client.answers.results import AppendResult
    from tonne.client.append.batches import Batch, Records


VALUED_PAGE_SIZE = 32
"""Entries of a page with kg CO2e: a call reads 64 segments, so that two of each are read."""


class CorrectionCalls(ImportCalls):
    """Reverses records, corrects them, and lists what was."""

    _corrections: Any
    """Stub of CorrectionService."""

    def reverse_records(
        self,
        book: str,
        *,
        reason: str,
        reason_code: str = "error",
        author: str = "",
        source: str = "",
        offsets: Sequence[int] = (),
        first_offset: int = 0,
        stop_offset: int = 0,
        record_id: str = "",
        facility: str = "",
        month: str = "",
    ) -> Iterator[ReversalProgress]:
        """Reverse records, each once; yields how far it is, the last time when it is done.

        There is no deadline. A call that fails may be repeated: nothing is reversed twice.

        Parameters
        ----------
        reason, reason_code, author : str
            Why, in words and as `error`, `estimate`, `duplicate` or `other`; who says so, the
            caller where it is empty.
        source : str
            A channel, or `requests/{request_id}`, with `offsets`, or with `first_offset` and
            `stop_offset`, which is exclusive.
        record_id : str
            Instead: the producer's own id of one record.
        facility, month : str
            Instead: the records of a facility that begin in a month like 2026-03.

        Raises
        ------
        FieldInvalid
            No such record, one that is in quarantine, an id of several: nothing was reversed.
        PeriodMustBeOpen
            A record has a part in a closed month.
        """
        request = corrections_pb2.ReverseRecordsRequest(
            parent=book_name(book),
            selection=corrections_pb2.RecordSelection(
                source=source_name(book, source) if source else "",
                offsets=offsets,
                first_offset=first_offset,
                stop_offset=stop_offset,
                record_id=record_id,
                facility=facility,
                month=month,
            ),
            reason_code=f"REASON_CODE_{reason_code.upper()}",
            reason=reason,
            author=author,
        )
        for step in self._stream(self._corrections.ReverseRecords, request, timeout_s=None):
            yield ReversalProgress(
                step.segment_count,
                step.segments_done_count,
                step.reversed_count,
                step.already_reversed_count,
                step.quarantined_count,
            )

    def correct_records(
        self,
        book: str,
        source: str,
        offsets: Sequence[int],
        records: Records,
        *,
        reason: str,
        reason_code: str = "error",
        author: str = "",
        request_id: str = "",
    ) -> AppendResult:
        """Reverse records and post others for them; a batch of them at once, or not at all.

        Parameters
        ----------
        source : str
            Where they are: a channel, or `requests/{request_id}`, as listings have it. Of a record
            that was corrected before the newest is meant.
        offsets : sequence of int
            Offset of each record, ascending.
        records : Records
            As many.
        reason, reason_code, author : str
            As of `reverse_records`.
        request_id : str
            As of `mend_records`.

        Raises
        ------
        ContentMustMatch
            What is at an offset is not, or no longer, posted or in suspense. What the batches
            before corrected stays so.
        FieldInvalid
            A new record would go to quarantine: nothing of its batch was corrected.
        """
        identify = request_ids(request_id)

        def call(mine: Sequence[int], batch: Batch) -> Any:
            request = corrections_pb2.CorrectRecordsRequest(
                name=source_name(book, source),
                request_id=identify(mine),
                offsets=mine,
                reason_code=f"REASON_CODE_{reason_code.upper()}",
                reason=reason,
                author=author,
            )
            batch.put_into(request)
            return self._call(self._corrections.CorrectRecords, request)

        return self._in_place(book, offsets, records, call)

    def list_corrections(
        self,
        book: str,
        *,
        filter_by: str = "",
        order_by: str = "",
        as_of: AsOf = "",
        on_moment: Callable[[BookMoment], None] | None = None,
    ) -> Iterator[Correction]:
        """List what was reversed and corrected, in the order in which it was.

        With `as_of` by then; `on_moment` is told which commit that is.
        """
        request = corrections_pb2.ListCorrectionsRequest(
            parent=book_name(book),
            page_size=PAGE_SIZE,
            filter=filter_by,
            order_by=order_by,
            as_of=moment_text(as_of),
        )
        pages = self._pages(self._corrections.ListCorrections, request)
        for page in telling(pages, on_moment):
            yield from map(read_correction, page.corrections)

    def get_records(
        self, book: str, record_id: str = "", *, source: str = "", offset: int = 0
    ) -> tuple[LedgerRecord, ...]:
        """Find the records of an id in the order of their commits, or the one at a place.

        Reversed ones are among them. It costs no more in a large book than in a small one.

        Raises
        ------
        FieldInvalid
            There is none; one in quarantine has no place among them.
        StoreUnavailable
            The keys of older records are still being made.
        """
        request = corrections_pb2.GetRecordsRequest(
            parent=book_name(book),
            record_id=record_id,
            source=source_name(book, source) if source else "",
            offset=offset,
        )
        answer = self._call(self._corrections.GetRecords, request)
        return tuple(map(read_ledger_record, answer.records))

    def list_same_records(
        self,
        book: str,
        kind: str,
        *,
        filter_by: str = "",
        order_by: str = "",
        with_kg_co2e: bool = False,
    ) -> Iterator[SameRecord]:
        """List records of one id: a `duplicate` is not reversed, a `conflict` says two things.

        Parameters
        ----------
        with_kg_co2e : bool
            Whether the kg CO2e of what is undecided is told: it reads the segments of the records,
            of a page of 32 entries at most 64 of them, and a million records.
        """
        request = corrections_pb2.ListSameRecordsRequest(
            parent=book_name(book),
            kind=f"SAME_RECORD_KIND_{kind.upper()}",
            page_size=VALUED_PAGE_SIZE if with_kg_co2e else PAGE_SIZE,
            filter=filter_by,
            order_by=order_by,
            with_kg_co2e=with_kg_co2e,
        )
        for page in self._pages(self._corrections.ListSameRecords, request):
            yield from map(read_same_record, page.same_records)

    def same_record_summary(self, book: str, *, with_kg_co2e: bool = False) -> SameRecordSummary:
        """Say up to which commit the records of a book are compared, and what waits.

        Parameters
        ----------
        with_kg_co2e : bool
            Whether the kg CO2e of the groups is told, of the 1,000 oldest entries of each kind.
        """
        request = corrections_pb2.GetSameRecordSummaryRequest(
            name=book_name(book), with_kg_co2e=with_kg_co2e
        )
        return read_same_summary(self._call(self._corrections.GetSameRecordSummary, request))

    def decide_same_record(
        self, book: str, number: int, keep: Sequence[int], *, reason: str, author: str = ""
    ) -> SameRecord:
        """Decide which records of one id stay; the others are reversed.

        A call that fails may be repeated.

        Parameters
        ----------
        keep : sequence of int
            Its members, counted from 1.

        Raises
        ------
        FieldInvalid
            No such entry or member, or another decision before.
        PeriodMustBeOpen
            What is to be reversed has a part in a closed month.
        """
        request = corrections_pb2.DecideSameRecordRequest(
            name=f"{book_name(book)}/sameRecords/{number}",
            keep=keep,
            reason=reason,
            author=author,
        )
        answer = self._call(self._corrections.DecideSameRecord, request)
        return read_same_record(answer.same_record)

    def set_same_record_rule(self, book: str, rule: str) -> None:
        """Say what becomes of duplicates from now on: `reverse`, or `report` alone."""
        request = corrections_pb2.SetSameRecordRuleRequest(
            name=book_name(book), rule=f"SAME_RECORD_RULE_{rule.upper()}"
        )
        self._call(self._corrections.SetSameRecordRule, request)

    def compare_same_records(self, book: str) -> SameRecordComparison:
        """Compare what came since the last time now, as the upkeep does by itself soon."""
        request = corrections_pb2.CompareSameRecordsRequest(name=book_name(book))
        answer = self._call(self._corrections.CompareSameRecords, request)
        return SameRecordComparison(answer.reversed_count, answer.entry_count, answer.is_complete)

    def recheck_same_records(self, book: str) -> int:
        """Have all records of a book compared again; gives how many key files are made anew."""
        request = corrections_pb2.RecheckSameRecordsRequest(name=book_name(book))
        return int(self._call(self._corrections.RecheckSameRecords, request).key_file_count)

"""Calls about imports: which file brought what, compared with what is kept, and mended."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tonne.client.answers.import_results import (
    Comparison,
    Digests,
    Import,
    ImportClaim,
    RecordDifference,
    join_digests,
    read_import,
)
from tonne.client.answers.results import (
    ROW_ERRORS_MAX,
    AppendResult,
    RowError,
    moment_text,
    read_row_error,
    read_totals,
    telling,
)
from tonne.client.append.batches import Batches, Records
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import book_name, channel_name, read_refused, source_name
from tonne.errors import FieldInvalid
from tonne.model import ControlTotals, Limits
from tonne.quantities import quantity_decimal
from tonne.v1 import imports_pb2, ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.client.answers.results import AsOf, BookMoment, QuarantineCause
    from tonne.client.append.batches import Batch


LIMITS = Limits(4 * 1024 * 1024, 0, 1_000_000, 0.0)
"""What one call takes: gRPC's own default limit of a message."""

BYTES_TARGET = 2 * 1024 * 1024
"""Records of one call: the ledger reads whole files for each, so that there are not many."""

DIGESTS_MAX = 100_000
"""Durable records that one call digests."""

DIFFERENCES_MAX = 100
"""Records that differ which a comparison keeps; the others are counted."""


class ImportCalls(Calls):
    """Notes imports, compares records with what is kept, and mends those in quarantine."""

    _imports: Any
    """Stub of ImportService."""

    _ledger: Any
    """Stub of LedgerService."""

    def list_quarantine_causes(
        self,
        book: str,
        *,
        as_of: AsOf = "",
        on_moment: Callable[[BookMoment], None] | None = None,
    ) -> list[QuarantineCause]:
        """Count the records in quarantine by the rule that they break, most records first.

        With `as_of` as they were then; `on_moment` is told which commit that is.
        """
        request = ledger_pb2.ListQuarantineCausesRequest(
            parent=book_name(book), as_of=moment_text(as_of)
        )
        answer = self._call(self._ledger.ListQuarantineCauses, request)
        (answer,) = telling([answer], on_moment)
        return [read_refused(each) for each in answer.causes]

    def create_import(self, book: str, given: Import, claim: ImportClaim | None = None) -> Import:
        """Note that a file is brought into a channel; the same file and place is noted once.

        With a `claim` the records of the file are brought into this channel alone.

        Raises
        ------
        ImportsChanged
            The book has an import that the claim does not know, or records of one that it
            supersedes are durable by now: list the imports, compare, and claim again.
        EpochStale
            The channel is not open under the epoch of the claim.
        """
        claimed: dict[str, Any] = {}
        if claim is not None:
            claimed = {
                "epoch": claim.epoch,
                "compared_number": claim.compared_number,
                "superseded_numbers": claim.superseded,
            }
        request = imports_pb2.CreateImportRequest(
            parent=book_name(book),
            **claimed,
            entry=imports_pb2.Import(
                channel=channel_name(book, given.channel),
                file_name=given.file_name,
                sha256=given.sha256,
                first_offset=given.first_offset,
                record_count=given.record_count,
                profile=given.profile,
                profile_sha256=given.profile_sha256,
                sketch=given.sketch,
                sketch_count=given.sketch_count,
            ),
        )
        return read_import(self._call(self._imports.CreateImport, request))

    def list_imports(self, book: str) -> Iterator[Import]:
        """List the imports of a book in the order in which they were noted."""
        request = imports_pb2.ListImportsRequest(parent=book_name(book), page_size=PAGE_SIZE)
        for page in self._pages(self._imports.ListImports, request):
            yield from map(read_import, page.imports)

    def compare_records(
        self,
        book: str,
        channel: str,
        records: Records,
        start_offset: int = 0,
        *,
        ignore_evidence: bool = False,
    ) -> Comparison:
        """Compare records with those that are durable at their offsets, and change nothing.

        Parameters
        ----------
        records : Records
            As for `Channel.append`; all of them are below the committed offset.
        start_offset : int
            Offset of the first of them.
        ignore_evidence : bool
            Whether their evidence may be another one: where it says the place in a file, which
            may have a new name by now, or new rows.

        Raises
        ------
        OffsetGap
            There are fewer durable records.
        """
        offset = start_offset
        differences: list[RecordDifference] = []
        mendable: list[int] = []
        correctable: list[int] = []
        difference_count = quarantined_count = 0
        days = self._days_of(book)
        for batch in Batches(records, LIMITS, days=days, bytes_target=BYTES_TARGET):
            request = imports_pb2.CompareRecordsRequest(
                name=channel_name(book, channel), offset=offset, ignore_evidence=ignore_evidence
            )
            batch.put_into(request)
            found = self._call(self._imports.CompareRecords, request)
            room = DIFFERENCES_MAX - len(differences)
            differences += [
                RecordDifference(
                    each.offset, tuple((one.field, one.kept, one.came) for one in each.fields)
                )
                for each in found.differences[:room]
            ]
            mendable += found.mendable_offsets
            correctable += found.correctable_offsets
            difference_count += found.difference_count
            quarantined_count += found.quarantined_count
            offset += batch.record_count
        return Comparison(
            offset - start_offset,
            tuple(differences),
            difference_count,
            tuple(mendable),
            quarantined_count,
            tuple(correctable),
        )

    def digest_records(self, book: str, channel: str, records: Records) -> Digests:
        """Digest records as they would be kept in a channel, and change nothing."""
        days = self._days_of(book)
        parts = []
        for batch in Batches(records, LIMITS, days=days, bytes_target=BYTES_TARGET):
            request = imports_pb2.DigestRecordsRequest(name=channel_name(book, channel))
            batch.put_into(request)
            parts.append(self._call(self._imports.DigestRecords, request))
        return join_digests(parts)

    def digest_kept(self, book: str, channel: str, offset: int, record_count: int) -> Digests:
        """Digest records that are durable in a channel from an offset on.

        Raises
        ------
        OffsetGap
            There are fewer durable records.
        """
        stop, parts = offset + record_count, []
        for first in range(offset, stop, DIGESTS_MAX):
            request = imports_pb2.DigestRecordsRequest(
                name=channel_name(book, channel),
                offset=first,
                record_count=min(DIGESTS_MAX, stop - first),
            )
            parts.append(self._call(self._imports.DigestRecords, request))
        return join_digests(parts)

    def mend_records(
        self,
        book: str,
        channel: str,
        offsets: Sequence[int],
        records: Records,
        *,
        request_id: str = "",
    ) -> AppendResult:
        """Post records in place of those in quarantine or in suspense, each at most once.

        Parameters
        ----------
        channel : str
            Where they are: a channel, or `requests/{request_id}`, as listings have it.
        offsets : sequence of int
            Offset of each record, ascending.
        records : Records
            As many.
        request_id : str
            A UUID that names what is asked for: said again with the same records, it does nothing
            more. Empty: each call is its own.

        Raises
        ------
        ContentMustMatch
            What is at an offset is not, or no longer, in quarantine or in suspense. Those of the
            calls before are posted; compare again.
        """
        identify = request_ids(request_id)

        def call(mine: Sequence[int], batch: Batch) -> Any:
            request = imports_pb2.MendRecordsRequest(
                name=source_name(book, channel), request_id=identify(mine), offsets=mine
            )
            batch.put_into(request)
            return self._call(self._imports.MendRecords, request)

        return self._in_place(book, offsets, records, call)

    def _in_place(
        self,
        book: str,
        offsets: Sequence[int],
        records: Records,
        call: Callable[[Sequence[int], Batch], Any],
    ) -> AppendResult:
        """Post records for others, a batch at a time; `call` posts one and gives the answer."""
        totals, errors, omitted_count, done_count = ControlTotals(), list[RowError](), 0, 0
        days = self._days_of(book)
        batches = Batches(records, LIMITS, days=days, bytes_target=BYTES_TARGET)
        for batch in batches:
            mine = offsets[done_count : done_count + batch.record_count]
            answer = call(mine, batch)
            totals += read_totals(answer.control_totals)
            room = ROW_ERRORS_MAX - len(errors)
            for error in answer.row_errors[:room]:
                error.offset = mine[error.index]
                errors.append(read_row_error(error, 0))
            omitted_count += answer.row_errors_omitted_count + len(answer.row_errors[room:])
            done_count += batch.record_count
        return AppendResult(
            totals.record_count,
            totals.posted_count,
            totals.quarantined_count,
            totals.suspended_count,
            quantity_decimal(totals.quantity_atto),
            tuple(errors),
            omitted_count,
            rounded_count=batches.rounded.count,
            rounded_first=batches.rounded.first,
        )


def request_ids(request_id: str) -> Callable[[Sequence[int]], str]:
    """Give what names the call of each batch: by the id of the whole and the batch's offsets.

    Raises `FieldInvalid` of an id that is no UUID.
    """
    if not request_id:
        return lambda _: str(uuid.uuid4())
    try:
        whole = uuid.UUID(request_id)
    except ValueError as error:
        raise FieldInvalid(
            f"request_id: expected a UUID; got {request_id!r}",
            metadata={"field": "request_id", "value": request_id},
        ) from error
    return lambda offsets: str(uuid.uuid5(whole, f"{offsets[0]}-{offsets[-1]}"))

"""The client's questions about a book."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tonne.client.answers.book_days import Days
from tonne.client.answers.coverage_results import Coverage, read_coverage
from tonne.client.answers.explain_results import LINES_MAX, ExplainPart, ExplainParts
from tonne.client.answers.report_results import (
    CONSOLIDATIONS,
    Estimate,
    Inventory,
    InventoryRow,
    read_estimate,
    read_inventory,
    read_inventory_row,
)
from tonne.client.answers.results import (
    AsOf,
    BookMoment,
    LedgerRecord,
    moment_text,
    read_ledger_record,
    read_moment,
    telling,
    telling_last,
)
from tonne.client.append.batches import Batches, Records
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.filters import all_of
from tonne.client.wire.resources import book_name, channel_name
from tonne.errors import FieldInvalid
from tonne.model import Limits, month_of_period, period_of_month
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DIMENSIONS = ("facility", "activity", "account", "period", "region", "facility_type", "scope")
"""What an inventory can be grouped by, named as in `tonne.v1.InventoryDimension`."""

MONTHS_BY = ("counted", "happened")
"""What the months of an answer are, named as in `tonne.v1.MonthsBy`."""

MESSAGE_LIMITS = Limits(4 * 1024 * 1024, 0, 1_000_000, 0.0)
"""Largest message of a call: gRPC's own default."""

EACH_RECORD_LIMITS = replace(MESSAGE_LIMITS, batch_records_max=16_384)
"""What one message of an estimate takes that answers each record."""


class ReportCalls(Calls):
    """Reads what a book's records amount to."""

    _reports: Any
    """Stub of ReportService."""

    def inventory(
        self,
        book: str,
        *,
        from_period: str = "",
        to_period: str = "",
        by: Sequence[str] | str = (),
        facilities: Sequence[str] | str = (),
        activities: Sequence[str] | str = (),
        accounts: Sequence[str] | str = (),
        regions: Sequence[str] | str = (),
        gwp_set: str = "",
        consolidation: str = "",
        as_of: AsOf = "",
        method_version: int = 0,
        months_by: str = "",
    ) -> Inventory:
        """Read the inventory, complete up to the last acknowledgement of any server.

        Parameters
        ----------
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive; empty means open.
        by : sequence of str or str
            Columns of `DIMENSIONS` to group by, in this order, or one of them; none means the
            total alone.
        facilities, activities, accounts, regions : sequence of str or str
            Only these, or this one; none means all.
        gwp_set : str
            `AR4`, `AR5` or `AR6`; empty means that of the book's method.
        consolidation : str
            `operational-control`, `financial-control` or `equity-share`; empty means that of
            the book's method.
        as_of : str, int or datetime
            The number of a commit, or a time with its offset from UTC; empty means now. The
            answer's `moment` has the commit, as of which the answer is the same for ever.
        method_version : int
            Version of the method by which what was recorded is posted; 0 means those of then.
        months_by : str
            What months are: those in which records are `counted` (also where it is empty), or in
            which they `happened`.
        """
        columns = names_of(by)
        request = selection_message(
            book,
            from_period=from_period,
            to_period=to_period,
            by=columns,
            facilities=facilities,
            activities=activities,
            accounts=accounts,
            regions=regions,
            gwp_set=gwp_set,
            consolidation=consolidation,
            as_of=as_of,
            method_version=method_version,
            months_by=months_by,
        )
        return read_inventory(
            self._stream_again(self._reports.GetInventory, request, self._timeout_s), columns
        )

    def inventory_rows(
        self, book: str, *, by: Sequence[str] | str, **selection: Any
    ) -> Iterator[InventoryRow]:
        """Read the rows of an inventory as they come, for those who need no two at once.

        Parameters
        ----------
        book : str
            Book id.
        by : sequence of str or str
            As for `inventory`.
        **selection
            What else `inventory` takes.

        Yields
        ------
        InventoryRow
            Sorted by their group.
        """
        columns = names_of(by)
        request = selection_message(book, by=columns, **selection)
        for answer in self._stream_again(self._reports.GetInventory, request, self._timeout_s):
            for row in answer.rows:
                yield read_inventory_row(row, columns)

    def coverage(
        self,
        book: str,
        *,
        from_period: str = "",
        to_period: str = "",
        facilities: Sequence[str] | str = (),
        activities: Sequence[str] | str = (),
        as_of: AsOf = "",
        on_moment: Callable[[BookMoment], None] | None = None,
    ) -> Iterator[Coverage]:
        """Read what the records cover: gaps and overlaps by facility and activity.

        Parameters
        ----------
        book : str
            Book id.
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive; empty means from the first record of each facility
            and activity, to the last record of all.
        facilities, activities : sequence of str or str
            Only these, or this one; none means all.
        as_of : str, int or datetime
            As for `inventory`.
        on_moment : callable, optional
            Told at the end as of which commit it is.

        Yields
        ------
        Coverage
            Sorted by facility and activity.
        """
        request = report_pb2.GetCoverageRequest(
            name=book_name(book),
            from_period=check_month(from_period),
            to_period=check_month(to_period),
            facilities=names_of(facilities),
            activities=names_of(activities),
            as_of=moment_text(as_of),
        )
        parts = self._stream_again(self._reports.GetCoverage, request, self._timeout_s)
        yield from read_coverage(telling_last(parts, on_moment))

    def explain(
        self,
        book: str,
        *,
        replay: bool = False,
        records_max: int = 0,
        on_moment: Callable[[BookMoment], None] | None = None,
        **selection: Any,
    ) -> Iterator[ExplainPart]:
        """Unfold the total of a selection, part by part as the server finds them.

        Parameters
        ----------
        book : str
            Book id.
        replay : bool
            Whether to recompute it from the segments.
        records_max : int
            Most records to list; the server gives 10,000 at most.
        on_moment : callable, optional
            Told, before the total, as of which commit it all is.
        **selection
            What `inventory` takes, but `by`.

        Yields
        ------
        ExplainLine, ExplainRecord, ExplainReplay or InventoryRow
            Lines, records, the replay where it was asked for, and at last the total.
        """
        request = report_pb2.ExplainRequest(
            selection=selection_message(book, **selection),
            replay=replay,
            records_max=records_max,
            lines_max=LINES_MAX,
        )
        # However long it takes: the first part says that the server is at work.
        answers = self._stream_again(self._reports.Explain, request, None)
        parts = ExplainParts()
        for answer in answers:
            moment = read_moment(answer)
            if moment is not None and on_moment is not None:
                on_moment(moment)
            yield from parts.read(answer)

    def estimate(
        self,
        records: Records,
        *,
        book: str = "",
        by: Sequence[str] | str = (),
        each_record: bool = False,
        **selection: Any,
    ) -> Estimate:
        """Compute what records would post, without posting them, to the same digits.

        Parameters
        ----------
        records : Records
            As for `Channel.append`; any number of them.
        book : str
            Whose method, register and entities count; empty: the shipped catalogue.
        by : sequence of str or str
            As for `inventory`.
        each_record : bool
            Whether each record's own figures come, too.
        **selection
            What else `inventory` takes.
        """
        columns = names_of(by)
        limits = EACH_RECORD_LIMITS if each_record else MESSAGE_LIMITS
        batches = Batches(records, limits, days=self._days_of(book) if book else Days())
        failures: list[Exception] = []
        first = report_pb2.EstimateRequest(
            selection=selection_message(book, by=columns, **selection), each_record=each_record
        )

        def requests() -> Iterator[report_pb2.EstimateRequest]:
            yield first
            try:
                for batch in batches:
                    request = report_pb2.EstimateRequest()
                    batch.put_into(request)
                    yield request
            except Exception as error:  # noqa: BLE001  # told below, in the caller's own thread
                failures.append(error)

        found = read_estimate(self._stream(self._reports.Estimate, requests(), None), columns)
        if failures:
            raise failures[0]
        rounded = batches.rounded
        return replace(found, rounded_count=rounded.count, rounded_first=rounded.first)

    def list_records(
        self,
        book: str,
        *,
        facility: str = "",
        activity: str = "",
        channel: str = "",
        filter_by: str = "",
        as_of: AsOf = "",
        on_moment: Callable[[BookMoment], None] | None = None,
    ) -> Iterator[LedgerRecord]:
        """List durable records with channel and offset in the order of their commits.

        With `as_of` as they were then; `on_moment` is told which commit that is.
        """
        request = report_pb2.ListRecordsRequest(
            parent=book_name(book),
            filter=all_of(
                filter_by,
                record__facility=facility,
                record__activity=activity,
                channel=channel_name(book, channel) if channel else "",
            ),
            page_size=PAGE_SIZE,
            as_of=moment_text(as_of),
        )
        for page in telling(self._pages(self._reports.ListRecords, request), on_moment):
            yield from map(read_ledger_record, page.records)


def selection_message(
    book: str,
    *,
    from_period: str = "",
    to_period: str = "",
    by: tuple[str, ...] = (),
    facilities: Sequence[str] | str = (),
    activities: Sequence[str] | str = (),
    accounts: Sequence[str] | str = (),
    regions: Sequence[str] | str = (),
    gwp_set: str = "",
    consolidation: str = "",
    as_of: AsOf = "",
    method_version: int = 0,
    months_by: str = "",
) -> report_pb2.GetInventoryRequest:
    """Make the message of a selection; raises `FieldInvalid` and `NameInvalid`."""
    return report_pb2.GetInventoryRequest(
        name=book_name(book) if book else "",
        from_period=check_month(from_period),
        to_period=check_month(to_period),
        group_by=[_dimension(name) for name in by],
        facilities=names_of(facilities),
        activities=names_of(activities),
        accounts=names_of(accounts),
        regions=names_of(regions),
        gwp_set=gwp_set,
        consolidation=approach_number(consolidation),
        as_of=moment_text(as_of),
        method_version=method_version,
        months_by=months_number(months_by),
    )


def names_of(given: Sequence[str] | str) -> tuple[str, ...]:
    """Take a single name as one name, not as a sequence of its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def _dimension(name: str) -> Any:
    if name not in DIMENSIONS:
        raise FieldInvalid(
            f"by: expected dimensions of {', '.join(DIMENSIONS)}; got {name!r}",
            metadata={"field": "by", "value": name},
        )
    return f"INVENTORY_DIMENSION_{name.upper()}"


def approach_number(name: str) -> Any:
    """Give the number of an approach, None of an empty name; raises `FieldInvalid`."""
    numbers = {each: number for number, each in CONSOLIDATIONS.items()}
    if name and name not in numbers:
        raise FieldInvalid(
            f"consolidation: expected one of {', '.join(numbers)}; got {name!r}",
            metadata={"field": "consolidation", "value": name},
        )
    return numbers.get(name)


def months_number(name: str) -> Any:
    """Give the number of what months are, None of an empty name; raises `FieldInvalid`."""
    if name and name not in MONTHS_BY:
        raise FieldInvalid(
            f"months_by: expected one of {', '.join(MONTHS_BY)}; got {name!r}",
            metadata={"field": "months_by", "value": name},
        )
    return f"MONTHS_BY_{name.upper()}" if name else None


def check_month(month: str) -> str:
    """Write a month as the API has it; raises `NameInvalid`."""
    return month_of_period(period_of_month(month)) if month else ""

"""The client's calls about changes: bridges, restatements, base years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tonne.client.reports import months_number
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import book_name, last_id, read_timestamp
from tonne.errors import FieldInvalid
from tonne.statements import messages
from tonne.statements.changes.applied import AppliedRestatement, RestatementStep
from tonne.statements.changes.bridges import Approach, Bridge, Side
from tonne.statements.changes.restatements import (
    BaseYearCheck,
    Restatement,
    RestatementCause,
    RestatementEstimate,
    Treatment,
)
from tonne.statements.statement import Kind, Statement
from tonne.v1 import bridges_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


DIMENSIONS: Final = {
    "account": report_pb2.INVENTORY_DIMENSION_ACCOUNT,
    "facility": report_pb2.INVENTORY_DIMENSION_FACILITY,
    "activity": report_pb2.INVENTORY_DIMENSION_ACTIVITY,
}
"""What rows of a bridge can be grouped by."""


class BridgeCalls(Calls):
    """Asks why a number changed, and notes what is restated."""

    _bridges: Any
    """Stub of BridgeService."""

    def bridge(
        self,
        book: str,
        before: Side,
        after: Side,
        *,
        facilities: Sequence[str] = (),
        activities: Sequence[str] = (),
        accounts: Sequence[str] = (),
        regions: Sequence[str] = (),
        group_by: Sequence[str] = (),
        rows_max: int = 0,
        months_by: str = "",
    ) -> Bridge:
        """Split the difference of two answers by cause; the parts add up to it exactly.

        Parameters
        ----------
        before, after : Side
            What the two answers are to.
        facilities, activities, accounts, regions : sequence of str
            What both are about; none: all.
        group_by : sequence of str
            What the rows of parts are grouped by: account, facility, activity; none: account.
        rows_max : int
            Most rows of a part, at most 1,000; 0: 20.
        months_by : str
            What months are, as for `inventory`.
        """
        request = bridges_pb2.ComputeBridgeRequest(
            name=book_name(book),
            facilities=facilities,
            activities=activities,
            accounts=accounts,
            regions=regions,
            group_by=[_dimension(each) for each in group_by],
            rows_max=rows_max,
            months_by=months_number(months_by),
        )
        _put_side(request, "before", before)
        _put_side(request, "after", after)
        answer = self._call(self._bridges.ComputeBridge, request)
        return messages.read(Bridge, answer, "bridge")

    def estimate_restatement(
        self,
        book: str,
        *,
        factor: str = "",
        edition: str = "",
        posted_version: int = 0,
        facility: str = "",
        from_period: str = "",
        to_period: str = "",
        method_version: int = 0,
        factor_kg_co2e: str = "",
        gwp_set: str = "",
        consolidation: str = "",
        as_of: str = "",
    ) -> RestatementEstimate:
        """Tell what rests on something, and what it would be under an alternative.

        Parameters
        ----------
        factor, edition, posted_version, facility
            One of them: `{edition}/{row}`, an edition, the version of the method that posted, a
            facility.
        from_period, to_period : str
            Months, YYYY-MM, both inclusive; empty: from the beginning, to the end.
        method_version : int
            The alternative: a version of the method; 0: the one in force.
        factor_kg_co2e : str
            The alternative of a factor: what it states is so many kg CO2e per unit.
        as_of : str
            The number of a commit, or a time with its offset from UTC; empty: now.
        """
        approach = Approach(consolidation)
        request = bridges_pb2.EstimateRestatementRequest(
            name=book_name(book),
            factor=factor,
            edition=edition,
            posted_version=posted_version,
            facility=facility,
            from_period=from_period,
            to_period=to_period,
            method_version=method_version,
            factor_kg_co2e=factor_kg_co2e,
            gwp_set=gwp_set,
            consolidation=f"CONSOLIDATION_{approach.name}" if approach else None,
            as_of=as_of,
        )
        answer = self._call(self._bridges.EstimateRestatement, request)
        return messages.read(RestatementEstimate, answer, "estimate")

    def note_restatement(
        self,
        book: str,
        restatement: str,
        metric: str,
        reported: Side,
        revised: Side,
        *,
        cause: RestatementCause | str,
        evidence_existed_then: bool,
        reason: str,
        author: str = "",
        treatment: Treatment | str = Treatment.NOTED,
        facilities: Sequence[str] = (),
        activities: Sequence[str] = (),
        accounts: Sequence[str] = (),
        regions: Sequence[str] = (),
        request_id: str = "",
    ) -> Statement:
        """Note that a figure that was reported is another one by now; the ledger computes both.

        Parameters
        ----------
        restatement : str
            Its id: the same for all versions.
        metric : str
            What is restated, as the report calls it.
        reported, revised : Side
            The answer that was reported and the one that stands now, of the same months.
        cause : RestatementCause or str
        evidence_existed_then : bool
            Whether what shows it could have been known when the figure was reported.
        reason, author : str
            Why, and who says so; the caller where it is empty.
        treatment : Treatment or str
        request_id : str
            Names the call: a repeat notes nothing, and has the same answer.
        """
        request = bridges_pb2.NoteRestatementRequest(
            parent=book_name(book),
            id=restatement,
            metric=metric,
            facilities=facilities,
            activities=activities,
            accounts=accounts,
            regions=regions,
            cause=f"RESTATEMENT_CAUSE_{RestatementCause(cause).name}",
            evidence_existed_then=evidence_existed_then,
            treatment=f"RESTATEMENT_TREATMENT_{Treatment(treatment).name}",
            reason=reason,
            author=author,
            request_id=request_id,
        )
        _put_side(request, "reported", reported)
        _put_side(request, "revised", revised)
        answer = self._call(self._bridges.NoteRestatement, request)
        return Statement(
            Kind.RESTATEMENT,
            restatement,
            messages.read(Restatement, answer.restatement, "restatement"),
            reason=reason,
            author=answer.author,
            version=answer.version,
            number=int(last_id(answer.name)),
            create_time=read_timestamp(answer.create_time),
        )

    def apply_restatement(
        self,
        book: str,
        restatement: str = "",
        *,
        edition: str = "",
        factor: str = "",
        posted_version: int = 0,
        facility: str = "",
        from_period: str = "",
        to_period: str = "",
        cause: RestatementCause | str = "",
        reason: str = "",
        author: str = "",
        adjusts_closed: bool = False,
        validate_only: bool = False,
    ) -> Iterator[RestatementStep]:
        """Post records again under the rules in force; the last step has what was done.

        There is no deadline. A call may be repeated as it was: nothing is restated twice.

        Parameters
        ----------
        restatement : str
            Its id; needed unless `validate_only`.
        edition, factor, posted_version, facility
            Which records: what they rest on, an edition or `{edition}/{row}`; the version of the
            method that posted them; whose they are. All that is given must hold.
        from_period, to_period : str
            Months in which they begin, YYYY-MM, both inclusive; empty: from the beginning, to the
            end.
        cause : RestatementCause or str
        reason, author : str
            Why, and who says so; the caller where it is empty.
        adjusts_closed : bool
            Whether months that are closed are adjusted, too; sealed ones never are.
        validate_only : bool
            Whether to tell alone what it would do.

        Raises
        ------
        FieldInvalid
            Nothing is selected, or records that cannot be restated.
        PeriodMustBeOpen
            It touches a month that is sealed, or closed and not to be adjusted: nothing was done.
        """
        request = bridges_pb2.ApplyRestatementRequest(
            parent=book_name(book),
            id=restatement,
            selection=bridges_pb2.RestatementSelection(
                edition=edition,
                factor=factor,
                posted_version=posted_version,
                facility=facility,
                from_period=from_period,
                to_period=to_period,
            ),
            cause=f"RESTATEMENT_CAUSE_{RestatementCause(cause).name}" if cause else None,
            reason=reason,
            author=author,
            adjusts_closed=adjusts_closed,
            validate_only=validate_only,
        )
        for step in self._stream(self._bridges.ApplyRestatement, request, timeout_s=None):
            yield RestatementStep(
                step.segments_done_count,
                messages.read(AppliedRestatement, step.restatement, "restatement")
                if step.HasField("restatement")
                else None,
            )

    def list_applied_restatements(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[AppliedRestatement]:
        """List what was restated, in the order in which it was begun."""
        request = bridges_pb2.ListAppliedRestatementsRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._bridges.ListAppliedRestatements, request):
            for each in page.restatements:
                yield messages.read(AppliedRestatement, each, "restatement")

    def check_base_year(
        self,
        book: str,
        *,
        base_year: str = "",
        structure_on: str = "",
        method_version: int = 0,
    ) -> BaseYearCheck:
        """Tell whether what has changed since restates the base year of a book.

        Parameters
        ----------
        base_year : str
            Id of its statement; may be empty where the book has one.
        structure_on : str
            The day whose shares of entities count, YYYY-MM-DD; empty: today.
        method_version : int
            Version of the method to compare with; 0: as it was posted.
        """
        request = bridges_pb2.CheckBaseYearRequest(
            name=book_name(book), base_year=base_year, method_version=method_version
        )
        if structure_on:
            request.structure_on.CopyFrom(messages.date_message(structure_on, "structure_on"))
        answer = self._call(self._bridges.CheckBaseYear, request)
        return messages.read(BaseYearCheck, answer, "check")


def _put_side(request: Any, field: str, side: Side) -> None:
    """Write a side, empty ones too: it says that everything is as the book has it."""
    message = getattr(request, field)
    message.SetInParent()
    messages.fill(message, side, field)


def _dimension(name: str) -> report_pb2.InventoryDimension:
    if name not in DIMENSIONS:
        raise FieldInvalid(
            f"group_by: expected account, facility or activity; got {name!r}",
            metadata={"field": "group_by", "value": name},
        )
    return DIMENSIONS[name]

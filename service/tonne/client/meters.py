"""The client's meters: allocated by keys, exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tonne.client.answers.results import AsOf, BookMoment, moment_text, read_moment
from tonne.client.reports import check_month
from tonne.client.wire.calls import Calls
from tonne.client.wire.resources import book_name
from tonne.errors import FieldInvalid
from tonne.statements.messages import date_message
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BASES = ("energy", "area", "revenue", "mass", "count")
"""What a key can be by."""

MEASURES = ("kwh", "kg_co2e", "amount")
"""What of a meter can be allocated."""


@dataclass(frozen=True, slots=True)
class AllocationSpan:
    """What a key says of some days: see `tonne.v1.AllocationSpan`. Numbers are decimals as texts.

    Days are YYYY-MM-DD, `valid_to` exclusive; empty means until further notice.
    """

    valid_from: str
    valid_to: str = ""
    weights: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    metered: bool = False


@dataclass(frozen=True, slots=True)
class AllocationKey:
    """A key of allocation: dated, versioned, with its reason."""

    id: str
    basis: str
    unit: str
    reason: str
    spans: tuple[AllocationSpan, ...]
    version: int = 1
    source: str = ""


@dataclass(frozen=True, slots=True)
class AllocationRecords:
    """A key that records of the recipients are: see `tonne.v1.AllocationRecords`."""

    account: str
    recipients: tuple[str, ...]
    as_metered: bool = False


@dataclass(frozen=True, slots=True)
class AllocatedPart:
    """What is one recipient's in a month; `share` is of what the meter shows, exact.

    `key` is what its records show, where these are the key.
    """

    recipient: str
    amount: Decimal
    share: Fraction
    key: Fraction | None = None


@dataclass(frozen=True, slots=True)
class AllocatedMonth:
    """A month of a meter: `metered` is the sum of the parts and of `unallocated`, exactly.

    Where records are the key, `key_unit` is its unit, and `reason` and `message` tell why it
    allocates nothing, or what is wrong.
    """

    period: str
    unit: str
    metered: Decimal
    parts: tuple[AllocatedPart, ...]
    unallocated: Decimal
    key_unit: str = ""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class MeterAllocation:
    """A meter, allocated. `missing_periods` are months without a record of it.

    `suspended_count` are its records of these months that wait: they are in no total. What begins
    with `key` is of the key by which it is; `moment` is the commit as of which it all is.
    """

    months: tuple[AllocatedMonth, ...]
    missing_periods: tuple[str, ...]
    suspended_count: int
    gwp_set: str
    key_id: str = ""
    key_version: int = 0
    key_basis: str = ""
    key_reason: str = ""
    moment: BookMoment | None = None


class MeterCalls(Calls):
    """Reads meters."""

    _reports: Any
    """Stub of ReportService."""

    def allocate_meter(
        self,
        book: str,
        meter: str,
        key: AllocationKey | AllocationRecords | str,
        *,
        from_period: str,
        to_period: str,
        measure: str = "kwh",
        account: str = "",
        gwp_set: str = "",
        key_valid_on: str = "",
        key_version: int = 0,
        as_of: AsOf = "",
    ) -> MeterAllocation:
        """Allocate what a meter shows by a key, month by month.

        Parameters
        ----------
        book : str
            Book id.
        meter : str
            Facility whose records are the meter's.
        key : AllocationKey, AllocationRecords or str
            It covers the months; or what records of the recipients say month by month; or the id
            of one that the book keeps.
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive.
        measure : str
            One of `MEASURES`.
        account : str
            Account, with those below it; empty means `memo.energy`, for energy alone.
        gwp_set : str
            Of masses; empty means that of the book's method.
        key_valid_on : str
            The day, YYYY-MM-DD, of which the version of a kept key speaks; empty: the latest.
        key_version : int
            The version of a kept key, instead of a day.
        as_of : str, int or datetime
            As for `inventory`; a kept key is as it was stated by then.
        """
        day = date_message(key_valid_on, "key_valid_on") if key_valid_on else None
        request = report_pb2.AllocateMeterRequest(
            name=book_name(book),
            meter=meter,
            from_period=check_month(from_period),
            to_period=check_month(to_period),
            key=_write_key(key) if isinstance(key, AllocationKey) else None,
            records=_write_records(key) if isinstance(key, AllocationRecords) else None,
            key_id=key if isinstance(key, str) else "",
            key_valid_on=day,
            key_version=key_version,
            measure=_enum("measure", measure, MEASURES, "ALLOCATION_MEASURE"),
            account=account,
            gwp_set=gwp_set,
            as_of=moment_text(as_of),
        )
        return _read(self._stream_again(self._reports.AllocateMeter, request, self._timeout_s))


def _write_records(key: AllocationRecords) -> report_pb2.AllocationRecords:
    return report_pb2.AllocationRecords(
        account=key.account, recipients=key.recipients, as_metered=key.as_metered
    )


def _write_key(key: AllocationKey) -> report_pb2.AllocationKey:
    return report_pb2.AllocationKey(
        id=key.id,
        version=key.version,
        basis=_enum("key.basis", key.basis, BASES, "ALLOCATION_BASIS"),
        unit=key.unit,
        reason=key.reason,
        source=key.source,
        spans=[
            report_pb2.AllocationSpan(
                valid_from=span.valid_from,
                valid_to=span.valid_to,
                weights=[
                    report_pb2.AllocationWeight(recipient=name, value=value)
                    for name, value in span.weights.items()
                ],
                whole=span.whole,
                metered=span.metered,
            )
            for span in key.spans
        ],
    )


def _read(responses: Iterable[report_pb2.AllocateMeterResponse]) -> MeterAllocation:
    months: list[AllocatedMonth] = []
    last = report_pb2.AllocateMeterResponse()
    for last in responses:
        months.extend(
            AllocatedMonth(
                each.period,
                each.unit,
                Decimal(each.metered),
                tuple(
                    AllocatedPart(
                        part.recipient,
                        Decimal(part.amount),
                        Fraction(part.share),
                        Fraction(part.key) if part.key else None,
                    )
                    for part in each.parts
                ),
                Decimal(each.unallocated),
                each.key_unit,
                each.reason,
                each.message,
            )
            for each in last.months
        )
    return MeterAllocation(
        tuple(months),
        tuple(last.missing_periods),
        last.suspended_count,
        last.gwp_set,
        last.key_id,
        last.key_version,
        _basis(last),
        last.key_reason,
        read_moment(last),
    )


def _basis(answer: report_pb2.AllocateMeterResponse) -> str:
    """Give what the key is by; nothing where records are the key."""
    if not answer.HasField("key_basis"):
        return ""
    name = report_pb2.AllocationBasis.Name(answer.key_basis)
    return name.removeprefix("ALLOCATION_BASIS_").lower()


def _enum(field_: str, value: str, known: tuple[str, ...], prefix: str) -> Any:
    if value not in known:
        raise FieldInvalid(
            f"{field_}: expected one of {', '.join(known)}; got {value!r}",
            metadata={"field": field_, "value": value},
        )
    return f"{prefix}_{value.upper()}"

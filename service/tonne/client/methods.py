"""A book's method as settings, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.catalogue.words.method import (
    BLEND_GWPS,
    CONSOLIDATIONS,
    LOSS_CONVENTIONS,
    UNKNOWN_METHANES,
    YEAR_RULES,
    MethodSettings,
    Rate,
)
from tonne.client.answers.days import day_message, read_day
from tonne.client.errors import MalformedAnswer
from tonne.client.wire.resources import book_name, last_id, read_timestamp
from tonne.model import Method
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENUMS: Mapping[str, tuple[str, ...]] = {
    "blend_gwp": BLEND_GWPS,
    "year_rule": YEAR_RULES,
    "loss_convention": LOSS_CONVENTIONS,
    "consolidation": CONSOLIDATIONS,
    "unknown_methane": UNKNOWN_METHANES,
}
"""Words of the method's enums, numbered from 1 as in the API."""


def method_message(
    book: str, settings: MethodSettings, author: str, reason: str
) -> ledger_pb2.Method:
    """Make the message of a book's method."""
    numbers: dict[str, Any] = {
        field: words.index(getattr(settings, field)) + 1 for field, words in _ENUMS.items()
    }
    return ledger_pb2.Method(
        author=author,
        reason=reason,
        editions=[f"{book_name(book)}/editions/{edition}" for edition in settings.editions],
        gwp_set=settings.gwp_set,
        reporting_year_start=settings.reporting_year_start,
        proxy_regions=settings.proxy_regions,
        year_fallback_years=settings.year_fallback_years,
        transport_wtt=settings.transport_wtt,
        rates=[
            ledger_pb2.Rate(
                from_unit=rate.from_unit,
                to_unit=rate.to_unit,
                rate=rate.rate,
                source=rate.source,
                valid_from=day_message(rate.valid_from, f"rates[{number}]", "valid_from"),
                valid_to=day_message(rate.valid_to, f"rates[{number}]", "valid_to"),
                facility=rate.facility,
            )
            for number, rate in enumerate(settings.rates)
        ],
        **numbers,
    )


def read_method(message: ledger_pb2.Method) -> Method:
    """Read a version of a method.

    Raises
    ------
    MalformedAnswer
        The server has a setting that this client does not know.
    """
    values: dict[str, Any] = {}
    for field, words in _ENUMS.items():
        number = getattr(message, field)
        if not 1 <= number <= len(words):
            raise MalformedAnswer(
                f"the server answered with {field} {number}, which this client does not know: "
                "install the client of the server's version"
            )
        values[field] = words[number - 1]
    settings = MethodSettings(
        editions=tuple(map(last_id, message.editions)),
        gwp_set=message.gwp_set,  # type: ignore[arg-type]  # checked by the class
        reporting_year_start=message.reporting_year_start,
        proxy_regions=tuple(message.proxy_regions),
        year_fallback_years=message.year_fallback_years,
        transport_wtt=message.transport_wtt,
        rates=tuple(
            Rate(
                rate.from_unit,
                rate.to_unit,
                rate.rate,
                rate.source,
                read_day(rate, "valid_from"),
                read_day(rate, "valid_to"),
                rate.facility,
            )
            for rate in message.rates
        ),
        **values,
    )
    return Method(
        message.name.split("/")[1] if "/" in message.name else "",
        message.version,
        settings.to_json(),
        message.author,
        message.reason,
        read_timestamp(message.create_time),
    )

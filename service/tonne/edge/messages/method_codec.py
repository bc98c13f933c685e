"""Methods and entities: messages to dataclasses and back."""

from __future__ import annotations

from dataclasses import fields
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
from tonne.edge.messages import names
from tonne.edge.messages.codec import read_day, timestamp, write_day, write_edition_name
from tonne.errors import FieldInvalid
from tonne.model import Entity, FinancialControl, Holding
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.model import Book, Method

_ENUMS = {
    "blend_gwp": BLEND_GWPS,
    "year_rule": YEAR_RULES,
    "loss_convention": LOSS_CONVENTIONS,
    "consolidation": CONSOLIDATIONS,
    "unknown_methane": UNKNOWN_METHANES,
}
"""Words of the method's enums, numbered from 1 as in the API."""

SETTINGS = tuple(field.name for field in fields(MethodSettings))
"""Fields of a method that decide something."""


def read_settings(book: str, method: ledger_pb2.Method) -> MethodSettings:
    """Read the settings of a book's method. Raises `FieldInvalid`."""
    values: dict[str, Any] = {
        field: _read_enum(field, getattr(method, field), words)
        for field, words in _ENUMS.items()
        if method.HasField(field)
    }
    for field in ("reporting_year_start", "year_fallback_years", "transport_wtt"):
        if method.HasField(field):
            values[field] = getattr(method, field)
    return MethodSettings(
        editions=read_editions(book, method.editions, field="method.editions"),
        gwp_set=method.gwp_set or "AR5",  # type: ignore[arg-type]  # checked by the class
        proxy_regions=tuple(method.proxy_regions),
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
            for rate in method.rates
        ),
        **values,
    )


def read_editions(book: str, given: Iterable[str], *, field: str) -> tuple[str, ...]:
    """Read names of editions of a book, or of shipped ones, giving their ids.

    An id is the book's own edition where it imported one of that id, whichever way it is named.
    """
    editions = []
    for name in given:
        of_book, edition = names.read_edition(name, field=field)
        if of_book not in ("", book):
            raise FieldInvalid(
                f"{field}: expected editions of book {book!r}, or shipped ones; got {name!r}",
                metadata={"field": field, "value": name},
            )
        editions.append(edition)
    return tuple(editions)


def write_method(book: Book, method: Method) -> ledger_pb2.Method:
    """Write a version of the method of a book."""
    settings = MethodSettings.from_json(method.body)
    numbers: dict[str, Any] = {
        field: words.index(getattr(settings, field)) + 1 for field, words in _ENUMS.items()
    }
    return ledger_pb2.Method(
        name=names.write_method(book.id, method.version),
        version=method.version,
        author=method.author,
        reason=method.reason,
        create_time=timestamp(method.create_time),
        editions=[write_edition_name(book, edition) for edition in settings.editions],
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
                valid_from=write_day(rate.valid_from),
                valid_to=write_day(rate.valid_to),
                facility=rate.facility,
            )
            for rate in settings.rates
        ],
        **numbers,
    )


def read_entity(place: str, entity: ledger_pb2.Entity) -> Entity:
    """Read the entity at a place of a request, like `entities[3]`."""
    return Entity(
        id=entity.id,
        display_name=entity.display_name,
        parent=entity.parent,
        holdings=tuple(_read_holding(place, holding) for holding in entity.holdings),
    )


def write_entity(entity: Entity) -> ledger_pb2.Entity:
    """Write an entity."""
    return ledger_pb2.Entity(
        id=entity.id,
        display_name=entity.display_name,
        parent=entity.parent,
        holdings=[
            ledger_pb2.Holding(
                valid_from=write_day(holding.valid_from),
                valid_to=write_day(holding.valid_to),
                equity_share=holding.equity_share,
                financial_control=_number(holding.financial_control),
                not_operated=not holding.is_operated,
            )
            for holding in entity.holdings
        ],
    )


def _read_holding(place: str, holding: ledger_pb2.Holding) -> Holding:
    field = f"{place}.holdings.financial_control"
    try:
        control = FinancialControl.FULL
        if holding.HasField("financial_control"):
            control = FinancialControl(holding.financial_control)
    except ValueError:
        raise FieldInvalid(
            f"{field}: expected a FinancialControl of the API; got {holding.financial_control}",
            metadata={"field": field, "value": str(holding.financial_control)},
        ) from None
    return Holding(
        valid_from=read_day(holding, "valid_from"),
        valid_to=read_day(holding, "valid_to"),
        equity_share=holding.equity_share,
        financial_control=control,
        is_operated=not holding.not_operated,
    )


def _read_enum(field: str, number: int, words: tuple[str, ...]) -> str:
    if not 1 <= number <= len(words):
        raise FieldInvalid(
            f"method.{field}: expected a number of the API's enum; got {number}",
            metadata={"field": f"method.{field}", "value": str(number)},
        )
    return words[number - 1]


def _number(value: int) -> Any:
    """Give an enum's number; the stubs want the enum's own type, which no number has."""
    return int(value)

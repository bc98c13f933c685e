"""Factors between the catalogue (numbers and days) and the store (texts as printed)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tonne.catalogue.editions.factor import AMOUNTS, Factor, plain_text
from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.editions.steps import read_steps, write_steps
from tonne.errors import StoreUnavailable
from tonne.store.rows import FactorRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.model import Book
    from tonne.store.manifest.manifest import Manifest

_TEXTS = (
    "activity",
    "region",
    "unit",
    "account",
    "source",
    "table",
    "note",
    "stage",
    "gwp_set",
    "cell",
    "licence",
    "evidence",
)
_NUMBERS = (*AMOUNTS, "uncertainty")


def factor_to_row(factor: Factor) -> FactorRow:
    """Write a factor as texts: every digit of its publisher is kept."""
    texts: dict[str, Any] = {name: getattr(factor, name) for name in _TEXTS}
    texts |= {name: _text(getattr(factor, name)) for name in _NUMBERS}
    return FactorRow(
        row=factor.row,
        valid_from=factor.valid_from.isoformat(),
        valid_to="" if factor.valid_to is None else factor.valid_to.isoformat(),
        steps=write_steps(factor.steps),
        gases=";".join(f"{gas}={plain_text(kg)}" for gas, kg in factor.gases),
        hours=" ".join([factor.hours, *(f"{start}-{stop}" for start, stop in factor.gaps)]),
        **texts,
    )


def factor_of_row(row: FactorRow) -> Factor:
    """Read what `factor_to_row` wrote."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _TEXTS}
    values |= {name: _decimal(getattr(row, name)) for name in _NUMBERS}
    hours, *times = row.hours.split(" ")
    gaps = (time.partition("-") for time in times)
    pairs = (pair.partition("=") for pair in row.gases.split(";") if pair)
    return Factor(
        row=row.row,
        valid_from=dt.date.fromisoformat(row.valid_from),
        valid_to=dt.date.fromisoformat(row.valid_to) if row.valid_to else None,
        steps=read_steps(row.steps),
        gases=tuple((gas, Decimal(kg)) for gas, _, kg in pairs),
        hours=hours,
        gaps=tuple((int(start), int(stop)) for start, _, stop in gaps),
        **values,
    )


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain_text(value)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def edition_factors(manifest: Manifest, book: Book, edition: str) -> Sequence[Factor]:
    """Read the factors of an edition that the book's method names.

    Raises
    ------
    StoreUnavailable
        It is neither imported nor shipped with this server.
    """
    if edition in book.editions:
        return [factor_of_row(row) for row in manifest.factors(book.id, edition)]
    shipped = shipped_editions().get(edition)
    if shipped is None:
        raise StoreUnavailable(
            f"version {book.method_version} of the method of book {book.id!r} names edition "
            f"{edition!r}, which this server does not have, because its version is older than "
            "the method: try again, another server may answer",
            metadata={"book": book.id, "edition": edition},
        )
    return shipped.factors

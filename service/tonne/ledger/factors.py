"""Factors between the catalogue (numbers and days) and the store (texts as printed)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from tonne.catalogue.edition import Factor, plain_text
from tonne.store.rows import FactorRow


def factor_to_row(factor: Factor) -> FactorRow:
    """Write a factor as texts: every digit of its publisher is kept."""
    return FactorRow(
        row=factor.row,
        activity=factor.activity,
        region=factor.region,
        unit=factor.unit,
        valid_from=factor.valid_from.isoformat(),
        valid_to="" if factor.valid_to is None else factor.valid_to.isoformat(),
        kg_co2e=plain_text(factor.kg_co2e),
        kg_co2=_text(factor.kg_co2),
        kg_ch4=_text(factor.kg_ch4),
        kg_n2o=_text(factor.kg_n2o),
        account=factor.account,
        source=factor.source,
        table=factor.table,
        note=factor.note,
    )


def factor_of_row(row: FactorRow) -> Factor:
    """Read what `factor_to_row` wrote."""
    return Factor(
        row=row.row,
        activity=row.activity,
        region=row.region,
        unit=row.unit,
        valid_from=dt.date.fromisoformat(row.valid_from),
        valid_to=dt.date.fromisoformat(row.valid_to) if row.valid_to else None,
        kg_co2e=Decimal(row.kg_co2e),
        kg_co2=_decimal(row.kg_co2),
        kg_ch4=_decimal(row.kg_ch4),
        kg_n2o=_decimal(row.kg_n2o),
        account=row.account,
        source=row.source,
        table=row.table,
        note=row.note,
    )


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain_text(value)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None

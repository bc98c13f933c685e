"""Editions, factors and activities to messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.editions.factor import plain_text
from tonne.catalogue.words.rules import legs_of
from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp, write_day
from tonne.v1 import catalogue_pb2

if TYPE_CHECKING:
    from decimal import Decimal

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.words.taxonomy import Activity
    from tonne.model import Edition


def write_edition(edition: Edition) -> catalogue_pb2.Edition:
    """Write an edition."""
    return catalogue_pb2.Edition(
        name=names.write_edition(edition.book, edition.id),
        factor_count=edition.factor_count,
        sha256=edition.sha256,
        create_time=None if edition.create_time is None else timestamp(edition.create_time),
        rank=edition.rank or None,
        title=edition.title,
        publisher=edition.publisher,
        licence=edition.licence,
        attribution=edition.attribution,
    )


def write_factor(book: str, edition: str, factor: Factor) -> catalogue_pb2.Factor:
    """Write a factor of an edition; an empty book is a shipped one's."""
    return catalogue_pb2.Factor(
        name=names.write_factor(book, edition, factor.row),
        activity=factor.activity,
        region=factor.region,
        unit=factor.unit,
        valid_from=write_day(factor.valid_from.isoformat()),
        valid_to=write_day(factor.valid_to.isoformat() if factor.valid_to else ""),
        kg_co2e=_decimal(factor.kg_co2e),
        kg_co2=_decimal(factor.kg_co2),
        kg_ch4=_decimal(factor.kg_ch4),
        kg_n2o=_decimal(factor.kg_n2o),
        account=factor.account,
        source=factor.source,
        table=factor.table,
        note=factor.note,
        stage=factor.stage,
        gwp_set=factor.gwp_set,
        co2e_ch4=_decimal(factor.co2e_ch4),
        co2e_n2o=_decimal(factor.co2e_n2o),
        kg_biogenic_co2=_decimal(factor.kg_biogenic_co2),
        gases=[catalogue_pb2.GasMass(gas=gas, kg=plain_text(kg)) for gas, kg in factor.gases],
        kwh=_decimal(factor.kwh),
        loss=_decimal(factor.loss),
        uncertainty=_decimal(factor.uncertainty),
        row=factor.cell,
        licence=factor.licence,
        evidence=factor.evidence,
        steps=[
            catalogue_pb2.FactorStep(name=step.name, value=step.value, unit=step.unit)
            for step in factor.steps
        ],
        hours=factor.hours,
        has_gaps=bool(factor.gaps),
    )


def write_activity(activity: Activity) -> catalogue_pb2.Activity:
    """Write an activity."""
    return catalogue_pb2.Activity(
        id=activity.id,
        title=activity.title,
        rule=activity.rule,
        units=activity.units,
        aliases=activity.aliases,
        accounts=list(dict.fromkeys(leg.account for leg in legs_of(activity.rule))),
    )


def _decimal(value: Decimal | None) -> str:
    return "" if value is None else plain_text(value)

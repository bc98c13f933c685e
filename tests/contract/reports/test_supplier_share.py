"""The share of scope 3 that rests on suppliers' footprints, exact and explained."""

from __future__ import annotations

from fractions import Fraction

from tonne.client import Client
from tonne.client.answers.steering.explained_indicators import IndicatorLine

FOOTPRINTS = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,gwp_set,account,source
product.acme.screen,,unit,2020-01-01,,20.5,AR6,scope3.01.goods,"Acme, product footprint (PACT 3)"
bought.screens,,unit,2020-01-01,,30,AR6,scope3.01.goods,an industry's mean
moved,,t.km,2020-01-01,,0.1,AR6,scope3.04.transport,a carrier's mean
"""


def test_footprints_of_suppliers_count_and_no_means(running):
    """20 screens under their maker's footprint, 10 under a mean, and freight: 410 of 730 kg."""
    span = {"facility": "hq", "start": "2025-01-01", "end": "2025-02-01"}
    with Client(running.server.address) as client:
        client.create_book("buyer")
        client.import_edition("buyer", "own", FOOTPRINTS)
        client.post_records(
            "buyer",
            [
                span | {"activity": "product.acme.screen", "unit": "unit", "quantity": "20"},
                span | {"activity": "bought.screens", "unit": "unit", "quantity": "10"},
                span | {"activity": "moved", "unit": "t.km", "quantity": "200"},
            ],
        )
        names = ("supplier_data_share", "supplier_data_share_goods")
        found = {each.indicator: each for each in client.indicators("buyer", names).values}
        assert found[names[0]].exact == Fraction(41000, 730)
        assert found[names[1]].exact == Fraction(41000, 710)
        parts = list(client.explain_indicator("buyer", names[0]))
        lines = [part for part in parts if isinstance(part, IndicatorLine)]
        of_suppliers = [each.line.factor.source for each in lines if each.side == "numerator"]
        assert of_suppliers == ["Acme, product footprint (PACT 3)"]
        assert parts[-1] == found[names[0]]

"""Steps of a factor: chains of figures, followed by hand."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.steps import links, read_steps, write_steps
from tonne.errors import FieldInvalid

CHAINS = [
    ("t", "ncv=20.304 GJ/t;carbon=26.18 kg/GJ;oxidation=0.985", "kg", "20.304*26.18*0.985*44/12"),
    ("kg", "ncv=20.304 GJ/t;carbon=0.02618 t/GJ", "kg", "0.020304*26.18*44/12"),
    ("t", "carbon_share=0.71 t/t;carbon=1", "kg", "710*44/12"),
    ("t", "ncv=42.3 GJ/t;co2=74.1 kg/GJ;oxidation=0.995", "kg", "42.3*74.1*0.995"),
    ("t", "ncv=42.3 GJ/t;co2=74.1 t/TJ;fossil=0.93", "t", "42.3*74.1*0.93/1000"),
    ("Nm3", "ncv=389.31 MJ/Nm3;carbon=15.3 kg/GJ", "kg", "0.38931*15.3*44/12"),
    ("t", "distance=1050 km", "t.km", "1050"),
    ("kg", "distance=500 mile", "t.km", "500*1.609344/1000"),
    ("unit", "weight=12.5 kg/unit;distance=80 km", "t.km", "12.5*80/1000"),
    ("unit", "power=350 W/unit;hours=8760 h;lifetime=4;pue=1.4", "kWh", "0.35*8760*4*1.4"),
    ("unit", "way=25 km;days=220;ways=2", "km", "25*220*2"),
    ("unit", "way=25 passenger.km/unit", "passenger.km", "25"),
    ("FTE.hour", "share=0.4", "FTE.hour", "0.4"),
    ("vCPU.h", "share=1/96;life=1/35040", "vCPU.h", "1/96*1/35040"),
    ("h", "tdp=100 W;rise=0.43;band=1/0.4;pue=1.2", "kWh", "0.1*0.43/0.4*1.2"),
    ("vCPU.h", "default_share=1/3;power=3.5 Wh/vCPU.h", "Wh", "1/3*3.5"),
]


def by_hand(text):
    """Multiply and divide what a text says, exactly."""
    product = Fraction(1)
    for factor in text.split("*"):
        over, *under = factor.split("/")
        product *= Fraction(over) / prod(map(Fraction, under))
    return product


@pytest.mark.parametrize(("unit", "text", "target", "ratio"), CHAINS)
def test_a_chain_leads_to_its_product(unit, text, target, ratio):
    """Each figure takes what the ones before it lead to; the product is exact."""
    found = links(unit, read_steps(text))
    assert found[-1].unit == target
    assert prod(each.ratio for each in found) == by_hand(ratio)
    assert write_steps(read_steps(text)) == text


NUMBERS = st.decimals(min_value="0.001", max_value=1000, places=6).map(lambda each: f"{each:f}")


@given(st.lists(NUMBERS, min_size=1, max_size=6), st.permutations(range(6)))
def test_the_order_of_shares_does_not_matter(values, order):
    """A product is one, in whatever order its shares stand."""
    steps = [f"share_{number}={value}" for number, value in enumerate(values)]
    shuffled = [steps[place] for place in order if place < len(steps)]
    one, other = (links("t", read_steps(";".join(each))) for each in (steps, shuffled))
    assert prod(each.ratio for each in one) == prod(each.ratio for each in other)


HEADER = "activity,unit,valid_from,steps,kg_co2e,kwh,account,stage\n"
REFUSED = [
    ("fuel.coal_coking,t,2025-01-01,ncv=20 GJ,,,,", "per t, like 'kg/t'"),
    ("fuel.coal_coking,t,2025-01-01,ncv=20 GJ/l,,,,", "per t, which the ones before it lead to"),
    ("fuel.coal_coking,t,2025-01-01,ncv=0 GJ/t;co2=1 kg/GJ,,,,", "a figure above zero"),
    ("ict.memory.a,GB.h,2025-01-01,share=1/0,,,,", "a figure above zero"),
    ("ict.memory.a,GB.h,2025-01-01,share=1/2/3,,,,", "figures like 'ncv=20.304 GJ/t"),
    ("fuel.coal_coking,t,2025-01-01,ncv:20,,,,", "figures like 'ncv=20.304 GJ/t"),
    ("fuel.coal_coking,t,2025-01-01,ncv=20 GJ/t;carbon=1 kWh/GJ,,,,", "leads to its mass"),
    ("fuel.coal_coking,t,2025-01-01,ncv=20 GJ/t;co2=9 kg/GJ,3,,,", "no masses beside"),
    ("fuel.coal_coking,t,2025-01-01,co2=9 kWh/t,,,,", "lead to a mass of CO2"),
    ("fuel.coal_coking,t,2025-01-01,ncv=20 GJ/t,,3,,", "nothing beside kwh"),
    ("freight.road.a,t,2025-01-01,distance=20 km,,,scope3.04.transport,", "nothing in account"),
    ("a,t,2025-01-01,distance=20 km,,,,", "an activity below one"),
    ("fuel.coal_coking,t,2025-01-01,ncv=20 gal/t,1,,,", "US_gal"),
]


@pytest.mark.parametrize(("row", "told"), REFUSED)
def test_a_chain_that_leads_nowhere_is_refused(row, told):
    """With its line, what was expected, and what is there."""
    with pytest.raises(FieldInvalid) as caught:
        parse_edition((HEADER + row).encode())
    assert "line 2, steps: expected" in str(caught.value)
    assert told in str(caught.value)

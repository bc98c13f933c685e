"""A resolution's name and its canonical JSON."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.resolving.resolution import (
    FactorMasses,
    Notice,
    Resolution,
    ResolutionEntry,
    Step,
)
from tonne.errors import LedgerInconsistent

TEXTS = st.text(max_size=12)
MASS_TEXTS = st.decimals(allow_nan=False, allow_infinity=False, places=8).map(str)
ENTRIES = st.builds(
    ResolutionEntry,
    account=TEXTS,
    edition=TEXTS,
    factor_row=st.integers(1, 10**6),
    factor=st.builds(
        FactorMasses,
        **dict.fromkeys(
            ("kg_co2e", "kg_co2", "kg_ch4", "kg_n2o", "co2e_ch4", "co2e_n2o", "kwh"),
            st.none() | MASS_TEXTS,
        ),
        gases=st.lists(st.tuples(TEXTS, MASS_TEXTS), max_size=2).map(tuple),
        gwp_set=st.sampled_from(["", "AR5", "CO2"]),
    ),
    steps=st.lists(
        st.builds(Step, TEXTS, TEXTS, st.fractions(min_value=Fraction(1, 10**12))), max_size=3
    ).map(tuple),
    stage=TEXTS,
    cell=TEXTS,
    notices=st.lists(st.builds(Notice, TEXTS, TEXTS), max_size=2).map(tuple),
)
RESOLUTIONS = st.builds(
    Resolution,
    st.lists(ENTRIES, min_size=1, max_size=3).map(tuple),
    st.integers(0, 10**6),
    st.lists(st.builds(Notice, TEXTS, TEXTS), max_size=2).map(tuple),
)


@settings(deadline=None)
@given(RESOLUTIONS)
def test_json_reads_back(resolution):
    """What was written is read back equal, with the same name, and is plain ASCII."""
    text = resolution.to_json()
    assert Resolution.from_json(text) == resolution
    assert Resolution.from_json(text).id == resolution.id
    assert text.isascii()


@settings(deadline=None)
@given(RESOLUTIONS, RESOLUTIONS)
def test_equal_resolutions_and_no_others_have_one_name(first, second):
    """The name is the SHA-256 of the canonical JSON: equal content, equal name."""
    assert (first == second) == (first.id == second.id)
    assert first.id == hashlib.sha256(first.to_json().encode()).hexdigest()


def test_the_canonical_form_is_fixed():
    """Stored names must hold for ever: this is the form that they are made from."""
    entry = ResolutionEntry(
        "scope2.location",
        "grid-2025",
        7,
        FactorMasses("0.1770", co2e_ch4="0.0009", gases=(("SF6", "0.5"),), gwp_set="AR5"),
        (Step("unit", "1 MJ = 5/18 kWh", Fraction(5, 18)),),
        "generation",
        "a table",
        (Notice("REGION_FALLBACK", "é"),),
    )
    assert Resolution((entry,), 3).to_json() == (
        '{"entries":[{"account":"scope2.location","cell":"a table","edition":"grid-2025",'
        '"factor":{"co2e_ch4":"0.0009","gases":[["SF6","0.5"]],"gwp_set":"AR5",'
        '"kg_co2e":"0.1770"},"factor_row":7,'
        '"notices":[{"message":"\\u00e9","reason":"REGION_FALLBACK"}],"stage":"generation",'
        '"steps":[["unit","1 MJ = 5/18 kWh","5/18"]]}],"method_version":3,"notices":[]}'
    )


def test_a_resolution_of_the_first_ledgers_is_read():
    """What was posted before there were methods is still worth the same."""
    text = (
        '{"entries":[{"account":"scope2.location","conversion":"5/18","edition":"grid-2025",'
        '"factor":{"kg_ch4":"0.0009","kg_co2e":"0.1770"},"factor_row":7,'
        '"notices":[{"message":"x","reason":"REGION_FALLBACK"}]}]}'
    )
    (entry,) = Resolution.from_json(text).entries
    assert entry.conversion == Fraction(5, 18)
    assert (entry.factor.kg_co2e, entry.factor.kg_ch4) == ("0.1770", "0.0009")
    assert entry.notices == (Notice("REGION_FALLBACK", "x"),)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"entries":[{}]}', '{"entries":3}', "null", '{"entries":["x"]}']
)
def test_what_is_no_resolution_is_told(text):
    """A stored text that cannot be read is an inconsistency, not a crash."""
    with pytest.raises(LedgerInconsistent):
        Resolution.from_json(text)


def test_a_conversion_by_nothing_is_told():
    """A denominator of zero is an inconsistency too."""
    entry = ResolutionEntry("a", "e", 1, FactorMasses("1"), (Step("unit", "", Fraction(1)),))
    data = json.loads(Resolution((entry,)).to_json())
    data["entries"][0]["steps"][0][2] = "1/0"
    with pytest.raises(LedgerInconsistent):
        Resolution.from_json(json.dumps(data))

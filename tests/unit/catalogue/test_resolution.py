"""A resolution's name and its canonical JSON."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.resolution import FactorMasses, Notice, Resolution, ResolutionEntry
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
        kg_co2e=MASS_TEXTS,
        kg_co2=st.none() | MASS_TEXTS,
        kg_ch4=st.none() | MASS_TEXTS,
        kg_n2o=st.none() | MASS_TEXTS,
    ),
    conversion=st.fractions(min_value=Fraction(1, 10**12)),
    notices=st.lists(st.builds(Notice, TEXTS, TEXTS), max_size=2).map(tuple),
)
RESOLUTIONS = st.lists(ENTRIES, min_size=1, max_size=3).map(tuple).map(Resolution)


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
        FactorMasses("0.1770", kg_ch4="0.0009"),
        Fraction(5, 18),
        (Notice("REGION_FALLBACK", "é"),),
    )
    assert Resolution((entry,)).to_json() == (
        '{"entries":[{"account":"scope2.location","conversion":"5/18","edition":"grid-2025",'
        '"factor":{"kg_ch4":"0.0009","kg_co2e":"0.1770"},"factor_row":7,'
        '"notices":[{"message":"\\u00e9","reason":"REGION_FALLBACK"}]}]}'
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"entries":[{}]}', '{"entries":3}', "null", '{"entries":["x"]}']
)
def test_what_is_no_resolution_is_told(text):
    """A stored text that cannot be read is an inconsistency, not a crash."""
    with pytest.raises(LedgerInconsistent):
        Resolution.from_json(text)


def test_a_conversion_by_nothing_is_told():
    """A denominator of zero is an inconsistency too."""
    entry = ResolutionEntry("a", "e", 1, FactorMasses("1"), Fraction(1))
    data = json.loads(Resolution((entry,)).to_json())
    data["entries"][0]["conversion"] = "1/0"
    with pytest.raises(LedgerInconsistent):
        Resolution.from_json(json.dumps(data))

"""Parts of scope 3 add up to it as it is printed, whatever fractions they are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.quantities import quantity_text
from tonne.reports.suppliers.scope3 import Leaf, Makers, cut_leaves, kind_of
from tonne.statements.suppliers import EvidenceKind

leaves = st.dictionaries(
    st.builds(
        Leaf,
        st.sampled_from(["scope3.01", "scope3.04", "scope3.11"]),
        st.integers(0, 3),
        st.sampled_from(["a", "b", "c"]),
        st.just("own"),
        st.sampled_from(["row 1", "row 2"]),
    ),
    st.builds(
        Fraction,
        st.integers(-(10**40), 10**40),
        st.sampled_from([1, 3, 7, 2 * 10**18, 10**18, 3 * 10**18, 453_592_370]),
    ),
)


@given(leaves)
def test_what_is_cut_adds_up(given_leaves):
    """The sum is that of the exact leaves, rounded once; none is off by a last place."""
    cut = cut_leaves(given_leaves)
    total = decimal_text(sum(given_leaves.values(), Fraction(0)))
    assert Fraction(quantity_text(sum(cut.values()))) == Fraction(total)
    assert cut.keys() == given_leaves.keys()
    assert all(abs(cut[leaf] - kg * 10**18) <= 1 for leaf, kg in given_leaves.items())


@pytest.mark.parametrize(
    ("activity", "stage", "is_money", "kind"),
    [
        ("product.acme.screen", "", False, EvidenceKind.SUPPLIER_VERIFIED),
        ("product.acme.screen", "", True, EvidenceKind.SUPPLIER_VERIFIED),
        ("product.other.screen", "", False, EvidenceKind.SUPPLIER_SPECIFIC),
        ("product", "", False, EvidenceKind.SUPPLIER_SPECIFIC),
        ("products.acme.screen", "", False, EvidenceKind.AVERAGE_DATA),
        ("bought.screens", "supplier", True, EvidenceKind.SUPPLIER_SPECIFIC),
        ("electricity.grid", "contract", False, EvidenceKind.SUPPLIER_SPECIFIC),
        ("electricity.grid", "wtt", False, EvidenceKind.AVERAGE_DATA),
        ("purchase.adhesive", "production", True, EvidenceKind.SPEND_BASED),
    ],
)
def test_the_first_that_holds_is_the_kind(activity, stage, is_money, kind):
    """A footprint before a stage, a stage before money, money before a mean."""
    makers = Makers(verified={"s1"})
    makers.by_name["acme"].add("s1")
    assert kind_of(activity, stage, makers, is_money=is_money) is kind

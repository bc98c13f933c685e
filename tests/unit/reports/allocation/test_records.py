"""Shares of a meter: they add up to it, in proportion, to the last place."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tonne.reports.allocation.records import shared_out

KEYS = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.fractions(min_value=0, max_value=10**6),
    min_size=1,
    max_size=8,
).filter(lambda key: sum(key.values()) > 0)


@given(total=st.integers(-(10**30), 10**30), key=KEYS)
def test_shares_add_up_and_are_within_a_last_place_of_the_exact_ones(total, key):
    """Nothing is lost, nothing is made; none is off by a last place or more."""
    parts = shared_out(total, key)
    assert sum(parts.values()) == total
    assert parts.keys() == key.keys()
    for name, part in parts.items():
        exact = Fraction(total) * key[name] / sum(key.values())
        assert abs(part - exact) < 1


@given(total=st.integers(0, 10**30), key=KEYS)
def test_shares_do_not_depend_on_the_order_of_the_recipients(total, key):
    """Recipients are taken by name."""
    assert shared_out(total, key) == shared_out(total, dict(reversed(key.items())))


def test_a_third_each():
    """Sums are cut: the first two have 6 of 6.67, so the last place goes to the third."""
    assert shared_out(10, dict.fromkeys("abc", Fraction(1))) == {"a": 3, "b": 3, "c": 4}

"""`sum_groups`: exact decimal sums against `int`."""

from decimal import Context, Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tonne_kernel as kernel
from tests.kernel import strategies

DIGITS_MAX = 38
LIMIT = 10**DIGITS_MAX
EXACT = Context(prec=80)

wide_integers = st.one_of(
    strategies.edge_integers,
    st.integers(-LIMIT + 1, LIMIT - 1),
    strategies.near(st.sampled_from((2**63, 2**64, 2**96, 2**126, -(2**63), -(2**64)))),
    st.sampled_from((LIMIT - 1, 1 - LIMIT, LIMIT // 2, -LIMIT // 2)),
)


def decimals(values, scale=6):
    """An Arrow column of integers shifted by `scale` places."""
    shifted = [EXACT.scaleb(Decimal(value), -scale) for value in values]
    return pa.array(shifted, pa.decimal128(DIGITS_MAX, scale))


def integers(array):
    """The integers of an Arrow decimal column."""
    array = pa.array(array)
    array.validate(full=True)
    scale = array.type.scale
    return [int(EXACT.scaleb(value, scale)) for value in array.to_pylist()]


@given(
    st.lists(st.tuples(st.integers(0, 4), wide_integers), max_size=30),
    st.integers(0, 2),
    st.sampled_from((0, 6, 38)),
)
def test_sums_are_those_of_integers(rows, empty_count, scale):
    """Each group's sum is exact, an empty group's zero; beyond 38 digits it raises."""
    group_count = 5 + empty_count
    expected = [0] * group_count
    leaves_128_bits = False
    for group, value in rows:
        expected[group] += value
        leaves_128_bits |= not -(2**127) <= expected[group] < 2**127
    groups = pa.array([group for group, _ in rows], pa.uint32())
    values = decimals([value for _, value in rows], scale)
    try:
        sums = integers(kernel.sum_groups(groups, group_count, values))
    except OverflowError:
        assert leaves_128_bits or any(abs(value) >= LIMIT for value in expected)
    else:
        assert sums == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_at_the_limit_is_told_from_one_beyond(sign):
    """38 digits are taken; one millionth more raises, also where 128 bits would wrap back."""
    groups = pa.array([0, 0], pa.uint32())
    at_limit = decimals([sign * (LIMIT - 2), sign])
    assert integers(kernel.sum_groups(groups, 1, at_limit)) == [sign * (LIMIT - 1)]
    with pytest.raises(OverflowError):
        kernel.sum_groups(groups, 1, decimals([sign * (LIMIT - 1), sign]))
    wrapping = decimals([sign * (LIMIT - 1)] * 4)  # 4 * 10**38 is above 2**128
    with pytest.raises(OverflowError):
        kernel.sum_groups(pa.array([0] * 4, pa.uint32()), 1, wrapping)


@given(
    st.lists(wide_integers.filter(lambda n: abs(n) < LIMIT // 100), max_size=40),
    st.randoms(use_true_random=False),
)
def test_order_changes_no_sum(values, random):
    """Sums do not depend on the order of rows."""
    shuffled = random.sample(values, len(values))
    groups = pa.array([0] * len(values), pa.uint32())
    one = kernel.sum_groups(groups, 1, decimals(values))
    other = kernel.sum_groups(groups, 1, decimals(shuffled))
    assert integers(one) == integers(other) == [sum(values)]


def test_slices_and_chunks_are_summed_as_they_lie():
    """An array with an offset into its buffers, and a stream of chunks, lose no row."""
    groups = pa.array([9, 0, 1, 0, 9], pa.uint32()).slice(1, 3)
    values = decimals([7, 1, 2, 3, 7]).slice(1, 3)
    assert integers(kernel.sum_groups(groups, 2, values)) == [4, 2]
    chunked_groups = pa.chunked_array([groups, groups])
    chunked_values = pa.chunked_array([values.slice(0, 1), values.slice(1), values])
    assert integers(kernel.sum_groups(chunked_groups, 2, chunked_values)) == [8, 4]


@pytest.mark.parametrize(
    ("groups", "group_count"), [([0, 2], 2), ([0, 2**32 - 1], 2), ([0], 2), ([0, 0, 0], 2)]
)
def test_groups_out_of_bounds_or_of_another_length_are_refused(groups, group_count):
    """No input makes the kernel write beyond its sums."""
    with pytest.raises((ValueError, IndexError)):
        kernel.sum_groups(pa.array(groups, pa.uint32()), group_count, decimals([1, 2]))

"""The memory of calls that read: given before it is needed, refused with a reason, given back."""

from __future__ import annotations

import threading

import pytest

from tonne.errors import ReadsExhausted, SelectionMustFit
from tonne.ledger.budget import Budget


def test_what_a_call_held_is_given_back():
    """However it grew, and however it ended."""
    budget = Budget(100, wait_s_max=0)
    with budget.holding(40) as hold:
        hold.grow_to(70)
        hold.grow_to(50)
        with hold.more(20):
            assert budget.held_bytes == 90
        assert budget.held_bytes == 70
    assert budget.held_bytes == 0
    with pytest.raises(SelectionMustFit), budget.holding(40) as hold:
        hold.grow_to(101)
    assert budget.held_bytes == 0


def test_what_never_fits_is_told_how_to_ask_for_less():
    """It is the caller's to change: the same call fails again."""
    budget = Budget(100, wait_s_max=0)
    with budget.holding(10) as hold, pytest.raises(SelectionMustFit, match="fewer facilities"):
        hold.grow_to(101)
    assert budget.held_bytes == 0


def test_what_others_hold_is_not_given_twice():
    """A call that grows is refused at once, one that begins after its wait."""
    budget = Budget(100, wait_s_max=0.01)
    with budget.holding(60), budget.holding(30) as other:
        with pytest.raises(ReadsExhausted, match="try again"):
            other.grow_to(50)
        with pytest.raises(ReadsExhausted), budget.holding(20):
            pass
        assert budget.held_bytes == 90


def test_a_call_waits_for_its_first_share():
    """It begins as soon as another one ends; one that asks for all there is begins alone."""
    budget = Budget(100, wait_s_max=30)
    begun, ended = threading.Event(), threading.Event()

    def other() -> None:
        with budget.holding(1_000):
            begun.set()
        ended.set()

    with budget.holding(60):
        thread = threading.Thread(target=other)
        thread.start()
        assert not begun.is_set()
    thread.join(30)
    assert ended.is_set()
    assert budget.held_bytes == 0

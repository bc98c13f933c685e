"""Consoles that take actions, in processes of their own."""

from __future__ import annotations

import pytest

from tests.unit.console.looking import console_of


@pytest.fixture(scope="module")
def address(running):
    """Where a console takes actions."""
    with console_of(running, "--write", "--author", "Ada") as found:
        yield found

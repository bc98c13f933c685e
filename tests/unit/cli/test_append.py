"""What `tonne append` tells while it works and when it is done."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from rich.console import Console

from tonne.cli.appending import bar, outcome
from tonne.cli.terminal.output import Format
from tonne.client import AppendResult, RowError


@pytest.mark.parametrize("total", [1_056_848, None])
def test_the_progress_bar_is_one_line(monkeypatch, total):
    """At 80 characters a million records at a million a second fit one line, nothing cut."""
    written = io.StringIO()
    monkeypatch.setattr(
        bar, "stderr_console", lambda: Console(file=written, width=80, force_terminal=False)
    )
    progress, task = bar.make_bar(total)
    with progress:
        progress.update(task, completed=1_056_848, sent_bytes=168_500_000)
        progress.tasks[0].start_time -= 1.0
    (line,) = written.getvalue().splitlines()
    assert "1056848/" in line
    assert "records/s  168.5 MB" in line
    assert "…" not in line
    if total:
        assert line.rstrip().endswith("0:00:00")


def test_one_kind_of_error_is_told_once(capsys):
    """Row errors of one kind are one line with the first offset; what is left is counted."""
    late = [
        RowError(offset, offset, "FACTOR_MUST_EXIST", "activity", "no factor")
        for offset in range(9)
    ]
    bad = RowError(20, 20, "QUANTITY_MUST_BE_PRESENT", "quantity", "no quantity")
    result = AppendResult(30, 0, 1, 20, Decimal(0), (*late, bad), 11, 30)
    outcome.report(result, "acme", 1.0, Format.CSV)
    assert capsys.readouterr().err.splitlines() == [
        "warning: offset 0 and 8 more: FACTOR_MUST_EXIST: no factor",
        "warning: offset 20: QUANTITY_MUST_BE_PRESENT: no quantity",
        "warning: 11 other records not posted",
        "see `tonne quarantine list --book acme` and `tonne suspense list --book acme`",
    ]

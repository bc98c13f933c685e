"""`tonne append` against a server: what it refuses before it posts, tells, and exits with."""

from __future__ import annotations

import itertools
import json
import os
import threading
from pkgutil import resolve_name

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.contract.imports.rows import HEADER, kwh, row
from tonne.cli.main import app
from tonne.client import Client

_NUMBERS = itertools.count(1)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(1), row(2)], 0),
        ([row(1), row(2, "1,000")], 3),
        ([row(1), row(2, activity="electricity.greed")], 3),
        ([row(1, "much"), row(2, unit="furlong")], 4),
        ([row(1, activity="electricity.greed")], 4),
    ],
)
def test_the_exit_code_says_what_is_posted(append, rows, code):
    """All, a part, or nothing; where all of it was there before, all."""
    assert append(rows)[0] == code


def test_an_inventory_tells_of_the_quarantine(append, run):
    """How many records of the book are in none of its numbers, and the command that lists them."""
    append([row(1), row(2, "much"), row(3, unit="furlong")])
    _, _, remarks = run("inventory")
    assert "in quarantine, and in no number above: 2 records of the book" in remarks
    assert "`tonne quarantine list --book" in remarks
    _, text, _ = run("inventory", "--format", "json")
    assert json.loads(text)["quarantined_records"] == 2


def test_strict_posts_nothing_where_a_record_would_be_refused(append, run, monkeypatch):
    """The records are named by their offsets, whatever the pieces in which they were tried."""
    monkeypatch.setattr("tonne.cli.appending.checks.ESTIMATE_RECORDS", 1)
    greed = row(3, activity="electricity.greed")
    code, remarks = append([row(1), row(2, "much"), greed, row(4, "more")], "--strict")
    assert code == 4
    assert "offset 1 and 1 more: QUANTITY_MUST_BE_A_NUMBER" in remarks
    assert "FACTOR_MUST_EXIST" not in remarks
    assert "2 records of 4 would go to quarantine; nothing was posted" in remarks
    assert kwh(run) == 0
    assert append([row(1), row(2), greed], "--strict")[0] == 3
    assert kwh(run) == 20


def test_what_stands_twice_stops_the_command(append, run):
    """Nothing is posted; left out, it is left out again by the next run and of a grown file."""
    rows = [row(1), row(2), row(1), row(3)]
    code, remarks = append(rows)
    assert (code, kwh(run)) == (4, 0)
    assert (
        "duplicate: records.csv, record 3 is the same record as records.csv, record 1" in remarks
    )
    for grown in ([], [], [row(2), row(4)]):
        assert append([*rows, *grown], "--repeats", "skip")[0] == 0
    assert kwh(run) == 40
    code, remarks = append([row(5), row(5, "7")], "--repeats", "skip", channel="d")
    assert (code, kwh(run)) == (4, 40)
    assert "conflict: records.csv, record 2 has the record_id 'r5'" in remarks
    assert append([row(5), row(5, "7")], "--repeats", "keep", channel="d")[0] == 0
    assert kwh(run) == 57


def test_a_start_beyond_the_channel_is_refused(append, run):
    """What would stand between is not there; nothing is posted."""
    assert append([row(1), row(2)])[0] == 0
    code, remarks = append([row(3)], "--start-offset", "3")
    assert (code, kwh(run)) == (1, 20)
    assert "start_offset 3 is beyond the 2 records" in remarks
    assert append([row(3)], "--start-offset", "2")[0] == 0
    assert kwh(run) == 30


def test_a_mended_row_is_taken_once(append, run):
    """However often it runs again; what is in quarantine still keeps the exit code at 3."""
    rows = [row(1), row(2, "1,000"), row(3, unit="furlong"), row(4)]
    assert append(rows)[0] == 3
    code, remarks = append(rows)
    assert (code, kwh(run)) == (3, 20)
    assert "2 records of those that were there already are in quarantine" in remarks
    rows[1] = row(2, "1000")
    for _ in range(3):
        code, remarks = append([*rows, row(5)])
        assert (code, kwh(run)) == (3, 1030)
    rows[2] = row(3, unit="yard")
    assert append([*rows, row(5)])[0] == 3
    rows[2] = row(3, "3")
    for _ in range(3):
        assert append([*rows, row(5)])[0] == 0
        assert kwh(run) == 1033
    _, text, _ = run("quarantine", "list", "--format", "json")
    assert json.loads(text) == []
    _, text, _ = run("inventory", "--format", "json")
    assert json.loads(text)["quarantined_records"] == 0


def test_a_row_that_differs_from_a_posted_one_stops_the_command(append, run):
    """Nothing is posted, and no mend taken; both values are shown, and no advice doubles it."""
    rows = [row(1), row(2, "1,000"), row(3)]
    append(rows)
    rows[1], rows[2] = row(2, "1000"), row(3, "31")
    code, remarks = append([*rows, row(4)])
    assert (code, kwh(run)) == (4, 20)
    assert "conflict: record 3 of the files (offset 2)" in remarks
    assert "quantity: the ledger has '10', the file '31'" in remarks
    assert "--start-offset" not in remarks
    rows[2] = row(3)
    assert append([*rows, row(4)])[0] == 0
    assert kwh(run) == 1030
    rows[1] = row(2, "1001")
    code, remarks = append([*rows, row(4)])
    assert (code, kwh(run)) == (4, 1030)
    assert "quantity: the ledger has '1000', the file '1001'" in remarks


def test_another_file_does_not_mend(append, run):
    """Rows that are other records are no mends of those in quarantine at their places."""
    append([row(1, "much"), row(2, "more")])
    code, remarks = append([row(11), row(12), row(13)])
    assert (code, kwh(run)) == (4, 0)
    assert "--start-offset 2" in remarks
    assert append([row(11), row(12), row(13)], "--start-offset", "2")[0] == 0
    assert kwh(run) == 30


@pytest.mark.parametrize(
    ("before", "after", "is_mend"),
    [
        ("h,dc,electricity.grid,x,kWh,2025-01-01,2025-01-02,GB",
         "h,dc,electricity.grid,5,kWh,2025-01-01,2025-01-02,GB", True),
        ("h,dc,electricity.grid,x,kWh,2025-01-01,2025-01-02,GB",
         "h,dc,electricity.grid,5,kWh,2025-02-01,2025-02-02,GB", False),
        ("h,dc,electricity.grid,5,kWh,2025-01-02,2025-01-01,GB",
         "h,dc,electricity.grid,5,kWh,2025-01-01,2025-01-02,GB", True),
        ("h,dc,electricity.grid,5,furlong,22/01/2025,23/01/2025,GB",
         "h,hut,electricity.grid,5,kWh,2025-01-22,2025-01-23,GB", True),
        (",dc,electricity.grid,5,furlong,2025-01-01,2025-01-02,GB",
         ",dc,electricity.grid,5,kWh,2025-01-01,2025-01-02,GB", True),
        (",dc,electricity.grid,x,kWh,2025-01-01,2025-01-02,GB",
         ",hut,electricity.grid,5,kWh,2025-02-01,2025-02-02,GB", False),
        ("a,dc,electricity.grid,x,kWh,2025-01-01,2025-01-02,GB",
         "b,dc,electricity.grid,5,kWh,2025-01-01,2025-01-02,GB", False),
        (",,,,kWh,,,", "h,dc,electricity.grid,5,kWh,2025-01-01,2025-01-02,GB", True),
    ],
)  # fmt: skip
def test_what_counts_as_the_same_record_mended(append, run, before, after, is_mend):
    """By id and time, or by all that could be read: the row of another month is another record."""
    assert append([row(9), before + "\n"])[0] == 3
    assert append([row(9), after + "\n"])[0] == (0 if is_mend else 4)
    assert kwh(run) == (15 if is_mend else 10)


def test_a_record_far_before_the_end_is_compared(append, run):
    """All that is skipped is, and not the last hundred records."""
    rows = [row(1 + n % 27, str(n)).replace(f"r{1 + n % 27},", f"n{n},") for n in range(400)]
    append(rows)
    before = kwh(run)
    code, remarks = append([row(1, "7").replace("r1,", "n0,"), *rows[1:]])
    assert (code, kwh(run)) == (4, before)
    assert "quantity: the ledger has '0', the file '7'" in remarks


def test_the_same_file_elsewhere_is_told_before_it_is_posted(append, run):
    """In another channel, or behind itself; `--again` posts it, and by their ids it is copies."""
    rows = [row(1), row(2), row(3)]
    assert append(rows, channel="jan", name="january.csv")[0] == 0
    for words, channel in (([], "feb"), (["--start-offset", "3"], "jan")):
        code, remarks = append(rows, *words, channel=channel, name="copy.csv")
        assert (code, kwh(run)) == (4, 30)
        assert "copy.csv is in the ledger already, as 'january.csv', channel jan" in remarks
    assert append(rows, channel="feb", name="copy.csv")[0] == 4
    code, remarks = append(rows, "--again", channel="feb")
    assert (code, kwh(run)) == (0, 30)
    assert "3 records reversed" in remarks
    assert append(rows, channel="feb")[0] == 0
    assert append([*rows, row(4)], channel="jan", name="january.csv")[0] == 0
    assert kwh(run) == 40
    code, remarks = append([*rows, row(4), row(5)], channel="feb")
    assert (code, kwh(run)) == (4, 40)
    assert "1 record of records.csv is in the ledger already" in remarks
    _, text, _ = run("imports", "list", "--format", "json")
    listed = [(each["file"], each["channel"], each["records"]) for each in json.loads(text)]
    assert listed == [
        ("january.csv", "jan", 3), ("records.csv", "feb", 3), ("january.csv", "jan", 4)
    ]  # fmt: skip


def test_the_same_rows_in_another_file_are_told(append, run):
    """A file that grew, or was saved anew: how many of its records are there, and where."""
    assert append([row(1), row(2), row(3)], channel="jan", name="january.csv")[0] == 0
    rows = [row(9), *(each.replace("\n", "\r\n") for each in (row(2), row(3), row(4)))]
    code, remarks = append(rows, channel="feb", name="grown.csv")
    assert (code, kwh(run)) == (4, 30)
    assert "2 records of grown.csv are in the ledger already, by 'january.csv'" in remarks
    assert append([row(1), row(2), row(3), row(4)], channel="jan", name="grown.csv")[0] == 0
    assert kwh(run) == 40
    _, text, _ = run("imports", "list", "--format", "json")
    assert [each["durable"] for each in json.loads(text)] == [3, 4]


def test_what_never_became_durable_is_no_import_yet(append, run, monkeypatch):
    """A file whose records did not get there may go elsewhere."""
    with monkeypatch.context() as patch:
        patch.setattr("tonne.client.append.channel.Channel.append", _interrupt)
        assert append([row(1)], channel="jan")[0] != 0
    assert append([row(1)], channel="feb")[0] == 0
    assert kwh(run) == 10


@pytest.mark.parametrize("point", ["look_at_imports", "claim", "Append._send"])
@pytest.mark.parametrize("rows", [[1, 2, 3], [9, 3, 2]])
def test_of_two_commands_at_one_moment_one_posts(append, run, monkeypatch, point, rows):
    """The other runs, from beginning to end, behind a step of the first; each record counts once.

    Behind the look, and before the claim, the first is told; once it has claimed, the other takes
    its place, because nothing of it is durable.
    """
    target = f"tonne.cli.appending.run.{point}"
    told: list[tuple[int, str]] = []
    real = resolve_name(target)

    def step(*words, **options):
        monkeypatch.setattr(target, real)
        if point == "Append._send":
            told.append(append([row(n) for n in rows], channel="feb", name="other.csv"))
        found = real(*words, **options)
        if point != "Append._send":
            told.append(append([row(n) for n in rows], channel="feb", name="other.csv"))
        return found

    monkeypatch.setattr(target, step)
    code, remarks = append([row(1), row(2), row(3)], channel="jan", name="january.csv")
    ((other_code, other_remarks),) = told
    assert (code, other_code) == (4, 0)
    assert kwh(run) == 30
    if point == "look_at_imports":
        assert "in the ledger already" in remarks
    else:
        assert "'january.csv', channel jan" in other_remarks
        assert "that import is ended" in other_remarks
        assert "nothing was posted: 'other.csv', channel feb" in remarks
    assert append([row(1), row(2), row(3)], channel="jan", name="january.csv")[0] == 4
    assert append([row(n) for n in rows], channel="feb", name="other.csv")[0] == 0
    assert kwh(run) == 30


def test_a_claim_is_tried_again_until_it_overlooks_nothing(append, run, monkeypatch):
    """Imports of other records, noted between the look and the claim, stop nobody."""
    target = "tonne.cli.appending.run.look_at_imports"
    real, count = resolve_name(target), itertools.count(11)

    def look(*words, **options):
        found = real(*words, **options)
        number = next(count)
        if number < 14:
            monkeypatch.setattr(target, real)
            assert append([row(number)], channel=f"c{number}", name="other.csv")[0] == 0
            monkeypatch.setattr(target, look)
        return found

    monkeypatch.setattr(target, look)
    assert append([row(1), row(2)], channel="jan")[0] == 0
    assert kwh(run) == 50


def test_what_can_be_read_once_is_appended_without_a_look(run, tmp_path):
    """A pipe: told, and refused where an option needs to read twice."""
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    values = row(1).replace('"', "").strip().split(",")
    record = dict(zip(HEADER.strip().split(","), values, strict=True))
    feeder = threading.Thread(target=pipe.write_text, args=(json.dumps(record) + "\n",))
    feeder.start()
    code, _, remarks = run("append", pipe, "--channel", "c")
    feeder.join()
    assert (code, kwh(run)) == (0, 10)
    assert "pipe.jsonl can be read once alone" in remarks
    assert run("append", pipe, "--channel", "c", "--strict")[0] == 2


def test_a_pipe_that_is_read_as_a_table_is_read_once(run, tmp_path):
    """Its name does not say what it is: nothing of its beginning is lost by a look at it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_text, args=(HEADER + row(1) + row(2),))
    feeder.start()
    code, _, remarks = run("append", pipe, "--file-format", "csv", "--channel", "c")
    feeder.join()
    assert (code, kwh(run)) == (0, 20), remarks


def test_an_append_that_broke_off_goes_on(append, run, monkeypatch):
    """The file is noted already; what is not durable of it is no repeat."""
    rows = [row(n) for n in range(1, 7)]
    assert append(rows[:2])[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr("tonne.client.append.channel.Channel.append", _interrupt)
        assert append(rows)[0] != 0
    assert append(rows)[0] == 0
    assert kwh(run) == 60


def _interrupt(*_words, **_options):
    raise KeyboardInterrupt


CONTENTS = st.sampled_from(["1", "2", "300", "much", "1,0"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), CONTENTS),
        st.tuples(st.integers(0, 5), CONTENTS),
        st.just(("run", "")),
    ),
    max_size=8,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=st.lists(CONTENTS, min_size=1, max_size=4), steps=STEPS)
@example(first=["much", "1"], steps=[("run", ""), (0, "300"), ("run", ""), (0, "2")])
@example(first=["1,0"], steps=[("run", ""), (0, "much"), ("run", ""), (0, "2"), ("grow", "1")])
@example(first=["much"], steps=[("run", ""), (0, "2"), ("run", ""), (0, "much")])
def test_any_sequence_gives_each_rows_last_good_content_once(running, tmp_path, first, steps):
    """A file that grows, is mended and is run again, in any order; the model is a plain list."""
    book = f"sequence-{next(_NUMBERS)}"
    path = tmp_path / "rows.csv"
    rows, kept = list(first), []  # what the file says; per row what the ledger was given
    with Client(running.server.address) as client:
        client.create_book(book)
        for action, content in [*steps, ("run", ""), ("run", "")]:
            if action == "grow":
                rows.append(content)
                continue
            if action != "run":
                rows[action % len(rows)] = content
                continue
            path.write_text(HEADER + "".join(row(n + 1, text) for n, text in enumerate(rows)))
            words = ["append", path, "--book", book, "--channel", "c"]
            words += ["--server", running.server.address]
            code = CliRunner().invoke(app, list(map(str, words))).exit_code
            differs = [
                text not in given and given[-1].isdecimal()
                for text, given in zip(rows, kept, strict=False)
            ]
            if any(differs):
                assert code == 4
            else:
                for text, given in zip(rows, kept, strict=False):
                    given.extend([text] if text not in given else [])
                kept += [[text] for text in rows[len(kept) :]]
                waits = sum(not given[-1].isdecimal() for given in kept)
                assert code == (0 if not waits else 4 if waits == len(kept) else 3)
            good = [int(given[-1]) for given in kept if given[-1].isdecimal()]
            total = client.inventory(book, accounts="memo.energy").total
            assert (total.energy_kwh or 0) == sum(good)
            assert total.record_count == len(good)

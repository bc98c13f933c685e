"""Files that were sent: whose they are, how long they are kept, and that they go."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tonne.console.uploading import uploads
from tonne.console.uploading.uploads import (
    FILE_BYTES_MAX,
    KEPT_S,
    UPLOADS_MAX,
    ConsoleFull,
    UploadGone,
    Uploads,
    safe_name,
)
from tonne.errors import FieldInvalid


class Clock:
    """Seconds, as a test says."""

    now = 0.0

    def __call__(self):
        """Give them."""
        return self.now


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


@pytest.fixture
def kept(clock):
    """A store of files."""
    found = Uploads(clock)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("bills.xlsx", "bills.xlsx"),
        ("C:\\fakepath\\Bills 2025.csv", "Bills 2025.csv"),
        ("../../etc/bills.csv", "bills.csv"),
        ("/etc/bills.csv", "bills.csv"),
        ("\u80fd\u8017\u8868.xlsx", "\u80fd\u8017\u8868.xlsx"),
        ("--book=other.csv", "--book=other.csv"),
        ("a\u202evsc.exe.csv", "a_vsc.exe.csv"),
        ("a\x00b\nc.csv", "a_b_c.csv"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_a_name_has_no_folders_and_hides_nothing(sent, kept):
    """What evidence names is what people called it."""
    assert safe_name(sent) == kept


@pytest.mark.parametrize(
    "sent", ["", ".", "..", "/", "bills", ".csv", "a/.csv", "-", "a.", "a.c/"]
)
def test_a_name_without_a_format_is_none(sent):
    """Standard input is none either."""
    with pytest.raises(FieldInvalid, match=r"bills\.xlsx"):
        safe_name(sent)


def test_a_file_is_there_for_its_caller_and_its_book_alone(kept):
    """Others are told what they are told of one that never was."""
    made = kept.keep("acme", "ann", "a.csv", b"x")
    assert kept.find("acme", "ann", made.id) is made
    assert (made.folder / "a.csv").read_bytes() == b"x"
    assert made.folder.stat().st_mode & 0o777 == 0o700
    told = set()
    for book, caller, id_ in (
        ("acme", "bob", made.id),
        ("other", "ann", made.id),
        ("acme", "", made.id),
        ("acme", "ann", "x"),
    ):
        with pytest.raises(UploadGone) as refused:
            kept.find(book, caller, id_)
        told.add(refused.value.message)
    assert len(told) == 1


def test_a_file_goes_an_hour_after_the_last_look(kept, clock):
    """One that a command reads stays until that is done."""
    made, read = (kept.keep("acme", "", name, b"x") for name in ("a.csv", "b.csv"))
    clock.now = KEPT_S - 1
    kept.find("acme", "", made.id)
    with read.lock:
        clock.now = 2 * KEPT_S - 2
        kept.find("acme", "", made.id)
        assert read.folder.exists()
        clock.now = 3 * KEPT_S
        kept.keep("acme", "", "c.csv", b"x")
        assert not made.folder.exists()
        assert read.folder.exists()
    with pytest.raises(UploadGone):
        kept.find("acme", "", made.id)
    assert not read.folder.exists()


def test_there_is_room_for_so_many(kept, clock):
    """Sizes too: nothing is cut short."""
    with pytest.raises(FieldInvalid, match=str(FILE_BYTES_MAX)):
        kept.keep("acme", "", "a.csv", bytes(FILE_BYTES_MAX + 1))
    with pytest.raises(FieldInvalid, match="got 0"):
        kept.keep("acme", "", "a.csv", b"")
    for _ in range(UPLOADS_MAX):
        kept.keep("acme", "", "a.csv", b"x")
    with pytest.raises(ConsoleFull, match="send it again"):
        kept.keep("acme", "", "a.csv", b"x")
    clock.now = KEPT_S + 1
    kept.keep("acme", "", "a.csv", b"x")


def test_all_go_with_the_store(clock):
    """And so does their folder."""
    kept = Uploads(clock)
    folder = kept.keep("acme", "", "a.csv", b"x").folder
    kept.close()
    assert not folder.parent.exists()
    with pytest.raises(UploadGone):
        kept.find("acme", "", folder.name)


def test_what_a_killed_console_left_goes_with_the_next(kept, clock):
    """Its process is gone; that of one which runs stays."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    left = Path(tempfile.gettempdir()) / f"tonne-console-{process.pid}-left"
    left.mkdir()
    mine = kept.keep("acme", "", "a.csv", b"x").folder
    assert not left.exists()
    assert f"tonne-console-{os.getpid()}-" in str(mine)
    other = Uploads(clock)
    other.keep("acme", "", "a.csv", b"x")
    assert mine.exists()
    other.close()


def test_no_room_on_the_disk_is_told(kept, monkeypatch):
    """A container without a folder that it may write."""

    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads.tempfile, "TemporaryDirectory", full)
    with pytest.raises(ConsoleFull, match=r"No space left on device.*TMPDIR"):
        kept.keep("acme", "", "a.csv", b"x")

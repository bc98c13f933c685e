"""Objects, in a directory and in a bucket."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tonne.errors import ConfigInvalid, NameInvalid, StoreUnavailable
from tonne.store import ObjectExists, ObjectMissing, faults, open_objects
from tonne.store.objects.bucket import PROBE_TIMEOUT_S

pytestmark = pytest.mark.usefixtures("armed")


def test_an_object_comes_back_as_it_was_put(objects):
    """What is put, as bytes or as a view, is what is got, empty or of several MiB."""
    for path, data in (("b/empty", b""), ("b/small", b"\x00\xff"), ("c/d/e", os.urandom(6 << 20))):
        objects.put(path, memoryview(data))
        assert objects.get(path) == data


def test_an_object_is_never_overwritten(objects):
    """Other bytes at the same path are refused, and the first ones stay."""
    objects.put("a/x", b"first")
    with pytest.raises(ObjectExists):
        objects.put("a/x", b"second")
    assert objects.get("a/x") == b"first"


def test_the_same_bytes_may_be_put_again(objects):
    """A put that is repeated because its reply was lost succeeds."""
    objects.put("a/x", b"first")
    objects.put("a/x", b"first")
    assert [info.path for info in objects.list("")] == ["a/x"]


def test_of_many_writers_of_one_path_one_wins(objects):
    """Of writers that put different bytes at one path at once, exactly one succeeds."""
    outcomes: dict[int, bool] = {}
    barrier = threading.Barrier(8)

    def put(number: int) -> None:
        barrier.wait()
        try:
            objects.put("a/x", b"%d" % number)
        except ObjectExists:
            outcomes[number] = False
        else:
            outcomes[number] = True

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for number, won in outcomes.items() if won]
    assert len(outcomes) == 8
    assert objects.get("a/x") == b"%d" % winner


def test_a_missing_object_is_named(objects):
    """Getting what is not there says so; deleting it is fine."""
    with pytest.raises(ObjectMissing, match="a/x"):
        objects.get("a/x")
    objects.delete("a/x")


def test_a_deleted_object_is_gone_and_may_come_again(objects):
    """After delete the object is neither got nor listed."""
    objects.put("a/x", b"1")
    objects.delete("a/x")
    with pytest.raises(ObjectMissing):
        objects.get("a/x")
    assert list(objects.list("")) == []
    objects.put("a/x", b"2")
    assert objects.get("a/x") == b"2"


def test_a_listing_is_by_folder(objects):
    """A prefix is a folder: it lists all below it, and nothing of a folder that begins alike."""
    for path in ("a/x", "a/b/y", "ab/z"):
        objects.put(path, b"123")
    assert {info.path for info in objects.list("a")} == {"a/x", "a/b/y"}
    assert {info.path for info in objects.list("a/")} == {"a/x", "a/b/y"}
    assert {info.path for info in objects.list("")} == {"a/x", "a/b/y", "ab/z"}
    assert list(objects.list("nothing")) == []


def test_a_listing_tells_size_and_time(objects):
    """Each listed object has its size and an aware time near now."""
    before = dt.datetime.now(tz=dt.UTC).replace(microsecond=0)
    objects.put("a/x", b"123")
    (info,) = objects.list("")
    assert info.size_bytes == 3
    assert before - dt.timedelta(seconds=2) <= info.modified_time
    assert info.modified_time <= dt.datetime.now(tz=dt.UTC) + dt.timedelta(seconds=2)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/x",
        "a/../b",
        "..",
        "a//b",
        "a/",
        "./a",
        "a/.x",
        "a/..tmp",
        "a\\b",
        "\0",
        "a" * 901,
    ],
)
def test_a_path_stays_inside(objects, path):
    """Paths that are absolute, climb, hide or carry other characters are refused everywhere."""
    for call in (lambda: objects.put(path, b""), lambda: objects.get(path)):
        with pytest.raises(NameInvalid):
            call()
    for each in (path, f"{path}/.x.tmp" if path else ".x.tmp"):
        with pytest.raises(NameInvalid):
            objects.delete(each)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("ftp://host/x", {}),
        ("objects", {}),
        ("file://host/x", {}),
        ("file:///data/x", {"endpoint": "http://x"}),
        ("file:///data/x?y", {}),
        ("file:///data/x#y", {}),
        ("s3://bucket/x?y", {"region": "eu"}),
        ("s3://bucket/x#y", {"region": "eu"}),
        ("s3://bucket", {"endpiont": "http://x"}),
        ("s3://bucket", {"allow_http": "perhaps"}),
        ("s3://bucket", {"timeout": "long"}),
    ],
)
def test_a_wrong_place_or_option_is_refused(url, options):
    """A URL of another kind and an unknown or wrong option stop the start."""
    with pytest.raises(ConfigInvalid):
        open_objects(url, options)


def test_a_missing_bucket_is_not_a_missing_object(s3_bucket):
    """A bucket that is not there makes the store unavailable; it does not lose objects."""
    objects = open_objects("s3://nobody-made-this", s3_bucket.options)
    for call in (
        lambda: objects.put("a/x", b"1"),
        lambda: objects.get("a/x"),
        lambda: list(objects.list("")),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            call()
        assert caught.value.__cause__ is not None


def test_an_unreachable_bucket_is_unavailable(s3_bucket):
    """No server behind the endpoint is StoreUnavailable, after bounded retries."""
    options = {**s3_bucket.options, "endpoint": "http://127.0.0.1:1"}
    with pytest.raises(StoreUnavailable, match="check that the bucket is reachable"):
        open_objects(s3_bucket.url, options).get("a/x")


def test_a_probe_finds_what_is_there_and_leaves_nothing(objects):
    """It is harmless, however often it is asked."""
    objects.probe()
    objects.probe()
    assert list(objects.list("")) == []


@pytest.mark.parametrize(
    ("place", "options", "said"),
    [
        ("s3://nobody-made-this", {}, "does not exist"),
        ("s3://nobody-made-this/prefix", {}, "does not exist"),
        ("", {"endpoint": "http://127.0.0.1:1"}, "cannot find"),
    ],
)
@pytest.mark.alone
def test_a_probe_of_what_is_away_fails_soon(s3_bucket, place, options, said):
    """A bucket that nobody made, or that cannot be reached, in seconds and without retries."""
    objects = open_objects(place or s3_bucket.url, {**s3_bucket.options, **options})
    start_s = time.monotonic()
    with pytest.raises(StoreUnavailable, match=said) as away:
        objects.probe()
    assert time.monotonic() - start_s < 2 * PROBE_TIMEOUT_S
    assert "s3://" not in away.value.message
    assert "s3://" in str(away.value)


def test_a_probe_of_a_directory_that_is_gone_fails(tmp_path):
    """A lost mount is not made anew, as an empty directory."""
    objects = open_objects((tmp_path / "objects").as_uri(), {})
    (tmp_path / "objects").rename(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable):
        objects.probe()
    assert not (tmp_path / "objects").exists()


def test_a_directory_that_cannot_be_written_is_unavailable(tmp_path):
    """What the operating system refuses is StoreUnavailable, with its cause."""
    objects = open_objects(f"file://{tmp_path}/objects", {})
    (tmp_path / "objects" / "a").write_bytes(b"a file where a folder is needed")
    with pytest.raises(StoreUnavailable) as caught:
        objects.put("a/x", b"1")
    assert isinstance(caught.value.__cause__, OSError)


def test_a_failed_put_leaves_no_object(tmp_path):
    """A put that fails before the link leaves neither the name nor the temporary file."""
    objects = open_objects(f"file://{tmp_path}/objects", {})
    faults.arm("objects.after_temp_write=raise")
    with pytest.raises(StoreUnavailable):
        objects.put("a/x", b"1")
    assert list(objects.list("")) == []
    objects.put("a/x", b"2")
    assert objects.get("a/x") == b"2"


def test_a_put_syncs_the_file_and_every_new_directory(tmp_path, monkeypatch):
    """Before put returns, the file, its directory and all new parents were fsynced, in order."""
    objects = open_objects(f"file://{tmp_path}/objects", {})
    synced: list[str] = []
    real = os.fsync

    def record(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    objects.put("b/segments/x", b"1")
    root = f"{tmp_path}/objects"
    # The entries of objects, b and segments; then the file under its temporary name; its name.
    assert synced[:3] == [str(tmp_path), root, f"{root}/b"]
    assert synced[3].startswith(f"{root}/b/segments/.x.")
    assert synced[4:] == [f"{root}/b/segments"]
    synced.clear()
    objects.put("b/segments/y", b"1")
    assert len(synced) == 2


def test_a_killed_put_leaves_a_left_over_that_is_listed_and_deleted(tmp_path):
    """A process killed before the link leaves a temporary file, which garbage collection sees."""
    script = (
        "from tonne.store import faults, open_objects\n"
        f"objects = open_objects('file://{tmp_path}/objects', {{}})\n"
        "faults.arm('objects.after_temp_write=kill')\n"
        "objects.put('a/x', b'1')\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -9
    objects = open_objects(f"file://{tmp_path}/objects", {})
    (left,) = objects.list("")
    assert left.path.startswith("a/.x.")
    assert left.path.endswith(".tmp")
    objects.delete(left.path)
    assert list(objects.list("")) == []


def test_every_point_of_a_put_is_reached(objects):
    """A put passes the fault points of its kind of objects."""
    objects.put("a/x", b"1")
    counts = {name: n for name, n in faults.arrivals().items() if n}
    common = {"objects.before_put": 1, "objects.after_put": 1}
    inside = {"objects.after_temp_write": 1, "objects.after_link": 1}
    assert counts in (common, common | inside)

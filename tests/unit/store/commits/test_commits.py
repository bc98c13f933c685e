"""The commit: all or nothing, compared with what it expects."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.support.stores.store import create_book, make_commit, make_file, make_move, new_id
from tonne import model
from tonne.errors import PeriodMustBeOpen, QuantityOverflow, StoreUnavailable
from tonne.store import BookChanged, Manifest, PositionLost, RequestClaim, RequestKnown, faults
from tonne.store.sql import schema


def open_channels(manifest, count: int) -> list[model.Channel]:
    return [manifest.open_channel("acme", f"meter-{number}") for number in range(count)]


def offsets(manifest) -> dict[str, int]:
    return {c.id: c.committed_offset for c in manifest.list_channels("acme", "", 2000)}


def claim(request_id: str, sha256: str = "aa") -> RequestClaim:
    totals = model.ControlTotals(2, 1, 1, 0, 10**30)
    return RequestClaim(request_id, sha256, totals, '[{"index": 1}]')


def test_a_commit_makes_everything_true(manifest):
    """Offsets, totals, files, ranges, requests and periods are there after one commit."""
    create_book(manifest)
    first, second = open_channels(manifest, 2)
    commit = make_commit(
        "acme",
        make_move(first, 10, 5),
        make_move(second, 20, -7),
        requests=(claim("r1"),),
        periods=(600, 601),
    )
    manifest.commit(commit)
    assert manifest.commit_exists(commit.id)
    assert offsets(manifest) == {"meter-0": 10, "meter-1": 20}
    assert manifest.get_channel("acme", "meter-1").totals.quantity_atto == -7
    (segment,) = manifest.segments("acme", limit=10)
    (postings,) = manifest.live_postings("acme")
    assert (segment, postings) == (
        replace(commit.files[0], seq=1, first_commit=1, last_commit=1),
        replace(commit.files[1], seq=2, first_commit=2, last_commit=2),
    )
    assert manifest.segment_ranges("acme", "meter-1", 0, 20) == [commit.ranges[1]]
    request = manifest.get_request("acme", "r1")
    assert request is not None
    assert (request.content_sha256, request.row_errors_json) == ("aa", '[{"index": 1}]')
    assert (request.totals, request.commit_id) == (claim("r1").totals, commit.id)
    assert request.create_time.utcoffset() is not None
    assert manifest.periods("acme") == [
        (600, model.PeriodState.OPEN),
        (601, model.PeriodState.OPEN),
    ]


def test_a_lost_position_names_the_channels_and_rolls_all_back(manifest):
    """Wrong offset, wrong epoch, closed, unknown: each is named, and no channel moves."""
    create_book(manifest)
    good, moved, fenced, closed = open_channels(manifest, 4)
    manifest.commit(make_commit("acme", make_move(moved)))
    manifest.open_channel("acme", fenced.id)
    manifest.close_channel("acme", closed.id)
    before = offsets(manifest)
    unknown = replace(good, id="meter-9")
    moves = [make_move(each) for each in (good, moved, fenced, closed, unknown)]
    commit = make_commit("acme", *moves, requests=(claim("r1"),), periods=(700,))
    with pytest.raises(PositionLost) as caught:
        manifest.commit(commit)
    assert caught.value.channels == {"meter-1", "meter-2", "meter-3", "meter-9"}
    assert offsets(manifest) == before
    assert not manifest.commit_exists(commit.id)
    assert manifest.get_request("acme", "r1") is None
    assert len(manifest.segments("acme", limit=10)) == 1
    assert manifest.segment_ranges("acme", good.id, 0, 10) == []
    assert [period for period, _ in manifest.periods("acme")] == [600]


def test_the_rest_commits_after_the_lost_are_dropped(manifest):
    """A commit without the channels that were named goes through."""
    create_book(manifest)
    first, second = open_channels(manifest, 2)
    manifest.commit(make_commit("acme", make_move(first)))
    with pytest.raises(PositionLost):
        manifest.commit(make_commit("acme", make_move(first), make_move(second)))
    manifest.commit(make_commit("acme", make_move(second)))
    assert offsets(manifest) == {"meter-0": 1, "meter-1": 1}


def test_a_request_id_is_posted_once(manifest):
    """A claim of an id that was posted is refused by name, and nothing of its commit happens."""
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    manifest.commit(make_commit("acme", requests=(claim("r1"), claim("r2"))))
    commit = make_commit("acme", make_move(channel), requests=(claim("r3"), claim("r2", "bb")))
    with pytest.raises(RequestKnown) as caught:
        manifest.commit(commit)
    assert caught.value.request_ids == {"r2"}
    assert manifest.get_request("acme", "r3") is None
    assert manifest.get_request("acme", "r2").content_sha256 == "aa"
    assert offsets(manifest) == {"meter-0": 0}


def test_a_request_id_belongs_to_its_book(manifest):
    """The same id may be posted in two books."""
    for book in ("acme", "other"):
        create_book(manifest, book)
        manifest.commit(make_commit(book, requests=(claim("r1"),)))
    assert manifest.get_request("other", "r1") is not None


def test_a_changed_book_refuses_the_commit(manifest):
    """After the revision moved, a commit prepared before it is refused with the new one."""
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    manifest.put_facilities("acme", [model.Facility("dc-1")])
    commit = make_commit("acme", make_move(channel), revision=1)
    with pytest.raises(BookChanged) as caught:
        manifest.commit(commit)
    assert caught.value.revision == 2
    assert offsets(manifest) == {"meter-0": 0}
    manifest.commit(replace(commit, revision=2))
    assert offsets(manifest) == {"meter-0": 1}


@pytest.mark.usefixtures("armed")
def test_a_book_that_changes_during_the_commit_refuses_it(postgres_url, monkeypatch):
    """A revision that moves after the commit read it, before it took the lock, is noticed."""
    manifest = Manifest.open(postgres_url)
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    reached, go_on = threading.Event(), threading.Event()
    real = manifest._open_periods

    def hold(connection, commit) -> None:
        real(connection, commit)
        reached.set()
        go_on.wait()

    monkeypatch.setattr(manifest, "_open_periods", hold)
    caught: list[Exception] = []

    def run() -> None:
        try:
            manifest.commit(make_commit("acme", make_move(channel)))
        except BookChanged as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert reached.wait(30)
    manifest.put_facilities("acme", [model.Facility("dc-1")])
    go_on.set()
    thread.join()
    assert [error.revision for error in caught] == [2]
    assert offsets(manifest) == {"meter-0": 0}
    manifest.close()


def test_a_closed_period_refuses_the_commit(manifest):
    """A commit that touches a period that is not open is refused by its month."""
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    manifest.commit(make_commit("acme", make_move(channel), periods=(600, 601)))
    channel = manifest.get_channel("acme", "meter-0")
    for columns in ({"closed_before": 602}, {"sealed_before": 602}):
        change = sa.update(schema.book).values(**columns)
        manifest._database.write(lambda c, q=change: c.execute(q) and None)
        with pytest.raises(PeriodMustBeOpen, match="2020-02"):
            manifest.commit(make_commit("acme", make_move(channel), periods=(601, 602)))
    manifest.commit(make_commit("acme", make_move(channel), periods=(602,)))
    assert [p for p, _ in manifest.periods("acme")] == [600, 601, 602]


def test_a_commit_may_be_tried_again(manifest):
    """The same commit, repeated because its outcome was not known, changes nothing more."""
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    plain = make_commit("acme", make_move(channel, 4, 9), requests=(claim("r1"),))
    only_request = make_commit("acme", requests=(claim("r2"),))
    for commit in (plain, only_request):
        manifest.commit(commit)
        manifest.commit(commit)
    manifest.put_facilities("acme", [model.Facility("dc-1")])
    manifest.commit(plain)
    after = manifest.get_channel("acme", "meter-0")
    assert (after.committed_offset, after.totals.quantity_atto) == (4, 9)
    assert len(manifest.segments("acme", limit=10)) == 2


def test_a_total_beyond_57_digits_is_refused(manifest):
    """A sum that does not fit raises, and the channel stays where it was."""
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    manifest.commit(make_commit("acme", make_move(channel, 1, 10**57 - 1)))
    channel = manifest.get_channel("acme", "meter-0")
    with pytest.raises(QuantityOverflow):
        manifest.commit(make_commit("acme", make_move(channel, 1, 1)))
    assert manifest.get_channel("acme", "meter-0") == channel


def test_a_thousand_channels_move_in_one_commit(manifest):
    """Many channels are moved, each by its own step, in a handful of statements."""
    create_book(manifest)
    manifest.open_channel("acme", "meter-0")
    columns = [c for c in schema.channel.c if c.name != "id"]
    ids = [{"new_id": f"meter-{n}"} for n in range(1, 1000)]
    copy = sa.insert(schema.channel).from_select(
        ["id", *(c.name for c in columns)],
        sa.select(sa.bindparam("new_id", type_=sa.String), *columns).where(
            schema.channel.c.id == "meter-0"
        ),
    )
    manifest._database.write(lambda connection: connection.execute(copy, ids) and None)
    channels = manifest.list_channels("acme", "", 1000)
    statements: list[str] = []
    sa.event.listen(
        manifest._database.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: statements.append(statement),
    )
    manifest.commit(make_commit("acme", *(make_move(c, n + 1) for n, c in enumerate(channels))))
    assert len(statements) <= 12
    assert offsets(manifest) == {c.id: n + 1 for n, c in enumerate(channels)}
    assert len(channels) == 1000


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize("point", ["commit.before_sql", "commit.in_sql"])
def test_a_fault_before_the_commit_leaves_nothing(manifest, point):
    """What fails before COMMIT has not happened, and the same commit succeeds afterwards."""
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    commit = make_commit("acme", make_move(channel))
    faults.arm(f"{point}=raise")
    with pytest.raises(StoreUnavailable):
        manifest.commit(commit)
    assert offsets(manifest) == {"meter-0": 0}
    assert not manifest.commit_exists(commit.id)
    manifest.commit(commit)
    assert offsets(manifest) == {"meter-0": 1}


@pytest.mark.usefixtures("armed")
def test_a_lost_reply_is_settled(manifest):
    """A failure between COMMIT and its reply is found out to be a success."""
    create_book(manifest)
    (channel,) = open_channels(manifest, 1)
    faults.arm("commit.after_sql=raise")
    manifest.commit(make_commit("acme", make_move(channel)))
    assert offsets(manifest) == {"meter-0": 1}
    counts = faults.arrivals()
    assert [counts[f"commit.{p}"] for p in ("before_sql", "in_sql", "after_sql")] == [1, 1, 1]


def test_seq_numbers_every_file_of_a_book(manifest):
    """Each file has its own number, rising by book from 1, whatever its kind."""
    for book in ("acme", "other"):
        create_book(manifest, book)
    for _ in range(3):
        commit_id = new_id()
        files = tuple(
            make_file("acme", kind, commit_id) for kind in ("segment", "postings", "quarantine")
        )
        manifest.commit(replace(make_commit("acme", files=files), id=commit_id))
    manifest.commit(make_commit("other"))
    assert [file.seq for file in manifest.segments("acme", limit=10)] == [1, 4, 7]
    assert [file.seq for file in manifest.live_postings("acme")] == [2, 5, 8]
    assert [file.seq for file in manifest.quarantine_files("acme", 3, 10)] == [6, 9]
    assert [file.seq for file in manifest.segments("other", limit=10)] == [1]

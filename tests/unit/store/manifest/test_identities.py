"""Numbers that a database gives out again after a loss: what tells the two apart."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.support.stores.store import create_book, make_commit, make_move
from tonne.store import BookChanged, HistoryLost, NewMethod, PositionLost
from tonne.store.sql import schema
from tonne.store.sql.tables.closing import change
from tonne.store.sql.tables.keys import book_key

TABLES = (
    schema.book,
    schema.revision,
    schema.method,
    schema.channel,
    schema.ledger_commit,
    schema.mark,
    book_key,
    change,
)


@contextlib.contextmanager
def lost(manifest):
    """Have the database go back, at the end, to what these tables hold now."""
    with manifest._database.read() as connection:
        rows = {t: [row._asdict() for row in connection.execute(sa.select(t))] for t in TABLES}
    yield

    def go_back(connection):
        for table in reversed(TABLES):
            connection.execute(sa.delete(table))
        for table in TABLES:
            if rows[table]:
                connection.execute(sa.insert(table), rows[table])

    manifest._database.write(go_back)


def change_book(manifest, body: str) -> None:
    version = manifest.get_book("acme").method_version
    manifest.put_method("acme", NewMethod(version, body))


def test_a_revision_that_came_again_is_another_one(manifest):
    """What was prepared under the lost revision is refused under its successor in number."""
    create_book(manifest)
    with lost(manifest):
        change_book(manifest, '{"wrong":1}')
        remembered = manifest.get_book("acme")
    change_book(manifest, '{"right":1}')
    now = manifest.get_book("acme")
    assert now.revision == remembered.revision
    commit = make_commit(
        "acme", revision=remembered.revision, revision_token=remembered.revision_token
    )
    with pytest.raises(BookChanged):
        manifest.commit(commit)
    manifest.commit(replace(commit, revision_token=now.revision_token))


def test_a_book_that_was_made_again_is_another_one(manifest):
    """The first revision of a book whose making was lost is not that of its namesake."""
    create_book(manifest, "other")
    with lost(manifest):
        create_book(manifest)
        remembered = manifest.get_book("acme")
    create_book(manifest)
    with pytest.raises(BookChanged):
        manifest.commit(make_commit("acme", revision_token=remembered.revision_token))


def test_a_revision_that_an_older_tonne_raised_gets_a_token(manifest):
    """It raises the number alone: the old token does not count, and a new one is drawn once."""
    create_book(manifest)
    before = manifest.get_book("acme")
    raised = sa.update(schema.book).values(revision=schema.book.c.revision + 1)
    manifest._database.write(lambda c: c.execute(raised) and None)
    assert manifest.get_book("acme").revision_token == manifest.revision_token("acme") == ""
    commit = make_commit("acme", revision=2, revision_token=before.revision_token)
    with pytest.raises(BookChanged):
        manifest.commit(commit)
    manifest.draw_revision_token("acme")
    token = manifest.revision_token("acme")
    manifest.draw_revision_token("acme")
    assert manifest.get_book("acme").revision_token == manifest.revision_token("acme") == token
    assert token not in {"", before.revision_token}
    manifest.commit(replace(commit, revision_token=token))


@pytest.mark.parametrize("owners", [("", ""), ("ada", "bob"), ("ada", "")])
def test_an_epoch_that_came_again_is_another_owners(manifest, owners):
    """Whoever opened the channel at the lost epoch commits nothing under its successor."""
    create_book(manifest)
    manifest.open_channel("acme", "c")
    with lost(manifest):
        older = manifest.open_channel("acme", "c", owners[0])
    newer = manifest.open_channel("acme", "c", owners[1])
    assert older.owner != newer.owner
    if not any(owners):
        assert older.epoch == newer.epoch
    with pytest.raises(PositionLost):
        manifest.commit(make_commit("acme", make_move(older)))
    manifest.commit(make_commit("acme", make_move(newer)))


def test_a_channel_that_was_made_again_is_another_owners(manifest):
    """The first epoch of a channel whose making was lost is not that of its namesake."""
    create_book(manifest)
    with lost(manifest):
        older = manifest.open_channel("acme", "c")
    manifest.open_channel("acme", "c")
    with pytest.raises(PositionLost):
        manifest.commit(make_commit("acme", make_move(older)))


def test_owners_that_name_themselves_never_share_an_epoch(manifest):
    """Their epochs rise by steps that are drawn: what was lost is not given out again."""
    create_book(manifest)
    epochs = set()
    for _ in range(50):
        with lost(manifest):
            epochs.add(manifest.open_channel("acme", "c", "ada").epoch)
    assert len(epochs) == 50
    first = manifest.open_channel("acme", "c", "ada")
    assert manifest.open_channel("acme", "c", "ada").epoch > first.epoch


def test_an_epoch_that_an_older_tonne_raised_has_no_known_owner(manifest):
    """It raises the number alone: the name before it is not that of the new owner."""
    create_book(manifest)
    opened = manifest.open_channel("acme", "c", "ada")
    assert manifest.get_channel("acme", "c").owner == "ada"
    raised = sa.update(schema.channel).values(epoch=schema.channel.c.epoch + 1)
    manifest._database.write(lambda c: c.execute(raised) and None)
    found = manifest.get_channel("acme", "c")
    assert (found.epoch, found.owner) == (opened.epoch + 1, "")
    manifest.commit(make_commit("acme", make_move(found)))


def test_a_commit_whose_witness_is_gone_tells_of_the_loss(manifest):
    """Nothing is committed; also where the whole book is gone."""
    create_book(manifest)
    first = make_commit("acme")
    manifest.commit(first)
    manifest.commit(make_commit("acme", witness=first.id))
    with pytest.raises(HistoryLost):
        manifest.commit(make_commit("acme", witness="0" * 32))
    with pytest.raises(HistoryLost):
        manifest.commit(make_commit("gone", witness="0" * 32))

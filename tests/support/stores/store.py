"""Rows for tests of the store: a book, a commit of some channels."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.store import (
    Collected,
    Commit,
    FileRow,
    Manifest,
    Move,
    NewMethod,
    RangeRow,
    Rules,
    collect,
)
from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tonne.store import FactorRow, FileKind, Objects

AT_ONCE = Rules(quarantine_s=0, backup_s=0)
"""Rules under which only the grace is waited for."""

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


def later(seconds: float = 2 * 86_400) -> Callable[[], dt.datetime]:
    """A clock that is `seconds` ahead of the storage's."""
    return lambda: dt.datetime.now(tz=dt.UTC) + dt.timedelta(seconds=seconds)


def age_lists(manifest: Manifest) -> None:
    """Let all that is listed have been so for years, by clocks that a test cannot move."""
    past = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    for table in (schema.file, schema.unknown_object):
        listed = table.c.list_time.is_not(None)
        statement = sa.update(table).where(listed).values(list_time=past)
        manifest._database.write(lambda c, s=statement: c.execute(s) and None)


def collect_all(manifest: Manifest, objects: Objects) -> list[Collected]:
    """List all garbage, however young, and delete it."""
    done = [collect(manifest, objects, Rules(), later())]
    age_lists(manifest)
    return [*done, collect(manifest, objects, Rules(), later())]


def dead_ids(manifest: Manifest) -> list[str]:
    """Ids of the files that were replaced, in the order of their numbers."""
    table = schema.file
    query = sa.select(table.c.id).where(table.c.state == "dead").order_by(table.c.seq)
    with manifest._database.read() as connection:
        return list(connection.execute(query).scalars())


def new_id() -> str:
    """A new uuid in hex."""
    return uuid.uuid4().hex


def create_book(manifest: Manifest, book: str = "acme") -> model.Book:
    """Create a book with plain fields."""
    return manifest.create_book(
        model.Book(
            id=book,
            display_name="Acme",
            time_zone="Europe/Berlin",
            facility_rule=model.FacilityRule.ANY,
            revision=0,
            create_time=START,
        ),
        NewMethod(0, "{}", "Ada", "first"),
    )


def add_edition(
    manifest: Manifest, edition: str, sha256: str, factors: Sequence[FactorRow], book: str = "acme"
) -> tuple[model.Edition, bool]:
    """Add an edition under a method that names it last."""
    version = manifest.get_book(book).method_version
    new = NewMethod(version, json.dumps([version, edition]), "Ada", f"edition {edition}")
    return manifest.add_edition(book, edition, sha256, factors, new)


def make_file(book: str, kind: FileKind, commit_id: str, *, row_count: int = 1) -> FileRow:
    """Make a row of a new file."""
    file_id = new_id()
    return FileRow(
        id=file_id,
        book=book,
        kind=kind,
        path=f"{book}/{kind}/2026-01-01/{file_id}.parquet",
        row_count=row_count,
        size_bytes=100 * row_count,
        sha256="0" * 64,
        commit_id=commit_id,
        create_time=START,
    )


def make_move(channel: model.Channel, count: int = 1, quantity_atto: int = 1) -> Move:
    """Make the next step of a channel by `count` posted records."""
    return Move(
        channel=channel.id,
        epoch=channel.epoch,
        from_offset=channel.committed_offset,
        owner=channel.owner,
        to_offset=channel.committed_offset + count,
        totals=model.ControlTotals(
            record_count=count, posted_count=count, quantity_atto=quantity_atto
        ),
    )


def make_commit(book: str, *moves: Move, revision: int = 1, **changes: object) -> Commit:
    """Make a commit of the moves with one segment, its postings and the ranges."""
    commit_id = new_id()
    segment = make_file(book, "segment", commit_id)
    values: dict[str, Any] = {
        "moves": moves,
        "files": (segment, make_file(book, "postings", commit_id)),
        "ranges": tuple(
            RangeRow(segment.id, commit_id, move.channel, move.from_offset, move.to_offset)
            for move in moves
        ),
        "periods": (600,),
        **changes,
    }
    return Commit(id=commit_id, book=book, revision=revision, **values)

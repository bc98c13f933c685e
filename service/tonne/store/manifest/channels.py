"""Channels and the requests of PostRecords."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import ChannelClosed, ChannelUnknown
from tonne.store import faults
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.tables import (
    Tables,
    check_book,
    draw_step,
    identity,
    lock_book,
    name_of,
    totals_of,
    totals_values,
)
from tonne.store.rows import Found, RequestRow
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tonne.store.rows import Window


class ChannelTable(Tables):
    """The channels and requests of the manifest."""

    def open_channel(self, book: str, channel: str, owner: str = "") -> model.Channel:
        """Create the channel, or raise its epoch, which fences whoever opened it before.

        For an `owner` that names itself the epoch rises by a step that is drawn, so that it is
        never given out again by a database that lost it. Without, it rises by one, because such
        a client may count; who owns that epoch gets a name all the same, which commits compare.

        A commit of the older owner that is under way ends first, because it holds the
        channel's row; what it moved is in the offset returned here.

        Raises
        ------
        BookUnknown, ChannelClosed
        """
        table = schema.channel
        step = draw_step() if owner else 1
        name = owner or secrets.token_hex(16)

        def work(connection: Connection) -> model.Channel:
            check_book(connection, book)
            insert = self._database.insert(table).values(
                book=book,
                id=channel,
                epoch=step,
                owner=identity(step, name),
                committed_offset=0,
                state=int(model.ChannelState.OPEN),
                **totals_values(model.ControlTotals()),
                create_time=self._database.now(),
            )
            row = connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[table.c.book, table.c.id],
                    set_={
                        "epoch": table.c.epoch + step,
                        "owner": identity(table.c.epoch + step, name),
                        "previous_owner": table.c.owner,
                    },
                    where=table.c.state == int(model.ChannelState.OPEN),
                ).returning(table)
            ).one_or_none()
            if row is None:
                raise ChannelClosed.of(book, channel)
            before = name_of(row.epoch - step, row.previous_owner)
            return replace(channel_of(row), previous_owner=before)

        opened = self._database.write(work)
        faults.reach("open_channel.after_sql")
        return opened

    def get_channel(self, book: str, channel: str) -> model.Channel:
        """Read a channel; `BookUnknown`, `ChannelUnknown`."""
        table = schema.channel
        query = sa.select(table).where(table.c.book == book, table.c.id == channel)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                check_book(connection, book)
                raise ChannelUnknown.named(book, channel)
        return channel_of(row)

    def list_channels(self, book: str, after: str, limit: int) -> list[model.Channel]:
        """List channels in order of their ids, from the first one after `after` ("" = all)."""
        table = schema.channel
        query = (
            sa.select(table)
            .where(table.c.book == book, table.c.id > after)
            .order_by(table.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            check_book(connection, book)
            return [channel_of(row) for row in connection.execute(query)]

    def find_channels(self, book: str, window: Window) -> Found[model.Channel]:
        """Find channels in order of their ids. Raises BookUnknown."""
        table = schema.channel
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.id, [table.c.book == book], window)
        return Found([channel_of(row) for row in rows], last)

    def close_channel(self, book: str, channel: str) -> model.Channel:
        """Let the channel take no more records; closed already is fine.

        Raises
        ------
        BookUnknown, ChannelUnknown
        """
        table = schema.channel
        update = (
            sa.update(table)
            .where(table.c.book == book, table.c.id == channel)
            .values(state=int(model.ChannelState.CLOSED))
            .returning(table)
        )

        before = sa.select(table.c.state).where(table.c.book == book, table.c.id == channel)

        def work(connection: Connection) -> model.Channel:
            check_book(connection, book)
            state = connection.execute(before.with_for_update()).scalar_one_or_none()
            if state is None:
                raise ChannelUnknown.named(book, channel)
            row = connection.execute(update).one()
            if state != model.ChannelState.CLOSED:
                lock_book(connection, book)  # behind the channel's, as a commit does
                entry = Change(
                    "channel",
                    channel,
                    before=body_of({"state": "OPEN"}),
                    after=body_of({"state": "CLOSED", "offset": row.committed_offset}),
                )
                note_changes(connection, book, [entry], self._database.now())
            return channel_of(row)

        return self._database.write(work)

    def get_request(self, book: str, request_id: str) -> RequestRow | None:
        """Read what became of a request id, or None if it was not posted."""
        table = schema.request
        query = sa.select(table).where(table.c.book == book, table.c.id == request_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return RequestRow(
            request_id=row.id,
            content_sha256=row.content_sha256,
            totals=totals_of(row),
            row_errors_json=row.row_errors_json,
            commit_id=row.commit_id,
            create_time=row.create_time,
        )


def channel_of(row: sa.Row[Any]) -> model.Channel:
    """Read a row of the table."""
    return model.Channel(
        book=row.book,
        id=row.id,
        epoch=row.epoch,
        committed_offset=row.committed_offset,
        state=model.ChannelState(row.state),
        totals=totals_of(row),
        create_time=row.create_time,
        commit_time=row.commit_time,
        owner=name_of(row.epoch, row.owner),
    )

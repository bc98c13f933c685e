"""What a check asks of the manifest: a book at one moment, its files, and whether it is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from tonne.store.manifest.channels import channel_of
from tonne.store.manifest.files import file_of
from tonne.store.manifest.tables import Tables, check_book, split
from tonne.store.rows import BookSnapshot, CommitRow, RangeRow, Soundness
from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import FileKind

_LINES_MAX = 20


class SnapshotQueries(Tables):
    """Books of the manifest at one moment."""

    def book_snapshot(self, book: str) -> BookSnapshot:
        """Read what changes with commits, merges and clearings, in one transaction."""
        table, channels = schema.file, schema.channel
        live = sa.and_(table.c.book == book, table.c.state == "live")
        with self._database.read() as connection:
            check_book(connection, book)
            stop_seq = connection.execute(
                sa.select(schema.book.c.commit_seq).where(schema.book.c.id == book)
            ).scalar_one()
            postings = connection.execute(
                sa.select(table).where(live, table.c.kind == "postings").order_by(table.c.seq)
            )
            changed = connection.execute(
                sa.select(
                    table.c.id,
                    table.c.suspended_count,
                    table.c.reversed_count,
                    table.c.restated_count,
                ).where(
                    live,
                    table.c.kind == "segment",
                    (table.c.suspended_count > 0)
                    | (table.c.reversed_count > 0)
                    | (table.c.restated_count > 0),
                )
            ).all()
            rows = connection.execute(
                sa.select(channels).where(channels.c.book == book).order_by(channels.c.id)
            )
            return BookSnapshot(
                book=book,
                stop_seq=stop_seq,
                channels=tuple(channel_of(row) for row in rows),
                postings=tuple(file_of(row) for row in postings),
                suspended_counts={row.id: row.suspended_count for row in changed},
                reversed_counts={row.id: row.reversed_count for row in changed},
                restated_counts={row.id: row.restated_count for row in changed},
            )

    def live_files(
        self, book: str, kinds: Sequence[FileKind], *, after_seq: int, stop_seq: int, limit: int
    ) -> list[FileRow]:
        """List live files of some kinds in the order of the commits, up to and with `stop_seq`."""
        table = schema.file
        query = (
            sa.select(table)
            .where(
                table.c.book == book,
                table.c.kind.in_(kinds),
                table.c.state == "live",
                table.c.seq > after_seq,
                table.c.seq <= stop_seq,
            )
            .order_by(table.c.seq)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [file_of(row) for row in connection.execute(query)]

    def live_file_count(self, book: str) -> int:
        """Count the live files of a book. Raises BookUnknown."""
        table = schema.file
        query = sa.select(sa.func.count()).where(table.c.book == book, table.c.state == "live")
        with self._database.read() as connection:
            check_book(connection, book)
            return connection.execute(query).scalar_one()

    def get_commits(self, ids: Iterable[str]) -> dict[str, CommitRow]:
        """Read commits by id; those that are not there are left out."""
        table = schema.ledger_commit
        found: dict[str, CommitRow] = {}
        with self._database.read() as connection:
            for chunk in split(dict.fromkeys(ids)):
                query = sa.select(table).where(table.c.id.in_(chunk))
                for row in connection.execute(query):
                    found[row.id] = CommitRow(row.revision, row.create_time)
        return found

    def ranges_of(self, file_id: str) -> list[RangeRow]:
        """List the offsets that a segment or a quarantine file holds, channel by channel."""
        table = schema.file_range
        query = sa.select(table).where(table.c.file_id == file_id).order_by(table.c.channel)
        with self._database.read() as connection:
            return [
                RangeRow(
                    row.file_id, row.commit_id, row.channel, row.first_offset, row.stop_offset
                )
                for row in connection.execute(query)
            ]

    def soundness(self, *, is_whole: bool) -> Soundness:
        """Ask the database whether its own pages are sound, as far as it can tell.

        SQLite looks at the structure of all tables, with `is_whole` at the indexes too; it has
        no checksums, so that a changed letter of a text is not seen. PostgreSQL checks a page as
        it reads it, where the cluster was made with `data_checksums`.
        """
        with self._database.read() as connection:
            if not self._database.is_postgres:
                pragma = "integrity_check" if is_whole else "quick_check"
                lines = connection.exec_driver_sql(f"PRAGMA {pragma}({_LINES_MAX})").scalars()
                found = tuple(" ".join(str(line).split()) for line in lines if line != "ok")
                return Soundness(found, f"PRAGMA {pragma}")
            has_checksums = connection.exec_driver_sql("SHOW data_checksums").scalar_one()
            failures = connection.exec_driver_sql(
                "SELECT coalesce(sum(checksum_failures), 0) FROM pg_stat_database"
            ).scalar_one()
        problems = (f"{failures} pages of the cluster failed their checksum",) if failures else ()
        return Soundness(problems, f"data_checksums = {has_checksums}")

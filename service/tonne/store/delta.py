"""Delta Lake tables below the objects: a log of which files are read together.

The log never decides what is committed; it repeats what the manifest says, for readers that know
no manifest. A file is named in it where it lies: nothing is copied.

Why a batch is in the table once, whoever adds it and how often. One handle is opened, asked for
the table's generation and for the last batch of it (`txn` of the table's own protocol), and the
commit is made on that same handle. delta-rs refuses a commit if, since the handle was opened,
another one changed the table's properties or carried the same application id; of versions it
takes no notice. So of two that both saw a batch missing one fails; and who opens its handle
later sees the batch. A rebuild changes the generation, which is a property, and the application
id: who still holds a handle of before it fails by the first, who opens one later by comparing.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from tonne.errors import ConfigInvalid, LedgerInconsistent, StoreUnavailable
from tonne.store import faults
from tonne.store.objects.bucket import (
    CONNECT_TIMEOUT_S,
    REQUEST_TIMEOUT_S,
    RETRY_COUNT_MAX,
    RETRY_TIMEOUT_S,
    first_line,
)
from tonne.store.objects.options import read_options
from tonne.store.paths import DELTA_LOG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deltalake import DeltaTable, Schema

    from tonne.store.rows import FileRow, PublicationBatch

GENERATION: Final = "tonne.generation"
"""Property of a table: which generation of the publication made it."""

_APPEND_ONLY: Final = "delta.appendOnly"

PROPERTIES: Final = {
    _APPEND_ONLY: "true",
    # A VACUUM that keeps to it removes nothing for a hundred years.
    "delta.deletedFileRetentionDuration": "interval 5200 weeks",
    # Two writers of one checkpoint may tear it: the publisher alone writes them, when it is time.
    "delta.checkpointInterval": "1000000000",
}
"""Properties of every table, beside the columns that have statistics."""

# As `bucket` has them, in the words of delta-rs, whose own would wait for minutes.
_CLIENT_OPTIONS: Final = {
    "timeout": f"{REQUEST_TIMEOUT_S}s",
    "connect_timeout": f"{CONNECT_TIMEOUT_S}s",
    "max_retries": str(RETRY_COUNT_MAX),
    "retry_timeout": f"{RETRY_TIMEOUT_S}s",
    "backoff_config.init_backoff": "100ms",
    "backoff_config.max_backoff": "2s",
}

SYNC_VERSIONS: Final = 32
"""Versions before and after that of a handle whose files are made durable after a commit on it, in
a directory: of those before one may have died in between, among those after is the commit."""


class DeltaTables:
    """The Delta tables in a directory or bucket. Safe for use from many threads.

    Parameters
    ----------
    url : str
        Where the objects are, as in `tonne.store.open_objects`.
    options : Mapping[str, str]
        As there.
    columns : Mapping[str, str]
        Columns of the tables, each with its primitive type in the words of Delta. All may be
        null, and a file may lack some.
    statistics : sequence of str
        Columns of which others may keep statistics, were they to rewrite a file. Decimals must
        not be among them: readers take their bounds as floats and lose rows.

    Raises
    ------
    ConfigInvalid
        The extra `tonne[publish]` is not installed.
    """

    def __init__(
        self,
        url: str,
        options: Mapping[str, str],
        *,
        columns: Mapping[str, str],
        statistics: Sequence[str],
    ) -> None:
        try:
            import deltalake  # noqa: PLC0415  # an extra: only publishing needs it
        except ImportError as error:
            raise ConfigInvalid(
                "publishing needs deltalake; install the extra: pip install 'tonne[publish]'",
                metadata={"extra": "publish"},
            ) from error
        parts = urlsplit(url)
        self._directory = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._url = url.rstrip("/")
        self._options = dict(options)
        if self._directory is None:
            self._options = _CLIENT_OPTIONS | read_options(parts.scheme, options).flat()
        self._statistics = ",".join(statistics)
        fields = [
            deltalake.Field(name, deltalake.schema.PrimitiveType(kind), nullable=True)
            for name, kind in columns.items()
        ]
        self._schema: Schema = deltalake.Schema(fields)

    def add(self, folder: str, batch: PublicationBatch) -> None:
        """Have the files of a batch in the table whose root is `folder`, once.

        Added before is fine. The first batch of a generation begins the table: what an earlier
        generation, or a stranger, had in it goes out in the same commit.

        Raises
        ------
        LedgerInconsistent
            The table is not what the manifest says: it lacks earlier batches, has later ones, or
            cannot be read. A rebuild mends it.
        StoreUnavailable
            The storage cannot be reached, or another commit came first. Call again.
        """
        with self._translated(folder):
            table = self._claim(folder, batch)
            if _last_batch(table, batch) < batch.number:
                faults.reach("publish.before_commit")
                self._commit(folder, table, batch)
                faults.reach("publish.after_commit")
            if table.metadata().configuration.get(_APPEND_ONLY) != "true":
                # Forbid again what the first batch of a rebuild had to be allowed.
                self._open(folder).alter.set_table_properties({_APPEND_ONLY: "true"})
            self._make_durable(folder, table.version())

    def checkpoint(self, folder: str) -> None:
        """Sum the log up in a file, so that readers need not read all of it; drop what expired.

        Raises `StoreUnavailable`, `LedgerInconsistent`.
        """
        with self._translated(folder):
            table = self._open(folder)
            table.create_checkpoint()
            self._make_durable(folder, table.version())
            table.cleanup_metadata()

    def _open(self, folder: str) -> DeltaTable:
        """Open a new handle: one that is kept gets slower with every commit."""
        from deltalake import DeltaTable  # noqa: PLC0415  # see __init__

        return DeltaTable(f"{self._url}/{folder}", storage_options=self._options)

    def _create(self, folder: str, batch: PublicationBatch) -> DeltaTable:
        from deltalake import DeltaTable  # noqa: PLC0415  # see __init__
        from deltalake.exceptions import DeltaError  # noqa: PLC0415  # see __init__

        try:
            DeltaTable.create(
                f"{self._url}/{folder}",
                self._schema,
                name=batch.book,
                description="Records of a book of Tonne, published: to be read only.",
                configuration=self._properties(batch.generation),
                storage_options=self._options,
                raise_if_key_not_exists=False,
            )
        except DeltaError as error:
            raise StoreUnavailable(
                "the table could not be made, perhaps because another process made it at the "
                "same time: try again",
                detail=f"at {folder}: {first_line(error)}",
            ) from error
        return self._open(folder)

    def _claim(self, folder: str, batch: PublicationBatch) -> DeltaTable:
        """Open the table of the batch's generation; the first batch makes it so."""
        from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415  # see __init__

        try:
            table = self._open(folder)
        except TableNotFoundError:
            if batch.number > 1:
                raise _contradiction(folder, batch, "the table is missing") from None
            table = self._create(folder, batch)
        found = _generation(table)
        if found < batch.generation and batch.number == 1:
            # Strictly rising, and compared by the commit itself with what this handle saw. Only a
            # rebuild changes properties: delta-rs holds the interpreter's lock while it does.
            properties = self._properties(batch.generation) | {_APPEND_ONLY: "false"}
            table.alter.set_table_properties(properties, raise_if_not_exists=False)
            table = self._open(folder)
            found = _generation(table)
        if found != batch.generation:
            raise _contradiction(folder, batch, f"the table is of generation {found}")
        known = {field.name for field in table.schema().fields}
        if missing := [field for field in self._schema.fields if field.name not in known]:
            # A table of before they were: the files that it has read as null there.
            table.alter.add_columns(missing)
            table = self._open(folder)
        return table

    def _commit(self, folder: str, table: DeltaTable, batch: PublicationBatch) -> None:
        """Add the files on the handle that lacked them; a lost reply is settled by reading."""
        from deltalake import (  # noqa: PLC0415  # see __init__
            CommitProperties,
            PostCommitHookProperties,
            Transaction,
        )
        from deltalake.exceptions import CommitFailedError  # noqa: PLC0415  # see __init__

        transactions = [
            Transaction(_application(batch), batch.number),
            Transaction(_content_application(batch), _content(batch)),
        ]
        try:
            table.create_write_transaction(
                [_add_action(folder, file) for file in batch.files],
                "overwrite" if batch.number == 1 else "append",
                self._schema,
                commit_properties=CommitProperties(app_transactions=transactions),
                post_commithook_properties=PostCommitHookProperties(
                    create_checkpoint=False, cleanup_expired_logs=False
                ),
            )
        except CommitFailedError as error:
            now = self._open(folder)
            if _generation(now) != batch.generation or _last_batch(now, batch) < batch.number:
                raise StoreUnavailable(
                    "another commit to the table came first: try again",
                    detail=f"at {folder}",
                ) from error

    def _properties(self, generation: int) -> dict[str, str]:
        return PROPERTIES | {
            GENERATION: str(generation),
            "delta.dataSkippingStatsColumns": self._statistics,
        }

    def _make_durable(self, folder: str, version: int) -> None:
        """Wait for the disk, in a directory: delta-rs does not, and a log must not be torn."""
        if self._directory is None:
            return
        log = self._directory / folder / DELTA_LOG
        near = range(max(0, version - SYNC_VERSIONS), version + SYNC_VERSIONS + 1)
        names = [f"{number:020}.json" for number in near]
        for name in (*names, f"{version:020}.checkpoint.parquet", "_last_checkpoint"):
            _fsync(log / name)
        _fsync(log)
        _fsync(log.parent)

    @contextmanager
    def _translated(self, folder: str) -> Iterator[None]:
        """Translate what delta-rs raises, whose panics are no Exception."""
        from deltalake import exceptions  # noqa: PLC0415  # see __init__

        try:
            yield
        except (exceptions.CommitFailedError, OSError) as error:
            raise StoreUnavailable(
                "the table cannot be written now: try again",
                detail=f"at {folder}: {first_line(error)}",
            ) from error
        except (exceptions.DeltaError, ValueError) as error:
            raise LedgerInconsistent(
                f"the table at {folder} cannot be read or written",
                metadata={"folder": folder},
                detail=first_line(error),
            ) from error


def _application(batch: PublicationBatch) -> str:
    """Name the application under whose transactions a generation's batches are counted."""
    return f"tonne/{batch.book}/{batch.generation}"


def _last_batch(table: DeltaTable, batch: PublicationBatch) -> int:
    """Read the last batch of the generation; raises where batches are missing or too many."""
    last = table.transaction_version(_application(batch)) or 0
    if last not in (batch.number - 1, batch.number):
        raise _contradiction(table.table_uri, batch, f"the last batch of the table is {last}")
    content = table.transaction_version(_content_application(batch))
    # None: a Tonne made it that wrote no content.
    if last == batch.number and content not in (None, _content(batch)):
        raise _contradiction(
            table.table_uri, batch, "the table has other files in the batch of that number"
        )
    return last


def _content_application(batch: PublicationBatch) -> str:
    """Name the application under whose transaction the content of the last batch stands."""
    return f"{_application(batch)}/content"


def _content(batch: PublicationBatch) -> int:
    """Tell a batch from another of its number: a database that lost the one counts to it again."""
    ids = "\n".join(sorted(file.id for file in batch.files))
    return int.from_bytes(hashlib.sha256(ids.encode()).digest()[:8]) >> 1


def _generation(table: DeltaTable) -> int:
    """Read a table's generation; 0 where it is a stranger's."""
    text = table.metadata().configuration.get(GENERATION, "")
    return int(text) if text.isdecimal() else 0


def _contradiction(place: str, batch: PublicationBatch, found: str) -> LedgerInconsistent:
    return LedgerInconsistent(
        f"the table at {place}: expected it to be ready for batch {batch.number} of generation "
        f"{batch.generation} of book {batch.book!r}; {found}: run `tonne publish --rebuild "
        f"{batch.book}`",
        metadata={"book": batch.book, "batch": str(batch.number)},
    )


def _add_action(folder: str, file: FileRow) -> Any:
    from deltalake.transaction import AddAction  # noqa: PLC0415  # see DeltaTables

    path = file.path.removeprefix(f"{folder}/")
    if path == file.path:
        raise LedgerInconsistent(
            f"segment {file.path} does not lie below {folder}, the root of its table",
            metadata={"path": file.path},
        )
    modified_ms = round(file.create_time.timestamp() * 1000)
    statistics = json.dumps({"numRecords": file.row_count})
    return AddAction(path, file.size_bytes, {}, modified_ms, True, statistics)


def _fsync(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return  # no checkpoint yet, or a part of the log that has expired
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

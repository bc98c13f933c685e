"""The SQL database of the manifest: connections, transactions, its clock, its errors.

SQLite and PostgreSQL differ here and nowhere else.

Isolation. Reads run in one read-only snapshot each (REPEATABLE READ; a WAL snapshot on SQLite),
so that what they return belongs together. Writes run in READ COMMITTED with row locks, and
compare what they lock with what they expected: a row that another transaction changed is read
anew after the wait for its lock and then simply found different, where REPEATABLE READ would
abort the whole transaction with a serialisation failure that says nothing about who lost what.
On SQLite there is one writer at a time (BEGIN IMMEDIATE), so both are the same.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url

from tonne.errors import ConfigInvalid, LedgerInconsistent, StoreUnavailable, TonneError
from tonne.store.errors import OutcomeUnknown
from tonne.store.sql.durability import (
    KEEP_COMMITS,
    NO_DEMANDS,
    Demands,
    Weakness,
    inspect_postgres,
    inspect_tables,
    refuse,
)
from tonne.store.sql.reader_share import ReaderShare
from tonne.store.sql.sqlite import WRITES, OpenFile, open_sqlite, prepare_sqlite, see_file
from tonne.store.sql.types import UtcTime
from tonne.text.masking import mask, mask_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, Table

T = TypeVar("T")

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 5
"""Longest wait for a new connection."""

POOL_TIMEOUT_S: Final = 15
"""Longest wait for a pooled connection."""

STATEMENT_TIMEOUT_S: Final = 30
"""Longest statement on PostgreSQL."""

LOCK_TIMEOUT_S: Final = 4
"""Longest wait for a lock on PostgreSQL. Less than `IDLE_TIMEOUT_S`: in a process that stands
still, what waits for its own silent transaction gives up before that one is ended. Otherwise it
would inherit the lock, in silence as well, one connection after another."""

IDLE_TIMEOUT_S: Final = 5
"""After this PostgreSQL ends a transaction whose client fell silent, and frees its locks."""

SETTLE_TRIES: Final = 5
"""Fresh connections tried to learn the outcome of a COMMIT whose reply was lost."""


def utc_now() -> dt.datetime:
    """Read the local clock, in UTC."""
    return dt.datetime.now(tz=dt.UTC)


class Database:
    """Connections to one database, and the transactions on it.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` or ``postgresql+psycopg://user@host/database``.
    pool_size : int
        Most connections open at once.
    clock : Callable
        Aware local time; used on SQLite, where it is the database's clock.
    reserved : int
        Connections of these that readers leave to producers.
    makes : bool
        Whether a file of SQLite that is not there is made, or refused with `ConfigInvalid`.
    demands : Demands
        What it must do so that nothing that was acknowledged is lost. Each new connection is
        looked at; one to a server that does not do it is refused, with `ConfigInvalid` before
        `settle_in`, and with `StoreUnavailable` after it: a fail-over led there.

    Attributes
    ----------
    weaknesses : tuple of Weakness
        What was found at the newest connection, and is accepted.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int,
        clock: Callable[[], dt.datetime],
        reserved: int = 0,
        demands: Demands = NO_DEMANDS,
        makes: bool = True,
    ) -> None:
        self.demands = demands
        self.weaknesses: tuple[Weakness, ...] = ()
        self._table_weaknesses: tuple[Weakness, ...] = ()
        self._refusal: type[ConfigInvalid | StoreUnavailable] = ConfigInvalid
        parsed = _parse_url(url)
        self.is_postgres = parsed.get_backend_name() == "postgresql"
        if not makes and not self.is_postgres:
            see_file(parsed)
        self.location = mask(mask_url(url))
        self._clock = clock
        # SQLite lets waiting writers poll, and a poller may starve; inside a process they queue.
        self._writer: contextlib.AbstractContextManager[Any] = (
            contextlib.nullcontext() if self.is_postgres else threading.Lock()
        )
        self._closed = threading.Event()
        self._share = ReaderShare(pool_size, reserved, POOL_TIMEOUT_S)
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": POOL_TIMEOUT_S,
            "pool_use_lifo": True,
            "hide_parameters": True,
        }
        self._file = OpenFile()  # of SQLite; on PostgreSQL it stays one of nothing
        engine = (
            _open_postgres(parsed, options)
            if self.is_postgres
            else open_sqlite(parsed, options, self._file)
        )
        self.engine: Engine = engine
        event.listen(engine, "connect", self._inspect if self.is_postgres else self._prepare)
        if self.is_postgres:
            self._reader: Engine = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._writers: Engine = engine.execution_options(isolation_level="READ COMMITTED")
        else:
            self._reader = engine
            self._writers = engine.execution_options(**{WRITES: True})

    def settle_in(self) -> None:
        """Look at the tables, once they are there; from now on the database is in use.

        Raises
        ------
        ConfigInvalid
            Tables lose what is in them, and that is not accepted.
        """
        if self.is_postgres:
            with self.read() as connection:
                self._table_weaknesses = inspect_tables(connection, self.demands)
            refuse(self.location, self._table_weaknesses, ConfigInvalid)
            self.weaknesses += self._table_weaknesses
        self._refusal = StoreUnavailable
        for each in self.weaknesses:
            logger.warning(
                "the manifest at %s may lose acknowledged records: %s",
                self.location,
                each.text,
            )

    def close(self) -> None:
        """Close the pooled connections, and cut short what waits."""
        self._closed.set()
        self.engine.dispose()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read-only transaction in which all statements see the same state.

        Raises
        ------
        StoreUnavailable
            The database cannot be reached.
        """
        with (
            self._share.connection(),
            self._translated(),
            self._reader.begin() as connection,
        ):
            yield connection

    def write(
        self,
        work: Callable[[Connection], T],
        *,
        settle: Callable[[Connection], bool] | None = None,
        committed: Callable[[], None] | None = None,
    ) -> T:
        """Run `work` in a transaction and commit it.

        Parameters
        ----------
        work : Callable
            Runs once; what it raises rolls back.
        settle : Callable, optional
            Says over a fresh connection, holding whatever lock `work` held to its end, whether
            the transaction happened. It is asked when the reply to COMMIT was lost.
        committed : Callable, optional
            Called after COMMIT; what it raises counts as a lost reply.

        Raises
        ------
        StoreUnavailable
            Nothing happened.
        OutcomeUnknown
            The reply to COMMIT was lost, and `settle` is not given or could not be asked.
        """
        with (
            self._share.connection(),
            self._writer,
            self._translated(),
            self._writers.connect() as connection,
        ):
            transaction = connection.begin()
            try:
                if self.is_postgres:
                    connection.exec_driver_sql(KEEP_COMMITS)
                result = work(connection)
            except BaseException:
                with contextlib.suppress(
                    sa.exc.SQLAlchemyError
                ):  # a broken connection is rolled back
                    transaction.rollback()
                raise
            lost: Exception | None = None
            try:
                transaction.commit()
                self._file.check()
                if committed is not None:
                    committed()
            except (sa.exc.DBAPIError, StoreUnavailable) as error:
                lost = error
                with contextlib.suppress(sa.exc.SQLAlchemyError):
                    connection.invalidate()
        if lost is not None and not self._settle(settle, lost):
            raise StoreUnavailable(
                "the connection to the manifest broke, and the commit did not happen: try again",
                detail=f"at {self.location}: {lost}",
            ) from lost
        return result

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """INSERT with ON CONFLICT, in the words of this database."""
        return postgresql.insert(table) if self.is_postgres else sqlite.insert(table)

    def now(self, *, after_s: float = 0.0) -> sa.ColumnElement[dt.datetime]:
        """Express the database's clock, or a moment `after_s` seconds from it."""
        if not self.is_postgres:
            moment = self._clock() + dt.timedelta(seconds=after_s)
            return sa.literal(moment, UtcTime)
        now = sa.func.clock_timestamp(type_=UtcTime)
        if not after_s:
            return now
        interval = sa.literal(dt.timedelta(seconds=after_s), sa.Interval)
        return sa.type_coerce(now + interval, UtcTime)

    def _inspect(self, connection: Any, record: Any) -> None:
        """Look at the server of a new connection, which may not be that of the one before."""
        del record
        found = inspect_postgres(connection, self.demands)
        refuse(self.location, found, self._refusal)
        now = found + self._table_weaknesses
        if self._refusal is StoreUnavailable and now != self.weaknesses:
            for each in now:
                if each not in self.weaknesses:
                    logger.warning(
                        "the manifest at %s is on a database server that may lose acknowledged "
                        "records: %s",
                        self.location,
                        each.text,
                    )
        self.weaknesses = now

    def _prepare(self, connection: Any, record: Any) -> None:
        """Get a new connection of SQLite ready; what an open one refuses is no caller's fault."""
        del record
        try:
            prepare_sqlite(connection, self._file)
        except ConfigInvalid as error:
            if self._refusal is ConfigInvalid:
                raise
            raise StoreUnavailable(
                "the manifest cannot be used now: try again",
                detail=f"at {self.location}: {error}",
            ) from error

    def _settle(self, settle: Callable[[Connection], bool] | None, lost: Exception) -> bool:
        """Learn over fresh connections whether a transaction happened."""
        if settle is not None:
            for attempt in range(SETTLE_TRIES):
                # 0, 0.1, 0.2, 0.4, 0.8 s: a fail-over takes longer, and then the caller is told.
                self._closed.wait(0.05 * 2**attempt if attempt else 0)
                try:
                    with self._writer, self._translated(), self._writers.begin() as connection:
                        return settle(connection)
                except StoreUnavailable:
                    continue
        raise OutcomeUnknown(
            "the connection to the manifest broke during a commit, and whether the commit "
            "happened is unknown: read the committed offset",
            detail=f"at {self.location}: {lost}",
        ) from lost

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate SQLAlchemy's errors. The statement's parameters stay out of the message."""
        try:
            yield
        except sa.exc.TimeoutError as error:
            raise StoreUnavailable(
                "all connections to the manifest are busy: try again",
                detail=f"at {self.location}; store.manifest_pool_size may be too small",
            ) from error
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError) as error:
            raise StoreUnavailable(
                "the manifest cannot be used now: try again",
                detail=f"at {self.location}: {_cause(error)}",
            ) from error
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise StoreUnavailable(
                    "the connection to the manifest broke: try again",
                    detail=f"at {self.location}: {_cause(error)}",
                ) from error
            raise LedgerInconsistent(
                "the manifest refused a statement",
                detail=f"at {self.location}: {_cause(error)}",
            ) from error
        except sa.exc.StatementError as error:
            if isinstance(error.orig, TonneError):
                raise error.orig from error  # a value that its column's type refused
            raise


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        parsed = None
    known = parsed is not None and parsed.drivername in {"sqlite", "postgresql+psycopg"}
    if parsed is None or not known:
        raise ConfigInvalid(
            "store.manifest_url: expected sqlite:///path or "
            f"postgresql+psycopg://user@host/database; got {mask_url(url)}",
            metadata={"key": "store.manifest_url"},
        ) from None
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise ConfigInvalid(
            "store.manifest_url: a manifest in memory would lose what it acknowledged: name a "
            "file, as in sqlite:///path",
        )
    return parsed


def _open_postgres(url: URL, options: dict[str, Any]) -> Engine:
    own = url.query.get("options", ())
    settings = {
        "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
        "lock_timeout": f"{LOCK_TIMEOUT_S}s",
        "idle_in_transaction_session_timeout": f"{IDLE_TIMEOUT_S}s",
        "timezone": "UTC",
    }
    words = [f"-c {name}={value}" for name, value in settings.items()]
    words.extend([own] if isinstance(own, str) else own)  # the operator's own come last and win
    return sa.create_engine(
        url.difference_update_query(["options"]),
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": " ".join(words),
            "application_name": "tonne",
            # A peer that vanished is noticed, instead of waited for.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
        # No ping before each use: the caller retries on StoreUnavailable anyway, and the first
        # broken connection empties the pool of its peers.
        pool_recycle=1800,
        **options,
    )


def _cause(error: sa.exc.DBAPIError) -> str:
    """Quote the database's own words, in one line and without secrets."""
    text = mask(str(error.orig)).strip()
    return text.splitlines()[0] if text else type(error.orig).__name__

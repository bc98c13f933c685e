"""Keep what is committed: the manifest (SQL), the objects (files), the rules between them.

`Manifest` is the SQL database that decides what is committed: SQLite in one process's reach,
PostgreSQL beyond. `Objects` are immutable bytes by path: a directory, or a bucket. A file is
made durable first (`Objects.put`), then a transaction refers to it (`Manifest.commit`), and only
then may anybody be told. What is written and never referred to is garbage (`collect`). Both hold
the identity of their ledger (`pair`), so that no manifest meets the objects of another. Delta
tables (`delta`) name files of the manifest for readers that do not know it.

Takes from: `model` (books, channels, totals), `errors`.
Hands to: `ledger`, which owns what is in the files; `ingest`, which acts on the errors; `server`,
which opens the store and arms `faults`.
Never: looks into a file, knows an activity or a factor's meaning, imports the kernel or Polars,
lets an error of SQLAlchemy, obstore or delta-rs out, overwrites an object, retries on its own a
transaction that may have happened.
"""

from tonne.store.errors import (
    BookChanged,
    GarbageRefused,
    HistoryLost,
    LeaseLost,
    LedgerMismatch,
    MendsKnown,
    ObjectExists,
    ObjectMissing,
    OutcomeUnknown,
    PositionLost,
    RequestKnown,
    SuspenseChanged,
)
from tonne.store.garbage import Collected, Rules, collect
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import Objects, open_objects
from tonne.store.pair import meet
from tonne.store.paths import ObjectInfo
from tonne.store.rows import (
    Clearing,
    Commit,
    FactorRow,
    FileRow,
    ImportClaim,
    ImportRow,
    Lease,
    LedgerRow,
    MendRow,
    Move,
    NewMethod,
    PublicationBatch,
    RangeRow,
    RequestClaim,
    RequestRow,
    UnknownObject,
)
from tonne.store.statement_rows import FileKind

__all__ = [
    "BookChanged",
    "Clearing",
    "Collected",
    "Commit",
    "FactorRow",
    "FileKind",
    "FileRow",
    "GarbageRefused",
    "HistoryLost",
    "ImportClaim",
    "ImportRow",
    "Lease",
    "LeaseLost",
    "LedgerMismatch",
    "LedgerRow",
    "Manifest",
    "MendRow",
    "MendsKnown",
    "Move",
    "NewMethod",
    "ObjectExists",
    "ObjectInfo",
    "ObjectMissing",
    "Objects",
    "OutcomeUnknown",
    "PositionLost",
    "PublicationBatch",
    "RangeRow",
    "RequestClaim",
    "RequestKnown",
    "RequestRow",
    "Rules",
    "SuspenseChanged",
    "UnknownObject",
    "collect",
    "meet",
    "open_objects",
]

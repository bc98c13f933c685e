"""Settings of the ledger: its upkeep, its published tables, where it is stored."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.settings.setting import setting

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class LedgerConfig:
    """What is kept in memory, and the upkeep."""

    postings_cache_bytes_max: int = setting(
        256 * MIB, "Memory of decoded postings kept for inventories.", minimum=0
    )
    read_bytes_max: int = setting(
        1024 * MIB,
        "Memory of all calls that read: inventories, explanations, lists of records, clearings of "
        "suspense. One that needs more is refused and told how to ask for less.",
        minimum=128 * MIB,
    )
    merge_files_max: int = setting(
        64, "Live postings files of one tier of a book beyond which they are merged.", minimum=2
    )
    merge_bytes_max: int = setting(
        256 * MIB,
        "Memory of a merge of postings files. A larger one is made in turns, up to 64 of them.",
        minimum=16 * MIB,
    )
    merge_lease_s: float = setting(
        120.0, "How long a merge of a server that died keeps the others off.", minimum=1
    )
    upkeep: bool = setting(
        True,
        "Whether a server merges and collects garbage itself; off where `tonne maintain` runs "
        "beside the servers.",
    )
    upkeep_interval_s: float = setting(
        10.0, "Time between two rounds of merging and of collecting garbage.", minimum=0.01
    )


@dataclass(frozen=True, slots=True)
class PublishConfig:
    """The published table of each book, for readers that know Delta Lake."""

    enabled: bool = setting(
        False,
        "Whether a server publishes, itself; off where `tonne publish` runs beside the servers. "
        "Needs the extra tonne[publish].",
    )
    interval_s: float = setting(10.0, "Time between two rounds of publishing.", minimum=0.01)
    batch_files_max: int = setting(1_000, "Most segments of one batch.", minimum=1)
    round_batches_max: int = setting(
        10, "Most batches of one book in one round; the others wait for the next.", minimum=1
    )
    checkpoint_batches: int = setting(
        50, "Batches after which the log of a table is summed up in a checkpoint.", minimum=1
    )
    lease_s: float = setting(
        120.0, "How long a publisher that died keeps the others off a book.", minimum=1
    )


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where the ledger is kept."""

    manifest_url: str = setting(
        "", "sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
    )
    objects_url: str = setting("", "file:///DIR, s3://BUCKET/PREFIX, gs://... or az://...")
    objects_options: dict[str, str] = setting(  # noqa: RUF009  # makes a new one each time
        {}, "Options of the object storage, as obstore names them."
    )
    probe_interval_s: float = setting(
        5.0,
        "Time between two looks at whether the objects can be reached; a server that cannot "
        "reach them is not ready.",
        minimum=0.05,
    )
    manifest_pool_size: int = setting(8, "Connections to the manifest.", minimum=1)
    manifest_pool_reserved: int = setting(
        5,
        "Connections of these that reports, lists and changes of books leave to producers; one "
        "is always theirs.",
        minimum=0,
    )
    migrate_at_start: bool = setting(
        True,
        "Whether a process brings the tables of the manifest to its own revision at its start; "
        "off where `tonne migrate` runs before a rollout.",
    )
    accepts_lost_records: bool = setting(
        False,
        "Whether a PostgreSQL is taken that may lose acknowledged records: one with fsync or "
        "full_page_writes off, or with unlogged tables.",
    )
    needs_synchronous_standby: bool = setting(
        False,
        "Whether a PostgreSQL is refused whose synchronous_standby_names is empty: a standby "
        "that is promoted there may lack acknowledged records.",
    )
    mark_interval_s: float = setting(
        60.0,
        "How often the upkeep writes down among the objects how far the manifest has come, where "
        "something happened.",
        minimum=1,
    )
    quarantine_days: float = setting(
        7.0,
        "How long objects that the manifest does not name have been listed before they are "
        "deleted: the time in which a wrong manifest must be found out.",
        minimum=1,
    )
    backup_days: float = setting(
        35.0,
        "How old a backup of the manifest may be that is restored: files that a merge replaced "
        "stay as long.",
        minimum=0,
    )
    garbage_share_max: float = setting(
        0.1,
        "Largest share of the files that may be deleted as unknown in one collection, beyond 32 "
        "files; 1: all.",
        minimum=0,
    )

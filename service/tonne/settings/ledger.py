"""Settings of the ledger: its upkeep, its published tables, where it is stored."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.settings.setting import setting

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class LedgerConfig:
    """What is kept in memory, and the upkeep."""

    postings_cache_bytes_max: int = setting(
        256 * MIB, "Memory of the decoded postings that are kept for inventories.", minimum=0
    )
    read_bytes_max: int = setting(
        1024 * MIB,
        "Memory of all calls that read: inventories, explanations, lists of records, clearings "
        "of suspense. A call that needs more is refused, and its caller is told how to ask for "
        "less.",
        minimum=128 * MIB,
    )
    overlap_bytes_max: int = setting(
        4096 * MIB,
        "Temporary disk of a check for overlaps, which a close of a month makes. Of more records "
        "than fit it reads the month's segments several times.",
        minimum=64 * MIB,
    )
    merge_files_max: int = setting(
        64,
        (
            "Largest number of live postings files in one tier of a book; above it, they are "
            "merged."
        ),
        minimum=2,
    )
    merge_bytes_max: int = setting(
        256 * MIB,
        "Memory of a merge of postings files. A larger merge is made in up to 64 turns.",
        minimum=16 * MIB,
    )
    merge_lease_s: float = setting(
        120.0, "How long the merge of a dead server keeps other servers from merging.", minimum=1
    )
    upkeep: bool = setting(
        True,
        "Whether a server merges and collects garbage itself. Turn it off if `tonne maintain` "
        "runs beside the servers.",
    )
    upkeep_interval_s: float = setting(
        10.0, "Time between two rounds of merging and collecting garbage.", minimum=0.01
    )


@dataclass(frozen=True, slots=True)
class PublishConfig:
    """The published table of each book, for readers that know Delta Lake."""

    enabled: bool = setting(
        False,
        "Whether a server publishes itself. Leave it off if `tonne publish` runs beside the "
        "servers. Needs the extra tonne[publish].",
    )
    interval_s: float = setting(10.0, "Time between two rounds of publishing.", minimum=0.01)
    batch_files_max: int = setting(1_000, "Largest number of segments in one batch.", minimum=1)
    round_batches_max: int = setting(
        10,
        (
            "Largest number of batches of one book in one round; further batches wait for the "
            "next round."
        ),
        minimum=1,
    )
    checkpoint_batches: int = setting(
        50, "Number of batches after which the log of a table gets a checkpoint.", minimum=1
    )
    lease_s: float = setting(
        120.0, "How long a dead publisher keeps other publishers from a book.", minimum=1
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
        "Time between two checks that the objects can be reached. A server that cannot reach "
        "them is not ready.",
        minimum=0.05,
    )
    manifest_pool_size: int = setting(8, "Connections to the manifest.", minimum=1)
    manifest_pool_reserved: int = setting(
        5,
        "Number of these connections that reports, lists and changes of books leave to "
        "producers. Reports and the others always have one.",
        minimum=0,
    )
    migrate_at_start: bool = setting(
        True,
        "Whether a process migrates the tables of the manifest to its own revision when it "
        "starts. Turn it off if `tonne migrate` runs before a rollout.",
    )
    accepts_lost_records: bool = setting(
        False,
        "Whether to accept a PostgreSQL that may lose acknowledged records: with fsync or "
        "full_page_writes off, or with unlogged tables.",
    )
    needs_synchronous_standby: bool = setting(
        False,
        "Whether to refuse a PostgreSQL with empty synchronous_standby_names. If a standby of "
        "it is promoted, acknowledged records may be missing there.",
    )
    mark_interval_s: float = setting(
        60.0,
        "How often the upkeep writes the position of the manifest to the objects, if it has "
        "moved.",
        minimum=1,
    )
    quarantine_days: float = setting(
        7.0,
        "How long objects unknown to the manifest stay listed before they are deleted. A wrong "
        "manifest must be noticed within this time.",
        minimum=1,
    )
    backup_days: float = setting(
        35.0,
        "Greatest age of a backup of the manifest that can be restored. Files that a merge "
        "replaced are kept that long.",
        minimum=0,
    )
    garbage_share_max: float = setting(
        0.1,
        "Largest fraction of the files that one collection may delete as unknown, beyond 32 "
        "files. 1: all.",
        minimum=0,
    )

"""Settings of streams of records: their limits, how commits gather."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.settings.setting import setting

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """What one process and one stream may hold, and how commits are gathered."""

    message_bytes_max: int = setting(
        4 * MIB, "Largest AppendRequest or PostRecordsRequest.", minimum=1_024
    )
    batch_records_max: int = setting(131_072, "Largest number of records in one batch.", minimum=1)
    batch_text_bytes_max: int = setting(
        64 * MIB,
        "Largest size of the texts of one Arrow batch, with its dictionaries and views written "
        "out.",
        minimum=1_024,
    )
    span_days_max: int = setting(
        3_653,
        "Longest time from start to end of a record; longer records are quarantined. The "
        "default is ten years.",
        minimum=1,
    )
    streams_max: int = setting(128, "Largest number of Append streams at once.", minimum=1)
    silent_streams_max: int = setting(
        0,
        "Largest number of Append streams whose first message is not authorized yet, beside "
        "those that have a slot. Above it, the caller with the most of them loses its oldest "
        "one. 0: ingest.streams_max.",
        minimum=0,
    )
    first_message_s_max: float = setting(
        10.0, "Longest wait for the first message of a stream of requests.", minimum=0.001
    )
    book_streams_max: int = setting(
        0,
        "Largest number of Append streams of one book at once in one server. 0: no limit.",
        minimum=0,
    )
    book_in_flight_bytes_max: int = setting(
        0,
        "Memory of the batches of one book that are not durable yet, in one server. Each stream "
        "may add one message to it. 0: no limit of its own.",
        minimum=0,
    )
    book_bytes_per_s_max: int = setting(
        0,
        "Largest rate of batches of one book in one server, in bytes a second. The bytes of one "
        "second, or one message if it is larger, may come at once. 0: no limit.",
        minimum=0,
    )
    book_hold_s_max: float = setting(
        5.0,
        "Longest wait of a batch for the rate of its book. If it would wait longer, its "
        "producer is told to come back.",
        minimum=0,
    )
    stream_window_bytes: int = setting(
        16 * MIB,
        "Largest size of the batches of one stream that are taken but not acknowledged.",
        minimum=1_024,
    )
    in_flight_bytes_max: int = setting(
        256 * MIB,
        "Memory of all messages and decoded batches that are not durable yet.",
        minimum=1_024,
    )
    key_count_max: int = setting(
        200_000,
        "Number of distinct record keys after which a stream starts new dictionaries.",
        minimum=1,
    )
    row_errors_max: int = setting(
        1_000, "Largest number of row errors in one response.", minimum=1
    )
    decode_threads: int = setting(
        0, "Threads that decode batches. 0: one for each processor.", minimum=0
    )
    commit_threads: int = setting(
        4, "Threads that write commits; so many books can commit at the same time.", minimum=1
    )
    commit_bytes_max: int = setting(
        8 * MIB,
        "Size of the batches of a commit at which it waits for no more batches.",
        minimum=1,
    )
    commit_postings_max: int = setting(
        524_288,
        "Largest number of postings in one commit, counted in advance: a record counts one for "
        "each month that it touches. A batch with more is refused.",
        minimum=1_024,
    )
    estimate_bytes_max: int = setting(
        512 * MIB,
        "Memory of all running estimates: half for their work, half for the postings that they "
        "keep.",
        minimum=65_536,
    )
    estimate_postings_max: int = setting(
        131_072,
        "Largest number of postings in one estimate: of one message, counted in advance, and of "
        "all messages.",
        minimum=1,
    )
    estimate_records_max: int = setting(
        10_000_000, "Largest number of records in one estimate.", minimum=1
    )
    estimate_bookless_records_max: int = setting(
        200_000,
        "Largest number of records in one estimate without a book, which any caller may ask for.",
        minimum=1,
    )
    estimate_each_records_max: int = setting(
        16_384,
        "Largest number of records in one message of an estimate that answers each record.",
        minimum=1,
    )
    commit_delay_s_max: float = setting(
        0.25, "Longest wait of a batch for other batches to share its commit.", minimum=0
    )
    commit_quiet_s: float = setting(
        0.002,
        "Silence of a book's streams after which a commit waits for no more batches.",
        minimum=0,
    )
    retry_delay_s_min: float = setting(
        0.1, "First wait before a refused commit is tried again.", minimum=0.001
    )
    retry_delay_s_max: float = setting(
        5.0,
        (
            "Longest wait before a refused commit is tried again; each wait is twice the one "
            "before."
        ),
        minimum=0.001,
    )
    stream_lifetime_s_min: float = setting(
        60.0, "Shortest life of a stream; then the server asks it to reconnect.", minimum=0.001
    )
    stream_lifetime_s_max: float = setting(
        120.0,
        "Longest life of a stream. Each stream draws its own time between the two.",
        minimum=0.001,
    )
    close_grace_s: float = setting(
        15.0, "How long the server still reads a stream after its close signal.", minimum=0
    )
    error_grace_s: float = setting(
        2.0, "How long a failed stream waits for the producer's half-close.", minimum=0
    )

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
    batch_records_max: int = setting(131_072, "Most records of one batch.", minimum=1)
    batch_text_bytes_max: int = setting(
        64 * MIB,
        "Most bytes of the texts of one Arrow batch, its dictionaries and views written out.",
        minimum=1_024,
    )
    span_days_max: int = setting(
        3_653,
        "Longest time from start to end of a record; a longer one is quarantined. The default is "
        "ten years.",
        minimum=1,
    )
    streams_max: int = setting(128, "Most Append streams at once.", minimum=1)
    silent_streams_max: int = setting(
        0,
        "Most Append streams whose first message was not authorized yet, beside those that have "
        "a place; over it the caller with the most loses its oldest. 0: ingest.streams_max.",
        minimum=0,
    )
    first_message_s_max: float = setting(
        10.0, "How long the first message of a stream of requests may take.", minimum=0.001
    )
    book_streams_max: int = setting(
        0, "Most Append streams of one book at once in one server; 0: no limit.", minimum=0
    )
    book_in_flight_bytes_max: int = setting(
        0,
        "Memory of the batches of one book that are not durable, in one server; each stream may "
        "put one message on top. 0: no limit of its own.",
        minimum=0,
    )
    book_bytes_per_s_max: int = setting(
        0,
        "Most bytes a second of batches of one book, in one server; at once, the bytes of a "
        "second or one message, whichever is more. 0: no limit.",
        minimum=0,
    )
    book_hold_s_max: float = setting(
        5.0,
        "Longest wait of a batch for the rate of its book; its producer is told to come back "
        "where it would be more.",
        minimum=0,
    )
    stream_window_bytes: int = setting(
        16 * MIB, "Most bytes of one stream that are taken and not acknowledged.", minimum=1_024
    )
    in_flight_bytes_max: int = setting(
        256 * MIB,
        "Memory of all messages and their decoded batches that are not durable.",
        minimum=1_024,
    )
    key_count_max: int = setting(
        200_000,
        "Distinct record keys after which a stream's dictionaries begin anew.",
        minimum=1,
    )
    row_errors_max: int = setting(1_000, "Most row errors of one response.", minimum=1)
    decode_threads: int = setting(
        0, "Threads that decode; 0 means one for each processor.", minimum=0
    )
    commit_threads: int = setting(
        4, "Threads that write commits: as many books commit at the same time.", minimum=1
    )
    commit_bytes_max: int = setting(
        8 * MIB, "Bytes of batches after which a commit waits for no more.", minimum=1
    )
    commit_postings_max: int = setting(
        524_288,
        "Most postings of one commit, counted before they are made: a record makes one for each "
        "month that it touches. A batch of more is refused.",
        minimum=1_024,
    )
    estimate_bytes_max: int = setting(
        512 * MIB,
        "Memory of all estimates under way: half for work, half for the postings that they keep.",
        minimum=65_536,
    )
    estimate_postings_max: int = setting(
        131_072,
        "Most postings of one estimate: of a message, before they are made, and of all.",
        minimum=1,
    )
    estimate_records_max: int = setting(10_000_000, "Most records of one estimate.", minimum=1)
    estimate_bookless_records_max: int = setting(
        200_000,
        "Most records of one estimate that names no book, which any caller may ask for.",
        minimum=1,
    )
    estimate_each_records_max: int = setting(
        16_384,
        "Most records of one message of an estimate that answers each record.",
        minimum=1,
    )
    commit_delay_s_max: float = setting(
        0.25, "Longest wait of a batch for others to share its commit.", minimum=0
    )
    commit_quiet_s: float = setting(
        0.002, "Silence of a book's streams after which a commit waits for no more.", minimum=0
    )
    retry_delay_s_min: float = setting(
        0.1, "First wait before a commit that the store refused is tried again.", minimum=0.001
    )
    retry_delay_s_max: float = setting(
        5.0, "Longest such wait; each is twice the one before.", minimum=0.001
    )
    stream_lifetime_s_min: float = setting(
        60.0, "Streams are asked to reconnect after this ...", minimum=0.001
    )
    stream_lifetime_s_max: float = setting(120.0, "... to this time, drawn evenly.", minimum=0.001)
    close_grace_s: float = setting(
        15.0, "How long a stream is still read after its close signal.", minimum=0
    )
    error_grace_s: float = setting(
        2.0, "How long a stream that failed waits for the producer's half-close.", minimum=0
    )

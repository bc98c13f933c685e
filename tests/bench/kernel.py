"""The kernel beside ClickHouse and Polars: the same bytes, one thread, one run.

Every contender parses the same records and sums their quantities by facility, activity, unit,
region and month:

- `kernel`: decode the messages of 8,192 records, post them all.
- `clickhouse`: chdb, ClickHouse in this process, reads the same bytes from a file in the page
  cache: `Rows` as a ProtobufList (its envelope, and the length before it, are ClickHouse's own
  framing), Arrow as one ArrowStream. It parses every field, as the kernel does, but neither
  checks UTF-8 nor keeps the record.
- `clickhouse, summed fields only`: the same, leaving record_id and end unparsed.
- `polars`: protobuf's upb parser, columns by list comprehensions, Polars' group_by; with Arrow,
  Polars' own reader.

The contenders take turns; the table shows the median of the rounds. Their sums are compared
first, exactly. Run by `make bench`.
"""

import argparse
import gc
import io
import os
import platform
import statistics
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"  # read when Polars is loaded

import chdb.session
import polars as pl
import pyarrow as pa

import tonne_kernel
from tonne.model import month_of_period
from tonne.v1 import ingest_pb2

START_S = 1_704_067_200  # 2024-01-01T00:00Z
READING_S = 900
MICROSECONDS = 1_000_000
MICRO_PER_ONE = 1_000_000
BATCH_RECORDS = 8_192
FACILITIES = 5_000
REGIONS = ("CN-GD-Shenzhen", "CN-SC-Chengdu", "DE-BY", "DE-BE", "ES-MD", "KE-30")
KINDS = (  # of ten facilities: what they are, what they report
    *[("bs-{:07d}", "electricity.grid", "kWh", 2_000_000)] * 7,
    ("room-{:05d}", "electricity.grid", "kWh", 9_000_000),
    ("room-{:05d}", "fuel.diesel.stationary", "l", 30_000_000),
    ("dc-{:04d}", "electricity.grid", "MWh", 4_000_000),
)
KEY = ("facility", "activity", "unit", "region")

Sums = dict[tuple[str, ...], tuple[int, int]]
"""(facility, activity, unit, region, YYYY-MM) -> (quantity in millionths, records)."""

CLICKHOUSE_SCHEMA = """syntax = "proto3";
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Envelope {
  message Record {
    string record_id = 1; string facility = 2; string activity = 3; string quantity = 4;
    string unit = 6; Timestamp start = 7; Timestamp end = 8; string region = 9;
  }
  repeated Record records = 1;
}
"""
CLICKHOUSE_TEXTS = "record_id String, " + ", ".join(f"{name} String" for name in KEY)
CLICKHOUSE_QUERY = """
SELECT facility, activity, unit, region, month, quantity, records FROM (
    SELECT facility, activity, unit, region, toStartOfMonth({start}) AS month,
        sum(quantity) AS quantity, count() AS records {further}
    FROM file('{path}', '{form}', '{columns}') GROUP BY ALL
) {having}
SETTINGS max_threads = 1, max_parsing_threads = 1, input_format_parallel_parsing = 0 {schema}"""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to make the sums: `run` is timed, `sums` reads what it returned."""

    form: str
    name: str
    run: Callable[[], Any]
    sums: Callable[[Any], Sums]


@dataclass(frozen=True, slots=True)
class Sample:
    """The records in the forms that the contenders take."""

    count: int
    columns: dict[str, list[Any]]
    rows: list[bytes]
    arrow: list[bytes]
    folder: Path


def make_columns(count: int) -> dict[str, list[Any]]:
    """Readings of an ICT operator's sites, all sites every quarter of an hour; no chance."""
    sites = []
    for site in range(FACILITIES):
        name, activity, unit, quantity_micro_max = KINDS[site % len(KINDS)]
        sites.append((name.format(site), activity, unit, quantity_micro_max, site))
    columns: dict[str, list[Any]] = {
        name: [] for name in ("record_id", *KEY, "quantity_micro", "start_s")
    }
    for n in range(count):
        name, activity, unit, quantity_micro_max, site = sites[n % FACILITIES]
        start_s = START_S + n // FACILITIES * READING_S
        # Knuth's multiplier scatters the readings; meters print three places.
        quantity = n * 2_654_435_761 % quantity_micro_max // 1_000 * 1_000
        values = (name, activity, unit, REGIONS[site % len(REGIONS)], quantity, start_s)
        columns["record_id"].append(f"{name}/{start_s // READING_S}")
        for column, value in zip([*KEY, "quantity_micro", "start_s"], values, strict=True):
            columns[column].append(value)
    return columns


def encode_rows(columns: dict[str, list[Any]]) -> list[bytes]:
    """Serialize `Rows` messages of BATCH_RECORDS records."""
    messages = []
    for first in range(0, len(columns["record_id"]), BATCH_RECORDS):
        rows = ingest_pb2.Rows()
        for n in range(first, min(first + BATCH_RECORDS, len(columns["record_id"]))):
            record = rows.records.add()
            for name in ("record_id", *KEY):
                setattr(record, name, columns[name][n])
            record.quantity = "{}.{:03d}".format(
                *divmod(columns["quantity_micro"][n] // 1_000, 1_000)
            )
            record.start.seconds = columns["start_s"][n]
            record.end.seconds = columns["start_s"][n] + READING_S
        messages.append(rows.SerializeToString())
    return messages


def make_table(columns: dict[str, list[Any]]) -> pa.Table:
    """The same records as Arrow columns; the repeating texts are dictionaries."""
    arrays: dict[str, Any] = {"record_id": pa.array(columns["record_id"], pa.string())}
    for name in KEY:
        arrays[name] = pa.array(columns[name], pa.string()).dictionary_encode()
    # decimal128 holds the integer of the millionths in 16 little-endian bytes
    wide = b"".join(q.to_bytes(16, "little", signed=True) for q in columns["quantity_micro"])
    arrays["quantity"] = pa.Array.from_buffers(
        pa.decimal128(18, 6), len(columns["quantity_micro"]), [None, pa.py_buffer(wide)]
    )
    for name, offset_s in (("start", 0), ("end", READING_S)):
        times = [(start_s + offset_s) * MICROSECONDS for start_s in columns["start_s"]]
        arrays[name] = pa.array(times, pa.timestamp("us", tz="UTC"))
    return pa.table(arrays)


def stream_of(table: pa.Table) -> bytes:
    """An Arrow IPC stream with batches of BATCH_RECORDS records."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=BATCH_RECORDS)
    return sink.getvalue()


def make_sample(count: int, folder: Path) -> Sample:
    """Make the records in all forms, and the files that ClickHouse reads."""
    columns = make_columns(count)
    rows = encode_rows(columns)
    table = make_table(columns)
    arrow = [
        stream_of(make_table({k: v[first : first + BATCH_RECORDS] for k, v in columns.items()}))
        for first in range(0, count, BATCH_RECORDS)
    ]
    (folder / "records.proto").write_text(CLICKHOUSE_SCHEMA)
    (folder / "rows").write_bytes(varint(sum(map(len, rows))) + b"".join(rows))
    (folder / "arrow").write_bytes(stream_of(table))
    return Sample(count, columns, rows, arrow, folder)


def varint(value: int) -> bytes:
    """Protobuf's variable-length integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def month_bounds_us() -> "array[int]":
    """UTC months for the kernel, computed by Polars: instants in microseconds."""
    months = pl.datetime_range(
        pl.datetime(1970, 1, 1), pl.datetime(2200, 1, 1), "1mo", time_unit="us", eager=True
    )
    return array("q", months.cast(pl.Int64).to_list())


def kernel_contender(form: str, messages: list[bytes]) -> Contender:
    """Decode every message in one session, post all of them."""
    periods = tonne_kernel.PeriodTable(month_bounds_us())
    rules = tonne_kernel.RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))

    def run() -> tonne_kernel.Posted:
        session = tonne_kernel.Session()
        decode = session.decode_rows if form == "rows" else session.decode_arrow
        slices, offset = [], 0
        for message in messages:
            batch = decode(message, 0, len(message))
            slices.append(tonne_kernel.BatchSlice(batch, "channels/bench", offset))
            offset += batch.record_count
        session.set_rules(0, array("i", [0] * session.key_count))
        return tonne_kernel.post(slices, rules, periods)

    def sums(posted: tonne_kernel.Posted) -> Sums:
        frame = pl.DataFrame(posted.postings())
        columns = [*KEY, "period", "quantity", "record_count"]
        return {
            (*key, month_of_period(period)): (micro_of(quantity), count)
            for *key, period, quantity, count in frame.select(columns).iter_rows()
        }

    return Contender(form, "kernel", run, sums)


def clickhouse_contender(sample: Sample, form: str, *, whole: bool) -> Contender:
    """Let ClickHouse parse the file and group it; `whole`: parse every field."""
    session = chdb.session.Session()
    if form == "rows":
        times = ["`start.seconds` Int64", "`end.seconds` Int64"]
        start, duration = "toDateTime(`start.seconds`, 'UTC')", "`end.seconds` - `start.seconds`"
        schema = f", format_schema = '{sample.folder / 'records.proto'}:Record'"
    else:
        times = ["start DateTime64(6, \\'UTC\\')", "end DateTime64(6, \\'UTC\\')"]
        start, duration, schema = "start", "end - start", ""
    query = CLICKHOUSE_QUERY.format(
        start=start,
        further=f", min({duration}) AS shortest, max(length(record_id)) AS longest"
        if whole
        else "",
        having="WHERE shortest > 0 AND longest <= 256" if whole else "",
        path=sample.folder / form,
        form={"rows": "ProtobufList", "arrow": "ArrowStream"}[form],
        columns=", ".join([CLICKHOUSE_TEXTS, "quantity Decimal(18, 6)", *times]),
        schema=schema,
    )

    def run() -> Any:
        return session.query(query, "TSV")

    def sums(result: Any) -> Sums:
        lines = (line.split("\t") for line in str(result).splitlines())
        return {
            (*key, month[:7]): (micro_of(quantity), int(count))
            for *key, month, quantity, count in lines
        }

    return Contender(form, "clickhouse" + ("" if whole else ", summed fields only"), run, sums)


def polars_contender(sample: Sample, form: str) -> Contender:
    """Parse with upb (or read Arrow), group with Polars."""

    def frame_of_rows() -> pl.DataFrame:
        frames = []
        for message in sample.rows:
            records = ingest_pb2.Rows.FromString(message).records
            columns = {name: [getattr(record, name) for record in records] for name in KEY}
            columns["record_id"] = [record.record_id for record in records]
            columns["quantity"] = [record.quantity for record in records]
            columns["start"] = [record.start.seconds for record in records]
            columns["end"] = [record.end.seconds for record in records]
            frames.append(
                pl.DataFrame(columns).with_columns(
                    pl.col("quantity").cast(pl.Decimal(38, 6)),
                    pl.from_epoch("start", time_unit="s"),
                    pl.from_epoch("end", time_unit="s"),
                )
            )
        return pl.concat(frames)

    def frame_of_arrow() -> pl.DataFrame:
        return pl.concat([pl.read_ipc_stream(message) for message in sample.arrow])

    def run() -> pl.DataFrame:
        frame = frame_of_rows() if form == "rows" else frame_of_arrow()
        month = pl.col("start").dt.strftime("%Y-%m").alias("month")
        return frame.group_by(*KEY, pl.col("start").dt.truncate("1mo")).agg(
            pl.col("quantity").sum(), pl.len(), month.first()
        )

    def sums(frame: pl.DataFrame) -> Sums:
        rows = frame.select(*KEY, "month", "quantity", "len").iter_rows()
        return {tuple(key): (micro_of(quantity), count) for *key, quantity, count in rows}

    return Contender(form, "polars", run, sums)


def micro_of(quantity: Any) -> int:
    """Millionths of a decimal, exactly."""
    value: Fraction = Fraction(quantity) * MICRO_PER_ONE
    if value.denominator != 1:
        raise ValueError(f"expected at most six places; got {quantity}")
    return value.numerator


def expected_sums(columns: dict[str, list[Any]]) -> Sums:
    """The sums by plain Python."""
    found: Sums = {}
    keys = zip(*(columns[name] for name in KEY), strict=True)
    for key, quantity, start_s in zip(
        keys, columns["quantity_micro"], columns["start_s"], strict=True
    ):
        cell = (*key, time.strftime("%Y-%m", time.gmtime(start_s)))
        old = found.get(cell, (0, 0))
        found[cell] = (old[0] + quantity, old[1] + 1)
    return found


def compare(sample: Sample, contenders: list[Contender]) -> None:
    """Stop unless all contenders make the same sums, to the last digit."""
    expected = expected_sums(sample.columns)
    for contender in contenders:
        if contender.sums(contender.run()) != expected:
            raise SystemExit(f"{contender.name} on {contender.form} made other sums")


def measure(contenders: list[Contender], rounds: int) -> list[list[float]]:
    """Seconds of each contender in each round; the contenders take turns."""
    seconds: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for place, contender in enumerate(contenders):
            gc.collect()
            begin = time.perf_counter()
            result = contender.run()
            seconds[place].append(time.perf_counter() - begin)
            del result
    return seconds


def table_lines(
    sample: Sample, contenders: list[Contender], seconds: list[list[float]]
) -> list[str]:
    """A Markdown table of rates and ratios."""
    medians = [statistics.median(each) for each in seconds]
    reference = {
        contender.form: median
        for contender, median in zip(contenders, medians, strict=True)
        if contender.name == "clickhouse"
    }
    lines = [
        "| form | contender | million records/s | slowest to fastest | ratio to clickhouse |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for contender, median, each in zip(contenders, medians, seconds, strict=True):
        low, middle, high = (sample.count / s / 1e6 for s in (max(each), median, min(each)))
        ratio = reference[contender.form] / median
        lines.append(
            f"| {contender.form} | {contender.name} | {middle:.2f} | {low:.2f} to {high:.2f} "
            f"| {ratio:.2f} |"
        )
    return lines


def main() -> None:
    """Make the sample, compare the sums, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tonne-bench-") as name:
        sample = make_sample(options.records, Path(name))
        contenders = []
        for form, messages in (("rows", sample.rows), ("arrow", sample.arrow)):
            contenders += [
                kernel_contender(form, messages),
                clickhouse_contender(sample, form, whole=True),
                clickhouse_contender(sample, form, whole=False),
                polars_contender(sample, form),
            ]
        compare(sample, contenders)
        seconds = measure(contenders, options.rounds)
    sizes = {"rows": sum(map(len, sample.rows)), "arrow": sum(map(len, sample.arrow))}
    lines = [
        f"{sample.count:,} records, {options.rounds} rounds, one thread; bytes a record: "
        + ", ".join(f"{form} {size / sample.count:.0f}" for form, size in sizes.items()),
        f"Python {platform.python_version()}, Polars {pl.__version__}, chdb {chdb.__version__}",
        f"{platform.machine()}, {os.cpu_count()} cores",
        "",
        *table_lines(sample, contenders, seconds),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

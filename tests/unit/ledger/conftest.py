"""A ledger on a real store, and a producer's side of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import itertools
from dataclasses import dataclass, field

import polars as pl
import pytest

from tests.support.checks.recompute import Recompute
from tests.support.stores.tables import place_tables
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.ledger import Ledger
from tonne.ledger.posting.entries import ChannelEntry, Durable
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import open_objects
from tonne.store.pair import meet
from tonne.v1 import ingest_pb2
from tonne_kernel import Session

EDITION = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,note
electricity.grid,,kWh,2015-01-01,2016-01-01,0.5,,,,,paper,1,
electricity.grid,,kWh,2016-01-01,,0.4,,,,,paper,1,
electricity.grid,DE,kWh,2015-01-01,,0.35,0.34,0.0001,,,paper,2,
fuel.diesel.stationary,,l,2015-01-01,,2.68779,2.66134,0.00028,0.02617,,paper,3,
"""

T0 = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def record(**fields):
    """Make one good record, with some fields changed."""
    defaults = {
        "record_id": "r",
        "facility": "dc-1",
        "activity": "electricity.grid",
        "quantity": "1.5",
        "unit": "kWh",
        "start": T0,
        "end": T0 + HOUR,
        "region": "",
    }
    return defaults | fields


def encode_arrow(records):
    """Write records as an Arrow IPC stream; quantities as texts."""
    names = dict.fromkeys(name for each in records for name in each)
    columns = {name: [each.get(name) for each in records] for name in names}
    times = {name: pl.Datetime("us", "UTC") for name in ("start", "end")}
    buffer = io.BytesIO()
    frame = pl.DataFrame(columns, schema_overrides=times, strict=False)
    frame.write_ipc_stream(buffer, compression="uncompressed")
    return buffer.getvalue()


def encode_rows(records):
    """Write records as a Rows message."""
    rows = ingest_pb2.Rows()
    for each in records:
        made = rows.records.add()
        for name, value in each.items():
            if isinstance(value, dt.datetime):
                getattr(made, name).FromDatetime(value)
            elif value is not None:
                setattr(made, name, value)
    return rows.SerializeToString()


def decode(session, records, form="rows"):
    """Make a batch of records as ingest does."""
    if form == "rows":
        message = encode_rows(records)
        return session.decode_rows(message, 0, len(message))
    message = encode_arrow(records)
    return session.decode_arrow(message, 0, len(message))


@dataclass
class Bench:
    """A ledger and what a producer needs to fill it."""

    manifest: Manifest
    objects: object
    ledger: Ledger
    book: str = "acme"
    session: Session = field(default_factory=Session)
    channels: dict = field(default_factory=dict)

    def entry(self, channel, records, form="rows"):
        """The channel's next entry."""
        if channel not in self.channels:
            opened = self.ledger.channels.open_channel(self.book, channel)
            self.channels[channel] = [opened.epoch, opened.committed_offset]
        epoch, offset = self.channels[channel]
        self.channels[channel][1] += len(records)
        return ChannelEntry(decode(self.session, records, form), channel, epoch, offset)

    def append(self, channel, records, form="rows"):
        """Write records as one group; the outcome must be durable."""
        (outcome,) = self.write([self.entry(channel, records, form)])
        assert isinstance(outcome, Durable), outcome
        return outcome

    def write(self, entries):
        """Write entries as one group."""
        return self.ledger.journal.write(self.book, entries)

    def check(self):
        """All that is kept twice agrees."""
        problems = Recompute(self.manifest, self.objects).check_book(self.ledger, self.book)
        assert problems == ()

    def objects_under(self, folder):
        """Paths of objects in a folder of the book."""
        return [info.path for info in self.objects.list(f"{self.book}/{folder}")]

    def other(self, **options):
        """Another server on the same store."""
        ledger = Ledger(self.manifest, self.objects, holder=f"other-{next(_names)}", **options)
        return Bench(self.manifest, self.objects, ledger, self.book)


_names = itertools.count()


def open_bench(url, objects, **options):
    """Open a ledger with one book, whose method has one edition."""
    manifest = Manifest.open(url)
    meet(manifest, objects)
    ledger = Ledger(manifest, objects, holder="test", **options)
    ledger.books.create_book("acme", method=MethodSettings())
    ledger.editions.import_edition("acme", "paper-2015", EDITION)
    return Bench(manifest, objects, ledger)


@contextlib.contextmanager
def embedded_bench(folder):
    """A ledger on SQLite and a directory."""
    objects = open_objects((folder / "objects").as_uri(), {})
    made = open_bench(place_tables(folder / "manifest.sqlite"), objects)
    yield made
    made.ledger.close()
    made.manifest.close()


@pytest.fixture
def bench(tmp_path):
    """A fresh ledger on SQLite and a directory."""
    with embedded_bench(tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def any_bench(request):
    """A ledger on each of the two stores."""
    if request.param == "sqlite":
        yield request.getfixturevalue("bench")
        return
    bucket = request.getfixturevalue("s3_bucket")
    url = request.getfixturevalue("postgres_url")
    made = open_bench(url, open_objects(bucket.url, bucket.options))
    yield made
    made.ledger.close()
    made.manifest.close()


def records_of(count, *, seed, invalid=False):
    """Many records of several facilities, units and months, some of them in suspense.

    With `invalid`, some are wrong, too.
    """
    made = []
    state = seed
    for index in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        pick = state >> 33
        start = T0 + dt.timedelta(hours=pick % 17520, seconds=pick % 3600)
        unit = ("kWh", "MWh", "l")[pick % 3]
        each = record(
            record_id=f"r{seed}-{index}",
            facility=f"site-{pick % 7}",
            activity="fuel.diesel.stationary" if unit == "l" else "electricity.grid",
            quantity=f"{pick % 2_000_003 - 1_000_000}.{pick % 1_000_000:06d}",
            unit=unit,
            start=start,
            end=start + dt.timedelta(minutes=15 * (1 + pick % 9000)),
            region=("", "DE", "FR-75")[pick % 5 % 3],
        )
        if pick % 11 == 0:
            each["activity"] = "process.unheard"
        if invalid and pick % 13 == 0:
            each["quantity"] = "much"
        if invalid and pick % 17 == 0:
            each["unit"] = "cubits"
        made.append(each)
    return made

"""Holds a ledger against what the producers of `load` made and were told."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from tests.support.checks.recompute import Recompute
from tests.support.loads.load import make_frame
from tonne.ledger.ledger import Ledger
from tonne.store import Manifest, open_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMPARED = ("record_id", "facility", "quantity", "start", "end")
FILES_MAX = 1_000_000


def check_channels(  # noqa: PLR0917  (where the ledger is, then what must be in it)
    manifest_url: str,
    objects_url: str,
    options: Mapping[str, str],
    book: str,
    promised: Mapping[str, int],
    make_record: Callable[[str, int], Mapping[str, Any]],
) -> dict[str, int]:
    """Every channel has the records that its producer makes, from 0 on, each once and in order.

    Reads the segments without Tonne's own readers.

    Parameters
    ----------
    promised : mapping of str to int
        How many records of each channel must be there at least.
    make_record : callable
        Gives a record of a channel by its index, as it was sent.

    Returns
    -------
    dict of str to int
        How many records of each channel are there.
    """
    manifest = Manifest.open(manifest_url)
    objects = open_objects(objects_url, options)
    counts: dict[str, int] = {}
    try:
        for channel, least in promised.items():
            files = manifest.segments(book, channel=channel, after_seq=0, limit=FILES_MAX)
            columns = ["channel", "offset", "record_id", "facility", "quantity", "start"]
            parts = [
                pl.read_parquet(io.BytesIO(objects.get(file.path)), columns=columns)
                .with_columns(pl.col("channel", "facility", "record_id").cast(pl.String))
                .filter(pl.col("channel") == channel)
                for file in files
            ]
            count = manifest.get_channel(book, channel).committed_offset
            assert count >= least, f"{channel}: {least} were acknowledged, {count} are there"
            assert parts, f"{channel}: committed up to {count}, and no segment has any of it"
            rows = pl.concat(parts).sort("offset")
            assert rows["offset"].to_list() == list(range(count)), f"{channel}: offsets not dense"
            made = [make_record(channel, index) for index in range(count)]
            for name in ("record_id", "facility", "start"):
                assert rows[name].to_list() == [record[name] for record in made], f"{name} differs"
            micro = [int(quantity.scaleb(6)) for quantity in rows["quantity"]]
            sent = [int(Decimal(record["quantity"]).scaleb(6)) for record in made]
            assert micro == sent, f"{channel}: quantities differ"
            counts[channel] = count
    finally:
        manifest.close()
    return counts


def check_exactly_once(
    manifest_url: str,
    objects_url: str,
    options: Mapping[str, str],
    book: str,
    made: Mapping[str, int],
) -> int:
    """Every record of every channel is there once, in order, and so are its postings.

    `made` is the number of records of each channel, as its producer knows it. Gives the number
    of records in all.
    """
    manifest = Manifest.open(manifest_url)
    objects = open_objects(objects_url, options)
    ledger = Ledger(manifest, objects, holder="check")
    try:
        assert Recompute(manifest, objects).check_book(ledger, book) == ()
        files = manifest.segments(book, after_seq=0, limit=FILES_MAX)
        columns = ["channel", "offset", *COMPARED]
        kept = pl.concat(
            [
                pl.read_parquet(objects.get(file.path), columns=columns).with_columns(
                    pl.col("channel", "facility", "record_id", "quantity").cast(pl.String)
                )
                for file in files
            ]
        )
        for channel, count in made.items():
            assert manifest.get_channel(book, channel).committed_offset == count
            rows = kept.filter(pl.col("channel") == channel).sort("offset")
            expected = pl.int_range(count, dtype=rows.schema["offset"], eager=True)
            assert rows["offset"].equals(expected), f"{channel}: offsets are not dense"
            frame = make_frame(channel, 0, count).select(COMPARED)
            assert rows.select(COMPARED).equals(frame), f"{channel}: records differ"
        assert kept.height == sum(made.values()), "there are records that nobody made"
        return kept.height
    finally:
        ledger.close()
        manifest.close()

"""Holds a ledger against what the producers of `load` made and were told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tests.support.load import make_frame
from tonne.ledger.ledger import Ledger
from tonne.ledger.replay import Replay
from tonne.store import Manifest, open_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPARED = ("record_id", "facility", "quantity", "start", "end")
FILES_MAX = 1_000_000


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
        assert Replay(manifest, objects).check_book(ledger, book) == ()
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

"""Green Button files (ESPI XML) as frames of records.

A file is read twice: once for what its readings are of, once for the readings themselves. So
entries may stand in any order, and memory holds a chunk of readings and a line for each entry.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words import taxonomy
from tonne.imports.meters import espi_codes as codes
from tonne.imports.meters.espi_series import find_series
from tonne.imports.meters.espi_xml import READING, Item, read_items

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tonne.imports.meters.espi_series import EspiRules, Series

CHUNK_ROWS = 50_000
"""Records of one frame."""

_VALUE = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,12})?")
_SECONDS = re.compile(r"-?[0-9]{1,12}")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TEXTS = (
    "record_id",
    "facility",
    "activity",
    "quantity",
    "unit",
    "region",
    "data_quality",
    "evidence",
)
_TIME = pl.Datetime("us", "UTC")


class EspiFile:
    """A Green Button file, ready to be read.

    Parameters
    ----------
    path : Path
    rules : EspiRules
        What the file does not say, or says several times.

    Attributes
    ----------
    remarks : list of str
        What was assumed and left out; complete when the frames have been read.

    Raises
    ------
    FieldInvalid
        The file is none of the standard; it has no amount; or it says the same twice, by hours and
        by days: with the choices.
    """

    def __init__(self, path: Path, rules: EspiRules) -> None:
        self._path = path
        self._region = rules.region
        self._series, self.remarks = find_series(path, rules)
        self._counts: Counter[str] = Counter()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Read the records, in the order of the file.

        Yields
        ------
        polars.DataFrame
            Columns of a record, texts as they are sent. `start` and `end` are times in UTC where
            all of a frame could be read, else texts, those that could not be read as written.
        """
        self._counts.clear()
        rows: list[dict[str, object]] = []
        for item in read_items(self._path):
            if not isinstance(item, Item) or item.kind != READING:
                continue
            series = self._series.get(item.entry)
            if series is not None:
                rows.append(self._record(item, series))
            if len(rows) == CHUNK_ROWS:
                yield _frame(rows)
                rows = []
        if rows:
            yield _frame(rows)
        name = self._path.name
        self.remarks += [
            f"{name}: {count:,} {text}" for text, count in sorted(self._counts.items())
        ]

    def _record(self, item: Item, series: Series) -> dict[str, object]:
        fields = item.fields
        start = fields.get("timeperiod/start", "")
        duration = fields.get("timeperiod/duration", "")
        if duration in {"", "0"}:
            duration = series.interval_s
        begun = _time(start)
        ended = _time(str(int(start) + int(duration))) if begun and duration.isdigit() else None
        value = fields.get("value", "")
        activity, quantity = series.activity, value
        if _VALUE.fullmatch(value):
            amount = Decimal(value).scaleb(series.multiplier)
            if activity == codes.GRID and amount < 0:
                self._counts["readings below zero are electricity that was exported"] += 1
                activity, amount = taxonomy.EXPORT, -amount
            quantity = f"{amount:f}"
        qualities = (fields.get("readingquality/quality") or series.quality).split()
        return {
            "record_id": f"{series.name}@{start}+{duration}",
            "facility": series.facility,
            "activity": activity,
            "quantity": quantity,
            "unit": series.unit,
            "start": begun or start,
            "end": ended or f"{start} + {duration or '?'} s",
            "region": self._region,
            "data_quality": self._quality(qualities),
            "evidence": f"{self._path.name}#line {item.line}",
        }

    def _quality(self, found: list[str]) -> str:
        """Give the worst of several qualities; an unknown code is told, and no quality."""
        for code in found:
            if code in codes.QUALITY_REMARKS:
                self._counts[f"readings {codes.QUALITY_REMARKS[code]}"] += 1
            elif code not in codes.QUALITIES:
                self._counts[f"readings have the quality {code!r}, which is not known"] += 1
        known = {codes.QUALITIES.get(code, "") for code in found}
        ordered = ("estimated", "calculated", "measured")
        return next((word for word in ordered if word in known), "")


def _time(seconds: str) -> dt.datetime | None:
    """Read seconds since 1970, UTC; None where they are none or of no year of ours."""
    if not _SECONDS.fullmatch(seconds):
        return None
    try:
        return _EPOCH + dt.timedelta(seconds=int(seconds))
    except OverflowError:
        return None


def _frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    frame: dict[str, pl.Series] = {
        name: pl.Series([row[name] for row in rows], dtype=pl.String) for name in _TEXTS
    }
    for name in ("start", "end"):
        values = [row[name] for row in rows]
        if all(isinstance(value, dt.datetime) for value in values):
            frame[name] = pl.Series(values, dtype=_TIME)
        else:
            texts = [v.isoformat() if isinstance(v, dt.datetime) else v for v in values]
            frame[name] = pl.Series(texts, dtype=pl.String)
    return pl.DataFrame(frame)

"""The European Residual Mixes of the Association of Issuing Bodies, from their workbook.

The sheet `CO2` has a row for each country: grams of CO2 per kWh of its production mix, its
residual mix and its supplier mix. They are direct emissions, and CO2 alone. The supplier mix is
left out: it holds power that is sold with certificates.

Source: Association of Issuing Bodies, European Residual Mixes, results of a year (workbook).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.sources.workbooks import sheet_heads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SHEET = "CO2"
HEADER = ("Country code", "Production mix CO2", "Residual mix CO2")
YEAR_SHEET, EARLIER_SHEET = "Residual Mixes Comparison", "Changes"
SOURCE = "Association of Issuing Bodies, European Residual Mixes"
COLUMNS = (
    "activity",
    "region",
    "unit",
    "stage",
    "valid_from",
    "valid_to",
    "gwp_set",
    "kg_co2",
    "source",
    "table",
    "row",
    "licence",
    "evidence",
    "note",
)
"""Columns of the edition, as `tonne edition import` takes them."""

_STAGES = {"Production mix CO2": "generation", "Residual mix CO2": "residual"}
_GRAMS_MAX = Decimal(5000)
"""More than any plant emits per kWh: a larger number is none of grams per kWh."""


@dataclass(frozen=True, slots=True)
class MixEdition:
    """An edition made of the workbook: CSV as `tonne edition import` takes it, and remarks."""

    content: bytes
    remarks: tuple[str, ...]


def read_mixes(path: Path, valid_to: dt.date | None = None) -> MixEdition:
    """Make an edition of the workbook.

    Parameters
    ----------
    path : pathlib.Path
        The workbook of a year's results.
    valid_to : datetime.date, optional
        First day on which the figures hold no more, as their reader decides where the next year's
        are not out yet; each factor's note tells it. Without it, the end of their year.

    Returns
    -------
    MixEdition
        For each country the production mix (stage `generation`) and the residual mix, kg CO2 per
        kWh, with every digit of the cell.

    Raises
    ------
    FieldInvalid
        It is no such workbook, says no year, or a cell is no amount of grams; names the cell.
    """
    sheets = sheet_heads(path, path.name)
    table = sheets.get(SHEET, [])
    header = [cell.strip() for cell in table[0]] if table else []
    if not set(HEADER) <= set(header):
        raise FieldInvalid(
            f"{path.name}: expected an edition as CSV, or the workbook of {SOURCE} with the sheet "
            f"{SHEET!r} and its columns {', '.join(HEADER)}; got the sheets "
            f"{', '.join(map(repr, sheets))}: write the factors as CSV",
            metadata={"file": path.name},
        )
    year = _year(sheets, path)
    end = dt.date(year + 1, 1, 1) if valid_to is None else valid_to
    if end <= dt.date(year, 1, 1):
        raise FieldInvalid(
            f"{path.name}: expected a day after the beginning of {year}, the year of its figures; "
            f"got {end}: name a later one",
            metadata={"field": "valid_to", "value": str(end)},
        )
    remarks: list[str] = []
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number, cells in enumerate(table[1:], 2):
        row = dict(zip(header, cells, strict=False))
        if any(row.values()):
            place = f"{path.name}, {SHEET} row {number}"
            writer.writerows(_factors(row, year, end, place, remarks))
    return MixEdition(text.getvalue().encode(), tuple(remarks))


def _factors(
    row: Mapping[str, str], year: int, end: dt.date, place: str, remarks: list[str]
) -> Iterator[dict[str, str]]:
    country = row["Country code"].strip()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise FieldInvalid(
            f"{place}: expected a country of two letters in 'Country code'; got {country!r}: take "
            "the publisher's workbook as it is",
            metadata={"field": "Country code"},
        )
    held = "" if end == dt.date(year + 1, 1, 1) else f"; of {year}, taken until {end} (exclusive)"
    for column, stage in _STAGES.items():
        grams = _grams(row.get(column, ""), column, place)
        if grams is None or (stage == "residual" and not grams):
            why = "" if grams is None else ", because all of its power is disclosed"
            remarks.append(
                f"{place}: {country} has no {stage} mix, its cell of {column!r} holds "
                f"{row.get(column, '')!r}{why}; left out"
            )
            continue
        yield {
            "activity": "electricity.grid",
            "region": country,
            "unit": "kWh",
            "stage": stage,
            "valid_from": f"{year}-01-01",
            "valid_to": end.isoformat(),
            "gwp_set": "CO2",
            "kg_co2": format(grams.scaleb(-3), "f"),
            "source": f"{SOURCE} {year}",
            "table": SHEET,
            "row": f"{country}, {column}",
            "licence": "imported by the book; the publisher states no licence",
            "evidence": "official_file",
            "note": f"CO2 only; the cell holds {row[column]} g CO2/kWh{held}",
        }


def _grams(text: str, column: str, place: str) -> Decimal | None:
    """Read a cell: grams of CO2 per kWh; None where it is blank."""
    if not text.strip():
        return None
    try:
        grams = Decimal(text)
    except InvalidOperation:
        grams = Decimal("NaN")
    if grams.is_nan() or not 0 <= grams <= _GRAMS_MAX:
        raise FieldInvalid(
            f"{place}: expected grams of CO2 per kWh in {column!r}, from 0 to {_GRAMS_MAX}; got "
            f"{text!r}: take the publisher's workbook as it is",
            metadata={"field": column},
        )
    return grams


def _year(sheets: Mapping[str, Sequence[Sequence[str]]], path: Path) -> int:
    """Find the year of the results: the last one that is compared, one after the changes' own."""
    compared = [
        int(Decimal(cell))
        for cell in _first_row(sheets, YEAR_SHEET)
        if re.fullmatch(r"20\d\d(\.0)?", cell)
    ]
    changes = re.search(r"from (20\d\d)", " ".join(_first_row(sheets, EARLIER_SHEET)[:1]))
    years = {*compared[-1:], *([int(changes[1]) + 1] if changes else [])}
    if len(years) != 1 or max(compared, default=0) not in years:
        raise FieldInvalid(
            f"{path.name}: expected one year of the results in the first rows of the sheets "
            f"{YEAR_SHEET!r} and {EARLIER_SHEET!r}; got {sorted(years) or 'none'}: write the "
            "factors as CSV, with the year in valid_from and valid_to",
            metadata={"file": path.name},
        )
    return years.pop()


def _first_row(sheets: Mapping[str, Sequence[Sequence[str]]], sheet: str) -> list[str]:
    rows = sheets.get(sheet, ())
    return [cell.strip() for cell in rows[0]] if rows else []

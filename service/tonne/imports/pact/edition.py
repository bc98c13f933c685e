"""Footprints as an edition of factors, of which the book that imports it makes use."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.pact.footprint import read_footprint
from tonne.text.documents import load_json
from tonne.text.words import activity_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tonne.imports.pact.footprint import Footprint

FILE_BYTES_MAX = 64 << 20
"""Largest file that is read: JSON is read whole."""

COLUMNS = (
    "activity",
    "region",
    "unit",
    "valid_from",
    "valid_to",
    "kg_co2e",
    "gwp_set",
    "account",
    "source",
    "table",
    "row",
    "evidence",
    "note",
)
"""Columns of the edition, as `tonne edition import` takes them."""

ACCOUNT = "scope3.01.goods"
"""Where purchased products are counted."""

PLACES_MAX = 24
"""Digits after the point of a factor whose declared unit divides into no decimal."""

TEXT_CHARACTERS_MAX = 1_000
_HEAD_BYTES = 1 << 16
_DIVISION = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class PactEdition:
    """An edition made of footprints.

    Parameters
    ----------
    content : bytes
        CSV, as `tonne edition import` takes it.
    products : tuple of (str, str, str)
        Activity and unit of each factor, and the product's name.
    remarks : tuple of str
        What does not add up, what was assumed, what was left out.
    """

    content: bytes
    products: tuple[tuple[str, str, str], ...]
    remarks: tuple[str, ...]


def is_pact(path: Path) -> bool:
    """Whether a file's beginning looks like a product footprint."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return b'"pcf"' in head and b'"specVersion"' in head


def read_edition(path: Path) -> PactEdition:
    """Make an edition of the footprints of a file: one, a list, or the `data` of an answer.

    Raises
    ------
    FieldInvalid
        The file is no JSON or has no footprint that holds; or two are of one product, region and
        time.
    """
    remarks: list[str] = []
    footprints: list[Footprint] = []
    found = _objects(path)
    for number, each in enumerate(found, 1):
        place = path.name if len(found) == 1 else f"{path.name}, footprint {number}"
        footprint = read_footprint(each, place)
        named = f"{path.name}: {footprint.product or footprint.id}"
        remarks += [f"{named}: {remark}" for remark in footprint.remarks]
        if footprint.status == "Deprecated":
            remarks.append(f"{named}: left out, since its status is Deprecated")
            continue
        footprints.append(footprint)
    if not footprints:
        raise FieldInvalid(
            f"{path.name}: no footprint of it is in force. {'; '.join(remarks)}",
            metadata={"file": str(path)},
        )
    rows = _rows(footprints, path.name)
    _check_repeats(rows, path)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    products = tuple((row["activity"], row["unit"], row["table"]) for row in rows)
    return PactEdition(text.getvalue().encode(), products, tuple(remarks))


def advice(path: Path, book: str = "BOOK") -> str:
    """Say how a footprint comes into a book: it is a factor, and what was bought is a record."""
    made = read_edition(path)
    activity, unit, _ = made.products[0]
    how = (
        f"{path.name}: a product footprint is a factor and no record of an activity: import it "
        f"with `tonne edition import {path.name} --id NAME --book {book}`, then append what was "
        f"bought as records of the activity {activity} in {unit}"
    )
    return "; ".join((*made.remarks, how))


def _objects(path: Path) -> list[object]:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise FieldInvalid(
            f"{path.name}: expected footprints of at most {FILE_BYTES_MAX >> 20} MiB together; "
            "split the file"
        )
    try:
        # Numbers stay the texts that they are: none becomes a float on the way.
        found = load_json(path.read_bytes(), parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise FieldInvalid(
            f"{path.name}: expected JSON; {error}", metadata={"file": str(path)}
        ) from error
    if isinstance(found, dict) and "data" in found and "pcf" not in found:
        found = found["data"]
    return found if isinstance(found, list) else [found]


def _rows(footprints: Sequence[Footprint], file: str) -> list[Mapping[str, str]]:
    """Make the factors; what was made in several places has an activity for each."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    for footprint in footprints:
        places[activity_of(footprint)].add(footprint.region)
    rows = []
    for footprint in footprints:
        activity = activity_of(footprint)
        if len(places[activity]) > 1:
            activity = (
                f"{activity}.{activity_word(footprint.region) if footprint.region else 'anywhere'}"
            )
        rows.append(_row(footprint, activity, file))
    return rows


def _row(footprint: Footprint, activity: str, file: str) -> Mapping[str, str]:
    per_unit = _DIVISION.divide(footprint.kg_co2e, footprint.amount)
    notes = [f"{footprint.kg_co2e:f} kg CO2e for {footprint.amount:f} {footprint.unit}"]
    exponent = per_unit.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES_MAX:
        per_unit = per_unit.quantize(Decimal(1).scaleb(-PLACES_MAX), context=_DIVISION)
        notes.append(f"rounded to {PLACES_MAX} places")
    notes += [f"of {footprint.region}"] if footprint.region else []
    cells = {
        "activity": activity,
        "region": "",  # where it was made; it is bought from anywhere
        "unit": footprint.unit,
        "valid_from": footprint.valid_from.isoformat(),
        "valid_to": footprint.valid_to.isoformat(),
        "kg_co2e": f"{per_unit:f}",
        "gwp_set": footprint.gwp_set,
        "account": ACCOUNT,
        "source": f"{footprint.company}, product footprint (PACT {footprint.version})",
        "table": footprint.product or ", ".join(footprint.product_ids) or footprint.id,
        "row": footprint.id,
        "evidence": f"{file}#{footprint.id}",
        "note": "; ".join([*notes, *footprint.remarks]),
    }
    return {name: cell[:TEXT_CHARACTERS_MAX] for name, cell in cells.items()}


def activity_of(footprint: Footprint) -> str:
    """Name the activity of buying a product: `product.SUPPLIER.ID`.

    The id is the first that the supplier gives, since names change.
    """
    ids = [each.removeprefix("urn:") for each in footprint.product_ids]
    product = ids[0] if ids else footprint.product or footprint.id
    return f"product.{activity_word(footprint.company)}.{activity_word(product)}"


def _check_repeats(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    """Refuse two footprints of one product whose times overlap."""
    same: defaultdict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for row in rows:
        same[row["activity"], row["unit"]].append((row["valid_from"], row["valid_to"], row["row"]))
    for (activity, _), spans in same.items():
        for (_, stop, one), (start, _, other) in pairwise(sorted(spans)):
            if start < stop:
                raise FieldInvalid(
                    f"{path.name}: the footprints {one} and {other} are both of {activity} on "
                    f"{start}: take one of them out of the file, or ask the supplier which holds",
                    metadata={"file": str(path)},
                )

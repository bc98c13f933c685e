"""The editions that ship with the package: each row read once, shared by all books.

A shipped edition never changes once it was released: a correction is a new edition. So a method
that names one means the same for ever, on every server that has it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.editions.by_activity import ShippedFactors
from tonne.catalogue.words.method import MethodSettings
from tonne.catalogue.words.tables import edition_bytes, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)  # no slots: the factors are kept once they were read
class ShippedEdition:
    """An edition of the package.

    Parameters
    ----------
    id, series : str
        `uk-ghg-2025` is one of the series `uk-ghg`.
    title, publisher, licence, attribution, note : str
        Of the publication.
    year : str
        Year of the publication.
    rank : int
        Place in the default order of preference, from 1; 0 where it is not in it.
    """

    id: str
    series: str
    title: str
    publisher: str
    year: str
    licence: str
    attribution: str
    rank: int
    note: str

    @property
    def factors(self) -> ShippedFactors:
        """Its factors, in the order of its rows, read as far as they are asked for."""
        return _factors(self.id)

    @property
    def sha256(self) -> str:
        """SHA-256 of its CSV, in hexadecimal."""
        return hashlib.sha256(edition_bytes(self.id)).hexdigest()


@cache
def _factors(edition: str) -> ShippedFactors:
    return ShippedFactors(edition_bytes(edition))


@cache
def shipped_editions() -> Mapping[str, ShippedEdition]:
    """All shipped editions by id, in the order of `shipped/editions.csv`."""
    return {
        row["id"]: ShippedEdition(
            id=row["id"],
            series=row["series"],
            title=row["title"],
            publisher=row["publisher"],
            year=row["year"],
            licence=row["licence"],
            attribution=row["attribution"],
            rank=int(row["rank"] or 0),
            note=row["note"],
        )
        for row in read_table("editions.csv")
    }


@cache
def default_settings() -> MethodSettings:
    """Give a new book's method: the shipped editions in their default order."""
    ranked = sorted(
        (edition for edition in shipped_editions().values() if edition.rank),
        key=lambda edition: edition.rank,
    )
    return MethodSettings(editions=tuple(edition.id for edition in ranked))

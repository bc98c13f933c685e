"""Documents that are no tables: Green Button XML, and footprints, which are no records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.meters.espi import EspiFile
from tonne.imports.meters.espi_series import EspiRules
from tonne.imports.pact.edition import advice, is_pact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import polars as pl

ESPI_SUFFIX = ".xml"
"""How the name of a Green Button file ends."""

_JSON_SUFFIX = ".json"


def refuse_footprint(path: Path) -> None:
    """Say of a file of product footprints how it comes into a book.

    Raises
    ------
    FieldInvalid
        It is one: a factor, and no record. What does not add up in it is told, too.
    """
    if path.suffix.lower() == _JSON_SUFFIX and is_pact(path):
        raise FieldInvalid(advice(path), metadata={"file": str(path)})


def check_espi(path: Path) -> None:
    """Look at a Green Button file before anything is sent. Raises FieldInvalid."""
    EspiFile(path, EspiRules())


def read_espi(path: Path, tell: Callable[[str], None]) -> Iterator[pl.DataFrame]:
    """Read the records of a Green Button file; `tell` hears what was assumed and left out.

    Raises
    ------
    FieldInvalid
        As `EspiFile` says.
    """
    opened = EspiFile(path, EspiRules())
    yield from opened.frames()
    for remark in opened.remarks:
        tell(remark)

"""Where factors are from: their place in the catalogue, and its licence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.catalogue.editions.library import shipped_editions
from tonne.errors import EditionUnknown, FactorUnknown

if TYPE_CHECKING:
    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.resolution import ResolutionEntry
    from tonne.ledger.reading.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class FactorSource:
    """Where a line's factor is from.

    Parameters
    ----------
    book : str
        Whose edition it is; empty where it is shipped.
    edition, row : str, int
        Where it stands in the catalogue.
    factor : Factor or None
        As it stands there now; None where it is gone, or the entry needs none. The entry has
        all figures.
    licence : str
        Of the figure, or else of its edition.
    """

    book: str
    edition: str
    row: int
    factor: Factor | None
    licence: str


class Sources:
    """Finds factors in the catalogue; each once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._editions = snapshot.editions
        self._book = snapshot.book
        self._found: dict[tuple[str, int], FactorSource] = {}

    def find(self, entry: ResolutionEntry) -> FactorSource:
        """Look up the factor of an entry."""
        key = (entry.edition, entry.factor_row)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._look_up(*key)
        return found

    def _look_up(self, edition: str, row: int) -> FactorSource:
        shipped = shipped_editions().get(edition)
        book = self._book.id if edition in self._book.editions else ""
        factor = None
        if edition and row and (book or shipped):
            try:
                factor = self._editions.get_factor(book, edition, row)
            except (EditionUnknown, FactorUnknown):
                factor = None
        licence = "" if factor is None else factor.licence
        if not licence and shipped is not None and not book:
            licence = shipped.licence
        return FactorSource(book, edition, row, factor, licence)

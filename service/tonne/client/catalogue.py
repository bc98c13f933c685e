"""The client's calls about the catalogue: editions, factors, activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.client.answers.factors import Factor, FactorsFound, read_factor
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.filters import all_of
from tonne.client.wire.resources import book_name, read_edition
from tonne.v1 import catalogue_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.model import Edition


class CatalogueCalls(Calls):
    """Reads published factors, and imports a book's own."""

    _catalogue: Any
    """Stub of CatalogueService."""

    def import_edition(
        self, book: str, edition: str, csv: bytes, *, author: str = "", reason: str = ""
    ) -> Edition:
        """Import an edition of factors; the same content again changes nothing.

        The book's method gets a version, by `author` and for `reason`, that prefers it to the
        shipped editions and prefers earlier imports to it.
        """
        request = catalogue_pb2.ImportEditionRequest(
            parent=book_name(book), edition_id=edition, csv=csv, author=author, reason=reason
        )
        return read_edition(self._call(self._catalogue.ImportEdition, request))

    def list_editions(self, book: str = "", *, filter_by: str = "") -> Iterator[Edition]:
        """List the editions of a book in its order of preference, or all shipped ones."""
        request = catalogue_pb2.ListEditionsRequest(
            parent=book_name(book) if book else "", page_size=PAGE_SIZE, filter=filter_by
        )
        for page in self._pages(self._catalogue.ListEditions, request):
            yield from map(read_edition, page.editions)

    def list_factors(
        self, edition: str, *, book: str = "", activity: str = "", filter_by: str = ""
    ) -> Iterator[Factor]:
        """List the factors of a book's edition, or of a shipped one, in the order of its rows."""
        name = f"{book_name(book)}/editions/{edition}" if book else f"editions/{edition}"
        request = catalogue_pb2.ListFactorsRequest(
            parent=name, filter=all_of(filter_by, activity=activity), page_size=PAGE_SIZE
        )
        for page in self._pages(self._catalogue.ListFactors, request):
            yield from map(read_factor, page.factors)

    def get_factor(self, edition: str, row: int, *, book: str = "") -> Factor:
        """Read one factor of a book's edition, or of a shipped one."""
        prefix = f"{book_name(book)}/" if book else ""
        request = catalogue_pb2.GetFactorRequest(name=f"{prefix}editions/{edition}/factors/{row}")
        return read_factor(self._call(self._catalogue.GetFactor, request))

    def search_factors(
        self, query: str, *, book: str = "", region: str = "", unit: str = "", limit: int = 0
    ) -> FactorsFound:
        """Find factors by words in the editions of a book's method, or in the shipped ones.

        Parameters
        ----------
        query : str
            Words: each must stand in the activity, its title or aliases, the stage, the
            region or the edition.
        book : str
            Book id; empty means all shipped editions.
        region, unit : str
            Only factors of this region and this unit; empty means all.
        limit : int
            Most factors to give; 0 means 20.

        Returns
        -------
        FactorsFound
            `factors`, the best match first, and `total_size`.
        """
        request = catalogue_pb2.SearchFactorsRequest(
            query=query,
            parent=book_name(book) if book else "",
            region=region,
            unit=unit,
            page_size=limit,
        )
        found: catalogue_pb2.SearchFactorsResponse = self._call(
            self._catalogue.SearchFactors, request
        )
        return FactorsFound(tuple(map(read_factor, found.factors)), found.total_size)

    def search_activities(
        self, query: str = "", *, limit: int = 0
    ) -> catalogue_pb2.SearchActivitiesResponse:
        """Find activities by words; without words all, by id.

        Parameters
        ----------
        query : str
            Words: each must stand in the id, the title or an alias.
        limit : int
            Most activities to give; 0 means 20.

        Returns
        -------
        SearchActivitiesResponse
            `activities`, the best match first, `total_size`, and the `nearest` ids where
            nothing matched.
        """
        request = catalogue_pb2.SearchActivitiesRequest(query=query, page_size=limit)
        found: catalogue_pb2.SearchActivitiesResponse = self._call(
            self._catalogue.SearchActivities, request
        )
        return found

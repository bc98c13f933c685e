"""Grid electricity by country: which figures ship, and where to get those that do not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.words.regions import region_chain, region_id, region_name
from tonne.catalogue.words.rules import DIRECT, LIFE_CYCLE
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tonne.catalogue.editions.factor import Factor

GRID = "electricity.grid"

KINDS = ("grid", "upstream", "losses", "residual", "life cycle")
"""Kinds of figures of electricity, as people ask for them."""

_KIND_OF_STAGE = {
    **dict.fromkeys(DIRECT, "grid"),
    **dict.fromkeys(LIFE_CYCLE, "life cycle"),
    "wtt": "upstream",
    "losses": "losses",
    "wtt_losses": "losses",
    "residual": "residual",
}


@dataclass(frozen=True, slots=True)
class GridSource:
    """Where figures of a country are published that do not ship.

    Parameters
    ----------
    publisher, title : str
        Who publishes what.
    kinds : tuple of str
        `grid`, `residual`, `losses` or `supplier`.
    form : str
        What `tonne edition import` takes of them.
    """

    publisher: str
    title: str
    kinds: tuple[str, ...]
    form: str

    def __str__(self) -> str:
        """Tell it in one clause."""
        kinds = " and ".join(self.kinds)
        return f"{self.publisher}, {self.title!r} ({kinds}; {self.form})"


@dataclass(frozen=True, slots=True)
class CountryGrid:
    """Figures of a country's electricity.

    Parameters
    ----------
    region, name : str
        Of the country, by ISO 3166-1.
    years : mapping of str to dict
        By kind of `KINDS`: the years for which an edition states it, by edition.
    part_count : int
        How many of its parts (provinces, grids) have a grid factor of their own.
    sources : tuple of GridSource
        Where figures are published that do not ship.
    """

    region: str
    name: str
    years: Mapping[str, Mapping[str, frozenset[int]]]
    part_count: int
    sources: tuple[GridSource, ...]

    def years_of(self, kind: str) -> str:
        """Tell the years of a kind: `2019-2024`, `any`, or nothing."""
        return year_text(set().union(*self.years.get(kind, {}).values()))

    def editions_of(self, kind: str) -> tuple[str, ...]:
        """Ids of the editions that have a kind."""
        return tuple(self.years.get(kind, {}))


_ANY_YEAR = 0
"""Stands for a figure whose source states no end."""


def year_text(years: Iterable[int]) -> str:
    """Write years as spans: `2019-2021, 2023`."""
    spans: list[list[int]] = []
    numbers = sorted(years)
    if _ANY_YEAR in numbers:
        return "any"
    for year in numbers:
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


@cache
def countries() -> Mapping[str, CountryGrid]:
    """All countries of ISO 3166-1 by id, with what ships for their electricity."""
    years: dict[str, dict[str, dict[str, set[int]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(set))
    )
    parts: dict[str, set[str]] = defaultdict(set)
    for edition, factor in _grid_factors():
        region = region_id(factor.region)
        country = country_of(region)
        kind = _KIND_OF_STAGE.get(factor.stage)
        if kind is None or not country:
            continue
        if region == country:
            years[country][kind][edition] |= set(_years(factor))
        elif kind == "grid" and region.startswith(country):
            parts[country].add(region)
    sources = _sources()
    return {
        region: CountryGrid(
            region,
            region_name(region),
            {
                kind: {edition: frozenset(found) for edition, found in editions.items()}
                for kind, editions in years[region].items()
            },
            len(parts[region]),
            sources.get(region, ()),
        )
        for region in sorted(_country_ids())
    }


def years_by_region(kind: str) -> dict[str, str]:
    """Years for which editions state a kind of figure, by region, in the order of the ids."""
    found: dict[str, set[int]] = defaultdict(set)
    for _, factor in _grid_factors():
        if _KIND_OF_STAGE.get(factor.stage) == kind:
            found[region_id(factor.region)] |= set(_years(factor))
    return {region: year_text(found[region]) for region in sorted(found)}


def grid_advice(
    region: str, editions: Collection[str], *, year: int | None = None, reach: int = 0
) -> str:
    """Tell what gives the electricity of a country a factor.

    Parameters
    ----------
    region : str
        Id of the country, or of a part of it.
    editions : collection of str
        Editions that the method names already.
    year : int, optional
        Of the energy; without it, any.
    reach : int
        How many years away a shipped figure may be.

    Returns
    -------
    str
        A clause like `import one with ..., or choose ...`; empty where it is in no country.
    """
    country = countries().get(country_of(region))
    if country is None:
        return ""
    ways = []

    def unnamed(kind: str) -> list[str]:
        return [
            edition
            for edition, years in country.years.get(kind, {}).items()
            if edition not in editions
            and (year is None or any(abs(year - each) <= reach for each in years - {_ANY_YEAR}))
        ]

    chosen = unnamed("grid")
    if chosen:
        ways.append(f"name the edition {chosen[0]} in the method ({_naming(chosen[0])})")
    known = "; ".join(map(str, country.sources)) or (
        "the country's energy ministry, regulator or grid operator (a CSV of its figures)"
    )
    ways.append(f"import one with `tonne edition import`, of {known}")
    averages = unnamed("life cycle")
    if averages:
        ways.append(
            f"choose the life-cycle average of {country.years_of('life cycle')} with "
            f"{_naming(averages[0])}"
        )
    return ", or ".join(ways)


def _naming(edition: str) -> str:
    return f"`tonne method set --add-edition {edition}`"


def _grid_factors() -> Iterator[tuple[str, Factor]]:
    for edition in shipped_editions().values():
        for factor in edition.factors.of(GRID):
            if factor.unit in {"kWh", "MWh"}:
                yield edition.id, factor


def _years(factor: Factor) -> Iterator[int]:
    """Calendar years of which a factor holds some day."""
    if factor.valid_to is None:
        yield _ANY_YEAR
        return
    last = factor.valid_to.year - (factor.valid_to.month == factor.valid_to.day == 1)
    yield from range(factor.valid_from.year, last + 1)


def country_of(region: str) -> str:
    """Give the id of the country that a region lies in, or nothing."""
    ids = _country_ids()
    return next((each for each in region_chain(region) if each in ids), "")


@cache
def _country_ids() -> frozenset[str]:
    rows = read_table("regions_iso.csv")
    return frozenset(row["region"] for row in rows if "-" not in row["region"])


@cache
def _sources() -> Mapping[str, tuple[GridSource, ...]]:
    found: dict[str, list[GridSource]] = defaultdict(list)
    for row in read_table("grid_sources.csv"):
        source = GridSource(
            row["publisher"], row["title"], tuple(row["kinds"].split(";")), row["form"]
        )
        for region in row["regions"].split(";"):
            found[region].append(source)
    return {region: tuple(sources) for region, sources in found.items()}

"""Totals of products: footprints of one of each, programmes, materials, packaging."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tonne.reports.statements.numbers import decimal_of, share_percent
from tonne.statements.answers import (
    MaterialRow,
    PackagingRow,
    ProductRow,
    ProductTotals,
    ProgrammeRow,
    SourceRepeat,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tonne.statements.products import Exchange, Footprint, Packaging, Product
    from tonne.statements.statement import Statement

PRODUCT_BYTES: Final = 1_000
"""Memory of a product or a footprint while totals are computed."""


@dataclass(slots=True)
class _Row:
    count: int = 0
    unparted: int = 0
    total: Fraction = field(default_factory=Fraction)
    use: Fraction = field(default_factory=Fraction)
    embodied: Fraction = field(default_factory=Fraction)

    def add(self, footprint: Footprint) -> None:
        total = Fraction(footprint.total_kg)
        use = footprint.use_kg
        self.count += 1
        self.total += total
        if use is None:
            self.unparted += 1
        else:
            self.use += use
            self.embodied += total - use

    def told(self, exchange: Exchange, category: str) -> ProductRow:
        return ProductRow(
            exchange,
            category,
            self.count,
            decimal_of(self.total),
            decimal_of(self.embodied),
            decimal_of(self.use),
            self.unparted,
        )


def product_totals(
    products: Iterable[Statement],
    footprints: Iterable[Statement],
    packaging: Iterable[Statement],
    day: str,
    grow: Callable[[int], None],
) -> ProductTotals:
    """Add up what is stated of products, as it is on a day."""
    categories: dict[str, str] = {}
    programmes: defaultdict[str, int] = defaultdict(int)
    materials: defaultdict[str, list[tuple[Fraction, Fraction]]] = defaultdict(list)
    for each in products:
        says: Product = each.body
        categories[each.id] = says.category
        for name in {
            one.name
            for one in says.programmes
            if one.valid_from <= day and (not one.valid_to or day < one.valid_to)
        }:
            programmes[name] += 1
        for material in says.materials:
            masses = Fraction(material.mass_kg), Fraction(material.recycled_kg or 0)
            materials[material.name].append(masses)
    grow(len(categories) * PRODUCT_BYTES)
    rows: defaultdict[tuple[Exchange, str], _Row] = defaultdict(_Row)
    totals: defaultdict[Exchange, _Row] = defaultdict(_Row)
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for each in footprints:
        footprint: Footprint = each.body
        rows[footprint.exchange, categories.get(footprint.product, "")].add(footprint)
        totals[footprint.exchange].add(footprint)
        if footprint.source_id:
            sources[footprint.source_id].append(each.id)
    grow((len(categories) + sum(each.count for each in totals.values())) * PRODUCT_BYTES)
    repeats = tuple(
        SourceRepeat(source, tuple(ids)) for source, ids in sources.items() if len(ids) > 1
    )
    return ProductTotals(
        day,
        len(categories),
        tuple(row.told(*key) for key, row in sorted(rows.items())),
        tuple(row.told(exchange, "") for exchange, row in sorted(totals.items())),
        tuple(ProgrammeRow(name, count) for name, count in sorted(programmes.items())),
        tuple(_material(name, those) for name, those in sorted(materials.items())),
        _packaging(packaging),
        repeats,
        tuple(_notices(totals, repeats)),
    )


def _material(name: str, masses: list[tuple[Fraction, Fraction]]) -> MaterialRow:
    mass = sum((each for each, _ in masses), Fraction(0))
    recycled = sum((each for _, each in masses), Fraction(0))
    return MaterialRow(
        name,
        len(masses),
        decimal_of(mass),
        decimal_of(recycled),
        share_percent(recycled, mass),
    )


def _packaging(packaging: Iterable[Statement]) -> tuple[PackagingRow, ...]:
    avoided: defaultdict[str, Fraction] = defaultdict(Fraction)
    for each in packaging:
        says: Packaging = each.body
        avoided[says.year_start] += Fraction(says.avoided_kg)
    return tuple(PackagingRow(year, decimal_of(mass)) for year, mass in sorted(avoided.items()))


def _notices(totals: dict[Exchange, _Row], repeats: tuple[SourceRepeat, ...]) -> Iterable[str]:
    unparted = sum(each.unparted for each in totals.values())
    if unparted:
        yield f"{unparted} footprints do not say what is in use: they are in the totals alone"
    for each in repeats:
        yield (
            f"the footprints {', '.join(each.footprints)} have the same source "
            f"{each.source_id}: all are in the sums; withdraw what stands there twice"
        )

"""On what kind of evidence scope 3 rests: suppliers' own data, means of industries, or money.

    scope 3 = supplier_verified + supplier_specific + average_data + spend_based

in each category, to the last of 18 places. Of a posting, the first that holds is its kind:

- its activity is a product of a maker (`product.MAKER.ID`), or its factor is of the stage
  `supplier` or `contract`: the supplier's own; verified where the maker is in the register, with
  evidence of `verified_data` that counts on the day;
- its record states money: by spend, whatever factor or rate follows;
- else it is an amount times a mean.

Source: GHG Protocol, Technical Guidance for Calculating Scope 3 Emissions (2013), chapter 1;
Corporate Value Chain Standard (2011), chapter 11: the share of data obtained from suppliers is
reported.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.resolving.valuation import decimal_text, entry_worth
from tonne.catalogue.words import units
from tonne.errors import LedgerInconsistent
from tonne.quantities import ATTO_PER_ONE, quantity_decimal
from tonne.reports.hours.weighing import amount_of
from tonne.reports.indicators.energy import ids_of
from tonne.reports.indicators.worth import counted_entries
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import grouped_sums, inventory_of
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.request import is_within
from tonne.reports.inventory.selection import Selector
from tonne.reports.statements.numbers import people_text, share_percent
from tonne.reports.statements.sums import waiting_text
from tonne.reports.suppliers.coverage import NAMES_SHOWN
from tonne.statements.answers import Scope3Evidence, Scope3Part, Scope3Row
from tonne.statements.suppliers import Attribute, EvidenceKind
from tonne.text.words import activity_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.request import InventoryRequest
    from tonne.reports.inventory.selection import Selection
    from tonne.statements.statement import Statement

SCOPE3: Final = "scope3"

PARTS_MAX: Final = 1_000
"""Most parts of an answer."""

PART_BYTES: Final = 1_000
"""Memory of a part while they are made."""

KINDS: Final = tuple(each for each in EvidenceKind if each)

_SUPPLIERS_STAGES: Final = frozenset(("supplier", "contract"))


class Leaf(NamedTuple):
    """What has one kind, one factor and one activity; leaves are in this order."""

    category: str
    rank: int
    activity: str
    edition: str
    cell: str

    @property
    def kind(self) -> EvidenceKind:
        """On what it rests, by its rank."""
        return KINDS[self.rank]

    @property
    def maker(self) -> str:
        """The word of the maker in `product.MAKER.ID`, or nothing."""
        return maker_of(self.activity)


@dataclass(slots=True)
class Makers:
    """The suppliers of the register by the words that activities have for them.

    Parameters
    ----------
    by_id, by_name : mapping of str to set of str
        Ids of suppliers by the word of their id, and by that of their name.
    verified, expired : set of str
        Ids of suppliers with verified data on the day, and of those that had it before.
    """

    by_id: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_name: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    verified: set[str] = field(default_factory=set)
    expired: set[str] = field(default_factory=set)

    @classmethod
    def read(
        cls,
        suppliers: Iterable[Statement],
        evidence: Iterable[Statement],
        day: str,
        grow: Callable[[int], None],
    ) -> Makers:
        """Read what speaks of a day; `grow` is told the memory that suppliers take."""
        found = cls()
        for number, each in enumerate(suppliers, 1):
            found.by_id[activity_word(each.id)].add(each.id)
            found.by_name[activity_word(each.body.display_name)].add(each.id)
            grow(number * PART_BYTES)
        for each in evidence:
            if each.body.attribute is not Attribute.VERIFIED_DATA:
                continue
            if each.body.counts_on(day):
                found.verified.add(each.body.supplier)
            elif each.body.has_expired(day):
                found.expired.add(each.body.supplier)
        found.expired -= found.verified
        return found

    def those(self, word: str) -> set[str]:
        """Give the suppliers whose word it is: by their id, or else by their name."""
        return self.by_id.get(word) or self.by_name.get(word) or set()

    def find(self, word: str) -> str:
        """Give the one supplier whose word it is, or nothing."""
        those = self.those(word)
        return next(iter(those)) if len(those) == 1 else ""


def maker_of(activity: str) -> str:
    """Give the word of the maker of an activity `product.MAKER.ID`, or nothing."""
    names = ids_of(activity)
    words = names[0].split(".")
    return words[1] if words[0] == "product" and len(words) > 1 else ""


def scope3_evidence(  # noqa: PLR0917  what is recorded, what is stated, and what of both
    snapshot: Snapshot,
    request: InventoryRequest,
    makers: Makers,
    day: str,
    parts_max: int,
    hold: Hold,
) -> Scope3Evidence:
    """Tell on what scope 3 rests.

    Parameters
    ----------
    snapshot : Snapshot
    request : InventoryRequest
        Months, GWP set and approach, by activity and account of scope 3 alone.
    makers : Makers
        Of the day.
    day : str
        YYYY-MM-DD.
    parts_max : int
        Most parts that are listed.
    hold : Hold
        Grows with what is told apart.

    Raises
    ------
    SelectionMustFit, ReadsExhausted
        As an inventory does.
    LedgerInconsistent
        The parts are not the inventory's scope 3.
    """
    asked = request.under(snapshot.settings)
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    selector = Selector(snapshot.register, asked, snapshot.entities, meanings)
    gathering = Gathering(snapshot, selector, hold)
    chosen = gathering.select()
    whole = inventory_of(chosen, gathering.resolutions, asked, hold)
    leaves = _leaves(snapshot, chosen, gathering, asked, makers)
    hold.grow_to(hold.size_bytes + len(leaves) * PART_BYTES)
    total = sum(leaves.values(), Fraction(0))
    if decimal_text(total) != whole.total.kg_co2e:
        raise LedgerInconsistent(
            f"book {snapshot.book.id}: the parts of scope 3 are {decimal_text(total)} kg CO2e and "
            f"its inventory is {whole.total.kg_co2e}"
        )
    cut = cut_leaves(leaves)
    listed = sorted(cut, key=lambda leaf: (-cut[leaf], leaf))[: min(parts_max, PARTS_MAX)]
    return Scope3Evidence(
        day=day,
        kg_co2e=Decimal(whole.total.kg_co2e),
        rows=tuple(_rows(cut)),
        totals=tuple(_totals(cut)),
        parts=tuple(_part(leaf, cut[leaf], makers) for leaf in listed),
        omitted_count=len(cut) - len(listed),
        omitted_kg=quantity_decimal(sum(cut[leaf] for leaf in cut.keys() - set(listed))),
        gwp_set=whole.gwp_set,
        consolidation=whole.consolidation,
        notices=(
            *_notices(leaves, makers, day),
            *((waiting_text(whole.suspended_count),) if whole.suspended_count else ()),
        ),
    )


def _leaves(
    snapshot: Snapshot,
    chosen: Selection,
    gathering: Gathering,
    asked: InventoryRequest,
    makers: Makers,
) -> dict[Leaf, Fraction]:
    """Add up the kg CO2e of what has one kind, factor and activity; exact."""
    of_money = _of_money(snapshot, chosen)
    found: defaultdict[Leaf, Fraction] = defaultdict(Fraction)
    for (activity,), bucket, quantity_atto, weighted in grouped_sums(chosen, ["activity"]):
        portion = chosen.portions[bucket[1] if len(bucket) > 1 else 0]
        for account, entry, share in counted_entries(gathering.resolutions[bucket[0]], portion):
            if not is_within(account, SCOPE3):
                continue
            amount_atto: int | Fraction = quantity_atto
            if entry.hours is not None:
                amount_atto = amount_of(weighted, entry.hours)
            kind = kind_of(activity, entry.stage, makers, is_money=bucket[0] in of_money)
            category = ".".join(account.split(".")[:2])
            leaf = Leaf(category, KINDS.index(kind), activity, entry.edition, entry.cell)
            worth = entry_worth(entry, asked.gwp_set).kg_co2e
            found[leaf] += worth * share * amount_atto / ATTO_PER_ONE
    return dict(found)


def _of_money(snapshot: Snapshot, chosen: Selection) -> set[str]:
    """Give the resolutions of records that state money."""
    pairs = chosen.posted.select("resolution", "unit").unique()
    found = set()
    for resolution, text in pairs.iter_rows():
        unit = units.find(snapshot.texts.unit_of(text))
        if unit is not None and units.currency(unit):
            found.add(str(resolution))
    return found


def kind_of(activity: str, stage: str, makers: Makers, *, is_money: bool) -> EvidenceKind:
    """Say on which kind of evidence a posting rests under a factor of a stage."""
    if ids_of(activity)[-1] == "product":
        supplier = makers.find(maker_of(activity))
        is_verified = supplier in makers.verified
        return EvidenceKind.SUPPLIER_VERIFIED if is_verified else EvidenceKind.SUPPLIER_SPECIFIC
    if stage in _SUPPLIERS_STAGES:
        return EvidenceKind.SUPPLIER_SPECIFIC
    return EvidenceKind.SPEND_BASED if is_money else EvidenceKind.AVERAGE_DATA


def cut_leaves(leaves: Mapping[Leaf, Fraction]) -> dict[Leaf, int]:
    """Write leaves as whole numbers of 10^-18 kg that add up to their sum as it is written.

    What the first of them have together is rounded, and a leaf is the difference of two such
    sums: none is off by a last place or more.
    """
    cut, exact, before = {}, Fraction(0), 0
    for leaf in sorted(leaves):
        exact += leaves[leaf]
        up_to_here = round(exact * ATTO_PER_ONE)  # half-even, as decimals are written
        cut[leaf] = up_to_here - before
        before = up_to_here
    return cut


def _rows(cut: Mapping[Leaf, int]) -> Iterator[Scope3Row]:
    cells: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for leaf, atto in cut.items():
        cells[leaf.category][leaf.rank] += atto
    for category, by_rank in sorted(cells.items()):
        for rank, atto in sorted(by_rank.items()):
            yield _row(category, KINDS[rank], atto, by_rank.total())


def _totals(cut: Mapping[Leaf, int]) -> Iterator[Scope3Row]:
    whole = sum(cut.values())
    for kind in KINDS:
        atto = sum(atto for leaf, atto in cut.items() if leaf.kind is kind)
        yield _row("", kind, atto, whole)


def _row(category: str, kind: EvidenceKind, atto: int, whole: int) -> Scope3Row:
    return Scope3Row(
        category, kind, quantity_decimal(atto), share_percent(Fraction(atto), Fraction(whole))
    )


def _part(leaf: Leaf, atto: int, makers: Makers) -> Scope3Part:
    return Scope3Part(
        leaf.category,
        leaf.kind,
        leaf.activity,
        makers.find(leaf.maker),
        leaf.edition,
        leaf.cell,
        quantity_decimal(atto),
    )


def _notices(leaves: Mapping[Leaf, Fraction], makers: Makers, day: str) -> Iterator[str]:
    words = sorted({leaf.maker for leaf in leaves if leaf.maker})
    unknown = [word for word in words if not makers.those(word)]
    if unknown:
        yield (
            f"{_named(unknown)}: makers of products that are not in the register; they count as "
            "not verified: `tonne supplier add` with this word as the id or the name"
        )
    several = [word for word in words if len(makers.those(word)) > 1]
    if several:
        yield (
            f"{_named(several)}: several suppliers have this word for their id or name; none is "
            "taken, and they count as not verified: withdraw one, or give them other ids"
        )
    expired = [each for word in words if (each := makers.find(word)) in makers.expired]
    if expired:
        yield (
            f"{_named(expired)}: the evidence of verified data no longer counts on {day}; they "
            "count as not verified: state newer evidence"
        )
    nameless = {leaf: kg for leaf, kg in leaves.items() if _is_nameless(leaf)}
    if nameless:
        yield (
            f"{_kg(nameless.values())} kg CO2e rest on suppliers' factors that name no supplier "
            "of the register; they count as not verified"
        )
    own = {leaf: kg for leaf, kg in leaves.items() if leaf.rank >= _MEANS and _is_own(leaf)}
    if own:
        editions = sorted({leaf.edition for leaf in own})
        yield (
            f"{_kg(own.values())} kg CO2e rest on factors of the book's own editions "
            f"({_named(editions)}), which are taken for means: a supplier's is of an activity "
            "product.MAKER.ID, or of the stage supplier"
        )


_MEANS: Final = KINDS.index(EvidenceKind.AVERAGE_DATA)


def _is_nameless(leaf: Leaf) -> bool:
    return leaf.kind is EvidenceKind.SUPPLIER_SPECIFIC and not leaf.maker


def _is_own(leaf: Leaf) -> bool:
    return bool(leaf.edition) and leaf.edition not in shipped_editions()


def _kg(masses: Iterable[Fraction]) -> str:
    return people_text(sum(masses, Fraction(0)))


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more

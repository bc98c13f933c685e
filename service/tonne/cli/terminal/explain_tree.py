"""A number as a tree: account, factor, balances, records. Long lists are folded."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from tonne.catalogue.resolving.valuation import TEXT_PLACES_MAX, exact_text
from tonne.cli.terminal.output import counted, shown
from tonne.client.wire.resources import last_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.client import InventoryRow
    from tonne.client.answers.explain_results import ExplainLine, ExplainRecord, ExplainReplay
    from tonne.client.answers.factors import Factor

PLACES_MAX = 6
"""Decimal places that a tree shows of what is not small; JSON has all digits."""

PRINTED_PLACES_MAX = 24
"""Decimal places of a factor, all of which a tree shows: an edition takes no more."""

DIGITS_MIN = 4
"""Digits that a tree shows of what is small."""

TIMES, ABOUT = "\N{MULTIPLICATION SIGN}", "\N{ALMOST EQUAL TO}"

ID_CHARS = 8
"""Characters of the id of a segment or a resolution that tell it from the others."""


@dataclass(slots=True)
class FactorNode:
    """Balances under one factor: the first ones, and how many there are."""

    first: ExplainLine
    balances: list[ExplainLine] = field(default_factory=list)
    balance_count: int = 0
    kg_co2e: Fraction = Fraction(0)
    amount: Fraction | None = None

    @property
    def amount_unit(self) -> str:
        """Unit of the amount: that of all balances under one factor."""
        return self.first.amount_unit

    def rest(self) -> FactorNode:
        """Give what the balances that are not kept add up to."""
        kg_co2e = self.kg_co2e - sum((each.kg_co2e for each in self.balances), Fraction(0))
        amount = self.amount
        if amount is not None:
            amount -= sum((each.amount or Fraction(0) for each in self.balances), Fraction(0))
        return FactorNode(self.first, kg_co2e=kg_co2e, amount=amount)


class ExplainTree:
    """Gathers the parts of an explanation as they come, and keeps no more than it shows.

    Parameters
    ----------
    lines_max : int
        Most balances that are shown of a factor.
    """

    def __init__(self, lines_max: int) -> None:
        self._lines_max = lines_max
        self._accounts: dict[str, dict[tuple[object, ...], FactorNode]] = {}
        self._records: list[ExplainRecord] = []
        self._replay: ExplainReplay | None = None

    def add_line(self, line: ExplainLine) -> None:
        """Take a line in."""
        key = (line.stage, line.factor.name, line.resolution, line.steps)
        factors = self._accounts.setdefault(line.account, {})
        node = factors.setdefault(key, FactorNode(line))
        node.balance_count += 1
        node.kg_co2e += line.kg_co2e
        if line.amount is not None:
            node.amount = (node.amount or Fraction(0)) + line.amount
        if len(node.balances) < self._lines_max:
            node.balances.append(line)

    def add_record(self, record: ExplainRecord) -> None:
        """Take a record in."""
        self._records.append(record)

    def add_replay(self, replay: ExplainReplay) -> None:
        """Take the replay in."""
        self._replay = replay

    def render(self, title: str, total: InventoryRow) -> Tree:
        """Make the tree of all that came."""
        records = counted(total.record_count, "record")
        tree = Tree(_label(f"{number(Fraction(total.kg_co2e))} kg CO2e", f"{records}, {title}"))
        self.hang_on(tree)
        return tree

    def hang_on(self, tree: Tree) -> None:
        """Add what came to a tree: accounts, records, the replay."""
        for account, factors in self._accounts.items():
            branch = tree.add(_label(account, worth_text(factors.values())))
            for node in factors.values():
                self._add_factor(branch, node)
        if self._records:
            branch = tree.add(_label("records", f"{len(self._records):,} shown"))
            for record in self._records:
                branch.add(shown(record_text(record)))
        if self._replay is not None:
            _add_replay(tree, self._replay)

    def _add_factor(self, branch: Tree, node: FactorNode) -> None:
        label = Text("\n").join(shown(text, style) for text, style in factor_texts(node.first))
        leaf = branch.add(label)
        for line in node.balances:
            leaf.add(shown(balance_text(line)))
        more = node.balance_count - len(node.balances)
        if more:
            rest = worth_text([node.rest()])
            leaf.add(Text(f"... {more:,} more, {rest} (--lines N shows more)", "dim"))


def number(value: Fraction) -> str:
    """Write a number for people: exact where it has few places, else marked as rounded."""
    text = exact_text(value)
    places = len(text.partition(".")[2])
    if "/" in text or places > PLACES_MAX:
        # What is less than one has its first digits after the zeros.
        shown = PLACES_MAX
        while (
            value and abs(value) * 10**shown < 10 ** (DIGITS_MIN - 1) and shown < TEXT_PLACES_MAX
        ):
            shown += 1
        rounded = exact_text(round(value, shown))
        text = rounded if Fraction(rounded) == value else f"{ABOUT}{rounded}"
    sign = text[: len(text) - len(text.lstrip(f"{ABOUT}-"))]
    whole, point, decimals = text[len(sign) :].partition(".")
    return f"{sign}{int(whole):,}{point}{decimals}"


def printed(value: Fraction) -> str:
    """Write what a publisher printed: all its digits, where it ends within those of a factor."""
    text = exact_text(value)
    places = len(text.partition(".")[2])
    return number(value) if "/" in text or places > PRINTED_PLACES_MAX else text


def factor_texts(line: ExplainLine) -> Iterator[tuple[str, str]]:
    """Tell what a factor is, where it is from, and what leads to it: texts with their styles."""
    factor = line.factor
    what = ", ".join(
        text for text in (factor.activity or line.activity, factor.region, line.stage) if text
    )
    if line.amount is not None:
        yield f"{what}: {line.amount_unit}, no emission", ""
    per_unit = printed(kg_per_unit(line))
    unit = f" per {factor.unit}" if factor.unit else ""
    if line.amount is None:
        yield f"{what}: {per_unit} kg CO2e{unit} ({line.basis})", ""
    yield source_text(factor), "dim"
    version = f", method version {line.method_version}" if line.method_version else ""
    yield f"resolution {line.resolution[:ID_CHARS]}{version}", "dim"
    gases = [
        f"{gas.gas} {printed(gas.kg_per_unit)} kg"
        + ("" if gas.gwp is None else f" {TIMES} {gas.gwp:f}")
        for gas in line.gases
        if gas.kg_per_unit
    ]
    if gases:
        yield " + ".join(gases), "dim"
    for step in line.steps:
        yield f"{TIMES} {number(step.ratio)}: {step.text}", "dim"
    for notice in line.notices:
        yield f"! {notice}", "yellow"


def source_text(factor: Factor) -> str:
    """Tell where a factor was published."""
    if not factor.name:
        return "computed from the record alone"
    edition = factor.name.split("/")[-3]
    place = f"{edition}, row {last_id(factor.name)}"
    printed = ", ".join(text for text in (factor.source, factor.table, factor.row) if text)
    licence = f" ({factor.licence})" if factor.licence else ""
    note = f"; {factor.note}" if factor.note else ""
    return f"{place}: {printed}{licence}{note}"


def kg_per_unit(line: ExplainLine) -> Fraction:
    """Give the kg CO2e that one unit of the factor counts."""
    units = Fraction(line.quantity) * _ratio(line) * line.share
    if units:
        return line.kg_co2e / units
    if any(gas.gwp is not None for gas in line.gases):
        return sum((gas.kg_per_unit * Fraction(gas.gwp or 0) for gas in line.gases), Fraction(0))
    return Fraction(line.factor.kg_co2e or 0)


def balance_text(line: ExplainLine) -> str:
    """Write a balance as its multiplication."""
    days = line.period
    if line.slice_start:
        last = dt.date.fromisoformat(line.slice_end) - dt.timedelta(days=1)
        days = f"{line.slice_start} to {last}"
    if line.counted_period not in {"", line.period}:
        days += f" (counts in {line.counted_period})"
    place = ", ".join(text for text in (line.facility, line.region, days) if text)
    product = f"{number(Fraction(line.quantity))} {line.unit}"
    ratio = _ratio(line)
    if ratio != 1:
        product += f" {TIMES} {number(ratio)}"
    if line.amount is None:
        product += f" {TIMES} {number(kg_per_unit(line))}"
    if line.share != 1:
        product += f" {TIMES} {number(line.share)} share"
    records = counted(line.record_count, "record")
    return f"{place}: {product} = {worth_text([line])}, {records}"


def worth_text(lines: Iterable[ExplainLine | FactorNode]) -> str:
    """Write what lines of one account add up to: their amounts, or their mass."""
    kg_co2e, amounts = Fraction(0), defaultdict[str, Fraction](Fraction)
    for line in lines:
        kg_co2e += line.kg_co2e
        if line.amount is not None:
            amounts[line.amount_unit] += line.amount
    if not amounts:
        return f"{number(kg_co2e)} kg CO2e"
    return ", ".join(f"{number(amount)} {unit}" for unit, amount in amounts.items())


def record_text(item: ExplainRecord) -> str:
    """Write a record with its place and its parts."""
    record, place = item.record.record, item.record
    source = "/".join(place.channel.split("/")[2:])
    what = [record["record_id"], record["facility"], record["activity"]]
    quantity = number(Fraction(str(record["quantity"])))
    start, end = f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}"
    parts = ", ".join(f"{month}: {number(Fraction(part))}" for month, part in item.parts.items())
    text = ", ".join(str(each) for each in what if each)
    return (
        f"{source} at {place.offset}, segment {place.segment[:ID_CHARS]}: {text}, "
        f"{quantity} {record['unit']} from {start} to {end} ({parts})"
    )


def _ratio(line: ExplainLine) -> Fraction:
    return math.prod((step.ratio for step in line.steps), start=Fraction(1))


def _add_replay(tree: Tree, replay: ExplainReplay) -> None:
    found = "agrees" if replay.agrees else "does not agree"
    read = (
        f"{counted(replay.record_count, 'record')} of {counted(replay.segment_count, 'segment')}"
    )
    branch = tree.add(
        _label(f"replay {found}", f"{number(Fraction(replay.kg_co2e))} kg CO2e from {read}")
    )
    for difference in replay.differences:
        branch.add(shown(difference, "red"))


def _label(title: str, rest: str) -> Text:
    return Text.assemble(shown(title, "bold"), "  ", shown(rest))

"""A number taken apart: its balances under each factor, the factor's source, records, a replay."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.client import ExplainLine, ExplainRecord, ExplainReplay
from tonne.client.wire.resources import source_of
from tonne.console.pages.factors import factor_link, figure_of, source_cell
from tonne.console.pages.overview import SCOPES
from tonne.console.parts import numbers
from tonne.console.parts.asking import together
from tonne.console.parts.blocks import (
    Command,
    Commands,
    Facts,
    Head,
    Heading,
    Lines,
    Links,
    Number,
    Page,
    Source,
    Table,
    Text,
    Tile,
    Tiles,
)
from tonne.console.parts.record_rows import record_cells, records_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tonne.client import Inventory, InventoryRow
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.parts.selecting import Chosen
    from tonne.console.visits import Visit

LINES_READ_MAX = 5_000
"""Balances that a page reads; a larger selection is narrowed first."""

LINES_SHOWN = 12
"""Balances that a page shows of each factor, the largest first."""

RECORDS_SHOWN = 20

RECORDS_MAX = 500

NARROW_MAX = 12
"""Parts of a selection that are offered to go on with."""


def explain(visit: Visit) -> Page:
    """Take the total of a selection apart."""
    say, chosen = visit.say, visit.chosen()
    whole = visit.client.inventory(visit.book, **chosen.asked())
    # All that follows is of one moment, whatever comes in meanwhile.
    fixed = chosen if whole.moment is None else replace(chosen, as_of=str(whole.moment.commit))
    records_max = visit.number("records", 0, RECORDS_MAX)
    replays = visit.given("replay", ("1",)) == "1"
    with together() as questions:
        reading = questions.submit(_read, visit, fixed, records_max=records_max, replays=replays)
        # Of one balance there are no parts, but nobody knows that before it was read.
        parts = {
            each: questions.submit(_rows_by, visit, fixed, each)
            for each in ("account", "period")
            if not _is_one(fixed, each)
        }
        lines, records, replay, is_whole = reading.result()
        # Facilities are offered where they are few enough to be sorted.
        if is_whole and len(lines) > 1 and not _is_one(fixed, "facility"):
            parts["facility"] = questions.submit(_rows_by, visit, fixed, "facility")
    blocks: list[Block] = [_tiles(visit, chosen, whole), _facts(visit, chosen, whole)]
    if replay is not None:
        blocks.append(_replayed(visit, replay))
    if not is_whole:
        text = say(
            "This number has more balances than a page reads: these are the first {count}. "
            "Choose a part of it below.",
            count=f"{LINES_READ_MAX:,}",
        )
        blocks.append(Lines([text], "warning"))
    if len(lines) > 1:
        found = {each: parts[each].result() for each in PARTS if each in parts}
        blocks += _parts(visit, fixed, found)
    blocks.append(Heading(say("Factors and balances"), say("From the record's unit to kg CO2e.")))
    blocks += _sources(visit, lines)
    if records:
        blocks.append(_records(visit, records))
    blocks.append(_further(visit, chosen, records_max))
    blocks.append(_commands(visit, fixed))
    return Page(say("How this number comes about"), blocks, _title(visit, chosen), "explain")


def _read(
    visit: Visit, chosen: Chosen, *, records_max: int, replays: bool
) -> tuple[list[ExplainLine], list[ExplainRecord], ExplainReplay | None, bool]:
    lines: list[ExplainLine] = []
    records: list[ExplainRecord] = []
    replay = None
    parts = visit.client.explain(
        visit.book, records_max=records_max, replay=replays, **chosen.asked()
    )
    for part in parts:
        if isinstance(part, ExplainLine):
            if len(lines) == LINES_READ_MAX:
                return lines, records, replay, False
            lines.append(part)
        elif isinstance(part, ExplainRecord):
            records.append(part)
        elif isinstance(part, ExplainReplay):
            replay = part
    return lines, records, replay, True


def _title(visit: Visit, chosen: Chosen) -> str:
    say = visit.say
    accounts = [say(SCOPES.get(each) or ACCOUNTS.get(each, each)) for each in chosen.accounts]
    months = [each for each in (chosen.from_period, chosen.to_period) if each]
    parts = [
        ", ".join(accounts) or say("All emissions"),
        ", ".join(chosen.facilities),
        ", ".join(chosen.activities),
        ", ".join(chosen.regions),
        " – ".join(dict.fromkeys(months)) or say("all months"),
    ]
    return " · ".join(filter(None, parts))


def _tiles(visit: Visit, chosen: Chosen, whole: Inventory) -> Tiles:
    say, total = visit.say, whole.total
    tiles = []
    if total.record_count and (total.kg_co2e or not total.amounts):
        places = 3 if abs(total.kg_co2e) < numbers.SMALL * numbers.KG_PER_T else 1
        shown = numbers.mass(total.kg_co2e, places)
        exact = f"{numbers.digits(total.kg_co2e)} kg CO2e"
        tiles.append(
            Tile(say("Emissions"), Number(shown.shown), numbers.MASS_UNIT, exact, "first")
        )
    if total.energy_kwh is not None and any(each.startswith("memo") for each in chosen.accounts):
        shown = numbers.amount(total.energy_kwh)
        tiles.append(Tile(say("Energy"), Number(shown.shown), "kWh", shown.exact))
    tiles += [
        Tile(
            say(ACCOUNTS.get(each.account, each.account)),
            Number(numbers.amount(each.amount).shown),
            each.unit,
            numbers.digits(each.amount),
        )
        for each in total.amounts
    ]
    tiles.append(Tile(say("Records"), numbers.count(total.record_count)))
    return Tiles(say("The number"), tiles)


def _facts(visit: Visit, chosen: Chosen, whole: Inventory) -> Facts:
    say = visit.say
    pairs: list[tuple[str, Cell]] = [
        (say("Accounts"), Text(", ".join(chosen.accounts) or say("scopes 1, 2 by location, 3"))),
        (say("GWP set"), Text(whole.gwp_set)),
        (say("Consolidation"), Text(say(whole.consolidation.replace("-", " ")))),
    ]
    if whole.moment is not None:
        moment = whole.moment
        time = f"{moment.time:%Y-%m-%d %H:%M}"
        text = say("commit {commit}, {time} UTC", commit=moment.commit, time=time)
        pairs.append((say("As of"), Text(text)))
    return Facts(pairs)


def _replayed(visit: Visit, replay: ExplainReplay) -> Lines:
    say = visit.say
    told = say(
        "{kg} kg CO2e from {records} records of {segments} segments",
        kg=numbers.digits(replay.kg_co2e),
        records=f"{replay.record_count:,}",
        segments=f"{replay.segment_count:,}",
    )
    if replay.agrees:
        return Lines([say("The replay agrees: {told}.", told=told)], "good")
    differences = [say("The replay does NOT agree: {told}.", told=told), *replay.differences]
    return Lines(differences, "warning")


PARTS = ("account", "facility", "period")
"""What parts of a selection are offered by."""


def _parts(
    visit: Visit, chosen: Chosen, rows: Mapping[str, list[InventoryRow]]
) -> Iterator[Table]:
    """Offer the parts of a selection by what still tells them apart, as the API has them."""
    say = visit.say
    for dimension, given in rows.items():
        first = given
        if dimension == "account" and not chosen.accounts:
            first = [row for row in given if row.group["account"] in _SUMMED_LEAVES]
        if len(first) < 2:  # noqa: PLR2004  # one part is the whole
            continue
        if dimension != "period":
            first = sorted(first, key=lambda row: -row.kg_co2e)
        places = numbers.mass_places(row.kg_co2e for row in first)
        cells = [
            (
                _part_name(visit, dimension, row.group[dimension]),
                numbers.mass(row.kg_co2e, places, visit.explain(chosen.narrowed(row.group))),
            )
            for row in first[:NARROW_MAX]
        ]
        left = len(first) - len(cells)
        yield Table(
            say("By " + dimension),
            (Head(say(dimension.capitalize())), Head(numbers.MASS_UNIT, is_number=True)),
            cells,
            note=say("{count} others: the inventory has them.", count=f"{left:,}") if left else "",
            look="part",
        )


def _rows_by(visit: Visit, chosen: Chosen, dimension: str) -> list[InventoryRow]:
    return list(visit.client.inventory_rows(visit.book, by=dimension, **chosen.asked()))


_SUMMED_LEAVES = frozenset(
    each for each in ACCOUNTS if each.startswith(("scope1", "scope2.location", "scope3"))
)
"""Accounts that a total sums where nobody names any."""


def _is_one(chosen: Chosen, dimension: str) -> bool:
    if dimension == "period":
        return bool(chosen.from_period) and chosen.from_period == chosen.to_period
    return dimension == "facility" and len(chosen.facilities) == 1


def _part_name(visit: Visit, dimension: str, value: str) -> Text:
    if dimension == "account":
        return Text(visit.say(ACCOUNTS.get(value, value)), below=value)
    return Text(value or "–")


def _sources(visit: Visit, lines: list[ExplainLine]) -> Iterable[Source]:
    """Give each factor with its balances, those with the most emissions first."""
    groups: dict[tuple[str, str, str], list[ExplainLine]] = {}
    for line in lines:
        groups.setdefault((line.factor.name, line.account, line.activity), []).append(line)
    for those in sorted(groups.values(), key=lambda each: -max(abs(x.kg_co2e) for x in each)):
        those.sort(key=lambda line: -abs(line.kg_co2e))
        first = those[0]
        factor = first.factor
        notices = list(dict.fromkeys(text for line in those for text in line.notices))
        names = filter(None, (factor.activity, factor.region, factor.stage))
        title = f"{' · '.join(names)} → {first.account}"
        yield Source(
            title,
            figure_of(factor),
            source_cell(visit, factor),
            factor.source,
            factor.licence,
            factor_link(visit, factor.name),
            [f"{step.text} (× {numbers.short(step.ratio)})" for step in first.steps],
            _balances(visit, title, those),
            notices,
        )


def _balances(visit: Visit, title: str, lines: list[ExplainLine]) -> Table:
    say = visit.say
    shown = lines[:LINES_SHOWN]
    has_amounts = any(line.amount is not None for line in shown)
    has_shares = any(line.share != 1 for line in shown)
    heads = [
        Head(say("Facility")),
        Head(say("Month")),
        Head(say("Quantity"), is_number=True),
        Head(say("Unit")),
    ]
    if has_shares:
        heads.append(Head(say("Share"), is_number=True))
    heads.append(Head("kg CO2e", is_number=True))
    if has_amounts:
        heads.append(Head(say("Amount"), is_number=True))
    heads.append(Head(say("Records"), is_number=True))
    left = len(lines) - len(shown)
    return Table(
        f"{say('Balances')}: {title}",
        heads,
        [_balance(line, has_shares=has_shares, has_amounts=has_amounts) for line in shown],
        note=say(
            "{count} further balances of this factor were read, all smaller.", count=f"{left:,}"
        )
        if left
        else "",
    )


def _balance(line: ExplainLine, *, has_shares: bool, has_amounts: bool) -> list[Cell]:
    days = f"{line.slice_start} – {line.slice_end}" if line.slice_start else ""
    if line.counted_period not in {"", line.period}:
        days = f"{days} → {line.counted_period}".strip()
    cells: list[Cell] = [
        Text(line.facility or "–"),
        Text(line.period, below=days),
        Number(numbers.short(line.quantity), f"{numbers.digits(line.quantity)} {line.unit}"),
        Text(line.unit),
    ]
    if has_shares:
        cells.append(numbers.percent(line.share * 100))
    cells.append(Number(numbers.short(line.kg_co2e), f"{numbers.digits(line.kg_co2e)} kg CO2e"))
    if has_amounts:
        amount = line.amount if line.amount is not None else Fraction(0)
        cells.append(
            Number(
                f"{numbers.short(amount)} {line.amount_unit}",
                f"{numbers.digits(amount)} {line.amount_unit}",
            )
        )
    cells.append(numbers.count(line.record_count))
    return cells


def _records(visit: Visit, records: list[ExplainRecord]) -> Table:
    say = visit.say
    rows = []
    for each in records:
        found = each.record
        parts = ", ".join(f"{month}: {numbers.digits(part)}" for month, part in each.parts.items())
        rows.append(
            record_cells(
                found.record,
                found.channel,
                found.offset,
                parts=parts,
                href=visit.link("records", source=source_of(found.channel), offset=found.offset),
                segment=found.segment[:8],
            )
        )
    note = say("The first {count} records of this number.", count=len(rows))
    return records_table(say, rows, note=note)


def _further(visit: Visit, chosen: Chosen, records_max: int) -> Links:
    say = visit.say
    more = min(records_max * 5 or RECORDS_SHOWN, RECORDS_MAX)
    query = chosen.query()
    return Links(
        say("Further"),
        [
            Text(say("Show records"), visit.link("explain", **query, records=more)),
            Text(say("Replay from the files"), visit.link("explain", **query, replay=1)),
            Text(say("As an inventory"), visit.link("inventory", by="account", **query)),
        ],
    )


def _commands(visit: Visit, chosen: Chosen) -> Commands:
    say = visit.say
    words = chosen.command(visit.book, "explain")
    return Commands(
        say("The same in a terminal"),
        [
            Command(words),
            Command(f"{words} --records 20 --replay", say("With records, and replayed")),
        ],
    )

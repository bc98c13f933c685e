"""What an action changes: kg CO2e before and after, as the API estimates or tells it."""

from __future__ import annotations

import shlex
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.console.parts import numbers
from tonne.console.parts.blocks import Head, Number, Table, Text
from tonne.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from tonne.client import Estimate
    from tonne.console.parts.blocks import Cell
    from tonne.console.visits import Visit

ESTIMATED_MAX = 500
"""Records that a page has estimated."""

Kg = Fraction | None
"""kg CO2e; None where nobody can tell."""

NOTHING = Fraction(0)
"""kg CO2e of what is not posted."""


def words(visit: Visit, *parts: str) -> str:
    """Write a command about the book, as a shell reads it."""
    return shlex.join(["tonne", *parts, "--book", visit.book])


def estimate(visit: Visit, records: Sequence[Mapping[str, object]]) -> tuple[list[Kg], str]:
    """Estimate what each record adds to the total, under the rules of today.

    Returns
    -------
    tuple of list and str
        kg CO2e of each, None where it is not posted; and what is said of those that are not.
    """
    try:
        found = visit.client.estimate(records, book=visit.book, each_record=True)
    except InputError as error:
        return [None for _ in records], error.message
    return [each.kg_co2e for each in found.records], remarks(found)


def remarks(found: Estimate) -> str:
    """Say of records that would not be posted why not."""
    return " ".join(dict.fromkeys(each.message for each in found.row_errors))


def effect(
    visit: Visit, rows: Sequence[tuple[Text, Kg, Kg]], note: str, *, title: str = ""
) -> Table:
    """Make the table of what changes: what, kg CO2e before, after, and their difference.

    A value that is None cannot be told, and neither can its difference.
    """
    say = visit.say
    made: list[tuple[Cell, ...]] = []
    for what, before, after in rows:
        change = None if before is None or after is None else after - before
        made.append((what, _kg(visit, before), _kg(visit, after), _kg(visit, change, sign=True)))
    heads = [
        Head(say("What")),
        Head(say("Now"), "kg CO2e", is_number=True),
        Head(say("Then"), "kg CO2e", is_number=True),
        Head(say("Change"), "kg CO2e", is_number=True),
    ]
    return Table(title or say("What it changes"), heads, made, note=note)


def _kg(visit: Visit, value: Kg | Decimal, *, sign: bool = False) -> Number:
    if value is None:
        return Number(visit.say("cannot be told"))
    shown = numbers.exactly(value)
    if sign and value > 0:
        return Number(f"+{shown.shown}", shown.exact)
    return shown


def by_today(visit: Visit) -> str:
    """Say what an estimate of records that are posted rests on."""
    return visit.say(
        "Estimated under the method, the register and the factors of today: scopes 1, 2 by "
        "location and 3. What is taken back is what was posted, to the last digit."
    )

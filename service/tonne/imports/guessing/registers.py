"""Whether quantities count up, as a meter's register does: then no one of them was used."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.imports.guessing import clues
from tonne.imports.guessing.tables import COLUMNS_MAX
from tonne.imports.sources.tables import column_key

if TYPE_CHECKING:
    from tonne.imports.guessing.draft import Draft
    from tonne.imports.guessing.tables import Sample

ROWS_MIN = 4
"""Fewest numbers of one meter that show whether they count up."""

STEPS_MIN = 3
"""A register stands at more than so many of its mean steps."""

_NAME = re.compile(
    r"(?i)\b(?:readings?|registers?|index|counter|cumulative|cumul|stand|relevés?|lecturas?)\b"
    r"|zählerst[aä]nd|读数|抄表"
)


def ask(
    sample: Sample, places: dict[str, int], wide: list[int], kept: pl.Series, draft: Draft
) -> None:
    """Ask whether the quantities are readings, where their name or their course says so."""
    names = [sample.header[places["quantity"]]] if "quantity" in places else []
    shown = next((name for name in names if _NAME.search(name)), "")
    if shown:
        clue = f"its name is {shown!r}"
    elif _counts_up(_courses(sample, places, wide, kept)):
        clue = "its values never fall"
    else:
        return
    draft.put_open(
        "registers",
        "readings",
        "used",
        asked=f"does the column of quantities count up (a meter's register; {clue}), or is it "
        "what was used? (used; or start or end: the column with the times of the readings, as the "
        "option --readings says)",
    )


def _courses(
    sample: Sample, places: dict[str, int], wide: list[int], kept: pl.Series
) -> list[list[Decimal]]:
    """List each meter's numbers in the order of their times; in a wide table each row's."""
    columns = wide or [places[name] for name in ("quantity",) if name in places]
    columns = [place for place in columns if place < COLUMNS_MAX]
    cells = _with_digits(sample.rows.filter(kept).select(map(column_key, columns)))
    texts = pl.concat([pl.Series(dtype=pl.String), *(cell.rename("") for cell in cells)])
    texts = texts.drop_nulls()
    forms = [] if sample.numbers_are_plain else clues.number_forms(texts)
    if not texts.len() or not (forms or sample.numbers_are_plain):
        return []
    numbers = iter(forms[0][1] if forms else texts)
    series = sample.series().filter(kept)
    times = _times(sample, places, kept)
    found: dict[object, list[tuple[int, Decimal]]] = defaultdict(list)
    for column, cell in enumerate(cells):
        for row, text in enumerate(cell):
            number = next(numbers) if text is not None else None
            if number is None or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", number):
                continue
            key, order = (row, column) if wide else (series[row], times[row])
            found[key].append((order, Decimal(number)))
    return [[number for _, number in sorted(each)] for each in found.values()]


def _with_digits(cells: pl.DataFrame) -> list[pl.Series]:
    """Take texts that may be numbers; the others are null."""
    return cells.select(pl.when(pl.all().str.contains("[0-9]")).then(pl.all())).get_columns()


def _times(sample: Sample, places: dict[str, int], kept: pl.Series) -> list[int]:
    """Give each row a number by its time; as it stands where no format reads these."""
    place = places.get("end", places.get("start"))
    if place is not None:
        texts = sample.column(place).filter(kept)
        formats = clues.date_formats(texts)
        if formats and not texts.null_count():
            return formats[0][1].rank("dense").to_list()
    return list(range(int(kept.sum())))


def _counts_up(courses: list[list[Decimal]]) -> bool:
    """Whether the numbers of most meters never fall, and stand above several of their steps."""
    long = [course for course in courses if len(course) >= ROWS_MIN]
    rising = [
        course
        for course in long
        if all(one <= other for one, other in itertools.pairwise(course))
        and course[0] < course[-1]
        # value > STEPS_MIN * mean step, the mean step being (last - first) / (count - 1)
        and course[0] * (len(course) - 1) > STEPS_MIN * (course[-1] - course[0])
    ]
    return 2 * len(rising) > len(long)

"""Indicators as texts: definitions, values, lines of months."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import exact_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from tonne.client.answers.steering.indicator_results import (
        Indicator,
        IndicatorTerm,
        IndicatorValue,
        IndicatorValues,
    )

BARS = "▁▂▃▄▅▆▇█"
"""Heights of a line of months, the lowest first."""

NO_BAR = "·"
"""A month without a value."""

MONTHS_SHOWN = 24
"""Months of a line, the last ones."""


def line_of(values: Sequence[Fraction | None]) -> str:
    """Draw values as bars between the least and the greatest one."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    steps = len(BARS) - 1
    bars = []
    for value in values:
        if value is None:
            bars.append(NO_BAR)
        elif high == low:
            bars.append(BARS[steps // 2])
        else:
            bars.append(BARS[round((value - low) / (high - low) * steps)])
    return "".join(bars)


def lines_of_months(months: Sequence[IndicatorValue]) -> dict[tuple[str, str], str]:
    """Draw the months of each indicator and place; nothing of a single month."""
    found: defaultdict[tuple[str, str], dict[str, Fraction | None]] = defaultdict(dict)
    for each in months:
        found[each.indicator, each.place][each.from_period] = each.exact
    periods = sorted({each.from_period for each in months})[-MONTHS_SHOWN:]
    if len(periods) < 2:  # noqa: PLR2004  # one month is no line
        return {}
    return {
        key: line
        for key, by_month in found.items()
        if (line := line_of([by_month.get(period) for period in periods]))
    }


def definition_row(one: Indicator) -> dict[str, object]:
    """Make the printed columns of a definition."""
    return {
        "id": one.id,
        "version": one.version,
        "title": one.title,
        "unit": "" if one.unit == "1" else one.unit,
        "better": "lower" if one.lower_is_better else "higher",
        "source": one.source,
        "numerator": side_text(one.numerator),
        "denominator": side_text(one.denominator),
        "times": exact_text(one.times),
        "low": "" if one.low is None else exact_text(one.low),
        "high": "" if one.high is None else exact_text(one.high),
        "note": one.note,
    }


def definition_document(one: Indicator) -> dict[str, object]:
    """Make the JSON document of a definition."""
    return {
        **definition_row(one),
        "unit": one.unit,
        "digits": one.digits,
        "by_site": one.by_site,
        "at_most": one.at_most,
        "grades": [{"grade": grade, "limit": exact_text(limit)} for grade, limit in one.grades],
        "grades_source": one.grades_source,
    }


def definition_lines(one: Indicator) -> list[tuple[str, str]]:
    """Say what a definition is, line by line."""
    bounds = [
        f"{word} {exact_text(value)}"
        for word, value in (("not below", one.low), ("not above", one.high))
        if value is not None
    ]
    if one.at_most:
        bounds.append(f"not above {one.at_most}")
    sign = "<=" if one.lower_is_better else ">="
    grades = ", ".join(f"{name}: {sign} {exact_text(limit)}" for name, limit in one.grades)
    times = "" if one.times == 1 else f"; the ratio times {exact_text(one.times)}"
    return [
        ("indicator", f"{one.id}, version {one.version}"),
        ("title", one.title),
        ("source", one.source),
        ("unit", (one.unit if one.unit != "1" else "a ratio") + times),
        ("numerator", side_text(one.numerator)),
        ("denominator", side_text(one.denominator)),
        ("better", "lower" if one.lower_is_better else "higher"),
        ("can be", ", ".join(bounds)),
        ("compared", "site by site" if one.by_site else "over all sites"),
        ("grades", f"{grades} ({one.grades_source})" if grades else ""),
        ("note", one.note),
    ]


def side_text(terms: Sequence[IndicatorTerm]) -> str:
    """Write a side of a ratio."""
    texts: list[str] = []
    for term in terms:
        unit = f"{term.unit} CO2e" if term.measure == "kg_co2e" else term.unit
        text = f"{unit} of {' + '.join(term.accounts)}"
        limits = [
            *(f"{each} alone" for each in term.activities),
            *(f"sites of type {each}" for each in term.facility_types),
            *term.sources,
        ]
        text += f" ({', '.join(limits)})" if limits else ""
        texts.append(f"- {text}" if term.taken_off else f"+ {text}" if texts else text)
    return " ".join(texts)


def value_row(each: IndicatorValue) -> dict[str, object]:
    """Make the printed columns of a value, exact."""
    return {
        "indicator": each.indicator,
        "version": each.version,
        "place": each.place,
        "from_period": each.from_period,
        "to_period": each.to_period,
        "value": each.value,
        "exact": "" if each.exact is None else exact_text(each.exact),
        "unit": each.unit,
        "numerator": exact_text(each.numerator),
        "denominator": exact_text(each.denominator),
        "grade": each.grade,
        "refusal": each.refusal,
        "message": each.message,
        "remarks": "; ".join(each.remarks),
    }


def values_document(found: IndicatorValues) -> Mapping[str, object]:
    """Make the JSON document of values."""
    return {
        "values": [{**value_row(each), "remarks": list(each.remarks)} for each in found.values],
        "notices": [
            {"reason": each.reason, "message": each.message, "indicators": list(each.indicators)}
            for each in found.notices
        ],
        "suspended_records": found.suspended_count,
        "quarantined_records": found.quarantined_count,
        "gwp_set": found.gwp_set,
        "consolidation": found.consolidation,
        "coal_set": found.coal_set,
        **(
            {"commit": found.moment.commit, "as_of_time": found.moment.time.isoformat()}
            if found.moment
            else {}
        ),
    }

"""What is told of a factor that serves: every way in which it is not exactly the record's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.resolving.resolution import (
    ACTIVITY_FALLBACK,
    CO2_ONLY,
    HOURS_MISSING,
    LIFE_CYCLE_AVERAGE,
    REGION_FALLBACK,
    REGION_PROXY,
    RESIDUAL_MIX_MISSING,
    YEAR_FALLBACK,
    YEAR_RULE,
    Notice,
)
from tonne.catalogue.words.regions import region_id
from tonne.catalogue.words.rules import LIFE_CYCLE, RULES
from tonne.model import day_of_number

if TYPE_CHECKING:
    from tonne.catalogue.resolving.choice import Pick


def notices_of(pick: Pick, region: str, activity: str, *, rule: str, is_own: bool) -> list[Notice]:
    """Tell every way in which a factor is not exactly that of a region and an activity.

    `rule`: name of the activity's rule; may be empty. `is_own`: whether the factor is of the
    activity itself, and not of a wider one.
    """
    candidate, factor = pick.candidate, pick.candidate.factor
    name = f"{factor.activity} ({factor.stage})" if factor.stage else factor.activity
    found = []
    if candidate.is_proxy:
        text = f"{name}: no factor of region {region!r}; took that of {factor.region!r}"
        found.append(Notice(REGION_PROXY, text))
    elif region_id(factor.region) != region and factor.stage != "release":
        which = f"of region {factor.region!r}" if factor.region else "that holds everywhere"
        text = f"{name}: no factor of region {region!r}; took the one {which}"
        found.append(Notice(REGION_FALLBACK, text))
    if pick.gap_months:
        first, last = (
            f"{day_of_number(each):%Y-%m}"
            for each in (candidate.first_day, candidate.stop_day - 1)
        )
        text = f"{name}: no set of the time; took the nearest one, of {first} to {last}"
        found.append(Notice(YEAR_FALLBACK, text))
    if pick.gap_text:
        text = f"{name}: the factor of edition {candidate.edition} {pick.gap_text}"
        found.append(Notice(YEAR_FALLBACK, text))
    if pick.rule_text:
        text = f"{name}: the factor of edition {candidate.edition} {pick.rule_text}"
        found.append(Notice(YEAR_RULE, text))
    if pick.hours_text:
        text = f"{name}: the factor of edition {candidate.edition} {pick.hours_text}"
        found.append(Notice(HOURS_MISSING, text))
    if not is_own:
        text = f"{activity}: no such factor of its own; took that of {name}"
        found.append(Notice(ACTIVITY_FALLBACK, text))
    if factor.gwp_set == "CO2" and factor.stage != "biogenic":
        text = f"{name}: the factor states CO2 alone; CH4 and N2O are not in it"
        found.append(Notice(CO2_ONLY, text))
    is_asked = all(leg.stages == LIFE_CYCLE for leg in RULES.get(rule, ()))
    if factor.stage in LIFE_CYCLE and not is_asked:
        text = (
            f"{factor.activity}: no factor of the generation alone is known of region "
            f"{region!r}; took the life-cycle average, which holds the upstream too: none is "
            "posted beside it"
        )
        found.append(Notice(LIFE_CYCLE_AVERAGE, text))
    return found


def residual_mix_missing(activity: str, region: str) -> Notice:
    """Tell that the grid's average counts where a residual mix should."""
    return Notice(
        RESIDUAL_MIX_MISSING,
        f"{activity}: no residual mix of region {region!r} is known; the grid's average counts "
        "in scope2.market, where others may count the same green power",
    )

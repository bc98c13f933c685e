"""What is told of a pick: every way in which its factor is not exactly the record's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.resolving.resolution import (
    ACTIVITY_FALLBACK,
    CO2_ONLY,
    LIFE_CYCLE_AVERAGE,
    REGION_FALLBACK,
    REGION_PROXY,
    YEAR_FALLBACK,
    YEAR_RULE,
    Notice,
)
from tonne.catalogue.words.regions import region_id
from tonne.catalogue.words.rules import LIFE_CYCLE, RULES
from tonne.model import month_of_period

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.candidates import Candidate, Pick


def notices_of(
    pick: Pick, *, region: str, rule: str, own_id_count: int, activity: str
) -> list[Notice]:
    """Tell how a factor differs from what was asked for.

    Parameters
    ----------
    pick : Pick
        The factor, and how it serves the month.
    region, activity : str
        Of the record.
    rule : str
        Name of the activity's rule; may be empty.
    own_id_count : int
        How many of the ids that were looked up mean the activity itself.
    """
    candidate, factor = pick.candidate, pick.candidate.factor
    name = f"{factor.activity} ({factor.stage})" if factor.stage else factor.activity
    found = [*_of_region(candidate, name, region)]
    if pick.gap_months:
        first, last = (
            month_of_period(candidate.first_period),
            month_of_period(candidate.stop_period - 1),
        )
        text = f"{name}: no set of the time; took the nearest one, of {first} to {last}"
        found.append(Notice(YEAR_FALLBACK, text))
    if pick.rule_text:
        text = f"{name}: the factor of edition {candidate.edition} {pick.rule_text}"
        found.append(Notice(YEAR_RULE, text))
    if candidate.id_distance >= own_id_count:
        text = f"{activity}: no such factor of its own; took that of {name}"
        found.append(Notice(ACTIVITY_FALLBACK, text))
    if factor.gwp_set == "CO2" and factor.stage != "biogenic":
        text = f"{name}: the factor states CO2 alone; CH4 and N2O are not in it"
        found.append(Notice(CO2_ONLY, text))
    return [*found, *_of_life_cycle(factor, rule, region)]


def _of_region(candidate: Candidate, name: str, region: str) -> Iterator[Notice]:
    """Tell that another region's or a wider region's factor was taken."""
    factor = candidate.factor
    if candidate.is_proxy:
        text = f"{name}: no factor of region {region!r}; took that of {factor.region!r}"
        yield Notice(REGION_PROXY, text)
    elif region_id(factor.region) != region and factor.stage != "release":
        which = f"of region {factor.region!r}" if factor.region else "that holds everywhere"
        text = f"{name}: no factor of region {region!r}; took the one {which}"
        yield Notice(REGION_FALLBACK, text)


def _of_life_cycle(factor: Factor, rule: str, region: str) -> Iterator[Notice]:
    """Tell that a figure holds the upstream too, where the rule asks for one that does not."""
    is_asked = all(leg.stages == LIFE_CYCLE for leg in RULES.get(rule, ()))
    if factor.stage in LIFE_CYCLE and not is_asked:
        text = (
            f"{factor.activity}: no factor of the generation alone is known of region "
            f"{region!r}; took the life-cycle average, which holds the upstream too: none is "
            "posted beside it"
        )
        yield Notice(LIFE_CYCLE_AVERAGE, text)

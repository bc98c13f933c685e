"""Regions: which region holds which, from a site to everywhere.

Hyphens say most of it (`US-WA-Seattle` lies in `US-WA`, in `US`); `shipped/regions.csv` says the
rest: the grid of a province, the other name of a country.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYWHERE = ""
"""The region of a factor that holds everywhere."""


@cache
def _parents() -> Mapping[str, str]:
    return {row["region"]: row["parent"] for row in read_table("regions.csv")}


@cache
def _names() -> Mapping[str, str]:
    return {row["region"]: row["name"] for row in read_table("regions.csv")}


def region_name(region: str) -> str:
    """Name of a region for people, or nothing where no table has it."""
    return _names().get(region, "")


def region_chain(region: str) -> tuple[str, ...]:
    """Regions that hold `region`, from itself to everywhere (`""`)."""
    parents = _parents()
    chain = [region]
    while chain[-1] != EVERYWHERE:
        last = chain[-1]
        chain.append(parents.get(last, last.rpartition("-")[0]))
    return tuple(chain)

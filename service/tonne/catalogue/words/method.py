"""A method: how a book turns activities into postings. Settings, checked, as canonical JSON.

A method never changes; a change is a new version, and a resolution names the version that made
it. The settings are those of the GHG Protocol's choices: which factors (`editions`), which
warming potentials (`gwp_set`, `blend_gwp`), which year's factors (`year_rule`), which losses
(`loss_convention`), whose emissions (`consolidation`).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from tonne.errors import FieldInvalid, LedgerInconsistent

if TYPE_CHECKING:
    from tonne.model import Book

GwpSet = Literal["AR4", "AR5", "AR6", "AR6-7SM7"]
BlendGwp = Literal["composition", "published"]
YearRule = Literal["month", "majority", "days"]
LossConvention = Literal["defra", "ghg-protocol", "ghg-protocol-combustion"]
UnknownMethane = Literal["non-fossil", "fossil"]
Consolidation = Literal["operational-control", "financial-control", "equity-share"]

GWP_SETS: tuple[str, ...] = get_args(GwpSet)
"""IPCC assessment reports whose 100-year warming potentials a valuation can take.

`AR6` is the GHG Protocol's table of it; `AR6-7SM7` the IPCC's own table of that number, with one
figure for methane of any origin and another one for SF6.
"""

BLEND_GWPS: tuple[str, ...] = get_args(BlendGwp)
"""Whether a blend is its exact composition or the figure that a publisher printed."""

YEAR_RULES: tuple[str, ...] = get_args(YearRule)
"""How a reporting year takes the factor sets of its calendar years."""

LOSS_CONVENTIONS: tuple[str, ...] = get_args(LossConvention)
"""How losses in transmission and distribution are computed."""

CONSOLIDATIONS: tuple[str, ...] = get_args(Consolidation)
"""Whose emissions are the organisation's."""

UNKNOWN_METHANES: tuple[str, ...] = get_args(UnknownMethane)
"""As what methane counts whose origin neither its factor nor its activity says."""

EDITIONS_MAX = 200
RATES_MAX = 10_000
PROXY_REGIONS_MAX = 20
YEAR_FALLBACK_MAX = 30

_RATE_SCOPE = ("valid_from", "valid_to", "facility")
"""Fields of a rate that are written where they say something alone: older versions read on."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DECIMAL = re.compile(r"\d{1,18}(?:\.\d{1,24})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """A ratio between two units that no definition converts: one `from_unit` is `rate` `to_unit`.

    Money, occupancy of vehicles, units of the book's own; it holds in both directions, but for a
    rate of nothing, which has no way back.

    Parameters
    ----------
    from_unit, to_unit : str
        Units, in any spelling.
    rate : str
        How many `to_unit` are one `from_unit`, a decimal from 0.
    source : str
        Where it is from.
    valid_from, valid_to : str
        Days as YYYY-MM-DD, or empty: open; `valid_to` is exclusive.
    facility : str
        The facility whose records it converts, before a rate of all; empty: all of them.
    """

    from_unit: str
    to_unit: str
    rate: str
    source: str = ""
    valid_from: str = ""
    valid_to: str = ""
    facility: str = ""


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """What a method decides.

    Parameters
    ----------
    editions : tuple of str
        Ids of editions, the preferred one first: imported ones and shipped ones alike.
    gwp_set : str
        One of `GWP_SETS`.
    blend_gwp : str
        One of `BLEND_GWPS`.
    year_rule : str
        One of `YEAR_RULES`. `month`: no year counts; a record takes the factor that is valid
        when it happened, from the very day. `majority` and `days`: DEFRA's two rules for
        reporting years that are no calendar years.
    reporting_year_start : int
        First month of the reporting year, 1 to 12.
    loss_convention : str
        One of `LOSS_CONVENTIONS`.
    consolidation : str
        One of `CONSOLIDATIONS`; the approach of reports that ask for none.
    proxy_regions : tuple of str
        Regions whose factors stand in where the record's region has none.
    year_fallback_years : int
        How many years away the nearest set of a shipped edition may be.
    transport_wtt : bool
        Whether the upstream of carriers' fuels is posted in categories 4, 6, 7 and 9.
    rates : tuple of Rate
        Between units that no definition converts.
    unknown_methane : str
        One of `UNKNOWN_METHANES`: as what methane counts whose origin nothing says.

    Raises
    ------
    FieldInvalid
        A field is not what it must be; the message names it.

    Notes
    -----
    Source: GHG Protocol Corporate Standard chapter 3 (consolidation); Scope 3 Calculation
    Guidance formula 3.3 and UK government conversion factors, methodology paper, "transmission
    and distribution" (losses); UK government environmental reporting guidelines, "which year's
    factors" (majority, days).
    """

    editions: tuple[str, ...] = ()
    gwp_set: GwpSet = "AR5"
    blend_gwp: BlendGwp = "composition"
    year_rule: YearRule = "month"
    reporting_year_start: int = 1
    loss_convention: LossConvention = "defra"
    consolidation: Consolidation = "operational-control"
    proxy_regions: tuple[str, ...] = ("GB", "US")
    year_fallback_years: int = 5
    transport_wtt: bool = True
    rates: tuple[Rate, ...] = ()
    unknown_methane: UnknownMethane = "non-fossil"

    def __post_init__(self) -> None:
        """Check every field that does not need to know which editions exist."""
        _check_choice("gwp_set", self.gwp_set, GWP_SETS)
        _check_choice("blend_gwp", self.blend_gwp, BLEND_GWPS)
        _check_choice("year_rule", self.year_rule, YEAR_RULES)
        _check_choice("loss_convention", self.loss_convention, LOSS_CONVENTIONS)
        _check_choice("consolidation", self.consolidation, CONSOLIDATIONS)
        _check_choice("unknown_methane", self.unknown_methane, UNKNOWN_METHANES)
        _check_range("reporting_year_start", self.reporting_year_start, 1, 12)
        _check_range("year_fallback_years", self.year_fallback_years, 0, YEAR_FALLBACK_MAX)
        for field, values, count_max in (
            ("editions", self.editions, EDITIONS_MAX),
            ("proxy_regions", self.proxy_regions, PROXY_REGIONS_MAX),
        ):
            _check_count(field, len(values), count_max)
            if len(set(values)) < len(values):
                raise _invalid(field, "each once", ", ".join(values))
        _check_count("rates", len(self.rates), RATES_MAX)
        for number, rate in enumerate(self.rates):
            _check_rate(number, rate)

    def to_json(self) -> str:
        """Write the settings as canonical JSON: sorted keys, no spaces."""
        data = asdict(self)
        if self.unknown_methane == UNKNOWN_METHANES[0]:
            del data["unknown_methane"]  # methods of before there was the choice have none
        data["rates"] = [
            {name: value for name, value in rate.items() if value or name not in _RATE_SCOPE}
            for rate in data["rates"]
        ]
        return json.dumps(data, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> MethodSettings:
        """Read what `to_json` wrote; raises LedgerInconsistent on anything else."""
        try:
            data: dict[str, Any] = json.loads(text)
            for name in {"editions", "proxy_regions"} & data.keys():
                data[name] = tuple(data[name])
            data["rates"] = tuple(Rate(**rate) for rate in data.get("rates", ()))
            return cls(**data)
        except (ValueError, TypeError, AttributeError, FieldInvalid) as error:
            raise LedgerInconsistent(
                f"a stored method cannot be read ({error!r}): {text[:200]!r}"
            ) from error


def settings_of(book: Book) -> MethodSettings:
    """Read the settings in force; of a book without a method, its editions as they came.

    A server of an older version makes such books during a rolling upgrade.
    """
    if not book.method_body:
        return MethodSettings(editions=book.editions)
    return MethodSettings.from_json(book.method_body)


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise _invalid(field, f"one of {', '.join(choices)}", value)


def _check_rate(number: int, rate: Rate) -> None:
    place = f"number {number + 1}, {rate.from_unit} to {rate.to_unit}"
    if not _DECIMAL.fullmatch(rate.rate):
        raise _invalid("rates", f"{place}: a decimal from 0 with '.', like 7.83", rate.rate)
    for name in ("valid_from", "valid_to"):
        day = getattr(rate, name)
        if day and not is_day(day):
            raise _invalid("rates", f"{place}, {name}: a day as YYYY-MM-DD, or nothing", day)
    if rate.valid_to and rate.valid_to <= rate.valid_from:
        expected = f"{place}, valid_to: a day after valid_from ({rate.valid_from})"
        raise _invalid("rates", expected, rate.valid_to)


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar as YYYY-MM-DD."""
    try:
        return _DAY.fullmatch(text) is not None and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _check_range(field: str, value: int, first: int, last: int) -> None:
    if not first <= value <= last:
        raise _invalid(field, f"a whole number from {first} to {last}", str(value))


def _check_count(field: str, count: int, count_max: int) -> None:
    if count > count_max:
        raise _invalid(field, f"at most {count_max} of them", str(count))


def _invalid(field: str, expected: str, given: str) -> FieldInvalid:
    return FieldInvalid(
        f"method.{field}: expected {expected}; got {given!r}",
        metadata={"field": f"method.{field}", "value": given},
    )

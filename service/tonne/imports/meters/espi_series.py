"""What the readings of a Green Button file are of: usage points, meter readings, reading types.

Entries of the feed name one another by links: a block of readings lies below its meter reading, a
meter reading below its usage point, and a meter reading is related to its reading type.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy
from tonne.errors import FieldInvalid
from tonne.imports.meters import espi_codes as codes
from tonne.imports.meters.espi_xml import READING, READING_TYPE, USAGE_POINT, Entry, read_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class EspiRules:
    """What a file does not say, or says several times.

    Parameters
    ----------
    facility : str
        Of all readings; empty: the title of the usage point, or else its number.
    activity : str
        Of all readings; empty: that of the commodity.
    region : str
        Of all readings; empty: that of the facility.
    series : tuple of str
        Names of the meter readings that are taken; none means all.
    """

    facility: str = ""
    activity: str = ""
    region: str = ""
    series: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one meter reading.

    `name` is its link, or else what it is of; amounts are values times ten to the `multiplier`,
    in `unit`; `interval_s` and `quality` hold where a reading says nothing.
    """

    name: str
    facility: str
    activity: str
    unit: str
    multiplier: int
    interval_s: str
    quality: str


@dataclass(slots=True)
class _Meter:
    """What the first pass learns of a meter reading: its blocks and how far they reach."""

    entries: list[int] = field(default_factory=list)
    count: int = 0
    first_s: int | None = None
    last_s: int | None = None

    def add(self, start: str, duration: str) -> None:
        """Count a reading."""
        self.count += 1
        if start.lstrip("-").isdigit():
            begun = int(start)
            ended = begun + (int(duration) if duration.isdigit() else 0)
            self.first_s = begun if self.first_s is None else min(self.first_s, begun)
            self.last_s = ended if self.last_s is None else max(self.last_s, ended)


class _Feed:
    """What the entries of a feed say about one another."""

    def __init__(self, path: Path) -> None:
        self.types: dict[str, Mapping[str, str]] = {}
        self.points: dict[str, tuple[str, str]] = {}
        """Title and service category of usage points by their link."""

        self.type_links: dict[str, str] = {}
        """Link of the reading type of each meter reading."""

        self.meters: defaultdict[str, _Meter] = defaultdict(_Meter)
        pending: list[tuple[str, Mapping[str, str]]] = []
        meter = _Meter()
        for item in read_items(path):
            if isinstance(item, Entry):
                self._link(item, pending, meter)
                pending, meter = [], _Meter()
            elif item.kind == READING:
                fields = item.fields
                meter.add(
                    fields.get("timeperiod/start", ""), fields.get("timeperiod/duration", "")
                )
            else:
                pending.append((item.kind, item.fields))
        if pending or meter.count:  # a document that is no feed
            self._link(Entry(0, has_blocks=True), pending, meter)

    def _link(
        self, entry: Entry, pending: Iterable[tuple[str, Mapping[str, str]]], meter: _Meter
    ) -> None:
        own = next(iter(entry.links.get("self", [])), "").rstrip("/")
        for kind, fields in pending:
            if kind == READING_TYPE:
                self.types[own or f"#{entry.number}"] = fields
            elif kind == USAGE_POINT:
                category = fields.get("servicecategory/kind", "")
                self.points[own or f"#{entry.number}"] = (entry.title, category)
        for href in entry.links.get("related", []):
            if "/ReadingType/" in f"/{href}" and _is_meter(own):
                self.type_links[own] = href.rstrip("/")
        if entry.has_blocks:
            up = next(iter(entry.links.get("up", [])), "")
            name = _before(own, "/IntervalBlock") or _before(up, "/IntervalBlock")
            found = self.meters[name]
            found.entries.append(entry.number)
            found.count += meter.count
            for seconds in (meter.first_s, meter.last_s):
                if seconds is not None:
                    found.add(str(seconds), "0")
                    found.count -= 1


def find_series(path: Path, rules: EspiRules) -> tuple[dict[int, Series], list[str]]:
    """Find what the readings of each entry are of.

    Returns
    -------
    dict of int to Series, list of str
        By the number of the entry, without those that are left out; and remarks.

    Raises
    ------
    FieldInvalid
        As `espi.EspiFile` says.
    """
    feed, name = _Feed(path), path.name
    if not any(meter.count for meter in feed.meters.values()):
        raise FieldInvalid(
            f"{name}: expected a Green Button file with an IntervalReading; it has none",
            metadata={"file": str(path)},
        )
    naming = _Naming(path, rules)
    found: dict[str, Series] = {}
    for link, meter in feed.meters.items():
        if not meter.count:
            continue
        kind = _type_of(feed, link, name)
        why = _why_left_out(kind)
        if rules.series and link not in rules.series:
            why = "not asked for"
        if why:
            named = link or "its readings"
            naming.remarks.append(f"{name}: {meter.count:,} of {named} left out: {why}")
        else:
            found[link] = naming.series(link, kind, *_point_of(feed, link))
    unknown = [each for each in rules.series if each not in feed.meters]
    if unknown:
        raise FieldInvalid(
            f"{name}: no meter reading is called {unknown[0]!r}; they are "
            f"{', '.join(map(repr, feed.meters))}"
        )
    if not found:
        raise FieldInvalid(f"{name}: nothing of it is an amount. {'; '.join(naming.remarks)}")
    _check_overlaps(found, feed.meters, name)
    numbered = {
        number: series for link, series in found.items() for number in feed.meters[link].entries
    }
    return numbered, naming.remarks


class _Naming:
    """Finds facility and activity of series, and remarks on what it assumed."""

    def __init__(self, path: Path, rules: EspiRules) -> None:
        self._path, self._rules = path, rules
        self.remarks: list[str] = []

    def series(self, link: str, kind: Mapping[str, str], title: str, category: str) -> Series:
        """Make a series of its link, its reading type, and title and category of its point."""
        activity = self._activity(link, kind, category)
        facility = self._facility(link, title)
        return Series(
            name=link or f"{facility}/{activity}",
            facility=facility,
            activity=activity,
            unit=codes.UNITS[kind.get("uom", "")],
            multiplier=int(kind.get("poweroftenmultiplier", "0")),
            interval_s=kind.get("intervallength", ""),
            quality=kind.get("defaultquality", codes.QUALITY_UNSTATED),
        )

    def _activity(self, link: str, kind: Mapping[str, str], category: str) -> str:
        if self._rules.activity:
            return self._rules.activity
        commodity = kind.get("commodity", "")
        found = codes.COMMODITIES.get(commodity)
        if commodity in {"", "0"}:
            found = codes.SERVICES.get(category)
        named = f"{self._path.name}: {link or 'its readings'}"
        if found is None:
            raise FieldInvalid(
                f"{named}: the commodity is {commodity or 'not stated'} and the service category "
                f"{category or 'not stated'}; neither says which activity it is: name it "
                "(--as-activity)",
                metadata={"field": "activity", "file": str(self._path)},
            )
        if kind.get("flowdirection", "") != codes.FLOW_REVERSE:
            return found
        if found != codes.GRID:
            raise FieldInvalid(
                f"{named}: expected {found} to be delivered to the customer; its flow direction "
                "is 19, from the customer: name its activity (--as-activity)",
                metadata={"field": "activity", "file": str(self._path)},
            )
        self.remarks.append(f"{named}: flow direction 19, from the customer, is {taxonomy.EXPORT}")
        return taxonomy.EXPORT

    def _facility(self, link: str, title: str) -> str:
        found = self._rules.facility or title
        found = found or _before(link, "/MeterReading").rpartition("/")[2]
        if not found:
            found = self._path.stem
            self.remarks.append(
                f"{self._path.name}: it names no usage point: the facility is {found!r}, as the "
                "file (--as-facility says another)"
            )
        return found


def _why_left_out(kind: Mapping[str, str]) -> str:
    """Say why readings of a type are no amounts; empty where they are."""
    uom, accumulation = kind.get("uom", ""), kind.get("accumulationbehaviour", "")
    qualifier, flow = kind.get("dataqualifier", ""), kind.get("flowdirection", "")
    multiplier = kind.get("poweroftenmultiplier", "0")
    is_power = re.fullmatch(r"[+-]?[0-9]{1,2}", multiplier) is not None
    what = codes.OTHER_UOMS.get(uom, "none that is known here")
    of_register = (
        f"they are readings of a register (accumulationBehaviour {accumulation}), no amounts: "
        "import them as a table, with [registers] in the profile"
    )
    reasons = (
        (not uom, "their unit (uom) is not stated"),
        (uom not in codes.UNITS, f"their unit (uom {uom}) is {what}"),
        (kind.get("kind", "") == codes.KIND_CURRENCY, "they are money"),
        (accumulation in codes.CUMULATIVE, of_register),
        (
            accumulation not in codes.ACCUMULATIONS,
            f"they are no amounts of an interval (accumulationBehaviour {accumulation})",
        ),
        (
            qualifier not in codes.QUALIFIERS,
            f"they are averages or extremes (dataQualifier {qualifier})",
        ),
        (flow not in codes.FLOWS, f"their flow direction is {flow}: a part of another flow"),
        (
            not is_power or abs(int(multiplier)) > codes.MULTIPLIER_MAX,
            f"expected a powerOfTenMultiplier from -12 to 12; got {multiplier!r}",
        ),
    )
    return next((text for is_so, text in reasons if is_so), "")


def _type_of(feed: _Feed, link: str, name: str) -> Mapping[str, str]:
    """Find the reading type of a meter reading: the one it is related to, or the only one."""
    found = feed.types.get(feed.type_links.get(link, ""))
    if found is not None:
        return found
    if len(feed.types) == 1:
        return next(iter(feed.types.values()))
    raise FieldInvalid(
        f"{name}: {link or 'its readings'}: expected a link to one of its {len(feed.types)} "
        "reading types (ReadingType), which say unit and multiplier; there is none: download the "
        "file whole"
    )


def _point_of(feed: _Feed, link: str) -> tuple[str, str]:
    """Give title and service category of a meter reading's usage point."""
    found = feed.points.get(_before(link, "/MeterReading"))
    if found is None and len(feed.points) == 1:
        found = next(iter(feed.points.values()))
    return found or ("", "")


def _check_overlaps(found: Mapping[str, Series], meters: Mapping[str, _Meter], name: str) -> None:
    """Refuse two series of one facility and activity at the same time: hours, and days again."""
    by_subject: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for link, series in found.items():
        by_subject[_before(link, "/MeterReading") or series.facility, series.activity].append(link)
    for (_, activity), links in by_subject.items():
        spans = sorted(
            (meter.first_s, meter.last_s or meter.first_s, link)
            for link in links
            if (meter := meters[link]).first_s is not None
        )
        for (_, last, one), (first, _, other) in pairwise(spans):
            if first < last:
                raise FieldInvalid(
                    f"{name}: {one!r} and {other!r} are both {activity} of one usage point, at "
                    "the same time: the same amounts by hours and by days, or parts of a total; "
                    "say which to take (--series, repeatable)",
                    metadata={"field": "series"},
                )


def _is_meter(link: str) -> bool:
    return "/MeterReading/" in f"/{link}" and "/IntervalBlock" not in link


def _before(link: str, part: str) -> str:
    """Give what of a link stands before a part; empty where it has none."""
    head, found, _ = link.partition(part)
    return head.rstrip("/") if found else ""

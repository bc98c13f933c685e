"""The demo's organisation: a made-up ICT operator, the same records on every machine.

Quantities come from integer arithmetic alone; the factors are those of the shipped catalogue.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.model import Facility

if TYPE_CHECKING:
    from collections.abc import Iterator

_YEAR_START = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_YEAR_DAYS = 365
_HOUR_S = 3_600
_DAY_S = 86_400

_REGIONS = ("GB", "CN-GD", "CN-SC")
_SUPPLIER_TYPE = "supplier_site"
_FACILITIES = {
    "dc": ("Data centre", "data_centre", 6),
    "bs": ("Base station", "base_station", 300),
    "er": ("Equipment room", "equipment_room", 60),
    "factory": ("Factory", "factory", 1),
    "fleet": ("Lorry fleet", "vehicle_fleet", 1),
    "office": ("Office", "office", 2),
    "company": ("Company", "other", 1),
    "supplier": ("Supplier", _SUPPLIER_TYPE, 12),
}


@dataclass(frozen=True, slots=True)
class Meter:
    """One kind of reading that every facility of a kind gives.

    `prefix` begins the facilities' ids; a quantity is `base_milli` thousandths of the unit plus
    less than `spread_milli`, all of it `times`: what is drawn has 23 bits.
    """

    channel: str
    prefix: str
    activity: str
    unit: str
    step_s: int
    base_milli: int
    spread_milli: int
    days: int = _YEAR_DAYS
    times: int = 1

    @property
    def facility_count(self) -> int:
        """How many facilities give it."""
        return _FACILITIES[self.prefix][2]

    @property
    def record_count(self) -> int:
        """How many readings there are."""
        return self.days * _DAY_S // self.step_s * self.facility_count


_GRID = ("electricity.grid", "kWh")
_DIESEL = ("fuel.diesel.stationary", "L")
_GAS = ("fuel.natural_gas", "Nm3")
_REFRIGERANT = ("refrigerant.r410a", "kg")
_FREIGHT = ("freight.road", "tkm")
_FLIGHTS = ("travel.air.long_haul.economy", "pkm")
_SERVERS = ("capital.purchase.servers", "USD2022")
_SOLAR = ("electricity.onsite.solar", "kWh")
_IT = ("electricity.it", "kWh")
_UPS = ("driver.meter.ups", "kWh")
_WATER = ("driver.water", "m3")
_REUSED_HEAT = ("driver.reused_heat", "kWh")
_CARRIERS = ("driver.carriers", "carrier.month")
_TRAFFIC = ("driver.traffic", "TB")
_VOLUME = ("driver.business_volume", "CNY2020")
_REVENUE = ("driver.revenue", "CNY")
_SPEND = ("driver.spend", "CNY")
_MONEY = 1_000

METERS = (
    Meter("data-centres", "dc", *_GRID, _HOUR_S, 900_000, 600_000),
    Meter("base-stations", "bs", *_GRID, _HOUR_S // 4, 300, 500, days=31),
    Meter("equipment-rooms", "er", *_GRID, _DAY_S, 90_000, 60_000),
    Meter("factory", "factory", *_GRID, _HOUR_S, 400_000, 900_000),
    Meter("factory", "factory", *_DIESEL, _DAY_S, 20_000, 30_000),
    Meter("factory", "factory", *_GAS, _DAY_S, 150_000, 90_000),
    Meter("factory", "factory", *_REFRIGERANT, 7 * _DAY_S, 200, 1_500),
    Meter("freight", "fleet", *_FREIGHT, _DAY_S // 4, 500_000, 2_000_000),
    Meter("office", "office", *_FLIGHTS, 7 * _DAY_S, 20_000_000, 60_000_000),
    Meter("office", "office", *_SERVERS, 7 * _DAY_S, 10_000_000, 90_000_000),
    Meter("drivers", "dc", *_SOLAR, _DAY_S, 200_000, 900_000),
    Meter("drivers", "dc", *_UPS, _DAY_S, 22_600_000, 600_000),
    Meter("drivers", "dc", *_IT, _DAY_S, 21_600_000, 600_000),
    Meter("drivers", "dc", *_WATER, _DAY_S, 5_000, 4_000),
    Meter("drivers", "dc", *_REUSED_HEAT, _DAY_S, 1_000_000, 2_000_000),
    Meter("drivers", "bs", *_CARRIERS, 31 * _DAY_S, 9_000, 1, days=31),
    Meter("drivers", "company", *_TRAFFIC, _DAY_S, 4_800_000, 1_600_000),
    Meter("drivers", "company", *_VOLUME, _DAY_S, 3_600_000, 1_000_000, times=_MONEY),
    Meter("drivers", "company", *_REVENUE, _DAY_S, 3_700_000, 1_000_000, times=_MONEY),
    Meter("drivers", "supplier", *_SPEND, 73 * _DAY_S, 300_000, 8_000_000, times=_MONEY),
)
"""What the operator measures: about a million readings, and what it divides them by."""

# Constants of a linear congruence over 2^31: enough for quantities that look alive.
# Source: ISO C standard's example of rand(), 7.22.2.1.
_MULTIPLIER, _INCREMENT, _MODULUS = 1_103_515_245, 12_345, 1 << 31

_CHUNK_RECORDS = 50_000


def facilities() -> list[Facility]:
    """List the operator's facilities."""
    return [
        Facility(
            _facility_id(prefix, index),
            f"{name} {index}",
            kind,
            _REGIONS[index % len(_REGIONS)],
            "Demo Telecom",
            "" if kind == _SUPPLIER_TYPE else "owned",
        )
        for prefix, (name, kind, count) in _FACILITIES.items()
        for index in range(1, count + 1)
    ]


def suppliers() -> list[str]:
    """List the ids of the operator's suppliers: the facilities of its spend."""
    return [each.id for each in facilities() if each.type == _SUPPLIER_TYPE]


def channels() -> dict[str, list[Meter]]:
    """Sort the meters by the channel that carries them."""
    found: dict[str, list[Meter]] = {}
    for meter in METERS:
        found.setdefault(meter.channel, []).append(meter)
    return found


def read_meter(meter: Meter) -> Iterator[pl.DataFrame]:
    """Make the readings of a meter in the order of time, a few at a time."""
    for first in range(0, meter.record_count, _CHUNK_RECORDS):
        yield _readings(meter, first, min(first + _CHUNK_RECORDS, meter.record_count))


def _facility_id(prefix: str, number: int) -> str:
    return f"{prefix}-{number:03d}"


def _readings(meter: Meter, first: int, stop: int) -> pl.DataFrame:
    index = pl.col("index")
    ids = [_facility_id(meter.prefix, number + 1) for number in range(meter.facility_count)]
    facility = (index % meter.facility_count).replace_strict(
        range(meter.facility_count), ids, return_dtype=pl.String
    )
    step = index // meter.facility_count
    begin = pl.lit(_YEAR_START) + pl.duration(seconds=step * meter.step_s)
    drawn = (index * _MULTIPLIER + _INCREMENT) % _MODULUS // 256
    milli = (meter.base_milli + drawn % meter.spread_milli) * meter.times
    return pl.DataFrame({"index": pl.int_range(first, stop, eager=True)}).select(
        record_id=pl.format("{}/{}/{}", facility, pl.lit(meter.activity), step),
        facility=facility,
        activity=pl.lit(meter.activity),
        quantity=pl.format("{}.{}", milli // 1_000, (milli % 1_000).cast(pl.String).str.zfill(3)),
        unit=pl.lit(meter.unit),
        start=begin,
        end=begin + pl.duration(seconds=meter.step_s),
    )

"""Computing as users have it: files of vCPU, hours and utilisation, by the command, exact.

Figures are those of the publishers, written out; what is computed here shares no code with the
service.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from tonne.client.answers.explain_results import ExplainLine, ExplainReplay

GB_2025 = Fraction("0.177")  # kg CO2e per kWh, UK Government GHG Conversion Factors 2025
HEADER = "Facility,Region,Cloud,vCPU,Hours,Utilisation,Start,End\n"
JUNE = "2025-06-01,2025-07-01\n"


@pytest.fixture
def book(request, client):
    """A fresh book of the test's own."""
    name = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")[:60]
    client.create_book(name)
    return name


@pytest.fixture
def imported(tonne, book, tmp_path):
    """Import a text by a profile; gives the command's outcome."""

    def run(text, profile):
        file = tmp_path / "usage.csv"
        file.write_text(text)
        name = profile if "\n" not in profile else tmp_path / "own.toml"
        if name != profile:
            name.write_text(profile)
        channel = "own" if name != profile else profile
        return tonne("import", file, "--profile", name, "--book", book, "--channel", channel)

    return run


def own_edition(client, book, *rows):
    """Import rows of an edition of the book's own."""
    columns = "activity,region,unit,valid_from,stage,kg_co2e,kwh,steps,source"
    client.import_edition(book, "own", "\n".join([columns, *rows]).encode())


def kg(client, book, **selection):
    return Fraction(client.inventory(book, **selection).total.kg_co2e)


def explained(client, book):
    """Lines of the explanation, which is replayed from the records and must agree."""
    parts = list(client.explain(book))
    replays = [part for part in parts if isinstance(part, ExplainReplay)]
    assert all(each.agrees for each in replays)
    return [part for part in parts if isinstance(part, ExplainLine)]


def kwh(lines):
    """Electricity of some lines: quantity times all steps."""
    total = Fraction(0)
    for line in lines:
        product = Fraction(line.quantity)
        for step in line.steps:
            product *= step.ratio
        total += product
    return total


def test_sixteen_vcpu_at_35_percent_in_london(client, book, imported):
    """16 vCPU x 720 h, (0.74 + 0.35 x (3.5 - 0.74)) W, PUE 1.135, the UK's grid of 2025."""
    told = imported(HEADER + "web,eu-west-2,AWS,16,720,35 %," + JUNE, "cloud-compute")
    assert told.returncode == 0, told
    watts = Fraction("0.74") + Fraction("0.35") * (Fraction("3.5") - Fraction("0.74"))
    energy = 16 * 720 * watts / 1000 * Fraction("1.135")
    assert kg(client, book, accounts=("scope3.01",)) == energy * GB_2025
    lines = explained(client, book)
    assert kwh(lines) == energy
    assert {line.activity: line.quantity for line in lines} == {
        "ict.compute.aws.full": 4032,
        "ict.compute.aws.idle": 7488,
    }
    texts = [step.text for line in lines for step in line.steps]
    assert any(text.startswith("power 3.5 Wh/vCPU.h (Cloud Carbon Footprint") for text in texts)
    assert any(text.startswith("pue 1.135") for text in texts)
    records = list(client.list_records(book))
    assert {each.record["evidence"] for each in records} == {
        "usage.csv#row 2, column hours at full load",
        "usage.csv#row 2, column hours without load",
    }
    assert not any(each.reason == "DEFAULT_FIGURE" for each in client.inventory(book).notices)


def test_unknown_utilisation_takes_the_published_half(client, book, imported):
    """8 vCPU for 100 h of unknown load on Azure: 50 % of 0.78 to 3.76 W, and that is told."""
    told = imported(HEADER + "batch,uksouth,Azure,8,100,," + JUNE, "cloud-compute")
    assert told.returncode == 0, told
    watts = Fraction("0.78") + Fraction("0.5") * (Fraction("3.76") - Fraction("0.78"))
    energy = 800 * watts / 1000 * Fraction("1.125")
    assert kg(client, book) == energy * GB_2025
    notices = client.inventory(book).notices
    told = [each.message for each in notices if each.reason == "DEFAULT_FIGURE"]
    assert len(told) == 2
    assert all("0.5 is a published default, and not measured" in each for each in told)


def test_what_cannot_be_multiplied_is_kept_with_its_reason(client, book, imported):
    """A share above one, a blank and a word go to quarantine; the good row is posted."""
    rows = ("8,100,1.35", "8,,0.5", "many,100,0.5", "8,100,-1 %", "2,10,100 %")
    text = HEADER + "".join(f"s{n},GB,aws,{row},{JUNE}" for n, row in enumerate(rows))
    told = imported(text, "cloud-compute")
    assert told.returncode == 3, told
    kept = " ".join(each.record["quantity"] for each in client.list_quarantine(book))
    for words in ("no share from 0 to 1", "Hours is blank", "vCPU is no number"):
        assert words in kept
    full = Fraction(20) * Fraction("3.5") / 1000 * Fraction("1.135")
    assert kg(client, book) == full * GB_2025


def test_accelerators_and_storage(client, book, imported):
    """Four V100 at 50 % (35 to 306 W), then 1.5 TB of an Aurora database, kept six times."""
    header = "Facility,Region,Cloud,GPU,Count,Hours,Utilisation,Start,End\n"
    told = imported(header + "ml,eu-west-2,AWS,Tesla V100,4,720,50%," + JUNE, "cloud-accelerators")
    assert told.returncode == 0, told
    gpus = 4 * 720 * (35 + Fraction("0.5") * (306 - 35)) / 1000 * Fraction("1.135")
    assert kg(client, book) == gpus * GB_2025
    header = "Facility,Region,Cloud,Medium,Service,Terabytes,Hours,Start,End\n"
    rows = f"db,eu-west-2,AWS,SSD,rds_aurora,1.5,720,{JUNE}bin,eu-west-2,gcp,hdd,,2,720,{JUNE}"
    told = imported(header + rows, "cloud-storage")
    assert told.returncode == 0, told
    ssd = Fraction("1.5") * 720 * Fraction("0.0012") * 6 * Fraction("1.135")
    hdd = 2 * 720 * Fraction("0.00065") * Fraction("1.1")
    assert kg(client, book) == (gpus + ssd + hdd) * GB_2025


def test_cloud_carbon_footprint_s_own_test_of_computing(client, book, imported):
    """1 vCPU.h at 1 %, 0.71 to 3.46 W, PUE 1.135, replication 2, 0.000415755 t/kWh.

    packages/core/src/compute/__tests__/ComputeEstimator.test.ts prints 0.0016741249999999998 kWh
    and 6.960258393749999e-7 t, in binary.
    """
    steps = "pue=1.135;replication=2"
    own_edition(
        client,
        book,
        "electricity.grid,XA,kWh,2020-01-01,generation,0.415755,,,test",
        f"ict.compute.ours.idle,,vCPU.h,2020-01-01,,,,power=0.71 Wh/vCPU.h;{steps},test",
        f"ict.compute.ours.full,,vCPU.h,2020-01-01,,,,power=3.46 Wh/vCPU.h;{steps},test",
    )
    told = imported(HEADER + "one,XA,ours,1,1,1 %," + JUNE, "cloud-compute")
    assert told.returncode == 0, told
    assert kwh(explained(client, book)) == Fraction("0.001674125")
    assert kg(client, book) == Fraction("6.96025839375E-4")
    told = [each.message for each in client.inventory(book).notices]
    assert any("by power 0.71 Wh/vCPU.h, pue 1.135, replication 2 (test)" in e for e in told)


# The Impact Framework's curve of power by load: (load, share of the thermal design power).
CURVE = ((0, "0.12"), (10, "0.32"), (50, "0.75"), (100, "1.02"))
BANDED = """
[columns]
facility = "Site"
start = "Start"
end = "End"

[constants]
region = "XA"
unit = "h"

[computed."machine hours"]
times = ["Hours"]

[computed."band 1"]
times = ["Hours", { column = "Load", share = "whole", stop = "0.1" }]

[computed."band 2"]
times = ["Hours", { column = "Load", share = "whole", start = "0.1", stop = "0.5" }]

[computed."band 3"]
times = ["Hours", { column = "Load", share = "whole", start = "0.5" }]

[[values]]
column = "machine hours"
activity = "ict.compute.teads.idle"

[[values]]
column = "band 1"
activity = "ict.compute.teads.band1"

[[values]]
column = "band 2"
activity = "ict.compute.teads.band2"

[[values]]
column = "band 3"
activity = "ict.compute.teads.band3"
"""


def interpolated(load):
    """Share of the design power at a load in percent, as a straight line between two points."""
    for (left, low), (right, high) in pairwise(CURVE):
        if load <= right:
            rise = Fraction(high) - Fraction(low)
            return Fraction(low) + rise * (load - left) / (right - left)
    raise AssertionError(load)


LOADS = ("0", "5", "10", "15", "20", "45", "50", "77.7", "100")


def test_interpolation_as_the_impact_framework_has_it(client, imported, book):
    """manifests/examples/pipeline-teads-sci.yml: 100 W, a curve of four points, 800 g/kWh.

    At 45 % the interpolation of its example lies at 0.69625.
    """
    rise = ("0.32", "0.12", "0.10"), ("0.75", "0.32", "0.40"), ("1.02", "0.75", "0.50")
    bands = [
        f"ict.compute.teads.band{n},,h,2020-01-01,,,,"
        f"tdp=100 W;rise={Decimal(high) - Decimal(low)};band=1/{width},if"
        for n, (high, low, width) in enumerate(rise, 1)
    ]
    own_edition(
        client,
        book,
        "electricity.grid,XA,kWh,2020-01-01,generation,0.8,,,test",
        "ict.compute.teads.idle,,h,2020-01-01,,,,tdp=100 W;curve=0.12,if",
        *bands,
    )
    rows = "".join(f"at-{load},24,{load} %,{JUNE}" for load in LOADS)
    told = imported("Site,Hours,Load,Start,End\n" + rows, BANDED)
    assert told.returncode == 0, told
    lines = explained(client, book)
    assert interpolated(45) == Fraction("0.69625")
    for load in LOADS:
        energy = 24 * 100 * interpolated(Fraction(load)) / 1000
        of_load = [line for line in lines if line.facility == f"at-{load}"]
        assert kwh(of_load) == energy
        assert kg(client, book, facilities=(f"at-{load}",)) == energy * Fraction("0.8")


def test_the_embodied_part_of_a_server(client, book):
    """M = TE x (TiR/EL) x (RR/ToR): 16 of 96 vCPU of an m5 for 720 h of 35,040; one of our own."""
    own_edition(
        client,
        book,
        "ict.embodied.ours,,vCPU.h,2020-01-01,production,1533.12,,share=1/8;life=1/26280,lca",
    )
    rows = [
        ("ict.embodied.aws.m5", "11520", "vCPU.h"),
        ("ict.embodied.server", "720", "h"),
        ("ict.embodied.ours", "1", "vCPU.h"),
    ]
    with client.channel(book, "servers") as channel:
        result = channel.append(
            {
                "record_id": str(number),
                "facility": f"s{number}",
                "activity": activity,
                "quantity": quantity,
                "unit": unit,
                "region": "GB",
                "start": "2025-06-01",
                "end": "2025-07-01",
            }
            for number, (activity, quantity, unit) in enumerate(rows)
        )
    assert result.posted_count == 3
    assert [kg(client, book, facilities=(f"s{number}",)) for number in range(3)] == [
        rounded(Fraction("1610.79") * 720 / 35040 * 16 / 96),
        rounded(Fraction(1000) * 720 / 35040),
        rounded(Fraction("1533.12") / 26280 / 8),
    ]


def rounded(exact, places=18):
    """Round half-even as the service prints it."""
    return Fraction(round(exact * 10**places), 10**places)


TONNE_KILOMETRES = """
[numbers]
decimal = ","

[columns]
facility = "Ship to"
start = "Day"

[constants]
region = "GB"
activity = "freight.road.hgv.all.average_laden"
unit = "kg.km"

[dates]
interval = "1d"

[computed.transported]
times = ["Weight", "Distance"]

[[values]]
column = "transported"
"""


def test_tonne_kilometres_of_each_shipment(client, book, imported):
    """1,250.5 kg over 80.25 km and 800 kg over 1,050 km, decimals with a comma."""
    rows = 'a,"1250,5","80,25",2025-06-03\nb,800,1050,2025-06-04\n'
    told = imported("Ship to,Weight,Distance,Day\n" + rows, TONNE_KILOMETRES)
    assert told.returncode == 0, told
    lines = [line for line in explained(client, book) if line.account == "scope3.04.transport"]
    assert {line.facility: Fraction(line.quantity) for line in lines} == {
        "a": Fraction("1250.5") * Fraction("80.25"),
        "b": Fraction(840_000),
    }


def test_tonne_kilometres_are_a_driver(client, book, imported):
    """One file makes the freight and its driver; emissions per t.km, by site and together."""
    both = TONNE_KILOMETRES.replace(
        'activity = "freight.road.hgv.all.average_laden"\n', ""
    ).replace(
        '[computed.transported]\ntimes = ["Weight", "Distance"]\n\n[[values]]\n'
        'column = "transported"\n',
        '[computed.transported]\ntimes = ["Weight", "Distance"]\n\n'
        '[computed.moved]\ntimes = ["Weight", "Distance"]\n\n'
        '[[values]]\ncolumn = "transported"\nactivity = "freight.road.hgv.all.average_laden"\n\n'
        '[[values]]\ncolumn = "moved"\nactivity = "driver.freight"\n',
    )
    rows = 'a,"1250,5","80,25",2025-06-03\nb,800,1050,2025-06-04\n'
    told = imported("Ship to,Weight,Distance,Day\n" + rows, both)
    assert told.returncode == 0, told
    moved = {"a": Fraction("1250.5") * Fraction("80.25") / 1000, "b": Fraction(840)}
    per_tonne_km = Fraction("0.10163") + Fraction("0.02359")  # UK 2025: operation, upstream
    (row,) = client.inventory(book, by="activity", accounts="memo.freight").rows
    assert [(each.unit, Fraction(each.amount)) for each in row.amounts] == [
        ("t.km", sum(moved.values()))
    ]
    apart = client.indicators(book, "transport_per_tonne_km", by="facility").values
    (whole,) = client.indicators(book, "transport_per_tonne_km").values
    assert {each.place: each.exact for each in apart} == dict.fromkeys(moved, per_tonne_km)
    assert whole.exact == per_tonne_km
    assert whole.denominator == sum(moved.values())
    assert (whole.value, whole.unit) == ("0.1252", "kg CO2e/t.km")
    parts = list(client.explain_indicator(book, "transport_per_tonne_km", replay=True))
    assert parts[-1] == whole
    wrong = {"facility": "a", "activity": "driver.freight", "quantity": "1", "unit": "km"}
    found = client.estimate([wrong | {"start": "2025-06-01", "end": "2025-07-01"}], book=book)
    assert [each.status for each in found.row_errors] == ["UNIT_MUST_FIT_ACTIVITY"]

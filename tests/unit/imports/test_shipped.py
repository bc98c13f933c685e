"""The profiles that come with Tonne, each on a made file of its source's documented form.

The totals of each file stand beside it, as its source prints them.
"""

from __future__ import annotations

import json
from decimal import Decimal

import polars as pl
import pytest

from tests.support.workbooks import write_xlsx
from tonne.errors import FieldInvalid
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.toml import find_profile, shipped_names
from tonne.imports.records import MappedFiles

TEXTS = {
    "portfolio-manager": (
        "Property Name,Portfolio Manager ID,Meter Name,Meter Type,Meter Consumption ID,Start Date,"
        "End Date,Delivery Date,Usage/Quantity,Usage Units,Cost ($),Estimation?\n"
        'Tower,1,Main,Electric - Grid,1,12/15/2024,01/14/2025,,"12,345.6",'
        "kWh (thousand Watt-hours),1,No\n"
        'Tower,1,Main,Electric - Grid,2,01/14/2025,02/13/2025,,"7,654.4",'
        "kWh (thousand Watt-hours),1,Yes\n"
        "Tower,1,Gas,Natural Gas,3,01/01/2025,02/01/2025,,120,therms,1,No\n"
    ),
    "focus": (
        "BilledCost,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,"
        "ProviderName,RegionId,ServiceName,SkuId,SubAccountId\n"
        "1,Usage,2025-03-01T00:00:00Z,2025-03-01T01:00:00Z,2,Hours,AWS,us-east-1,Compute,s1,acc\n"
        "1,Usage,2025-03-01T01:00:00Z,2025-03-01T02:00:00Z,1.5,Hours,AWS,us-east-1,Compute,s1,acc\n"
        "9,Tax,2025-03-01T00:00:00Z,2025-04-01T00:00:00Z,,,AWS,,Tax,,acc\n"
        "9,Usage,2025-03-01T00:00:00Z,2025-04-01T00:00:00Z,,,AWS,,Support,,acc\n"
    ),
    "aws-carbon": (
        "last_refresh_timestamp,location,model_version,payer_account_id,product_code,region_code,"
        "total_lbm_emissions_unit,total_lbm_emissions_value,total_mbm_emissions_unit,"
        "total_mbm_emissions_value,usage_account_id,usage_period_end,usage_period_start\n"
        "2025-04-21 00:00:00Z,US East,v2.0.0,1,AmazonEC2,us-east-1,MTCO2e,0.0000043976,MTCO2e,0,"
        "1234,2025-04-01 00:00:00Z,2025-03-01 00:00:00Z\n"
        "2025-04-21 00:00:00Z,US East,v2.0.0,1,AmazonS3,us-east-1,MTCO2e,2.2306e-05,MTCO2e,1e-05,"
        "1234,2025-04-01 00:00:00Z,2025-03-01 00:00:00Z\n"
    ),
    "azure-carbon": (
        "dateKey,enrollmentId,orgName,subscriptionId,subscriptionName,azureServiceName,subService,"
        "azureRegionName,scope,scopeId,totalEmissions\n"
        "20250301,1,Acme,sub-1,Prod,Storage,Blob,uksouth,Scope 1,1,0.001\n"
        "20250301,1,Acme,sub-1,Prod,Storage,Blob,uksouth,Scope 2,2,0.02\n"
        "20250301,1,Acme,sub-1,Prod,Storage,Blob,uksouth,Scope 3,3,0.3\n"
    ),
    "sap-business-one": (
        "RowNumber,ScopeKey,StartDate,EndDate,ItemCode,WhseCode,UomCode,InQty,OutQty,Quantity,"
        "VendorCode\n"
        "1,k,20250301,20250331,DIESEL,W1,L,0,500.25,500.25,V1\n"
        "2,k,20250301,20250331,POWER,W1,KWH,0,1000,1000,V2\n"
    ),
    "oracle-activities": (
        "ACTIVITY_NUMBER,ACTIVITY_TYPE_CODE,ACTIVITY_DATE,MEASURE_TYPE_CODE,MEASURE,UOM_CODE,"
        "CURRENCY_CODE\n"
        "A1,ELECTRICITY,2025-03-01,ORA_SUS_QUANTITY,120.5,KWH,\n"
        "A1,ELECTRICITY,2025-03-01,ORA_SUS_AMOUNT,30,,USD\n"
    ),
    "cloud-compute": (
        "Facility,Region,Cloud,vCPU,Hours,Utilisation,Start,End\n"
        "web,eu-west-2,AWS,16,720,35 %,2025-03-01,2025-04-01\n"
        "batch,uksouth,Azure,8,100,,2025-03-01,2025-04-01\n"
    ),
    "cloud-accelerators": (
        "Facility,Region,Cloud,GPU,Count,Hours,Utilisation,Start,End\n"
        "ml,eu-west-2,AWS,Tesla V100,4,720,0.25,2025-03-01,2025-04-01\n"
    ),
    "cloud-storage": (
        "Facility,Region,Cloud,Medium,Service,Terabytes,Hours,Start,End\n"
        "db,eu-west-2,AWS,SSD,rds_aurora,1.5,720,2025-03-01,2025-04-01\n"
        "db,eu-west-2,AWS,HDD,,2,720,2025-03-01,2025-04-01\n"
    ),
}
GOOGLE = [
    {
        "usage_month": "2025-03-01",
        "project": {"id": "my-project", "number": "802583874831"},
        "service": {"description": "Cloud Run"},
        "location": {"region": "us-central1"},
        "carbon_footprint_total_kgCO2e": {"location_based": 1396.8, "market_based": 1102.6},
        "carbon_footprint_kgCO2e": {
            "scope1": 10,
            "scope2": {"location_based": 400, "market_based": 105.8},
            "scope3": 986.8,
        },
    }
]
TOTALS = {
    "portfolio-manager": {
        ("electricity.grid", "kWh"): "20000",
        ("fuel.natural_gas", "therm"): "120",
    },
    "focus": {("Compute", "Hours"): "3.5"},
    "aws-carbon": {
        ("cloud.aws.location", "tCO2e"): "0.0000267036",
        ("cloud.aws.market", "tCO2e"): "0.00001",
    },
    "azure-carbon": {
        ("cloud.azure.scope1", "tCO2e"): "0.001",
        ("cloud.azure.scope2", "tCO2e"): "0.02",
        ("cloud.azure.scope3", "tCO2e"): "0.3",
    },
    "google-carbon": {
        ("cloud.google.scope1", "kgCO2e"): "10",
        ("cloud.google.scope2.location", "kgCO2e"): "400",
        ("cloud.google.scope2.market", "kgCO2e"): "105.8",
        ("cloud.google.scope3", "kgCO2e"): "986.8",
    },
    "sap-business-one": {("DIESEL", "L"): "500.25", ("POWER", "kWh"): "1000"},
    "oracle-activities": {("ELECTRICITY", "kWh"): "120.5"},
    "cloud-compute": {
        ("ict.compute.aws.full", "vCPU.h"): "4032",
        ("ict.compute.aws.idle", "vCPU.h"): "7488",
        ("ict.compute.azure.full_untold", "vCPU.h"): "800",
        ("ict.compute.azure.idle_untold", "vCPU.h"): "800",
    },
    "cloud-accelerators": {
        ("ict.compute.aws.tesla_v100.full", "GPU.h"): "720",
        ("ict.compute.aws.tesla_v100.idle", "GPU.h"): "2160",
    },
    "cloud-storage": {
        ("ict.storage.ssd.aws.rds_aurora", "TB.h"): "1080",
        ("ict.storage.hdd.aws", "TB.h"): "1440",
    },
}
PERIODS = {
    "portfolio-manager": ("2024-12-15", "2025-02-13"),
    "focus": ("2025-03-01 00:00:00.000000", "2025-03-01 02:00:00.000000"),
    "aws-carbon": ("2025-03-01 00:00:00.000000", "2025-04-01 00:00:00.000000"),
    "azure-carbon": ("2025-03-01", "2025-04-01"),
    "google-carbon": ("2025-03-01", "2025-04-01"),
    "sap-business-one": ("2025-03-01", "2025-04-01"),
    "oracle-activities": ("2025-03-01", "2025-03-02"),
    "cloud-compute": ("2025-03-01", "2025-04-01"),
    "cloud-accelerators": ("2025-03-01", "2025-04-01"),
    "cloud-storage": ("2025-03-01", "2025-04-01"),
}
OPTIONS = {
    "sap-business-one": {"inclusive_ends": True},
    "oracle-activities": {"constants": ("facility=plant",)},
}


def read(name, path, **options):
    """Read a file by a shipped profile."""
    files = MappedFiles([path], ReadingOptions(**options).over(find_profile(name)))
    return pl.concat(files.frames())


def made_file(name, folder):
    """Make a file of a profile's source."""
    if name == "google-carbon":
        (folder / "export.json").write_text(json.dumps(GOOGLE))
        return folder / "export.json"
    (folder / "export.csv").write_text(TEXTS[name])
    return folder / "export.csv"


@pytest.mark.parametrize("name", shipped_names())
def test_a_file_of_the_source_s_form_gives_the_totals_that_it_prints(name, tmp_path):
    """By activity and unit, to the last digit; in the months that it is of."""
    frame = read(name, made_file(name, tmp_path), **OPTIONS.get(name, {}))
    totals: dict[tuple[str, str], Decimal] = {}
    for row in frame.to_dicts():
        key = (row["activity"], row["unit"])
        totals[key] = totals.get(key, Decimal(0)) + Decimal(row["quantity"])
        assert row["facility"]
    assert totals == {key: Decimal(total) for key, total in TOTALS[name].items()}
    times = frame.select(start=pl.col("start").min(), end=pl.col("end").max()).row(0)
    assert tuple(str(time)[:10] for time in times) == tuple(each[:10] for each in PERIODS[name])


def test_portfolio_manager_is_read_from_its_workbook(tmp_path):
    """From the sheet of its name, with its dates as days."""
    rows = [line.split(",") for line in TEXTS["portfolio-manager"].splitlines()[:1]]
    meter = ["Tower", "1", "Main", "Electric - Grid", "1"]
    unit = "kWh (thousand Watt-hours)"
    rows.append([*meter, "12/15/2024", "01/14/2025", None, 10.5, unit, 1, "Yes"])
    path = write_xlsx(tmp_path / "a.xlsx", {"Properties": [["x"], ["y"]], "Meter Entries": rows})
    frame = read("portfolio-manager", path, constants=("region=US",))
    assert frame.select("quantity", "region", "data_quality").rows() == [
        ("10.5", "US", "estimated")
    ]


def test_what_a_file_lacks_is_said_by_an_option(tmp_path):
    """Or the file is refused, with the option."""
    path = made_file("oracle-activities", tmp_path)
    with pytest.raises(FieldInvalid, match=r"gives facility; .* --constant FIELD=WORD"):
        read("oracle-activities", path)
    for wrong in ("region", "=GB", "region="):
        with pytest.raises(FieldInvalid, match="constant: expected FIELD=WORD"):
            ReadingOptions(constants=(wrong,)).over(find_profile("focus"))


@pytest.mark.parametrize("name", shipped_names())
def test_a_file_of_another_source_is_refused(name, tmp_path):
    """With the columns that were expected."""
    (tmp_path / "a.csv").write_text("Date,Usage\n2025-01-01,1\n")
    with pytest.raises(FieldInvalid, match="expected a row with the columns"):
        read(name, tmp_path / "a.csv")


def test_a_mistyped_name_is_told_the_nearest():
    """And the names of all."""
    with pytest.raises(FieldInvalid, match="the nearest is 'portfolio-manager'"):
        find_profile("portfolio_manager")

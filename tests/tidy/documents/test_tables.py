"""Tables that stand in several places say the same."""

import datetime as dt
import re
import tomllib
from pathlib import Path

import tonne_kernel
from tonne import model, quantities
from tonne.edge.messages import codec
from tonne.ingest import decoder
from tonne.ledger.book import facilities
from tonne.v1 import ingest_pb2, ledger_pb2, status_pb2

REPOSITORY = Path(__file__).parents[3]
KERNEL_STATUSES = REPOSITORY / "ext/tonne_kernel/values/status.pxd"
RECORD = ingest_pb2.ActivityRecord.DESCRIPTOR


def kernel_enum(name):
    """Names and numbers of an enum of the kernel."""
    body = re.search(rf"cdef enum {name}:\n((?:    .*\n)+)", KERNEL_STATUSES.read_text())[1]
    return {
        found[1]: int(found[2]) for found in re.finditer(r"^    (\w+) = (\d+)", body, re.MULTILINE)
    }


def test_row_statuses_are_the_same_everywhere():
    """The API, the model and the kernel know the same statuses under the same numbers."""
    of_model = {status.name: status.value for status in model.RowStatus}
    of_api = {
        name.removeprefix("ROW_STATUS_"): number for name, number in status_pb2.RowStatus.items()
    }
    assert of_api.pop("UNSPECIFIED") == 0
    assert of_api.pop("POSTED") == codec.POSTED == 1000  # inside, where no wire is, it is zero
    of_api["POSTED"] = 0
    # No record comes so: it is a fate of one that is kept.
    assert of_api.pop("REVERSED") == status_pb2.ROW_STATUS_REVERSED == 1001
    assert of_model.pop("REVERSED") == model.RowStatus.REVERSED
    of_kernel = kernel_enum("RowStatus")
    suspense_first = of_kernel.pop("SUSPENSE_FIRST")
    assert of_model == of_api == of_kernel
    assert len(of_model) == tonne_kernel.ROW_STATUS_COUNT
    assert min(s for s in model.RowStatus if s.is_suspense) == suspense_first


def test_record_fields_are_the_same_everywhere():
    """The model and the kernel number the fields of a record as ActivityRecord does."""
    of_api = {field.name.upper(): field.number for field in RECORD.fields}
    of_model = {field.name: field.value for field in model.RecordField}
    of_kernel = {
        name.removeprefix("FIELD_"): number for name, number in kernel_enum("RecordField").items()
    }
    assert of_kernel.pop("COUNT") == max(of_api.values()) + 1
    assert of_kernel == {"RECORD": 0, **of_api}
    del of_api["QUANTITY_DOUBLE"]  # the same quantity to a person
    assert of_model == {"RECORD": 0, **of_api}


def test_constants_are_the_same_everywhere():
    """The model and the kernel agree on places and on the last instant; a facility on its id."""
    end_year = model.PERIOD_EPOCH_YEAR + model.PERIOD_COUNT_MAX // 12
    span = dt.datetime(end_year, 1, 1, tzinfo=dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert span // dt.timedelta(microseconds=1) == tonne_kernel.TIME_US_STOP
    assert tonne_kernel.QUANTITY_PLACES == quantities.QUANTITY_PLACES
    assert tonne_kernel.ATTO_PER_ONE == quantities.ATTO_PER_ONE == tonne_kernel.parse_decimal(b"1")
    assert tonne_kernel.TEXT_SIZE_MAX == facilities.ID_BYTES_MAX


def test_batch_kinds_are_the_same_everywhere():
    """The kernel, ingest and the API know the same forms of a batch, in the same order."""
    of_ingest = {
        name.removeprefix("KIND_"): number
        for name, number in vars(decoder).items()
        if name.startswith("KIND_")
    }
    assert of_ingest == tonne_kernel.BATCH_KINDS
    forms = ingest_pb2.AppendRequest.DESCRIPTOR.oneofs_by_name["batch"].fields
    of_api = {field.name.removesuffix("_ipc").upper(): i for i, field in enumerate(forms, 1)}
    assert {"NONE": 0, **of_api} == tonne_kernel.BATCH_KINDS


def test_other_enums_are_numbered_as_in_the_api():
    """What the model holds as a number or a place is the API's number."""
    for enum, of_api, prefix in (
        (model.FacilityRule, ledger_pb2.FacilityRule, "FACILITY_RULE_"),
        (model.ChannelState, ingest_pb2.ChannelState, "CHANNEL_STATE_"),
        (model.PeriodState, ledger_pb2.PeriodState, "PERIOD_STATE_"),
    ):
        expected = {name.removeprefix(prefix): number for name, number in of_api.items() if number}
        assert {member.name: member.value for member in enum} == expected
    facility_types = {
        number: name.removeprefix("FACILITY_TYPE_").lower() if number else ""
        for name, number in ledger_pb2.FacilityType.items()
    }
    assert dict(enumerate(model.FACILITY_TYPES)) == facility_types


def requirement_name(requirement):
    """Name of a requirement, without extras and versions."""
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower()


def test_the_readme_gives_a_reason_for_each_dependency():
    """A row of a README table names each dependency in backticks."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    dependencies = {requirement_name(item) for item in project["dependencies"]}
    readme = (REPOSITORY / "README.md").read_text()
    rows = re.findall(r"^\|\s*((?:`[^`|]+`[,\s]*)+)\|(.*)\|\s*$", readme, re.MULTILINE)
    named = {
        requirement_name(name): reasons
        for names, reasons in rows
        for name in re.findall(r"`([^`]+)`", names)
    }
    assert dependencies - named.keys() == set()
    assert [name for name in dependencies if not re.search(r"\w{3,} \w", named[name])] == []


def test_the_changelog_knows_the_version():
    """What is released, or will be, is in the changelog."""
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    changelog = (REPOSITORY / "CHANGELOG.md").read_text()
    assert re.search(rf"^## \[(?:Unreleased|{re.escape(version)})\]", changelog, re.MULTILINE)

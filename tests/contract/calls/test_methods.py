"""Methods, entities and the shipped catalogue on the wire."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from tests.support.servers.api import EDITION, details_of
from tonne.v1 import catalogue_pb2, ledger_pb2

METHOD = ledger_pb2.Method(
    author="Ada",
    reason="a reporting year from April",
    editions=["editions/uk-ghg-2025", "editions/uk-ghg-2024"],
    gwp_set="AR6",
    blend_gwp=ledger_pb2.BLEND_GWP_PUBLISHED,
    year_rule=ledger_pb2.YEAR_RULE_DAYS,
    reporting_year_start=4,
    loss_convention=ledger_pb2.LOSS_CONVENTION_GHG_PROTOCOL_COMBUSTION,
    unknown_methane=ledger_pb2.UNKNOWN_METHANE_FOSSIL,
    consolidation=ledger_pb2.CONSOLIDATION_EQUITY_SHARE,
    proxy_regions=["US"],
    year_fallback_years=0,
    transport_wtt=False,
    rates=[
        ledger_pb2.Rate(from_unit="CNY", to_unit="USD2022", rate="0.1486", source="bank"),
        ledger_pb2.Rate(
            from_unit="tank",
            to_unit="l",
            rate="0",
            valid_from=Date(year=2024, month=5, day=15),
            valid_to=Date(year=2024, month=9, day=1),
            facility="hut",
        ),
    ],
)


def _refused(call, request) -> tuple[str, str]:
    """Reason and field of a refusal."""
    with pytest.raises(grpc.RpcError) as refused:
        call(request)
    info, _ = details_of(refused.value)
    return info.reason, info.metadata.get("field", "")


def _changed(**fields) -> ledger_pb2.Method:
    method = ledger_pb2.Method()
    method.CopyFrom(METHOD)
    for name, value in fields.items():
        method.ClearField(name)
        if isinstance(value, list):
            getattr(method, name).extend(value)
        elif value is not None:
            setattr(method, name, value)
    return method


def test_a_book_is_made_with_the_shipped_editions_or_its_own_method(api):
    """Absent means the default order; a method without editions knows none."""
    shipped = api.ledger.CreateBook(ledger_pb2.CreateBookRequest(book_id="shipped"))
    assert shipped.method_version == 1
    assert "editions/uk-ghg-2025" in shipped.editions
    assert all(name.startswith("editions/") for name in shipped.editions)
    empty = ledger_pb2.CreateBookRequest(book_id="empty", method=ledger_pb2.Method())
    assert list(api.ledger.CreateBook(empty).editions) == []
    own = ledger_pb2.CreateBookRequest(book_id="own-method", method=METHOD)
    assert list(api.ledger.CreateBook(own).editions) == list(METHOD.editions)


def _update(book, method, *, version="current", paths=("*",)):
    """All settings of a method, or those of a mask, to follow a version."""
    request = ledger_pb2.UpdateMethodRequest(method=method, update_mask=FieldMask(paths=paths))
    request.method.name = f"{book}/methods/{version}"
    return request


def test_a_method_comes_back_as_it_was_set(api, book):
    """Every field of the new version is that of the request; the time and the name are new."""
    made = api.ledger.UpdateMethod(_update(book, METHOD))
    assert (made.name, made.version) == (f"{book}/methods/3", 3)
    assert made.create_time.seconds > 0
    for name in ("methods/3", "methods/current"):
        found = api.ledger.GetMethod(ledger_pb2.GetMethodRequest(name=f"{book}/{name}"))
        assert found == made
    made.ClearField("name")
    made.ClearField("version")
    made.ClearField("create_time")
    assert made == METHOD
    kept = api.ledger.GetBook(ledger_pb2.GetBookRequest(name=book))
    assert (kept.method_version, list(kept.editions)) == (3, list(METHOD.editions))


def test_what_a_method_leaves_open_has_its_default(api, book):
    """Unspecified enums are their first values, absent fields their defaults."""
    bare = ledger_pb2.Method(author="Ada", reason="the defaults")
    made = api.ledger.UpdateMethod(_update(book, bare))
    assert (made.gwp_set, made.reporting_year_start) == ("AR5", 1)
    assert made.blend_gwp == ledger_pb2.BLEND_GWP_COMPOSITION
    assert made.year_rule == ledger_pb2.YEAR_RULE_MONTH
    assert made.loss_convention == ledger_pb2.LOSS_CONVENTION_DEFRA
    assert made.consolidation == ledger_pb2.CONSOLIDATION_OPERATIONAL_CONTROL
    assert made.unknown_methane == ledger_pb2.UNKNOWN_METHANE_NON_FOSSIL
    assert (made.year_fallback_years, made.transport_wtt) == (5, True)
    assert (list(made.editions), list(made.proxy_regions)) == ([], [])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"author": ""}, "method.author"),
        ({"reason": " "}, "method.reason"),
        ({"gwp_set": "AR9"}, "method.gwp_set"),
        ({"year_rule": 9}, "method.year_rule"),
        ({"consolidation": -1}, "method.consolidation"),
        ({"reporting_year_start": 13}, "method.reporting_year_start"),
        ({"year_fallback_years": 99}, "method.year_fallback_years"),
        ({"editions": ["editions/uk-ghg-2052"]}, "method.editions"),
        ({"editions": ["books/other/editions/own"]}, "method.editions"),
        ({"editions": ["editions/uk-ghg-2025", "editions/uk-ghg-2025"]}, "method.editions"),
        ({"rates": [ledger_pb2.Rate(from_unit="a", to_unit="b", rate="-1")]}, "method.rates"),
        (
            {
                "rates": [
                    ledger_pb2.Rate(
                        from_unit="a",
                        to_unit="b",
                        rate="1",
                        valid_to=Date(year=2024, month=2, day=30),
                    )
                ]
            },
            "method.rates",
        ),
    ],
)
def test_a_wrong_method_is_refused_by_its_field(api, book, fields, field):
    """The field is named and the version in force stays."""
    request = _update(book, _changed(**fields))
    assert _refused(api.ledger.UpdateMethod, request) == ("FIELD_INVALID", field)
    kept = api.ledger.GetBook(ledger_pb2.GetBookRequest(name=book))
    assert kept.method_version == 2


def test_a_method_that_another_changed_is_not_replaced(api, book):
    """The version that was read is compared; a repeat of what is in force is fine."""
    request = _update(book, METHOD, version="2")
    made = api.ledger.UpdateMethod(request)
    assert api.ledger.UpdateMethod(request) == made
    request.method.gwp_set = "AR4"
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.UpdateMethod(request)
    assert refused.value.code() is grpc.StatusCode.ABORTED
    info, retry = details_of(refused.value)
    assert (info.reason, info.metadata["version"], retry) == ("METHOD_CHANGED", "3", None)


def test_versions_are_listed_and_named(api, book):
    """All versions come in pages, the first one first; a version that is not there is told."""
    api.ledger.UpdateMethod(_update(book, METHOD))
    request = ledger_pb2.ListMethodsRequest(parent=book, page_size=2)
    first = api.ledger.ListMethods(request)
    request.page_token = first.next_page_token
    rest = api.ledger.ListMethods(request)
    methods = [*first.methods, *rest.methods]
    assert ([each.version for each in methods], rest.next_page_token) == ([1, 2, 3], "")
    assert [list(each.editions) for each in methods] == [
        [],
        [f"{book}/editions/own"],
        list(METHOD.editions),
    ]
    for name, reason in (
        (f"{book}/methods/9", "METHOD_UNKNOWN"),
        (f"{book}/methods/0", "NAME_INVALID"),
        (f"{book}/methods/last", "NAME_INVALID"),
    ):
        request = ledger_pb2.GetMethodRequest(name=name)
        assert _refused(api.ledger.GetMethod, request)[0] == reason


def test_an_import_is_a_version_of_its_author(api, book):
    """Author and reason of the import are those of the version that prefers it."""
    request = catalogue_pb2.ImportEditionRequest(
        parent=book, edition_id="second", csv=EDITION.encode(), author="Bo", reason="meters"
    )
    assert api.catalogue.ImportEdition(request).rank == 2
    name = f"{book}/methods/current"
    method = api.ledger.GetMethod(ledger_pb2.GetMethodRequest(name=name))
    assert (method.version, method.author, method.reason) == (3, "Bo", "meters")
    request.edition_id = "uk-ghg-2025"
    assert _refused(api.catalogue.ImportEdition, request)[0] == "EDITION_EXISTS"


def test_entities_come_back_as_they_were_given(api, book):
    """Holdings with their dates, shares and controls; a full control may be left out."""
    venture = ledger_pb2.Entity(
        id="venture",
        display_name="Venture",
        parent="group",
        holdings=[
            ledger_pb2.Holding(
                valid_from=Date(year=2024, month=1, day=1),
                valid_to=Date(year=2025, month=1, day=1),
                equity_share="0.50",
                financial_control=ledger_pb2.FINANCIAL_CONTROL_JOINT,
                not_operated=True,
            ),
            ledger_pb2.Holding(valid_from=Date(year=2025, month=1, day=1), equity_share="1"),
        ],
    )
    group = ledger_pb2.Entity(id="group")
    request = ledger_pb2.ImportEntitiesRequest(parent=book, entities=[venture, group])
    answer = api.ledger.ImportEntities(request)
    assert (answer.created_count, answer.updated_count) == (2, 0)
    venture.holdings[1].financial_control = ledger_pb2.FINANCIAL_CONTROL_FULL
    page = api.ledger.ListEntities(ledger_pb2.ListEntitiesRequest(parent=book, page_size=1))
    assert list(page.entities) == [group]
    page = api.ledger.ListEntities(
        ledger_pb2.ListEntitiesRequest(parent=book, page_token=page.next_page_token)
    )
    assert list(page.entities) == [venture]
    circle = ledger_pb2.ImportEntitiesRequest(
        parent=book, entities=[ledger_pb2.Entity(id="group", parent="venture")]
    )
    assert _refused(api.ledger.ImportEntities, circle)[0] == "FIELD_INVALID"
    venture.holdings[0].financial_control = 9
    request = ledger_pb2.ImportEntitiesRequest(parent=book, entities=[venture])
    assert _refused(api.ledger.ImportEntities, request)[1] == (
        "entities[0].holdings.financial_control"
    )


def test_shipped_editions_are_read_without_a_book(api, book):
    """They are listed with their licences; their factors have names and all their fields."""
    listed = api.catalogue.ListEditions(catalogue_pb2.ListEditionsRequest(page_size=1000))
    names = [edition.name for edition in listed.editions]
    assert "editions/uk-ghg-2025" in names
    assert all(e.licence and e.title and len(e.sha256) == 64 for e in listed.editions)
    assert not any(e.HasField("create_time") or e.rank for e in listed.editions)
    parent = "editions/uk-ghg-2025"
    request = catalogue_pb2.ListFactorsRequest(
        parent=parent, filter='activity = "electricity.grid"'
    )
    factor = api.catalogue.ListFactors(request).factors[0]
    assert factor.name.startswith(f"{parent}/factors/")
    assert (factor.region, factor.unit) == ("GB", "kWh")
    assert factor.licence
    assert factor.stage
    assert factor.row
    read = api.catalogue.GetFactor(catalogue_pb2.GetFactorRequest(name=factor.name))
    assert read == factor
    for name, reason in (
        ("editions/nowhere/factors/1", "EDITION_UNKNOWN"),
        ("editions/uk-ghg-2025/factors/one", "NAME_INVALID"),
        (f"{book}/editions/uk-ghg-2025/factors/1", "EDITION_UNKNOWN"),
    ):
        request = catalogue_pb2.GetFactorRequest(name=name)
        assert _refused(api.catalogue.GetFactor, request)[0] == reason


def test_factors_and_activities_are_found_by_words(api, book):
    """In a book its own editions are searched; an unknown word names the nearest ids."""
    request = catalogue_pb2.SearchFactorsRequest(query="grid", parent=book)
    found = api.catalogue.SearchFactors(request)
    assert [each.name for each in found.factors] == [f"{book}/editions/own/factors/1"]
    assert found.total_size == 1
    request = catalogue_pb2.SearchFactorsRequest(query="grid", region="GB", page_size=2)
    found = api.catalogue.SearchFactors(request)
    assert (len(found.factors), found.total_size > 2) == (2, True)
    assert {each.region for each in found.factors} == {"GB"}
    request = catalogue_pb2.SearchActivitiesRequest(query="grid electricity", page_size=1)
    hit = api.catalogue.SearchActivities(request).activities[0]
    assert (hit.id, hit.rule) == ("electricity.grid", "electricity")
    assert "scope2.location" in hit.accounts
    none = api.catalogue.SearchActivities(
        catalogue_pb2.SearchActivitiesRequest(query="electricty.grid")
    )
    assert (list(none.activities), "electricity.grid" in none.nearest) == ([], True)
    everything = catalogue_pb2.SearchActivitiesRequest(page_size=10_000)
    answer = api.catalogue.SearchActivities(everything)
    assert len(answer.activities) == answer.total_size > 100

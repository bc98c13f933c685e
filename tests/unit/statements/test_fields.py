"""What a statement says goes into JSON, into a message and back, and stays the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.statements.bodies import any_of, valid
from tonne.edge.messages.statement_codec import read_statement, write_statement
from tonne.errors import FieldInvalid
from tonne.statements import answers, messages
from tonne.statements.fields import check_fields, from_mapping, hints
from tonne.statements.rules import path_rules
from tonne.statements.statement import (
    BODIES,
    Kind,
    Statement,
    body_text,
    check_body,
    read_body,
)
from tonne.statements.suppliers import Supplier
from tonne.statements.templates import read_template, template_ids
from tonne.v1 import statements_pb2

ANSWERS = {
    "SupplierCoverage": answers.SupplierCoverage,
    "TargetProgress": answers.TargetProgress,
    "MeasureEffect": answers.MeasureEffect,
    "MeasurePipeline": answers.Pipeline,
    "Claims": answers.Claims,
    "ProductTotals": answers.ProductTotals,
}


@given(st.sampled_from(sorted(Kind)).flatmap(lambda kind: any_of(BODIES[kind])))
def test_json_and_messages_hold_every_field(body):
    """Canonical JSON is the same for the same statement; the wire loses nothing."""
    kind = next(each for each, of in BODIES.items() if of is type(body))
    check_fields(body, "statement")
    assert read_body(kind, body_text(body)) == body
    assert body_text(read_body(kind, body_text(body))) == body_text(body)
    statement = Statement(kind, "x", body, "2025-01-01", "reason", "Ada", 3, 7)
    message = write_statement("acme", statement)
    back = statements_pb2.Statement.FromString(message.SerializeToString())
    assert read_statement(back, "statements[0]", "caller").body == body


@pytest.mark.parametrize("kind", Kind)
def test_the_example_of_each_kind_fits(kind):
    """What properties are fed with passes its checks."""
    check_body(valid(1)[kind], str(kind))


def test_messages_and_dataclasses_have_the_same_fields():
    """One name of a field in the dataclass, on the wire and in JSON."""
    statement = statements_pb2.Statement.DESCRIPTOR.fields_by_name
    pairs = [(of, statement[kind].message_type) for kind, of in BODIES.items()]
    pairs += [
        (of, statements_pb2.DESCRIPTOR.message_types_by_name[name]) for name, of in ANSWERS.items()
    ]
    for of, message in pairs:
        assert list(hints(of)) == [field.name for field in message.fields], of
        for field in message.fields:
            if field.enum_type is not None:
                words = {each.name for each in field.enum_type.values if each.number}
                kind = (
                    next(each for each in hints(of)[field.name].__args__)
                    if hasattr(hints(of)[field.name], "__args__")
                    else hints(of)[field.name]
                )
                begins = messages.prefix(field.enum_type)
                assert words == {f"{begins}{each.name}" for each in kind if each}


@pytest.mark.parametrize("template", template_ids())
def test_what_templates_state_fits(template):
    """Each statement passes its checks and has a source."""
    read = read_template(template)
    assert read.statements
    assert all(each.body.source for each in read.statements)


def test_rules_have_their_source_and_their_time():
    """Each row of the shipped rules says where it is from, and from when on it holds."""
    for rule in path_rules().values():
        assert rule.source
        assert rule.valid_from
        assert rule.remaining(2020, 0) == 1
        assert 0 <= rule.remaining(2020, 200) <= rule.remaining(2020, 5) < 1


@pytest.mark.parametrize(
    ("given_fields", "message"),
    [
        ({}, "display_name: expected a text"),
        ({"display_name": 3}, "expected a text; got 3"),
        ({"display_nam": "x"}, "did you mean display_name?"),
        ([], "expected fields of Supplier"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(given_fields, message):
    """With its place and what is expected."""
    with pytest.raises(FieldInvalid) as error:
        from_mapping(Supplier, given_fields, "line 3")
    assert message in error.value.message

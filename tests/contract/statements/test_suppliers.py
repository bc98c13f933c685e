"""Suppliers and their evidence: stated, imported, listed; by the command and the SDK."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tonne.errors import ContentMustMatch, FieldInvalid, StatementChanged, StatementUnknown
from tonne.statements.statement import statement_of
from tonne.statements.suppliers import Attribute, Evidence, Supplier

REGISTER = """\
id,display_name,region,attribute,evidence_date,source,verifier,maturity_level
s1,Northern Boards,CN,verified_data,2025-03-01,https://example.org/1,TÜV,
s1,Northern Boards,CN,maturity,2025-03-01,questionnaire 7,,3
s2,Cables,DE,,,,,
"""


def test_a_statement_goes_out_and_comes_back_whole(client, stated_book):
    """Every field by the wire and back; the version counts, an id that is not there is told."""
    shown = Evidence(
        "s1", Attribute.VERIFIED_DATA, "2025-02-01", "report", "2026-02-01", 0, "TÜV Nord"
    )
    given = [
        statement_of(
            "s1", Supplier("Boards", "CN", "boards"), reason="new", valid_from="2025-01-01"
        ),
        statement_of("e1", shown, reason="new"),
    ]
    first, second = client.add_statements(stated_book, given, author="Ada", request_id="r")
    assert (first.body, first.author, first.reason, first.version) == (
        given[0].body,
        "Ada",
        "new",
        1,
    )
    assert second.body == shown
    assert client.add_statements(stated_book, given, author="Ada", request_id="r") == [
        first,
        second,
    ]
    assert client.get_statement(stated_book, "supplier", "s1") == first
    assert list(client.list_statements(stated_book)) == [first, second]
    assert list(client.list_statements(stated_book, "evidence", valid_on="2024-01-01")) == []
    with pytest.raises(StatementUnknown):
        client.get_statement(stated_book, "supplier", "s9")
    with pytest.raises(ContentMustMatch):
        client.add_statements(stated_book, given[:1], author="Ada", request_id="r")


def test_what_is_wrong_is_told_with_its_place(client, stated_book):
    """The error has the field, and nothing of the call is made."""
    good = statement_of("s1", Supplier("Boards"), reason="new")
    says = Evidence("s9", Attribute.PUBLIC_TARGET, "2025-02-01", "report")
    bad = statement_of("e", says, reason="new")
    with pytest.raises(FieldInvalid, match=r"statements\[1\].evidence.supplier"):
        client.add_statements(stated_book, [good, bad], author="Ada")
    assert list(client.list_statements(stated_book)) == []
    with pytest.raises(FieldInvalid, match="who says so"):
        client.add_statements(stated_book, [good])


def test_a_register_is_imported_once(run, tmp_path):
    """A second import of the same file makes no version; a changed line makes one."""
    file = tmp_path / "suppliers.csv"
    file.write_text(REGISTER)
    words = ("supplier", "import", file, "--reason", "register", "--author", "Ada")
    assert run(*words)[::2] == (0, run(*words)[2])
    rows = json.loads(run("supplier", "list", "--format", "json")[1])
    assert [(row["id"], row["version"], row["region"]) for row in rows] == [
        ("s1", 1, "CN"),
        ("s2", 1, "DE"),
    ]
    file.write_text(REGISTER.replace("Cables", "Cables & Co"))
    run(*words)
    versions = json.loads(run("supplier", "show", "s2")[1])
    assert [each["says"]["display_name"] for each in versions] == ["Cables", "Cables & Co"]
    file.write_text(REGISTER.replace("maturity,2025-03-01", "maturity,2025-33-01"))
    code, _, told = run(*words)
    assert code == 1
    assert "suppliers.csv, line 3.evidence_date: expected a day as YYYY-MM-DD" in told


def test_a_supplier_by_the_command(run, state):
    """Added, stated anew, guarded by the version that was read, withdrawn."""
    assert "version 1" in state("supplier", "add", "s1", "display_name=Boards")
    assert "version 2" in state("supplier", "add", "s1", "display_name=Boards AG", "--version=1")
    told = run(
        "supplier", "add", "s1", "display_name=X", "--version=1", "--reason=r", "--author=A"
    )
    assert told[0] == 1
    assert "expected 2, the version in force" in told[2]
    state("supplier", "evidence", "add", "e1", "supplier=s1", "attribute=public-target",
          "evidence_date=2025-01-01", "source=report")  # fmt: skip
    state("supplier", "withdraw", "s1")
    assert json.loads(run("supplier", "list", "--format", "json")[1]) == []
    code, _, told = run("supplier", "add", "s3", "displayname=X", "--reason=r", "--author=A")
    assert (code, "did you mean display_name?" in told) == (1, True)


def test_a_lost_race_has_its_own_error(client, stated_book):
    """Who read an older version gets StatementChanged, and nothing is stated."""
    made = statement_of("s1", Supplier("Boards"), reason="new")
    client.add_statements(stated_book, [made], author="Ada")

    with pytest.raises(StatementChanged):
        client.add_statements(stated_book, [replace(made, version=7)], author="Ada")


def test_a_register_whose_columns_are_not_what_they_seem(run, tmp_path):
    """A column that stands twice is refused; one that is not read, by its name, is told."""
    file = tmp_path / "suppliers.csv"
    words = ("supplier", "import", file, "--reason", "register", "--author", "Ada")
    file.write_text("id,display_name,id\ns1,Boards,s2\n")
    code, _, told = run(*words)
    assert (code, "id stands twice" in told) == (1, True)
    file.write_text("id,display_name,validto\ns1,Boards,2026-01-01\n")
    code, _, told = run(*words)
    assert (code, "columns that are not read: validto" in told) == (0, True)

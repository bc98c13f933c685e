"""Whose file it is: of a caller with a token, brought in that name, and seen by nobody else."""

from __future__ import annotations

from contextlib import closing

import pytest
from starlette.testclient import TestClient

from tests.unit.console.acting.forms import SENT, form_of, send
from tests.unit.console.acting.test_importing import RECORDS
from tests.unit.console.test_security import bearer
from tonne.cli.process.importing import ImportProcess
from tonne.client import Client, Credentials
from tonne.console.access import PassedAccess
from tonne.console.application import application
from tonne.console.rights import Writing
from tonne.console.uploading.command import Imports

OUTSIDE = "https://console.example"

FILE = {"file": ("records.csv", RECORDS.encode())}


@pytest.fixture(scope="module")
def guarded(knowing):
    """A server that knows its callers, and a client of who may everything."""
    knowing[1].create_book("acme")
    return knowing


@pytest.fixture
def passed(guarded):
    """A console behind a proxy, and what it keeps of files."""
    address = guarded[0].server.address

    def connect(token):
        return Client(address, credentials=Credentials(token=token))

    imports = Imports(ImportProcess(address, Credentials()))
    app = application(PassedAccess(connect), Writing.OF_NAMED, imports=imports)
    with closing(imports.uploads), TestClient(app, base_url=OUTSIDE) as browser:
        yield browser, imports


def sent_by(headers):
    """The headers of a form that a caller sends."""
    return {**SENT, "origin": OUTSIDE, **headers}


def test_who_may_not_bring_a_file_is_told_before_it_is_read(passed, issuer, guarded):
    """The page has no form; one that is sent all the same is refused, and nothing is kept."""
    browser, imports = passed
    headers = bearer(issuer.token("eve", ["acme:accountant"]))
    form, page = form_of(browser, "/books/acme/import", **headers)
    assert not form.action
    assert "(accountant) do not suffice for CreateImport" in page.text
    answer = browser.post("/books/acme/import", files=FILE, headers=sent_by(headers))
    assert (answer.status_code, "ROLE_LACKING" in answer.text) == (403, True)
    answer = browser.post("/books/acme/import", files=FILE, headers=sent_by({}))
    assert answer.status_code == 401
    foreign = bearer(issuer.token("eve", ["other:admin"]))
    answer = browser.post("/books/acme/import", files=FILE, headers=sent_by(foreign))
    assert answer.status_code in {403, 404}
    assert imports.uploads._kept == {}  # what is kept
    assert list(guarded[1].list_imports("acme")) == []


def test_a_file_is_its_callers_own_and_so_is_what_is_posted(passed, issuer, guarded):
    """The command runs with the caller's token: the ledger has the name, and refuses another."""
    browser, _ = passed
    _, root = guarded
    ann = bearer(issuer.token("ann", ["acme:producer", "acme:reader"]))
    bob = bearer(issuer.token("bob", ["acme:admin"]))
    form, _ = form_of(browser, "/books/acme/import", **ann)
    answer = send(browser, form, sent_by(ann), files=FILE, profile="records")
    assert answer.status_code == 303, answer.text
    place = answer.headers["location"]
    for path in (place, f"{place}/post"):
        other = browser.get(path, headers=bob)
        assert (other.status_code, "UPLOAD_GONE" in other.text) == (404, True)
    form, _ = form_of(browser, place, **ann)
    stolen = send(browser, form, sent_by(bob))
    assert (stolen.status_code, "FORM_STALE" in stolen.text) == (404, False) or (
        stolen.status_code == 403
    )
    posting = send(browser, form, sent_by(ann), channel="erp").headers["location"]
    form, page = form_of(browser, posting, **ann)
    assert "END_MUST_FOLLOW_START" in page.text
    demoted = bearer(issuer.token("ann", ["acme:reader"]))
    answer = send(browser, form, sent_by(demoted))
    assert answer.status_code == 400
    assert "needs the role" in answer.text
    assert list(root.list_imports("acme")) == []
    answer = send(browser, form, sent_by(ann))
    assert answer.status_code == 303, answer.text
    (noted,) = root.list_imports("acme")
    assert (noted.caller, noted.durable_count) == ("ann", 3)

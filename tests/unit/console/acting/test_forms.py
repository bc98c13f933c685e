"""Forms: whose they are, where they come from, who may, and that nothing typed is lost."""

from __future__ import annotations

import re
import uuid

import pytest
from starlette.testclient import TestClient

from tests.unit.console.acting.forms import SENT, Form, form_of, send
from tests.unit.console.acting.test_actions import DIESEL, at, bring
from tests.unit.console.conftest import HERE
from tests.unit.console.reading import Reading
from tests.unit.console.test_security import HOSTILE, IDS, bearer
from tonne.client import Client, Credentials
from tonne.console.access import OwnAccess, PassedAccess
from tonne.console.application import ACTIONS, HEADERS, application
from tonne.console.guarding import Guard
from tonne.console.posting import BODY_BYTES_MAX
from tonne.console.rights import Writing

PLACES = [path.format(book="story", **IDS) for path in ACTIONS]
"""Every action that there is."""

OUTSIDE = "https://console.example"
"""The console as browsers behind a proxy see it."""


@pytest.fixture(scope="module")
def acting(client):
    """A browser before a console that takes actions of everybody who reaches it."""
    app = application(OwnAccess(client), Writing.OF_ALL, "ada")
    with TestClient(app, base_url=HERE) as found:
        yield found


@pytest.fixture
def reversal(client):
    """The address of an action on a record of a new book, and what says whether it was done."""
    book = f"f-{uuid.uuid4().hex[:8]}"
    client.create_book(book)
    bring(client, book, DIESEL)
    return at(book, "reverse"), lambda: len(list(client.list_corrections(book)))


def test_a_form_of_another_site_does_nothing(acting, reversal):
    """Another origin, another port of loopback, a hidden one, none at all."""
    place, done = reversal
    form, _ = form_of(acting, place)
    for headers in (
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": HERE, "sec-fetch-site": "cross-site"},
        {"origin": HERE, "sec-fetch-site": "none"},
        {},
    ):
        answer = send(acting, form, headers, reason="why")
        assert answer.status_code == 403, headers
        assert "REQUEST_FOREIGN" in answer.text
    assert done() == 0
    assert send(acting, form, reason="why").status_code == 303
    assert done() == 1


def test_a_form_without_its_token_does_nothing_and_keeps_what_was_typed(acting, reversal):
    """No token, that of another path or session, no cookie; then as it is shown again."""
    place, done = reversal
    form, _ = form_of(acting, place)
    other, _ = form_of(acting, place.replace("reverse", "correct") + "&f.quantity=1")
    cookies = dict(acting.cookies)
    for token in ("", "x", other.values["form-token"], form.values["form-token"][:-1]):
        answer = send(acting, form, reason="typed <i>", **{"form-token": token})
        assert answer.status_code == 403
        assert "FORM_STALE" in answer.text
        assert 'value="typed &lt;i&gt;"' in answer.text
    acting.cookies.clear()
    answer = send(acting, form, reason="typed")
    assert answer.status_code == 403
    acting.cookies.clear()
    acting.cookies.update(cookies)
    assert done() == 0
    shown = send(acting, form, reason="typed", **{"form-token": "x"})
    again = Form(shown.text)
    assert again.values["reason"] == "typed"
    assert send(acting, again).status_code == 303
    assert done() == 1


def test_a_session_is_a_cookie_that_nobody_else_reads(acting, reversal):
    """No script and no other site has it; a page that shows alone sets none."""
    place, _ = reversal
    acting.cookies.clear()
    cookie = acting.get(place).headers["set-cookie"]
    assert re.fullmatch(r"tonne-form=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict", cookie)
    assert acting.get(place).headers["set-cookie"] == cookie  # the browser's own stays
    assert "set-cookie" not in acting.get(place.partition("/records")[0]).headers
    acting.cookies.clear()


@pytest.mark.parametrize("is_secure", [True, False])
def test_a_guard_binds_each_part(is_secure):
    """A token is of one session, caller and path; parts do not run into each other.

    On loopback it is of one process, too; behind a proxy any takes it, and the cookie is bound.
    """
    guard = Guard(is_secure=is_secure)
    session = guard.session_of({})
    token = guard.token(session, "ann", "/a")
    assert guard.holds(token, session, "ann", "/a")
    assert not guard.holds(token, session, "bob", "/a")
    assert not guard.holds(token, session, "ann", "/b")
    assert not guard.holds(token, guard.session_of({}), "ann", "/a")
    assert Guard(is_secure=is_secure).holds(token, session, "ann", "/a") is is_secure
    assert guard.token(session, "bc", "d") != guard.token(session, "b", "cd")
    assert not guard.holds("ä", session, "ann", "/a")
    assert guard.session_of({guard.cookie: session}) == session
    assert guard.session_of({guard.cookie: "chosen"}) != "chosen"
    assert guard.cookie_of(session).startswith("__Host-tonne-form=") is is_secure
    assert guard.cookie_of(session).endswith("; Secure") is is_secure


def test_what_a_page_tells_of_an_act_was_written_here(acting, story):
    """A text in an address that nobody sealed is not shown."""
    guard = Guard(is_secure=True)
    session = guard.session_of({})
    sealed = guard.seal(session, "/a", "It is done. ✓")
    assert guard.unseal(session, "/a", sealed) == "It is done. ✓"
    assert guard.unseal(session, "/b", sealed) == ""
    assert guard.unseal(guard.session_of({}), "/a", sealed) == ""
    for wrong in (*HOSTILE, "", ".", sealed[:-1], f"{sealed}x", "=." + sealed, "x" * 9_000):
        assert guard.unseal(session, "/a", wrong) == ""
    page = acting.get(f"/books/{story}/periods", params={"told": sealed})
    assert page.status_code == 200
    assert "It is done" not in page.text


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", PLACES)
def test_every_action_has_the_headers_and_is_a_page(browser, acting, path):
    """Shown, refused, of a console that only shows; nothing is the console's own fault."""
    for asked in (browser, acting):
        for answer in (
            asked.get(path),
            asked.get(f"{path}?lang=zh&source=erp&offset=0&keep=1"),
            asked.post(path, data={"reason": "x"}, headers=SENT),
            asked.post(path, data={"reason": "x"}),
            asked.post(path, content=b"\xff=\xff", headers=SENT),
        ):
            assert answer.status_code < 500, (path, answer.text)
            assert Reading(answer.text).faults == []
            for name, value in HEADERS.items():
                assert answer.headers.get_list(name) == [value]
    for method in ("PUT", "PATCH", "DELETE"):
        assert acting.request(method, path).status_code == 405


@pytest.mark.usefixtures("story")
def test_a_console_that_shows_offers_nothing_and_does_nothing(client, browser, reversal):
    """By default, where everybody who reaches it is the same to the server."""
    place, done = reversal
    book = place.split("/")[2]
    form, page = form_of(browser, place)
    assert not form.action
    assert "This console only shows: the command below does it." in page.text
    answer = browser.post(place.partition("?")[0], data={"reason": "x"}, headers=SENT)
    assert answer.status_code == 403
    assert "ACTIONS_OFF" in answer.text
    assert done() == 0
    for listed in ("periods", "suspense", "quarantine", f"records?{place.partition('?')[2]}"):
        assert 'class="act"' not in browser.get(f"/books/{book}/{listed}").text
    for writing in (Writing.NEVER, Writing.OF_NAMED):  # this server knows nobody's name
        with TestClient(application(OwnAccess(client), writing), base_url=HERE) as shown:
            form, _ = form_of(shown, place)
            assert not form.action


def test_whether_it_acts_is_safe_unless_asked():
    """Shared: never by itself. Of its own: who has a name."""
    assert Writing.asked(is_shared=True, asked=None) is Writing.NEVER
    assert Writing.asked(is_shared=False, asked=None) is Writing.OF_NAMED
    for shared in (True, False):
        assert Writing.asked(is_shared=shared, asked=True) is Writing.OF_ALL
        assert Writing.asked(is_shared=shared, asked=False) is Writing.NEVER


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        (b"x=" + b"a" * BODY_BYTES_MAX, "application/x-www-form-urlencoded", "at most"),
        (b"&".join(b"a=1" for _ in range(500)), "application/x-www-form-urlencoded", "form"),
        (b"{}", "application/json", "content-type"),
        (b"", "multipart/form-data; boundary=x", "content-type"),
        (b"a=%ff", "application/x-www-form-urlencoded", "UTF-8"),
    ],
)
def test_what_is_no_form_is_refused(acting, reversal, content, kind, told):
    """Too long, too many fields, another kind, other bytes."""
    place, done = reversal
    headers = {**SENT, "content-type": kind}
    answer = acting.post(place.partition("?")[0], content=content, headers=headers)
    assert answer.status_code == 400
    assert told in answer.text
    assert done() == 0


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_forms_are_texts(acting, reversal, attack):
    """Whatever is sent, the page that comes back is one of ours."""
    place, _ = reversal
    form, _ = form_of(acting, place)
    for name in ("reason", "author", "form-token", "form-request", "code", "source", "offset"):
        answer = send(acting, form, **{"reason": "", name: attack})
        assert answer.status_code in {303, 400, 403, 404}, answer.text
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/books/")
        assert Reading(answer.text).faults == []
    for verb in ("correct", "mend"):
        answer = acting.get(place.replace("reverse", verb), params={"f.evidence": attack})
        assert Reading(answer.text).faults == []


# Callers with tokens of their own.


@pytest.fixture(scope="module")
def guarded(knowing):
    """A server that knows its callers, with a book, a record, and one that waits."""
    root = knowing[1]
    root.create_book("acme")
    bring(root, "acme", DIESEL, {**DIESEL, "record_id": "w", "activity": "no.such"})
    return knowing


@pytest.fixture
def passed(guarded):
    """A console behind a proxy, as it is by itself."""
    running, _ = guarded

    def connect(token):
        return Client(running.server.address, credentials=Credentials(token=token))

    with TestClient(application(PassedAccess(connect), Writing.OF_NAMED), base_url=OUTSIDE) as app:
        yield app


ROLES = {
    "reader": set(),
    "auditor": set(),
    "producer accountant": {"close", "clear", "mend", "reverse", "correct"},
    "accountant": {"close", "clear", "reverse", "correct"},
    "admin": {"close", "clear", "mend", "reverse", "correct"},
}


def offered(passed, headers):
    """The last parts of the addresses of actions that pages offer."""
    found = set()
    for page in ("periods", "suspense", "records?source=erp&offset=0"):
        text = passed.get(f"/books/acme/{page}", headers=headers).text
        acts = re.findall(r'class="act"><a href="([^"?]+)', text)
        found |= {each.rpartition("/")[2] for each in acts}
    return found


@pytest.mark.parametrize("roles", ROLES)
def test_who_may_has_the_button(passed, issuer, roles):
    """And nobody else: the page says which call it would be, and which roles there are."""
    headers = bearer(issuer.token("ann", [f"acme:{each}" for each in roles.split()]))
    assert offered(passed, headers) == ROLES[roles]
    form, page = form_of(passed, "/books/acme/periods/2025-01/close", **headers)
    if "close" in ROLES[roles]:
        assert form.required == ["reason"]  # who says so is known
    else:
        assert not form.action
        assert f"({roles}) do not suffice for ClosePeriod" in page.text


def test_who_may_not_is_refused_by_the_api(passed, issuer, guarded):
    """A form of somebody else is none of one's own; with a role that is gone the API refuses."""
    _, root = guarded
    ann = bearer(issuer.token("ann", ["acme:accountant"]))
    bob = bearer(issuer.token("bob", ["acme:reader"]))
    demoted = bearer(issuer.token("ann", ["acme:reader"]))
    form, _ = form_of(passed, at("acme", "reverse"), **ann)
    for headers, code in ((bob, "FORM_STALE"), (demoted, "ROLE_MISSING")):
        answer = send(passed, form, {**SENT, "origin": OUTSIDE, **headers}, reason="mine")
        assert answer.status_code == 403
        assert code in answer.text
        assert not Form(answer.text).action
    assert (
        "ReverseRecords on book &#39;acme&#39; needs the role accountant or admin" in answer.text
    )
    assert list(root.list_corrections("acme")) == []


def test_it_is_done_in_the_callers_own_name(passed, issuer, guarded):
    """The log has who it was by the token, whatever the form says."""
    _, root = guarded
    headers = bearer(issuer.token("ann", ["acme:accountant"]))
    form, _ = form_of(passed, "/books/acme/periods/2025-01/close", **headers)
    sent = {**SENT, "origin": OUTSIDE, **headers}
    answer = send(passed, form, sent, reason="reported", **{"accept.suspense": "small"})
    assert answer.status_code == 303, answer.text
    (period,) = root.list_periods("acme")
    assert period.closes[0].closed.author == "ann"
    change = next(iter(root.list_changes("acme", order_by="number desc")))
    assert (change.kind, change.caller) == ("period", "ann")

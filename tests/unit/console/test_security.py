"""Who may see what, what a browser may do with it, and that nothing can be changed."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.unit.console.conftest import HERE
from tests.unit.console.reading import Reading
from tonne.client import Client, Credentials
from tonne.console.access import OwnAccess, PassedAccess, RequestForeign, is_loopback
from tonne.console.application import ACTIONS, DOWNLOADS, FILES, HEADERS, PAGES, application
from tonne.errors import BookUnknown

IDS = {
    "indicator": "pue_3",
    "edition": "cn-mee-grid-2023",
    "row": 7,
    "number": 1,
    "month": "2025-01",
    "upload": "x" * 32,
}
"""What paths name besides a book."""

PLACES = [
    *(path.format(book="story", **IDS) for path in PAGES),
    *(path.format(book="story") for path in DOWNLOADS),
    *FILES,
    "/healthz",
]
"""Every path that there is."""

WRONG = [
    *("/books/story/", "/books/story/inventory/"),
    *("/nowhere", "/books/absent", "/books/%2e%2e", "/books/story/inventory?from=2025-13"),
    *("/books/story/inventory?by=nothing", "/books/story/factors/absent/1", "/static/../main"),
    *("/books/story/factors/uk-ghg-2025/x", "/books/story?year=x", "/books/Story%00"),
    *("/books/story/inventory.csv?from=x", "/books/story/explain?records=-1"),
    *("/books/story/overlaps/x", "/books/story/overlaps/99", "/books/story/overlaps?show=no"),
    *("/books/story/explain?gwp_set=AR1", "/books/story/indicators/absent"),
]  # fmt: skip
"""Requests that are refused."""


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", PLACES)
def test_every_answer_has_the_headers(browser, path):
    """Pages, downloads and files: nothing from elsewhere, no script, no trace."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    for name, value in HEADERS.items():
        assert answer.headers.get_list(name) == [value]
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:|data:", HEADERS["Content-Security-Policy"])
    assert "set-cookie" not in answer.headers


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", WRONG)
def test_every_refusal_has_the_headers_and_is_a_page(browser, path):
    """Errors are pages of the same kind; none is the console's own fault."""
    answer = browser.get(path)
    assert 400 <= answer.status_code < 500, (path, answer.text)
    for name, value in HEADERS.items():
        assert answer.headers.get_list(name) == [value]
    assert Reading(answer.text).faults == []


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", [each for each in PLACES if each in PAGES or "." not in each])
def test_a_page_loads_its_own_files_alone(browser, path):
    """No style, script or picture from elsewhere, and links that stay here."""
    answer = browser.get(path)
    if "text/html" not in answer.headers["content-type"]:
        return
    page = Reading(answer.text)
    assert page.faults == []
    assert set(page.loads) == {"/static/icon.svg", "/static/console.css"}
    assert all(each.startswith(("/", "#")) and not each.startswith("//") for each in page.links)
    assert len(page.ids) == len(set(page.ids))


def test_pages_and_downloads_change_nothing(browser, story):
    """Every other method than GET and HEAD is refused, with the headers."""
    for path in PLACES:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = browser.request(method, path)
            assert answer.status_code == 405, path
            policy = HEADERS["Content-Security-Policy"]
            assert answer.headers["content-security-policy"] == policy
    assert browser.head(f"/books/{story}").status_code == 200


def test_a_name_that_leads_here_from_elsewhere_is_refused(client, story):
    """A page of another site that rebinds its name to loopback reads nothing."""
    for host in ("evil.example", "127.0.0.1.evil.example", "tonne.local:8090", ""):
        with TestClient(application(OwnAccess(client)), base_url=HERE) as browser:
            answer = browser.get(f"/books/{story}", headers={"host": host})
            assert answer.status_code == 403, host
            assert "Story" not in answer.text
    for host in ("localhost:8090", "127.0.0.1", "[::1]:8090"):
        with TestClient(application(OwnAccess(client)), base_url=HERE) as browser:
            assert browser.get(f"/books/{story}", headers={"host": host}).status_code == 200


def test_another_site_may_link_here_and_load_nothing(browser, story):
    """Fetch metadata: a navigation is followed, an embedded request is refused."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert browser.get(f"/books/{story}", headers=headers).status_code == 200
    for mode in ("no-cors", "cors"):
        for path in (f"/books/{story}", f"/books/{story}/inventory.csv"):
            answer = browser.get(path, headers={**headers, "sec-fetch-mode": mode})
            assert answer.status_code == 403
            assert RequestForeign.code in answer.text


def test_loopback_is_what_it_is():
    """Names that begin like loopback are none."""
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "localhost.example", "10.0.0.1", "", "::")))  # noqa: S104  # is refused


@pytest.fixture(scope="module")
def guarded(knowing):
    """A server that knows its callers, with two books."""
    running, root = knowing
    for book in ("acme", "zeta"):
        root.create_book(book, display_name=f"The book {book}")
    return running


@pytest.fixture
def passed(guarded):
    """A console behind a proxy, and how many clients it has open."""
    opened = []

    class Counted(Client):
        def close(self):
            opened.remove(self)
            super().close()

    def connect(token):
        made = Counted(guarded.server.address, credentials=Credentials(token=token))
        opened.append(made)
        return made

    app = application(PassedAccess(connect))
    with TestClient(app, base_url="http://console.example") as found:
        yield found
    assert opened == []


def bearer(token):
    """The header of a proxy."""
    return {"authorization": f"Bearer {token}"}


def test_each_request_is_its_callers_own(passed, issuer):
    """Two people see their own books; who has no token sees nothing."""
    ann = bearer(issuer.token("ann", ["acme:auditor"]))
    bob = bearer(issuer.token("bob", ["zeta:auditor"]))
    for _ in range(2):
        assert passed.get("/books/acme", headers=ann).status_code == 200
        assert passed.get("/books/zeta", headers=bob).status_code == 200
        for headers, own, foreign in ((ann, "acme", "zeta"), (bob, "zeta", "acme")):
            listed = passed.get("/", headers=headers).text
            assert f"The book {own}" in listed
            assert foreign not in listed
    for headers in ({}, {"authorization": "Bearer "}, {"authorization": "Basic YTpi"}):
        answer = passed.get("/books/acme", headers=headers)
        assert answer.status_code == 401
        assert "The book" not in answer.text
    assert passed.get("/books/acme", headers=bearer("not.a.token")).status_code == 401
    assert passed.get("/books/acme/inventory.csv", headers=ann).status_code == 200


def test_a_foreign_book_is_refused_as_the_api_refuses(passed, issuer, guarded):
    """The same words for a book of others and for one that is not there, on every page."""
    token = issuer.token("ann", ["acme:auditor"])
    with Client(guarded.server.address, credentials=Credentials(token=token)) as ann:
        for path in [*PAGES, *DOWNLOADS, *ACTIONS]:
            if "{book}" not in path:
                continue
            told = []
            for book in ("zeta", "absent"):
                place = path.format(book=book, **IDS | {"edition": "own"})
                if "/factors/" in path:
                    place += "?own=1"
                if path in ACTIONS:
                    place += "?source=erp&offset=0&keep=1"
                answer = passed.get(place, headers=bearer(token))
                assert answer.status_code in {403, 404}, (place, answer.text)
                told.append((answer.status_code, answer.text.replace(book, "BOOK")))
            assert told[0] == told[1], path
        with pytest.raises(BookUnknown) as refused:
            ann.get_book("zeta")
        page = Reading(passed.get("/books/zeta", headers=bearer(token)).text)
        assert refused.value.message.replace("`", "") in "".join(page.texts)


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "=HYPERLINK(1)",
    "{{ 7*7 }}",
    "a\u202eb",
    "' onmouseover='alert(1)",
    "a&b=c#d?e/../f",
)


@pytest.fixture(scope="module")
def hostile(client):
    """A book whose every free text is an attack."""
    client.create_book("hostile", display_name=HOSTILE[0])
    day = {"start": "2025-01-01", "end": "2025-02-01", "region": "GB"}
    grid = {"activity": "electricity.grid", "quantity": "1000", "unit": "kWh"}
    records = [{**day, **grid, "facility": each, "record_id": each} for each in HOSTILE]
    twice = [{**records[0], "quantity": "1"}, {**records[1], "quantity": "2"}]
    waiting = [{**records[0], "record_id": f"w{x}", "activity": x} for x in HOSTILE]
    wrong = [{**records[0], "record_id": f"q{x}", "quantity": x} for x in HOSTILE]
    client.post_records("hostile", [*records, *waiting, *wrong])
    client.post_records("hostile", twice)
    client.update_book("hostile", display_name=HOSTILE[1], reason=HOSTILE[2])
    client.add_word(
        "hostile", "activity", HOSTILE[5], "electricity.grid", reason=HOSTILE[0], author=HOSTILE[1]
    )
    return "hostile"


def test_hostile_texts_are_texts_on_every_page(browser, hostile):
    """No text of a record, a book or an address becomes a tag, an attribute or a target."""
    seen = ""
    for path in PAGES:
        place = path.format(book=hostile, **IDS)
        further = {"by": "facility", "from": "2025-01", "to": "2025-12", "year": "2025"}
        query = "&".join(f"{name}={value}" for name, value in further.items())
        answer = browser.get(f"{place}?{query}&records=50")
        page = Reading(answer.text)
        assert page.faults == [], place
        assert all(each.startswith(("/", "#")) for each in page.links), place
        assert "\u202e" not in answer.text
        seen += answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in seen
    assert r"a\u202eb" in seen
    assert "{{ 7*7 }}" in seen


@pytest.mark.parametrize("attack", HOSTILE)
@pytest.mark.parametrize(
    "name", ["facility", "account", "from", "q", "lang", "as_of", "year", "who", "before_from"]
)
def test_hostile_addresses_are_texts(browser, story, name, attack):
    """Whatever an address says, the page is one of ours."""
    for page in ("inventory", "explain", "factors", "coverage", "changes", "bridge"):
        answer = browser.get(f"/books/{story}/{page}?{name}={quote(attack)}&lang=zh")
        assert answer.status_code in {200, 400}, answer.text
        found = Reading(answer.text)
        assert found.faults == []
        assert all(each.startswith(("/", "#")) for each in found.links)


def test_hostile_paths_are_texts(browser):
    """An id in a path is one, too."""
    for attack in HOSTILE:
        for place in ("/books/{}", "/books/{}/inventory", "/books/story/indicators/{}", "/{}"):
            answer = browser.get(place.format(quote(attack, safe="")))
            assert answer.status_code in {400, 404}, answer.text
            assert Reading(answer.text).faults == []


def test_a_facility_is_found_again_by_its_link(browser, hostile):
    """Ids go through an address and come back as they were."""
    page = Reading(browser.get(f"/books/{hostile}/inventory?by=facility&columns=whole").text)
    links = [href for href in page.exact("/explain") if "facility=" in href]
    assert len(links) == len(HOSTILE)
    for href in links:
        answer = browser.get(href)
        assert answer.status_code == 200
        assert "kg CO2e / kWh" in answer.text


def test_downloads_are_no_formulas(browser, hostile):
    """A spreadsheet takes no cell for a formula."""
    text = browser.get(f"/books/{hostile}/inventory.csv?by=facility").text
    assert "'=HYPERLINK(1)" in text
    assert "\n=HYPERLINK" not in text

"""A file by a page: sent, guessed, tried, posted; each by the command that everybody has."""

from __future__ import annotations

import itertools
import threading
from contextlib import closing, contextmanager
from decimal import Decimal
from fractions import Fraction

import pytest
from starlette.testclient import TestClient

from tests.unit.console.acting.forms import SENT, Form, form_of, send
from tests.unit.console.acting.test_actions import total
from tests.unit.console.conftest import HERE
from tests.unit.console.reading import Reading
from tests.unit.console.test_numbers import titles_of
from tonne.cli.process.importing import ImportProcess
from tonne.client import Credentials
from tonne.console.access import OwnAccess
from tonne.console.application import application
from tonne.console.rights import Writing
from tonne.console.uploading.command import Imports, Ran
from tonne.console.uploading.uploads import FILE_BYTES_MAX
from tonne.model import Facility

NUMBERS = itertools.count(1)

BILLS = """\
Site;Energie;Menge;Einheit;Von;Bis
hut;Diesel;1.234,5;l;01.02.2025;28.02.2025
hut;Diesel;2.000;l;03.03.2025;30.03.2025
Total;;3.234,5;;;
"""
"""As people have it: nothing says whether the last day counts, and of which region it is."""

ANSWERS = {
    "answer.dates.inclusive_ends": "yes",
    "answer.columns.activity": "energie",
    "answer.constants.region": "GB",
}

RECORDS = """\
record_id,facility,activity,quantity,unit,start,end,region
a,hut,fuel.diesel.stationary,100,litre,2025-01-05,2025-01-06,GB
b,hut,fuel.diesel.stationary,12,litre,2025-01-07,2025-01-06,GB
c,shed,fuel.diesel.stationary,7,litre,2025-01-07,2025-01-08,GB
"""
"""One that is posted, one that ends before it begins, one of a site that nobody registered."""

GUESSED = {"profile": "guess"}


@pytest.fixture(scope="module")
def imports(running):
    """What imports files, as the command `tonne console` has it."""
    found = Imports(ImportProcess(running.server.address, Credentials()))
    yield found
    found.uploads.close()


@pytest.fixture(scope="module")
def acting(client, imports):
    """A browser before a console that takes actions of everybody who reaches it."""
    app = application(OwnAccess(client), Writing.OF_ALL, "ada", imports)
    with TestClient(app, base_url=HERE) as found:
        yield found


@pytest.fixture
def book(client):
    """A new book with a site."""
    name = f"import-{next(NUMBERS)}"
    client.create_book(name)
    client.import_facilities(name, [Facility("hut", "Hut", "equipment_room")])
    return name


def bring(browser, book, text, name="bills.csv", profile="guess"):
    """Send a file; gives the address that follows."""
    form, _ = form_of(browser, f"/books/{book}/import")
    assert (form.type, form.files) == ("multipart/form-data", ["file"])
    content = text.encode() if isinstance(text, str) else text
    answer = send(browser, form, files={"file": (name, content)}, profile=profile)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def go_on(browser, place, **values):
    """Fill the form of a page in and send it; gives the address that follows."""
    form, _ = form_of(browser, place)
    assert form.action, "no form: nothing can be sent"
    answer = send(browser, form, **values)
    assert answer.status_code == 303, Reading(answer.text).text
    return answer.headers["location"]


def open_page(browser, place):
    """Open a page; gives it as it is read."""
    answer = browser.get(place)
    assert answer.status_code == 200, answer.text
    page = Reading(answer.text)
    assert page.faults == []
    return page


def test_a_file_becomes_records(acting, client, book, imports):
    """Questions are asked, answers are tried, and what was shown is what is posted."""
    place = bring(acting, book, BILLS)
    form, page = form_of(acting, place)
    assert "3 questions are open" in page.text
    assert "does the last day count, as in 01 Feb to 28 Feb 2025?" in page.text
    assert "dates are written 'dd.mm.yyyy'" in page.text
    assert "1234.5" in page.text
    assert {*ANSWERS} <= form.values.keys()
    assert list(client.list_imports(book)) == []
    posting = go_on(acting, place, **ANSWERS, channel="bills")
    form, page = form_of(acting, posting)
    (expected,) = {each for each in titles_of(page) if each}
    assert "column 'Site' is 'Total'" in page.text
    assert total(client, book) == 0
    upload = imports.uploads.find(book, "", place.rpartition("/")[2])
    kept = list(upload.folder.iterdir())
    assert {each.name for each in kept} == {"bills.csv", "bills.toml"}
    answer = send(acting, form)
    assert answer.status_code == 303
    page = open_page(acting, answer.headers["location"])
    assert "2 records are posted." in page.text
    assert total(client, book) == Fraction(expected) > 0
    (noted,) = client.list_imports(book)
    assert (noted.file_name, noted.channel, noted.profile) == ("bills.csv", "bills", "bills.toml")
    assert (noted.record_count, noted.durable_count) == (2, 2)
    records = [each.record for each in client.list_records(book)]
    assert [each["evidence"] for each in records] == ["bills.csv#row 2", "bills.csv#row 3"]
    assert [each["quantity"] for each in records] == [Decimal("1234.5"), Decimal(2000)]
    assert not kept[0].exists()
    # A double click, a reload, and a step back.
    assert send(acting, form).headers["location"] == answer.headers["location"]
    assert total(client, book) == Fraction(expected)
    assert "is imported" in send(acting, Form(acting.get(place).text)).text
    assert len(list(client.list_records(book))) == 2


def test_the_same_file_again_is_told(acting, client, book):
    """Into its channel nothing is left to post; into another one it would count twice."""
    for _ in range(2):
        posting = go_on(acting, bring(acting, book, BILLS), **ANSWERS, channel="bills")
        form, page = form_of(acting, posting)
        if form.action:
            send(acting, form)
    assert "2 records of the file are in the ledger already" in page.text
    assert "There is nothing to post." in page.text
    assert not form.action
    posting = go_on(acting, bring(acting, book, BILLS, "copy.csv"), **ANSWERS, channel="other")
    form, page = form_of(acting, posting)
    assert "records of copy.csv are in the ledger already" in page.text
    assert "would count twice" in page.text
    assert not form.action
    assert len(list(client.list_records(book))) == 2


def test_what_is_not_posted_is_told_before_and_after(acting, client, book):
    """Which record, by which rule, and where it waits."""
    place = bring(acting, book, RECORDS, "records.csv", "records")
    posting = go_on(acting, place)
    form, page = form_of(acting, posting)
    assert "END_MUST_FOLLOW_START" in page.text
    assert "Estimated under the method" in page.text
    page = open_page(acting, send(acting, form).headers["location"])
    assert "1 records are posted." in page.text
    assert f"/books/{book}/quarantine" in page.links
    assert f"/books/{book}/suspense" in page.links
    assert len(list(client.list_quarantine(book))) == 1
    assert len(list(client.list_suspense(book))) == 1


def test_a_profile_is_mended_by_hand_and_one_that_ships_is_chosen(acting, client, book):
    """What is typed is taken as it is, its errors too; nothing of it is lost."""
    place = bring(acting, book, BILLS)
    form, _ = form_of(acting, place)
    assert "# ASK:" in form.values["text"]
    typed = form.values["text"].replace('inclusive_ends = "?"', "inclusive_ends = truth")
    answer = send(acting, form, text=typed)
    assert answer.status_code == 400
    assert "bills.toml" in answer.text
    assert Form(answer.text).values["text"] == typed
    typed = "\n".join(line for line in typed.splitlines() if "ASK" not in line)
    typed = typed.replace("truth", "false").replace('"?"', '"GB"', 2)
    typed = typed.replace('activity = "GB"', 'activity = "Energie"')
    posting = go_on(acting, place, text=typed, channel="by-hand")
    assert "2025-02-28" in open_page(acting, posting).text
    options = form_of(acting, f"/books/{book}/import")[1].text
    for name in ("portfolio-manager", "focus"):
        assert name in options
    place = bring(acting, book, "Meter,Usage\n1,2\n", "meters.csv", "portfolio-manager")
    form, _ = form_of(acting, place)
    assert "text" not in form.values
    answer = send(acting, form, constants="region=US")
    assert answer.status_code == 400
    assert "meters.csv" in answer.text
    assert list(client.list_records(book)) == []


def test_a_correction_asks_why(acting, client, book):
    """A row that says something else corrects what is posted, once, with the reason."""
    row = "record_id,facility,activity,quantity,unit,start,end,region\n"
    row += "a,hut,fuel.diesel.stationary,{},litre,2025-01-05,2025-01-06,GB\n"
    for quantity, differing in (("100", "stop"), ("80", "stop"), ("80", "correct")):
        place = bring(acting, book, row.format(quantity), "a.csv", "records")
        posting = go_on(acting, place, channel="erp", differing=differing)
        form, page = form_of(acting, posting)
        if form.action:
            answer = send(acting, form, reason="read by now", author="Bo")
            assert answer.status_code == 303, Reading(answer.text).text
        else:
            assert "100" in page.text
    assert form.required == ["reason", "author"]
    (entry,) = client.list_corrections(book)
    assert (entry.reason, entry.author) == ("read by now", "Bo")
    (record,) = [each for each in client.list_records(book) if not each.status]
    assert record.record["quantity"] == Decimal(80)


@pytest.mark.parametrize(
    "name",
    [
        '"><img src=x onerror="window.evil = 1">.csv',
        "--book=other.csv",
        "-h.csv",
        "$(touch evil).csv",
        "a;rm -rf b.csv",
        "..\\..\\a\u202egpj.csv",
        "=HYPERLINK(1).csv",
    ],
)
def test_names_and_cells_are_texts(acting, client, book, name):
    """Neither a page, nor a shell, nor an option, nor a folder is made of them."""
    attack = '<script>alert(1)</script>\u202e${7*7}{{7*7}}"; DROP TABLE'
    text = "record_id,facility,activity,quantity,unit,start,end,region\n"
    text += f'{"<b>"},"{attack.replace(chr(34), chr(34) * 2)}",fuel.diesel.stationary,1,litre,'
    text += "2025-01-05,2025-01-06,GB\n"
    # What is guessed of it is shown, too.
    page = open_page(acting, bring(acting, book, text, name))
    place = bring(acting, book, text, name, "records")
    posting = go_on(acting, place)
    form, tried = form_of(acting, posting)
    answer = send(acting, form)
    done = open_page(acting, answer.headers["location"])
    sent = open_page(acting, f"/books/{book}/import")
    for each in (page, tried, done, sent):
        assert each.faults == []
        assert "\u202e" not in each.text
        assert all(link.startswith(("/", "#")) for link in each.links)
    assert "<script>alert(1)</script>" in page.text
    assert "${7*7}{{7*7}}" in tried.text
    (noted,) = client.list_imports(book)
    assert "/" not in noted.file_name
    assert "\\" not in noted.file_name
    assert len(list(client.list_suspense(book))) == 1


def test_what_is_no_file_is_refused(acting, client, book):
    """Too large, none, several, without a table, of another form; nothing stays."""
    form, _ = form_of(acting, f"/books/{book}/import")
    for files, told in (
        ({"file": ("a.csv", bytes(FILE_BYTES_MAX + 1))}, "expected 1 to 16777216 bytes"),
        ({"file": ("a.csv", bytes(FILE_BYTES_MAX + (1 << 17)))}, "at most 16777216 bytes"),
        ({"file": ("", b"x")}, "file: expected"),
        ({"file": ("a", b"x")}, "like bills.xlsx"),
        ({"file": ("a.csv", b"")}, "got 0"),
        ({"file": ("a.xlsx", b"no workbook")}, "a.xlsx"),
        ({"file": ("a.exe", b"MZ")}, "csv"),
        ([("file", ("a.csv", b"x")), ("file", ("b.csv", b"x"))], "expected one file"),
    ):
        answer = send(acting, form, files=files)
        assert answer.status_code == 400, told
        assert told in Reading(answer.text).text
    assert send(acting, form).status_code == 400  # as a form without a file
    answer = send(acting, form, files={"file": ("a.csv", b"a,b\n1,2\n")}, profile="../../x")
    assert answer.status_code == 400
    assert "profile: expected one of" in answer.text
    assert list(client.list_imports(book)) == []


def test_a_form_of_another_site_and_one_without_its_token_bring_nothing(acting, book, imports):
    """As of every action; the file is not even read."""
    form, _ = form_of(acting, f"/books/{book}/import")
    files = {"file": ("a.csv", BILLS.encode())}
    evil = SENT | {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert send(acting, form, evil, files=files).status_code == 403
    before = len(imports.uploads._kept)  # what is kept
    answer = send(acting, form, files=files, **{"form-token": "x"})
    assert answer.status_code == 403
    assert "FORM_STALE" in answer.text
    assert len(imports.uploads._kept) == before  # what is kept


def test_a_console_that_only_shows_takes_no_file(client, book, imports):
    """It names the command; a form that is sent all the same is refused unread."""
    app = application(OwnAccess(client), imports=imports)
    with TestClient(app, base_url=HERE) as browser:
        form, page = form_of(browser, f"/books/{book}/import")
        assert not form.action
        assert "tonne import FILE --guess" in page.text
        answer = browser.post(
            f"/books/{book}/import", files={"file": ("a.csv", b"x")}, headers=SENT
        )
        assert (answer.status_code, "ACTIONS_OFF" in answer.text) == (403, True)
    app = application(OwnAccess(client), Writing.OF_ALL, "ada")
    with TestClient(app, base_url=HERE) as browser:
        assert "takes no files" in form_of(browser, f"/books/{book}/import")[1].text
        assert browser.get(f"/books/{book}/import/{'x' * 32}").status_code == 404


class Told:
    """A command that says what a test tells it."""

    profiles = ("focus",)

    def __init__(self, *ran):
        self.ran, self.words = list(ran), []
        self.begun, self.free = threading.Event(), threading.Event()
        self.free.set()

    def __call__(self, words, _folder, _token, _seconds):
        """Give the next of them."""
        self.words.append(words)
        self.begun.set()
        assert self.free.wait(30)
        return self.ran.pop(0)


TRIED = (
    '[{"records": 2, "posted": 2, "quarantined": 0, "suspended": 0, "kg_co2e": "1.5", "known": 0, '
    '"first_records": [], "row_errors": []}]'
)


@contextmanager
def told_console(client, *ran):
    """A console whose command is told what to say, with a file of a profile that ships."""
    imports = Imports(Told(*ran))
    app = application(OwnAccess(client), Writing.OF_ALL, "ada", imports)
    with closing(imports.uploads), TestClient(app, base_url=HERE) as browser:
        yield imports.run, browser


def test_a_command_that_takes_too_long_or_fails_is_told(client, book):
    """What was typed stays, and the same form goes on."""
    ran = (
        Ran(1, "", ["tonne: no server answers"]),
        Ran(None, "", ()),
        Ran(0, TRIED, ()),
        Ran(None, "", ()),
        Ran(0, TRIED, ["tonne: all of it"]),
    )
    with told_console(client, *ran) as (told, browser):
        place = bring(browser, book, "a,b\n1,2\n", profile="focus")
        form, _ = form_of(browser, place)
        for words in ("no server answers", "was ended after 300 s"):
            answer = send(browser, form, channel="erp")
            assert answer.status_code == 400
            assert words in answer.text
            assert Form(answer.text).values["channel"] == "erp"
        posting = go_on(browser, place, channel="erp")
        form, _ = form_of(browser, posting)
        answer = send(browser, form)
        assert "goes on there" in answer.text
        assert send(browser, Form(answer.text)).status_code == 303
    assert told.words[-1][-2:] == ["--", "bills.csv"]
    assert told.words[-1][2:4] == ["--channel", "erp"]


def test_an_import_goes_on_where_the_browser_leaves(client, book):
    """Two forms of a double click: the second waits, and runs nothing of its own."""
    ran = (Ran(0, TRIED, ()), Ran(0, TRIED, ()))
    with told_console(client, *ran) as (told, browser):
        place = bring(browser, book, "a,b\n1,2\n", profile="focus")
        form, _ = form_of(browser, go_on(browser, place))
        told.begun.clear()
        told.free.clear()
        answers = []
        both = [
            threading.Thread(target=lambda: answers.append(send(browser, form))) for _ in range(2)
        ]
        for each in both:
            each.start()
        assert told.begun.wait(30)
        told.free.set()
        for each in both:
            each.join(30)
        assert [each.status_code for each in answers] == [303, 303]
    assert len(told.words) == 2  # a try, and one import

"""The checklist of a new book: each step by itself, from nothing to a book that is set up."""

from __future__ import annotations

import re

from tests.unit.console.acting.test_actions import DIESEL, bring
from tests.unit.console.reading import read
from tonne.catalogue.words.method import MethodSettings
from tonne.model import Entity, Facility
from tonne.statements.statement import statement_of
from tonne.statements.targets import Target, TargetType

STEPS = ("Organisation", "Sites", "First file", "Factors", "Method", "Targets")

GRID = {**DIESEL, "record_id": "g", "activity": "electricity.grid", "unit": "kWh"}


def states(browser, book):
    """Which steps are done, as the page has them, and the page."""
    answer = browser.get(f"/books/{book}/setup")
    page = read(answer)
    rows = re.findall(r"<tr>(<th scope=.row.>.*?)</tr>", answer.text, re.DOTALL)
    found = {}
    for row in rows:
        text = " ".join(re.sub(r"<[^>]+>", " ", row).split())
        name = next(each for each in STEPS if text.startswith(each))
        found[name] = " not yet " not in text
        assert found[name] == ("tonne " not in text)  # who has something to do is told how
    assert tuple(found) == STEPS
    return [found[each] for each in STEPS], page


def test_a_book_is_set_up_step_by_step(browser, client):
    """Each step turns by what it is about, and by nothing else; the overview has what is left."""
    client.create_book("young")
    done = [False] * 6
    assert states(browser, "young")[0] == done
    assert "0 of 6 are done." in read(browser.get("/books/young")).text

    client.import_entities("young", [Entity("acme")])
    done[0] = True
    assert states(browser, "young")[0] == done

    client.import_facilities(
        "young", [Facility("hut", region="GB"), Facility("shed", region="DE")]
    )
    done[1] = True
    found, page = states(browser, "young")
    assert found == done
    assert "no factor of electricity for DE" in page.text
    assert "tonne factor countries DE" in page.text

    bring(client, "young", {**DIESEL, "quantity": "twelve"})
    found, page = states(browser, "young")
    assert found == done
    assert "1 records came, and all are in quarantine" in page.text
    bring(client, "young", DIESEL, channel="second")
    done[2] = True
    assert states(browser, "young")[0] == done

    client.update_facility("young", "shed", region="GB")
    done[3] = True
    found, page = states(browser, "young")
    assert found == done
    assert "electricity of all 1 regions" in page.text
    bring(client, "young", {**GRID, "region": "DE"}, channel="third")
    found, page = states(browser, "young")
    assert found[3] is False
    assert "1 records wait for a factor" in page.text
    *_, _ = client.reverse_records(
        "young", source="third", offsets=[0], reason="sent by mistake", author="ada"
    )
    assert states(browser, "young")[0] == done

    method = client.get_method("young")
    client.update_method(
        "young", current_version=method.version, author="ada", reason="AR6", gwp_set="AR6"
    )
    done[4] = True
    assert states(browser, "young")[0] == done

    target = Target(
        "Less", TargetType.ABSOLUTE, "2030-01", "2025-01", ("scope1",), change_percent="-50"
    )
    stated = statement_of("less", target, valid_from="2025-01-01", reason="plan")
    client.add_statements("young", [stated], author="board")
    done[5] = True
    found, page = states(browser, "young")
    assert found == done
    assert "All of it is done." in page.text
    assert "To set the book up" not in read(browser.get("/books/young")).text


def test_a_book_with_a_closed_month_is_asked_for_nothing_more(browser, client):
    """Its overview has no checklist; the page still tells what there is."""
    client.create_book("older")
    bring(client, "older", DIESEL)
    assert "To set the book up" in read(browser.get("/books/older")).text
    client.close_period("older", "2025-01", reason="reported", author="ada")
    assert "To set the book up" not in read(browser.get("/books/older")).text
    found, _ = states(browser, "older")
    assert found == [False, False, True, True, True, False]


def test_a_method_that_was_chosen_with_the_book_is_chosen(browser, client):
    """With a reason of one's own; nobody's is that of the server."""
    client.create_book("chosen", method=MethodSettings(gwp_set="AR6"), reason="group policy")
    assert states(browser, "chosen")[0][4] is True
    client.create_book("plain", method=MethodSettings(), author="ada")
    assert states(browser, "plain")[0][4] is False

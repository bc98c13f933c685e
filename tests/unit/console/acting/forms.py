"""Fills and sends the forms of actions, as a browser does."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.unit.console.conftest import HERE
from tests.unit.console.reading import Reading

SENT = {"origin": HERE, "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"}
"""Headers of a form that a page of the console sends."""


class Form(HTMLParser):
    """The form of a page that is sent, if it has one: where to, and its fields with values."""

    def __init__(self, text, method="post"):
        super().__init__(convert_charrefs=True)
        self.action, self.values, self.required, self.files = "", {}, [], []
        self._method, self._is_in, self._select, self._text = method, False, "", ""
        self.type = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Take a tag."""
        named = dict(attrs)
        if tag == "form":
            self._is_in = named["method"] == self._method
            self.action = named["action"] if self._is_in else self.action
            self.type = named.get("enctype", "") if self._is_in else self.type
        elif self._is_in and tag == "textarea":
            self._text = named["name"]
            self.values[self._text] = ""
        elif self._is_in and tag == "input" and named.get("type") == "file":
            self.files.append(named["name"])
        elif self._is_in and tag == "input":
            self.values[named["name"]] = named["value"]
            if "required" in named:
                self.required.append(named["name"])
        elif self._is_in and tag == "select":
            self._select = named["name"]
        elif self._is_in and tag == "option" and ("selected" in named):
            self.values[self._select] = named["value"]

    def handle_endtag(self, tag):
        """Take the end of a tag."""
        if tag == "textarea":
            # The first line end behind the tag is none of the text.
            self.values[self._text] = self.values[self._text].removeprefix("\n")
            self._text = ""
        if tag == "form":
            self._is_in = False

    def handle_data(self, data):
        """Take a text."""
        if self._text:
            self.values[self._text] += data


def form_of(browser, path, **headers):
    """Open the page of an action; give its form and the page."""
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    page = Reading(answer.text)
    assert page.faults == []
    return Form(answer.text), page


def send(browser, form, headers=None, files=None, **values):
    """Send a form with values filled in; the answer is not followed."""
    return browser.post(
        form.action,
        data={**form.values, **values},
        files=files,
        headers=SENT if headers is None else headers,
        follow_redirects=False,
    )


def do(browser, path, **values):
    """Open an action, fill it in, send it, and give the page that it leads to."""
    form, _ = form_of(browser, path)
    assert form.action, "no form: the action is not offered"
    answer = send(browser, form, **values)
    assert answer.status_code == 303, answer.text
    led = browser.get(answer.headers["location"])
    assert led.status_code == 200, led.text
    return Reading(led.text)

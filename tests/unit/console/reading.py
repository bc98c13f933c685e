"""Reads a page as a browser does: its tags, links, tables and texts."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "hr", "link", "input", "rect", "path", "line", "circle"}

TAGS = {
    *("html", "head", "meta", "title", "link", "body", "a", "header", "main", "section", "footer"),
    *(
        "p",
        "h1",
        "h2",
        "h3",
        "dl",
        "div",
        "dt",
        "dd",
        "nav",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
    ),
    *("tfoot", "tr", "th", "td", "span", "code", "details", "summary", "form", "label", "input"),
    *(
        "select",
        "option",
        "button",
        "textarea",
        "article",
        "svg",
        "rect",
        "text",
        "tspan",
        "line",
        "path",
    ),
    "circle",
}
"""Tags that pages have: a further one came in by a text."""


class Reading(HTMLParser):
    """A page that was read.

    `faults` are tags that no page has, tags that are not nested, attributes that run or load
    something; `cells` are the pairs of a cell's text and the exact value in its title.
    """

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.faults = [], [], []
        self.links, self.loads, self.labels, self.fields = [], [], [], []
        self.titles, self.texts = [], []
        self.attributes = []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"not closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        """Take a tag."""
        named = dict(attrs)
        if tag not in TAGS:
            self.faults.append(tag)
        self.faults += [
            name for name in named if name.startswith("on") or name in {"style", "srcset"}
        ]
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "a":
            self.links.append(named["href"])
            self.titles.append((named["href"], named.get("title", "")))
        if tag == "link" or "src" in named:
            self.loads.append(named.get("href") or named["src"])
        if tag == "label":
            self.labels.append(named["for"])
        if tag in {"input", "select", "textarea"} and named.get("type") != "hidden":
            self.fields.append(named["id"])
        self.attributes.append((tag, named))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Take the end of a tag."""
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.faults.append(f"</{tag}>")

    def handle_data(self, data):
        """Take a text."""
        self.texts.append(data)

    @property
    def text(self):
        """All that is read."""
        return " ".join(" ".join(self.texts).split())

    def exact(self, part=""):
        """The exact values of numbers whose links have a part, by their links."""
        return {href: title for href, title in self.titles if title and part in href}


def read(answer):
    """Read an answer that must be a page."""
    assert answer.status_code == 200, answer.text
    return Reading(answer.text)

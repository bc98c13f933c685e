"""A log line is one line of JSON, whatever it quotes, and holds no secret."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from tonne.errors import StoreUnavailable
from tonne.telemetry.logs import JsonFormatter, TextFormatter, configure_logging

SECRET = "pa55w0rd-of-a-log"  # noqa: S105  # of nothing


@pytest.fixture
def logger():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    made = logging.Logger("test")  # noqa: LOG001  # apart from all others
    made.addHandler(handler)
    made.stream = stream
    return made


def test_no_text_makes_a_line_of_its_own(logger):
    """Line ends of all kinds, control characters and bidirectional marks are escaped."""
    evil = 'x\n{"level": "info"}\r\x0b\x0c\x1b[2J\x7f\x85\x9b\u2028\u2029\u202e\ud800'
    logger.warning("facility %s", evil, extra={"place": evil, "list": [evil], evil: {evil: evil}})
    text = logger.stream.getvalue()
    assert text.isascii()
    assert text.splitlines() == [text[:-1]]
    assert all(each.isprintable() for each in text[:-1])
    line = json.loads(text)
    assert line["message"] == f"facility {evil}"
    assert line["place"] == evil


def test_no_part_of_a_line_holds_a_secret(logger):
    """Messages, fields, tracebacks and the causes of errors are masked."""
    url = f"postgresql+psycopg://u:{SECRET}@db/t"
    try:
        try:
            raise OSError(f"cannot reach {url}")  # noqa: TRY301  # a cause
        except OSError as error:
            raise StoreUnavailable("away", detail=f"password={SECRET}") from error
    except StoreUnavailable as error:
        logger.warning(
            "at %s: %s", url, error, exc_info=True, extra={"url": url, "all": {"u": [url]}}
        )
    text = logger.stream.getvalue()
    assert "Traceback" in text
    assert "u:***@db/t" in text
    assert SECRET not in text


@pytest.fixture
def root():
    """The root logger, given back as it was."""
    logger = logging.getLogger()
    kept = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], logger.level = kept[0], kept[1]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("form", "stream", "kind"),
    [
        ("auto", io.StringIO, JsonFormatter),
        ("auto", Terminal, TextFormatter),
        ("text", io.StringIO, TextFormatter),
        ("json", Terminal, JsonFormatter),
    ],
)
def test_people_read_text_and_programs_json(root, form, stream, kind):
    """A terminal has text, a pipe JSON, unless one is asked for."""
    configure_logging("info", form, stream())
    assert type(root.handlers[0].formatter) is kind


@pytest.mark.parametrize(("no_color", "is_coloured"), [("", True), ("1", False)])
def test_a_warning_on_a_terminal_is_one_coloured_line(monkeypatch, root, no_color, is_coloured):
    """With what was added behind it; NO_COLOR is heeded."""
    monkeypatch.setenv("NO_COLOR", no_color)
    stream = Terminal()
    configure_logging("info", "auto", stream)
    root.warning("disk %s is full", "x\nred\x1b[31m", extra={"book": "acme"})
    (line,) = stream.getvalue().splitlines()
    assert ("\x1b[33m" in line) == is_coloured
    assert "\x1b[31m" not in line
    assert line.endswith(" book=acme")
    assert line[2] == line[5] == ":"


def test_text_holds_no_secret_either(root):
    """Messages, fields and tracebacks are masked; a traceback stands below its line."""
    stream = io.StringIO()
    configure_logging("info", "text", stream)
    url = f"postgresql+psycopg://u:{SECRET}@db/t"
    try:
        raise OSError(url)  # noqa: TRY301  # a cause
    except OSError:
        root.exception("at %s", url, extra={"url": url})
    first, *trace = stream.getvalue().splitlines()
    assert first.count("u:***@db/t") == 2
    assert trace[0] == "    Traceback (most recent call last):"
    assert SECRET not in stream.getvalue()


def test_the_steps_of_a_migration_are_no_lines_of_a_first_start():
    """What the library of migrations tells of itself is left out; what goes wrong is not."""
    script = (
        "import logging; from tonne.telemetry.logs import configure_logging\n"
        "configure_logging('info')\n"
        "logger = logging.getLogger('alembic.runtime.migration')\n"
        "logger.info('Context impl SQLiteImpl.'); logger.warning('something is odd')\n"
        "logging.getLogger('tonne.store').info('told')\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    told = [json.loads(line)["message"] for line in done.stderr.splitlines()]
    assert told == ["something is odd", "told"]

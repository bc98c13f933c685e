"""A log line is one line of JSON, whatever it quotes, and holds no secret."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from tonne.errors import StoreUnavailable
from tonne.telemetry.logs import JsonFormatter

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

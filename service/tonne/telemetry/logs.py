"""Logs on the standard error, without secrets: JSON for programs, short lines for people."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
from typing import TextIO

from tonne.text.masking import mask
from tonne.text.visible import visible

_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes of every log record; the others were added by the caller."""

_COLOURS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "31"}
"""Numbers of ECMA-48's colours: yellow and red."""


class JsonFormatter(logging.Formatter):
    """One JSON object for each log line: time, level, logger, message, and what was added."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        line: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({k: v for k, v in vars(record).items() if k not in _OWN_FIELDS})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        masked = {key: _masked(value) for key, value in line.items()}
        # ASCII alone: no text of a caller ends the line or moves the reader's cursor.
        written = json.dumps(masked, default=lambda value: mask(str(value)))
        return written.replace("\x7f", "\\u007f")


class TextFormatter(logging.Formatter):
    """One short line for people: time (UTC), level, message, what was added; then a traceback.

    Parameters
    ----------
    coloured : bool
        Whether warnings and errors are coloured.
    """

    def __init__(self, *, coloured: bool) -> None:
        super().__init__()
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        added = [
            f"{key}={_masked(value)}"
            for key, value in vars(record).items()
            if key not in _OWN_FIELDS
        ]
        level = f"{record.levelname.lower():<7}"
        if self._coloured and record.levelname in _COLOURS:
            level = f"\x1b[{_COLOURS[record.levelname]}m{level}\x1b[0m"
        time = dt.datetime.fromtimestamp(record.created, dt.UTC).strftime("%H:%M:%S")
        # No text of a caller ends the line or moves the reader's cursor.
        told = visible(" ".join([mask(record.getMessage()), *map(mask, added)]))
        lines = [f"{time} {level} {told}"]
        if record.exc_info:
            trace = mask(self.formatException(record.exc_info))
            lines += [f"    {visible(line)}" for line in trace.splitlines()]
        return "\n".join(lines)


def _masked(value: object) -> object:
    """Mask the texts of a value, whatever holds them."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(str(key)): _masked(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(each) for each in value]
    return value


def configure_logging(level: str, form: str = "auto", stream: TextIO | None = None) -> None:
    """Send the logs of the whole process to `stream` (stderr).

    Parameters
    ----------
    level : str
        Least level that is logged.
    form : str
        "text", "json", or "auto": text on a terminal, JSON elsewhere.
    stream : TextIO, optional
        Where to.
    """
    stream = stream or sys.stderr
    on_terminal = stream.isatty()
    handler = logging.StreamHandler(stream)
    if form == "text" or (form == "auto" and on_terminal):
        coloured = on_terminal and not os.environ.get("NO_COLOR")
        handler.setFormatter(TextFormatter(coloured=coloured))
    else:
        handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Its lines name its own inside; the manifest says from which revision to which it went.
    logging.getLogger("alembic").setLevel(max(root.level, logging.WARNING))
    # The audit log is written at every log level.
    logging.getLogger("tonne.audit").setLevel(logging.INFO)

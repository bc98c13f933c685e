"""Logs: one JSON object for each line, on the standard error, without secrets."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from typing import TextIO

from tonne.text.masking import mask


class JsonFormatter(logging.Formatter):
    """One JSON object for each log line: time, level, logger, message, and what was added."""

    _OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        line: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({k: v for k, v in vars(record).items() if k not in self._OWN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        masked = {key: _masked(value) for key, value in line.items()}
        # ASCII alone: no text of a caller ends the line or moves the reader's cursor.
        written = json.dumps(masked, default=lambda value: mask(str(value)))
        return written.replace("\x7f", "\\u007f")


def _masked(value: object) -> object:
    """Mask the texts of a value, whatever holds them."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(str(key)): _masked(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(each) for each in value]
    return value


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send the logs of the whole process to `stream` (stderr) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Its lines name its own inside; the manifest says from which revision to which it went.
    logging.getLogger("alembic").setLevel(max(root.level, logging.WARNING))
    # Who did what is written whatever the level of the rest.
    logging.getLogger("tonne.audit").setLevel(logging.INFO)

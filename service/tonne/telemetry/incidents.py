"""Incidents: a defect is logged with its traceback, the caller is told an id."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tonne import errors
from tonne.telemetry.labels import ERROR_CODES

if TYPE_CHECKING:
    import logging

    from tonne.telemetry.telemetry import Telemetry


def code_of(error: BaseException) -> str:
    """Give the code under which an error is counted: its own, or that of its family."""
    kinds = type(error).__mro__
    codes = (kind.code for kind in kinds if issubclass(kind, errors.TonneError))
    return next((code for code in codes if code in ERROR_CODES), "DEFECT")


def log_incident(
    telemetry: Telemetry, logger: logging.Logger, message: str, error: BaseException
) -> str:
    """Log a defect with its traceback under a new incident id, and return the id."""
    incident = uuid.uuid4().hex[:12]
    telemetry.add("tonne_incidents_total")
    logger.error(
        "%s",
        message,
        exc_info=(type(error), error, error.__traceback__),
        extra={"incident": incident},
    )
    return incident


def report_incident(
    telemetry: Telemetry, logger: logging.Logger, message: str, error: BaseException
) -> errors.DefectError:
    """Log a defect; give the error that a caller is told: the incident id alone.

    Of a file of the caller's book that is corrupt it also tells which, by id and kind: what
    rests on it can be had again once somebody has mended it, and others need not be asked.
    """
    incident = log_incident(telemetry, logger, message, error)
    metadata = {"incident": incident}
    if isinstance(error, errors.FileCorrupt):
        metadata |= {name: error.metadata[name] for name in ("file", "kind")}
        return type(error)(
            f"the {metadata['kind']} file {metadata['file']} of the book is damaged or missing, "
            f"so nothing was computed from it. The incident is logged as {incident}: tell the "
            "operator of the server",
            metadata=metadata,
        )
    return errors.DefectError(
        f"the server failed. The incident is logged as {incident}: tell the operator of the "
        "server",
        metadata=metadata,
    )

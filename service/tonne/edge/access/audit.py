"""The audit log: who did what, and who was refused; one JSON line for each such call.

It holds names, never contents, tokens or keys.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tonne.edge.access.auth import Caller

NAME: Final = "tonne.audit"
"""Name of the logger, which writes whatever the level of the other logs."""

TEXT_CHARS_MAX = 512
"""Longest text of a line that a caller chose."""

logger = logging.getLogger(NAME)


def write_line(
    identity: Caller | None,
    *,
    method: str,
    resource: str,
    outcome: str,
    reason: str,
    incident: str,
    request_id: str,
    peer: str,
) -> None:
    """Write the line of one call.

    Parameters
    ----------
    identity : Caller, optional
        Who called; None where that could not be found out.
    method : str
        The call's name.
    resource : str
        Full name of what it was about, as far as the request said it.
    outcome : str
        `OK`, `CANCELLED`, or the code of the error.
    reason : str
        Why the caller was refused, as `tonne_auth_failures_total` counts it.
    incident, request_id : str
        Ids under which other logs tell of the call.
    peer : str
        Address of the connection: the caller's, or a proxy's.
    """
    fields = {
        "subject": identity.subject if identity else "",
        "issuer": identity.issuer if identity else "",
        "authentication": identity.kind if identity else "failed",
        "method": method,
        "resource": resource,
        "outcome": outcome,
        "reason": reason,
        "incident": incident,
        "request_id": request_id,
        "peer": peer,
    }
    logger.info(
        "%s %s",
        method,
        outcome,
        extra={key: text[:TEXT_CHARS_MAX] for key, text in fields.items() if text},
    )

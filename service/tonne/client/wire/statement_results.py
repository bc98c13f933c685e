"""Statements, as the client reads them."""

from __future__ import annotations

from tonne.client.wire.resources import last_id, read_timestamp
from tonne.statements import messages
from tonne.statements.statement import BODIES, Kind, Statement
from tonne.v1 import statements_pb2


def read_statement(message: statements_pb2.Statement) -> Statement:
    """Read a version of a statement."""
    kind = Kind[statements_pb2.StatementKind.Name(message.kind).removeprefix("STATEMENT_KIND_")]
    body = None
    if not message.withdrawn:
        body = messages.read(BODIES[kind], getattr(message, kind), str(kind))
    return Statement(
        kind,
        message.id,
        body,
        messages.read_date(message.valid_from, "valid_from"),
        message.reason,
        message.author,
        message.version,
        int(last_id(message.name)),
        read_timestamp(message.create_time),
    )

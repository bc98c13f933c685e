"""The calls of the protocol: whoever goes through all of them begins here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.v1 import (
    bridges_pb2,
    catalogue_pb2,
    changes_pb2,
    corrections_pb2,
    imports_pb2,
    indicators_pb2,
    ingest_pb2,
    ledger_pb2,
    overlaps_pb2,
    periods_pb2,
    report_pb2,
    statements_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import MethodDescriptor

_FILES = (
    ingest_pb2,
    imports_pb2,
    ledger_pb2,
    corrections_pb2,
    periods_pb2,
    overlaps_pb2,
    changes_pb2,
    catalogue_pb2,
    indicators_pb2,
    report_pb2,
    statements_pb2,
    bridges_pb2,
)


def methods() -> Iterator[MethodDescriptor]:
    """Give every call of the protocol."""
    for file in _FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            yield from service.methods

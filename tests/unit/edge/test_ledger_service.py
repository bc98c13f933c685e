"""LedgerService: what it refuses before it costs anything."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from tonne.edge.messages import codec, method_codec
from tonne.edge.services.ledger_service import LedgerService
from tonne.errors import FieldInvalid
from tonne.ledger.book.entities import ENTITIES_MAX
from tonne.ledger.book.register import FACILITIES_MAX
from tonne.v1 import ledger_pb2


def test_an_import_of_too_many_is_refused_before_any_is_read(monkeypatch):
    """A request of empty messages has a million and a half: read, they take a minute."""
    reads = Mock(side_effect=AssertionError("one was read"))
    monkeypatch.setattr(codec, "read_facility", reads)
    monkeypatch.setattr(method_codec, "read_entity", reads)
    service = LedgerService(Mock())
    facilities = [ledger_pb2.Facility()] * (FACILITIES_MAX + 1)
    with pytest.raises(FieldInvalid, match="facilities: expected at most"):
        service.import_facilities(
            ledger_pb2.ImportFacilitiesRequest(parent="books/acme", facilities=facilities)
        )
    entities = [ledger_pb2.Entity()] * (ENTITIES_MAX + 1)
    with pytest.raises(FieldInvalid, match="entities: expected at most"):
        service.import_entities(
            ledger_pb2.ImportEntitiesRequest(parent="books/acme", entities=entities)
        )

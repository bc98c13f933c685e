"""What an entry of the register of facilities must be."""

from __future__ import annotations

from tonne.catalogue.words.method import is_day
from tonne.errors import FieldInvalid
from tonne.model import FACILITY_TYPES, Facility

TEXTS = ("display_name", "type", "region", "entity", "ownership", "valid_from", "valid_to")
"""Fields beside the id."""

ID_BYTES_MAX = 256
"""Longest facility id, as in a record."""

TEXT_CHARACTERS_MAX = 1000
"""Most characters of another field."""


def check_facility(facility: Facility, place: str) -> Facility:
    """Return a facility whose fields are right, else raise `FieldInvalid` naming `place`."""
    if not 0 < len(facility.id.encode()) <= ID_BYTES_MAX:
        raise _invalid(place, "id", f"1 to {ID_BYTES_MAX} bytes", repr(facility.id))
    if facility.type not in FACILITY_TYPES:
        known = ", ".join(FACILITY_TYPES[1:])
        raise _invalid(place, "type", f"one of {known}, or nothing", repr(facility.type))
    for name in TEXTS:
        if len(getattr(facility, name)) > TEXT_CHARACTERS_MAX:
            raise _invalid(place, name, f"at most {TEXT_CHARACTERS_MAX} characters", "more")
    for name in ("valid_from", "valid_to"):
        day = getattr(facility, name)
        if day and not is_day(day):
            raise _invalid(place, name, "a day as YYYY-MM-DD, or nothing", repr(day))
    if facility.valid_from and facility.valid_to and facility.valid_to <= facility.valid_from:
        raise _invalid(
            place,
            "valid_to",
            f"a day after valid_from ({facility.valid_from})",
            repr(facility.valid_to),
        )
    return facility


def _invalid(place: str, field: str, expected: str, got: str) -> FieldInvalid:
    return FieldInvalid(
        f"facilities: {place}, {field}: expected {expected}; got {got}",
        metadata={"place": place, "field": field},
    )

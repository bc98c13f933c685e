"""The types of facilities, asked of the register once for each facility."""

from __future__ import annotations

import polars as pl

from tonne.ledger.book.facilities import look_up


class FacilityTypes:
    """Tells the types of facilities by their codes: the register is asked once for each facility.

    Parameters
    ----------
    register : polars.DataFrame
        `facility` and `type`, in the order of facilities.
    """

    def __init__(self, register: pl.DataFrame) -> None:
        self._register = register
        self._by_code = pl.Series("facility_type", [], dtype=pl.String)

    def of(self, facilities: pl.Series) -> pl.Series:
        """Give the types of facilities, categories all of one kind; empty where unregistered."""
        codes = facilities.to_physical()
        code_count = codes.len() and int(str(codes.max())) + 1
        if code_count > len(self._by_code):
            more = pl.Series([None], dtype=pl.String).new_from_index(
                0, code_count - len(self._by_code)
            )
            self._by_code = self._by_code.append(more)
        found = self._by_code.gather(codes)
        if found.null_count():
            new = pl.DataFrame({"code": codes, "facility": facilities}).filter(found.is_null())
            named = new.unique("code")
            ids, types = self._register["facility"], self._register["type"]
            found_types = look_up(ids, types, named["facility"].cast(pl.String)).fill_null("")
            self._by_code = self._by_code.scatter(named["code"], found_types)
            found = self._by_code.gather(codes)
        return found.alias("facility_type")

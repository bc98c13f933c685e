"""What is asked of indicators, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.reports.indicators.definition import find, read_name, shipped
from tonne.reports.indicators.energy import check_coal_set

if TYPE_CHECKING:
    from tonne.reports.indicators.definition import Definition
    from tonne.reports.inventory.request import InventoryRequest

PLACES = ("", "facility", "facility_type", "region", "entity")
"""What values can be given for, each apart; the first is all together."""

SPANS = ("", "month", "year", "rolling_year")
"""Of which time each value is; the first is the whole range."""


@dataclass(frozen=True, slots=True)
class IndicatorRequest:
    """Which indicators of what.

    Parameters
    ----------
    selection : InventoryRequest
        Months, facilities, regions, GWP set and approach; no grouping and no accounts.
    indicators : tuple of str
        Ids, or ids of a version like `pue_3@1`; none means the latest of all.
    by : str
        One of `PLACES`.
    span : str
        One of `SPANS`.
    coal_set : str
        Set of coal equivalents; empty means the first one.
    own : tuple of Definition
        Those of the book that the question may name.

    Raises
    ------
    FieldInvalid
        Something of this is not known, or does not go together.
    """

    selection: InventoryRequest
    indicators: tuple[str, ...] = ()
    by: str = ""
    span: str = ""
    coal_set: str = ""
    own: tuple[Definition, ...] = ()

    def __post_init__(self) -> None:
        """Check the request."""
        for field, value, known in (("by", self.by, PLACES), ("span", self.span, SPANS)):
            if value not in known:
                raise FieldInvalid(
                    f"{field}: expected one of {', '.join(filter(None, known))}, or nothing; "
                    f"got {value!r}",
                    metadata={"field": field, "value": value},
                )
        for field, given in (
            ("group_by", self.selection.group_by),
            ("accounts", self.selection.accounts),
            ("activities", self.selection.activities),
        ):
            if given:
                raise FieldInvalid(
                    f"{field}: the definition of an indicator says what it is of; leave it out",
                    metadata={"field": field, "value": ",".join(given)},
                )
        if len(set(self.indicators)) < len(self.indicators):
            raise FieldInvalid(
                f"indicators: expected each once; got {', '.join(self.indicators)}",
                metadata={"field": "indicators", "value": ",".join(self.indicators)},
            )
        self.definitions()
        check_coal_set(self.coal_set)

    def definitions(self) -> tuple[Definition, ...]:
        """Give the definitions, in the order of the request."""
        names = self.indicators or dict.fromkeys((*shipped(), *(each.id for each in self.own)))
        return tuple(find(*read_name(each), self.own) for each in names)

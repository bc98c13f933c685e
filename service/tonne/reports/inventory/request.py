"""The request of an inventory, checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.catalogue.words.method import CONSOLIDATIONS, GWP_SETS
from tonne.errors import FieldInvalid
from tonne.model import PERIOD_COUNT_MAX, month_of_period

if TYPE_CHECKING:
    from tonne.catalogue.words.method import MethodSettings

COUNTED, HAPPENED = "counted", "happened"
MONTHS_BY = (COUNTED, HAPPENED)
"""Which month a late record is of: that in which it counts, or that in which it happened."""

DIMENSIONS = ("facility", "activity", "account", "period", "region", "facility_type", "scope")
"""What an inventory can be grouped by."""


@dataclass(frozen=True, slots=True)
class InventoryRequest:
    """The selection, the grouping and the valuation of an inventory.

    Parameters
    ----------
    first_period, last_period : int
        Months since 1970-01, both inclusive.
    group_by : tuple[str, ...]
        Some of `DIMENSIONS`, in the order of the answer's groups.
    facilities, activities, regions : tuple[str, ...]
        Only these; none means all. A region is the record's, or else its facility's.
    accounts : tuple[str, ...]
        Only these accounts and those below them (`scope3.03` takes `scope3.03.wtt` in); none
        means all.
    gwp_set : str
        One of `method.GWP_SETS`; empty means that of the book's method.
    consolidation : str
        One of `method.CONSOLIDATIONS`; empty means that of the book's method.
    months_by : str
        One of `MONTHS_BY`: what `first_period`, `last_period` and groups by month go by. Both
        views add up to the same over all months.

    Raises
    ------
    FieldInvalid
        An unknown or repeated dimension, an unknown account, GWP set or approach, or months in
        the wrong order.
    """

    first_period: int = 0
    last_period: int = PERIOD_COUNT_MAX - 1
    group_by: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    gwp_set: str = ""
    consolidation: str = ""
    months_by: str = COUNTED

    def __post_init__(self) -> None:
        """Check the request."""
        for dimension in self.group_by:
            if dimension not in DIMENSIONS:
                raise FieldInvalid(
                    f"group_by: expected some of {', '.join(DIMENSIONS)}; got {dimension!r}",
                    metadata={"field": "group_by", "value": dimension},
                )
        if len(set(self.group_by)) < len(self.group_by):
            raise FieldInvalid(
                f"group_by: expected each dimension once; got {', '.join(self.group_by)}",
                metadata={"field": "group_by", "value": ",".join(self.group_by)},
            )
        for account in self.accounts:
            if not any(is_within(known, account) for known in ACCOUNTS):
                raise FieldInvalid(
                    f"no account is called {account!r}: the accounts are {', '.join(ACCOUNTS)}",
                    metadata={"field": "accounts", "value": account},
                )
        for field, value, choices in (
            ("gwp_set", self.gwp_set, GWP_SETS),
            ("consolidation", self.consolidation, CONSOLIDATIONS),
        ):
            if value and value not in choices:
                raise FieldInvalid(
                    f"{field}: expected one of {', '.join(choices)}, or nothing for that of the "
                    f"book's method; got {value!r}",
                    metadata={"field": field, "value": value},
                )
        if self.months_by not in MONTHS_BY:
            raise FieldInvalid(
                f"months_by: expected one of {', '.join(MONTHS_BY)}; got {self.months_by!r}",
                metadata={"field": "months_by", "value": self.months_by},
            )
        if not 0 <= self.first_period <= self.last_period < PERIOD_COUNT_MAX:
            months = [_month_text(each) for each in (self.first_period, self.last_period)]
            raise FieldInvalid(
                "from_period and to_period: expected the first month not after the last one, "
                f"both from 1970-01 to 2199-12; got {months[0]} and {months[1]}",
                metadata={"field": "from_period", "from": months[0], "to": months[1]},
            )

    def selects_account(self, account: str) -> bool:
        """Whether the request is about this account."""
        return not self.accounts or any(is_within(account, root) for root in self.accounts)

    @property
    def is_counted(self) -> bool:
        """Whether months are those in which records count."""
        return self.months_by == COUNTED

    def under(self, settings: MethodSettings) -> InventoryRequest:
        """Take from a method what the request leaves open."""
        return replace(
            self,
            gwp_set=self.gwp_set or settings.gwp_set,
            consolidation=self.consolidation or settings.consolidation,
        )


def is_within(account: str, root: str) -> bool:
    """Whether an account is `root` or lies below it."""
    return account == root or account.startswith(f"{root}.")


def _month_text(period: int) -> str:
    return month_of_period(period) if 0 <= period < PERIOD_COUNT_MAX else str(period)

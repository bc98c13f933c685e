"""Steps of stories about what is posted again, and about what was known before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tonne.errors import InputError
from tonne.ledger.as_of import AsOf
from tonne.ledger.posting.restating.asking import Asked
from tonne.ledger.posting.restating.criteria import LAST_PERIOD, Criteria
from tonne.model import month_of_period, period_of_month
from tonne.quantities import quantity_text
from tonne.reports.bridge.answers import Scope
from tonne.reports.bridge.book import BridgeRequest, book_bridge
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.statements.changes.bridges import Side
from tonne.statements.changes.restatements import RestatementCause

if TYPE_CHECKING:
    from tests.scenario.story import Row
    from tonne.ledger.ledger import Ledger

BOOK = "acme"


class RestatingSteps:
    """Each step has a method of its name; `Stage` has the ledger."""

    _ledger: Ledger

    def remember(self, words: str, _rows: tuple[Row, ...]) -> None:
        """Keep the number of this moment under a name."""
        self._moments[words] = self._ledger.snapshots.take(BOOK).point.number

    def restate(self, words: str, rows: tuple[Row, ...]) -> None:
        """Restate what a row selects, under an id; `refused` says why it is not done."""
        (row,) = rows
        criteria = Criteria(
            edition=row.get("edition", ""),
            factor=row.get("factor", ""),
            posted_version=int(row.get("posted by", "") or 0),
            facility=row.get("facility", ""),
            first_period=period_of_month(row["from"]) if row.get("from") else 0,
            last_period=period_of_month(row["to"]) if row.get("to") else LAST_PERIOD,
        )
        asked = Asked(
            words,
            criteria,
            RestatementCause(row["cause"]),
            "stage",
            row["why"],
            row.get("adjusts closed") == "yes",
        )
        if row.get("refused"):
            with pytest.raises(InputError, match=re.escape(row["refused"])):
                list(self._ledger.restating.restate(BOOK, asked))
            return
        *_, done = self._ledger.restating.restate(BOOK, asked)
        assert done.is_done
        assert row["restated"] == str(done.restated_count)
        assert row.get("unchanged", "0") == str(done.unchanged_count)
        assert row.get("left", "0") == str(done.left_count)

    def restatements(self, _words: str, rows: tuple[Row, ...]) -> None:
        """Compare what was restated, by account and month; `total` is one footprint."""
        found: list[dict[str, Any]] = []
        for act in self._ledger.acts.list(BOOK).items:
            told = [
                *act.figures.rows(),
                ("total", -1, *act.figures.totals()),
            ]
            found += (
                {
                    "id": act.row.id,
                    "cause": act.row.cause,
                    "why": act.row.reason,
                    "of closed": "yes" if act.of_closed else "no",
                    "records": str(act.record_count),
                    "account": account,
                    "month": month_of_period(period) if period >= 0 else "",
                    "before": quantity_text(int(before * 10**18)).rstrip("0").rstrip("."),
                    "after": quantity_text(int(after * 10**18)).rstrip("0").rstrip("."),
                }
                for account, period, before, after in told
            )
        compare(found, rows)

    def known(self, words: str, rows: tuple[Row, ...]) -> None:
        """Compare the inventory as of a moment that was remembered."""
        number = self._moments[words]
        taken = self._ledger.snapshots.take(BOOK, AsOf(str(number), number=number))
        total = book_inventory(taken, InventoryRequest()).total
        compare([{"kg_co2e": total.kg_co2e, "records": str(total.record_count)}], rows)

    def bridge(self, words: str, rows: tuple[Row, ...]) -> None:
        """Compare the causes between a moment that was remembered and now; they add up."""
        before = Side(as_of=str(self._moments[words]))
        request = BridgeRequest(before, Side(), Scope(), ())
        found = book_bridge(self._ledger.sights_of(BOOK), request)
        parts = sum(part.kg_co2e for part in found.parts)
        assert found.from_kg_co2e + parts == found.to_kg_co2e
        told = [{"cause": str(each.cause), "kg_co2e": str(each.kg_co2e)} for each in found.parts]
        ends = (("from", found.from_kg_co2e), ("to", found.to_kg_co2e))
        compare([*told, *({"cause": name, "kg_co2e": str(kg)} for name, kg in ends)], rows)

    @property
    def _moments(self) -> dict[str, int]:
        return self.__dict__.setdefault("_by_name", {})


def compare(found: list[Row], rows: tuple[Row, ...]) -> None:
    """The same rows in any order, as far as the story names their columns."""
    assert rows, "an expectation has rows"
    names = list(rows[0])
    assert sorted([each[name] for name in names] for each in found) == sorted(
        [[row[name] for name in names] for row in rows]
    )

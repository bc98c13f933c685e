"""The client's questions about indicators, and what they bring: plain data, exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.client.answers.results import AsOf, BookMoment, moment_text, read_moment
from tonne.client.answers.steering.explained_indicators import read_indicator_part
from tonne.client.answers.steering.indicator_results import (
    ClaimCheck,
    read_definition,
    read_values,
)
from tonne.client.reports import approach_number, check_month, names_of
from tonne.client.wire.calls import Calls
from tonne.client.wire.resources import book_name
from tonne.errors import FieldInvalid
from tonne.v1 import indicators_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.client.answers.steering.explained_indicators import IndicatorPart
    from tonne.client.answers.steering.indicator_results import (
        Indicator,
        IndicatorValues,
    )

PLACES = ("facility", "facility_type", "region", "entity")
"""What values can be given for, each apart."""

SPANS = ("month", "year", "rolling_year")
"""Of which months each value can be."""


class IndicatorCalls(Calls):
    """Reads what a book is steered by."""

    _indicators: Any
    """Stub of IndicatorService."""

    def list_indicators(self, query: str = "", *, book: str = "") -> tuple[Indicator, ...]:
        """Find definitions that have all words in their id, title or source; all without words.

        Those that ship, and after them those of the book's own, where one is named.
        """
        request = indicators_pb2.SearchIndicatorsRequest(
            query=query, parent=book_name(book) if book else ""
        )
        found = self._call(self._indicators.SearchIndicators, request)
        return tuple(map(read_definition, found.indicators))

    def indicators(
        self,
        book: str,
        indicators: Sequence[str] | str = (),
        *,
        from_period: str = "",
        to_period: str = "",
        by: str = "",
        span: str = "",
        facilities: Sequence[str] | str = (),
        regions: Sequence[str] | str = (),
        gwp_set: str = "",
        consolidation: str = "",
        coal_set: str = "",
        as_of: AsOf = "",
    ) -> IndicatorValues:
        """Read indicators of a book, complete up to the last acknowledgement of any server.

        Parameters
        ----------
        book : str
            Book id.
        indicators : sequence of str or str
            Ids, or ids of a version like `pue_3@1`; none means the latest of all.
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive; empty means open.
        by : str
            One of `PLACES`; empty means all together.
        span : str
            One of `SPANS`; empty means all months together.
        facilities, regions : sequence of str or str
            Only these, or this one; none means all.
        gwp_set, consolidation : str
            As for `inventory`.
        coal_set : str
            Set of coal equivalents; empty means the first one.
        as_of : str, int or datetime
            As for `inventory`.
        """
        request = indicators_pb2.GetIndicatorValuesRequest(
            name=book_name(book),
            indicators=names_of(indicators),
            from_period=check_month(from_period),
            to_period=check_month(to_period),
            by=_enum("by", by, PLACES, "INDICATOR_PLACE"),
            span=_enum("span", span, SPANS, "INDICATOR_SPAN"),
            facilities=names_of(facilities),
            regions=names_of(regions),
            gwp_set=gwp_set,
            consolidation=approach_number(consolidation),
            coal_set=coal_set,
            as_of=moment_text(as_of),
        )
        return read_values(
            self._stream_again(self._indicators.GetIndicatorValues, request, self._timeout_s)
        )

    def explain_indicator(
        self,
        book: str,
        indicator: str,
        *,
        from_period: str = "",
        to_period: str = "",
        by: str = "",
        place: str = "",
        facilities: Sequence[str] | str = (),
        regions: Sequence[str] | str = (),
        gwp_set: str = "",
        consolidation: str = "",
        coal_set: str = "",
        replay: bool = False,
        records_max: int = 0,
        as_of: AsOf = "",
        on_moment: Callable[[BookMoment], None] | None = None,
    ) -> Iterator[IndicatorPart]:
        """Unfold one value, part by part as the server finds them.

        Parameters
        ----------
        book, indicator : str
            Ids.
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive; empty means open.
        by, place : str
            One of `PLACES`, and which of these the value is of; empty means all together.
        facilities, regions, gwp_set, consolidation, coal_set
            As for `indicators`.
        replay : bool
            Whether to recompute what each term rests on from the segments.
        records_max : int
            Most records to list of each term; the server gives 10,000 at most.
        as_of : str, int or datetime
            As for `inventory`.
        on_moment : callable, optional
            Told, before the value, as of which commit it all is.

        Yields
        ------
        IndicatorLine, ExplainRecord, ExplainReplay, IndicatorTermSum or IndicatorValue
            Of each term its lines, records and replay, then its sum; at last the value.
        """
        request = indicators_pb2.ExplainIndicatorRequest(
            name=book_name(book),
            indicator=indicator,
            from_period=check_month(from_period),
            to_period=check_month(to_period),
            by=_enum("by", by, PLACES, "INDICATOR_PLACE"),
            place=place,
            facilities=names_of(facilities),
            regions=names_of(regions),
            gwp_set=gwp_set,
            consolidation=approach_number(consolidation),
            coal_set=coal_set,
            replay=replay,
            records_max=records_max,
            as_of=moment_text(as_of),
        )
        # However long it takes: the first part says that the server is at work.
        parts = self._stream_again(self._indicators.ExplainIndicator, request, None)
        for part in parts:
            moment = read_moment(part)
            if moment is not None and on_moment is not None:
                on_moment(moment)
            yield read_indicator_part(part)

    def check_claims(
        self, claims: Sequence[tuple[str, str]], *, book: str = ""
    ) -> tuple[ClaimCheck, ...]:
        """Hold claims, pairs of an indicator and a value like `over 80 %`, against definitions.

        Those that ship, and those of the book's own where one is named.
        """
        request = indicators_pb2.CheckIndicatorClaimsRequest(
            claims=[
                indicators_pb2.IndicatorClaim(indicator=indicator, value=value)
                for indicator, value in claims
            ],
            parent=book_name(book) if book else "",
        )
        found = self._call(self._indicators.CheckIndicatorClaims, request)
        return tuple(
            ClaimCheck(each.indicator, each.value, each.refusal, each.grade)
            for each in found.checks
        )


def _enum(field: str, value: str, known: tuple[str, ...], prefix: str) -> Any:
    if value and value not in known:
        raise FieldInvalid(
            f"{field}: expected one of {', '.join(known)}, or nothing; got {value!r}",
            metadata={"field": field, "value": value},
        )
    return f"{prefix}_{value.upper()}" if value else None

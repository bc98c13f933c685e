"""Months are closed, sealed and reopened."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.console.actions.action import Action, Done, Prepared
from tonne.console.actions.effects import effect, words
from tonne.console.pages.history import STATES
from tonne.console.parts import numbers
from tonne.console.parts.blocks import Command, Field, Head, Lines, Table, Text
from tonne.errors import FieldInvalid, InputError
from tonne.model import PeriodState, month_of_period, period_of_month

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.client.closing.results import Period, PeriodAct, PeriodClose, PeriodFinding
    from tonne.console.actions.action import Said
    from tonne.console.parts.blocks import Block
    from tonne.console.visits import Visit

ACCEPT = "accept."
"""Begins the names of the fields that say why a finding is accepted."""

CHECKS = (
    "suspense",
    "quarantine",
    "imports",
    "conflicts",
    "uncompared",
    "overlaps",
    "unlaid",
    "restatements",
)
"""What may stand against a close."""


BY_ITSELF = frozenset({"uncompared", "unlaid"})
"""What a close sees to first: it mostly stands against none."""


def close_prepared(visit: Visit) -> Prepared:
    """Show what stands against the close of a month, and the total that it fixes."""
    say = visit.say
    return _prepared(
        visit,
        "close",
        say("Close {month}", month=_month(visit)),
        say("It takes corrections and reversals with a reason from then on, and nothing else."),
        say("Close the month"),
    )


def seal_prepared(visit: Visit) -> Prepared:
    """Show what stands against a seal, and the total that it fixes."""
    say = visit.say
    return _prepared(
        visit,
        "seal",
        say("Seal {month}", month=_month(visit)),
        say("It takes nothing any more."),
        say("Seal the month"),
    )


def _prepared(visit: Visit, verb: str, title: str, lead: str, submit: str) -> Prepared:
    month = _month(visit)
    findings, refusal = _findings(visit, month)
    blocks: list[Block] = [_total(visit, month), _against(visit, findings)]
    command = words(visit, "period", verb, month, "--reason", "WHY")
    command += "".join(
        f" --accept {each.check}=WHY" for each in findings if each.check not in BY_ITSELF
    )
    return Prepared(
        title,
        lead,
        blocks,
        submit,
        [Command(command)],
        visit.link("periods"),
        fields=_accepting(visit, findings),
        refusal=refusal,
    )


def _findings(visit: Visit, month: str) -> tuple[list[PeriodFinding], str]:
    try:
        return visit.client.check_period(visit.book, month), ""
    except InputError as error:
        return [], error.message


def _total(visit: Visit, month: str) -> Table:
    total = visit.client.inventory(visit.book, from_period=month, to_period=month).total
    kg = Fraction(total.kg_co2e)
    name = Text(
        month, visit.link("inventory", by="account", **{"from": month, "to": month}), "strong"
    )
    note = visit.say("No number changes. What was posted by then stays known by the commit.")
    return effect(visit, [(name, kg, kg)], note)


def _against(visit: Visit, findings: list[PeriodFinding]) -> Table:
    say = visit.say
    rows = [
        (Text(each.check, look="code"), numbers.count(each.count), Text(each.message, look="said"))
        for each in findings
    ]
    heads = [Head(say("Check")), Head(say("Count"), is_number=True), Head(say("What to do"))]
    note = say(
        "A close first compares what is uncompared, and looks at what is unlaid, by itself."
    )
    sees_to = any(each.check in BY_ITSELF for each in findings)
    return Table(
        say("What stands against it"),
        heads,
        rows,
        note=note if sees_to else "",
        empty=say("Nothing."),
    )


def _accepting(visit: Visit, findings: list[PeriodFinding]) -> list[Field]:
    return [
        Field(
            f"{ACCEPT}{each.check}",
            visit.say("Accept {check} all the same, because", check=each.check),
            visit.given(f"{ACCEPT}{each.check}"),
        )
        for each in findings
    ]


def _accepted(visit: Visit) -> dict[str, str]:
    return {check: why for check in CHECKS if (why := visit.given(f"{ACCEPT}{check}"))}


def close(visit: Visit, said: Said) -> Done:
    """Close a month."""
    month = _month(visit)

    def call() -> Period:
        return visit.client.close_period(visit.book, month, accepts=_accepted(visit), **said.why)

    made = _once(visit, call, said, PeriodState.SOFT_CLOSED, lambda close: close.closed)
    act = made.closes[-1]
    text = visit.say(
        "{month} is closed: revision {revision}, commit {commit}.",
        month=month,
        revision=act.revision,
        commit=act.closed.commit_number,
    )
    return Done(visit.place("periods"), text)


def seal(visit: Visit, said: Said) -> Done:
    """Seal a month."""
    month = _month(visit)

    def call() -> Period:
        return visit.client.seal_period(visit.book, month, accepts=_accepted(visit), **said.why)

    _once(visit, call, said, PeriodState.SEALED, lambda close: close.sealed)
    return Done(visit.place("periods"), visit.say("{month} is sealed.", month=month))


def reopen_prepared(visit: Visit) -> Prepared:
    """Show which months are reopened."""
    say, month = visit.say, _month(visit)
    rows = [
        (Text(each.month), Text(say(STATES[each.state][0]), look=STATES[each.state][1]))
        for each in visit.client.list_periods(visit.book)
        if each.month >= month and each.state is not PeriodState.OPEN
    ]
    blocks: list[Block] = [
        _total(visit, month),
        Table(
            say("Reopened with it"),
            [Head(say("Month")), Head(say("State"))],
            rows,
            empty=say("Nothing: it is open."),
        ),
        Lines([say("Records of these months are taken again, and change their numbers.")], "note"),
    ]
    return Prepared(
        say("Reopen {month}", month=month),
        say("With it every month that was closed after it."),
        blocks,
        say("Reopen"),
        [Command(words(visit, "period", "reopen", month, "--reason", "WHY"))],
        visit.link("periods"),
        refusal="" if rows else say("The month is open."),
    )


def reopen(visit: Visit, said: Said) -> Done:
    """Reopen a month, and those after it."""
    month = _month(visit)

    def call() -> Period:
        return visit.client.reopen_period(visit.book, month, **said.why)[0]

    _once(visit, call, said, PeriodState.OPEN, lambda close: close.reopened)
    return Done(visit.place("periods"), visit.say("{month} is open again.", month=month))


def _once(
    visit: Visit,
    call: Callable[[], Period],
    said: Said,
    state: PeriodState,
    act_of: Callable[[PeriodClose], PeriodAct | None],
) -> Period:
    """Make the call; where the same was done before in the same words, that is what was done.

    A form that is sent twice would else be told that the month has no longer the state that it
    had: a close has no id of its own.
    """
    try:
        return call()
    except InputError:
        month = _month(visit)
        for each in visit.client.list_periods(visit.book):
            if each.month == month and each.state is state and each.closes:
                act = act_of(each.closes[-1])
                author = said.author or visit.rights.caller
                if act is not None and (act.reason, act.author) == (said.reason, author):
                    return each
        raise


def _month(visit: Visit) -> str:
    """Read the month of the path. Raises `NameInvalid`, `FieldInvalid`."""
    month = visit.values["month"]
    if not month:
        raise FieldInvalid("month: expected one like 2026-03; got nothing")
    return month_of_period(period_of_month(month))


ACTIONS = {
    "/books/{book}/periods/{month}/close": Action("ClosePeriod", close_prepared, close),
    "/books/{book}/periods/{month}/seal": Action("SealPeriod", seal_prepared, seal),
    "/books/{book}/periods/{month}/reopen": Action("ReopenPeriod", reopen_prepared, reopen),
}
"""By their paths."""

"""Tables of what the numbers rest on: notices, what waits, coverage, methods, editions."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.yearly.causes import causes_of
from tonne.yearly.figures import Column, Figure, Table, mass, shown_number

if TYPE_CHECKING:
    from decimal import Decimal

    from tonne.client import Inventory
    from tonne.yearly.asking import Answers
    from tonne.yearly.causes import Cause
    from tonne.yearly.figures import Cell


def told_of(answers: Answers) -> Inventory:
    """Give the inventory whose notices are told.

    That by account has those of all accounts, both methods of scope 2 among them, and tells what
    they touch of the location-based total. By market, it is the total's own.
    """
    return answers.accounts if answers.question.method_2 == "location" else answers.total


def causes_table(answers: Answers) -> Table:
    """Make the table of causes of notices, with the CO2e that they touch."""
    total = answers.total.total.kg_co2e
    return Table(
        "causes",
        "What was not the plain way",
        (
            Column("cause", "Cause"),
            Column("kinds", "Notices"),
            Column("records", "Records, at least"),
            mass("kg_co2e", "Of the total, at least"),
            Column("percent", "Share", "%", "%"),
        ),
        tuple(_cause_row(each, total) for each in causes_of(told_of(answers).notices)),
        note="A record may have several notices: the count, and the CO2e, are those of the notice "
        "that touches most. The CO2e is what these records are of the total.",
    )


def _cause_row(cause: Cause, total: Decimal) -> tuple[Cell, ...]:
    share = None
    if cause.kg_co2e is not None and total:
        exact = Fraction(cause.kg_co2e) / Fraction(total) * 100
        share = Figure(exact, shown=shown_number(exact, 1))
    return (
        cause.title,
        len(cause.notices),
        cause.record_count,
        None if cause.kg_co2e is None else Figure(cause.kg_co2e),
        share,
    )


def notices_table(answers: Answers) -> Table:
    """Make the table of all notices of the total."""
    rows: list[tuple[Cell, ...]] = [
        (
            cause.title,
            each.message,
            each.record_count,
            None if each.kg_co2e is None else Figure(each.kg_co2e),
        )
        for cause in causes_of(told_of(answers).notices)
        for each in cause.notices
    ]
    return Table(
        "notices",
        "Notices, one by one",
        (
            Column("cause", "Cause"),
            Column("message", "Notice"),
            Column("records", "Records"),
            mass("kg_co2e", "Of the total"),
        ),
        tuple(rows),
    )


def waiting_table(answers: Answers) -> Table:
    """Make the table of what is in no number: suspense by cause, and quarantine."""
    rows: list[tuple[Cell, ...]] = [
        (
            "suspense",
            each.record_count,
            each.field,
            each.got,
            each.message,
            f"{each.start:%Y-%m-%d}",
            f"{each.end:%Y-%m-%d}",
        )
        for each in answers.causes
    ]
    if answers.causes_omitted_count:
        rows.append(("suspense", answers.causes_omitted_count, "", "", "further causes", "", ""))
    if count := answers.total.quarantined_count:
        rows.append(("quarantine", count, "", "", "records that break a rule", "", ""))
    return Table(
        "waiting",
        "What waits, of the whole book",
        (
            Column("where", "Where"),
            Column("records", "Records"),
            Column("field", "Field"),
            Column("got", "Got"),
            Column("message", "What to do"),
            Column("start", "From"),
            Column("end", "To"),
        ),
        tuple(rows),
    )


def coverage_table(answers: Answers) -> Table:
    """Make the table of facilities and activities with the most missing days."""
    found = answers.coverage
    rows: tuple[tuple[Cell, ...], ...] = ()
    if found is not None:
        rows = tuple(
            (
                each.facility or "(no facility)",
                each.activity,
                each.record_count,
                each.missing_days,
                each.gap_count,
                each.overlap_count,
            )
            for each in found.worst
        )
    return Table(
        "coverage",
        "Least covered",
        (
            Column("facility", "Facility"),
            Column("activity", "Activity"),
            Column("records", "Records"),
            Column("missing_days", "Days missing"),
            Column("gaps", "Gaps"),
            Column("overlaps", "Overlaps"),
        ),
        rows,
    )


def methods_table(answers: Answers) -> Table:
    """Make the table of the method's versions under which the numbers were posted."""
    used = set(answers.accounts.method_versions)
    rows: list[tuple[Cell, ...]] = []
    for each in answers.methods:
        body = json.loads(each.body)
        settings = "; ".join(
            f"{name.replace('_', ' ')}: {_setting(value)}"
            for name, value in sorted(body.items())
            if name != "editions" and value not in ("", [], None)
        )
        rows.append(
            (
                each.version,
                "yes" if each.version in used else "no: in force now",
                each.author,
                each.reason,
                f"{each.create_time:%Y-%m-%d}",
                settings,
            )
        )
    return Table(
        "methods",
        "Versions of the method",
        (
            Column("version", "Version"),
            Column("used", "In these numbers"),
            Column("author", "Author"),
            Column("reason", "Reason"),
            Column("made", "Made"),
            Column("settings", "Settings"),
        ),
        tuple(rows),
    )


def _setting(value: object) -> str:
    if isinstance(value, list):
        return (
            f"{len(value)} entries"
            if value and isinstance(value[0], dict)
            else ", ".join(map(str, value))
        )
    return str(value)


def editions_table(answers: Answers) -> Table:
    """Make the table of editions in the method's order of preference, with their licences."""
    return Table(
        "editions",
        "Editions of factors, the preferred one first",
        (
            Column("rank", "Rank"),
            Column("edition", "Edition"),
            Column("title", "Title"),
            Column("publisher", "Publisher"),
            Column("licence", "Licence"),
            Column("attribution", "To be said"),
            Column("factors", "Factors"),
            Column("sha256", "SHA-256"),
        ),
        tuple(
            (
                each.rank,
                each.id,
                each.title,
                each.publisher,
                each.licence,
                each.attribution,
                each.factor_count,
                each.sha256[:12],
            )
            for each in answers.editions
        ),
        note="Of the method in force. Which factor a number rests on is in its explanation.",
    )

"""Plays a story on a real ledger: a manifest, a directory, the compiled kernel.

Only the network is left out: records go through the kernel as the bytes of `Rows`, in as many
batches as the story has tables of them.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import uuid
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.scenario.late import LateSteps
from tests.scenario.restating import BOOK, RestatingSteps, compare
from tests.support.stores.tables import place_tables
from tests.unit.catalogue.small_editions import write_edition
from tonne.catalogue.words.method import MethodSettings
from tonne.edge.messages.requests.overlap_requests import state_of
from tonne.errors import InputError
from tonne.ledger.files.sums import sum_by
from tonne.ledger.ledger import Ledger
from tonne.ledger.pages import Ask
from tonne.ledger.posting.correcting.selection import Selection
from tonne.ledger.posting.entries import ChannelEntry, Durable, Lost, RequestEntry
from tonne.model import (
    PERIOD_COUNT_MAX,
    Entity,
    Facility,
    FacilityRule,
    FinancialControl,
    Holding,
    LateRecords,
    RowStatus,
    month_of_period,
    period_of_month,
)
from tonne.quantities import atto_of, quantity_text
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import COUNTED, HAPPENED, InventoryRequest
from tonne.reports.overlaps import overlap_worth
from tonne.store.manifest.manifest import Manifest
from tonne.store.manifest.overlap_rows import SeveralMeters
from tonne.store.objects.objects import open_objects
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode
from tonne.v1 import ingest_pb2
from tonne_kernel import Session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenario.story import Row, Step

INVENTORY = re.compile(
    r"(?:by (?P<by>[a-z_, ]+?))?"
    r"(?: ?from (?P<first>\S+) to (?P<last>\S+))?"
    r"(?: ?under (?P<gwp_set>AR\d))?"
    r"(?: ?as (?P<approach>\S+))?"
    r"(?: ?of (?P<accounts>.+?))?"
    r"(?P<months_by> ?happened)?"
)
MASSES = ("kg_co2e", "kg_co2", "kg_ch4", "kg_n2o")


class Stage(LateSteps, RestatingSteps):
    """A fresh ledger with one book, on SQLite or at a URL; each step has a method of its name."""

    def __init__(self, folder: Path, url: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._manifest = Manifest.open(url or place_tables(folder / "manifest.db"))
        objects = open_objects((folder / "objects").as_uri(), {})
        self._objects = objects
        self._ledger = Ledger(self._manifest, objects, holder="stage", merge_files_max=1)

    def end(self) -> None:
        self._ledger.close()
        self._manifest.close()

    def play(self, step: Step) -> None:
        """Do what a step says, or compare what it expects."""
        getattr(self, step.verb)(step.words, step.rows)

    def book(self, _words: str, rows: tuple[Row, ...]) -> None:
        settings = {row["setting"]: row["value"] for row in rows}
        self._ledger.books.create_book(
            BOOK,
            method=MethodSettings(),  # the story's own factors alone
            time_zone=settings.pop("time zone", "UTC"),
            facility_rule=FacilityRule[settings.pop("facilities", "ANY")],
            reopens_sealed=settings.pop("reopens sealed", "no") == "yes",
            late_records=LateRecords[settings.pop("late records", "REFUSE")],
        )
        assert not settings

    def facilities(self, _words: str, rows: tuple[Row, ...]) -> None:
        facilities = [
            Facility(
                id=row["facility"],
                **{
                    name: row.get(name, "")
                    for name in ("type", "region", "entity", "valid_from", "valid_to")
                },
            )
            for row in rows
        ]
        assert self._ledger.register.import_facilities(BOOK, facilities) == (len(facilities), 0)

    def entities(self, _words: str, rows: tuple[Row, ...]) -> None:
        """A row each; a holding where one of its columns is filled in."""
        entities = [
            Entity(
                id=row["entity"],
                parent=row.get("parent", ""),
                holdings=(
                    Holding(
                        valid_from=row.get("valid_from", ""),
                        valid_to=row.get("valid_to", ""),
                        equity_share=row["equity"],
                        financial_control=FinancialControl[row["control"]],
                        is_operated=row["operated"] == "yes",
                    ),
                ),
            )
            for row in rows
        ]
        assert self._ledger.register.import_entities(BOOK, entities) == (len(entities), 0)

    def edition(self, words: str, rows: tuple[Row, ...]) -> None:
        self._ledger.editions.import_edition(BOOK, words, write_edition(*rows))

    def order(self, words: str, _rows: tuple[Row, ...]) -> None:
        self._ledger.methods.update_method(
            BOOK,
            {"editions": tuple(re.split(r", *", words))},
            author="stage",
            reason="the story",
        )

    def records(self, words: str, rows: tuple[Row, ...]) -> None:
        """Append a batch; the column `outcome` says what each record meets."""
        channel = self._ledger.channels.open_channel(BOOK, words.removeprefix("from "))
        body = ingest_pb2.Rows(records=[_record(row) for row in rows]).SerializeToString()
        session = Session()
        batch = session.decode_rows(body, 0, len(body))
        entry = ChannelEntry(batch, channel.id, channel.epoch, channel.committed_offset)
        (outcome,) = self._ledger.journal.write(BOOK, [entry])
        assert isinstance(outcome, Durable), outcome
        found = dict.fromkeys(range(len(rows)), "posted")
        found |= {error.index: error.status.name for error in outcome.row_errors}
        assert list(found.values()) == [row.get("outcome") or "posted" for row in rows]

    def reverse(self, words: str, rows: tuple[Row, ...]) -> None:
        """Reverse records of a channel, of an id, or of a facility and month; counts if told."""
        place = re.fullmatch(
            r"id (?P<record_id>\S+)|facility (?P<facility>\S+) in (?P<month>\S+)"
            r"|(?P<source>\S+) (?P<first>\d+)(?: to (?P<stop>\d+))?",
            words,
        )
        assert place is not None, words
        given = {name: place[name] for name in ("source", "record_id", "facility") if place[name]}
        if place["first"]:
            first = int(place["first"])
            given |= (
                {"first_offset": first, "stop_offset": int(place["stop"])}
                if place["stop"]
                else {"offsets": (first,)}
            )
        if place["month"]:
            given["period"] = period_of_month(place["month"])
        entry = Correction(CorrectionKind.REVERSAL, "", "stage", ReasonCode.ERROR, "the story")
        chosen = Selection(**given)
        if rows and "refused" in rows[0]:
            with pytest.raises(InputError, match=re.escape(rows[0]["refused"])):
                list(self._ledger.reversals.reverse(BOOK, chosen, entry))
            return
        *_, done = self._ledger.reversals.reverse(BOOK, chosen, entry)
        for row in rows:
            assert row["reversed"] == str(done.reversed_count)
            assert row.get("before", "0") == str(done.already_count)
            assert row.get("quarantined", "0") == str(done.quarantined_count)

    def correct(self, words: str, rows: tuple[Row, ...]) -> None:
        """Correct the records at the offsets of a channel; `refused` says why it is not done."""
        offsets = [int(row["offset"]) for row in rows]
        request_id = str(uuid.uuid4())
        entry = Correction(
            CorrectionKind.CORRECTION, words, "stage", ReasonCode.ESTIMATE, "the story"
        )
        session = Session()
        body = ingest_pb2.Rows(records=[_record(row) for row in rows]).SerializeToString()
        batch = session.decode_rows(body, 0, len(body))
        find = functools.partial(
            self._ledger.mends.supersede, BOOK, words, offsets, request_id, corrects=True
        )
        refused = rows[0].get("refused", "")
        if refused.startswith("it "):  # by what stands at the place, before anything is posted
            with pytest.raises(InputError, match=re.escape(refused.removeprefix("it "))):
                find()
            return
        (outcome,) = self._ledger.journal.write(
            BOOK, [RequestEntry(batch, request_id, request_id, find(), entry)]
        )
        assert isinstance(outcome, Lost if refused else Durable), outcome
        assert not refused or refused in outcome.error.message

    def clear(self, words: str, _rows: tuple[Row, ...]) -> None:
        """Clear the suspense; the words say how many records are posted."""
        *_, done = self._ledger.suspense.clear(BOOK)
        assert str(done.cleared_count) == words

    def compare(self, _words: str, rows: tuple[Row, ...]) -> None:
        """Compare records of one id: how many were reversed, and how many ids a person decides."""
        done = self._ledger.same_check.check(BOOK)
        assert [done.reversed_count, done.entry_count] == [
            int(rows[0][name]) for name in ("reversed", "to decide")
        ]

    def decide(self, words: str, rows: tuple[Row, ...]) -> None:
        """Decide which records of a conflict stay, or `refused` says why not."""
        kept = [int(number) for number in rows[0]["keep"].split()]
        call = functools.partial(
            self._ledger.same.decide, BOOK, int(words), kept, "stage", rows[0]["why"]
        )
        if rows[0]["refused"]:
            with pytest.raises(InputError, match=re.escape(rows[0]["refused"])):
                call()
        else:
            call()

    def close(self, words: str, rows: tuple[Row, ...]) -> None:
        """Close a month; `accept` and `why` are what stands against it, or `refused` says why."""
        self._act(self._ledger.periods.close_period, words, rows)

    def seal(self, words: str, rows: tuple[Row, ...]) -> None:
        """Seal a month, with the columns of `close`."""
        self._act(self._ledger.periods.seal_period, words, rows)

    def reopen(self, words: str, rows: tuple[Row, ...]) -> None:
        """Reopen a month; a row for each that is open again, or `refused`."""
        month = period_of_month(words)
        if "refused" in rows[0]:
            with pytest.raises(InputError, match=re.escape(rows[0]["refused"])):
                self._ledger.periods.reopen_period(BOOK, month, author="stage", reason="late")
            return
        opened = self._ledger.periods.reopen_period(BOOK, month, author="stage", reason="late")
        found = [{"month": month_of_period(each.period)} for each in opened]
        compare(found, rows)

    def _act(self, act, words: str, rows: tuple[Row, ...]) -> None:
        month = period_of_month(words)
        accepts = {row["accept"]: row["why"] for row in rows if row.get("accept")}
        for row in rows:
            if row.get("refused"):
                with pytest.raises(InputError, match=re.escape(row["refused"])):
                    act(BOOK, month, author="stage", reason="over", accepts=accepts)
                return
        act(BOOK, month, author="stage", reason="over", accepts=accepts)

    def periods(self, _words: str, rows: tuple[Row, ...]) -> None:
        """Compare the months, each with its last close."""
        found = [
            {
                "month": month_of_period(each.period),
                "state": each.state.name,
                "revision": str(each.closes[-1].revision) if each.closes else "",
                "accepted": ", ".join(
                    f"{one.check} {one.count}: {one.reason}"
                    for one in (each.closes[-1].accepted if each.closes else ())
                ),
            }
            for each in self._ledger.periods.list_periods(BOOK)
        ]
        compare(found, rows)

    def look(self, _words: str, _rows: tuple[Row, ...]) -> None:
        """Look for overlaps in all months."""
        self._ledger.overlaps.check(BOOK)

    def accept(self, words: str, rows: tuple[Row, ...]) -> None:
        """Accept an overlap by its number."""
        self._ledger.overlaps.accept(BOOK, int(words), author="stage", reason=rows[0]["why"])

    def declare(self, words: str, rows: tuple[Row, ...]) -> None:
        """Declare several meters of an activity."""
        for row in rows:
            first = period_of_month(row["from"])
            said = (row["facility"], words, first, PERIOD_COUNT_MAX - 1, "stage", row["why"])
            self._ledger.overlaps.declare(BOOK, SeveralMeters(*said))

    def overlaps(self, _words: str, rows: tuple[Row, ...]) -> None:
        """Compare what lies over each other, month by month, and what is at stake."""
        overlaps = self._ledger.overlaps.list_overlaps(BOOK).items
        worth = overlap_worth(self._ledger.snapshots.take(BOOK), overlaps)
        found = []
        for each in overlaps:
            for month in each.months:
                known = [kg for kg in worth[each.number, month.period] if kg is not None]
                sides = [side["quantities"] for side in json.loads(month.sides)]
                one, other = (", ".join(f"{q} {unit}" for unit, q in x.items()) for x in sides)
                found.append(
                    {
                        "facility": each.facility,
                        "first": each.first_source,
                        "second": each.second_source,
                        "month": month_of_period(month.period),
                        "state": state_of(month).removeprefix("OVERLAP_STATE_").lower(),
                        "records": str(month.record_count),
                        "pairs": str(month.pair_count),
                        "one side": one,
                        "other side": other,
                        "kg_co2e": str(max(known)) if known else "",
                    }
                )
        compare(found, rows)

    def changes(self, words: str, rows: tuple[Row, ...]) -> None:
        """Compare the log of changes of a kind."""
        page = self._ledger.changes.list_changes(BOOK, Ask(f'kind = "{words}"'))
        found = [
            {
                "object": each.object,
                "who": each.author,
                "why": each.reason,
                "before": _first(each.before, words),
                "after": _first(each.after, words),
            }
            for each in page.items
        ]
        compare(found, rows)

    def region(self, words: str, _rows: tuple[Row, ...]) -> None:
        """Give a facility another region."""
        facility, region = words.split()
        self._ledger.register.import_facilities(BOOK, [Facility(facility, region=region)])

    def merge(self, _words: str, _rows: tuple[Row, ...]) -> None:
        """Merge the postings files."""
        self._ledger.merger.merge(BOOK)

    def listed(self, _words: str, rows: tuple[Row, ...]) -> None:
        """Compare the records as they are listed."""
        found = [
            {
                "record_id": each.record_id,
                "quantity": quantity_text(atto_of(each.quantity)),
                "status": each.status.name,
                "correction": str(each.correction or ""),
            }
            for each in self._ledger.records.list_records(BOOK).items
        ]
        compare(found, rows)

    def corrections(self, _words: str, rows: tuple[Row, ...]) -> None:
        """Compare the entries, each with its first record."""
        found = [
            {
                "number": str(each.correction.number),
                "kind": str(each.correction.kind),
                "code": str(each.correction.reason_code),
                "records": str(each.correction.record_count),
                "of closed": "yes" if each.correction.of_closed else "no",
                "before": quantity_text(atto_of(each.records[0].before.quantity)),
                "after": quantity_text(atto_of(after.quantity))
                if (after := each.records[0].after)
                else "",
            }
            for each in self._ledger.corrections.list_corrections(BOOK).items
        ]
        compare(found, rows)

    def postings(self, _words: str, rows: tuple[Row, ...]) -> None:
        """Compare all postings, summed over files; an account is that of the resolution."""
        frame = self._ledger.snapshots.take(BOOK).frame()
        keys = ["facility", "activity", "unit", "region", "period", "resolution", "status"]
        sums = sum_by(frame, keys).with_columns(pl.col("resolution").cast(pl.String))
        names = sums["resolution"].drop_nulls().unique().to_list()
        resolutions = self._ledger.editions.resolutions(BOOK, names)
        found = [
            {
                **{name: row[name] or "" for name in ("facility", "activity", "unit", "region")},
                "period": month_of_period(row["period"]),
                "account": ", ".join(each.account for each in resolutions[name].entries)
                if (name := row["resolution"])
                else RowStatus(row["status"]).name,
                "factor": " ".join(each.factor.kg_co2e for each in resolutions[name].entries)
                if name
                else "",
                "quantity": quantity_text(atto_of(row["quantity"])),
                "records": str(row["record_count"]),
                "began": str(row["record_start_count"]),
            }
            for row in sums.iter_rows(named=True)
        ]
        compare(found, rows)

    def inventory(self, words: str, rows: tuple[Row, ...]) -> None:
        """Compare rows and, in a row that begins with `total`, the total."""
        assert rows, "an expectation has rows"
        asked = INVENTORY.fullmatch(words)
        assert asked is not None, words
        group_by = tuple(re.split(r", *", asked["by"])) if asked["by"] else ()
        answer = book_inventory(
            self._ledger.snapshots.take(BOOK),
            InventoryRequest(
                period_of_month(asked["first"]) if asked["first"] else 0,
                period_of_month(asked["last"]) if asked["last"] else PERIOD_COUNT_MAX - 1,
                group_by,
                accounts=tuple(re.split(r", *", asked["accounts"])) if asked["accounts"] else (),
                gwp_set=asked["gwp_set"] or "",
                consolidation=asked["approach"] or "",
                months_by=HAPPENED if asked["months_by"] else COUNTED,
            ),
        )
        found = []
        for row in (*answer.rows, answer.total):
            label = row.group or ("total", *[""] * (len(group_by) - 1))
            found.append(
                {
                    **dict(zip(group_by or ("",), label, strict=True)),
                    **{mass: getattr(row, mass) or "" for mass in MASSES},
                    "records": str(row.record_count),
                    "partial": " ".join(row.partial_gases),
                    "gases": " ".join(f"{each.gas}={each.kg}" for each in row.gases),
                    "kwh": row.energy_kwh or "",
                    "suspended": "" if row.group else str(answer.suspended_count),
                }
            )
        assert [{name: each[name] for name in rows[0]} for each in found] == list(rows)

    def notices(self, words: str, rows: tuple[Row, ...]) -> None:
        asked = INVENTORY.fullmatch(words)
        assert asked is not None, words
        request = InventoryRequest(
            period_of_month(asked["first"]) if asked["first"] else 0,
            period_of_month(asked["last"]) if asked["last"] else PERIOD_COUNT_MAX - 1,
            months_by=HAPPENED if asked["months_by"] else COUNTED,
        )
        answer = book_inventory(self._ledger.snapshots.take(BOOK), request)
        found = [
            {
                "reason": notice.reason,
                "message": notice.message,
                "records": str(notice.record_count),
                "kg_co2e": notice.kg_co2e or "",
            }
            for notice in answer.notices
        ]
        compare(found, rows)

    def suspense(self, _words: str, rows: tuple[Row, ...]) -> None:
        page = self._ledger.records.list_suspense(BOOK)
        found = [{"record_id": each.record_id, "status": each.status.name} for each in page.items]
        compare(found, rows)

    def quarantine(self, _words: str, rows: tuple[Row, ...]) -> None:
        page = self._ledger.records.list_quarantine(BOOK)
        found = [
            {
                "record_id": each.record_id,
                "status": each.status.name,
                "field": each.field.name.lower(),
            }
            for each in page.items
        ]
        compare(found, rows)


def _first(text: str, kind: str) -> str:
    """The one value of a body that a story of its kind is about."""
    names = {"period": "state", "facility": "region", "word": "meaning", "correction": "kind"}
    return str(json.loads(text).get(names.get(kind, ""), "")) if text else ""


def _record(row: Row) -> ingest_pb2.ActivityRecord:
    texts = {
        name: row.get(name, "")
        for name in ("record_id", "facility", "activity", "quantity", "unit", "region")
    }
    record = ingest_pb2.ActivityRecord(**texts)
    if row.get("data_quality"):
        record.data_quality = f"DATA_QUALITY_{row['data_quality'].upper()}"
    record.start.FromDatetime(_instant(row["start"]))
    record.end.FromDatetime(_instant(row["end"]))
    return record


def _instant(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)

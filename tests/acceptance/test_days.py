"""Days, not months: what begins or ends within a month counts from that very day.

Each story is a book of its own with the numbers worked out beside it, on both manifests.
"""

from __future__ import annotations

import datetime as dt
import io
from contextlib import ExitStack
from fractions import Fraction

import polars as pl
import pytest

from tests.unit.catalogue.small_editions import write_edition
from tonne.catalogue.words.method import MethodSettings, Rate
from tonne.ledger.ledger import Ledger
from tonne.ledger.posting.entries import ChannelEntry, Durable
from tonne.model import Entity, Facility, FinancialControl, Holding
from tonne.reports.explanation.explain import explain
from tonne.reports.explanation.lines import ExplainLine
from tonne.reports.explanation.replay import ReplayOutcome
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import open_objects
from tonne.store.pair import meet
from tonne_kernel import Session

ONE_KG_A_LITRE = {"activity": "fuel.diesel.stationary", "unit": "l", "kg_co2e": "1"}
GRID = {"activity": "electricity.grid", "region": "DE", "unit": "kWh", "stage": "generation"}
OPERATED = {"financial_control": FinancialControl.FULL, "is_operated": True}


class Books:
    """Fresh books of one ledger."""

    def __init__(self, url, folder):
        self.manifest = Manifest.open(url)
        objects = open_objects((folder / "objects").as_uri(), {})
        meet(self.manifest, objects)
        self.ledger = Ledger(self.manifest, objects, holder="days")
        self.session = Session()

    def book(self, name, *factors, **settings):
        """A book whose method has its own factors alone, or those that `settings` name."""
        self.ledger.books.create_book(name, method=MethodSettings(**settings))
        if factors:
            self.ledger.editions.import_edition(name, "own", write_edition(*factors))
        return name

    def burn(self, book, quantity, start, end, **fields):
        """One record, from a day to the day before another."""
        row = {"facility": "plant", "activity": "fuel.diesel.stationary", "unit": "l"} | fields
        times = {name: dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
                 for name, day in (("start", start), ("end", end))}  # fmt: skip
        buffer = io.BytesIO()
        kinds = dict.fromkeys(times, pl.Datetime("us", "UTC"))
        frame = pl.DataFrame([{"region": "", **row, "quantity": quantity, **times}])
        frame.cast(kinds).write_ipc_stream(buffer, compression="uncompressed")
        message = buffer.getvalue()
        channel = self.ledger.channels.open_channel(book, "c")
        batch = self.session.decode_arrow(message, 0, len(message))
        entry = ChannelEntry(batch, "c", channel.epoch, channel.committed_offset)
        (outcome,) = self.ledger.journal.write(book, [entry])
        assert isinstance(outcome, Durable), outcome
        assert not outcome.row_errors, outcome.row_errors

    def ask(self, book, **request):
        """The inventory of a book, checked against its explanation and a replay."""
        asked = InventoryRequest(**request)
        found = book_inventory(self.ledger.snapshots.take(book), asked)
        parts = list(explain(self.ledger.snapshots.take(book), asked, replay=True))
        (replayed,) = (part for part in parts if isinstance(part, ReplayOutcome))
        assert replayed.agrees, replayed.differences
        assert parts[-1].kg_co2e == found.total.kg_co2e
        return found

    def kg(self, book, account="", approach=""):
        """Kg CO2e of an account, or of the footprint."""
        accounts = (account,) if account else ()
        return Fraction(self.ask(book, accounts=accounts, consolidation=approach).total.kg_co2e)

    def lines(self, book):
        """(facility, period, first day, last day, share, quantity) of the explanation."""
        parts = explain(self.ledger.snapshots.take(book), InventoryRequest())
        return [
            (part.facility, part.first_day, part.last_day, part.share, part.quantity)
            for part in parts
            if isinstance(part, ExplainLine)
        ]

    def own(self, book, entity, *holdings, facility="plant", **dates):
        """Register an entity with its holdings, and a facility of it."""
        self.ledger.register.import_entities(book, [Entity(entity, holdings=holdings)])
        self.ledger.register.import_facilities(book, [Facility(facility, entity=entity, **dates)])


@pytest.fixture(params=["sqlite", "postgres"])
def books(request, tmp_path):
    """A ledger on each manifest."""
    url = (
        f"sqlite:///{tmp_path / 'manifest.sqlite'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    with ExitStack() as closing:
        made = Books(url, tmp_path)
        closing.callback(made.manifest.close)
        closing.callback(made.ledger.close)
        yield made


@pytest.mark.parametrize("is_known", [True, False], ids=["known before", "known after"])
def test_a_company_bought_on_the_second_of_march(books, is_known):
    """It owns what burnt on the 20th (1,000 t), nothing of the 1st, and 30 of March's 31 days.

    1,000,000 l on 20 March at 1 kg = 1,000,000 kg; 500 l on 1 March = 0; 310 l over March, of
    which 2 March to 31 March are 30/31 = 300. The same whether the purchase was entered before
    the records came or after.
    """
    book = books.book("acme", ONE_KG_A_LITRE)
    bought = Holding(valid_from="2024-03-02", **OPERATED)
    if is_known:
        books.own(book, "bought", bought)
    books.burn(book, "1000000", "2024-03-20", "2024-03-21")
    assert books.kg(book) == 1_000_000
    books.burn(book, "500", "2024-03-01", "2024-03-02")
    books.burn(book, "310", "2024-03-01", "2024-04-01")
    if not is_known:
        assert books.kg(book) == 1_000_810
        books.own(book, "bought", bought)
    assert books.kg(book) == 1_000_300
    total = books.ask(book).total
    assert total.record_count == 2
    assert {each.reason for each in books.ask(book).notices} == {"LEG_MISSING", "UNIT_PROPERTY"}
    assert books.lines(book) == [("plant", 2, 31, 1, 1_000_300)]


@pytest.mark.parametrize("is_known", [True, False], ids=["known before", "known after"])
def test_a_joint_venture_raised_on_the_second_of_july(books, is_known):
    """Raised from 50 % to 83 % on 2 July: of 1,000 kg on the 20th, 1,000 and 830.

    Operational control: operated throughout, 1,000. Equity share: 0.83 x 1,000 = 830. On 1 July
    it was 0.5. A record of 1 and 2 July is half of each: 0.5 x 50 + 0.83 x 50 = 66.5 of 100.
    """
    book = books.book("acme", ONE_KG_A_LITRE)
    shares = (
        Holding(valid_to="2024-07-02", equity_share="0.5", **OPERATED),
        Holding(valid_from="2024-07-02", equity_share="0.83", **OPERATED),
    )
    if is_known:
        books.own(book, "venture", *shares)
    books.burn(book, "1000", "2024-07-20", "2024-07-21")
    if not is_known:
        books.own(book, "venture", *shares)
    assert books.kg(book, approach="operational-control") == 1_000
    assert books.kg(book, approach="equity-share") == 830
    books.burn(book, "100", "2024-07-01", "2024-07-03")
    assert books.kg(book, approach="equity-share") == Fraction("896.5")
    by_month = books.ask(book, group_by=("period",), consolidation="equity-share").rows
    assert [(row.group, row.kg_co2e, row.record_count) for row in by_month] == [
        (("2024-07",), "896.5", 2)
    ]


def test_a_facility_that_opens_and_closes_within_a_month(books):
    """Leased from 10 June to 20 June: of 300 l over June's 30 days, the ten days are 100."""
    book = books.book("acme", ONE_KG_A_LITRE)
    books.ledger.register.import_facilities(
        book, [Facility("plant", valid_from="2024-06-10", valid_to="2024-06-20")]
    )
    books.burn(book, "300", "2024-06-01", "2024-07-01")
    assert books.kg(book) == 100
    assert books.lines(book) == [("plant", 10, 19, 1, 100)]


def test_a_contract_from_the_middle_of_march_to_the_middle_of_september(books):
    """It covers 20 March (0 kg), and not 20 September (1,000 kWh x 0.5 kg = 500 kg)."""
    grid = {**GRID, "kg_co2e": "0.5"}
    contract = {
        **GRID,
        "stage": "contract",
        "valid_from": "2024-03-15",
        "valid_to": "2024-09-15",
        "kg_co2e": "0",
    }
    power = {"activity": "electricity.grid", "unit": "kWh", "region": "DE"}
    march = books.book("march", grid, contract)
    books.burn(march, "1000", "2024-03-20", "2024-03-21", **power)
    assert books.kg(march, "scope2.market") == 0
    assert books.kg(march, "scope2.location") == 500
    september = books.book("september", grid, contract)
    books.burn(september, "1000", "2024-09-20", "2024-09-21", **power)
    assert books.kg(september, "scope2.market") == 500
    books.burn(september, "300", "2024-09-01", "2024-10-01", **power)
    # Of 30 days the 14 to the 14th are covered: 16/30 of 300 kWh x 0.5 kg = 80 kg.
    assert books.kg(september, "scope2.market") == 580


def test_a_tariff_that_fell_on_the_fifteenth(books):
    """A supplier's rate of 0.2 until the 14th and 0.1 from then on: 1,000 kWh on the 20th."""
    tariff = {**GRID, "stage": "supplier"}
    book = books.book(
        "acme",
        {**GRID, "kg_co2e": "0.5"},
        {**tariff, "valid_to": "2024-05-15", "kg_co2e": "0.2"},
        {**tariff, "valid_from": "2024-05-15", "kg_co2e": "0.1"},
    )
    power = {"activity": "electricity.grid", "unit": "kWh", "region": "DE"}
    books.burn(book, "1000", "2024-05-20", "2024-05-21", **power)
    assert books.kg(book, "scope2.market") == 100
    books.burn(book, "1000", "2024-05-14", "2024-05-15", **power)
    assert books.kg(book, "scope2.market") == 300


def test_a_year_of_diesel_over_two_sets_by_days(books):
    """365 l from April 2024 to March 2025, of one litre a day: 275 of one set, 90 of the next.

    Combustion: 275 x 2.51279 + 90 x 2.57082 = 922.39105. CO2 of biomass: the set of 2025 states
    0.14 kg a litre: 90 x 0.14 = 12.6; what the set of 2024 states, or that it states nothing, is
    the other part, and no litre of it takes the figure of 2025.
    """
    book = books.book(
        "acme",
        editions=("uk-ghg-2025", "uk-ghg-2024"),
        year_rule="days",
        reporting_year_start=4,
    )
    books.burn(book, "365", "2024-04-01", "2025-04-01", activity="fuel.diesel", region="GB")
    direct = 275 * Fraction("2.51279") + 90 * Fraction("2.57082")
    assert abs(books.kg(book, "scope1") - direct) < Fraction(1, 10**12)
    parts = explain(
        books.ledger.snapshots.take(book), InventoryRequest(accounts=("outside.biogenic",))
    )
    biogenic = {}
    for part in parts:
        if isinstance(part, ExplainLine):
            edition = part.entry.edition
            biogenic[edition] = biogenic.get(edition, 0) + part.kg_co2e
    assert abs(biogenic.pop("uk-ghg-2025") - Fraction("12.6")) < Fraction(1, 10**6)
    assert set(biogenic) <= {"uk-ghg-2024"}
    if not biogenic:
        told = [each.message for each in books.ask(book, accounts=("outside",)).notices]
        assert any("uk-ghg-2024 (275 of 365 days" in each for each in told)


def test_rates_have_days_and_facilities(books):
    """A tank holds 100 l, from the 15th 80 l, and that of the hut 10 l; a dummy holds nothing."""
    tank = {"from_unit": "tank", "to_unit": "l"}
    book = books.book(
        "acme",
        ONE_KG_A_LITRE,
        rates=(
            Rate(**tank, rate="100", valid_to="2024-05-15"),
            Rate(**tank, rate="80", valid_from="2024-05-15"),
            Rate(**tank, rate="10", facility="hut"),
            Rate("dummy", "l", "0"),
        ),
    )
    for facility, day, kg in (("plant", 14, 100), ("plant", 15, 80), ("hut", 20, 10)):
        before = books.kg(book)
        start, end = f"2024-05-{day}", f"2024-05-{day + 1}"
        books.burn(book, "1", start, end, unit="tank", facility=facility)
        assert books.kg(book) - before == kg
    before = books.kg(book)
    books.burn(book, "31", "2024-05-01", "2024-06-01", unit="tank")
    # 14 days at 100 l and 17 at 80 l.
    assert books.kg(book) - before == 14 * 100 + 17 * 80
    before = books.kg(book)
    books.burn(book, "5", "2024-05-01", "2024-05-02", unit="dummy")
    assert books.kg(book) == before

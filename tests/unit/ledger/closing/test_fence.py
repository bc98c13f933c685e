"""A close is a fence: what began before it lands before it, or not in the month."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.unit.ledger.conftest import T0, open_bench, record
from tonne.errors import PeriodMustBeReady, PeriodOutOfOrder, StoreUnavailable, TonneError
from tonne.ledger.ledger import Ledger
from tonne.model import PeriodState, RowStatus, period_of_month
from tonne.store import Manifest, faults
from tonne.store.objects.objects import open_objects

JANUARY = period_of_month("2015-01")
WHY = {"author": "ada", "reason": "over"}


@pytest.fixture(params=["sqlite", "postgres"])
def servers(request, tmp_path):
    """Two servers, each with its own connections; on SQLite, two ledgers of one server."""
    folder = (tmp_path / "objects").as_uri()
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/manifest.sqlite"
    first = open_bench(url, open_objects(folder, {}))
    manifest = Manifest.open(url) if request.param == "postgres" else first.manifest
    second = Ledger(manifest, open_objects(folder, {}), holder="second")
    yield first, second
    faults.disarm()
    second.close()
    first.ledger.close()
    if manifest is not first.manifest:
        manifest.close()
    first.manifest.close()


def states(ledger):
    """The months and what they are."""
    return [(each.period, each.state) for each in ledger.periods.list_periods("acme")]


def test_a_commit_that_began_before_a_close_does_not_land_behind_it(servers):
    """It is delayed with its files durable, another server closes, and its record is refused."""
    first, second = servers
    first.append("meter", [record()])
    later = record(start=T0.replace(month=2), end=T0.replace(month=3))
    faults.arm("commit.before_sql=hang")
    with ThreadPoolExecutor(1) as pool:
        try:
            delayed = pool.submit(first.append, "meter", [record(quantity="100"), later])
            assert faults.await_arrival("commit.before_sql")
            second.periods.close_period("acme", JANUARY, **WHY)
        finally:
            faults.release()
        outcome = delayed.result()
    (error,) = outcome.row_errors
    assert (error.index, error.status) == (0, RowStatus.PERIOD_MUST_BE_OPEN)
    assert outcome.totals.posted_count == 1
    assert states(second) == [
        (JANUARY, PeriodState.SOFT_CLOSED),
        (JANUARY + 1, PeriodState.OPEN),
    ]
    january = second.snapshots.take("acme").frame().filter(period=JANUARY)
    assert january["record_count"].sum() == 1
    first.check()


def test_a_close_sees_what_lands_before_it(servers):
    """A record that waits is committed while a close is at the door: the close counts it."""
    first, second = servers
    if not first.manifest._database.is_postgres:
        return  # one writer at a time: nobody stands at the door
    first.append("meter", [record()])
    faults.arm("commit.in_sql=hang")
    with ThreadPoolExecutor(2) as pool:
        try:
            delayed = pool.submit(first.append, "meter", [record(activity="process.unheard")])
            assert faults.await_arrival("commit.in_sql")
            closing = pool.submit(second.periods.close_period, "acme", JANUARY, **WHY)
        finally:
            faults.release()
        assert delayed.result().totals.suspended_count == 1
        with pytest.raises(PeriodMustBeReady, match="suspense: 1 record"):
            closing.result()
    assert states(second) == [(JANUARY, PeriodState.OPEN)]


def test_what_was_checked_is_checked_again_where_a_commit_came_between(servers, monkeypatch):
    """A record that waits comes after the checks and before the close: it stands against it."""
    first, second = servers
    first.append("meter", [record()])
    real = second.periods._manifest.close_period
    came = []

    def late(*arguments, **given):
        if not came:
            came.append(
                first.append("meter", [record(record_id="late", activity="process.unheard")])
            )
        return real(*arguments, **given)

    monkeypatch.setattr(second.periods._manifest, "close_period", late)
    with pytest.raises(PeriodMustBeReady, match="suspense: 1 record"):
        second.periods.close_period("acme", JANUARY, **WHY)
    made = second.periods.close_period("acme", JANUARY, **WHY, accepts={"suspense": "small"})
    assert [each.count for each in made.closes[0].accepted] == [1]


def test_a_commit_of_another_month_does_not_hold_a_close_up(servers, monkeypatch):
    """Intake goes on while a month is closed: its commits are of later months."""
    first, second = servers
    first.append("meter", [record()])
    later = record(start=T0.replace(month=2), end=T0.replace(month=3))
    real, ground = second.periods._manifest.close_period, []

    def late(book, period, at, **given):
        ground.append(at.seq)
        first.append("meter", [later])
        return real(book, period, at, **given)

    monkeypatch.setattr(second.periods._manifest, "close_period", late)
    made = second.periods.close_period("acme", JANUARY, **WHY)
    assert len(ground) == 1
    assert made.closes[0].closed.seq > ground[0]


def test_of_two_servers_that_close_one_does(servers):
    """The other one is told that it is closed; or, while the one compares, to ask again."""
    first, second = servers
    first.append("meter", [record()])

    def close(ledger):
        try:
            ledger.periods.close_period("acme", JANUARY, **WHY)
        except (PeriodOutOfOrder, PeriodMustBeReady) as error:
            return error.code
        return "OK"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(close, (first.ledger, second)))
    assert outcomes.count("OK") == 1
    again = [close(each) for each in (first.ledger, second)]
    assert again == ["PERIOD_OUT_OF_ORDER"] * 2
    assert len(first.manifest.period_closes("acme")) == 1


@pytest.mark.parametrize("point", ["period.in_sql", "period.after_sql"])
def test_a_close_happens_whole_or_not_at_all(servers, point):
    """Broken off before COMMIT nothing is there; after it all is, and a repeat is told so."""
    first, _ = servers
    first.append("meter", [record()])
    faults.arm(f"{point}=raise")
    with pytest.raises((StoreUnavailable, TonneError)):
        first.ledger.periods.close_period("acme", JANUARY, **WHY)
    faults.disarm()
    entries = first.ledger.changes.list_changes("acme").items
    told = [each for each in entries if each.kind == "period"]
    if point == "period.in_sql":
        assert states(first.ledger) == [(JANUARY, PeriodState.OPEN)]
        assert told == []
        first.ledger.periods.close_period("acme", JANUARY, **WHY)
        return
    assert states(first.ledger) == [(JANUARY, PeriodState.SOFT_CLOSED)]
    assert [(each.object, each.author, each.reason) for each in told] == [
        ("2015-01", "ada", "over")
    ]
    with pytest.raises(PeriodOutOfOrder, match="closed already"):
        first.ledger.periods.close_period("acme", JANUARY, **WHY)


def test_a_commit_costs_no_query_for_what_is_closed(servers):
    """The fence comes back with the statement that takes the number."""
    first, _ = servers
    statements = []
    engine = first.manifest._database._writers

    def count(*arguments):
        statements.append(arguments[2])

    first.append("meter", [record()])
    sa.event.listen(engine, "before_cursor_execute", count)
    first.append("meter", [record()])
    plain = [each for each in statements if "period_close" in each or "FROM change" in each]
    assert plain == []
    before = len(statements)
    first.ledger.periods.close_period("acme", JANUARY, **WHY)
    later = record(start=T0.replace(month=2), end=T0.replace(month=3))
    first.append("meter", [later])  # learns of the close, and inserts the month
    statements.clear()
    first.append("meter", [later])
    assert len(statements) == before

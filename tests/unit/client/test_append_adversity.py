"""A producer against a server that drops streams, loses answers and changes its mind."""

from __future__ import annotations

import functools
import threading

import polars as pl
import pytest

from tonne.client import (
    AppendRefused,
    Backlog,
    Channel,
    ChannelFenced,
    Client,
    MalformedAnswer,
    RecordsInvalid,
    RetryPolicy,
    ServerUnavailable,
)
from tonne.client.append import delivery, ownership
from tonne.client.append.window import Window
from tonne.client.wire.retry import Backoff
from tonne.errors import ContentMustMatch, CredentialsInvalid, OffsetGap, RoleMissing

NAME = "books/acme/channels/meters"
COUNT = 5_000


def frame(count=COUNT, first=0):
    return pl.DataFrame(
        {
            "record_id": [f"r{first + index}" for index in range(count)],
            "facility": "dc-1",
            "activity": "electricity.grid",
            "quantity": "1",
            "unit": "kWh",
            "start": "2025-01-01T00:00:00Z",
            "end": "2025-01-02T00:00:00Z",
        }
    )


def ids(count=COUNT):
    return [f"r{index}" for index in range(count)]


def test_a_frame_arrives_once_and_in_order(client, ingest):
    """Without faults every record is durable in order, and the totals are the server's."""
    with client.channel("acme", "meters") as channel:
        result = channel.append(frame())
    assert ingest.stores[NAME].records == ids()
    assert (result.record_count, result.posted_count) == (COUNT, COUNT)
    assert str(result.quantity_sum) == "5000.000000"
    assert result.durable_up_to_offset == COUNT
    assert ingest.body_kinds == {"arrow_ipc"}
    assert len(ingest.batch_counts) > 1


def test_mappings_travel_in_frames_where_there_are_many(client, ingest):
    """An iterable of mappings is read lazily and arrives once and in order; its rest as rows."""
    with client.channel("acme", "meters") as channel:
        result = channel.append(frame().iter_rows(named=True))
    assert ingest.stores[NAME].records == ids()
    assert result.record_count == COUNT
    assert ingest.body_kinds == {"rows", "arrow_ipc"}


@pytest.mark.parametrize("kind", ["frame", "mappings"])
@pytest.mark.parametrize(
    "faults",
    [
        ["drop"],
        ["lose_ack"],
        ["close"],
        ["end"],
        ["silence"],
        ["busy"],
        ["lose_ack", "open_refused"],
        ["lose_ack", "open_lost"],
        ["drop", "lose_ack", "close", "drop", "open_lost", "close", "lose_ack"],
    ],
    ids=",".join,
)
def test_no_fault_loses_or_doubles_a_record(client, ingest, faults, kind):
    """Whatever breaks on the way, each record is there once, and the totals say so."""
    with client.channel("acme", "meters") as channel:
        ingest.faults.extend(faults)
        result = channel.append(frame() if kind == "frame" else frame().to_dicts())
    assert not ingest.faults
    assert ingest.stores[NAME].records == ids()
    assert result.record_count == COUNT
    assert result.durable_up_to_offset == COUNT
    assert ingest.open_count > 1


def test_a_close_signal_costs_no_retry(target, ingest):
    """Closes in good order do not count against the budget, even where there is none."""
    none = RetryPolicy(budget_s=0.0, delay_first_s=0.001, ack_timeout_s=5.0)
    with Client(target, retry=none) as client, client.channel("acme", "meters") as channel:
        ingest.faults.extend(["close"] * 5)
        channel.append(frame())
    assert ingest.stores[NAME].records == ids()


def test_without_progress_the_budget_ends(target, ingest):
    """A server that only drops streams is given up after the budget, with its last word."""
    short = RetryPolicy(budget_s=0.2, delay_first_s=0.001, delay_s_max=0.02)
    with Client(target, retry=short) as client, client.channel("acme", "meters") as channel:
        ingest.faults.extend(["drop"] * 10_000)
        with pytest.raises(ServerUnavailable, match="the connection broke"):
            channel.append(frame())
        ingest.faults.clear()
        assert channel.append(frame(), start_offset=0).durable_up_to_offset == COUNT
    assert ingest.stores[NAME].records == ids()


@pytest.mark.parametrize("fault", ["future_ack", "negative_ack", "absent_ack"])
def test_an_impossible_acknowledgement_is_an_error(client, ingest, fault):
    """An acknowledgement of what was never sent, or of nothing, is not believed."""
    with client.channel("acme", "meters") as channel:
        ingest.faults.append(fault)
        with pytest.raises(MalformedAnswer, match=r"acknowledged offset|without a durable offset"):
            channel.append(frame())


def test_a_silent_server_is_given_up_while_records_keep_coming(client, ingest):
    """The wait for an acknowledgement ends also where the producer never waits for one."""
    ended = threading.Event()

    def live():
        for first in range(0, 10 * COUNT, 10):
            if not ended.wait(0.001):
                yield frame(10, first)

    def progress(_):
        if ingest.stream_count > 1:
            ended.set()

    ingest.window_bytes = 1 << 30
    with client.channel("acme", "meters") as channel:
        ingest.faults.append("silence")
        count = channel.append(live(), progress=progress).record_count
    assert count < 10 * COUNT
    assert ingest.stream_count > 1
    assert ingest.stores[NAME].records == ids(count)


def test_a_server_that_does_not_answer_an_opening_is_given_up(client, ingest):
    """An opening waits no longer than a stream does for an acknowledgement."""
    with client.channel("acme", "meters") as channel:
        ingest.faults.extend(["drop", "open_hangs"])
        channel.append(frame())
    ingest.thaw.set()
    assert ingest.stores[NAME].records == ids()


def test_an_opening_of_ours_that_comes_late_fences_nobody(client, ingest):
    """An attempt that was given up may raise the epoch when another one has succeeded."""
    with client.channel("acme", "meters") as channel:
        ingest.faults.extend(["drop", "open_refused", "steal"])
        channel.append(frame())
        assert not ingest.faults
        assert ingest.stores[NAME].records == ids()
        ingest.faults.append("steal")
        with pytest.raises(ChannelFenced, match="another owner"):
            channel.append(frame(first=COUNT))


def test_an_opening_of_ours_is_not_late_for_ever(client, ingest, monkeypatch):
    """After a while a raised epoch is another owner's."""
    monkeypatch.setattr(ownership, "LATE_S_MAX", -1.0)
    with client.channel("acme", "meters") as channel:
        ingest.faults.extend(["drop", "open_refused", "steal"])
        with pytest.raises(ChannelFenced, match="another owner"):
            channel.append(frame())


def test_what_waits_behind_live_records_is_told(client, ingest):
    """A producer whose records keep coming says itself what waits; it is told in each message."""
    waiting = iter([30, 20, 10])
    with client.channel("acme", "meters") as channel:
        channel.append(
            (frame(10, first) for first in (0, 10, 20)),
            backlog=lambda: Backlog(next(waiting), 1_700_000_000.0),
        )
    assert ingest.backlogs == [30, 20, 10]


def test_another_owner_fences_this_one(client, ingest):
    """A raised epoch ends the append; the channel is not taken back."""
    with client.channel("acme", "meters") as channel:
        ingest.faults.append("steal")
        with pytest.raises(ChannelFenced, match="another owner"):
            channel.append(frame())
        epoch = ingest.stores[NAME].epoch
        with pytest.raises(ChannelFenced):
            channel.append(frame())
    assert ingest.stores[NAME].epoch == epoch


def test_an_owner_found_on_reconnect_fences_this_one(client, ingest):
    """After an unknown failure the epoch is looked at before it is raised."""
    with client.channel("acme", "meters") as first:
        first.append(frame(10))
        with client.channel("acme", "meters") as second:
            second.append(frame(10, 10))
            ingest.faults.append("drop")
            with pytest.raises(ChannelFenced):
                first.append(frame(10, 20))
    assert ingest.stores[NAME].records == ids(20)


def test_a_refused_batch_is_named_and_the_ones_before_count(client, ingest):
    """A refusal says from which offset on nothing was taken; the channel goes on after it."""
    with client.channel("acme", "meters") as channel:
        channel.append(frame(10))
        ingest.faults.append("refuse")
        with pytest.raises(AppendRefused, match="cannot be read") as caught:
            channel.append(frame(10, 10))
        assert (caught.value.reason, caught.value.offset) == ("BATCH_MUST_PARSE", 10)
        assert channel.append(frame(10, 10)).durable_up_to_offset == 20
    assert ingest.stores[NAME].records == ids(20)


@pytest.mark.parametrize(
    ("fault", "error"), [("expire", CredentialsInvalid), ("revoke", RoleMissing)]
)
def test_a_refused_caller_is_told_so_in_band_too(client, ingest, fault, error):
    """The class is that of a refused call, since either may come first; what is durable stays."""
    with client.channel("acme", "meters") as channel:
        channel.append(frame(10))
        ingest.faults.append(fault)
        with pytest.raises(error, match="durable up to offset 10"):
            channel.append(frame(10, 10))
        assert channel.append(frame(10, 10)).durable_up_to_offset == 20
    assert ingest.stores[NAME].records == ids(20)


def test_the_same_call_goes_on_where_the_ledger_stands(client, ingest):
    """With `start_offset` records that are durable already are skipped, in any form."""
    with client.channel("acme", "meters") as channel:
        channel.append(frame(1_234))
    with client.channel("acme", "meters") as channel:
        chunks = iter([frame(1_000), frame(1_000, 1_000)])
        result = channel.append(chunks, start_offset=0)
        assert (result.skipped_count, result.record_count) == (1_234, 766)
        result = channel.append(frame(2_500).to_dicts(), start_offset=0)
        assert (result.skipped_count, result.record_count) == (2_000, 500)
        with pytest.raises(OffsetGap, match="beyond"):
            channel.append(frame(1), start_offset=2_501)
        with pytest.raises(RecordsInvalid, match=r"start_offset: expected the number.*got -1"):
            channel.append(frame(1), start_offset=-1)
    assert ingest.stores[NAME].records == ids(2_500)


@pytest.mark.parametrize("kind", ["frame", "mappings"])
def test_other_records_are_not_taken_for_those_of_the_ledger(client, ingest, kind):
    """With `start_offset`, records that are not the ledger's are refused, and none is skipped."""
    other = frame(2_000, 50_000)
    with client.channel("acme", "meters") as channel:
        channel.append(frame(1_234))
        with pytest.raises(ContentMustMatch, match=r"1234 records.*the given records differ"):
            channel.append(other if kind == "frame" else other.to_dicts(), start_offset=0)
        first = other[:1].vstack(frame()[1:])
        with pytest.raises(ContentMustMatch, match=r"differ from them from offset 0 on"):
            channel.append(first if kind == "frame" else first.to_dicts(), start_offset=0)
        assert channel.append(frame(), start_offset=0).skipped_count == 1_234
        ingest.faults.extend(["drop", "end", "silence"])
        assert channel.append(frame(), start_offset=0).skipped_count == COUNT
    assert not ingest.faults
    assert ingest.stores[NAME].records == ids()


@pytest.mark.parametrize("kind", ["frame", "mappings"])
def test_fewer_records_than_the_ledger_has_are_compared_too(client, ingest, kind):
    """Records that end before the committed offset are a repeat, or refused as others."""
    form = {"frame": pl.DataFrame, "mappings": pl.DataFrame.to_dicts}[kind]
    with client.channel("acme", "meters") as channel:
        channel.append(frame(1_234))
        result = channel.append(form(frame(150)), start_offset=0)
        assert (result.skipped_count, result.record_count) == (150, 0)
        with pytest.raises(ContentMustMatch, match=r"1234 records.*the given records differ"):
            channel.append(form(frame(7, 50_000)), start_offset=0)
        assert channel.append(form(frame(0)), start_offset=0).skipped_count == 0
    assert ingest.stores[NAME].records == ids(1_234)


def test_a_lost_acknowledgement_in_the_middle_of_a_batch_is_cut_there(client, ingest):
    """Where the ledger stands inside a batch, only the rest of it is sent again."""
    with client.channel("acme", "meters") as channel:
        original = ingest.take

        def take_half(store, epoch, request, fault):
            ingest.take = original
            answer = original(store, epoch, request, fault)
            del store.records[len(store.records) // 2 :]
            return answer

        ingest.take = take_half
        ingest.faults.append("lose_ack")
        result = channel.append(frame())
    assert ingest.stores[NAME].records == ids()
    assert result.record_count == COUNT


@pytest.mark.parametrize("bounds", [(1, 1, 1), (200_000, 0, 3), (1, 0, 1)])
def test_the_credit_bounds_what_is_on_its_way(client, ingest, monkeypatch, bounds):
    """No more is sent than the credit allows, but always one message; all arrive."""
    ingest.window_bytes, ingest.credit_bytes, most = bounds
    ingest.hold_count = most
    on_the_way = []
    mark_sent = Window.mark_sent

    def count(self):
        mark_sent(self)
        on_the_way.append(self._sent_count)

    monkeypatch.setattr(Window, "mark_sent", count)
    with client.channel("acme", "meters") as channel:
        channel.append(frame(20_000))
    assert max(on_the_way) == most
    assert ingest.stores[NAME].records == ids(20_000)


def test_progress_makes_the_budget_whole(client, ingest, monkeypatch):
    """Ten failures with progress between them take longer than the budget, and none counts."""
    slept = []
    backoff = functools.partial(Backoff, clock=lambda: sum(slept), draw=lambda: 1.0)
    monkeypatch.setattr(delivery, "Backoff", backoff)
    policy = RetryPolicy(budget_s=2.5, delay_first_s=1.0, ack_timeout_s=5.0)
    ingest.window_bytes = 1
    with Channel.open(client, NAME, policy, sleep=slept.append) as channel:
        ingest.faults.extend(["none", "drop"] * 10)
        channel.append(frame(20_000))
    assert slept == [1.0] * 10
    assert ingest.stores[NAME].records == ids(20_000)


def test_a_channel_calls_no_server_before_it_is_opened():
    """Its making does nothing over the network: what stands for the server answers no call."""
    channel = Channel(object(), NAME, RetryPolicy())
    assert (channel.epoch, channel.committed_offset) == (0, 0)


def test_the_backlog_falls_to_nothing(client, ingest):
    """Each message tells how many records wait behind it; behind the last there are none."""
    with client.channel("acme", "meters") as channel:
        channel.append(frame())
    assert ingest.backlogs == sorted(ingest.backlogs, reverse=True)
    assert ingest.backlogs[0] == COUNT - ingest.batch_counts[0]
    assert ingest.backlogs[-1] == 0


def test_a_message_never_passes_the_limit(client, ingest):
    """Records of very different sizes are cut so that no message is over the limit."""
    wide = frame(300).with_columns(evidence=pl.lit("x" * 2_000))
    with client.channel("acme", "meters") as channel:
        channel.append([frame(3_000), wide])
        channel.append(wide.to_dicts())
    assert ingest.in_flight_max <= 64 * 1024


def test_a_bad_record_of_an_iterable_is_named(client, ingest):
    """A record with a key that is no field stops the append, by its number and the key."""
    with client.channel("acme", "meters") as channel:
        with pytest.raises(RecordsInvalid, match="record 1: 'kwh' is not a field"):
            channel.append([{"facility": "a"}, {"kwh": 1}])
        assert channel.append(frame()).durable_up_to_offset == COUNT
    assert ingest.stores[NAME].records == ids()


def test_no_server_is_said_soon():
    """Opening a channel where nobody listens ends with a named error."""
    policy = RetryPolicy(open_budget_s=0.2, delay_first_s=0.01)
    with (
        Client("127.0.0.1:1", retry=policy) as client,
        pytest.raises(ServerUnavailable, match=r"127\.0\.0\.1:1"),
    ):
        client.channel("acme", "meters")


def test_an_owner_that_comes_between_looking_and_opening_fences_this_one(client, ingest):
    """Records that another owner put where ours were meant to go are not taken for ours."""
    with client.channel("acme", "meters") as channel:
        channel.append(frame(10))
        ingest.faults.extend(["drop", "open_stolen"])
        with pytest.raises(ChannelFenced, match="another owner"):
            channel.append(frame(10, 10))


def test_a_call_whose_records_lie_all_behind_is_compared_at_its_own_offsets(client, ingest):
    """The first of two calls may be made again after the second one has begun."""
    with client.channel("acme", "meters") as channel:
        channel.append(frame(150))
        result = channel.append(frame(100), start_offset=0)
        assert (result.record_count, result.durable_up_to_offset) == (0, 150)
        with pytest.raises(ContentMustMatch):
            channel.append(frame(100, 500), start_offset=0)
    assert ingest.stores[NAME].records == ids(150)


def test_a_row_error_that_comes_late_is_not_the_next_calls(client, ingest):
    """Row errors beyond one answer come with later ones; they are of the records before."""
    with client.channel("acme", "meters") as channel:
        channel.append(frame(10))
        ingest.faults.append("late_error")
        result = channel.append(frame(10, 10))
    assert (result.row_errors, result.posted_count) == ((), 10)

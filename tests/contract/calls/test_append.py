"""Append on the wire: offsets, epochs, acknowledgements, the close signal."""

from __future__ import annotations

import grpc
import pytest

from tests.support.servers.api import Producer, RunningServer, record
from tonne.v1 import ingest_pb2


@pytest.fixture
def channel(book) -> str:
    return f"{book}/channels/meter"


def test_every_record_is_acknowledged_with_its_totals(api, book, channel):
    """Cumulative offset and control totals add up to what was sent, and it is listed."""
    producer = Producer.opened(api, channel)
    for offset in range(0, 30, 10):
        producer.send_rows(offset, *(record(n) for n in range(offset, offset + 10)))
    replies = producer.finish()
    assert replies[-1].durable_up_to_offset == 30
    assert sum(reply.control_totals.record_count for reply in replies) == 30
    assert sum(reply.control_totals.posted_count for reply in replies) == 30
    units = sum(int(reply.control_totals.quantity_sum.replace(".", "") or 0) for reply in replies)
    assert units == 45_000_000
    found = api.records(book)
    assert [one.offset for one in found] == list(range(30))
    assert {one.channel for one in found} == {channel}
    totals = api.ingest.GetChannel(ingest_pb2.GetChannelRequest(name=channel)).channel
    assert totals.control_totals.quantity_sum == "45.000000"


def test_a_gap_is_refused_and_the_stream_goes_on(api, channel):
    """A batch beyond the next offset is OUT_OF_RANGE with the offset that is expected."""
    producer = Producer.opened(api, channel)
    producer.send_rows(3, record())
    refused = producer.receive()
    assert refused.error.code == grpc.StatusCode.OUT_OF_RANGE.value[0]
    assert refused.error.reason == "OFFSET_GAP"
    assert refused.error.metadata["expectedOffset"] == "0"
    producer.send_rows(0, record())
    assert producer.finish()[-1].durable_up_to_offset == 1


def test_what_is_pipelined_behind_a_refused_batch_is_a_gap(api, channel):
    """Nothing behind a refused batch is taken, and each says the same expected offset."""
    producer = Producer.opened(api, channel)
    producer.send_bytes(b"\x22\x05abc")
    producer.send_rows(1, record(1))
    producer.send_rows(2, record(2))
    replies = producer.finish()
    assert [reply.error.reason for reply in replies] == [
        "BATCH_MUST_PARSE",
        "OFFSET_GAP",
        "OFFSET_GAP",
    ]
    assert {reply.error.metadata.get("expectedOffset") for reply in replies[1:]} == {"0"}
    assert api.committed(channel) == 0


@pytest.mark.parametrize("wait", [True, False], ids=["durable", "still in flight"])
def test_a_repeat_is_harmless(api, book, channel, wait):
    """The same batch again is ALREADY_EXISTS and posts nothing, also before it is durable."""
    producer = Producer.opened(api, channel)
    batch = [record(0), record(1)]
    producer.send_rows(0, *batch)
    if wait:
        producer.until_durable(2)
    producer.send_rows(0, *batch)
    refused = producer.until_error()
    assert refused.error.code == grpc.StatusCode.ALREADY_EXISTS.value[0]
    assert refused.error.reason == "OFFSET_REPEAT"
    producer.send_rows(2, record(2))
    assert producer.finish()[-1].durable_up_to_offset == 3
    assert len(api.records(book)) == 3


def test_a_repeat_with_other_content_is_an_error(api, book, channel):
    """The same offsets with another record are refused; what is durable stays."""
    producer = Producer.opened(api, channel)
    producer.send_rows(0, record(0))
    producer.until_durable(1)
    producer.send_rows(0, record(0, quantity="1.6"))
    assert producer.until_error().error.reason == "CONTENT_MUST_MATCH"
    producer.finish()
    assert [one.record.quantity for one in api.records(book)] == ["1.500000"]


def test_an_overlap_is_refused(api, channel):
    """A batch half below the next offset is OUT_OF_RANGE."""
    producer = Producer.opened(api, channel)
    producer.send_rows(0, record(0), record(1))
    producer.until_durable(2)
    producer.send_rows(1, record(1), record(2))
    refused = producer.until_error()
    assert refused.error.code == grpc.StatusCode.OUT_OF_RANGE.value[0]
    assert refused.error.metadata["expectedOffset"] == "2"
    producer.finish()


def test_an_empty_batch_takes_nothing(api, channel):
    """A batch without records, or a message without a batch, changes no offset."""
    producer = Producer.opened(api, channel)
    producer.send(offset=0, rows=ingest_pb2.Rows())
    producer.send()
    producer.send_rows(0, record())
    assert producer.finish()[-1].durable_up_to_offset == 1


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (("books/unknown/channels/meter", 1), ("BOOK_UNKNOWN", grpc.StatusCode.NOT_FOUND)),
        (("{book}/channels/unknown", 1), ("CHANNEL_UNKNOWN", grpc.StatusCode.NOT_FOUND)),
        (("{book}/channels/meter", 2), ("EPOCH_UNKNOWN", grpc.StatusCode.FAILED_PRECONDITION)),
        (("{book}/channels/meter", 0), ("EPOCH_UNKNOWN", grpc.StatusCode.FAILED_PRECONDITION)),
        (("meter", 1), ("NAME_INVALID", grpc.StatusCode.INVALID_ARGUMENT)),
        (("", 1), ("NAME_INVALID", grpc.StatusCode.INVALID_ARGUMENT)),
    ],
)
def test_a_wrong_first_message_ends_the_stream(api, book, first, told):
    """An unknown book, channel or epoch is told in-band and is the final status, too."""
    (name, epoch), (reason, code) = first, told
    api.open(f"{book}/channels/meter")
    producer = Producer(api)
    producer.send(channel=name.format(book=book), epoch=epoch, offset=0)
    reply = producer.receive()
    assert (reply.error.reason, reply.error.code) == (reason, code.value[0])
    producer.half_close()
    assert list(producer.replies()) == []
    assert producer.call.code() is code


def test_an_older_epoch_is_fenced(api, channel):
    """After a second OpenChannel a new stream under the first epoch is ABORTED."""
    api.open(channel)
    api.open(channel)
    producer = Producer(api)
    producer.send(channel=channel, epoch=1)
    told = producer.receive()
    assert (told.error.reason, told.error.code) == ("EPOCH_STALE", 10)
    assert told.error.metadata["currentEpoch"] == "2"


def test_a_second_owner_fences_the_first_one_in_mid_stream(api, book, channel):
    """The older stream ends with ABORTED, the newer one's records alone are durable."""
    first = Producer.opened(api, channel)
    first.send_rows(0, record(0))
    first.until_durable(1)
    second = Producer.opened(api, channel)
    first.send_rows(1, record(1, quantity="9"))
    assert first.until_error().error.reason == "EPOCH_STALE"
    first.half_close()
    assert list(first.replies()) == []
    assert first.call.code() is grpc.StatusCode.ABORTED
    second.send_rows(1, record(1))
    assert second.finish()[-1].durable_up_to_offset == 2
    assert [one.record.quantity for one in api.records(book)] == ["1.500000", "1.500000"]


def test_a_closed_channel_takes_nothing(api, channel):
    """After CloseChannel neither a new stream nor OpenChannel is let in."""
    epoch = api.open(channel).channel.epoch
    closed = api.ingest.CloseChannel(ingest_pb2.CloseChannelRequest(name=channel))
    assert closed.state == ingest_pb2.CHANNEL_STATE_CLOSED
    producer = Producer(api)
    producer.send(channel=channel, epoch=epoch)
    assert producer.receive().error.reason == "CHANNEL_CLOSED"
    with pytest.raises(grpc.RpcError) as refused:
        api.open(channel)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_a_stream_has_one_channel(api, book, channel):
    """Another channel's name in a later message is refused; the same one is fine."""
    producer = Producer.opened(api, channel)
    producer.send(channel=f"{book}/channels/other", offset=0)
    assert producer.receive().error.reason == "FIELD_INVALID"
    producer.send(channel=channel, offset=0, rows=ingest_pb2.Rows(records=[record()]))
    assert producer.finish()[-1].durable_up_to_offset == 1


def test_a_stream_goes_on_where_the_channel_stands(api, channel):
    """A new stream is told the committed offset and takes the next record there."""
    producer = Producer.opened(api, channel)
    producer.send_rows(0, record(0), record(1))
    producer.finish()
    again = Producer.opened(api, channel)
    again.send_rows(2, record(2))
    assert again.finish()[-1].durable_up_to_offset == 3


def test_channels_of_a_book_do_not_touch_each_other(api, book):
    """Batches of several channels share commits and keep their own offsets."""
    producers = [Producer.opened(api, f"{book}/channels/c{n}") for n in range(4)]
    for offset in range(5):
        for producer in producers:
            producer.send_rows(offset, record(offset))
    assert {producer.finish()[-1].durable_up_to_offset for producer in producers} == {5}
    assert len(api.records(book)) == 20
    assert len(api.records(book, channel=f"{book}/channels/c2")) == 5


def test_the_producers_backlog_is_a_metric(running, api, channel):
    """What a producer says it holds is added up over the open streams."""
    producer = Producer.opened(api, channel)
    backlog = ingest_pb2.Backlog(record_count=1234)
    backlog.oldest_unsent_time.FromJsonString("2020-01-01T00:00:00Z")
    producer.send(offset=0, rows=ingest_pb2.Rows(records=[record()]), backlog=backlog)
    producer.until_durable(1)
    assert running.value("tonne_backlog_records") == 1234
    assert running.value("tonne_backlog_oldest_unsent_age_seconds") > 86_400
    producer.finish()
    assert running.value("tonne_backlog_records") == 0


def test_the_close_signal_loses_nothing(tmp_path):
    """A stream past its lifetime is asked to reconnect, ends with OK, and goes on elsewhere."""
    with RunningServer(
        tmp_path, ingest__stream_lifetime_s_min=0.05, ingest__stream_lifetime_s_max=0.05
    ) as running:
        channel = running.api.make_book("acme") + "/channels/meter"
        sent = 0
        for _ in range(3):
            producer = Producer.opened(running.api, channel)
            replies = []
            while not replies or not replies[-1].HasField("close_signal"):
                producer.send_rows(sent, record(sent))
                sent += 1
                replies.append(producer.receive())
            assert replies[-1].close_signal.reason == "stream_lifetime"
            assert replies[-1].close_signal.grace.seconds > 0
            producer.finish()
            assert running.api.committed(channel) == sent
        assert running.value("tonne_stream_ends_total", reason="stream_lifetime") == 3


def test_a_stream_that_ignores_the_close_signal_is_ended(tmp_path):
    """After the grace the server stops taking, acknowledges what it took, and says OK."""
    with RunningServer(
        tmp_path,
        ingest__stream_lifetime_s_min=0.01,
        ingest__stream_lifetime_s_max=0.01,
        ingest__close_grace_s=0.01,
    ) as running:
        channel = running.api.make_book("acme") + "/channels/meter"
        opened = running.api.open(channel)
        producer = Producer(running.api)
        producer.send(channel=channel, epoch=opened.channel.epoch)
        durable = max((reply.durable_up_to_offset for reply in producer.replies()), default=0)
        assert producer.call.code() is grpc.StatusCode.OK
        assert durable == running.api.committed(channel)


def test_a_stopping_server_drains_its_streams(tmp_path):
    """Each stream is asked to leave, is acknowledged to its last record and ends with OK."""
    with RunningServer(tmp_path) as running:
        api = running.api
        book = api.make_book("acme")
        producers = [Producer.opened(api, f"{book}/channels/c{n}") for n in range(5)]
        for producer in producers:
            producer.send_rows(0, record(0))
            producer.until_durable(1)
        stopped = running.start_stop()
        for producer in producers:
            producer.send_rows(1, record(1))
            replies = []
            while not any(reply.HasField("close_signal") for reply in replies):
                replies.append(producer.receive())
            assert replies[-1].close_signal.reason == "server_drain"
            replies.extend(producer.finish())
            assert max(reply.durable_up_to_offset for reply in replies) == 2
        stopped.result(30)
    with RunningServer(tmp_path) as again:
        assert [again.api.committed(f"{book}/channels/c{n}") for n in range(5)] == [2] * 5


def test_row_errors_beyond_the_limit_are_counted(tmp_path):
    """A reply names so many row errors; the others are counted and are all in quarantine."""
    with RunningServer(tmp_path, ingest__row_errors_max=10) as running:
        book = running.api.make_book("acme")
        producer = Producer.opened(running.api, f"{book}/channels/meter")
        producer.send_rows(0, *(record(n, quantity="?") for n in range(100)))
        replies = producer.finish()
        named = sum(len(reply.row_errors) for reply in replies)
        omitted = sum(reply.row_errors_omitted_count for reply in replies)
        assert (named, omitted) == (10, 90)
        assert len(running.api.quarantine(book)) == 100


def test_more_streams_than_allowed_are_told_when_to_come_again(tmp_path):
    """The stream over the limit is RESOURCE_EXHAUSTED, in-band and with a delay."""
    with RunningServer(tmp_path, ingest__streams_max=1) as running:
        book = running.api.make_book("acme")
        first = Producer.opened(running.api, f"{book}/channels/a")
        opened = running.api.open(f"{book}/channels/b")
        second = Producer(running.api)
        second.send(channel=f"{book}/channels/b", epoch=opened.channel.epoch)
        told = second.receive()
        assert told.error.reason == "STREAMS_EXHAUSTED"
        assert told.error.retry_delay.seconds > 0
        second.half_close()
        assert list(second.replies()) == []
        assert second.call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        first.finish()
        third = Producer.opened(running.api, f"{book}/channels/a")
        third.finish()


def test_a_producer_that_vanishes_disturbs_nobody(running, api, channel, caplog):
    """Cancelled streams leave nothing behind and no word in the log; the channel goes on."""
    durable = 0
    for _ in range(10):
        producer = Producer.opened(api, channel)
        durable = api.committed(channel)
        producer.send_rows(durable, record(durable))
        producer.until_durable(durable + 1)
        producer.send_rows(durable + 1, record(durable + 1))
        producer.call.cancel()
    while running.value("tonne_streams_active") or running.value("tonne_in_flight_bytes"):
        assert running.get("/livez")[0] == 200
    assert Producer.opened(api, channel).finish()[-1:] == []
    assert api.committed(channel) > durable
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []

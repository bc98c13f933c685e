"""PostgreSQL fails over to a standby that was behind, under two servers and their producers."""

from __future__ import annotations

import contextlib
import uuid
from decimal import Decimal
from urllib.request import urlopen

import grpc
import pytest

from tests.support.servers.api import Api, Producer, record
from tests.support.servers.server import ServerProcess
from tests.support.stores.postgres import run_postgres, run_replica
from tests.support.timing.patience import until
from tonne import Client
from tonne.errors import RecordsLost
from tonne.v1 import catalogue_pb2, ingest_pb2, ledger_pb2, report_pb2

pytestmark = pytest.mark.alone

HEAD = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,"
    "note\n"
)
BOOK = "books/acme"


class Stage:
    """Two servers on a primary and its standby; `lose` makes the standby the primary."""

    def __init__(self, replica, servers, logs) -> None:
        self.replica = replica
        self.servers = servers
        self.logs = logs
        self.apis = [Api(server.address) for server in servers]

    def lose(self) -> None:
        """Fail over, and wait until both servers are back at work."""
        self.replica.take_over()
        for api in self.apis:
            until(lambda api=api: self._answers(api), "the servers have found the new primary")

    def _answers(self, api: Api) -> bool:
        try:
            api.ledger.GetBook(ledger_pb2.GetBookRequest(name=BOOK))
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        return True

    def metric(self, number: int, name: str) -> float:
        """Value of a metric of a server."""
        with urlopen(f"http://{self.servers[number].admin}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    def import_factor(self, number: int, edition: str, kg: str) -> None:
        """Import an edition with one factor, for FR, through a server."""
        row = f"electricity.grid,FR,kWh,2020-01-01,,{kg},,,,scope2.location,test,1,\n"
        self.apis[number].catalogue.ImportEdition(
            catalogue_pb2.ImportEditionRequest(
                parent=BOOK, edition_id=edition, csv=(HEAD + row).encode()
            )
        )

    def post(self, number: int, request_id: str, quantity: str) -> ingest_pb2.PostRecordsResponse:
        """Post one record through a server."""
        return self.apis[number].ingest.PostRecords(
            ingest_pb2.PostRecordsRequest(
                parent=BOOK,
                request_id=request_id,
                rows=ingest_pb2.Rows(records=[record(0, region="DE", quantity=quantity)]),
            )
        )

    def inventory(self, number: int) -> tuple[int, Decimal]:
        """Records and kg CO2e of the book, by a server."""
        request = report_pb2.GetInventoryRequest(name=BOOK)
        (answer,) = self.apis[number].report.GetInventory(request)
        return answer.total.record_count, Decimal(answer.total.kg_co2e)


@pytest.fixture
def stage(tmp_path):
    """Two servers with a book of one edition: 0.4 kg CO2e a kWh in DE."""
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(run_postgres())
        with primary.connect() as connection:
            connection.execute("CREATE DATABASE tonne")
        replica = stack.enter_context(run_replica(primary))
        env = {
            "TONNE_STORE_MANIFEST_URL": replica.url("tonne"),
            "TONNE_STORE_OBJECTS_URL": f"file://{tmp_path}/objects",
        }
        servers = [stack.enter_context(ServerProcess(env=env, log=log)) for log in logs]
        stage = Stage(replica, servers, logs)
        stage.apis[0].make_book("acme")
        yield stage
        for api in stage.apis:
            api.close()


def rows(*quantities: str, region: str = "DE") -> list[dict[str, object]]:
    """Records as the SDK takes them."""
    return [
        {
            "record_id": f"{region}-{number}",
            "facility": "bs-1",
            "activity": "electricity.grid",
            "quantity": quantity,
            "unit": "kWh",
            "start": "2024-03-01T00:00:00Z",
            "end": "2024-03-01T01:00:00Z",
            "region": region,
        }
        for number, quantity in enumerate(quantities)
    ]


@pytest.mark.timeout(180)
def test_what_was_lost_is_named_and_nothing_is_posted_from_memory(stage):
    """Revisions, resolutions, requests and offsets go back; what comes after is exact."""
    kept, lost = rows("1", "2", "3"), rows("10", "20", region="FR")
    request_id = str(uuid.uuid4())
    with Client(stage.servers[0].address) as client, client.channel("acme", "c") as channel:
        channel.append(kept)
        stage.replica.catch_up()
        stage.replica.cut()
        stage.import_factor(1, "wrong", "1.0")
        assert channel.append(lost).durable_up_to_offset == 5
        assert not stage.post(0, request_id, "7").already_posted
        assert stage.inventory(1) == (6, Decimal("0.4") * (6 + 7) + 30)

        stage.lose()
        stage.import_factor(1, "right", "2.0")  # the revision has the number of before
        with pytest.raises(RecordsLost, match="records 3 to 4"):
            channel.append(rows("100", region="FR"))
        assert channel.append([*kept, *lost], start_offset=0).durable_up_to_offset == 5
        assert channel.append(rows("100", region="FR")).durable_up_to_offset == 6
    assert not stage.post(0, request_id, "7").already_posted
    assert stage.post(1, request_id, "7").already_posted
    total = Decimal("0.4") * (6 + 7) + 2 * (30 + 100)
    assert stage.inventory(0) == stage.inventory(1) == (7, total)
    assert stage.metric(0, "tonne_history_losses_total") >= 1
    text = stage.logs[0].read_text()
    assert "records 3 to 4 of channel c" in text
    assert request_id in text


@pytest.mark.timeout(180)
def test_streams_that_stay_open_are_told_and_a_new_owner_keeps_its_channel(stage):
    """One stream is ahead of the database; another's opening is gone, and given to another."""
    one, two = stage.apis
    ahead = Producer.opened(one, f"{BOOK}/channels/ahead")
    ahead.send_rows(0, *(record(n) for n in range(4)))
    ahead.until_durable(4)
    two.open(f"{BOOK}/channels/moved")
    stage.replica.catch_up()
    stage.replica.cut()
    ahead.send_rows(4, *(record(n) for n in range(4, 6)))
    ahead.until_durable(6)
    fenced = Producer.opened(one, f"{BOOK}/channels/moved")

    stage.lose()
    newer = Producer.opened(two, f"{BOOK}/channels/moved")
    fenced.send_rows(0, record(200, quantity="9"))
    assert fenced.until_error().error.reason == "EPOCH_STALE"
    newer.send_rows(0, record(100), record(101))
    assert newer.finish()[-1].durable_up_to_offset == 2
    ahead.send_rows(6, record(6))
    error = ahead.until_error().error
    assert error.reason == "RECORDS_LOST"
    assert (error.metadata["committedOffset"], error.metadata["acknowledgedOffset"]) == ("4", "6")
    assert one.open(f"{BOOK}/channels/ahead").channel.committed_offset == 4
    assert stage.inventory(0)[0] == stage.inventory(1)[0] == 6
    assert len(one.records(BOOK, channel=f"{BOOK}/channels/moved")) == 2

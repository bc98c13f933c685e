"""A server that dies while a row is mended: the same command goes on, and takes it once."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tests.support.servers.server import ServerProcess
from tonne.cli.main import app
from tonne.client import Client

HEADER = "record_id,facility,activity,quantity,unit,start,end,region\n"
POINTS = [
    "journal.after_files",
    "commit.in_sql",
    "commit.after_sql",
    "journal.after_commit",
]
"""Where a mend is not durable yet, and where it is and nobody was told."""


def rows(*quantities: str) -> str:
    """A file of days with these quantities."""
    lines = [
        f'r{n},dc,electricity.grid,"{quantity}",kWh,2025-01-{n:02},2025-01-{n + 1:02},GB\n'
        for n, quantity in enumerate(quantities, 1)
    ]
    return HEADER + "".join(lines)


def run(server: ServerProcess, *words: object):
    """Run a command of the book against a server."""
    arguments = [*map(str, words), "--book", "acme", "--server", server.address]
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("point", POINTS)
def test_a_mend_survives_the_death_of_the_server(tmp_path, point):
    """Killed at the commit of the mend; run again thrice, and mended twice, it counts once."""
    data, file = ("--data", str(tmp_path / "data")), tmp_path / "rows.csv"
    append = ("append", file, "--channel", "c")
    file.write_text(rows("10", "1,000", "much", "10"))
    with ServerProcess(*data) as server:
        with Client(server.address) as client:
            client.create_book("acme")
        assert run(server, *append).exit_code == 3
    file.write_text(rows("10", "1000", "7", "10", "5"))
    with ServerProcess(*data, env={"TONNE_FAULTS": f"{point}=kill"}) as server:
        assert run(server, *append).exit_code == 1
        server.process.wait(60)
    with ServerProcess(*data) as server:
        for _ in range(3):
            assert run(server, *append).exit_code == 0
            found = json.loads(
                run(server, "inventory", "--account", "memo.energy", "--format", "json").stdout
            )
            assert float(found["total"]["energy_kwh"]) == 1032
            assert (found["total"]["records"], found["quarantined_records"]) == (5, 0)
        file.write_text(rows("10", "1000", "8", "10", "5"))
        assert run(server, *append).exit_code == 4

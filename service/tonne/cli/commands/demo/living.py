"""What an accountant does with the demo's ledger: correct, close, and tell why a number changed.

Each command is run as it is printed, by the `tonne` command itself.
"""

import csv
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tonne.cli.appending.outcome import Outcome
from tonne.cli.terminal.output import stdout_console
from tonne.client import Client
from tonne.client.wire.resources import source_of
from tonne.errors import DefectError

MONTH = "2025-01"
LEAK = "factory-001/refrigerant.r410a/1"
"""Id of the record that is corrected."""

_RIGHT_KG = "13.54"
_LATE_CHANNEL = "late-bills"
_FIELDS = ("record_id", "facility", "activity", "quantity", "unit", "start", "end")
_LATE_BILL = {
    "record_id": "cooling-2025-01",
    "facility": "office-001",
    "activity": "cooling.district",
    "quantity": "4200",
    "unit": "kWh",
    "start": "2025-01-01",
    "end": "2025-02-01",
}


def show(client: Client, book: str, server: str, directory: Path, command: str) -> None:
    """Run the commands, each after the line that a user would type.

    Parameters
    ----------
    client : Client
        Of the server.
    book : str
    server : str
        Its address, which the demo's server alone has: it is not printed.
    directory : Path
        Where the files of the commands go.
    command : str
        What a shell calls `tonne` by.

    Raises
    ------
    DefectError
        A command does not end as it should.
    """
    before = client.inventory(book, from_period=MONTH, to_period=MONTH).moment
    assert before is not None  # noqa: S101  every inventory of a book is of a commit
    as_of = str(before.commit)
    right = _write(directory / "right.csv", _right_row(client, book))
    late = _write(directory / "late.csv", _LATE_BILL)
    a_book = ("--book", book)
    a_month = ("--from", MONTH, "--to", MONTH)

    def run(told: str, *arguments: str, ends_with: int = Outcome.POSTED) -> None:
        _run(told, command, arguments, server, ends_with)

    run(
        "A late bill of January: no edition has a factor for it, so it waits",
        *("append", str(late), *a_book, "--channel", _LATE_CHANNEL),
        ends_with=Outcome.NOTHING_POSTED,
    )
    run(
        "A record of January is wrong: it is taken back, and the right one is posted",
        *("record", "correct", str(right), *a_book, "--author", "Ada"),
        *("--reason", f"the service report says {_RIGHT_KG} kg"),
    )
    run("What stands against the close of January", "period", "check", MONTH, *a_book)
    run(
        "January is closed: what waits is accepted, with a reason",
        *("period", "close", MONTH, *a_book, "--author", "Ada"),
        *("--reason", "January is reported"),
        *("--accept", "suspense=one bill of cooling: its factor comes with the next edition"),
    )
    run(
        f"Why January's scope 1 is another number than at commit {as_of}",
        *("bridge", *a_book, "--from", MONTH, "--from-as-of", as_of),
        *("--account", "scope1", "--by", "facility,activity"),
    )
    run(
        "And what it was then, to the last digit, for ever",
        *("inventory", *a_book, *a_month, "--account", "scope1", "--as-of", as_of),
        *("--by", "activity", "--unit", "kg"),
    )


def _right_row(client: Client, book: str) -> dict[str, object]:
    (wrong,) = client.get_records(book, LEAK)
    row = {name: wrong.record[name] for name in _FIELDS}
    place = {"channel": source_of(wrong.channel), "offset": wrong.offset}
    return {**place, **row, "quantity": _RIGHT_KG}


def _write(path: Path, row: Mapping[str, object]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


def _run(told: str, command: str, arguments: Sequence[str], server: str, ends_with: int) -> None:
    """Print a command as a user types it, and run it against the demo's server."""
    console = stdout_console()
    typed = f"{command} {shlex.join(arguments)}"
    console.print(f"\n{told}\n\n$ {typed}", soft_wrap=True)
    sys.stdout.flush()
    ended = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "tonne.cli.main", *arguments, "--server", server], check=False
    )
    if ended.returncode != ends_with:
        raise DefectError(
            f"`{typed}`: expected it to end with {int(ends_with)}; it ended with "
            f"{ended.returncode}: what it says above says why"
        )

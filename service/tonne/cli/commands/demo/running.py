"""The command `tonne demo`: the main job on a fresh ledger, from stream to targets."""

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.appending.bar import make_bar
from tonne.cli.commands.demo import living, steering
from tonne.cli.commands.inventory import print_inventory, print_remarks
from tonne.cli.commands.reporting.report import make_report, write_file
from tonne.cli.terminal.output import Format, say, stdout_console
from tonne.client import AppendResult, Client, Progress, ServerUnavailable
from tonne.errors import ConfigInvalid
from tonne.yearly.asking import Question

BOOK = "demo"
YEAR = 2025
REPORT = f"report-{BOOK}-{YEAR}.html"
CONSOLE_HOST, CONSOLE_PORT = "127.0.0.1", 8090
STOP_S_MAX = 60.0
LOG_CHARS_SHOWN = 2_000

_FURTHER = (
    f"inventory --book {BOOK} --by facility_type,period",
    f"inventory --book {BOOK} --by account --consolidation all",
    f"explain --book {BOOK} --facility dc-001 --account scope2.location --period 2025-03 --replay",
    "factor search electricity guangdong",
    f"indicator value --book {BOOK} -i pue_3 --by facility --span month",
    f"target progress energy-per-flow --book {BOOK}",
    f"measure effect solar --book {BOOK}",
    f"report --book {BOOK} --year {YEAR} --output report.xlsx",
)
"""Commands that show more of the demo's book."""

_READY = re.compile(r"serving on (\S+),")


def run_demo(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            file_okay=False,
            metavar="DIR",
            help="Keep the demo's ledger here; it must be empty (default: a new directory).",
        ),
    ] = None,
    *,
    console: Annotated[
        bool,
        typer.Option(
            "--console",
            help=f"Serve its pages at http://{CONSOLE_HOST}:{CONSOLE_PORT}/ at the end.",
        ),
    ] = False,
) -> None:
    """Stream about a million records of a made-up operator through a server of the demo."""
    show_pages = _pages() if console else None
    directory = _fresh_directory(data)
    say(f"ledger: {directory}")
    with _serving(directory) as target, Client(target) as client:
        _set_up(client)
        results, elapsed_s = _stream_in(client)
        _show(client, results, elapsed_s)
        command = _command()
        living.show(client, BOOK, target, directory, command)
        _leave(client, directory, command)
        if show_pages is not None:
            show_pages(client)


def _pages() -> Callable[[Client], None]:
    """Give what serves the console's pages. Raises `ConfigInvalid`."""
    try:
        from tonne.console import access, serving  # noqa: PLC0415  # needs an extra
    except ModuleNotFoundError as error:
        raise ConfigInvalid(
            "--console: the console needs starlette and uvicorn: run `pip install "
            "'tonne[console]'`, or leave --console out"
        ) from error

    def tell(address: str) -> None:
        say(f"console: http://{address}/books/{BOOK} (Ctrl-C ends it)")

    def show(client: Client) -> None:
        serving.run(CONSOLE_HOST, CONSOLE_PORT, access.OwnAccess(client), tell)

    return show


def _fresh_directory(data: Path | None) -> Path:
    if data is None:
        return Path(tempfile.mkdtemp(prefix="tonne-demo-"))
    if data.exists() and any(data.iterdir()):
        raise ConfigInvalid(
            f"--data: expected an empty or new directory; {data} holds files: name another "
            "directory",
            metadata={"data": str(data)},
        )
    data.mkdir(parents=True, exist_ok=True)
    return data


@contextmanager
def _serving(directory: Path) -> Iterator[str]:
    """Run a server process on the directory; gives its address and stops it at the end."""
    log = directory / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  # our own command
            [
                *(sys.executable, "-m", "tonne.cli.main", "serve", "--data", str(directory)),
                *("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--end-with-input"),
            ],
            stdin=subprocess.PIPE,  # ends with this process, and the server with it
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as process,
    ):
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    """Read where the server listens; it says so once it is ready, or it ends."""
    for line in process.stdout or ():
        if found := _READY.search(line):
            return found[1]
    raise ServerUnavailable(
        f"the demo's server did not start; the end of its log, {log}: "
        f"{log.read_text(errors='replace')[-LOG_CHARS_SHOWN:]}"
    )


def _set_up(client: Client) -> None:
    from tonne.cli.input import sample  # noqa: PLC0415  # loads Polars

    client.create_book(BOOK, display_name="Demo Telecom (made up)")
    facility_count, _ = client.import_facilities(BOOK, sample.facilities())
    factor_count = sum(edition.factor_count for edition in client.list_editions(BOOK))
    say(f"book {BOOK}: {facility_count} facilities, {factor_count:,} published factors")
    steering.state(client, BOOK, sample.suppliers())


def _stream_in(client: Client) -> tuple[list[AppendResult], float]:
    """Append to all channels at once."""
    from tonne.cli.input import sample  # noqa: PLC0415  # loads Polars

    channels = sample.channels()
    bar, task = make_bar(sum(meter.record_count for meter in sample.METERS))
    done: dict[str, Progress] = {}
    lock = threading.Lock()

    def append(name: str) -> AppendResult:
        def show(progress: Progress) -> None:
            with lock:
                done[name] = progress
                bar.update(
                    task,
                    completed=sum(one.record_count for one in done.values()),
                    sent_bytes=sum(one.sent_bytes for one in done.values()),
                )

        meters = channels[name]
        with client.channel(BOOK, name) as channel:
            return channel.append(
                (frame for meter in meters for frame in sample.read_meter(meter)),
                record_count=sum(meter.record_count for meter in meters),
                progress=show,
            )

    began_s = time.monotonic()
    with bar, ThreadPoolExecutor(len(channels)) as pool:
        results = list(pool.map(append, channels))
    return results, time.monotonic() - began_s


def _show(client: Client, results: list[AppendResult], elapsed_s: float) -> None:
    console = stdout_console()
    count = sum(result.record_count for result in results)
    posted_count = sum(result.posted_count for result in results)
    console.print(
        f"\n{count:,} records streamed over {len(results)} channels, {posted_count:,} posted: "
        f"{elapsed_s:.1f} s, {count / elapsed_s:,.0f} records/s, every one durable."
    )
    for title, by in (("scope", ("scope",)), ("facility type", ("facility_type",))):
        console.print(f"\nInventory of 2025 by {title} (a made-up operator, published factors)\n")
        inventory = client.inventory(BOOK, by=by)
        print_inventory(inventory, by, Format.TABLE)
    print_remarks(inventory, BOOK)
    steering.show(client, BOOK, {each.message for each in inventory.notices})


def _leave(client: Client, directory: Path, command: str) -> None:
    """Write the year's report, and say how to look further."""
    console = stdout_console()
    path = directory / REPORT
    write_file(path, make_report(client, Question(BOOK, YEAR)))
    further = "\n".join(f"  {command} {each}" for each in _FURTHER)
    console.print(f"\nThe report of {YEAR}, a page for any browser:\n\n  {path}", soft_wrap=True)
    console.print(
        "\nTo look further, serve this ledger:\n\n"
        f"  {command} serve --console --data {directory}\n\n"
        f"open http://{CONSOLE_HOST}:{CONSOLE_PORT}/books/{BOOK} in a browser, and run these in "
        f"another terminal:\n\n{further}\n",
        soft_wrap=True,
    )


def _command() -> str:
    """Give what a shell calls this command by: its name, or its path where that is not found."""
    beside = Path(sys.executable).with_name("tonne")
    found = shutil.which("tonne")
    if not beside.exists() or (found and Path(found).samefile(beside)):
        return "tonne"
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)

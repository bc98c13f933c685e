"""The `tonne` command: its commands, and what an error looks like."""

import inspect
import os
import sys
import traceback
from contextvars import ContextVar
from importlib.metadata import version
from typing import Annotated

import typer

from tonne.cli import connection
from tonne.cli.commands.append import append_files
from tonne.cli.commands.books import book_app, edition_app, facility_app
from tonne.cli.commands.demo import run_demo
from tonne.cli.commands.entities import entity_app
from tonne.cli.commands.estimate import estimate
from tonne.cli.commands.explain import explain
from tonne.cli.commands.factors import activity_app, factor_app
from tonne.cli.commands.inventory import show_inventory
from tonne.cli.commands.listings import channel_app, quarantine_app
from tonne.cli.commands.method import method_app
from tonne.cli.commands.suspense import suspense_app
from tonne.cli.process.check import check, rebuild
from tonne.cli.process.maintain import maintain, migrate
from tonne.cli.process.publish import publish
from tonne.cli.process.rescue import backup_app, garbage_app, restore_app
from tonne.cli.process.serve import serve, show_config
from tonne.cli.terminal.output import say
from tonne.client import Credentials, ServerUnavailable, read_token_file
from tonne.errors import DefectError, FileCorrupt, FileMissing, RecordsLost, TonneError
from tonne.text.masking import mask, remember

USER_MISTAKE = 1

_FAILURES_OF_STORES = frozenset({FileCorrupt.code, FileMissing.code, RecordsLost.code})
"""Codes of errors that no caller made and that are no defect of Tonne either: a disk, a bucket or
a database lost something."""

WANTS_TRACEBACK: ContextVar[bool] = ContextVar("wants_traceback", default=False)
"""What the option --debug says."""

app = typer.Typer(
    name="tonne",
    help="A carbon ledger that you can stream into.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # the form of a typer callback
    if wanted:
        sys.stdout.write(f"tonne {version('tonne')}\n")
        raise typer.Exit


@app.callback()
def _options(
    *,
    tls: connection.TlsOption = False,
    ca_file: connection.CaOption = None,
    certificate_file: connection.CertificateOption = None,
    key_file: connection.KeyOption = None,
    token_file: connection.TokenFileOption = None,
    token: connection.TokenVariable = "",
    insecure: connection.PlainTokenOption = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", envvar="TONNE_DEBUG", help="Show where a failure comes from."),
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    WANTS_TRACEBACK.set(debug)
    remember([token])
    connection.GIVEN.set(
        Credentials(
            token=read_token_file(token_file) if token_file else token or None,
            tls=tls,
            ca_file=ca_file,
            certificate_file=certificate_file,
            key_file=key_file,
            insecure=insecure,
        )
    )


app.command("serve")(serve)
app.add_typer(book_app, name="book")
app.add_typer(method_app, name="method")
app.add_typer(facility_app, name="facility")
app.add_typer(entity_app, name="entity")
app.add_typer(edition_app, name="edition")
app.add_typer(factor_app, name="factor")
app.add_typer(activity_app, name="activity")
app.command("append")(append_files)
app.command("inventory")(show_inventory)
app.command("explain")(explain)
app.command("estimate")(estimate)
app.add_typer(channel_app, name="channel")
app.add_typer(suspense_app, name="suspense")
app.add_typer(quarantine_app, name="quarantine")
app.command("maintain")(maintain)
app.command("check")(check)
app.command("rebuild")(rebuild)
app.command("publish")(publish)
app.command("migrate")(migrate)
app.add_typer(backup_app, name="backup")
app.add_typer(restore_app, name="restore")
app.add_typer(garbage_app, name="garbage")
app.command("config")(show_config)
app.command("demo")(run_demo)


def _fill_lines(group: typer.Typer) -> None:
    """Have the help of each command filled: typer breaks its lines where the source does."""
    for command in group.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    for each in group.registered_groups:
        if each.typer_instance is not None:
            _fill_lines(each.typer_instance)


_fill_lines(app)


def main() -> None:
    """Run the command; whatever fails is one line on standard error and exit code 1."""
    os.umask(0o077)  # what a ledger's libraries write is its owner's alone, too
    try:
        app(prog_name="tonne")
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  # a panic of a library is no Exception
        _tell(error)
        sys.exit(USER_MISTAKE)


def _tell(error: BaseException) -> None:
    """Say what went wrong, without secrets, and with the traceback where it was asked for."""
    if WANTS_TRACEBACK.get():
        for line in mask("".join(traceback.format_exception(error))).splitlines():
            say(line)
    if isinstance(error, ServerUnavailable):
        text = (
            f"{error}; start one with `tonne serve`, or name another with --server or TONNE_SERVER"
        )
    elif isinstance(error, DefectError) and error.code in _FAILURES_OF_STORES:
        text = f"{error} ({error.code})"
    elif isinstance(error, DefectError):
        text = f"{error} ({error.code}; this is a defect of Tonne)"
    elif isinstance(error, UnicodeDecodeError):
        text = f"a file was expected in UTF-8; it is not at byte {error.start}"
    elif isinstance(error, TonneError | OSError):
        text = str(error)
    else:
        text = (
            f"{type(error).__name__}: {error} (unexpected: this is a defect of Tonne; "
            "`tonne --debug ...` shows where)"
        )
    say(f"tonne: {mask(text)}")


if __name__ == "__main__":
    main()

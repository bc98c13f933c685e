"""The `tonne` command: its commands, and what an error looks like."""

import importlib
import inspect
import os
import sys
import traceback
from collections import UserDict
from contextvars import ContextVar
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tonne.cli import connection
from tonne.errors import DefectError, FileCorrupt, FileMissing, RecordsLost, TonneError
from tonne.text.masking import mask, remember

USER_MISTAKE = 1

_FAILURES_OF_STORES = frozenset({FileCorrupt.code, FileMissing.code, RecordsLost.code})
"""Codes of errors that no caller made and that are no defect of Tonne either: a disk, a bucket or
a database lost something."""

_SERVER_UNAVAILABLE = "SERVER_UNAVAILABLE"
"""Code of the SDK's error; its class would load gRPC to say that something else is wrong."""

WANTS_TRACEBACK: ContextVar[bool] = ContextVar("wants_traceback", default=False)
"""What the option --debug says."""

COMMANDS = {
    "serve": "process.serve:serve",
    "book": "commands.books:book_app",
    "method": "commands.method:method_app",
    "facility": "commands.register.facilities:facility_app",
    "entity": "commands.register.entities:entity_app",
    "edition": "commands.books:edition_app",
    "factor": "commands.importing.hours:factor_app",
    "activity": "commands.factors:activity_app",
    "import": "commands.importing.files:import_files",
    "append": "commands.append:append_files",
    "inventory": "commands.inventory:show_inventory",
    "indicator": "commands.reporting.indicators:indicator_app",
    "meter": "commands.reporting.meters:meter_app",
    "coverage": "commands.reporting.coverage:show_coverage",
    "report": "commands.reporting.report:report",
    "explain": "commands.explain:explain",
    "bridge": "commands.reporting.bridges:show_bridge",
    "restate": "commands.reporting.restating:restate_app",
    "base-year": "commands.reporting.restating:base_year_app",
    "estimate": "commands.estimate:estimate",
    "word": "commands.words:word_app",
    "supplier": "commands.stating.suppliers:supplier_app",
    "target": "commands.stating.targets:target_app",
    "measure": "commands.stating.measures:measure_app",
    "enablement": "commands.stating.claims:enablement_app",
    "offset": "commands.stating.claims:offset_app",
    "product": "commands.stating.products:product_app",
    "template": "commands.stating.templates:template_app",
    "channel": "commands.listings:channel_app",
    "record": "commands.correcting.corrections:record_app",
    "correction": "commands.correcting.corrections:correction_app",
    "period": "commands.closing.periods:period_app",
    "audit": "commands.closing.periods:audit_app",
    "duplicate": "commands.correcting.same:duplicate_app",
    "conflict": "commands.correcting.same:conflict_app",
    "overlap": "commands.correcting.overlaps:overlap_app",
    "suspense": "commands.suspense:suspense_app",
    "imports": "commands.listings:import_app",
    "quarantine": "commands.listings:quarantine_app",
    "gateway": "process.gateway:gateway",
    "console": "process.console:console",
    "maintain": "process.maintain:maintain",
    "check": "process.check:check",
    "rebuild": "process.check:rebuild",
    "publish": "process.publish:publish",
    "migrate": "process.maintain:migrate",
    "backup": "process.rescue:backup_app",
    "restore": "process.rescue:restore_app",
    "garbage": "process.rescue:garbage_app",
    "config": "process.serve:show_config",
    "demo": "commands.demo.running:run_demo",
}
"""Where each command is: a module below `tonne.cli`, and the name in it."""


class _Commands(UserDict[str, Any]):
    """The commands by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        found = self.data[name]
        if isinstance(found, str):
            found = self.data[name] = _load(name, found)
        return found


class _Root(TyperGroup):
    """The command `tonne`, whose commands are imported late."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(COMMANDS)


def _load(name: str, place: str) -> Any:
    """Import a command, or a group of commands."""
    module, _, attribute = place.partition(":")
    found = getattr(importlib.import_module(f"tonne.cli.{module}"), attribute)
    group = found if isinstance(found, typer.Typer) else typer.Typer(add_completion=False)
    if group is not found:
        group.command(name)(found)
    _fill_lines(group)
    made = typer.main.get_group(group) if group is found else typer.main.get_command(group)
    made.name = name
    return made


def _fill_lines(group: typer.Typer) -> None:
    """Have the help of each command filled: typer breaks its lines where the source does."""
    for command in group.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            _fill_lines(inner.typer_instance)


app = typer.Typer(
    name="tonne",
    cls=_Root,
    help="A carbon ledger that you can stream into.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
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
        typer.Option("--debug", envvar="TONNE_DEBUG", help="Show the traceback of a failure."),
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    from tonne.client import (  # noqa: PLC0415  # a help text needs no gRPC
        Credentials,
        read_token_file,
    )

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
    from tonne.cli.terminal.output import say  # noqa: PLC0415  # loads rich

    if WANTS_TRACEBACK.get():
        for line in mask("".join(traceback.format_exception(error))).splitlines():
            say(line)
    if isinstance(error, TonneError) and error.code == _SERVER_UNAVAILABLE:
        text = (
            f"{error}: start a server with `tonne serve`, or name another one with --server or "
            "TONNE_SERVER"
        )
    elif isinstance(error, DefectError) and error.code in _FAILURES_OF_STORES:
        text = f"{error} ({error.code})"
    elif isinstance(error, DefectError):
        text = f"{error} ({error.code}; this is a defect of Tonne)"
    elif isinstance(error, UnicodeDecodeError):
        text = (
            f"expected a file in UTF-8; it is not UTF-8 at byte {error.start}: save the file as "
            "UTF-8"
        )
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

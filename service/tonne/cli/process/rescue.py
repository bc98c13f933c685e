"""The commands `tonne backup`, `tonne restore` and `tonne garbage`, on the store itself."""

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.process.serve import ConfigOption, DataOption, effective_config
from tonne.cli.terminal.output import Column, Format, FormatOption, counted, print_rows, say
from tonne.errors import FieldInvalid
from tonne.telemetry.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.store.restore import Survey

backup_app = typer.Typer(help="Back up the manifest, while servers run.", no_args_is_help=True)
restore_app = typer.Typer(
    help="Compare a restored manifest with its objects, and make them a pair again.",
    no_args_is_help=True,
)
garbage_app = typer.Typer(help="Show the files that will be deleted.", no_args_is_help=True)

_UNKNOWN = (
    Column("path"),
    Column("size_bytes", "bytes"),
    Column("modify_time", "modified"),
    Column("list_time", "listed"),
    Column("keep_time", "kept until"),
)


@backup_app.command("manifest")
def back_up_manifest(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to make; it must be new.")
    ],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Copy a manifest on SQLite into a file, as of one moment, while servers write.

    Next: run `tonne backup mark`, then copy the objects; never the objects first. If the copy is
    put in place, `tonne restore adopt` comes before any server. A manifest on PostgreSQL is
    backed up with pg_dump, or with the archive of its log.
    """
    from tonne import rescue  # noqa: PLC0415  no other command needs its store

    size_bytes = rescue.back_up_manifest(effective_config(config, data), file)
    sys.stdout.write(
        f"tonne: the manifest is in {file} ({size_bytes:,} bytes); now run `tonne backup mark`, "
        "then copy the objects\n"
    )


@backup_app.command("mark")
def mark(config: ConfigOption = None, data: DataOption = None) -> None:
    """Write the position of the manifest to the objects.

    Run it after the backup of the manifest and before the copy of the objects. When both are put
    back, the mark shows that the manifest is the older one, and servers refuse it until
    `tonne restore adopt`.
    """
    from tonne import rescue  # noqa: PLC0415  no other command needs its store

    position = rescue.mark(effective_config(config, data))
    sys.stdout.write(
        f"tonne: the objects now hold the manifest's position, {position}; now copy the objects\n"
    )


@restore_app.command("show")
def show(config: ConfigOption = None, data: DataOption = None) -> None:
    """Compare a manifest with its objects: missing files, and files unknown to the manifest.

    Says whether servers accept the pair. Changes nothing. Reads the list of all objects.
    """
    from tonne import rescue  # noqa: PLC0415  no other command needs its store

    found = rescue.survey(effective_config(config, data))
    sys.stdout.writelines(f"{line}\n" for line in _lines(found))


@restore_app.command("adopt")
def adopt(
    config: ConfigOption = None,
    data: DataOption = None,
    *,
    yes: Annotated[
        str,
        typer.Option(
            metavar="LEDGER", help="Id of the ledger to adopt, instead of typing it when asked."
        ),
    ] = "",
    with_missing: Annotated[
        bool,
        typer.Option("--with-missing", help="Adopt although files of the manifest are missing."),
    ] = False,
) -> None:
    """Make a restored manifest and its objects a pair again. Stop all servers first.

    Shows what the manifest does not know, and asks for the id of the ledger, which
    `tonne restore show` prints. Servers of any other manifest refuse these objects from then on.
    """
    from tonne import rescue  # noqa: PLC0415  no other command needs its store

    def confirm(found: "Survey") -> str:
        for line in _lines(found):
            say(line)
        if yes:
            return yes
        if not sys.stdin.isatty():
            raise FieldInvalid(
                "adopting this manifest gives up everything that it does not know: if you mean "
                f"that, give the id of the ledger with --yes {found.ledger_id}"
            )
        answer: str = typer.prompt("Adopt this manifest? Type the id of the ledger")
        return answer.strip()

    effective = effective_config(config, data)
    configure_logging(effective.server.log_level, effective.server.log_format)
    row = rescue.adopt(effective, confirm, with_missing=with_missing)
    sys.stdout.write(
        f"tonne: ledger {row.id} is adopted, as incarnation {row.number} ({row.incarnation}); "
        "start the servers now\n"
    )


@garbage_app.command("list")
def list_garbage(
    config: ConfigOption = None, data: DataOption = None, form: FormatOption = Format.TABLE
) -> None:
    """List objects unknown to the manifest, and until when each is kept.

    They are listed once an upkeep has found them. Files that merges replaced are counted.
    `tonne restore show` counts what is unknown at this moment.
    """
    from tonne import rescue  # noqa: PLC0415  no other command needs its store

    effective = effective_config(config, data)
    with closing(rescue.Garbage(effective)) as garbage:
        rows = (
            {
                "path": one.path,
                "size_bytes": one.size_bytes,
                "modify_time": one.modified_time,
                "list_time": one.list_time,
                "keep_time": keep_time,
            }
            for one, keep_time in garbage.unknown()
        )
        print_rows(_UNKNOWN, rows, form)
        count, size_bytes, oldest = garbage.replaced()
    since = f", the oldest since {oldest.isoformat(timespec='seconds')}" if oldest else ""
    say(
        f"{counted(count, 'replaced file')} ({size_bytes:,} bytes) kept for backups of the "
        f"manifest of up to {effective.store.backup_days:g} days{since}"
    )


def _lines(found: "Survey") -> "Iterator[str]":
    """Say what is known of a manifest and its objects."""
    yield f"ledger: {found.ledger_id}"
    yield (
        f"incarnation: {found.number or 'none'} in the manifest, "
        f"{found.objects_number or 'none'} among the objects"
    )
    made = found.commit_time.isoformat(timespec="seconds") if found.commit_time else "none"
    yield f"newest commit of the manifest: {made}"
    yield f"position of the manifest: {found.position}"
    if found.mark is not None:
        yield f"newest mark: {found.mark.position} at {found.mark.time.isoformat()}"
    if found.is_behind:
        yield "the manifest is behind the newest mark: it does not know what came later"
    yield f"files of the manifest: {found.live_count:,}, missing: {found.missing_count:,}"
    total = sum(found.unknown.values())
    yield f"files unknown to the manifest: {total:,} ({found.unknown_bytes:,} bytes)"
    for (book, folder), count in sorted(found.unknown.items()):
        yield f"  {book}/{folder}: {count:,}"
    if found.refusal:
        yield f"servers refuse this pair: {found.refusal}"
    else:
        yield "the manifest and the objects are a pair; there is nothing to adopt"

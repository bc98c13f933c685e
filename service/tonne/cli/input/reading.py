"""The options that say how files are read, shared by the commands that read files."""

from __future__ import annotations

import functools
import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.input.documents import Documents, is_document, refuse_footprint
from tonne.cli.input.meter_options import METER_OPTIONS
from tonne.errors import FieldInvalid
from tonne.imports.meters.options import MeterOptions
from tonne.imports.options import ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tonne.cli.input.files import Piece
    from tonne.imports.meters.register_records import RegisterRecords
    from tonne.imports.profiles.profile import Profile
    from tonne.imports.profiles.report import Report
    from tonne.imports.records import MappedFiles

PANEL = "How the files are read"

_OPTIONS: dict[str, tuple[Any, object]] = {
    "file_format": (
        Annotated[
            str,
            typer.Option(
                metavar="FORMAT",
                rich_help_panel=PANEL,
                help="Format, where the file's name does not say it: csv, tsv, xlsx, json and so "
                "on; needed for standard input (-).",
            ),
        ],
        "",
    ),
    "delimiter": (
        Annotated[
            str,
            typer.Option(
                metavar="CHARACTER",
                rich_help_panel=PANEL,
                help="What parts the columns of a text: comma, semicolon, tab, pipe, or another "
                "character.",
            ),
        ],
        "",
    ),
    "encoding": (
        Annotated[
            str,
            typer.Option(
                metavar="ENCODING",
                rich_help_panel=PANEL,
                help="Encoding of a text, like utf-16, gb18030, cp1252; without it UTF-8, or what "
                "the file's byte order mark says.",
            ),
        ],
        "",
    ),
    "decimal": (
        Annotated[
            str,
            typer.Option(metavar="MARK", rich_help_panel=PANEL, help="Decimal mark: . or ,"),
        ],
        "",
    ),
    "grouping": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="MARK",
                rich_help_panel=PANEL,
                help="What parts groups of three digits: . or , or ' or space or any-space, or "
                "lakh (12,34,567); may be given several times.",
            ),
        ],
        None,
    ),
    "date_format": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="FORMAT",
                rich_help_panel=PANEL,
                help="How dates are written: dd/mm/yyyy, 'mm/dd/yyyy hh:mm', yyyymmdd, "
                "'mmm yyyy', excel (a serial number); may be given several times.",
            ),
        ],
        None,
    ),
    "time_zone": (
        Annotated[
            str,
            typer.Option(
                metavar="ZONE",
                rich_help_panel=PANEL,
                help="Whose clock the file's days and times are of: Europe/London, +08:00.",
            ),
        ],
        "",
    ),
    "inclusive_ends": (
        Annotated[
            bool,
            typer.Option(
                "--inclusive-ends",
                rich_help_panel=PANEL,
                help="The last day of each record counts, as on most bills.",
            ),
        ],
        False,
    ),
    "sheet": (
        Annotated[
            str,
            typer.Option(metavar="SHEET", rich_help_panel=PANEL, help="Sheet of a workbook."),
        ],
        "",
    ),
    "header_row": (
        Annotated[
            int,
            typer.Option(
                min=0,
                metavar="ROW",
                rich_help_panel=PANEL,
                help="Row in which the names of the columns stand, counted from 1.",
                show_default=False,
            ),
        ],
        0,
    ),
    "hidden": (
        Annotated[
            str,
            typer.Option(
                metavar="RULE",
                rich_help_panel=PANEL,
                help="What becomes of rows and columns that a sheet hides: read or leave-out.",
            ),
        ],
        "",
    ),
    "totals": (
        Annotated[
            str,
            typer.Option(
                metavar="RULE",
                rich_help_panel=PANEL,
                help="What becomes of rows that look like sums of others: read or leave-out.",
            ),
        ],
        "",
    ),
    "constant": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="FIELD=WORD",
                rich_help_panel=PANEL,
                help="A field of every record, like region=GB; may be given several times.",
            ),
        ],
        None,
    ),
    "profile": (
        Annotated[
            str,
            typer.Option(
                metavar="PROFILE",
                rich_help_panel=PANEL,
                help="A profile that maps the file's own columns: a TOML file of `tonne import "
                "--guess`, or the name of one that comes with Tonne.",
            ),
        ],
        "",
    ),
}
_RENAMED = {"date_format": "date_formats", "constant": "constants"}
_MANY = {field.name for field in fields(ReadingOptions) if field.type == "tuple[str, ...]"}


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of this module, as its argument `reading`."""
    own = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def run(**given: Any) -> None:
        stated = {_RENAMED.get(name, name): given.pop(name) for name in _OPTIONS}
        many = {name: tuple(stated[name] or ()) for name in _MANY}
        said = {name: given.pop(option) for option, (name, _, _) in METER_OPTIONS.items()}
        lists = {name: tuple(said[name] or ()) for name in ("series", "swaps")}
        meters = MeterOptions(**{**said, **lists})
        command(**given, reading=ReadingOptions(**{**stated, **many, "meters": meters}))

    parameters = [each for each in own.parameters.values() if each.name != "reading"]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in (
            *_OPTIONS.items(),
            *((option, each[1:]) for option, each in METER_OPTIONS.items()),
        )
    ]
    order = sorted(parameters, key=lambda each: each.kind)
    vars(run)["__signature__"] = own.replace(parameters=order)
    run.__annotations__ = {each.name: each.annotation for each in order}
    return run


class RecordFiles:
    """Files of records, read as the options say: plainly where nothing is said.

    `is_kept` says that what a workbook was unpacked to may stay until all is read; `book_zone`
    gives the time zone of the book that the records are of, asked where a time has none.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        options: ReadingOptions,
        *,
        is_kept: bool = True,
        book_zone: Callable[[], str] | None = None,
    ) -> None:
        from tonne.cli.input.files import is_plain  # noqa: PLC0415  # loads Polars

        for path in paths:
            _check_is_file(path)
        self._paths, self._book_zone = list(paths), book_zone
        self._plain_reports: list[Report] = []
        self._mapped: MappedFiles | None = None
        self._documents: Documents | None = None
        self._registers: RegisterRecords | None = None
        for path in paths:
            refuse_footprint(path)
        if any(map(is_document, paths)):
            self._documents = Documents(paths, options.meters)
            return
        _refuse_for_tables(options.meters)
        if not options.is_empty or not all(map(is_plain, paths)):
            from tonne.imports.profiles.profile import PLAIN  # noqa: PLC0415  # loads Polars
            from tonne.imports.profiles.toml import find_profile  # noqa: PLC0415  # loads Polars
            from tonne.imports.records import MappedFiles  # noqa: PLC0415  # loads Polars

            profile = find_profile(options.profile) if options.profile else PLAIN
            profile = options.over(profile)
            self._mapped = MappedFiles(self._paths, profile, is_kept=is_kept, book_zone=book_zone)
            self._registers = _registers(self._paths, options.meters, profile, book_zone)

    @property
    def is_of_registers(self) -> bool:
        """Whether quantities are readings: what was used goes on from one file to the next."""
        return self._registers is not None

    @property
    def makes_evidence(self) -> bool:
        """Whether the evidence of records is their place in the file, as far as it was read."""
        if self._documents or self._registers:
            return True
        return self._mapped is not None and any(
            report.makes_evidence for report in self._mapped.reports
        )

    def check(self) -> None:
        """Look at the beginning of each file before anything is sent.

        Raises
        ------
        FieldInvalid
            Where a file is not one of records, or not what the options say.
        """
        from tonne.cli.input.files import check_file  # noqa: PLC0415  # loads Polars

        if self._documents:
            return  # they were looked at when they were opened
        if self._mapped:
            self._mapped.check()
            return
        for path in self._paths:
            check_file(path)

    def count(self) -> int | None:
        """Count the records where that takes no more than a look; else None."""
        from tonne.cli.input.files import count_records  # noqa: PLC0415  # loads Polars

        is_plain = not (self._mapped or self._documents)
        return count_records(self._paths) if is_plain else None

    def pieces(self) -> Iterator[Piece]:
        """Read the records in order."""
        from tonne.cli.input.files import read_files  # noqa: PLC0415  # loads Polars

        if self._documents:
            yield from self._documents.frames()
        elif self._mapped and self._registers:
            yield from self._registers.frames(self._mapped.frames())
        elif self._mapped:
            yield from self._mapped.frames()
        else:
            self._plain_reports = []
            yield from read_files(self._paths, self._book_zone, self._plain_reports)

    def remarks(self) -> list[str]:
        """Say what was left out and what was taken for granted, of what was read so far."""
        reports = self._mapped.reports if self._mapped else self._plain_reports
        lines = [line for report in reports for line in report.lines()]
        lines += self._registers.remarks if self._registers else []
        return lines + (self._documents.remarks() if self._documents else [])


def _check_is_file(path: Path) -> None:
    """Refuse what is not there, and what never ends, as a device.

    Raises
    ------
    typer.BadParameter
        It is neither a file, nor a pipe, nor `-`.
    """
    if str(path) == "-" or path.is_file() or path.is_fifo():
        return
    found = "is no file" if path.exists() else "does not exist"
    raise typer.BadParameter(f"{str(path)!r} {found}")


def _refuse_for_tables(options: MeterOptions) -> None:
    """Refuse what says something of Green Button files alone."""
    for option, (name, _, _) in METER_OPTIONS.items():
        if name in {"facility", "activity", "region", "series"} and getattr(options, name):
            raise FieldInvalid(
                f"--{option.replace('_', '-')}: expected a Green Button file (.xml); a table has "
                "it in a column",
                metadata={"field": option},
            )


def _registers(
    paths: Sequence[Path],
    options: MeterOptions,
    profile: Profile,
    book_zone: Callable[[], str] | None,
) -> RegisterRecords | None:
    """Read what is said of registers; an option goes before what the profile says."""
    from tonne.imports.meters.register_records import (  # noqa: PLC0415  # loads Polars
        RegisterRecords,
    )
    from tonne.imports.meters.register_rules import (  # noqa: PLC0415  # loads Polars
        read_register_rules,
    )

    readings = options.readings or (profile.readings if profile.has_readings else "")
    said = {**profile.registers, **options.registers()}
    if not readings and not said:
        return None
    zone = profile.dates.time_zone or (book_zone() if book_zone else "UTC")
    rules = read_register_rules(said, zone)
    return RegisterRecords(readings, rules, ", ".join(path.name for path in paths))

"""What is appended: files, standard input, each as a source that can be read more than once."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tonne.cli.input.reading import RecordFiles
from tonne.cli.input.repeats import Source
from tonne.imports.profiles.toml import profile_sha256
from tonne.imports.records import KEPT_MAX
from tonne.imports.sources.opening import format_of
from tonne.imports.sources.texts import STANDARD_INPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.imports.options import ReadingOptions


@contextmanager
def opened_sources(
    files: Sequence[Path],
    reading: ReadingOptions,
    zone: Callable[[], str] | None = None,
) -> Iterator[tuple[list[Source], Callable[[], list[str]]]]:
    """Open files as sources, and give what says what their reading left out.

    Standard input is written to a file of the machine first, since records are read again for each
    look where they are too many to be kept; so is a pipe that is read as a table, whose beginning
    is looked at before. Registers go through all files at once: these are one source. `zone` gives
    the time zone of the book, where a time has none.

    Raises
    ------
    FieldInvalid
        Where a file is not one of records, or not what the options say.
    """
    with tempfile.TemporaryDirectory(prefix="tonne-") as folder:
        paths = [_spooled(path, Path(folder), reading) for path in files]
        is_kept = len(paths) <= KEPT_MAX
        opened = [RecordFiles([path], reading, is_kept=is_kept, book_zone=zone) for path in paths]
        groups = [[path] for path in paths]
        if any(each.is_of_registers for each in opened):
            groups, opened = [paths], [RecordFiles(paths, reading, book_zone=zone)]
        for each in opened:
            each.check()
        sources = [
            Source(
                ", ".join(path.name for path in group),
                each.pieces,
                group[0] if len(group) == 1 else None,
                profile=reading.profile,
                profile_sha256=profile_sha256(reading.profile),
                is_repeatable=all(path.is_file() for path in group),
                makes_evidence=partial(getattr, each, "makes_evidence"),
            )
            for group, each in zip(groups, opened, strict=True)
        ]
        yield sources, lambda: [line for each in opened for line in each.remarks()]


def _spooled(path: Path, folder: Path, reading: ReadingOptions) -> Path:
    from tonne.cli.input.files import is_plain  # noqa: PLC0415  # loads Polars

    is_standard = str(path) == STANDARD_INPUT
    if not is_standard and (not path.is_fifo() or (reading.is_empty and is_plain(path))):
        return path
    name = "standard-input" if is_standard else path.stem
    own = Path(tempfile.mkdtemp(dir=folder))  # pipes of two folders may have one name
    copy = own / f"{name}.{format_of(path, reading.file_format)}"
    opened = nullcontext(sys.stdin.buffer) if is_standard else path.open("rb")
    with opened as source, copy.open("wb") as file:
        shutil.copyfileobj(source, file)
    return copy

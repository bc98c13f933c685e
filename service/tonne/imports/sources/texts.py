"""Bytes of a file as UTF-8 text: encodings that are stated, marks that say one, what else fits."""

from __future__ import annotations

import codecs
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tonne.errors import FieldInvalid
from tonne.imports.sources.text_faults import has_old_line_ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PIECE_BYTES = 1 << 20

STANDARD_INPUT = "-"
"""The name of a file that is none: standard input."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before that of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

CANDIDATES = ("utf-16-le", "utf-16-be", "gb18030", "big5", "shift_jis", "cp1252", "latin-1")
"""Encodings that are tried on a file that is no UTF-8, to say which would read it."""

SAMPLE_BYTES = 64 << 10
SHOWN_CHARS = 24


def check_encoding(name: str) -> str:
    """Check that there is an encoding of a name.

    Raises
    ------
    FieldInvalid
        Where there is none for texts.
    """
    try:
        codec = codecs.lookup(name)
        b"".decode(name)
    except (LookupError, ValueError) as error:
        raise FieldInvalid(
            f"encoding: expected one like utf-8, utf-16, gb18030, latin-1 or cp1252; got {name!r}"
        ) from error
    return codec.name


def marked_encoding(path: Path) -> str | None:
    """Find the encoding that a file's byte order mark states; None without one."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)


@contextmanager
def as_utf8(path: Path, encoding: str = "") -> Iterator[Path]:
    """Give a path at which the text of a file stands in UTF-8 without a mark.

    That is the file itself where it is so already; else a copy that goes with the context.

    Raises
    ------
    FieldInvalid
        Where the file is not in the encoding; the line and the bytes are named.
    """
    marked = marked_encoding(path)
    wanted = check_encoding(encoding) if encoding else ""
    if wanted in {"", "utf-8", "utf-8-sig"} and marked in {None, "utf-8-sig"}:
        if not has_old_line_ends(path):
            yield path  # whoever reads it passes over the mark
            return
        wanted = "utf-8-sig"
    if marked and (not wanted or wanted.split("-")[0] == marked.split("-")[0]):
        wanted = marked  # a mark also says the order of the bytes
    with _copy() as target:
        _transcode(path, target, wanted or "utf-8")
        yield target


@contextmanager
def as_file(name: Path) -> Iterator[Path]:
    """Give a path for a file, or for a copy of what standard input says."""
    if str(name) != STANDARD_INPUT:
        yield name
        return
    with _copy() as target:
        with target.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, PIECE_BYTES)
        yield target


def unreadable_text(path: Path, name: str = "") -> FieldInvalid | None:
    """Say where a file is no UTF-8 and which encodings would read it; None where it is."""
    found = _first_fault(path)
    if found is None:
        return None
    number, bad, sample = found
    guesses = [f"--encoding {each} would read {text!r}" for each, text in _fitting(sample)]
    remedy = f"{'; '.join(guesses)}; name the one whose text is right"
    return FieldInvalid(
        f"{name or path}: expected UTF-8; line {number} is no UTF-8: {bad!r}; "
        + (remedy if guesses else "no encoding that is tried reads it: mend the line"),
        metadata={"file": name or str(path), "line": str(number)},
    )


def refuse_wide_text(name: str, header: Sequence[str]) -> None:
    """Refuse a text of two bytes a character: as UTF-8 each of its letters has a NUL beside it.

    Raises
    ------
    FieldInvalid
        A name of a column has a NUL.
    """
    first = next((each for each in header if "\0" in each), None)
    if first is not None:
        order = "be" if first.startswith("\0") else "le"
        raise FieldInvalid(
            f"{name}: the header has NUL characters, as {first[:SHOWN_CHARS]!r}; it looks like "
            f"UTF-16: add --encoding utf-16-{order}",
            metadata={"file": name},
        )


def fitting_encodings(path: Path) -> list[tuple[str, str]]:
    """List the encodings that would read a file that is no UTF-8, and what text of it.

    Of several that read the whole file alike the first stands for all.
    """
    fault = _first_fault(path)
    found: list[tuple[str, str]] = []
    for encoding, text in _fitting(fault[2]) if fault else []:
        if not any(text == other and _read_alike(path, encoding, each) for each, other in found):
            found.append((encoding, text))
    return found


def _read_alike(path: Path, encoding: str, other: str) -> bool:
    """Whether two encodings read the same text from a file, to its end."""
    decoders = [codecs.getincrementaldecoder(each)() for each in (encoding, other)]
    with path.open("rb") as source:
        while True:
            piece = source.read(PIECE_BYTES)
            try:
                first, second = (each.decode(piece, final=not piece) for each in decoders)
            except UnicodeError:
                return False
            if first != second:
                return False
            if not piece:
                return True


def _first_fault(path: Path) -> tuple[int, bytes, bytes] | None:
    """Find the first line that is no UTF-8: its number, the bytes, and a sample around them."""
    number = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):  # noqa: B007  # the last one counts
            try:
                line.decode()
            except UnicodeDecodeError as error:
                bad = line[error.start : error.end]
                break
        else:
            return None
        lines.seek(0)
        sample = lines.read(SAMPLE_BYTES)
    if bad not in sample:  # far inside: the lines beside it say more than the beginning
        sample = line
    return number, bad, sample


def _fitting(sample: bytes) -> list[tuple[str, str]]:
    found = ((encoding, _shown(sample, encoding)) for encoding in CANDIDATES)
    return [(encoding, text) for encoding, text in found if text is not None]


def _shown(sample: bytes, encoding: str) -> str | None:
    """Decode a sample and cut out what is no ASCII; None where it does not read."""
    is_wide = encoding.startswith("utf-16")
    if is_wide != (b"\0" in sample):
        return None
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(sample)
    except UnicodeDecodeError:
        return None
    first = next((place for place, sign in enumerate(text) if sign > "\x7f"), 0)
    begin = max(text.rfind("\n", 0, first), text.rfind(",", 0, first), text.rfind(";", 0, first))
    found = text[begin + 1 : begin + 1 + SHOWN_CHARS].split("\n")[0].strip("\r\n \ufeff")
    return found if found.isprintable() else None


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tonne-") as folder:
        yield Path(folder) / "copy"


def _transcode(path: Path, target: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line_number = 1
    is_old = has_old_line_ends(path)
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as out:
        while True:
            piece = source.read(PIECE_BYTES)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeError as error:
                raise _undecodable(path, encoding, line_number, error, source) from error
            if is_old:
                text = text.replace("\r", "\n")
            line_number += text.count("\n")
            out.write(text)
            if not piece:
                return


def _undecodable(
    path: Path, encoding: str, line_number: int, error: UnicodeError, source: BinaryIO
) -> FieldInvalid:
    found = f"at byte {source.tell()}"
    if isinstance(error, UnicodeDecodeError):
        before = error.object[: error.start].decode(encoding, errors="replace")
        line_number += before.count("\n")
        found = repr(error.object[error.start : error.end])
    return FieldInvalid(
        f"{path}: expected the encoding {encoding}; line {line_number} is not: {found}; "
        "give another with --encoding, or mend the line",
        metadata={"file": str(path), "line": str(line_number)},
    )

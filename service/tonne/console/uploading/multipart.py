"""Forms that bring a file: `multipart/form-data`, taken apart byte by byte.

Source: RFC 7578; RFC 2046, section 5.1; for names, WHATWG HTML, "multipart/form-data encoding
algorithm": a quote and line ends in a name come as %22, %0D and %0A.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tonne.errors import FieldInvalid

PARTS_MAX: Final = 50
"""Fields of a form, files among them."""

HEAD_BYTES_MAX: Final = 4 << 10
"""Headers of a part."""

_TYPE: Final = re.compile(
    r'multipart/form-data\s*;\s*boundary="?([A-Za-z0-9\'()+_,\-./:=?]{1,70})"?\s*', re.IGNORECASE
)
_DISPOSITION: Final = re.compile(
    r'form-data\s*;\s*name="([^"]*)"(?:\s*;\s*filename="([^"]*)")?\s*', re.IGNORECASE
)
_ESCAPES: Final = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"))


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form: its name, as the browser says it, and its bytes."""

    name: str
    content: bytes


def boundary_of(content_type: str) -> bytes | None:
    """Read what parts a form that brings files; None where it is another type."""
    found = _TYPE.fullmatch(content_type)
    return found[1].encode("ascii") if found else None


def take_apart(
    body: bytes | bytearray, boundary: bytes
) -> tuple[list[tuple[str, str]], SentFile | None]:
    """Give the fields of a form in their order, and its file.

    Raises
    ------
    FieldInvalid
        It is none, has too many parts, or several files.
    """
    parts = (b"\r\n" + bytes(body)).split(b"\r\n--" + boundary)
    if len(parts) < 2 or parts[0] or parts[-1].rstrip(b"\r\n") != b"--":  # noqa: PLR2004  # an end
        raise _broken("it is not closed")
    if len(parts) - 2 > PARTS_MAX:
        raise _broken(f"expected at most {PARTS_MAX} parts")
    fields: list[tuple[str, str]] = []
    file: SentFile | None = None
    for part in parts[1:-1]:
        name, file_name, content = _read_part(part)
        if file_name is None:
            fields.append((name, _text(content)))
        elif file is not None:
            raise _broken("expected one file")
        else:
            file = SentFile(file_name, content)
    return fields, file


def _read_part(part: bytes) -> tuple[str, str | None, bytes]:
    """Give the name of a part, that of its file, and its content."""
    head, end, content = part.partition(b"\r\n\r\n")
    if not head.startswith(b"\r\n") or not end or len(head) > HEAD_BYTES_MAX:
        raise _broken("a part has no head")
    for line in _text(head).split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            found = _DISPOSITION.fullmatch(value.strip())
            if found is None:
                raise _broken(f"a part is named {value.strip()!r}")
            file_name = found[2]
            return _unescaped(found[1]), file_name and _unescaped(file_name), content
    raise _broken("a part has no name")


def _unescaped(name: str) -> str:
    for written, meant in _ESCAPES:
        name = name.replace(written, meant)
    return name


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _broken(f"expected fields in UTF-8: {error}") from error


def _broken(what: str) -> FieldInvalid:
    return FieldInvalid(
        f"form: expected multipart/form-data, as a form of the console has it; {what}",
        metadata={"field": "form"},
    )

"""Makes visible what a text hides: control characters, line ends, marks that turn or vanish.

A facility's id comes from a producer, and goes to an accountant's terminal, to an operator's log
and into a spreadsheet. None of them may take it for a command, a line of its own or a formula.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_WITHOUT_SHAPE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0000-\U000e0fff]"
)
"""Letters and marks that print nothing: fillers, joiners, selectors of variants, tags."""

_ESCAPED: Final = re.compile(r"\\([\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_CODES: Final = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA: Final = re.compile(r"[\s\"'`\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63]")
_BEHIND_SEPARATOR: Final = re.compile(r"(;[\s\"'`]*)([=+\-@])")
"""What spreadsheets of some countries, where `;` separates cells, would see at a cell's start."""

_QUOTE: Final = "'"


def is_plain(text: str) -> bool:
    """Whether a text hides nothing."""
    return text.isprintable() and _WITHOUT_SHAPE.search(text) is None


def visible(text: str) -> str:
    r"""Write what a text hides as `\n`, `\x1b`, `\u202e` or `\U000e0041`; the rest stays."""
    return text if is_plain(text) else _replaced(text, _escaped)


def visible_json(document: str) -> str:
    r"""Write what a JSON document hides in its texts as `\u202e`: to a parser it is the same."""
    return document if is_plain(document.replace("\n", "")) else _replaced(document, _json_escaped)


def look(text: str) -> str:
    """Give what people see of a text: two that look the same have the same."""
    return unicodedata.normalize("NFC", "".join(each for each in text if not _is_hidden(each)))


def csv_cell(text: str) -> str:
    r"""Write a text as a cell that no spreadsheet runs and no reader breaks.

    Nearly every text is its own cell, numbers among them. What a spreadsheet would take for a
    formula, what hides something and what begins with an apostrophe gets an apostrophe in front;
    behind it, what is hidden is escaped as by `visible`, and a backslash is doubled.
    `read_csv_cell` is the way back.
    """
    is_formula = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    if not (text.startswith(_QUOTE) or is_formula or _BEHIND_SEPARATOR.search(text)) and (
        is_plain(text) or not any(map(_is_hidden, text))
    ):
        return text
    escaped = visible(text.replace("\\", r"\\"))
    return _QUOTE + _BEHIND_SEPARATOR.sub(
        lambda found: f"{found[1]}\\x{ord(found[2]):02x}", escaped
    )


def read_csv_cell(cell: str) -> str:
    """Read the text of a cell; one that `csv_cell` did not write is its own text."""
    if not cell.startswith(_QUOTE):
        return cell
    text = _ESCAPED.sub(_unescaped, cell.removeprefix(_QUOTE))
    return text if csv_cell(text) == cell else cell


def _is_hidden(character: str) -> bool:
    if character.isprintable():
        return _WITHOUT_SHAPE.match(character) is not None
    return unicodedata.category(character) != "Zs"  # spaces of other widths are seen


def _replaced(text: str, escape: Callable[[str], str]) -> str:
    return "".join(escape(each) if _is_hidden(each) else each for each in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if code <= 0xFF:  # noqa: PLR2004  # two digits
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  # four


def _json_escaped(character: str) -> str:
    if character == "\n":  # between the lines of a document; within a text it is escaped already
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _unescaped(found: re.Match[str]) -> str:
    text = found[1]
    return _CODES[text] if len(text) == 1 else chr(int(text[1:], 16))

"""The blocks of a page. A template draws each by its `kind`; no text in them is markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Number:
    """A number: as people see it, with all its digits, and where it is taken apart."""

    kind: ClassVar[str] = "number"

    shown: str
    exact: str = ""
    href: str = ""
    shade: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a cell: `code`, `said`, `soft`, `strong`, `whole`, `good`, `bad` or `wait`.

    One that is `said` is a message of the API, in which backticks stand around commands.
    """

    kind: ClassVar[str] = "text"

    text: str
    href: str = ""
    look: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that people run in a terminal."""

    kind: ClassVar[str] = "command"

    words: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Acts:
    """Links to what can be done with the thing of a row: pairs of an address and a title."""

    kind: ClassVar[str] = "acts"

    links: Sequence[tuple[str, str]]


Cell = Number | Text | Command | Acts | None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    title: str
    unit: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first cell of a row is its head where `has_row_heads`.

    `strong` are places of rows that stand out, `look` a class of the table, `note` says how to
    read it, `empty` what stands where it has no rows.
    """

    kind: ClassVar[str] = "table"

    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = ()
    note: str = ""
    empty: str = ""
    look: str = ""
    strong: frozenset[int] = frozenset()
    has_row_heads: bool = True
    more: Text | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A number at the head of a page, and what it is."""

    title: str
    number: Number
    unit: str = ""
    note: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles beside each other."""

    kind: ClassVar[str] = "tiles"

    title: str
    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Charts as SVG whose texts are escaped; `keys` are classes of colours, and what they mean."""

    kind: ClassVar[str] = "drawing"

    title: str
    charts: Sequence[str]
    has_cards: bool = False
    keys: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of what and how."""

    kind: ClassVar[str] = "facts"

    pairs: Sequence[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences; `look` is `note`, `warning`, `good` or empty."""

    kind: ClassVar[str] = "lines"

    texts: Sequence[str]
    look: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Links beside each other; the one without a target is where the reader is.

    The title is seen where `is_titled`; else it is for those who hear the page.
    """

    kind: ClassVar[str] = "links"

    title: str
    links: Sequence[Text]
    is_titled: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of what follows."""

    kind: ClassVar[str] = "heading"

    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a factor stands: what it says, and the cell of its publisher."""

    kind: ClassVar[str] = "source"

    title: str
    figure: str
    cell: str
    publication: str
    licence: str
    href: str
    lines: Sequence[str]
    table: Table
    notices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: a text, or a choice of (value, title) pairs.

    With `rows` it is a text of several lines; `below` says what is asked for.
    """

    name: str
    title: str
    value: str
    choices: Sequence[tuple[str, str]] = ()
    hint: str = ""
    input_type: str = "text"
    is_required: bool = False
    rows: int = 0
    below: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Filters that go into the address; `kept` are pairs that stay in it."""

    kind: ClassVar[str] = "form"

    action: str
    fields: Sequence[Field]
    submit: str
    kept: Sequence[tuple[str, str]] = ()
    further: Sequence[Field] = ()
    further_title: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A form that does something: it is sent, and not put into the address.

    `further` are fields that few need, below a title that opens them.
    """

    kind: ClassVar[str] = "act"

    title: str
    action: str
    fields: Sequence[Field]
    submit: str
    hidden: Sequence[tuple[str, str]]
    back: Text | None = None
    note: str = ""
    further: Sequence[Field] = ()
    further_title: str = ""

    @property
    def brings_file(self) -> bool:
        """Whether a file comes with it."""
        return any(each.input_type == "file" for each in self.fields)


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands with what each does."""

    kind: ClassVar[str] = "commands"

    title: str
    commands: Sequence[Command]


@dataclass(frozen=True, slots=True)
class Buttons:
    """What can be done with the things of a page; nothing where nobody may."""

    kind: ClassVar[str] = "buttons"

    title: str
    acts: Acts


Block = (
    Buttons
    | Table
    | Tiles
    | Drawing
    | Facts
    | Lines
    | Links
    | Heading
    | Source
    | Form
    | Act
    | Commands
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title, what it is in a sentence, its blocks."""

    title: str
    blocks: Sequence[Block]
    lead: str = ""
    look: str = ""

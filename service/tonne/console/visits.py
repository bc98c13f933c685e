"""A request for a page: who asks, of which book, what the address says, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tonne.console.language import NAMES
from tonne.console.parts.selecting import FIELDS, LISTS, Chosen
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from tonne.client import Client
    from tonne.console.language import Language
    from tonne.console.rights import Rights
    from tonne.console.uploading.command import Imports
    from tonne.console.uploading.multipart import SentFile

VALUES_MAX = 200
"""Values that one address may have: a page is of what a person chose."""

VALUE_CHARS_MAX = 1_000

TOLD = "told"
"""What an address says of an act that led to it, sealed."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page.

    Parameters
    ----------
    client : Client
        That of the caller.
    say : Language
        The language of the page.
    book : str
        Id of the book; empty where the page is of none.
    path : str
        As it was asked for.
    query : QueryParams
        What came behind the path.
    values : mapping of str to str
        What the path had, but the book.
    rights : Rights
        What the caller may do.
    imports : Imports, optional
        Files that were sent, and what imports them; None: this console takes none.
    token : str
        What a command that is run for the caller proves who that is with.
    file : SentFile, optional
        What came with a form.
    """

    client: Client
    say: Language
    book: str
    path: str
    query: QueryParams
    values: dict[str, str]
    rights: Rights
    imports: Imports | None = None
    token: str = ""
    file: SentFile | None = None

    def place(self, *page: str) -> str:
        """Write the path of a page of the book."""
        return "/".join(("/books", *(quote(each, safe="") for each in (self.book, *page))))

    def link(self, *page: str, **query: object) -> str:
        """Write the address of a page of the book, in the language that was asked for."""
        return self.address(self.place(*filter(None, page)), **query)

    def address(self, place: str, **query: object) -> str:
        """Write an address with a query; what is empty is left out, a tuple given again."""
        pairs: list[tuple[str, str]] = []
        for name, value in query.items():
            values = value if isinstance(value, tuple | list) else (value,)
            pairs += [(name.rstrip("_"), str(each)) for each in values if each not in {"", None}]
        if language := self.asked_language:
            pairs.append(("lang", language))
        return f"{place}?{urlencode(pairs)}" if pairs else place

    @property
    def asked_language(self) -> str:
        """The language that the address names; empty where it names none."""
        code = self.query.get("lang", "")
        return code if code in NAMES else ""

    def in_language(self, code: str) -> str:
        """Write this very address in another language."""
        left_out = {"lang", TOLD}
        pairs = [(name, value) for name, value in self.query.multi_items() if name not in left_out]
        return f"{quote(self.path)}?{urlencode([*pairs, ('lang', code)])}"

    def given(self, name: str, choices: tuple[str, ...] = (), default: str = "") -> str:
        """Read a value of the address. Raises `FieldInvalid` where it is none of the choices."""
        value = self.query.get(name, "").strip() or default
        if choices and value and value not in choices:
            raise FieldInvalid(
                f"{name}: expected one of {', '.join(each for each in choices if each)}; got "
                f"{value!r}",
                metadata={"field": name, "value": value},
            )
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """Read a whole number of the address. Raises `FieldInvalid`."""
        text = self.given(name)
        if not text:
            return default
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
            raise FieldInvalid(
                f"{name}: expected a number from 0 to {most}; got {text!r}",
                metadata={"field": name, "value": text},
            )
        return min(int(text), most)

    def chosen(self) -> Chosen:
        """Read what the address selects. Raises `FieldInvalid`."""
        if len(self.query.multi_items()) > VALUES_MAX or any(
            len(value) > VALUE_CHARS_MAX for value in self.query.values()
        ):
            raise FieldInvalid(
                f"address: expected at most {VALUES_MAX} values of at most {VALUE_CHARS_MAX} "
                "characters: choose less",
                metadata={"field": "address"},
            )
        once = {field: self.query.get(name, "").strip() for name, field in FIELDS.items()}
        again = {
            field: tuple(each for each in self.query.getlist(name) if each.strip())
            for name, field in LISTS.items()
        }
        return Chosen(**once, **again)  # type: ignore[arg-type]  # texts once, tuples again

    def explain(self, chosen: Chosen | None) -> str:
        """Write the address at which a number is taken apart; empty where none is."""
        return "" if chosen is None else self.link("explain", **chosen.query())

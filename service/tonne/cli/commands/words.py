"""The command `tonne word`: what a book reads the texts of its records as."""

from typing import Annotated

import typer

from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    FilterOption,
    OrderOption,
    ReasonOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import Column, Format, FormatOption, counted, print_rows, say
from tonne.model import Word, WordField

word_app = typer.Typer(
    help="Words of a book's own: what its records write where nothing else is read.",
    no_args_is_help=True,
)

FieldArgument = Annotated[
    WordField, typer.Argument(metavar="FIELD", help="Where the text stands.")
]
TextArgument = Annotated[str, typer.Argument(metavar="TEXT", help="As records write it.")]

_COLUMNS = (
    Column("number"),
    Column("field"),
    Column("text"),
    Column("meaning", is_optional=True),
    Column("in_force", "in force"),
    Column("author", is_optional=True),
    Column("reason", is_optional=True),
    Column("create_time", "since"),
)


@word_app.command("learn")
def learn_word(
    field: FieldArgument,
    text: TextArgument,
    meaning: Annotated[
        str,
        typer.Argument(metavar="MEANING", help="Id of an activity or region, or a unit."),
    ],
    *,
    book: BookOption,
    reason: ReasonOption,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Teach the book what a text means, for all that waits and all that comes.

    The text is one that nothing else reads: no number that is posted changes. Records in suspense
    are posted by `tonne suspense clear`.
    """
    with connect(server) as client:
        word = client.add_word(book, field, text, meaning, reason=reason, author=author)
    say(f"{word.field} {word.text!r} is {word.meaning} from here on: word {word.number}")
    _tell_posted(word)
    if field is WordField.UNIT:
        say(
            f"records of that unit are in quarantine: `tonne quarantine list --book {book} "
            "--format csv > mends.csv`, then `tonne quarantine mend mends.csv` posts them"
        )
    say(f"`tonne suspense clear --book {book}` posts what waits")


@word_app.command("forget")
def forget_word(
    field: FieldArgument,
    text: TextArgument,
    *,
    book: BookOption,
    reason: ReasonOption,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Have the book forget a word. What was posted under it stays."""
    with connect(server) as client:
        word = client.add_word(book, field, text, "", reason=reason, author=author)
    say(f"{word.field} {word.text!r} means nothing of the book's own from here on")
    _tell_posted(word)


@word_app.command("list")
def list_words(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the entries of the book's words: who said when what a text means, and why."""
    with connect(server) as client:
        words = client.list_words(book, filter_by=filter_by, order_by=order_by)
        print_rows(_COLUMNS, map(_row, words), form)


def _tell_posted(word: Word) -> None:
    if word.posted_count:
        say(
            f"notice: {counted(word.posted_count, 'record')} with {word.text!r} "
            "stay posted under the meaning that it had before"
        )


def _row(word: Word) -> dict[str, object]:
    return {
        "number": word.number,
        "field": str(word.field),
        "text": word.text,
        "meaning": word.meaning or None,
        "in_force": word.is_in_force,
        "author": word.author,
        "reason": word.reason,
        "create_time": word.create_time and word.create_time.replace(microsecond=0),
    }

"""The command `tonne template`: what a book of an operator or a manufacturer begins with."""

from typing import Annotated

import typer

from tonne.cli.connection import DEFAULT_SERVER, AuthorOption, BookOption, ServerOption, connect
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    counted,
    print_rows,
    say,
)
from tonne.client import Client
from tonne.statements.fields import to_mapping
from tonne.statements.statement import Statement
from tonne.statements.templates import read_template, template_ids

template_app = typer.Typer(
    help="Templates: targets that a book begins with.", no_args_is_help=True
)

TemplateArgument = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="Its id: `tonne template list` shows them.")
]

_TEMPLATES = (
    Column("template"),
    Column("version"),
    Column("title", width_min=PROSE_WIDTH_MIN),
    Column("statements"),
)
_STATEMENTS = (
    Column("kind"),
    Column("id"),
    Column("valid_from", "from"),
    Column("display_name", "name", width_min=PROSE_WIDTH_MIN // 2),
    Column("source", is_optional=True, width_min=PROSE_WIDTH_MIN // 2),
)


@template_app.command("list")
def list_templates(form: FormatOption = Format.TABLE) -> None:
    """List the templates that ship with Tonne."""
    found = [read_template(each) for each in template_ids()]
    rows: list[dict[str, object]] = [
        {
            "template": each.id,
            "version": each.version,
            "title": each.title,
            "statements": len(each.statements),
        }
        for each in found
    ]
    print_rows(_TEMPLATES, rows, form)


@template_app.command("show")
def show_template(template: TemplateArgument, form: FormatOption = Format.TABLE) -> None:
    """Show what a template states."""
    rows = (
        {
            "kind": str(each.kind),
            "id": each.id,
            "valid_from": each.valid_from,
            **to_mapping(each.body),
        }
        for each in read_template(template).statements
    )
    print_rows(_STATEMENTS, rows, form)


@template_app.command("apply")
def apply_template(
    template: TemplateArgument,
    *,
    book: BookOption,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """State what a template states in a book. Applied again, it changes nothing."""
    found = read_template(template)
    with connect(server) as client:
        kept = state_template(client, book, template, author)
    count = counted(len(kept), "statement")
    say(f"{count} of {found.id}, version {found.version}, are in the book {book}")
    again = [f"{each.kind} {each.id}" for each in kept if each.version > 1]
    if again:
        say(f"stated anew, since the book had them in other words: {', '.join(again)}")


def state_template(client: Client, book: str, template: str, author: str) -> list[Statement]:
    """State what a template states; the call's name makes a repeat of it state nothing."""
    found = read_template(template)
    request_id = f"template-{found.id}-{found.version}"
    return client.add_statements(book, found.statements, author=author, request_id=request_id)

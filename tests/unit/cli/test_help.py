"""What `--help` looks like on a terminal of 80 columns."""

from __future__ import annotations

import pytest
import typer
from click import Context, Group
from typer.testing import CliRunner

from tonne.cli.main import app

WIDTH = 80


def commands(group, words=()):
    """Name every command, with the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, Group) or hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_fills_its_lines_and_cuts_nothing(words):
    """No line is broken where the source breaks it, and nothing ends in an ellipsis."""
    command = COMMANDS[words]
    shown = CliRunner().invoke(app, [*words, "--help"], terminal_width=WIDTH).stdout
    assert command.get_short_help_str(1000) or command.help
    assert all("\n" not in each for each in command.help.split("\n\n"))
    assert " ".join(command.help.split()) in " ".join(shown.split())
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    assert all(len(line) <= WIDTH for line in shown.splitlines())
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    named = [each for each in arguments if getattr(each, "help", None)]
    assert named == arguments, Context(command).command_path

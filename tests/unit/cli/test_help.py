"""What `--help` looks like on a terminal of 80 columns."""

from __future__ import annotations

import os
import subprocess
import sys

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
def test_the_short_option_shows_the_same(words):
    """`-h` is `--help`, of every command."""
    short, long = (CliRunner().invoke(app, [*words, option]) for option in ("-h", "--help"))
    assert short.exit_code == 0
    assert short.stdout == long.stdout


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


def test_every_option_book_has_the_variable():
    """TONNE_BOOK stands for `--book`, except where it would make a check see less."""
    lacking = {
        " ".join(words)
        for words, command in COMMANDS.items()
        for each in command.params
        if "--book" in each.opts and each.envvar != "TONNE_BOOK"
    }
    assert lacking == {"check", "rebuild"}


def loaded(*words, **environment):
    """Run the command in a process of its own; its output, and the packages that it loaded."""
    script = (
        "import atexit, sys\n"
        "tell = lambda: print(*{each.partition('.')[0] for each in sys.modules})\n"
        "atexit.register(tell)\n"
        "from tonne.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    *told, packages = done.stdout.splitlines()
    return told, set(packages.split())


def test_the_version_is_told_at_once():
    """It loads neither Polars nor gRPC, nor what prints tables."""
    told, packages = loaded("--version")
    assert told[0].startswith("tonne ")
    assert "typer" in packages
    assert packages & {"polars", "grpc", "google", "sqlalchemy", "tonne_kernel"} == set()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tonne ", {"append", "inventory", "serve"}),
        ("tonne book ", {"create", "list"}),
        ("tonne append --bo", {"--book"}),
    ],
)
def test_a_shell_completes_without_polars(typed, offered):
    """Commands, commands of a group and options, as bash asks for them."""
    told, packages = loaded(
        _TONNE_COMPLETE="complete_bash",
        COMP_WORDS=typed,
        COMP_CWORD=str(len(typed.split(" ")) - 1),
    )
    assert offered <= set(told)
    assert packages & {"polars", "sqlalchemy", "tonne_kernel"} == set()

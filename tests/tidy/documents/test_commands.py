"""Every command that a document, an alert or a message names exists, with its options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from tonne.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
COMMAND = typer.main.get_command(app)
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "k8s").rglob("*.md"),
    *(ROOT / "k8s").rglob("*.yaml"),
    *(ROOT / "service" / "tonne").rglob("*.py"),
]
# What words.md quotes is what people write for a unit: `tonne of oil equivalent`.
PAGES = [page for page in PAGES if "node_modules" not in page.parts and page.name != "words.md"]
RECORDS = ROOT / "k8s" / "components" / "monitoring" / "prometheusrule-records.yaml"
ALERTS = ROOT / "k8s" / "components" / "monitoring" / "prometheusrule-alerts.yaml"

QUOTED = re.compile(r"`((?:tonne|kubectl) [^`]+)`")
LINE = re.compile(
    r"^ *(?:\$ )?((?:[A-Z_]+=\S+ )*(?:tonne|kubectl) (?:[^\n\\]|\\[^\n]|\\\n)*)$", re.MULTILINE
)
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"\{[a-z_.]+\}|…|\.\.\.|<[a-z]+>")

_ANY = "PLACE"

KUBECTL = {
    *("annotate", "apply", "cp", "create", "delete", "describe", "edit", "exec", "get", "label"),
    *("logs", "patch", "port-forward", "scale", "set", "top", "wait", "run", "kustomize", "drain"),
    *("rollout history", "rollout restart", "rollout status", "rollout undo", "rollout pause"),
    *("rollout resume", "debug", "explain", "config", "cluster-info", "cordon", "uncordon"),
}
"""What kubectl has of itself: a plugin is not on everybody's machine."""

_WITH_VALUE = {
    "-n",
    "--namespace",
    "-c",
    "--container",
    "-l",
    "--selector",
    "-f",
    "-o",
    "--context",
}


def _named(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".py":  # a message may go on over several literals
        text = re.sub(r'"\s*\n\s*f?"', "", text)
    found = QUOTED.findall(re.sub(r"\n *", " ", FENCED.sub("", text)))
    if page.suffix == ".md":
        found += [line for block in FENCED.findall(text) for line in LINE.findall(block)]
    return [re.sub(r"\\\n", " ", each) for each in found]


def _fault_of_tonne(words: list[str]) -> str:
    """Say what of `tonne WORDS` is not there."""
    command: Any = COMMAND
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    for word in words:
        if word == _ANY and hasattr(command, "commands"):
            return ""  # a message puts the command in
        option = word.partition("=")[0]
        if option.startswith("-") and option not in known | {"--help", "-"}:
            return f"no option {option}"
        if hasattr(command, "commands") and re.fullmatch(r"[a-z][a-z-]*", word):
            if word not in command.commands:
                return f"no command {word}"
            command = command.commands[word]
            known |= {
                option for each in command.params for option in (*each.opts, *each.secondary_opts)
            }
    return ""


def _fault_of_kubectl(words: list[str]) -> str:
    rest, plain = list(words), []
    while rest:
        word = rest.pop(0)
        if word in _WITH_VALUE:
            rest[:1] = []
        elif not word.startswith("-"):
            plain.append(word)
    verb = " ".join(plain[:2]) if plain[:1] == ["rollout"] else plain[0] if plain else ""
    return "" if verb in KUBECTL else f"no kubectl {verb}"


def fault_of(command: str) -> str:
    """Say what of a command is not there; nothing where all is."""
    try:
        words = shlex.split(PLACE.sub(_ANY, command), comments=True)
    except ValueError:
        return "cannot be read"
    while words and "=" in words[0]:
        words = words[1:]
    end = next((at for at, word in enumerate(words) if word in {"|", ">", "&&", ";", "<"}), None)
    words = words[:end]
    if words[0] == "tonne":
        return _fault_of_tonne(words[1:])
    if "--" in words:
        inner = words[words.index("--") + 1 :]
        words = words[: words.index("--")]
        if inner[:1] == ["tonne"] and _fault_of_tonne(inner[1:]):
            return _fault_of_tonne(inner[1:])
    return _fault_of_kubectl(words[1:])


def test_every_named_command_exists():
    """In documents, runbooks, alerts, manifests and messages; options included."""
    named = [(page, command) for page in PAGES for command in _named(page)]
    assert len(named) > 60
    wrong = [
        f"{page.relative_to(ROOT)}: {command}: {fault_of(command)}"
        for page, command in named
        if fault_of(command)
    ]
    assert wrong == []


def test_alerts_name_what_exists():
    """Commands without quotes and recorded series in the texts of alerts."""
    records = {
        rule["record"]
        for group in yaml.safe_load(RECORDS.read_text())["spec"]["groups"]
        for rule in group["rules"]
    }
    texts = [
        text
        for group in yaml.safe_load(ALERTS.read_text())["spec"]["groups"]
        for rule in group["rules"]
        for text in rule["annotations"].values()
    ]
    assert texts
    for text in texts:
        assert set(re.findall(r"tonne:\w+(?::\w+)*", text)) <= records, text
        for command in re.findall(r"(?<![\w:./-])(?:tonne|kubectl) [a-z][^.;,`]*", text):
            assert fault_of(command) == "", text


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("tonne publish --rebuild BOOK", ""),
        ("tonne --tls inventory --book acme --by facility --format csv > file", ""),
        ("TONNE_TOKEN=x tonne suspense clear --book acme", ""),
        ("kubectl exec deploy/tonne -- tonne maintain --once", ""),
        ("tonne mend", "no command mend"),
        ("tonne publish --anew BOOK", "no option --anew"),
        ("tonne suspense prune", "no command prune"),
        ("kubectl exec deploy/tonne -- tonne mend", "no command mend"),
        ("kubectl cert-manager renew tonne", "no kubectl cert-manager"),
        ("kubectl rollout again deployment/tonne", "no kubectl rollout again"),
    ],
)
def test_what_is_not_there_is_found(command, fault):
    """The check itself."""
    assert fault_of(command) == fault

"""Templates: statements that ship with Tonne, to begin a book of an operator or a manufacturer.

Source: each statement of a template has its own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

from tonne.statements.fields import from_mapping, invalid
from tonne.statements.statement import BODIES, Kind, Statement, check_body

_SHIPPED = resources.files("tonne.statements.shipped")
_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its id, for whom it is, its version, and what it states."""

    id: str
    title: str
    version: int
    statements: tuple[Statement, ...]


def template_ids() -> list[str]:
    """List the ids of the templates."""
    names = (each.name for each in _SHIPPED.iterdir())
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def read_template(template: str) -> Template:
    """Read a template. Raises `FieldInvalid` where there is none of the id."""
    known = template_ids()
    if template not in known:
        raise invalid("template", f"one of {', '.join(known)}", template)
    read = tomllib.loads(_SHIPPED.joinpath(template + _SUFFIX).read_text(encoding="utf-8"))
    made = []
    for kind in Kind:
        for id_, given in read.get(kind, {}).items():
            says = dict(given)
            valid_from = says.pop("stated_on")
            place = f"{template}.{kind}.{id_}"
            body = from_mapping(BODIES[kind], says, place)
            check_body(body, place)
            reason = f"template {template}, version {read['version']}"
            made.append(Statement(kind, id_, body, valid_from, reason))
    return Template(template, read["title"], read["version"], tuple(made))

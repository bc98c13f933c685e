"""Configuration: one TOML file, `TONNE_<ROOM>_<FIELD>` on top, options of the command on top.

Each room has one frozen dataclass in `tonne.settings`; units stand in the field names. This is
the only module that reads the environment. An unknown key stops the start and names the nearest
known one.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tonne.errors import ConfigInvalid
from tonne.permissions import fault_of_writers, is_for_everybody
from tonne.settings import (
    CallsConfig,
    FaultsConfig,
    IngestConfig,
    LedgerConfig,
    PublishConfig,
    SecurityConfig,
    ServerConfig,
    StoreConfig,
)
from tonne.text.masking import (
    mask,
    mask_option,
    mask_url,
    remember,
    secrets_of_environment,
    secrets_of_options,
    secrets_of_url,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = [
    "CallsConfig",
    "Config",
    "FaultsConfig",
    "IngestConfig",
    "Item",
    "LedgerConfig",
    "PublishConfig",
    "SecurityConfig",
    "ServerConfig",
    "StoreConfig",
    "data_directory",
    "load",
]

ENVIRONMENT_PREFIX = "TONNE_"

_SERVICE_LINK = re.compile(r"(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)")
"""Kubernetes gives every pod such variables for each Service of its namespace: one named
`tonne` or `tonne-...` makes `TONNE_SERVICE_HOST` and the like, which are none of ours."""

_NEAR_ENOUGH = 0.7

_OPTIONS = "store.objects_options"
_ISSUERS = "security.issuers"
_URLS = ("store.manifest_url", "store.objects_url", "server.traces_endpoint")


_ROOMS: dict[str, type] = {
    "server": ServerConfig,
    "calls": CallsConfig,
    "ingest": IngestConfig,
    "ledger": LedgerConfig,
    "publish": PublishConfig,
    "store": StoreConfig,
    "security": SecurityConfig,
    "faults": FaultsConfig,
}

_SHORT_NAMES = {"TONNE_FAULTS": "faults.armed", "TONNE_LOG_FORMAT": "server.log_format"}
"""Variables with a name of their own."""


@dataclass(frozen=True, slots=True)
class Item:
    """One effective value: dotted key, text (secrets masked), where it came from, what it is."""

    key: str
    text: str
    origin: str
    about: str


@dataclass(frozen=True, slots=True)
class Config:
    """All settings.

    `origins` says where each value that is no default came from, `remarks` what its operator
    should know.
    """

    server: ServerConfig = field(default_factory=ServerConfig)
    calls: CallsConfig = field(default_factory=CallsConfig)
    ingest: IngestConfig = field(default_factory=IngestConfig)
    ledger: LedgerConfig = field(default_factory=LedgerConfig)
    publish: PublishConfig = field(default_factory=PublishConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    security: SecurityConfig = field(default_factory=SecurityConfig)
    faults: FaultsConfig = field(default_factory=FaultsConfig)
    origins: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def items(self) -> Iterator[Item]:
        """Give every setting in order of rooms and fields, secrets masked."""
        for room, kind in _ROOMS.items():
            for one in dataclasses.fields(kind):
                key = f"{room}.{one.name}"
                value = getattr(getattr(self, room), one.name)
                origin = self.origins.get(key, "default")
                yield Item(key, _printed(key, value), origin, one.metadata["about"])


def load(
    path: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    defaults: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Read the configuration.

    Parameters
    ----------
    path : Path, optional
        TOML file with one table per room.
    overrides : Mapping[str, object], optional
        Options of the command line by dotted key, like `{"server.listen": "0.0.0.0:50051"}`;
        they go before everything else.
    defaults : Mapping[str, object], optional
        Values by dotted key that go before the settings' own defaults alone.
    environ : Mapping[str, str], optional
        The environment; the process's own where it is left out.

    Raises
    ------
    ConfigInvalid
        An unknown key, a value of the wrong kind or out of range, or an unreadable file.
    """
    values = {key: (value, "default") for key, value in (defaults or {}).items()}
    if path is not None:
        values.update(_from_file(path))
    environ = os.environ if environ is None else environ
    values.update(_from_environment(environ))
    for key, value in (overrides or {}).items():
        _find(key, "option")
        values[key] = (value, "command line")
    remember((*_secrets(values), *secrets_of_environment(environ)))
    rooms = {
        room: kind(
            **{
                one.name: _checked(one, f"{room}.{one.name}", *values[f"{room}.{one.name}"])
                for one in dataclasses.fields(kind)
                if f"{room}.{one.name}" in values
            }
        )
        for room, kind in _ROOMS.items()
    }
    origins = {key: origin for key, (_, origin) in values.items()}
    config = Config(**rooms, origins=origins, remarks=_remarks(path, values))
    _check_together(config)
    return config


def data_directory(directory: Path) -> dict[str, object]:
    """Give the values that keep a whole ledger in one directory: SQLite and files.

    Raises
    ------
    ConfigInvalid
        A sign of the path has a meaning in a URL of SQLite: the manifest would stand elsewhere.
    """
    absolute = directory.absolute()
    if any(sign in str(absolute) for sign in "?%"):
        raise ConfigInvalid(
            f"--data: expected a directory without '?' and '%' in its path; got {absolute}",
            metadata={"key": "store.manifest_url"},
        )
    return {
        "store.manifest_url": f"sqlite:///{absolute / 'manifest.db'}",
        "store.objects_url": (absolute / "objects").as_uri(),
    }


def _from_file(path: Path) -> Iterator[tuple[str, tuple[object, str]]]:
    origin = f"file {path}"
    fault = fault_of_writers(path)
    if fault:
        raise ConfigInvalid(f"the configuration {path} {fault}", metadata={"path": str(path)})
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigInvalid(
            f"the configuration {path} cannot be read as TOML: {error}",
            metadata={"path": str(path)},
        ) from error
    for room, table in tables.items():
        if room not in _ROOMS:
            raise _unknown(room, _ROOMS, origin)
        if not isinstance(table, dict):
            raise ConfigInvalid(
                f"{origin}: {room} must be a table, [{room}]; got a {type(table).__name__}",
                metadata={"key": room},
            )
        for name, value in table.items():
            yield _find(f"{room}.{name}", origin), (value, origin)


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[object, str]]]:
    for variable in sorted(environ):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        origin = f"environment {variable}"
        rest = variable.removeprefix(ENVIRONMENT_PREFIX)
        room, _, name = rest.lower().partition("_")
        if variable in _SHORT_NAMES:
            yield _SHORT_NAMES[variable], (environ[variable], origin)
        elif not name or _is_service_link(rest, environ[variable]):
            continue
        elif room in _ROOMS:
            yield _find(f"{room}.{name}", origin), (environ[variable], origin)
        elif difflib.get_close_matches(room, _ROOMS, 1, _NEAR_ENOUGH):
            raise _unknown(f"{room}.{name}", _keys(), origin)


def _is_service_link(rest: str, value: str) -> bool:
    """Tell whether Kubernetes made a variable, and not a person who mistyped a setting."""
    made = _SERVICE_LINK.fullmatch(rest) is not None
    return made and (not rest.endswith("_PORT") or "SERVICE" in rest or "://" in value)


def _keys() -> list[str]:
    return [f"{room}.{one.name}" for room in _ROOMS for one in dataclasses.fields(_ROOMS[room])]


def _find(key: str, origin: str) -> str:
    if key not in _keys():
        raise _unknown(key, _keys(), origin)
    return key


def _unknown(key: str, known: Mapping[str, object] | list[str], origin: str) -> ConfigInvalid:
    nearest = difflib.get_close_matches(key, list(known), 1, 0.0)[0]
    return ConfigInvalid(
        f"{origin}: unknown key {key}; the nearest known one is {nearest}",
        metadata={"key": key, "nearest": nearest},
    )


def _checked(one: dataclasses.Field[Any], key: str, value: object, origin: str) -> object:
    """Convert and check one value, naming where it came from if it is wrong."""
    rules = one.metadata
    expected = ""
    converted: object = value
    try:
        converted = _converted(str(one.type), value)
    except (TypeError, ValueError):
        expected = _KINDS[str(one.type)]
    else:
        if rules["minimum"] is not None and not converted >= rules["minimum"]:
            expected = f"at least {rules['minimum']}"
        elif rules["choices"] and converted not in rules["choices"]:
            expected = "one of " + ", ".join(rules["choices"])
        elif rules["check"] is not None:
            expected = rules["check"](converted)
    if expected:
        raise ConfigInvalid(
            f"{origin}: {key} must be {expected}; got {_given(key, value)}",
            metadata={"key": key},
        )
    return converted


_KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "dict[str, str]": "a table of texts (in the environment: a JSON object)",
}


def _converted(kind: str, value: object) -> object:
    """Convert a value of TOML, or a text of the environment, to the field's type."""
    if kind == "bool":
        return _boolean(value)
    if kind == "int":
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise TypeError
        return int(value)
    if kind == "float":
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise TypeError
        return float(value)
    if kind == "str":
        if not isinstance(value, str):
            raise TypeError
        return value
    table = json.loads(value) if isinstance(value, str) else value
    if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
        raise TypeError
    return dict(table)


def _boolean(value: object) -> bool:
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower())
    if not isinstance(value, bool):
        raise TypeError
    return value


def _check_together(config: Config) -> None:
    """Refuse values that are right alone and wrong together."""
    ingest = config.ingest
    pairs = (
        ("ingest.message_bytes_max", "ingest.stream_window_bytes"),
        ("ingest.stream_window_bytes", "ingest.in_flight_bytes_max"),
        ("ingest.stream_lifetime_s_min", "ingest.stream_lifetime_s_max"),
        ("ingest.retry_delay_s_min", "ingest.retry_delay_s_max"),
    )
    for low, high in pairs:
        small = getattr(ingest, low.partition(".")[2])
        large = getattr(ingest, high.partition(".")[2])
        if small > large:
            raise ConfigInvalid(
                f"{low} must not be more than {high}; got {small} "
                f"({config.origins.get(low, 'default')}) and {large} "
                f"({config.origins.get(high, 'default')})",
                metadata={"key": low, "value": str(small)},
            )


def _given(key: str, value: object) -> str:
    """Write a wrong value for people; one that may be a secret is not quoted."""
    if isinstance(value, bool | int | float):
        return repr(value)
    if key in (*_URLS, _OPTIONS, _ISSUERS) or not isinstance(value, str):
        return f"a {type(value).__name__} of {len(str(value))} characters, which is not shown"
    return repr(_shown(value))


def _printed(key: str, value: object) -> str:
    """Write a value for people, without its secrets."""
    if isinstance(value, dict):
        if key == _OPTIONS:
            shown = {name: mask(mask_option(name, text)) for name, text in value.items()}
            return json.dumps(shown)
        return json.dumps({_shown(name): _shown(text) for name, text in value.items()})
    if key in _URLS:
        return mask(mask_url(str(value)))
    return _shown(value) if isinstance(value, str) else str(value)


def _shown(text: str) -> str:
    return mask(mask_url(text) if "://" in text else text)


def _secrets(values: Mapping[str, tuple[object, str]]) -> Iterator[str]:
    """Give what among the settings nobody may read."""
    for key, (value, _) in values.items():
        if key == _OPTIONS:
            table = _table(value)
            yield from secrets_of_options(table) if table is not None else [str(value)]
        elif key in _URLS or (isinstance(value, str) and "://" in value):
            yield from secrets_of_url(str(value))
        for text in (_table(value) or {}).values() if key == _ISSUERS else ():
            yield from secrets_of_url(text)


def _remarks(path: Path | None, values: Mapping[str, tuple[object, str]]) -> tuple[str, ...]:
    """Say where every user of the machine may read a secret."""
    if path is None or not is_for_everybody(path):
        return ()
    of_file = {key: each for key, each in values.items() if each[1] == f"file {path}"}
    if not any(_secrets(of_file)):
        return ()
    return (f"every user of the machine may read {path} with its secrets: run chmod o= {path}",)


def _table(value: object) -> dict[str, str] | None:
    """Read a table of texts; None where it is none."""
    try:
        table = _converted("dict[str, str]", value)
    except (TypeError, ValueError):
        return None
    return table if isinstance(table, dict) else None

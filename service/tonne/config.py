"""Configuration: one TOML file, `TONNE_<ROOM>_<FIELD>` on top, options of the command on top.

Each room has one frozen dataclass; units stand in the field names. This is the only module
that reads the environment. An unknown key stops the start and names the nearest known one.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")
MIB = 1 << 20

ENVIRONMENT_PREFIX = "TONNE_"

_SERVICE_LINK = re.compile(r"(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)")
"""Kubernetes gives every pod such variables for each Service of its namespace: one named
`tonne` or `tonne-...` makes `TONNE_SERVICE_HOST` and the like, which are none of ours."""

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\s]+):(\d{1,5})")
_PASSWORD = re.compile(r"(?<=:)[^:/@]*(?=@)")
_PORT_MAX = 65535
_NEAR_ENOUGH = 0.7


def _setting(
    default: T,
    about: str,
    *,
    minimum: float | None = None,
    choices: tuple[str, ...] = (),
    check: Callable[[str], str] | None = None,
) -> T:
    """Declare a setting: its default, what it is, and what it may be."""
    rules = {"about": about, "minimum": minimum, "choices": choices, "check": check}
    if isinstance(default, dict):
        made: T = field(default_factory=lambda: default.__class__(default), metadata=rules)
        return made
    declared: T = field(default=default, metadata=rules)
    return declared


def _check_address(text: str) -> str:
    """Say what is wrong with `HOST:PORT`, or nothing."""
    found = _ADDRESS.fullmatch(text)
    good = found is not None and int(found[2]) <= _PORT_MAX
    return "" if good else "HOST:PORT, like 127.0.0.1:50051 (port 0 takes a free one)"


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where the server listens, and how it comes and goes."""

    listen: str = _setting("127.0.0.1:50051", "Address of the gRPC port.", check=_check_address)
    admin: str = _setting(
        "127.0.0.1:9464", "Address of /metrics, /livez and /readyz.", check=_check_address
    )
    log_level: str = _setting(
        "info", "Least level that is logged.", choices=("debug", "info", "warning", "error")
    )
    cpus: int = _setting(
        0,
        "Processors that the server counts on, for its busy fraction; 0 means what its machine "
        "and control group allow. In Kubernetes: the request.",
        minimum=0,
    )
    call_threads: int = _setting(
        8, "Threads for calls other than Append: reports, lists, imports.", minimum=1
    )
    drain_s: float = _setting(
        5.0, "Time over which a stopping server spreads its close signals.", minimum=0
    )
    stop_grace_s: float = _setting(
        20.0, "How long a stopping server waits for its streams and calls to end.", minimum=0
    )
    streams_per_connection_max: int = _setting(
        64, "Most calls at once on one connection; further ones queue in the client.", minimum=1
    )
    lookahead_bytes: int = _setting(
        MIB, "HTTP/2 window of a stream that is not being read.", minimum=65_536
    )
    metadata_bytes_max: int = _setting(8_192, "Largest metadata of a call.", minimum=1_024)
    keepalive_time_s: float = _setting(
        60.0, "Silence on a connection after which the server pings.", minimum=1
    )
    keepalive_timeout_s: float = _setting(10.0, "How long a ping may stay unanswered.", minimum=1)
    connection_idle_s_max: float = _setting(
        300.0, "A connection without calls is closed after this.", minimum=1
    )
    connection_age_s_max: float = _setting(
        300.0, "Backstop: a connection is asked to go after this.", minimum=1
    )
    connection_age_grace_s: float = _setting(
        120.0, "Backstop: time for its streams after that.", minimum=1
    )


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """What one process and one stream may hold, and how commits are gathered."""

    message_bytes_max: int = _setting(
        4 * MIB, "Largest AppendRequest or PostRecordsRequest.", minimum=1_024
    )
    batch_records_max: int = _setting(131_072, "Most records of one batch.", minimum=1)
    streams_max: int = _setting(128, "Most Append streams at once.", minimum=1)
    stream_window_bytes: int = _setting(
        16 * MIB, "Most bytes of one stream that are taken and not acknowledged.", minimum=1_024
    )
    in_flight_bytes_max: int = _setting(
        256 * MIB,
        "Memory of all messages and their decoded batches that are not durable.",
        minimum=1_024,
    )
    key_count_max: int = _setting(
        200_000,
        "Distinct record keys after which a stream's dictionaries begin anew.",
        minimum=1,
    )
    row_errors_max: int = _setting(1_000, "Most row errors of one response.", minimum=1)
    decode_threads: int = _setting(0, "Threads that decode; 0 means one for each processor.", minimum=0)
    commit_threads: int = _setting(
        4, "Threads that write commits: as many books commit at the same time.", minimum=1
    )
    commit_bytes_max: int = _setting(
        8 * MIB, "Bytes of batches after which a commit waits for no more.", minimum=1
    )
    commit_delay_s_max: float = _setting(
        0.25, "Longest wait of a batch for others to share its commit.", minimum=0
    )
    commit_quiet_s: float = _setting(
        0.002, "Silence of a book's streams after which a commit waits for no more.", minimum=0
    )
    retry_delay_s_min: float = _setting(
        0.1, "First wait before a commit that the store refused is tried again.", minimum=0.001
    )
    retry_delay_s_max: float = _setting(
        5.0, "Longest such wait; each is twice the one before.", minimum=0.001
    )
    stream_lifetime_s_min: float = _setting(
        60.0, "Streams are asked to reconnect after this ...", minimum=0.001
    )
    stream_lifetime_s_max: float = _setting(
        120.0, "... to this time, drawn evenly.", minimum=0.001
    )
    close_grace_s: float = _setting(
        15.0, "How long a stream is still read after its close signal.", minimum=0
    )
    error_grace_s: float = _setting(
        2.0, "How long a stream that failed waits for the producer's half-close.", minimum=0
    )


@dataclass(frozen=True, slots=True)
class LedgerConfig:
    """What is kept in memory, and the upkeep."""

    postings_cache_bytes_max: int = _setting(
        256 * MIB, "Memory of decoded postings kept for inventories.", minimum=0
    )
    merge_files_max: int = _setting(
        64, "Live postings files of one tier of a book beyond which they are merged.", minimum=2
    )
    merge_lease_s: float = _setting(
        120.0, "How long a merge of a server that died keeps the others off.", minimum=1
    )
    upkeep_interval_s: float = _setting(
        10.0, "Time between two rounds of merging and of collecting garbage.", minimum=0.01
    )


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where the ledger is kept."""

    manifest_url: str = _setting(
        "", "sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
    )
    objects_url: str = _setting("", "file:///DIR, s3://BUCKET/PREFIX, gs://... or az://...")
    objects_options: dict[str, str] = _setting(  # noqa: RUF009  # makes a new one each time
        {}, "Options of the object storage, as obstore names them."
    )
    manifest_pool_size: int = _setting(8, "Connections to the manifest.", minimum=1)


@dataclass(frozen=True, slots=True)
class FaultsConfig:
    """Fault points for tests. Nothing is armed unless asked for."""

    armed: str = _setting("", "Like commit.after_sql=kill:3; see tonne.store.faults.")


_ROOMS: dict[str, type] = {
    "server": ServerConfig,
    "ingest": IngestConfig,
    "ledger": LedgerConfig,
    "store": StoreConfig,
    "faults": FaultsConfig,
}

_SHORT_NAMES = {"TONNE_FAULTS": "faults.armed"}
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
    """All settings. `origins` says where each value that is no default came from."""

    server: ServerConfig = ServerConfig()
    ingest: IngestConfig = IngestConfig()
    ledger: LedgerConfig = LedgerConfig()
    store: StoreConfig = field(default_factory=StoreConfig)
    faults: FaultsConfig = FaultsConfig()
    origins: Mapping[str, str] = field(default_factory=dict)

    def items(self) -> Iterator[Item]:
        """Give every setting in order of rooms and fields, secrets masked."""
        for room, kind in _ROOMS.items():
            for one in dataclasses.fields(kind):
                key = f"{room}.{one.name}"
                value = getattr(getattr(self, room), one.name)
                origin = self.origins.get(key, "default")
                yield Item(key, _printed(value), origin, one.metadata["about"])


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
    values.update(_from_environment(os.environ if environ is None else environ))
    for key, value in (overrides or {}).items():
        _find(key, "option")
        values[key] = (value, "command line")
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
    config = Config(**rooms, origins={key: origin for key, (_, origin) in values.items()})
    _check_together(config)
    return config


def data_directory(directory: Path) -> dict[str, object]:
    """Give the values that keep a whole ledger in one directory: SQLite and files."""
    absolute = directory.absolute()
    return {
        "store.manifest_url": f"sqlite:///{absolute / 'manifest.db'}",
        "store.objects_url": (absolute / "objects").as_uri(),
    }


def _from_file(path: Path) -> Iterator[tuple[str, tuple[object, str]]]:
    origin = f"file {path}"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigInvalid(
            f"the configuration is a TOML file that can be read; {path}: {error}",
            metadata={"path": str(path)},
        ) from error
    for room, table in tables.items():
        if room not in _ROOMS:
            raise _unknown(room, _ROOMS, origin)
        if not isinstance(table, dict):
            raise ConfigInvalid(
                f"{origin}: {room} is a table, [{room}]; got {table!r}", metadata={"key": room}
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
            f"{origin}: {key} must be {expected}; got {value!r}",
            metadata={"key": key, "value": str(value)},
        )
    return converted


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "dict[str, str]": "a table of texts (in the environment: a JSON object)",
}


def _converted(kind: str, value: object) -> object:
    """Convert a value of TOML, or a text of the environment, to the field's type."""
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


def _printed(value: object) -> str:
    """Write a value for people, without its secrets."""
    if isinstance(value, dict):
        return json.dumps({key: _masked_option(key, text) for key, text in value.items()})
    return _PASSWORD.sub("***", value) if isinstance(value, str) and "://" in value else str(value)


def _masked_option(key: str, text: str) -> str:
    secret = ("secret", "key", "token", "password", "sas")
    return "***" if any(word in key.lower() for word in secret) else text

"""The configuration: where values come from, and what stops the start."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy.engine import make_url

from tonne.config import Config, data_directory, load
from tonne.errors import ConfigInvalid


@pytest.fixture
def file(tmp_path):
    def write(text: str):
        path = tmp_path / "tonne.toml"
        path.write_text(text)
        return path

    return write


def _items(config: Config) -> dict[str, tuple[str, str]]:
    return {item.key: (item.text, item.origin) for item in config.items()}


def test_without_anything_every_value_is_its_default():
    """Every field of every room is listed once, as default, with what it is about."""
    config = load(environ={})
    items = list(config.items())
    fields = sum(
        len(dataclasses.fields(getattr(config, room)))
        for room in (
            "server",
            "calls",
            "ingest",
            "ledger",
            "publish",
            "store",
            "security",
            "faults",
        )
    )
    assert len(items) == len({item.key for item in items}) == fields
    assert {item.origin for item in items} == {"default"}
    assert all(item.about.strip() for item in items)


def test_the_command_line_beats_the_environment_beats_the_file(file):
    """Each layer covers the one below, value by value, and is named as the origin.

    A default that the command gives is below all of them.
    """
    path = file("[ingest]\nstreams_max = 1\ncommit_threads = 1\ndecode_threads = 1\n")
    environ = {"TONNE_INGEST_STREAMS_MAX": "2", "TONNE_INGEST_COMMIT_THREADS": "2"}
    given = {"ingest.streams_max": 9, "ingest.decode_threads": 9, "ingest.row_errors_max": 9}
    config = load(path, {"ingest.streams_max": 3}, defaults=given, environ=environ)
    ingest = config.ingest
    assert (ingest.streams_max, ingest.commit_threads, ingest.decode_threads) == (3, 2, 1)
    items = _items(config)
    assert items["ingest.streams_max"] == ("3", "command line")
    assert items["ingest.commit_threads"] == ("2", "environment TONNE_INGEST_COMMIT_THREADS")
    assert items["ingest.decode_threads"] == ("1", f"file {path}")
    assert items["ingest.row_errors_max"] == ("9", "default")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("[ingest]\nstream_max = 1\n", "ingest.streams_max"),
        ("[ingst]\nstreams_max = 1\n", "ingest"),
        ("listen = 'here'\n", "server"),
    ],
)
def test_an_unknown_key_of_the_file_names_the_nearest(file, text, nearest):
    """A typing error stops the start and says what was meant."""
    with pytest.raises(ConfigInvalid) as wrong:
        load(file(text), environ={})
    if nearest != "server":
        assert wrong.value.metadata["nearest"] == nearest
    assert "tonne.toml" in wrong.value.message


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("TONNE_INGEST_STREAM_MAX", "ingest.streams_max"),
        ("TONNE_INGST_STREAMS_MAX", "ingest.streams_max"),
        ("TONNE_SERVER_PORT", "server."),
    ],
)
def test_an_unknown_variable_names_the_nearest(variable, nearest):
    """So does a typing error in the environment."""
    with pytest.raises(ConfigInvalid) as wrong:
        load(environ={variable: "1"})
    assert wrong.value.metadata["nearest"].startswith(nearest)
    assert variable in wrong.value.message


def test_variables_of_others_are_left_alone():
    """What Kubernetes makes for services, and what other programs use, stops nothing."""
    environ = {
        "TONNE_SERVER": "127.0.0.1:50051",
        "TONNE_PORT": "tcp://10.0.0.1:50051",
        "TONNE_PORT_50051_TCP_ADDR": "10.0.0.1",
        "TONNE_SERVICE_HOST": "10.0.0.1",
        "TONNE_SERVICE_PORT_GRPC": "50051",
        "TONNE_SERVER_PORT": "tcp://10.0.0.1:50051",
        "TONNE_HEADLESS_SERVICE_HOST": "None",
        "TONNE_TEST_SEED": "1",
        "PATH": "/bin",
    }
    assert load(environ=environ) == load(environ={})


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("ingest.streams_max", "many", "a whole number"),
        ("ingest.streams_max", True, "a whole number"),
        ("ingest.streams_max", 1.5, "a whole number"),
        ("ingest.streams_max", 0, "at least 1"),
        ("ingest.close_grace_s", "nan", "at least 0"),
        ("ingest.close_grace_s", "soon", "a number"),
        ("server.listen", "here", "HOST:PORT"),
        ("server.listen", "localhost:70000", "HOST:PORT"),
        ("server.log_level", "loud", "one of debug, info"),
        ("store.manifest_url", 1, "a text"),
        ("store.objects_options", "[1]", "a table of texts"),
        ("store.objects_options", {"a": 1}, "a table of texts"),
    ],
)
def test_a_wrong_value_says_what_it_must_be(key, value, expected):
    """Key, value, expectation and origin are in the message."""
    with pytest.raises(ConfigInvalid) as wrong:
        load(overrides={key: value}, environ={})
    assert wrong.value.message.startswith(f"command line: {key} must be {expected}")
    is_shown = key != "store.objects_options"
    assert (repr(value) in wrong.value.message) == is_shown
    assert is_shown or "which is not shown" in wrong.value.message


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:50051", "tonne.example:65535"])
def test_addresses_of_all_kinds_are_taken(address):
    """A name, IPv4 or IPv6 with a port."""
    assert load(overrides={"server.listen": address}, environ={}).server.listen == address


def test_values_that_do_not_fit_together_stop_the_start():
    """A window smaller than a message would never let one in."""
    with pytest.raises(ConfigInvalid, match="message_bytes_max must not be more than"):
        load(overrides={"ingest.stream_window_bytes": 1024}, environ={})


def test_a_file_that_cannot_be_read_is_named(tmp_path, file):
    """Neither a missing file nor one that is no TOML passes for an empty one."""
    for path in (tmp_path / "missing.toml", file("[server\n")):
        with pytest.raises(ConfigInvalid, match=path.name):
            load(path, environ={})


def test_secrets_are_masked_when_printed(file):
    """Passwords of URLs and keys of the bucket do not show; the values are whole."""
    path = file(
        '[store]\nmanifest_url = "postgresql+psycopg://u:secret@db:5432/tonne"\n'
        'objects_options = { aws_secret_access_key = "secret", aws_region = "eu" }\n'
    )
    config = load(path, environ={})
    assert "secret" in config.store.manifest_url
    items = _items(config)
    assert items["store.manifest_url"][0] == "postgresql+psycopg://u:***@db:5432/tonne"
    assert items["store.objects_options"][0] == (
        '{"aws_secret_access_key": "***", "aws_region": "eu"}'
    )


def test_a_table_in_the_environment_is_json():
    """Options of the bucket fit into one variable."""
    environ = {"TONNE_STORE_OBJECTS_OPTIONS": '{"aws_region": "eu"}'}
    assert load(environ=environ).store.objects_options == {"aws_region": "eu"}


def test_fault_points_have_a_variable_of_their_own():
    """TONNE_FAULTS arms them."""
    assert load(environ={"TONNE_FAULTS": "x=raise"}).faults.armed == "x=raise"


def test_the_form_of_the_log_has_a_short_name():
    """TONNE_LOG_FORMAT is server.log_format."""
    assert load(environ={"TONNE_LOG_FORMAT": "text"}).server.log_format == "text"


def test_a_directory_holds_a_whole_ledger(tmp_path, monkeypatch):
    """The URLs are absolute whatever the working directory."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "data"
    config = load(overrides=data_directory(directory.relative_to(tmp_path)), environ={})
    assert config.store.manifest_url == f"sqlite:///{directory}/manifest.db"
    assert config.store.objects_url == f"file://{directory}/objects"


@pytest.mark.parametrize("name", ["what?", "50%41"])
def test_a_directory_whose_manifest_would_stand_elsewhere_is_refused(tmp_path, name):
    """What ends a URL of SQLite, or is decoded in one, by some versions of its reader."""
    with pytest.raises(ConfigInvalid, match="without"):
        data_directory(tmp_path / name)


@pytest.mark.parametrize("name", ["#1", "a b", "ä&b=c;d@e:f"])
def test_a_directory_of_any_other_name_holds_its_manifest(tmp_path, name):
    """The URL leads to where the directory is."""
    config = load(overrides=data_directory(tmp_path / name), environ={})
    assert make_url(config.store.manifest_url).database == f"{tmp_path}/{name}/manifest.db"

"""The files of a ledger are its owner's alone; what others may write is not trusted."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.servers.api import Api, Producer, record
from tests.support.servers.identities import Authority, write_pair
from tests.support.servers.server import ServerProcess
from tonne.config import SecurityConfig, data_directory, load
from tonne.edge.access.jwks import KeySet
from tonne.edge.access.tls import open_certificates
from tonne.errors import ConfigInvalid
from tonne.permissions import fault_of_writers, warn_of_readers
from tonne.telemetry import Telemetry

if TYPE_CHECKING:
    from pathlib import Path


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_everything_that_a_server_writes_is_its_owners_alone(tmp_path, umask):
    """Directories, objects, the manifest, its log and its index, whatever the umask."""
    ledger = tmp_path / "of" / "acme"
    before = os.umask(umask)
    try:
        server = ServerProcess("--data", str(ledger))
    finally:
        os.umask(before)
    with server:
        api = Api(server.address)
        producer = Producer.opened(api, api.make_book("acme") + "/channels/m")
        producer.send_rows(0, record(0))
        producer.finish()
        api.close()
        found = {path: _mode(path) for path in [ledger.parent, ledger, *ledger.rglob("*")]}
        assert server.terminate() == 0
    assert {path.name for path in found} > {"manifest.db", "manifest.db-wal", "manifest.db-shm"}
    assert any(path.suffix == ".parquet" for path in found)
    wrong = {
        path: oct(mode)
        for path, mode in found.items()
        if mode != (0o700 if path.suffix == "" else 0o600)
    }
    assert wrong == {}


def test_a_ledger_that_others_may_read_is_told(tmp_path, caplog):
    """With the command that mends it; one that is private is no news."""
    file = tmp_path / "a b"
    file.touch()
    for mode, is_told in ((0o600, False), (0o660, False), (0o604, True), (0o602, True)):
        caplog.clear()
        file.chmod(mode)
        warn_of_readers(file)
        assert bool(caplog.messages) == is_told
        assert not is_told or f"chmod go= '{file}'" in caplog.messages[0]


def test_the_group_of_others_is_others(tmp_path, caplog):
    """The process's own group may have all rights, as of a volume in Kubernetes; no other."""
    file = tmp_path / "key"
    file.touch()
    file.chmod(0o660)
    assert fault_of_writers(file) == ""
    os.chown(file, -1, os.getegid() + 1)
    assert "is writable by other users" in fault_of_writers(file)
    file.chmod(0o640)
    assert fault_of_writers(file) == ""
    warn_of_readers(file)
    assert "chmod go=" in caplog.text


def _security(directory: Path) -> SecurityConfig:
    return SecurityConfig(
        tls_certificate_file=str(directory / "tls.crt"),
        tls_key_file=str(directory / "tls.key"),
        tls_client_ca_file=str(directory / "ca.crt"),
        client_certificate="required",
    )


@pytest.mark.parametrize("name", ["tls.key", "tls.crt", "ca.crt", "."])
def test_a_key_that_others_may_write_is_refused(tmp_path, name):
    """So are the certificate, the authorities, and a directory in which all may be replaced."""
    directory = tmp_path / "tls"
    authority = Authority()
    write_pair(directory, authority.issue("server"), authority.certificate)
    (directory / name).chmod(_mode(directory / name) | 0o002)
    with pytest.raises(ConfigInvalid, match=r"by other users.*chmod go-w"):
        open_certificates(_security(directory), Telemetry())


def test_a_key_as_kubernetes_mounts_it_is_taken(tmp_path, caplog):
    """Through symbolic links, for the group of the pod, in a directory like /tmp."""
    mount = tmp_path / "mount"
    authority = Authority()
    write_pair(mount / "..2026", authority.issue("server"), authority.certificate)
    for file in (mount / "..2026").iterdir():
        file.chmod(0o440)
    (mount / "..data").symlink_to("..2026")
    for name in ("tls.key", "tls.crt", "ca.crt"):
        (mount / name).symlink_to(f"..data/{name}")
    mount.chmod(0o1777)
    assert open_certificates(_security(mount), Telemetry()) is not None
    assert "may read" not in caplog.text


def test_a_key_that_everybody_may_read_is_told(tmp_path, caplog):
    """It is taken: the default of a mounted secret is just so."""
    authority = Authority()
    write_pair(tmp_path, authority.issue("server"), authority.certificate)
    (tmp_path / "tls.key").chmod(0o644)
    assert open_certificates(_security(tmp_path), Telemetry()) is not None
    assert "every user of the machine may read" in caplog.text


def test_keys_and_settings_that_others_may_write_are_refused(tmp_path):
    """Who writes the keys of an issuer, or the settings, is anybody he likes."""
    jwks, file = tmp_path / "jwks.json", tmp_path / "tonne.toml"
    jwks.write_text('{"keys": []}')
    file.write_text("")
    for path in (jwks, file):
        path.chmod(0o666)
    with pytest.raises(ConfigInvalid, match="chmod go-w"):
        KeySet(str(jwks), SecurityConfig(), Telemetry())
    with pytest.raises(ConfigInvalid, match="chmod go-w"):
        load(file, environ={})


def test_settings_with_a_secret_that_everybody_may_read_are_told(tmp_path):
    """Without a secret they are no news."""
    file = tmp_path / "tonne.toml"
    for url, remarks in (("postgresql+psycopg://u:pa55w0rd@db/t", 1), ("sqlite:////x", 0)):
        file.write_text(f'[store]\nmanifest_url = "{url}"\n')
        file.chmod(0o644)
        assert len(load(file, environ={}).remarks) == remarks
        file.chmod(0o640)
        assert load(file, environ={}).remarks == ()


def test_a_ledger_of_a_library_is_private_too(tmp_path):
    """Without the command, whose umask would do it."""
    script = (
        "import os, sys; os.umask(0);"
        "from tonne.store.manifest.manifest import Manifest;"
        "from tonne.store.objects.objects import open_objects;"
        "Manifest.open(sys.argv[1]).close();"
        "open_objects(sys.argv[2], {}).put('a/b', b'1')"
    )
    places = data_directory(tmp_path / "data")
    urls = [str(places["store.manifest_url"]), str(places["store.objects_url"])]
    subprocess.run([sys.executable, "-c", script, *urls], check=True, timeout=60)
    modes = {_mode(each) for each in (tmp_path / "data").rglob("*")}
    assert modes == {0o700, 0o600}

"""compose.yaml, checked without an engine: settings, ports, files, Prometheus's own opinion."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
import yaml

from tests.compose.rules_file import ROOT, TARGET, rules_file
from tonne.config import load

DOCUMENT = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = DOCUMENT["services"]
KEYS = {
    *("build", "command", "depends_on", "environment", "healthcheck", "image", "ports"),
    *("stop_grace_period", "volumes"),
}
"""Keys of a service in the Compose specification that are used here: a misspelt one is none."""

SERVER = SERVICES["server"]["environment"]


def test_every_service_is_well_formed_and_pinned():
    """Known keys alone; an image has a version that is no moving name."""
    assert set(DOCUMENT) == {"name", "services", "volumes"}
    for name, service in SERVICES.items():
        assert set(service) <= KEYS, name
        assert ("image" in service) != ("build" in service), name
        version = service.get("image", "x:1").rpartition(":")[2]
        assert re.search(r"\d", version), name
        for other in service.get("depends_on", ()):
            assert other in SERVICES, name


def test_what_is_waited_for_can_come():
    """A service whose health is waited for says how to see it."""
    for service in SERVICES.values():
        waits = service.get("depends_on", {})
        for other, wait in waits.items() if isinstance(waits, dict) else ():
            if wait["condition"] == "service_healthy":
                assert SERVICES[other]["healthcheck"]["test"][0] == "CMD"


def test_the_server_takes_its_environment():
    """Every variable is a setting, and all together are a configuration that starts."""
    config = load(environ=SERVER)
    taken = {item.origin for item in config.items() if item.origin.startswith("environment ")}
    assert taken == {f"environment {variable}" for variable in SERVER}


def test_names_and_passwords_agree():
    """The server asks for the database, the bucket and the keys that the others have."""
    database = urlsplit(SERVER["TONNE_STORE_MANIFEST_URL"])
    postgres = SERVICES["postgres"]["environment"]
    assert database.hostname in SERVICES
    assert database.username == postgres["POSTGRES_USER"]
    assert database.password == postgres["POSTGRES_PASSWORD"]
    assert database.path == f"/{postgres['POSTGRES_DB']}"
    options = json.loads(SERVER["TONNE_STORE_OBJECTS_OPTIONS"])
    minio = SERVICES["minio"]["environment"]
    assert options["access_key_id"] == minio["MINIO_ROOT_USER"]
    assert options["secret_access_key"] == minio["MINIO_ROOT_PASSWORD"]
    maker = urlsplit(SERVICES["bucket"]["environment"]["MC_HOST_laptop"])
    assert maker.netloc.rpartition("@")[2] == urlsplit(options["endpoint"]).netloc
    assert (maker.username, maker.password) == (
        minio["MINIO_ROOT_USER"],
        minio["MINIO_ROOT_PASSWORD"],
    )
    bucket = urlsplit(SERVER["TONNE_STORE_OBJECTS_URL"]).netloc
    assert SERVICES["bucket"]["command"][-1] == f"laptop/{bucket}"


def test_ports_are_on_loopback_and_differ():
    """Nothing here is for others, and no two services want the same port."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)
    inside = {port.split(":")[2] for port in SERVICES["server"]["ports"]}
    assert inside == {
        SERVER[name].rpartition(":")[2] for name in ("TONNE_SERVER_LISTEN", "TONNE_SERVER_ADMIN")
    }


def test_every_volume_is_there_and_used():
    """Named ones are declared, files exist, nothing is declared in vain."""
    mounts = [each.split(":")[0] for s in SERVICES.values() for each in s.get("volumes", ())]
    files = {each for each in mounts if each.startswith("./")}
    assert set(mounts) - files == set(DOCUMENT["volumes"])
    for each in files:
        assert (ROOT / each).is_file(), each


def test_the_rules_are_those_of_the_cluster():
    """compose/rules.yaml is what `python -m tests.compose.rules_file` writes."""
    assert TARGET.read_text() == rules_file()


def test_prometheus_takes_its_configuration(tmp_path):
    """By its own check; what it scrapes is the server's admin port."""
    program = shutil.which("promtool") or pytest.fail("promtool is missing: `make system`")
    for name in ("prometheus.yaml", "rules.yaml"):
        shutil.copy(ROOT / "compose" / name, tmp_path)
    command = [program, "check", "config", tmp_path / "prometheus.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (job,) = yaml.safe_load((tmp_path / "prometheus.yaml").read_text())["scrape_configs"]
    ((target,),) = (each["targets"] for each in job["static_configs"])
    service, port = target.split(":")
    assert SERVICES[service]["environment"]["TONNE_SERVER_ADMIN"].endswith(f":{port}")

"""The client alone: built from the same sources, used where nothing else of Tonne is."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.servers.server import ServerProcess
from tonne.client import Client

REPOSITORY = Path(__file__).parents[3]
BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, sys.argv[1])(sys.argv[2]))
"""
USE = """
import sys
from tonne_client import Client
from tonne_client.errors import InputError
record = dict(facility="f", activity="electricity.grid", quantity="2", unit="MWh", region="GB")
record |= dict(start="2025-03-01", end="2025-04-01")
with Client(sys.argv[1]) as client:
    result = client.channel("acme", "alone").append([record], start_offset=0)
    print(result.durable_up_to_offset, client.inventory("acme").total.kg_co2e)
    try:
        client.get_book("none")
    except InputError as error:
        print(error.code)
print(*{name.partition(".")[0] for name in sys.modules})
"""
NEEDED = ("grpc", "google", "typing_extensions")
"""What the wheel's dependencies install, by the names of their modules."""


def project(path):
    return tomllib.loads((REPOSITORY / path).read_text())["project"]


def run(*command, cwd, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def build(kind, source, target):
    target.mkdir()
    run("-c", BUILD, kind, target, cwd=source)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the wheel of the client's sdist, and its dependencies alone beside it."""
    folder = tmp_path_factory.mktemp("client")
    tree = folder / "tree"
    unwanted = shutil.ignore_patterns("__pycache__", "src", "*.egg-info", "build")
    for part in ("service", "clients"):
        shutil.copytree(REPOSITORY / part, tree / part, ignore=unwanted)
    shutil.copy(REPOSITORY / "LICENSE", tree)
    sdist = build("build_sdist", tree / "clients" / "python", folder / "sdist")
    (folder / "unpacked").mkdir()
    subprocess.run(["tar", "-xf", sdist, "-C", folder / "unpacked"], check=True)
    (unpacked,) = (folder / "unpacked").iterdir()
    wheel = build("build_wheel", unpacked, folder / "wheel")
    assert wheel.name.endswith("-py3-none-any.whl")
    made = folder / "site"
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target")
    run(*pip, made, wheel, cwd=folder)
    for name in NEEDED:
        found = importlib.util.find_spec(name)
        place = Path((found.submodule_search_locations or [found.origin])[0])
        (made / place.name).symlink_to(place)
    return made


def test_the_client_works_where_nothing_else_is(site, tmp_path):
    """It appends to a server and reads the inventory; no Polars, no SQL, no kernel is there."""
    with (
        ServerProcess("--data", str(tmp_path / "ledger")) as server,
        Client(server.address) as client,
    ):
        client.create_book("acme")
        told = run("-S", "-c", USE, server.address, cwd=tmp_path, PYTHONPATH=str(site))
        expected = client.inventory("acme").total.kg_co2e
    appended, code, packages = told
    assert appended == f"1 {expected}"
    assert expected > 0
    assert code == "BOOK_UNKNOWN"
    assert set(packages.split()) & {"tonne", "tonne_kernel", "polars", "sqlalchemy"} == set()


def test_the_two_distributions_have_no_file_in_common(site):
    """So either may be installed and removed beside the other."""
    assert not (site / "tonne").exists()
    assert {each.name for each in site.glob("tonne*")} == {
        "tonne_client",
        "tonne_client-0.1.0.dist-info",
    }
    assert (site / "tonne_client" / "v1" / "ingest_pb2.pyi").is_file()
    assert (site / "tonne_client" / "py.typed").is_file()


def test_both_clients_live_in_one_process(site, tmp_path):
    """protobuf takes the same files of the protocol twice."""
    script = "import tonne.client, tonne_client; print(tonne_client.Client is tonne.client.Client)"
    assert run("-c", script, cwd=tmp_path, PYTHONPATH=str(site)) == ["False"]


def test_both_distributions_say_the_same():
    """Version, Python and the floors of what both need."""
    whole, alone = project("pyproject.toml"), project("clients/python/pyproject.toml")
    assert alone["version"] == whole["version"]
    assert alone["requires-python"] == whole["requires-python"]
    assert alone["license"] == whole["license"]
    needed = {*alone["dependencies"], *alone["optional-dependencies"]["polars"]}
    assert needed <= set(whole["dependencies"])

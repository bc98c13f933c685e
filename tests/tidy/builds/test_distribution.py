"""What is distributed is whole: sdist, wheel from that sdist, import from outside the tree."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, sys.argv[1])(sys.argv[2]))
"""
USE = """
import sys
import tonne_kernel
import tonne.v1.ingest_pb2
from pathlib import Path
assert Path(tonne_kernel.__file__).is_relative_to(sys.argv[1]), tonne_kernel.__file__
assert tonne_kernel.parse_decimal(b"-12.5") == -125 * 10**17
"""


def run(*command, cwd, **environment):
    """Run Python with a command; its output."""
    finished = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def build(kind, source, target):
    """Build a distribution by the backend itself, with the tools at hand; its path."""
    target.mkdir()
    faster = target.with_suffix(".cfg")
    faster.write_text(f"[build_ext]\nparallel = {os.cpu_count()}\n")
    run("-c", BUILD, kind, target, cwd=source, DIST_EXTRA_CONFIG=str(faster))
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """The sdist of a clean copy of the tree, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        source = REPOSITORY / name
        if source.is_file():
            copy = folder / "tree" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    archive = build("build_sdist", folder / "tree", folder / "dist")
    (folder / "unpacked").mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", folder / "unpacked"], check=True)
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


def files(root, *suffixes):
    """Paths below a folder with one of the suffixes."""
    return {
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in suffixes
    }


def test_the_sdist_holds_all_sources(sdist):
    """Nothing that the build or a reader needs is lost on the way into the sdist."""
    for folder, suffixes in (
        ("ext", (".pyx", ".pxd", ".pyi", ".py", ".h")),
        ("proto", (".proto", ".yaml")),
        ("docs", (".md",)),
        ("service", (".py", ".pyi", ".mako", ".typed", ".csv", ".toml", ".ini", ".sql")),
    ):
        expected = files(REPOSITORY / folder, *suffixes)
        assert expected
        assert expected - files(sdist / folder, *suffixes) == set()
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        assert (sdist / name).is_file()


def test_the_long_description_leads_to_the_repository(sdist):
    """A package index has none of the files that README.md names beside it."""
    described = (sdist / "PKG-INFO").read_text()
    links = re.findall(r"\]\(([^)]+)\)", described)
    assert len(links) > 20
    assert [each for each in links if not each.startswith("https://")] == []
    assert "/blob/main/docs/settings.md" in described


@pytest.mark.timeout(600)
def test_a_wheel_of_the_sdist_works_outside_the_tree(sdist, tmp_path):
    """The wheel that the sdist makes has the compiled kernel, its types and the stubs."""
    wheel = build("build_wheel", sdist, tmp_path / "wheel")
    target = tmp_path / "site"
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target")
    run(*pip, target, wheel, cwd=tmp_path)
    kinds = (".py", ".csv", ".toml")
    assert files(REPOSITORY / "service", *kinds) <= files(target, *kinds)
    assert (target / "tonne_kernel" / "__init__.pyi").is_file()
    assert (target / "tonne_kernel" / "py.typed").is_file()
    run("-c", USE, target, cwd=tmp_path, PYTHONPATH=str(target), PYTHONWARNINGS="error")

"""The image and its locks: what can be seen without building it; `make image` sees the rest."""

import gzip
import io
import json
import os
import re
import tarfile
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from image import audit, build, contents, oci
from image.debian import PYTHON, SUITE
from image.lock import LOCKS

REPOSITORY = Path(__file__).parents[3]
ENTRY = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?P<marker> ;[^\\]*)? \\$")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?$")
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()


def read_lock(lock):
    """Version of each package of a lock; every line must be one that a lock has."""
    versions, hashes, name = {}, {}, None
    for line in (REPOSITORY / lock).read_text().splitlines():
        if entry := ENTRY.match(line):
            name = entry["name"]
            versions[name], hashes[name] = entry["version"], 0
        elif HASH.match(line):
            hashes[name] += 1
        else:
            assert line.lstrip().startswith("#"), f"{lock}: {line}"
    assert versions
    assert all(hashes.values()), hashes
    return versions


def requirements(source):
    """Requirements that a lock is made from."""
    if source == "pyproject.toml":
        project = tomllib.loads((REPOSITORY / source).read_text())["project"]
        return [Requirement(line) for line in project["dependencies"]]
    lines = (REPOSITORY / source).read_text().splitlines()
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(("lock", "source"), LOCKS.items())
def test_a_lock_holds_every_dependency_with_hashes(lock, source):
    """Each dependency is locked, at a version that its floor allows, each file by its hash."""
    versions = read_lock(lock)
    for requirement in requirements(source):
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not in {lock}: run make lock"
        assert requirement.specifier.contains(versions[name]), f"{requirement}: run make lock"


def test_a_lock_holds_what_the_extras_bring():
    """The binary of psycopg and the algorithms of PyJWT are locked, not only their fronts."""
    assert {"psycopg-binary", "cryptography", "cffi"} <= read_lock("requirements.lock").keys()


def test_servers_have_what_the_console_needs():
    """The image serves the pages, too: the extra is in its lock."""
    versions = read_lock("requirements.lock")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for line in project["optional-dependencies"]["console"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock):
    """Where packages come from is the machine's business."""
    assert "://" not in (REPOSITORY / lock).read_text()


def test_the_build_is_the_one_of_the_project():
    """What the kernel is built with is what pyproject.toml asks for."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    source = (REPOSITORY / "image/build-requirements.in").read_text().split()
    assert sorted(source) == sorted(project["build-system"]["requires"])


def test_publishers_have_what_the_extra_names():
    """The lock that is laid over the other is made from the extra, and agrees with the other."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    source = (REPOSITORY / "image/publish.in").read_text().split()
    assert source == project["optional-dependencies"]["publish"]
    servers, publishers = read_lock("requirements.lock"), read_lock("image/publish.lock")
    assert {name: publishers[name] for name in publishers.keys() & servers.keys()} == {
        name: servers[name] for name in publishers.keys() & servers.keys()
    }


def test_the_dockerfile_says_what_the_layout_says():
    """User, ports, entry point, folder, Python and system are the same by both ways."""
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    (server,) = (stage for stage in stages if stage.partition("\n")[0].endswith(" AS server"))
    assert stages[-1].split() == ["server"]
    said = dict(re.findall(r"^(USER|WORKDIR|ENTRYPOINT|CMD|EXPOSE) (.*)$", server, re.MULTILINE))
    config = build.CONFIG
    assert said["USER"] == config["User"]
    assert said["WORKDIR"] == config["WorkingDir"]
    assert json.loads(said["ENTRYPOINT"]) == config["Entrypoint"]
    assert json.loads(said["CMD"]) == config["Cmd"]
    assert {f"{port}/tcp" for port in said["EXPOSE"].split()} == config["ExposedPorts"].keys()
    assert all(variable in server for variable in config["Env"][1:])
    assert f"ARG PYTHON={PYTHON}\n" in DOCKERFILE
    assert DOCKERFILE.count(f"FROM python:${{PYTHON}}-slim-{SUITE}@${{BASE_DIGEST}}") == 2


def test_every_foreign_image_is_named_by_its_digest():
    """A tag may be another image tomorrow; without the digest the build stops."""
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert image in stages or re.search(r"@(sha256:[0-9a-f]{64}|\$\{BASE_DIGEST\})$", image)
    for source in re.findall(r"--from=(\S+)", DOCKERFILE):
        assert source in stages
    assert re.search(r"^ARG BASE_DIGEST(=sha256:[0-9a-f]{64})?$", DOCKERFILE, re.MULTILINE)


def test_the_dockerfile_installs_what_is_locked():
    """No pip of the Dockerfile resolves anything by itself."""
    for command in re.findall(r"pip (?:install|wheel) (?:.*\\\n)*.*", DOCKERFILE):
        assert "--no-deps" in command, command
        assert "--require-hashes" in command or "/dist" in command, command


def test_the_dockerfile_takes_what_the_context_holds():
    """What it copies is let through by .dockerignore, and nothing else is."""
    taken = {
        word
        for words in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for word in words.split()
    }
    lines = (REPOSITORY / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == taken


def make_root(folder):
    """A small root file system in which nothing is wrong."""
    for name, mode in (
        ("etc/passwd", 0o644),
        ("opt/tonne/bin/python3", 0o755),
        ("opt/tonne/bin/tonne", 0o755),
        ("opt/tonne/lib/a.py", 0o644),
        (f"opt/tonne/lib/__pycache__/a.cpython-{PYTHON.replace('.', '')}.pyc", 0o644),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        path.chmod(mode)
    (folder / "tmp").mkdir()
    (folder / "tmp").chmod(0o1777)
    (folder / "var/lib/tonne").mkdir(parents=True)
    (folder / "opt/tonne/lib/link").symlink_to("a.py")
    return folder


def test_a_good_root_has_no_complaint(tmp_path):
    """What is as it must be passes."""
    assert list(contents.complaints(make_root(tmp_path))) == []


@pytest.mark.parametrize(
    ("name", "mode", "complaint"),
    [
        ("usr/bin/gcc-14", 0o755, "a compiler"),
        ("usr/libexec/gcc/x86_64-linux-gnu/14/cc1", 0o755, "a compiler"),
        ("opt/tonne/lib/pip/x", 0o644, "a package installer"),
        ("opt/tonne/lib/setuptools-80.dist-info/METADATA", 0o644, "a package installer"),
        ("usr/bin/dash", 0o755, "a shell"),
        ("usr/bin/curl", 0o755, "a fetcher"),
        ("usr/include/stdio.h", 0o644, "headers"),
        ("opt/tonne/lib/tonne_kernel/parse.c", 0o644, "the kernel's source"),
        ("opt/tonne/lib/b.py", 0o644, "it must be compiled"),
        ("opt/tonne/lib/world", 0o666, "writable for everybody"),
        ("usr/bin/su", 0o4755, "another user's"),
    ],
)
def test_what_has_no_place_is_found(tmp_path, name, mode, complaint):
    """One file too many is one complaint that says why."""
    path = make_root(tmp_path) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(mode)
    found = list(contents.complaints(tmp_path))
    assert any(line.startswith(name) and complaint in line for line in found), found


def test_what_is_missing_is_found(tmp_path):
    """A root without its program is no image."""
    (make_root(tmp_path) / "opt/tonne/bin/tonne").unlink()
    assert list(contents.complaints(tmp_path)) == ["opt/tonne/bin/tonne: it must be there"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("usr/bin/python3.13", True),
        ("usr/lib/x86_64-linux-gnu/libssl.so.3", True),
        ("usr/share/doc/libssl3t64/copyright", True),
        ("lib64", True),
        ("usr/lib64/ld-linux-x86-64.so.2", True),
        ("usr/bin/debconf", False),
        ("usr/lib/python3.13/sitecustomize.py", False),
        ("usr/sbin/update-ca-certificates", False),
        ("usr/share/zoneinfo/Europe/Paris", False),
        ("usr/lib/x86_64-linux-gnu/libc.a", False),
        ("usr/lib/python3.13/ensurepip/__init__.py", False),
    ],
)
def test_of_the_distribution_only_what_a_program_needs_is_kept(name, kept):
    """Libraries, Python and licences stay; tools do not."""
    assert contents.is_kept(name) is kept


def layer_of(root, folder):
    """The layer of all files of a root, and its archive's members."""
    folder.mkdir()
    owners = {"var/lib/tonne": contents.USER}
    layer = oci.write_layer(root, folder, "all", holds=lambda _: True, owners=owners)
    (blob,) = folder.iterdir()
    assert layer.digest == f"sha256:{blob.name}"
    plain = gzip.decompress(blob.read_bytes())
    return layer, tarfile.open(fileobj=io.BytesIO(plain)).getmembers()


def test_the_same_files_give_the_same_layer(tmp_path):
    """Times and the order on the disk do not matter; content and modes do."""
    first, second = make_root(tmp_path / "first"), make_root(tmp_path / "second")
    for path in second.rglob("*"):
        os.utime(path, (86_400, 86_400), follow_symlinks=False)
    layer, _ = layer_of(first, tmp_path / "a")
    assert layer_of(second, tmp_path / "b")[0] == layer
    (second / "opt/tonne/lib/a.py").chmod(0o755)
    assert layer_of(second, tmp_path / "c")[0] != layer
    (second / "opt/tonne/lib/a.py").chmod(0o644)
    (second / "opt/tonne/lib/a.py").write_text("another")
    assert layer_of(second, tmp_path / "d")[0] != layer


def test_files_are_of_root_but_the_data_folder(tmp_path):
    """The server's user owns nothing that it runs."""
    _, members = layer_of(make_root(tmp_path / "root"), tmp_path / "blobs")
    owned = {member.name for member in members if (member.uid, member.gid) != (0, 0)}
    assert owned == {"var/lib/tonne"}
    assert {member.mtime for member in members} == {0}


def test_every_path_is_in_one_layer():
    """Nothing is lost between the layers, and nothing is there twice."""
    for name in (
        "etc/passwd",
        "opt",
        "opt/tonne",
        "opt/tonnesque",
        "opt/tonne/bin/python3",
        "opt/tonne/bin/tonne",
        f"opt/tonne/lib/python{PYTHON}/site-packages/grpc/__init__.py",
        f"opt/tonne/lib/python{PYTHON}/site-packages/tonne/errors/families.py",
        f"opt/tonne/lib/python{PYTHON}/site-packages/tonne-0.1.0.dist-info/METADATA",
    ):
        assert sum(holds(name) for holds in build.LAYERS.values()) == 1, name


def test_a_layout_is_whole(tmp_path):
    """From the index to each layer, every digest and size is that of the blob."""
    blobs = tmp_path / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    root = make_root(tmp_path / "root")
    layers = [oci.write_layer(root, blobs, "all", holds=lambda _: True)]
    digest = oci.write_layout(
        tmp_path,
        layers,
        build.CONFIG,
        architecture="amd64",
        created="1970-01-01T00:00:00Z",
        name="0",
        annotations={},
    )

    def read(described):
        data = (blobs / described["digest"].removeprefix("sha256:")).read_bytes()
        assert len(data) == described["size"]
        return data

    (described,) = json.loads((tmp_path / "index.json").read_text())["manifests"]
    assert described["digest"] == digest
    manifest = json.loads(read(described))
    image = json.loads(read(manifest["config"]))
    assert image["config"]["User"] == "65532:65532"
    (plain,) = (gzip.decompress(read(layer)) for layer in manifest["layers"])
    assert image["rootfs"]["diff_ids"] == [layers[0].diff_id]
    assert len(plain) == layers[0].plain_bytes


def test_an_audit_that_could_not_look_fails():
    """A package that was not looked up speaks against a release, as a vulnerable one does."""
    clean = {"name": "a", "version": "1", "vulns": []}
    advisory = {"id": "PYSEC-0", "fix_versions": ["2"]}
    assert audit.verdict({"dependencies": [clean]}) == []
    (line,) = audit.verdict({"dependencies": [clean | {"vulns": [advisory]}]})
    assert line == "a 1: PYSEC-0, mended in 2"
    (line,) = audit.verdict({"dependencies": [clean, {"name": "b", "skip_reason": "lost"}]})
    assert "1 of 2 packages could not be looked up (b is the first)" in line
    assert audit.verdict({"dependencies": []}) == ["no package was looked up: the lock is empty"]

"""The newcomer's path of docs/kubernetes.md, as far as it goes without a cluster."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.k8s.golden_files import COMPONENTS, OVERLAYS, find
from tests.k8s.rendering import K8S, ROOT
from tests.support.servers.server import ServerProcess

PAGE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture
def server(tmp_path):
    """What the Deployment of the overlay starts: its arguments, its file, its environment."""
    pod = find("dev", "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    text = find("dev", "ConfigMap")["data"]["tonne.toml"]
    data = tmp_path / "data"
    data.mkdir()
    file = tmp_path / "tonne.toml"
    file.write_text(text.replace("/var/lib/tonne", str(data)), encoding="utf-8")
    arguments = [argument.replace("/etc/tonne", str(tmp_path)) for argument in container["args"]]
    assert arguments.pop(0) == "serve"
    # Ports of its own; the later option wins.
    free = ("--listen", "0.0.0.0:0", "--admin", "127.0.0.1:0")
    environment = {"TONNE_SERVER_CPUS": "1"}
    with ServerProcess(*arguments, *free, env=environment, log=tmp_path / "log") as running:
        yield running


def test_the_commands_of_the_page_work(server, tmp_path):
    """Those of `tonne` and curl run against the server that the overlay starts."""
    address = f"127.0.0.1:{server.address.rpartition(':')[2]}"
    program = str(Path(sys.executable).with_name("tonne"))
    output = ""
    ran = 0
    for command in COMMANDS:
        if not command.startswith((".venv/bin/tonne ", "printf ")):
            continue
        ran += 1
        done = subprocess.run(
            ["/bin/sh", "-c", command.replace(".venv/bin/tonne", shlex.quote(program))],
            cwd=tmp_path,
            env={**os.environ, "TONNE_SERVER": address},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, command + done.stdout + done.stderr
        output += done.stdout
    assert ran == 4
    assert "scope2.location" in output
    for command in COMMANDS:
        if command.startswith("curl "):
            path = command.rpartition(":9464")[2]
            with urllib.request.urlopen(f"http://{server.admin}{path}", timeout=30) as response:
                assert response.status == 200
                assert response.read()
    assert (tmp_path / "data" / "manifest.db").is_file()


def test_every_directory_is_on_the_page():
    """Components and overlays stand in its table, and what it renders is there."""
    listed = re.findall(r"\]\(\.\./k8s/(\w[\w/-]*?)(?:/README\.md)?\)", PAGE)
    expected = [
        "base",
        *(f"components/{c}" for c in COMPONENTS),
        *(f"overlays/{o}" for o in OVERLAYS),
    ]
    assert sorted(listed) == sorted(expected)
    for path in re.findall(r"kubectl kustomize (\S+)", PAGE):
        assert (ROOT / path / "kustomization.yaml").is_file()


def test_kubectl_is_told_about_what_there_is():
    """Namespaces, names and ports in the commands are those of the overlay."""
    ports = {
        port["containerPort"]
        for port in find("dev", "Deployment")["spec"]["template"]["spec"]["containers"][0]["ports"]
    }
    namespace = find("dev", "Namespace")["metadata"]["name"]
    for command in COMMANDS:
        words = shlex.split(command)
        if words[0] == "kubectl" and "--namespace" in words:
            assert words[words.index("--namespace") + 1] == namespace
        if "port-forward" in words:
            assert {int(word) for word in words if word.isdigit()} == ports
        if "deployment/tonne" in words:
            assert find("dev", "Deployment")
    images = [
        container["image"]
        for container in find("dev", "Deployment")["spec"]["template"]["spec"]["containers"]
    ]
    built = [shlex.split(one)[3] for one in COMMANDS if one.startswith("docker build")]
    loaded = [shlex.split(one)[3] for one in COMMANDS if one.startswith("kind load")]
    assert images == built == loaded


def test_links_of_the_pages_lead_somewhere():
    """Relative links of the operators' pages and of k8s/ are files."""
    pages = [
        *(ROOT / "docs" / name for name in ("kubernetes.md", "autoscaling.md", "settings.md")),
        ROOT / "docs" / "metrics.md",
        *(ROOT / "docs" / "runbooks").glob("*.md"),
        *K8S.rglob("*.md"),
    ]
    broken = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if not link.startswith("https://")
        if not (page.parent / link.partition("#")[0]).exists()
    ]
    assert broken == []

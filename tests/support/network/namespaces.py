"""A network of its own for the producers, joined to the servers' by one cable."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from typing import Self

import pytest


class Namespace:
    """A network namespace and a pair of interfaces. `near` is this side's address.

    `prefix` goes before a command to run it on the far side.
    """

    def __init__(self) -> None:
        if shutil.which("ip") is None:
            pytest.fail("`ip` is missing: `apt-get install iproute2` installs it")
        word = uuid.uuid4().hex[:6]
        self._name, self._near, self._far = f"tonne-{word}", f"tn{word}a", f"tn{word}b"
        subnet = f"10.213.{int(word[:2], 16)}"
        self.near, self._far_address = f"{subnet}.1", f"{subnet}.2"
        self.prefix = ("ip", "netns", "exec", self._name)

    def __enter__(self) -> Self:
        try:
            _ip("netns", "add", self._name)
        except subprocess.CalledProcessError as error:
            pytest.fail(f"network namespaces are missing: this needs root ({error.stderr})")
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far)
        _ip("link", "set", self._far, "netns", self._name)
        _ip("addr", "add", f"{self.near}/30", "dev", self._near)
        _ip("link", "set", self._near, "up")
        for words in (
            ("addr", "add", f"{self._far_address}/30", "dev", self._far),
            ("link", "set", self._far, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", self._name, *words)
        return self

    def __exit__(self, *_: object) -> None:
        _ip("link", "del", self._near)
        _ip("netns", "del", self._name)

    def cut(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self._near, "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("link", "set", self._near, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

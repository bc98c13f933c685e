"""Tonne: a carbon ledger that you can stream into."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tonne.client import Client

__all__ = ["Client"]


def __getattr__(name: str) -> object:
    # The server's rooms import this package too, and must not load the SDK.
    if name == "Client":
        from tonne.client import Client  # noqa: PLC0415  # loaded when it is asked for

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

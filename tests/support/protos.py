"""The files of the protocol as they lie in `proto`, whatever the program goes through."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

PROTOS = Path(__file__).parents[2] / "proto"
FILES = tuple(
    import_module(f"tonne.v1.{path.stem}_pb2") for path in sorted(PROTOS.glob("tonne/v1/*.proto"))
)

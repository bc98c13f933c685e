"""Makes `src/tonne_client` from the sources of `tonne`; everything else is in pyproject.toml.

The client is the package `tonne.client` with what it imports, under a name of its own, so that
the two distributions have no file in common (docs/adr/0015-a-client-alone.md). An sdist has
what was made here, and no `service/` beside it.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
SERVICE = REPOSITORY / "service" / "tonne"
TARGET = HERE / "src" / "tonne_client"

PARTS = (
    "client",
    "v1",
    "errors",
    "model.py",
    "quantities.py",
    "py.typed",
    "catalogue/__init__.py",
    "catalogue/words/__init__.py",
    "catalogue/words/accounts.py",
    "catalogue/words/folding.py",
    "catalogue/words/method.py",
    "statements",
)
"""What the client is made of, and what that imports."""

IMPORT = re.compile(r"^(\s*(?:from|import) )tonne\b", re.MULTILINE)
STUB = re.compile(r"'tonne\.(v1\.\w+_pb2)'")
"""The module's own name, which generated code tells protobuf; names of the protocol stay."""

ENTRY = '''"""The client of Tonne, a carbon ledger that you can stream into."""

from tonne_client.client import *
from tonne_client.client import __all__ as __all__
'''


def make_sources() -> None:
    """Copy the parts, and have their imports name the package that they are in now."""
    shutil.rmtree(TARGET, ignore_errors=True)
    for part in PARTS:
        place = SERVICE / part
        for source in place.rglob("*") if place.is_dir() else [place]:
            if source.suffix not in {".py", ".pyi", ".typed"}:
                continue
            text = source.read_text(encoding="utf-8")
            text = STUB.sub(r"'tonne_client.\1'", IMPORT.sub(r"\1tonne_client", text))
            target = TARGET / source.relative_to(SERVICE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    (TARGET / "__init__.py").write_text(ENTRY, encoding="utf-8")
    shutil.copy(REPOSITORY / "LICENSE", HERE / "LICENSE")


if SERVICE.is_dir():
    make_sources()
setup()

"""The extension modules; everything else is in pyproject.toml."""

import os
import re
import tomllib
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

# A debug build checks what the pointers rely on; it lives in a build folder of its own
# (`make debug`) and the kernel tests run on both.
DEBUG = os.environ.get("TONNE_KERNEL_DEBUG") == "1"

# Every access that Cython can check is checked, in the release build too. The loops over records
# run on plain pointers, which no directive reaches: without the checks, the C code of these loops
# is the same line by line. Memoryviews and Python sequences stand where a call begins.
DIRECTIVES = {
    "language_level": 3,
    "embedsignature": True,
    "boundscheck": True,
    "wraparound": False,
    "initializedcheck": True,
    "cdivision": True,
}
# Asserts are on, and undefined behaviour of C stops the process at once.
DEBUG_FLAGS = [
    "-O1",
    "-g",
    "-UNDEBUG",
    "-fsanitize=undefined",
    "-fsanitize-undefined-trap-on-error",
]

# What the debug build checks, and every access to memory: it needs `LD_PRELOAD=libasan.so`
# (`make sanitize`), and says what is wrong where.
SANITIZE = os.environ.get("TONNE_KERNEL_SANITIZE") == "1"
SANITIZE_FLAGS = [
    "-O1",
    "-g",
    "-UNDEBUG",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
]
KIND = "sanitize" if SANITIZE else "debug" if DEBUG else "release"
FLAGS = {"sanitize": SANITIZE_FLAGS, "debug": DEBUG_FLAGS, "release": ["-O3", "-DNDEBUG"]}

extensions = [
    Extension(
        ".".join(path.relative_to("ext").with_suffix("").parts),
        [str(path)],
        extra_compile_args=FLAGS[KIND],
        extra_link_args=["-fsanitize=address,undefined"] if SANITIZE else [],
    )
    for path in sorted(Path("ext/tonne_kernel").rglob("*.pyx"))
]

# `make build` installs what Tonne needs first, and compiles beside the sources after it, once.
LATER = os.environ.get("TONNE_KERNEL") == "later"

PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = PROJECT["urls"]["Repository"] + "/blob/main/"
README = Path("README.md").read_text(encoding="utf-8")

setup(
    # A package index shows it away from the repository.
    long_description=re.sub(r"\]\((?!https?://|#)", f"]({PAGES}", README),
    long_description_content_type="text/markdown",
    ext_modules=cythonize(
        [] if LATER else extensions,
        compiler_directives=DIRECTIVES,
        include_path=["ext"],
        build_dir="build/cython" if KIND == "release" else f"build/cython-{KIND}",
        show_all_warnings=True,
    ),
    options={"build_ext": {"parallel": os.cpu_count()}},
)

"""The application in its root: what the lock names, the wheel of the source, bytecode."""

import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from image.contents import APPLICATION
from image.debian import PYTHON

REPOSITORY = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")

SITE = f"{APPLICATION}/lib/python{PYTHON}/site-packages"
SOURCES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
SOURCE_FOLDERS = ("ext", "proto", "service")
OWN = (f"{SITE}/tonne", f"{SITE}/tonne_kernel", f"{SITE}/tonne-", f"{APPLICATION}/bin/tonne")
"""How the paths of the application's own layer begin."""

BUILD = """
import os
os.chdir("/src")
from setuptools import build_meta
print(build_meta.build_wheel("/dist"))
"""
START = f"""#!/{APPLICATION}/bin/python3
from tonne.cli.main import main

main()
"""
# The same bytes in, the same bytes out; and no variable of this machine goes in.
ENVIRONMENT = {
    "PATH": "/usr/bin",
    "HOME": "/tmp",  # noqa: S108  # inside the root
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "315532800",
}


def is_own(name: str) -> bool:
    """Whether a path belongs to the application's own layer."""
    return name.startswith(OWN)


def install_locked(lock: str, target: Path) -> None:
    """Install what a lock names, for the image's Python; every file must have its hash."""
    # The system's authorities, as pip and apt have them: a registry may be one of the house.
    command = [str(UV), "--system-certs", "pip", "install", "--quiet", "--target", str(target)]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"]
    command += ["--python-version", PYTHON, "--python", sys.executable]
    command += ["--python-platform", f"{platform.machine()}-manylinux_2_40"]
    subprocess.run(  # noqa: S603  # no word of it comes from outside
        [*command, "--requirement", lock], cwd=REPOSITORY, check=True
    )
    # Scripts of packages begin with this machine's Python, and the image needs none of them.
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)


def take_source(target: Path) -> None:
    """Copy what the image is built from, as it is now; what git ignores is left out."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in SOURCES:
        shutil.copy(REPOSITORY / name, target / name)
    for name in SOURCE_FOLDERS:
        unbuilt = shutil.ignore_patterns("__pycache__", "*.so", "*.c", "*.egg-info")
        shutil.copytree(REPOSITORY / name, target / name, ignore=unbuilt)


def build_wheel(source: Path, builder: Path, target: Path) -> Path:
    """Compile the kernel and build the wheel inside the builder's root; its path."""
    for folder in ("src", "dist", "opt/build"):
        shutil.rmtree(builder / folder, ignore_errors=True)
        (builder / folder).mkdir(parents=True)
    shutil.copytree(source, builder / "src", dirs_exist_ok=True)
    install_locked("image/build-requirements.lock", builder / "opt/build")
    inside(builder, "-c", BUILD, PYTHONPATH="/opt/build", CC="gcc")
    (wheel,) = (builder / "dist").iterdir()
    target.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(wheel, target))


def install(wheel: Path, root: Path, locks: Sequence[str]) -> None:
    """Lay a virtual environment of the locks and the wheel into the root, compiled."""
    shutil.rmtree(root / APPLICATION, ignore_errors=True)
    for lock in locks:
        install_locked(lock, root / SITE)
    with zipfile.ZipFile(wheel) as files:
        files.extractall(root / SITE)
    programs = root / APPLICATION / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to(f"/usr/bin/python{PYTHON}")
    (programs / "tonne").write_text(START)
    (programs / "tonne").chmod(0o755)
    configured = root / APPLICATION / "pyvenv.cfg"
    configured.write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    for path in (root / SITE).rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    # Nobody can write bytecode at run time; it is never compared with the source, which does
    # not change.
    compile_all = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    inside(root, *compile_all, f"/usr/lib/python{PYTHON}", f"/{SITE}")


def inside(root: Path, *arguments: str, **environment: str) -> str:
    """Run Python inside a root; its output.

    Raises
    ------
    RuntimeError
        It failed, with what it said.
    """
    done = subprocess.run(  # noqa: S603  # no word of it comes from outside
        ["/usr/sbin/chroot", root, f"/usr/bin/python{PYTHON}", *arguments],
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"Python in {root.name} failed: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout

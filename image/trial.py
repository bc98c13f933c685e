"""The image's root file system put to the test: read-only, as its user, to the first answer."""

import os
import re
import signal
import statistics
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from image.contents import APPLICATION, USER

RUNS = 5
TIMEOUT_S = 60.0
MOUNTS = f"""
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount --options remount,bind,ro "$1"
mount --types tmpfs --options size=64m,mode=0750,uid={USER},gid={USER} none "$1/var/lib/tonne"
mount --types tmpfs --options size=64m,mode=1777 none "$1/tmp"
mount --types proc none "$1/proc"
mount --types tmpfs --options mode=0755 none "$1/dev"
for device in null zero random urandom; do
    touch "$1/dev/$device"
    mount --bind "/dev/$device" "$1/dev/$device"
done
root="$1"
shift
exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \
    chroot --userspec={USER}:{USER} --groups={USER} "$root" "$@"
"""
ENVIRONMENT = {
    "PATH": f"/{APPLICATION}/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
"""As the image's configuration has it."""

SURROUNDINGS = f"""
import os, ssl
assert os.getuid() == os.getgid() == {USER}, os.getuid()
assert os.getgroups() in ([], [{USER}]), os.getgroups()
held = open("/proc/self/status").read()
assert "CapEff:\\t0000000000000000" in held and "NoNewPrivs:\\t1" in held, held
for folder in ("/", "/etc", "/usr/lib", "/{APPLICATION}", "/{APPLICATION}/lib"):
    try:
        open(os.path.join(folder, "written"), "w")
    except OSError:
        continue
    raise AssertionError(folder + " can be written")
open("/var/lib/tonne/written", "w").close()
os.unlink("/var/lib/tonne/written")
assert len(ssl.create_default_context().get_ca_certs()) > 50
for name in ("pip", "setuptools", "ensurepip", "Cython"):
    try:
        __import__(name)
    except ImportError:
        continue
    raise AssertionError(name + " can be imported")
"""


@dataclass(frozen=True, slots=True)
class Start:
    """How long one start took.

    Attributes
    ----------
    serving_s : float
        From the start of the process to its line "serving on".
    cpu_s : float
        Processor time of the process until then; the machine's other load is not in it.
    """

    serving_s: float
    cpu_s: float


def check_surroundings(root: Path) -> None:
    """Look at user, rights, what can be written and imported, from inside.

    Raises
    ------
    RuntimeError
        Something is not as it must be.
    """
    done = subprocess.run(  # noqa: S603  # no word of it comes from outside
        command(root, "python3", "-c", SURROUNDINGS),
        env=ENVIRONMENT | {"PATH": f"/{APPLICATION}/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the root is not as it must be: {done.stderr[-2000:]}")


def measure_starts(root: Path, runs: int = RUNS) -> list[Start]:
    """Start the server several times, each on an empty ledger; every start must answer and end.

    Raises
    ------
    RuntimeError
        A server did not start, was not ready, or did not end by itself when told to.
    """
    return [_measure_start(root) for _ in range(runs)]


def median(starts: list[Start]) -> Start:
    """Give the median of both times."""
    return Start(
        statistics.median(start.serving_s for start in starts),
        statistics.median(start.cpu_s for start in starts),
    )


def command(root: Path, *program: str) -> list[str]:
    """Give the command that runs a program in the root, mounted as in a cluster."""
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    return [*namespaces, "sh", "-c", MOUNTS, "sh", str(root), *program]


def _measure_start(root: Path) -> Start:
    serve = ("tonne", "serve", "--data", "/var/lib/tonne/data", "--listen", "127.0.0.1:0")
    began_s = time.monotonic()
    process = subprocess.Popen(  # noqa: S603  # no word of it comes from outside
        command(root, *serve, "--admin", "127.0.0.1:0"),
        env=ENVIRONMENT | {"PATH": f"/{APPLICATION}/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = 0
    try:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if admin := re.search(r"serving on \S+, admin on (\S+)$", line):
                break
        else:
            raise RuntimeError(f"the server did not start: {''.join(said)[-2000:]}")
        serving_s = time.monotonic() - began_s
        server = _child(process.pid)
        cpu_s = _cpu_s(server)
        with urllib.request.urlopen(f"http://{admin[1]}/readyz", timeout=TIMEOUT_S) as ready:
            if ready.status != HTTPStatus.OK:
                raise RuntimeError(f"the server is not ready: {ready.status}")
        signal_to(server)
        if process.wait(TIMEOUT_S):
            raise RuntimeError(f"the server ended with {process.returncode}")
    finally:
        process.kill()
        process.wait()
    return Start(serving_s, cpu_s)


def signal_to(process: int) -> None:
    """Tell a server to go, as a cluster does."""
    os.kill(process, signal.SIGTERM)


def _child(parent: int) -> int:
    """Process that a process started: the server below `unshare`."""
    (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(child)


def _cpu_s(process: int) -> float:
    """Processor time of a process so far: fields 14 and 15 of its stat."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

"""Ask the advisory database about every version of the lock.

pip-audit passes when it cannot look a package up; here that fails, because nothing is known then.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
PIP_AUDIT = Path(sys.executable).with_name("pip-audit")


def verdict(report: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Give what speaks against a release, a line each, from pip-audit's report."""
    packages = report["dependencies"]
    if not packages:
        return ["no package was looked up: the lock is empty"]
    unknown = [str(package["name"]) for package in packages if package.get("skip_reason")]
    lines = [
        f"{package['name']} {package['version']}: {advisory['id']}, mended in "
        f"{', '.join(advisory['fix_versions']) or 'no version yet'}"
        for package in packages
        for advisory in package.get("vulns", [])
    ]
    if unknown:
        lines.append(
            f"{len(unknown)} of {len(packages)} packages could not be looked up ({unknown[0]} is "
            "the first): the advisory database is not reachable from here, so nothing is known "
            "about them; run `make audit` where it is"
        )
    return lines


def main() -> None:
    """Look every package of the locks up; exit code 1 where one is vulnerable or unknown."""
    command = [str(PIP_AUDIT), "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--requirement", "requirements.lock", "--requirement", "image/publish.lock"]
    command += ["--format", "json"]
    done = subprocess.run(  # noqa: S603  # no word of it comes from outside
        command, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    try:
        lines = verdict(json.loads(done.stdout))
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        lines = [f"the audit did not run: the advisory database is not reachable ({reason})"]
    for line in lines:
        sys.stdout.write(f"audit: {line}\n")
    if lines:
        sys.exit(1)
    sys.stdout.write("audit: no advisory about any version of the lock\n")


if __name__ == "__main__":
    main()

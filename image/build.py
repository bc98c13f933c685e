"""Build the image: roots, application, checks, a trial, and the layout of it all.

`make image` runs this. It needs root (for `chroot` and mounts), mmdebstrap, Debian's packages and
the lock's; no container engine. The builder's root is kept in `build/image` and made again when
`--fresh` is given. `--publisher` builds the image of publishers, with the extra `publish`.
"""

import json
import os
import platform
import shutil
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

from image import application, contents, debian, oci, trial

BUILD = application.REPOSITORY / "build" / "image"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
START_S_MAX = 2.0
IS_PUBLISHER = "--publisher" in sys.argv
LOCKS = ("requirements.lock", "image/publish.lock") if IS_PUBLISHER else ("requirements.lock",)


def main() -> None:
    """Build, check, try and pack the image; what was measured goes to `build/image/figures.json`.

    Exit code 1 where something is not as it must be.
    """
    if os.geteuid() != 0:
        sys.exit("image: `chroot` and mounts need root; run it with sudo or in a container")
    try:
        figures = build()
    except RuntimeError as error:
        sys.exit(f"image: {error}")
    (BUILD / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    for key, value in figures.items():
        sys.stdout.write(f"image: {key} = {value}\n")


def build() -> dict[str, object]:
    """Do all of it; the figures."""
    builder, root = BUILD / "builder", BUILD / "root"
    if "--fresh" in sys.argv or not (BUILD / "builder.complete").exists():
        tell("unpacking the builder's root")
        debian.unpack(builder, debian.BUILDER)
        (BUILD / "builder.complete").touch()
    tell("compiling the kernel, twice")
    application.take_source(BUILD / "source")
    wheel = application.build_wheel(BUILD / "source", builder, BUILD / "wheel")
    again = application.build_wheel(BUILD / "source", builder, BUILD / "wheel-again")
    tell("unpacking the image's root")
    packages = debian.unpack(root, debian.RUNTIME)
    debian.prune(root)
    application.install(wheel, root, LOCKS)
    size_bytes_max = contents.SIZE_BYTES_MAX + IS_PUBLISHER * contents.PUBLISHER_BYTES_MAX
    if found := list(contents.complaints(root, size_bytes_max)):
        raise RuntimeError("the root must be as image/contents.py says:\n" + "\n".join(found))
    tell("packing")
    digest, layers, listed = pack(root, packages)
    tell("packing the application a second time")
    check_reproducible(layers[-1], again, root)
    tell("starting it, read-only, as its user")
    trial.check_surroundings(root)
    starts = trial.measure_starts(root)
    figures = {
        "digest": digest,
        "layers_bytes": {layer.about: layer.size_bytes for layer in layers},
        "compressed_bytes": sum(layer.size_bytes for layer in layers),
        "uncompressed_bytes": sum(layer.plain_bytes for layer in layers),
        "packages": listed,
        "starts": [asdict(start) for start in starts],
        "median": asdict(trial.median(starts)),
    }
    if (taken_s := trial.median(starts).cpu_s) > START_S_MAX:
        raise RuntimeError(f"a start must take at most {START_S_MAX} s of processor: {taken_s}")
    return figures


def pack(root: Path, packages: list[debian.Package]) -> tuple[str, list[oci.Layer], int]:
    """Write the layout and the SBOM; the image's digest, its layers, how many packages."""
    from image.sbom import write_sbom  # noqa: PLC0415  # the other parts need no CycloneDX

    target = BUILD / ("oci-publisher" if IS_PUBLISHER else "oci")
    shutil.rmtree(target, ignore_errors=True)
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    site = root / application.SITE
    listed = write_sbom(BUILD / "sbom.json", site, packages)
    layers = [
        oci.write_layer(root, blobs, about, holds=holds, owners=OWNERS)
        for about, holds in LAYERS.items()
    ]
    (own,) = (dist for dist in distributions(path=[str(site)]) if dist.metadata["Name"] == "tonne")
    created = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    digest = oci.write_layout(
        target,
        layers,
        CONFIG,
        architecture=ARCHITECTURES[platform.machine()],
        created=created.isoformat().replace("+00:00", "Z"),
        name=own.version,
        annotations={
            "org.opencontainers.image.title": "tonne-publisher" if IS_PUBLISHER else "tonne",
            "org.opencontainers.image.description": own.metadata["Summary"],
            "org.opencontainers.image.licenses": own.metadata["License-Expression"],
            "org.opencontainers.image.version": own.version,
        },
    )
    return digest, layers, listed


def check_reproducible(layer: oci.Layer, again: Path, root: Path) -> None:
    """Install the wheel that was built a second time, and compare the application's layer.

    Raises
    ------
    RuntimeError
        Its digest is another.
    """
    blobs = BUILD / "again"
    shutil.rmtree(blobs, ignore_errors=True)
    blobs.mkdir()
    application.install(again, root, LOCKS)
    second = oci.write_layer(root, blobs, layer.about, holds=application.is_own, owners=OWNERS)
    if second.digest != layer.digest:
        raise RuntimeError(
            f"the same source must give the same layer: {layer.digest} and {second.digest}"
        )


def is_base(name: str) -> bool:
    """Whether a path is of the distribution, not of the application."""
    return name != contents.APPLICATION and not name.startswith(f"{contents.APPLICATION}/")


LAYERS = {
    "Debian's Python and what it needs": is_base,
    "dependencies": lambda name: not (is_base(name) or application.is_own(name)),
    "tonne": application.is_own,
}
"""From what changes rarely to what changes with each commit."""

OWNERS = dict.fromkeys(contents.OWNED_BY_USER, contents.USER)
CONFIG = {
    "User": f"{contents.USER}:{contents.USER}",
    "Env": [
        f"PATH=/{contents.APPLICATION}/bin",
        "PYTHONUNBUFFERED=1",
        "PYTHONDONTWRITEBYTECODE=1",
    ],
    "Entrypoint": ["tonne"],
    "Cmd": ["serve", "--config", "/etc/tonne/tonne.toml"],
    "WorkingDir": "/var/lib/tonne",
    "ExposedPorts": {"50051/tcp": {}, "9464/tcp": {}, "8090/tcp": {}},
}
"""The same as in the Dockerfile; a test compares them."""


def tell(what: str) -> None:
    """Say what is done now."""
    sys.stdout.write(f"image: {time.strftime('%H:%M:%S')} {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

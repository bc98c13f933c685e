"""An OCI image layout from folders: the same folders give the same digests, byte for byte.

Source: OCI Image Format Specification 1.1: image-layout.md, manifest.md, config.md, layer.md.
"""

import gzip
import hashlib
import json
import os
import stat
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
INDEX = "application/vnd.oci.image.index.v1+json"

COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer that was written.

    Attributes
    ----------
    digest, diff_id : str
        `sha256:` of the compressed and of the plain archive.
    size_bytes, plain_bytes : int
        Their sizes.
    about : str
        What it holds, for the image's history.
    """

    digest: str
    diff_id: str
    size_bytes: int
    plain_bytes: int
    about: str


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class _Hashing:
    """A file that also hashes and counts what is written to it."""

    def __init__(self, target: _Sink) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size_bytes += len(data)
        self._target.write(data)
        return len(data)

    def flush(self) -> None:
        self._target.flush()

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


def write_layer(
    root: Path,
    blobs: Path,
    about: str,
    *,
    holds: Callable[[str], bool],
    owners: Mapping[str, int] | None = None,
) -> Layer:
    """Write the files of a root that belong to a layer as a compressed archive.

    Names are sorted; times, owners and groups are not those of the disk, so they cannot differ.

    Parameters
    ----------
    root : Path
        The root file system.
    blobs : Path
        Folder that the archive goes to, under its digest.
    about : str
        What the layer holds.
    holds : callable
        Whether a path, relative to the root, belongs to the layer.
    owners : mapping, optional
        User and group of the paths that are not root's.
    """
    unnamed = blobs / "unnamed"
    with unnamed.open("wb") as file:
        packed = _Hashing(file)
        with gzip.GzipFile("", "wb", COMPRESSION, packed, mtime=0) as zipped:
            plain = _Hashing(zipped)
            with tarfile.open(fileobj=plain, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                for name in filter(holds, paths_below(root)):
                    _add(archive, root / name, name, (owners or {}).get(name, 0))
    unnamed.replace(blobs / packed.digest.removeprefix("sha256:"))
    return Layer(packed.digest, plain.digest, packed.size_bytes, plain.size_bytes, about)


def paths_below(root: Path) -> list[str]:
    """Paths of everything below a folder, relative to it, sorted; links are not followed."""
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        found += [os.path.relpath(Path(folder, name), root) for name in (*folders, *files)]
    return sorted(found)


def _add(archive: tarfile.TarFile, path: Path, name: str, owner: int) -> None:
    """Add one file, folder or link, by its content and mode alone."""
    status = path.lstat()
    member = tarfile.TarInfo(name)
    member.uid = member.gid = owner
    member.mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        member.type, member.linkname, member.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
        archive.addfile(member)
    elif stat.S_ISDIR(status.st_mode):
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
    elif stat.S_ISREG(status.st_mode):
        member.size = status.st_size
        with path.open("rb") as file:
            archive.addfile(member, file)
    else:
        raise ValueError(f"{name} must be a file, a folder or a link: an image holds nothing else")


def write_layout(
    target: Path,
    layers: Sequence[Layer],
    config: Mapping[str, object],
    *,
    architecture: str,
    created: str,
    name: str,
    annotations: Mapping[str, str],
) -> str:
    """Write config, manifest and index beside the layers; the manifest's digest.

    Parameters
    ----------
    target : Path
        The layout; its `blobs/sha256` holds the layers already.
    layers : sequence of Layer
        From the lowest to the highest.
    config : mapping
        User, environment, entry point: `config` of the specification.
    architecture : str
        As Go calls it: amd64, arm64.
    created : str
        RFC 3339; of the source, not of the clock.
    name : str
        Tag by which engines find the image in the layout.
    annotations : mapping
        Of the manifest.
    """
    image = {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created": created, "created_by": layer.about} for layer in layers],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _write_json(target, image, CONFIG),
        "layers": [
            {"mediaType": LAYER, "digest": layer.digest, "size": layer.size_bytes}
            for layer in layers
        ],
        "annotations": dict(sorted(annotations.items())),
    }
    described = _write_json(target, manifest, MANIFEST)
    described["annotations"] = {"org.opencontainers.image.ref.name": name}
    described["platform"] = {"architecture": architecture, "os": "linux"}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [described]}
    (target / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    (target / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}\n')
    return str(described["digest"])


def _write_json(target: Path, content: object, media_type: str) -> dict[str, object]:
    """Write a document as a blob; its descriptor."""
    data = json.dumps(content, indent=1, sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()
    (target / "blobs" / "sha256" / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

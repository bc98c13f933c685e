"""The image's packages as a CycloneDX document: Debian's and Python's, with their origins."""

import uuid
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from image.debian import SUITE, Package

NAMESPACE = uuid.UUID("6ad1e6d2-4c2f-5d55-9f0e-3d1ab2c7b5a4")
"""Of serial numbers: the same packages give the same document."""


def write_sbom(target: Path, site: Path, debian: Iterable[Package]) -> int:
    """Write the document; how many packages it lists.

    Parameters
    ----------
    target : Path
        The file.
    site : Path
        The image's `site-packages`.
    debian : iterable of Package
        What was unpacked into its root.
    """
    found = {dist.metadata["Name"].lower(): dist for dist in distributions(path=[str(site)])}
    own = found.pop("tonne")
    parts = [_python(dist) for _, dist in sorted(found.items())]
    parts += [_debian(package) for package in debian]
    subject = _python(own, ComponentType.CONTAINER)
    names = "\n".join(sorted(str(part.purl) for part in (subject, *parts)))
    bom = Bom(components=parts, serial_number=uuid.uuid5(NAMESPACE, names))
    bom.metadata.component = subject
    bom.register_dependency(subject, parts)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    # The time of writing is the clock's, and would make every document another.
    target.write_text(_without_time(text) + "\n")
    return len(parts) + 1


def _without_time(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith('  "timestamp"'))


def _python(dist: Distribution, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    name, version = dist.metadata["Name"], dist.version
    licence = dist.metadata.get("License-Expression") or dist.metadata.get("License") or ""
    url = PackageURL("pypi", None, name.lower().replace("_", "-"), version)
    return Component(
        type=kind,
        name=name,
        version=version,
        purl=url,
        bom_ref=str(url),
        licenses=[DisjunctiveLicense(name=licence.splitlines()[0])] if licence else [],
    )


def _debian(package: Package) -> Component:
    qualifiers = {"arch": package.architecture, "distro": SUITE}
    url = PackageURL("deb", "debian", package.name, package.version, qualifiers)
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        purl=url,
        bom_ref=str(url),
        properties=[Property(name="tonne:unpacked-by", value="mmdebstrap")],
    )

"""The container image, without a container engine: a root file system, checked, tried, packed.

Takes from: the lock, the source, packages of Debian.
Hands to: `build/image/oci`, an OCI image layout; `build/image/sbom.json`.
Never: part of what is distributed; nothing in `tonne` imports it.
"""

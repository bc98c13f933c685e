"""Objects: immutable bytes by path, created if absent, durable when `put` returns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from tonne.errors import ConfigInvalid
from tonne.store.objects.bucket import BucketObjects
from tonne.store.objects.directory import DirectoryObjects
from tonne.text.masking import mask_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tonne.store.paths import ObjectInfo

BUCKET_SCHEMES = ("s3", "gs", "az")


class Objects(Protocol):
    """What `DirectoryObjects` and `BucketObjects` both do. Safe for use from many threads.

    Every method raises `StoreUnavailable` when the storage cannot be reached or refuses.
    """

    @property
    def location(self) -> str:
        """Where the objects are, for people, without secrets."""

    def put(self, path: str, data: bytes | memoryview) -> None:
        """Create the object; it is durable when this returns.

        Putting the same bytes again is fine (a lost reply is settled so). Other bytes at the
        same path raise `ObjectExists`: nothing is ever overwritten.
        """

    def get(self, path: str) -> bytes:
        """Read the object; `ObjectMissing` if there is none."""

    def delete(self, path: str) -> None:
        """Remove the object; absent is fine."""

    def probe(self) -> None:
        """See that the storage is there and takes what we ask for; blocks for seconds at most."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List the objects below the folder `prefix` (empty: all), in no particular order.

        Left-overs of unfinished puts are listed too, so that garbage collection finds them.
        """


def open_objects(url: str, options: Mapping[str, str]) -> Objects:
    """Open the objects at `url`.

    Parameters
    ----------
    url : str
        ``file:///directory``, ``s3://bucket/prefix``, ``gs://bucket/prefix`` or
        ``az://container/prefix``.
    options : Mapping[str, str]
        Of a bucket: the options of obstore's store (``endpoint``, ``access_key_id``,
        ``secret_access_key``, ``region``, ...) and of its HTTP client (``allow_http``,
        ``timeout``, ``proxy_url``, ...), in any case, with or without the cloud's prefix
        (``aws_allow_http``). A directory has none.

    Raises
    ------
    ConfigInvalid
        An unknown scheme or option.
    """
    parts = urlsplit(url)
    if "?" in url or "#" in url:
        raise ConfigInvalid(
            "store.objects_url: expected a directory or a prefix at its end, without '?' and "
            f"'#' (in a directory's name: %3F and %23); got {mask_url(url)!r}",
            metadata={"key": "store.objects_url"},
        )
    if parts.scheme in BUCKET_SCHEMES:
        return BucketObjects(url, options)
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise ConfigInvalid(
            "store.objects_url: expected file:///directory, s3://bucket/prefix, "
            f"gs://bucket/prefix or az://container/prefix; got {mask_url(url)!r}",
            metadata={"key": "store.objects_url"},
        )
    if options:
        raise ConfigInvalid(
            "store.objects_options: objects in a directory take no options; got "
            f"{', '.join(sorted(options))}",
            metadata={"key": "store.objects_options"},
        )
    return DirectoryObjects(Path(unquote(parts.path)))

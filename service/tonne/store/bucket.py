"""Objects in a bucket of S3, Google Cloud Storage or Azure, through obstore."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, UnknownConfigurationKeyError
from obstore.store import from_url

from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import faults
from tonne.store.errors import ObjectExists, ObjectMissing
from tonne.store.paths import ObjectInfo, check_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.store import BackoffConfig, ClientConfig, RetryConfig

REQUEST_TIMEOUT_S: Final = 30
"""Longest single request. Objects are a few MiB."""

CONNECT_TIMEOUT_S: Final = 5
"""Longest wait for a connection."""

RETRY_COUNT_MAX: Final = 3
"""Retries of one request, after errors that a retry may help."""

RETRY_TIMEOUT_S: Final = 30
"""No retry begins later than this after the first try, so that a call takes about a minute at
most."""

_CLIENT_OPTIONS: Final = frozenset(
    {
        "allow_http",
        "allow_invalid_certificates",
        "connect_timeout",
        "http1_only",
        "http2_only",
        "pool_idle_timeout",
        "pool_max_idle_per_host",
        "proxy_url",
        "proxy_ca_certificate",
        "proxy_excludes",
        "root_certificate",
        "timeout",
        "user_agent",
    }
)
_SWITCHES: Final = frozenset(
    {"allow_http", "allow_invalid_certificates", "http1_only", "http2_only"}
)


class BucketObjects:
    """Immutable objects in a bucket: PUT with If-None-Match, so nothing is ever overwritten.

    Parameters
    ----------
    url : str
        ``s3://bucket/prefix``, ``gs://bucket/prefix`` or ``az://container/prefix``.
    options : Mapping[str, str]
        See `tonne.store.open_objects`.

    Raises
    ------
    ConfigInvalid
        obstore does not know an option or cannot read its value.
    """

    def __init__(self, url: str, options: Mapping[str, str]) -> None:
        self._url = url
        parts = urlsplit(url)
        self.location = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        client: dict[str, Any] = {
            "timeout": f"{REQUEST_TIMEOUT_S}s",
            "connect_timeout": f"{CONNECT_TIMEOUT_S}s",
        }
        config: Any = {}
        for name, value in options.items():
            if name not in _CLIENT_OPTIONS:
                config[name] = value
            elif name in _SWITCHES:
                client[name] = _parse_switch(name, value)
            else:
                client[name] = value
        backoff: BackoffConfig = {
            "init_backoff": dt.timedelta(milliseconds=100),
            "max_backoff": dt.timedelta(seconds=2),
            "base": 2,
        }
        retry: RetryConfig = {
            "max_retries": RETRY_COUNT_MAX,
            "backoff": backoff,
            "retry_timeout": dt.timedelta(seconds=RETRY_TIMEOUT_S),
        }
        client_options: ClientConfig = client  # type: ignore[assignment]  # built by name above
        try:
            self._store = from_url(
                url, config=config, client_options=client_options, retry_config=retry
            )
        except (BaseError, ValueError, TypeError) as error:
            kind = "unknown" if isinstance(error, UnknownConfigurationKeyError) else "wrong"
            raise ConfigInvalid(
                f"an option of the objects at {url} is {kind}: {first_line(error)}",
                metadata={"url": url},
            ) from error

    def put(self, path: str, data: bytes | memoryview) -> None:
        """Create the object; see `Objects.put`."""
        check_path(path)
        faults.reach("objects.before_put")
        with self._translated("write", path):
            try:
                obstore.put(self._store, path, data, mode="create", use_multipart=False)
            except AlreadyExistsError as error:
                # A retry finds the object of the try whose reply was lost.
                if bytes(obstore.get(self._store, path).bytes()) != data:
                    raise ObjectExists(
                        f"object {path!r} was expected to be new; one with other content is there",
                        metadata={"path": path},
                    ) from error
        faults.reach("objects.after_put")

    def get(self, path: str) -> bytes:
        """Read the object; see `Objects.get`."""
        check_path(path)
        with self._translated("read", path):
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                raise ObjectMissing(
                    f"object {path!r} is not in {self._url}", metadata={"path": path}
                ) from error

    def delete(self, path: str) -> None:
        """Remove the object; see `Objects.delete`."""
        check_path(path)
        with self._translated("delete", path):
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List the objects below a folder; see `Objects.list`."""
        folder = check_path(prefix.rstrip("/")) if prefix else None
        with self._translated("list", prefix):
            for page in obstore.list(self._store, folder):
                for item in page:
                    yield ObjectInfo(
                        path=item["path"],
                        size_bytes=item["size"],
                        modified_time=item["last_modified"].astimezone(dt.UTC),
                    )

    @contextlib.contextmanager
    def _translated(self, action: str, path: str) -> Iterator[None]:
        """Translate obstore's errors, which include refused credentials and a missing bucket."""
        try:
            yield
        except (BaseError, OSError) as error:
            raise StoreUnavailable(
                f"cannot {action} {path!r} in {self._url}: {first_line(error)}; check that the "
                "bucket is reachable and that the credentials hold",
                metadata={"path": path},
            ) from error


def _parse_switch(name: str, value: str) -> bool:
    text = value.lower()
    if text not in {"true", "false"}:
        raise ConfigInvalid(
            f"option {name} of the objects is true or false; got {value!r}",
            metadata={"option": name},
        )
    return text == "true"


def first_line(error: Exception) -> str:
    """Shorten obstore's error, whose further lines are the answer's body and debug output."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__

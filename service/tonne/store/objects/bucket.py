"""Objects in a bucket of S3, Google Cloud Storage or Azure, through obstore."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, UnknownConfigurationKeyError
from obstore.store import from_url

from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import faults
from tonne.store.errors import ObjectExists, ObjectMissing
from tonne.store.objects.options import KEY, read_options
from tonne.store.paths import ObjectInfo, check_listed_path, check_path
from tonne.text.masking import mask, mask_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.store import BackoffConfig, ObjectStore, RetryConfig

REQUEST_TIMEOUT_S: Final = 30
"""Longest single request. Objects are a few MiB."""

CONNECT_TIMEOUT_S: Final = 5
"""Longest wait for a connection."""

RETRY_COUNT_MAX: Final = 3
"""Retries of one request, after errors that a retry may help."""

RETRY_TIMEOUT_S: Final = 30
"""No retry begins later than this after the first try, so that a call takes about a minute at
most."""

PROBE_TIMEOUT_S: Final = 3
"""Longest request of a probe, and half of the longest probe."""

PROBE_PATH: Final = "readiness"
"""An object that is never there: asking for it needs the bucket, and credentials that hold."""

_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")


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
        self._url = self.location = mask_url(url)
        read = read_options(url.partition(":")[0], options)
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
        times = {"timeout": f"{REQUEST_TIMEOUT_S}s", "connect_timeout": f"{CONNECT_TIMEOUT_S}s"}
        self._store = _open(url, read.store, {**times, **read.client}, retry)
        soon = f"{PROBE_TIMEOUT_S}s"
        once: RetryConfig = {"max_retries": 0, "backoff": backoff, "retry_timeout": dt.timedelta()}
        probing = {**read.client, "timeout": soon, "connect_timeout": soon}
        self._probed = _open(url, read.store, probing, once)

    def probe(self) -> None:
        """Ask whether the bucket is there; see `Objects.probe`."""
        with self._translated("find", PROBE_PATH):
            try:
                obstore.get(self._probed, PROBE_PATH)
            except FileNotFoundError as error:
                if any(words in str(error) for words in _NO_BUCKET):
                    raise StoreUnavailable(
                        "the bucket of the objects (store.objects_url) does not exist",
                        detail=f"{self._url}: make the bucket, or correct store.objects_url",
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
                    raise ObjectExists.at(path) from error
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
                raise ObjectMissing.at(path, self._url) from error

    def delete(self, path: str) -> None:
        """Remove the object; see `Objects.delete`."""
        check_listed_path(path)
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
                f"the object storage cannot {action} an object now: try again",
                detail=f"{path!r} in {self._url}: {first_line(error)}; check that the bucket is "
                "reachable and that the credentials hold",
            ) from error


def _open(
    url: str, config: Mapping[str, str], client: Mapping[str, Any], retry: RetryConfig
) -> ObjectStore:
    """Open a store, or raise `ConfigInvalid`: also where obstore panics, which is no Exception."""
    options: Any = dict(config)
    client_options: Any = dict(client)
    try:
        return from_url(url, config=options, client_options=client_options, retry_config=retry)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        kind = "unknown" if isinstance(error, UnknownConfigurationKeyError) else "missing or wrong"
        raise ConfigInvalid(
            f"{KEY}: an option of the objects at {mask_url(url)} is {kind}: "
            f"{first_line(error)}: write it as obstore's documents do, or leave it out",
            metadata={"key": KEY},
        ) from error


def first_line(error: BaseException) -> str:
    """Shorten obstore's error, whose further lines are the answer's body and debug output."""
    text = mask(str(error)).strip()
    return text.splitlines()[0] if text else type(error).__name__

"""The options of an object storage: every spelling that obstore documents, read once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = "store.objects_options"

_PREFIXES: Final = {
    "s3": ("aws_",),
    "gs": ("google_", "gcs_"),
    "az": ("azure_storage_", "azure_"),
}
"""What may stand before an option of each cloud, as in the variables of its own tools."""

_SWITCHES: Final = frozenset(
    {
        "allow_http",
        "allow_invalid_certificates",
        "http1_only",
        "http2_keep_alive_while_idle",
        "http2_only",
        "randomize_addresses",
    }
)
_DURATIONS: Final = frozenset(
    {
        "connect_timeout",
        "http2_keep_alive_interval",
        "http2_keep_alive_timeout",
        "pool_idle_timeout",
        "read_timeout",
        "timeout",
    }
)
_HEADERS: Final = "default_headers"
_CLIENT: Final = frozenset(
    {
        *_SWITCHES,
        *_DURATIONS,
        _HEADERS,
        "default_content_type",
        "pool_max_idle_per_host",
        "proxy_ca_certificate",
        "proxy_excludes",
        "proxy_url",
        "root_certificate",
        "user_agent",
    }
)
"""Options of the HTTP client, which obstore takes apart from those of the store, and which make it
panic among them."""

_STORE_SWITCHES: Final = frozenset(
    {
        "disable_bulk_delete",
        "disable_tagging",
        "imdsv1_fallback",
        "s3_express",
        "skip_signature",
        "sse_bucket_key_enabled",
        "unsigned_payload",
        "use_azure_cli",
        "use_emulator",
        "use_fabric_endpoint",
        "virtual_hosted_style_request",
    }
)
_RETRIES: Final = frozenset(
    {
        "backoff",
        "base",
        "init_backoff",
        "max_backoff",
        "max_retries",
        "retry_timeout",
        "retry_config",
    }
)
_SAME: Final = {"endpoint_url": "endpoint", "endpoint_url_s3": "endpoint", "bucket_name": "bucket"}
"""Names that mean the same as another."""

_TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE: Final = frozenset({"0", "f", "false", "n", "no", "off"})
_DURATION: Final = re.compile(
    r"(?:\d+\s*(?:ns(?:ec)?|us(?:ec)?|ms(?:ec)?|s(?:ec(?:onds?)?)?|m(?:in(?:utes?)?)?"
    r"|h(?:r|ours?)?|d(?:ays?)?)\s*)+"
)
_COUNT: Final = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Options by their plain names: those of the store, and those of its HTTP client."""

    store: dict[str, str] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)

    def flat(self) -> dict[str, str]:
        """Give all as texts under one roof, as delta-rs takes them."""
        client = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in self.client.items()
            if name != _HEADERS
        }
        return {**self.store, **client}


def read_options(scheme: str, options: Mapping[str, str]) -> StoreOptions:
    """Read the options of a bucket: names in any case, with or without the cloud's prefix.

    Raises
    ------
    ConfigInvalid
        An option is given twice, its value cannot be read, or it is none of an operator's. The
        message names it, and what to write instead; it never quotes a value.
    """
    read = StoreOptions()
    spelled: dict[str, str] = {}
    for given, text in options.items():
        name = _plain_name(scheme, given)
        if name in spelled:
            raise _wrong(f"{spelled[name]} and {given} are the same option: leave one out")
        spelled[name] = given
        if name in _RETRIES:
            raise _wrong(
                f"{given} is not an option here, because Tonne decides how often and how long "
                "it tries again: leave it out"
            )
        if name in _CLIENT:
            read.client[name] = _client_value(name, given, text)
        else:
            read.store[name] = _switch_text(given, text) if name in _STORE_SWITCHES else text
    endpoint = read.store.get("endpoint", "")
    if endpoint.lower().startswith("http://") and not read.client.get("allow_http"):
        raise _wrong(
            f"{spelled['endpoint']} is http://..., which is plain text: use https://, or add "
            'allow_http = "true" if you want plain text'
        )
    return read


def _plain_name(scheme: str, given: str) -> str:
    name = given.strip().lower()
    prefix = next((each for each in _PREFIXES[scheme] if name.startswith(each)), "")
    name = name.removeprefix(prefix)
    return _SAME.get(name, name)


def _client_value(name: str, given: str, text: str) -> object:
    if name in _SWITCHES:
        return _switch_text(given, text) == "true"
    if name in _DURATIONS and not _DURATION.fullmatch(text.strip()):
        raise _wrong(f'{given}: expected a time with its unit, like "30s" or "500ms"')
    if name == "pool_max_idle_per_host" and not _COUNT.fullmatch(text):
        raise _wrong(f"{given}: expected a whole number")
    return _headers(given, text) if name == _HEADERS else text


def _switch_text(given: str, text: str) -> str:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise _wrong(f'{given}: expected "true" or "false"')
    return "true" if word in _TRUE else "false"


def _headers(given: str, text: str) -> dict[str, str]:
    try:
        headers = json.loads(text)
    except ValueError:
        headers = None
    if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
        raise _wrong(f'{given}: expected a JSON object of texts, like {{"x-name": "value"}}')
    return headers


def _wrong(what: str) -> ConfigInvalid:
    return ConfigInvalid(f"{KEY}: {what}", metadata={"key": KEY})

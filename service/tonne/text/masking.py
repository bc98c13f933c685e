"""Masks secrets in what people read: settings, logs, errors.

Three nets. What stands in a place that may hold a secret (the user's part of a URL, a parameter,
an option) is shown only if its name is known to be harmless. What looks like a secret in a
running text is masked by its form. And the very values that the configuration gave as secrets
are remembered, so that they are masked wherever a driver or a library quotes them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MASK: Final = "***"

SECRET_CHARS_MIN: Final = 6
"""Shorter values are masked where they stand and not wherever their letters do: a password
`test` would take every word with it."""

_LINE_CHARS_MIN = 16

_HARMLESS_PARAMETERS: Final = frozenset(
    """
    application_name cache channel_binding client_encoding connect_timeout dbname gssencmode
    host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval
    load_balance_hosts mode port require_auth ssl_min_protocol_version sslcert sslcrl sslkey
    sslmode sslnegotiation sslrootcert target_session_attrs tcp_user_timeout user
    """.split()  # noqa: SIM905  # a list of words reads better as one
)
"""Parameters of a URL that are shown, in lower case."""

_HARMLESS_OPTIONS: Final = frozenset(
    """
    account_name allow_http allow_invalid_certificates authority_host base_url bucket
    bucket_name checksum_algorithm conditional_put connect_timeout container_name
    copy_if_not_exists credential_type default_content_type default_region disable_bulk_delete
    disable_tagging endpoint endpoint_url endpoint_url_s3 http1_only http2_keep_alive_interval
    http2_keep_alive_timeout http2_keep_alive_while_idle http2_only imdsv1_fallback
    metadata_endpoint msi_endpoint pool_idle_timeout pool_max_idle_per_host proxy_excludes
    proxy_url randomize_addresses read_timeout region request_payer role_arn role_session_name
    s3_express server_side_encryption skip_signature sse_bucket_key_enabled sts_endpoint
    tenant_id timeout unsigned_payload use_azure_cli use_emulator use_fabric_endpoint
    virtual_hosted_style_request
    """.split()  # noqa: SIM905  # a list of words reads better as one
)
"""Options of an object storage that are shown, in lower case, without the cloud's prefix."""

_PREFIX = re.compile(r"aws_|azure_storage_|azure_|google_|gcs_")
_PLAIN = re.compile(r"[^=@?;#\s]*")
_PORT = re.compile(r"(.*\]|[^:]*)(:\d*)?(,.*)?")
_SHOWS_USER = re.compile(r"postgres(ql)?(\+\w+)?")

# Each begins where a word does, or is bounded: what a stranger makes us log costs its length.
_URL = re.compile(r"[A-Za-z0-9+.\-]{0,31}://[^\s\"'<>`]+")
_NAME = re.compile(
    r"""(?x) (?<![\w.\-*]) ([\w.\-*]{1,64})
        (?: ["']?\s{0,4}=\s{0,4} | ["']\s{0,4}:\s{0,4} | (?<=uthorization):\s{0,4} )"""
)
_VALUE = re.compile(
    r"""(?x) "(?:[^"\\]|\\.){0,4096}" | '(?:[^'\\]|\\.){0,4096}'
        | (?:(?:[Bb]earer|[Bb]asic)\s{1,4})? [^\s,;&)\]}]+"""
)
# A name of which a remembered word was masked is one too: who knows what it said.
_SECRET_NAME = re.compile(
    r"""(?ix) \*\*\* | passw | passphrase | passfile | pwd | secret | token | sas_?key | signature
        | (?:^|[^a-z])sig$ | credential | authorization
        | (?:api|access|account|encryption|customer|private|service_?account|shared)[_-]?key"""
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s{1,4}[\w.~+/=-]{12,}")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)", re.DOTALL
)
_SECRET_VARIABLE = re.compile(
    r"(?=(AWS|AZURE|GOOGLE|GCS|PG|TONNE|OTEL)).*"
    r"(PASSW|PASSFILE|SECRET|TOKEN|SESSION|_KEY|SAS|CREDENTIALS_JSON|HEADERS)"
)

# Of the process, like its logs: a secret stays one, whoever had it.
_known: set[str] = set()
_order: list[str] = []


def remember(texts: Iterable[str]) -> None:
    """Mask these values from now on, wherever they stand, as they are or percent-encoded."""
    for text in texts:
        for form in {text, text.strip(), quote(text, safe=""), quote(text), repr(text)[1:-1]}:
            if len(form) >= SECRET_CHARS_MIN and form != MASK:
                _known.add(form)
        for line in text.splitlines():
            if len(line) >= _LINE_CHARS_MIN:
                _known.add(line)
    _order[:] = sorted(_known, key=len, reverse=True)


def mask(text: str) -> str:
    """Write a running text (a message, a traceback) without the secrets that it quotes."""
    for known in _order:
        if known in text:
            text = text.replace(known, MASK)
    text = _PEM.sub(MASK, text)
    text = _URL.sub(lambda found: mask_url(found[0]), text)
    text = _mask_named(text)
    text = _SCHEME.sub(lambda found: f"{found[1]} {MASK}", text)
    return _JWT.sub(MASK, text)


def _mask_named(text: str) -> str:
    """Mask the values of `name=value`, and of `"name": value` as JSON and headers write it."""
    parts: list[str] = []
    done = 0
    for found in _NAME.finditer(text):
        name = found[1]
        if found.start() < done or name == MASK or _SECRET_NAME.search(name) is None:
            continue
        value = _VALUE.match(text, found.end())
        if value is not None:
            parts += [text[done : found.end()], MASK]
            done = value.end()
    return "".join([*parts, text[done:]])


def mask_url(text: str) -> str:
    """Write a URL, or a path, without what in it may be a secret."""
    return _split_url(text)[0]


def mask_option(name: str, text: str) -> str:
    """Write the value of an option of an object storage, if the option is known as harmless."""
    if not _is_harmless(name):
        return MASK
    return mask_url(text) if "://" in text else text if _PLAIN.fullmatch(text) else MASK


def secrets_of_url(text: str) -> list[str]:
    """Give the parts of a URL that `mask_url` masks."""
    return _split_url(text)[1]


def secrets_of_options(options: Mapping[str, str]) -> Iterator[str]:
    """Give the values of options that `mask_option` masks, and the texts within JSON."""
    for name, text in options.items():
        if _is_harmless(name):
            yield from secrets_of_url(text)
        else:
            yield text
            yield from _texts_of_json(text)


def secrets_of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """Give the variables by which clouds, databases and we ourselves take secrets."""
    for name, text in environ.items():
        if _SECRET_VARIABLE.match(name) and "/" not in text[:1]:
            yield text


def _is_harmless(name: str) -> bool:
    return _PREFIX.sub("", name.strip().lower(), count=1) in _HARMLESS_OPTIONS


def _split_url(text: str) -> tuple[str, list[str]]:
    """Give a URL as people may see it, and what they may not.

    Where a password holds the characters that end it, so that nobody can tell where it does,
    all behind the scheme is masked.
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        return (text, []) if _PLAIN.fullmatch(text) else (MASK, [text])
    rest, fragment_mark, fragment = rest.partition("#")
    head, query_mark, query = rest.partition("?")
    hidden = [fragment] if fragment else []
    user, at, place = head.rpartition("@")
    host = place.partition("/")[0]
    if (not at and "@" in query + fragment and ":" in host) or (
        "@" in fragment or _PORT.fullmatch(host) is None
    ):
        whole = text.partition("://")[2]
        return f"{scheme}://{MASK}", [whole, *re.split(r"[:@/?#&=]", whole)]
    shown = f"{scheme}://"
    if at:
        name, colon, password = user.partition(":")
        if _SHOWS_USER.fullmatch(scheme):
            shown += f"{name}:{MASK}@" if colon else f"{name}@"
            hidden += [password]
        else:
            shown += f"{MASK}@"
            hidden += [user, name, password]
    shown += place
    if query_mark:
        pairs = [_split_parameter(pair) for pair in re.split("[&;]", query)]
        shown += "?" + "&".join(pair for pair, _ in pairs)
        hidden += [value for _, value in pairs]
    if fragment_mark:
        shown += f"#{MASK}"
    decoded = [form for each in hidden for form in (each, unquote(each), unquote_plus(each))]
    return shown, [each for each in dict.fromkeys(decoded) if each]


def _split_parameter(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals:
        return (MASK, name) if name else ("", "")
    if unquote(name).strip().lower() in _HARMLESS_PARAMETERS and "@" not in value:
        return pair, ""
    return f"{name}={MASK}", value


def _texts_of_json(text: str) -> Iterator[str]:
    """Give the texts in a JSON object, such as the private key of a service account."""
    try:
        found = json.loads(text)
    except ValueError:
        return
    waiting = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)

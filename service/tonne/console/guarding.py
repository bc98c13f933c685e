"""Forms that change something: whose they are, and that a page of ours was where they were sent.

A browser sends a form of any site to any address. Ours carry a token that is made of a cookie that
no script and no other site reads, of who calls, and of the path.

On loopback another port may set that cookie, so there a secret of this process is in the token,
too. Behind a proxy nobody else can (`__Host-`, RFC 6265bis, section 4.1.3.2), and any process
takes the forms of any other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tonne.console.access import RequestForeign

if TYPE_CHECKING:
    from collections.abc import Mapping

_SESSION: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits, as `secrets.token_urlsafe` writes them."""

_TOLD_CHARS_MAX: Final = 4_000


class Guard:
    """Makes the tokens of forms and checks them; seals what a page is told of an act.

    Parameters
    ----------
    is_secure : bool
        Whether browsers reach the console by TLS, through a proxy: the cookie is bound to that,
        and its secret is enough.
    """

    def __init__(self, *, is_secure: bool) -> None:
        self._key = b"" if is_secure else secrets.token_bytes(32)
        self._is_secure = is_secure
        self.cookie = "__Host-tonne-form" if is_secure else "tonne-form"

    def session_of(self, cookies: Mapping[str, str]) -> str:
        """Give the session of a browser; a new one where it has none."""
        found = cookies.get(self.cookie, "")
        return found if _SESSION.fullmatch(found) else secrets.token_urlsafe(32)

    def cookie_of(self, session: str) -> str:
        """Write the header that keeps a session until the browser is closed."""
        secure = "; Secure" if self._is_secure else ""
        return f"{self.cookie}={session}; Path=/; HttpOnly; SameSite=Strict{secure}"

    def token(self, session: str, caller: str, path: str) -> str:
        """Make the token of a form: of a session, of who calls, for a path."""
        return self._sign(session, "form", caller, path)

    def holds(self, token: str, session: str, caller: str, path: str) -> bool:
        """Whether a token is that of the form."""
        return hmac.compare_digest(token.encode(), self.token(session, caller, path).encode())

    def seal(self, session: str, path: str, text: str) -> str:
        """Write what was done as a value of an address that nobody else can write."""
        told = base64.urlsafe_b64encode(text.encode()).decode()
        return f"{told}.{self._sign(session, 'told', path, text)}"

    def unseal(self, session: str, path: str, sealed: str) -> str:
        """Read what was sealed for a session and a path; empty where it was not."""
        told, _, signature = sealed.partition(".")
        if len(sealed) > _TOLD_CHARS_MAX:
            return ""
        try:
            text = base64.urlsafe_b64decode(told.encode()).decode()
        except (binascii.Error, ValueError):
            return ""
        wanted = self._sign(session, "told", path, text)
        return text if hmac.compare_digest(signature.encode(), wanted.encode()) else ""

    def _sign(self, session: str, *parts: str) -> str:
        # Each part with its length: no two lists of parts are the same bytes.
        written = b"".join(len(raw).to_bytes(4) + raw for raw in (x.encode() for x in parts))
        digest = hmac.new(self._key + session.encode(), written, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def check_posted(headers: Mapping[str, str]) -> None:
    """See that a form was sent from a page of this very origin. Raises `RequestForeign`.

    Source: W3C Fetch Metadata Request Headers; RFC 6454, section 7.3.
    """
    site = headers.get("sec-fetch-site", "same-origin")
    origin = headers.get("origin", "")
    if site != "same-origin" or not origin or urlsplit(origin).netloc != headers.get("host", ""):
        raise RequestForeign(
            f"origin: expected a form of a page of this console; got one of {origin!r}: open the "
            "page by its address; a proxy in front has to pass the header Host on as it came"
        )

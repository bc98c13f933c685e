"""Who asks: the identity of the command on loopback, or that which a proxy passes on."""

from __future__ import annotations

import ipaddress
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tonne.client import Client


class AccessRefused(Exception):  # as errors of the API are named
    """The console answers nobody of that kind: an error of its own, and none of the API's.

    Parameters
    ----------
    message : str
        What is wrong, and what to do.
    """

    code = ""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RequestForeign(AccessRefused):
    """A request that another site has a browser make."""

    code = "REQUEST_FOREIGN"


class TokenMissing(AccessRefused):
    """A request without the token that the proxy in front should have passed on."""

    code = "TOKEN_MISSING"


class ActionsOff(AccessRefused):
    """A form that was sent to a console that only shows."""

    code = "ACTIONS_OFF"


class RoleLacking(AccessRefused):
    """A file that comes from somebody who may not bring one."""

    code = "ROLE_LACKING"


class FormStale(AccessRefused):
    """A form of another session, of another caller, or of a console that was started anew."""

    code = "FORM_STALE"


class Access(Protocol):
    """Gives a client that speaks for whoever asks."""

    is_shared: bool
    """Whether everybody who reaches the console has one identity."""

    def client_of(self, headers: Mapping[str, str]) -> AbstractContextManager[Client]:
        """Give the client of a request, for its duration."""
        ...  # pragma: no cover - the form of it

    def token_of(self, headers: Mapping[str, str]) -> str:
        """Give the token of a request; empty where the console has an identity of its own."""
        ...  # pragma: no cover - the form of it


class OwnAccess:
    """Everybody who reaches the console is who runs the command: on loopback alone.

    A page of another site cannot be read by it: the name that the browser asked for must be that
    of loopback, which holds against names that are made to lead here (DNS rebinding).

    Parameters
    ----------
    client : Client
        With the command's own credentials.
    """

    is_shared = True

    def __init__(self, client: Client) -> None:
        self._client = client

    @contextmanager
    def client_of(self, headers: Mapping[str, str]) -> Iterator[Client]:
        """Give the one client. Raises `RequestForeign`."""
        host = headers.get("host", "")
        if not is_loopback(_name_of(host)):
            raise RequestForeign(
                f"host: expected the name of this machine's own address, like 127.0.0.1; got "
                f"{host!r}: open the address that the command printed"
            )
        yield self._client

    def token_of(self, headers: Mapping[str, str]) -> str:  # noqa: ARG002  # the form of it
        """Give none: the command's own credentials count."""
        return ""


class PassedAccess:
    """Each request brings its own token, from a proxy; a client lives as long as its request.

    Parameters
    ----------
    connect : callable
        Makes a client of a token.
    """

    is_shared = False

    def __init__(self, connect: Callable[[str], Client]) -> None:
        self._connect = connect

    @contextmanager
    def client_of(self, headers: Mapping[str, str]) -> Iterator[Client]:
        """Give a client of the request's token. Raises `TokenMissing`."""
        with self._connect(self.token_of(headers)) as client:
            yield client

    def token_of(self, headers: Mapping[str, str]) -> str:  # the form of it
        """Give the token of a request. Raises `TokenMissing`."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenMissing(
                "authorization: expected `Bearer TOKEN` from the proxy in front; there is none: "
                "have the proxy pass the token of its login on"
            )
        return token.strip()


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuse what a page of another site loads; following a link from there is no loading.

    Source: W3C Fetch Metadata Request Headers. Raises `RequestForeign`.
    """
    site, mode = headers.get("sec-fetch-site", ""), headers.get("sec-fetch-mode", "")
    if site in {"cross-site", "same-site"} and mode != "navigate":
        raise RequestForeign(
            "sec-fetch-site: a page of another site asks for this; open it by its address"
        )


def is_loopback(host: str) -> bool:
    """Whether a name or an address is that of this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    """Take the port off a `Host` header."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host

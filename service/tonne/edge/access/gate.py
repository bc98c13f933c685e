"""The gate before every call: who calls, whether that one may, and the line of the audit log."""

from __future__ import annotations

import time
from contextvars import ContextVar
from operator import attrgetter
from typing import TYPE_CHECKING

from tonne.edge.access import audit
from tonne.edge.access.auth import ANYBODY, TOKEN_KEY, Caller
from tonne.edge.access.roles import READS, RULES
from tonne.edge.messages import names
from tonne.errors import (
    BookUnknown,
    CredentialsInvalid,
    CredentialsMissing,
    DefectError,
    KeysUnavailable,
    NameInvalid,
    RoleMissing,
    TonneError,
)
from tonne.model import check_id
from tonne.telemetry import code_of
from tonne.work import Actor, act_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tonne.edge.access.auth import Authenticator
    from tonne.edge.messages.status import CallContext
    from tonne.telemetry import Telemetry

REQUEST_ID_KEY = "x-request-id"
"""Metadata by which a caller names its call in the audit log."""

_CERTIFICATE_KEY = "x509_pem_cert"
"""Property of a connection: PEM of the certificate that TLS has verified."""


class Gate:
    """Opens calls.

    Parameters
    ----------
    clock : callable
        Unix time in s.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.authenticator = authenticator
        self.telemetry = telemetry
        self.clock = clock

    def expect(self, method: str) -> None:
        """See that a call has its rule, before it is served. Raises `DefectError`."""
        if method not in RULES:
            raise DefectError(
                f"method {method} has no access rule: add one in edge/access/roles.py"
            )

    def open(self, method: str, context: CallContext) -> Call:
        """Begin a call, whose caller is not known yet."""
        return Call(self, method, context)


class Call:
    """One call: `identify`, then `authorize`, and at the end `settle`.

    Attributes
    ----------
    identity : Caller, optional
        Who calls, once that is known.
    book : str
        Id of the book that it is about, once that is known; empty where it is about none.
    """

    def __init__(self, gate: Gate, method: str, context: CallContext) -> None:
        self.identity: Caller | None = None
        self._gate = gate
        self._method = method
        self._context = context
        self._rule = RULES[method]
        self._resource = ""
        self._reason = ""
        self._why = ""
        self._request_id = ""
        self._is_authorized = False
        self.book = ""

    @property
    def caller_key(self) -> str:
        """Name the caller for limits; where callers are not told apart, by its address.

        The port is left out: more connections are no more callers.
        """
        identity = self.identity
        if identity is None or identity is ANYBODY:
            return self._context.peer().rpartition(":")[0]
        return f"{identity.issuer}#{identity.subject}"

    async def identify(self) -> Caller:
        """Find out who calls, and make the call the current one of the task.

        Raises
        ------
        CredentialsMissing, CredentialsInvalid, KeysUnavailable
        """
        metadata = self._context.invocation_metadata() or ()
        texts = [(key, value) for key, value in metadata if isinstance(value, str)]
        self._request_id = next((text for key, text in texts if key == REQUEST_ID_KEY), "")
        certificates = self._context.auth_context().get(_CERTIFICATE_KEY) or ()
        try:
            self.identity = await self._gate.authenticator.identify(
                [text for key, text in texts if key == TOKEN_KEY], next(iter(certificates), None)
            )
        except CredentialsInvalid as error:
            self._refuse(error.metadata["rule"])
            raise
        except CredentialsMissing:
            self._refuse("missing")
            raise
        except KeysUnavailable:
            self._refuse("keys_unavailable")
            raise
        _CURRENT.set(self)
        act_for(self)
        return self.identity

    @property
    def actor(self) -> Actor:
        """Who acts, and why: for the log of changes."""
        return Actor(self.identity.subject if self.identity else "", self._why)

    def authorize_request(self, request: Message) -> None:
        """Check that the caller may do this with the book that the request names.

        Raises
        ------
        BookUnknown, RoleMissing, NameInvalid
        """
        self._why = getattr(request, "reason", "")
        field = self._rule.field
        name: str = attrgetter(field)(request) if field else ""
        book = name if field == "book_id" else names.book_of(name)
        if self.identity is ANYBODY or not field:
            self.book = book
            self._is_authorized = True
            return
        self.authorize(book, name)

    def authorize(self, book: str, resource: str = "", request_id: str = "") -> None:
        """Check that the caller may do this with a book; an empty id is none.

        A book on which the caller has no role at all is unknown to it: whether there is one is
        not looked up, so that neither the answer nor its time tells.

        Parameters
        ----------
        book : str
            Id of the book.
        resource, request_id : str
            For the audit log.

        Raises
        ------
        BookUnknown, RoleMissing, NameInvalid
        """
        self._resource = resource or self._resource
        self._request_id = request_id or self._request_id
        rule, identity = self._rule, self.identity
        if identity is None:
            raise DefectError(
                f"method {self._method} asks for its access rule before the caller is known"
            )
        if identity is not ANYBODY and (book or rule.needs_book):
            if not book:
                raise NameInvalid(
                    f"{rule.field}: expected a name that begins with books/{{book}}; got "
                    f"{resource!r}",
                    metadata={"field": rule.field, "value": resource},
                )
            roles = identity.grants.on(check_id("book", book))
            if not roles and rule.hides:
                self._refuse("foreign_book")
                raise BookUnknown.named(book)
            if not roles & rule.roles:
                self._refuse("role")
                needed = " or ".join(sorted(rule.roles))
                raise RoleMissing(
                    f"{self._method} on book {book!r} needs the role {needed}; the caller has "
                    f"{', '.join(sorted(roles)) or 'none'}",
                    metadata={"book": book, "method": self._method, "roles": needed},
                )
        self.book = book
        self._is_authorized = True

    def reads(self, book: str) -> bool:
        """Whether the caller may see what is kept in a book: who only sends may not."""
        identity = self.identity
        return identity is ANYBODY or bool(identity and identity.grants.on(book) & READS)

    def check_authorized(self) -> None:
        """See that no answer goes out of a method that did not ask. Raises `DefectError`."""
        if not self._is_authorized:
            raise DefectError(f"method {self._method} answered without asking for its access rule")

    def left_s(self) -> float | None:
        """How long the caller's credentials still hold; None where they do not end."""
        if self.identity is None or self.identity.expiry_s is None:
            return None
        return self.identity.expiry_s - self._gate.clock()

    def check_in_force(self) -> None:
        """See that the caller's token still counts. Raises `CredentialsInvalid`."""
        left_s = self.left_s()
        if left_s is not None and left_s + self._gate.authenticator.leeway_s < 0:
            self._refuse("expired")
            raise CredentialsInvalid.by(
                "expired", "the token expired during the call: call again with a fresh token"
            )

    def settle(self, error: TonneError | None, *, is_cancelled: bool = False) -> None:
        """Write the line of the audit log: of what changes the ledger, and of what was refused.

        A server that tells no callers apart writes none.
        """
        if not self._gate.authenticator.is_on or not (self._rule.changes or self._reason):
            return
        outcome = "CANCELLED" if is_cancelled else "OK" if error is None else code_of(error)
        audit.write_line(
            self.identity,
            method=self._method,
            resource=self._resource,
            outcome=outcome,
            reason=self._reason,
            incident=error.metadata.get("incident", "") if error else "",
            request_id=self._request_id,
            peer=self._context.peer(),
        )

    def _refuse(self, reason: str) -> None:
        self._reason = reason
        self._gate.telemetry.add("tonne_auth_failures_total", 1, reason)


_CURRENT: ContextVar[Call] = ContextVar("call")


def current() -> Call:
    """Give the call that is being served. Methods run in the context of theirs."""
    return _CURRENT.get()


def caller() -> Caller:
    """Give who makes the call that is being served."""
    return current().identity or ANYBODY

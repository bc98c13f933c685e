"""The settings of security: who may connect, who callers are, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.settings.setting import check_address, check_required, check_words, setting


@dataclass(frozen=True, slots=True)
class SecurityConfig:
    """Who may connect, who callers are, and what they may do. Holds no secret: paths alone."""

    tls_certificate_file: str = setting(
        "", "PEM file of the server's certificate and its chain. Empty: plain text."
    )
    tls_key_file: str = setting("", "PEM file of the private key of the server's certificate.")
    tls_client_ca_file: str = setting(
        "", "PEM file of the authorities whose client certificates the server accepts."
    )
    client_certificate: str = setting(
        "none",
        "Whether clients of the gRPC port must have a certificate.",
        choices=("none", "required"),
    )
    listen_mtls: str = setting(
        "",
        "Address of a second gRPC port whose clients must have a certificate, while clients of "
        "the first port need none.",
        check=lambda text: check_address(text) if text else "",
    )
    issuers: dict[str, str] = setting(  # noqa: RUF009  # makes a new one each time
        {}, "Issuers of tokens, each with its JWKS: a URL (https://...) or a file."
    )
    audience: str = setting("", "The `aud` that tokens must have: the name of this service.")
    algorithms: str = setting(
        "RS256 ES256 EdDSA",
        "Algorithms of tokens that the server accepts.",
        check=lambda text: check_words(text, ("RS256", "ES256", "EdDSA")),
    )
    required_claims: str = setting(
        "exp iat nbf iss aud sub",
        "Claims that a token must have.",
        check=lambda text: check_required(text, ("exp", "iss", "aud", "sub")),
    )
    leeway_s: float = setting(
        10.0, "How far the clocks of an issuer and the server may differ.", minimum=0
    )
    jwks_lifetime_s: float = setting(
        300.0, "Time after which the server reads the keys of an issuer again.", minimum=1
    )
    jwks_cooldown_s: float = setting(
        30.0, "Shortest time between two readings, however many unknown keys come.", minimum=0
    )
    jwks_timeout_s: float = setting(
        5.0, "Longest time that a reading of keys may take.", minimum=0.1
    )
    roles_claim: str = setting(
        "tonne_roles", "Claim of a token that gives roles. Empty: no token gives roles."
    )
    roles: dict[str, str] = setting(  # noqa: RUF009  # makes a new one each time
        {},
        "Roles by caller: a pattern (`*` within a part, `**` anything) of ISSUER#SUBJECT, of a "
        "SPIFFE id or of a certificate's subject; and roles like `acme:producer *:auditor`.",
    )
    reflection: str = setting(
        "auto",
        "gRPC reflection; `auto`: only where callers are not authenticated.",
        choices=("auto", "on", "off"),
    )

    @property
    def authenticates(self) -> bool:
        """Whether callers are told apart. Where they are not, everything is allowed."""
        return bool(self.issuers) or self.takes_certificates

    @property
    def reflects(self) -> bool:
        """Whether the gRPC port describes its services."""
        return self.reflection == "on" or (self.reflection == "auto" and not self.authenticates)

    @property
    def takes_certificates(self) -> bool:
        """Whether some port has clients with certificates."""
        return self.client_certificate == "required" or bool(self.listen_mtls)

"""TLS of the gRPC ports: certificates from files, taken anew when they were rotated.

Whatever rotates them (cert-manager, a SPIFFE agent, an operator) writes files; Kubernetes swaps a
symbolic link. Both change what `stat` says of the files, which is looked at for each handshake.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from tonne.errors import ConfigInvalid
from tonne.permissions import fault_of_writers, is_for_everybody

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from tonne.config import Config, SecurityConfig
    from tonne.telemetry import Telemetry

logger = logging.getLogger(__name__)

_Signature = tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a server's certificate is, and the authorities of its clients if it asks for any."""

    certificate: Path
    key: Path
    client_ca: Path | None

    def sign(self) -> _Signature:
        """Give what changes when a file is replaced or written to; links are followed.

        A file that is not there gives nothing.
        """
        try:
            found = [path.stat() for path in (self.certificate, self.key, self.client_ca) if path]
        except OSError:
            return ()
        return tuple((s.st_dev, s.st_ino, s.st_mtime_ns, s.st_size) for s in found)

    def read(self) -> tuple[grpc.ServerCertificateConfiguration, dt.datetime]:
        """Read and check the files; also the end of the certificate's validity.

        Raises
        ------
        ConfigInvalid
            A file cannot be read or may be written by others, the key is not that of the
            certificate, or the certificate has expired. The message names files and never holds
            what is in them.
        """
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # 10 MiB, for ports with TLS alone
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415  # 10 MiB, for ports with TLS alone

        chain, certificate = _read_certificates("tls_certificate_file", self.certificate)
        key = _read("tls_key_file", self.key)
        if is_for_everybody(self.key):
            logger.warning(
                "security.tls_key_file: every user of the machine may read %s: run chmod o= on "
                "it, or mount it with defaultMode 0440",
                self.key,
            )
        try:
            public_key = load_pem_private_key(key, password=None).public_key()
        except (ValueError, TypeError, UnsupportedAlgorithm):
            expected = "is not a PEM file with a private key, or the key has a passphrase"
            raise _wrong("tls_key_file", self.key, expected) from None
        if public_key != certificate.public_key():
            raise _wrong("tls_key_file", self.key, f"is not the key of {self.certificate}")
        until = certificate.not_valid_after_utc
        if until <= dt.datetime.now(dt.UTC):
            raise _wrong("tls_certificate_file", self.certificate, f"expired at {until}")
        authorities = None
        if self.client_ca is not None:
            authorities, _ = _read_certificates("tls_client_ca_file", self.client_ca)
        return grpc.ssl_server_certificate_configuration([(key, chain)], authorities), until


class Certificates:
    """The certificates in force. What is broken never replaces what works.

    Raises what `CertificateFiles.read` raises: no server starts without a good pair.
    """

    def __init__(self, files: CertificateFiles, telemetry: Telemetry) -> None:
        self._files = files
        self._telemetry = telemetry
        self._lock = threading.Lock()
        self._seen = files.sign()
        self._current, until = files.read()
        self._tell_end(until)

    def credentials(self, *, require_client: bool) -> grpc.ServerCredentials:
        """Make the credentials of a port, which follow the files from then on."""
        return grpc.dynamic_ssl_server_credentials(
            self._current, self._follow(), require_client_authentication=require_client
        )

    def _follow(self) -> Callable[[], grpc.ServerCertificateConfiguration | None]:
        """Make what gRPC asks at each handshake of a port: None where nothing is new."""
        given = self._current

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            nonlocal given
            self._look()
            if self._current is given:
                return None
            given = self._current
            return given

        return fetch

    def _look(self) -> None:
        # The state before the reading is what was seen: a change meanwhile is met next time.
        signature = self._files.sign()
        if signature == self._seen:
            return
        with self._lock:
            if signature == self._seen:
                return
            self._seen = signature
            try:
                self._current, until = self._files.read()
            except ConfigInvalid as error:
                logger.error(  # noqa: TRY400  # the message says it all, and no more
                    "the server rejected the new certificate and keeps the old one: %s", error
                )
                self._telemetry.add("tonne_tls_reloads_total", 1, "failed")
                return
            self._tell_end(until)
            self._telemetry.add("tonne_tls_reloads_total", 1, "done")
            logger.info("the server uses a new certificate, valid until %s", until)

    def _tell_end(self, until: dt.datetime) -> None:
        name = "tonne_tls_certificate_expiry_timestamp_seconds"
        self._telemetry.set(name, until.timestamp())


def open_certificates(security: SecurityConfig, telemetry: Telemetry) -> Certificates | None:
    """Read the certificates that the settings name; None where the server speaks plain text.

    Raises
    ------
    ConfigInvalid
        Some files are missing among the settings, or are no good.
    """
    certificate, key = security.tls_certificate_file, security.tls_key_file
    if bool(certificate) != bool(key):
        raise _incomplete(
            "security.tls_certificate_file and security.tls_key_file go together: set both or none"
        )
    if security.takes_certificates and not (certificate and security.tls_client_ca_file):
        raise _incomplete(
            'security.client_certificate = "required" and security.listen_mtls need '
            "security.tls_certificate_file, tls_key_file and tls_client_ca_file"
        )
    if not certificate:
        return None
    client_ca = Path(security.tls_client_ca_file) if security.takes_certificates else None
    files = CertificateFiles(Path(certificate), Path(key), client_ca)
    return Certificates(files, telemetry)


def check_exposure(config: Config) -> None:
    """Refuse to be reachable from elsewhere without TLS or without authentication.

    Raises
    ------
    ConfigInvalid
        Unless `server.insecure` says that somebody else sees to both.
    """
    security = config.security
    exposed = [
        address
        for address in (config.server.listen, security.listen_mtls)
        if address
        if not _is_loopback(address)
    ]
    if not exposed:
        return
    lacking = [
        text
        for is_there, text in (
            (security.tls_certificate_file, "TLS (security.tls_certificate_file, tls_key_file)"),
            (
                security.authenticates,
                "authentication (security.issuers or security.client_certificate)",
            ),
        )
        if not is_there
    ]
    if lacking and config.server.insecure:
        logger.warning(
            "the server listens on %s without %s, because server.insecure is set",
            exposed[0],
            " and ".join(lacking),
        )
    elif lacking:
        raise ConfigInvalid(
            "a server that listens beyond loopback needs TLS and authentication; server.listen "
            f"is {exposed[0]} without {' and '.join(lacking)}: configure them, listen on "
            "127.0.0.1, or set server.insecure = true (--insecure) where a mesh or a proxy does "
            "both",
            metadata={"key": "server.insecure", "value": exposed[0]},
        )


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_certificates(key: str, path: Path) -> tuple[bytes, x509.Certificate]:
    """Read a PEM file of certificates; also the first one of them."""
    from cryptography import x509  # noqa: PLC0415  # 10 MiB, for ports with TLS alone

    content = _read(key, path)
    try:
        return content, x509.load_pem_x509_certificates(content)[0]
    except (ValueError, IndexError):
        raise _wrong(key, path, "is not a PEM file with certificates") from None


def _read(key: str, path: Path) -> bytes:
    fault = fault_of_writers(path)
    if fault:
        raise _wrong(key, path, fault)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _wrong(key, path, f"cannot be read ({error.strerror})") from error


def _wrong(key: str, path: Path, what: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"security.{key}: {path} {what}", metadata={"key": f"security.{key}", "path": str(path)}
    )


def _incomplete(text: str) -> ConfigInvalid:
    return ConfigInvalid(text, metadata={"key": "security.tls_certificate_file"})

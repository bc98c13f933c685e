"""The gateway: HAProxy takes its configuration, which fits the service's own figures."""

from __future__ import annotations

import datetime as dt
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.k8s.golden_files import find
from tests.k8s.rendering import K8S, program
from tonne.config import Config

CONFIGURATION = (K8S / "components/gateway/haproxy.cfg").read_text(encoding="utf-8")
TLS = "/etc/tonne-gateway-tls"
POD = find("base+gateway", "Deployment", "tonne-gateway")["spec"]["template"]["spec"]


def write_pair(directory) -> None:
    """A certificate and its key, named as Kubernetes names them in a Secret."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tonne.example")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin.replace(year=2099))
    ).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (directory / "tls.crt").write_bytes(certificate.public_bytes(pem))
    (directory / "tls.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def check(directory, text: str) -> subprocess.CompletedProcess[str]:
    path = directory / "haproxy.cfg"
    path.write_text(text.replace(TLS, str(directory)), encoding="utf-8")
    return subprocess.run(
        [program("haproxy"), "-c", "-f", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_haproxy_takes_it(tmp_path):
    """Also the certificate and key of a Secret, as two files, without a warning."""
    write_pair(tmp_path)
    done = check(tmp_path, CONFIGURATION)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"), [("balance leastconn", "balance nonsense"), ("/tls.crt", "/other.crt")]
)
def test_haproxy_can_refuse_it(tmp_path, right, wrong):
    write_pair(tmp_path)
    assert check(tmp_path, CONFIGURATION.replace(right, wrong)).returncode != 0


def seconds(setting: str) -> int:
    (found,) = re.findall(rf"^\s+{setting}\s+(\d+)s$", CONFIGURATION, re.MULTILINE)
    return int(found)


def test_it_waits_longer_than_streams_live():
    """Neither silence nor a stop ends a stream before the server does, in-band."""
    ingest = Config().ingest
    life_s = ingest.stream_lifetime_s_max + ingest.close_grace_s
    assert seconds("timeout client") > life_s
    assert seconds("timeout server") > life_s
    assert seconds("hard-stop-after") > life_s
    pause_s = POD["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert POD["terminationGracePeriodSeconds"] > pause_s + seconds("hard-stop-after")


def test_it_fits_the_server():
    """Windows, calls on a connection, ports, and a place for each pod that there may be."""
    server = Config().server
    assert f"tune.h2.initial-window-size {server.lookahead_bytes}\n" in CONFIGURATION
    assert f"max-concurrent-streams {server.streams_per_connection_max}\n" in CONFIGURATION
    (slots, port) = re.findall(r"server-template tonne (\d+) tonne-headless:(\d+)", CONFIGURATION)[
        0
    ]
    scaler = find("base+autoscaling-hpa", "HorizontalPodAutoscaler")["spec"]
    # With as many more as a rollout adds for a while.
    assert int(slots) >= scaler["maxReplicas"] * 1.25
    ports = {
        one["name"]: one["port"]
        for one in find("base", "Service", "tonne-headless")["spec"]["ports"]
    }
    assert int(port) == ports["grpc"]
    assert f"check-proto h1 port {ports['admin']} " in CONFIGURATION


def test_its_ports_and_files_are_the_pods():
    """What it binds and reads is what the Deployment gives it."""
    (container,) = POD["containers"]
    bound = re.findall(r"bind :(\d+)", CONFIGURATION)
    assert sorted(map(int, bound)) == sorted(port["containerPort"] for port in container["ports"])
    assert TLS in {mount["mountPath"] for mount in container["volumeMounts"]}

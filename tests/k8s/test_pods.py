"""Every pod: the Pod Security Standard `restricted`, and the service's own figures."""

from __future__ import annotations

import copy
import dataclasses
import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from tests.k8s.golden_files import COMPONENTS, NAMES, documents, find
from tests.k8s.rendering import K8S
from tonne.cli.main import app
from tonne.client import Credentials
from tonne.client.errors import CredentialsUnusable
from tonne.config import Config, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1 << 20
UNITS = {"Ki": 1 << 10, "Mi": MIB, "Gi": 1 << 30}

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}


def containers(pod: dict) -> list[dict]:
    return [
        container
        for kind in ("containers", "initContainers", "ephemeralContainers")
        for container in pod.get(kind, [])
    ]


def contexts(pod: dict) -> list[dict]:
    """The security contexts of the pod and of its containers."""
    found = [pod, *containers(pod)]
    return [one.get("securityContext", {}) for one in found]


def effective(pod: dict, field: str) -> list[object]:
    """A field for each container: its own, or the pod's."""
    outer = pod.get("securityContext", {}).get(field)
    return [one.get("securityContext", {}).get(field, outer) for one in containers(pod)]


def handlers(pod: dict) -> list[dict]:
    """Probes and hooks of all containers."""
    return [
        hook
        for one in containers(pod)
        for hook in (
            *(one.get(kind, {}) for kind in ("livenessProbe", "readinessProbe", "startupProbe")),
            *one.get("lifecycle", {}).values(),
        )
    ]


def options(pod: dict, field: str) -> list[dict]:
    return [context.get(field, {}) for context in contexts(pod)]


# kubernetes.io, "Pod Security Standards": every control of `baseline` and `restricted`.
RULES: dict[str, Callable[[dict], bool]] = {
    "host namespaces": lambda pod: (
        not any(pod.get(field) for field in ("hostNetwork", "hostPID", "hostIPC"))
    ),
    "host process": lambda pod: (
        not any(windows.get("hostProcess") for windows in options(pod, "windowsOptions"))
    ),
    "privileged": lambda pod: not any(context.get("privileged") for context in contexts(pod)),
    "capabilities": lambda pod: all(
        "ALL" in one.get("securityContext", {}).get("capabilities", {}).get("drop", [])
        and set(one["securityContext"]["capabilities"].get("add", [])) <= {"NET_BIND_SERVICE"}
        for one in containers(pod)
    ),
    "volume types": lambda pod: all(
        set(volume) - {"name"} <= VOLUMES for volume in pod.get("volumes", [])
    ),
    "host ports": lambda pod: (
        not any(port.get("hostPort") for one in containers(pod) for port in one.get("ports", []))
    ),
    "host of probes": lambda pod: (
        not any(
            handler.get(kind, {}).get("host")
            for handler in handlers(pod)
            for kind in ("httpGet", "tcpSocket")
        )
    ),
    "AppArmor": lambda pod: all(
        profile.get("type", "RuntimeDefault") in {"RuntimeDefault", "Localhost"}
        for profile in options(pod, "appArmorProfile")
    ),
    "SELinux": lambda pod: all(
        selinux.get("type", "") in SELINUX_TYPES and not selinux.keys() & {"user", "role"}
        for selinux in options(pod, "seLinuxOptions")
    ),
    "proc mount": lambda pod: all(
        context.get("procMount", "Default") == "Default" for context in contexts(pod)
    ),
    "seccomp": lambda pod: all(
        isinstance(profile, dict) and profile.get("type") in {"RuntimeDefault", "Localhost"}
        for profile in effective(pod, "seccompProfile")
    ),
    "sysctls": lambda pod: all(
        sysctl["name"] in SYSCTLS for sysctl in pod.get("securityContext", {}).get("sysctls", [])
    ),
    "privilege escalation": lambda pod: all(
        one.get("securityContext", {}).get("allowPrivilegeEscalation") is False
        for one in containers(pod)
    ),
    "running as non-root": lambda pod: all(
        value is True for value in effective(pod, "runAsNonRoot")
    ),
    "user that is not root": lambda pod: all(
        context.get("runAsUser") != 0 for context in contexts(pod)
    ),
    # Not of the standard, but of this project.
    "read-only root": lambda pod: all(
        one.get("securityContext", {}).get("readOnlyRootFilesystem") is True
        for one in containers(pod)
    ),
    "no token": lambda pod: pod.get("automountServiceAccountToken") is False,
    "requests and a memory limit": lambda pod: all(
        one["resources"]["requests"].keys() >= {"cpu", "memory"}
        and "memory" in one["resources"]["limits"]
        for one in containers(pod)
    ),
}


def pods() -> Iterator[tuple[str, dict]]:
    for name in NAMES:
        for document in documents(name):
            if document["kind"] in {"Deployment", "Job"}:
                label = f"{name}/{document['metadata']['name']}"
                yield label, document["spec"]["template"]["spec"]


PODS = dict(pods())


@pytest.mark.parametrize("rule", RULES)
def test_pods_are_restricted(rule):
    """Each rule by itself, for each pod of each rendering."""
    assert PODS
    assert [name for name, pod in PODS.items() if not RULES[rule](pod)] == []


BREAKS: dict[str, tuple[str, object]] = {
    "host namespaces": ("hostPID", True),
    "host process": ("securityContext.windowsOptions", {"hostProcess": True}),
    "privileged": ("containers.0.securityContext.privileged", True),
    "capabilities": ("containers.0.securityContext.capabilities.add", ["SYS_TIME"]),
    "volume types": ("volumes.0", {"name": "host", "hostPath": {"path": "/"}}),
    "host ports": ("containers.0.ports.0.hostPort", 80),
    "host of probes": ("containers.0.livenessProbe.httpGet.host", "10.0.0.1"),
    "AppArmor": ("securityContext.appArmorProfile", {"type": "Unconfined"}),
    "SELinux": ("securityContext.seLinuxOptions", {"type": "spc_t"}),
    "proc mount": ("containers.0.securityContext.procMount", "Unmasked"),
    "seccomp": ("containers.0.securityContext.seccompProfile", {"type": "Unconfined"}),
    "sysctls": ("securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
    "privilege escalation": ("containers.0.securityContext.allowPrivilegeEscalation", None),
    "running as non-root": ("containers.0.securityContext.runAsNonRoot", False),
    "user that is not root": ("containers.0.securityContext.runAsUser", 0),
    "read-only root": ("containers.0.securityContext.readOnlyRootFilesystem", False),
    "no token": ("automountServiceAccountToken", True),
    "requests and a memory limit": ("containers.0.resources.limits", {"cpu": "1"}),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_can_fail(rule):
    """A pod that breaks it is seen, and breaks no other."""
    pod = copy.deepcopy(PODS["base/tonne"])
    path, value = BREAKS[rule]
    *parents, last = path.split(".")
    place = pod
    for part in parents:
        place = place[int(part)] if part.isdigit() else place[part]
    place[int(last) if last.isdigit() else last] = value
    assert [name for name, holds in RULES.items() if not holds(pod)] == [rule]


# --- the service's own figures ------------------------------------------------------------


def size(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()
    return int(number) * UNITS.get(unit, 1)


def server(name: str) -> dict:
    return find(name, "Deployment")["spec"]["template"]["spec"]


def settings(name: str, tmp_path) -> Config:
    """What the server of a rendering reads: its file and its environment."""
    text = find(name, "ConfigMap")["data"]["tonne.toml"]
    tomllib.loads(text)
    file = tmp_path / "tonne.toml"
    file.write_text(text, encoding="utf-8")
    environment = {
        one["name"]: one.get("value", "2") for one in server(name)["containers"][0].get("env", [])
    }
    return load(file, environ=environment)


SERVERS = [name for name in NAMES if f"{name}/tonne" in PODS]


@pytest.mark.parametrize("name", SERVERS)
def test_the_server_has_time_to_stop(name, tmp_path):
    """The grace period covers preStop, the streams, the calls and the last commits."""
    pod = server(name)
    pause_s = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed_s = pause_s + 3 * settings(name, tmp_path).server.stop_grace_s
    assert pod["terminationGracePeriodSeconds"] > needed_s


@pytest.mark.parametrize("name", SERVERS)
def test_the_limit_holds_the_worst_case(name, tmp_path):
    """Memory by the formula of docs/operations.md stays under the alert's 90 % of the limit.

    Every stream has the largest message on the way in and another being read, and ten thousand
    keys; as many books commit as may at the same time; /tmp is full.
    """
    config = settings(name, tmp_path)
    ingest, pod = config.ingest, server(name)
    stream = config.server.lookahead_bytes + 2 * ingest.message_bytes_max + 190 * 10_000
    commit = 12 * (ingest.commit_bytes_max + ingest.stream_window_bytes)
    tmp = sum(
        size(volume["emptyDir"]["sizeLimit"]) for volume in pod["volumes"] if "emptyDir" in volume
    )
    worst = (
        (240 + 96) * MIB
        + ingest.in_flight_bytes_max
        + ingest.streams_max * stream
        + ingest.commit_threads * commit
        + config.ledger.postings_cache_bytes_max
        + tmp
    )
    limit = size(pod["containers"][0]["resources"]["limits"]["memory"])
    assert worst < 0.9 * limit, f"{worst // MIB} MiB of {limit // MIB} MiB"


@pytest.mark.parametrize("name", SERVERS)
def test_the_probes_ask_the_right_questions(name):
    """Liveness and start ask for the event loop alone, readiness for the store as well.

    A server that lost its store is not restarted; the start has a minute, for migrations.
    """
    pod = server(name)
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    arguments = container["args"]
    assert arguments[arguments.index("--listen") + 1] == f"0.0.0.0:{ports['grpc']}"
    assert arguments[arguments.index("--admin") + 1] == f"0.0.0.0:{ports['admin']}"
    probes = {kind: container[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")}
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {"admin"}
    paths = {kind: probe["httpGet"]["path"] for kind, probe in probes.items()}
    assert paths == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert probes["startup"]["periodSeconds"] * probes["startup"]["failureThreshold"] >= 60
    # Out of the balancing at once, restarted only after half a minute of silence.
    assert probes["readiness"]["failureThreshold"] == 1
    assert probes["liveness"]["periodSeconds"] * probes["liveness"]["failureThreshold"] >= 30


@pytest.mark.parametrize("name", SERVERS)
def test_the_store_takes_the_connections_of_all_pods(name, tmp_path):
    """At most 240 connections of the largest fleet, which a PostgreSQL of the trade bears."""
    config = settings(name, tmp_path)
    pods_max = scaler()["maxReplicas"]
    assert config.store.manifest_pool_size * pods_max <= 240


@pytest.mark.parametrize("name", SERVERS)
def test_files_that_settings_name_are_mounted(name, tmp_path):
    """Certificates and keys lie under a mounted directory; no subPath, which is not updated."""
    security = settings(name, tmp_path).security
    mounts = server(name)["containers"][0]["volumeMounts"]
    assert not any("subPath" in mount for mount in mounts)
    for file in (
        security.tls_certificate_file,
        security.tls_key_file,
        security.tls_client_ca_file,
    ):
        assert not file or any(file.startswith(mount["mountPath"] + "/") for mount in mounts)


def test_jobs_of_the_ledger_are_done_once():
    """Where another pod has the upkeep or the migration, servers leave it alone."""
    for component, setting in (
        ("maintenance", "TONNE_LEDGER_UPKEEP"),
        ("migration", "TONNE_STORE_MIGRATE_AT_START"),
    ):
        environment = server(f"base+{component}")["containers"][0]["env"]
        assert {"name": setting, "value": "false"} in environment
    assert server("base")["containers"][0]["env"][0]["name"] == "TONNE_SERVER_CPUS"


@pytest.mark.parametrize(
    ("component", "kind", "name"),
    [
        ("maintenance", "Deployment", "tonne-maintenance"),
        ("publisher", "Deployment", "tonne-publisher"),
        ("console", "Deployment", "tonne-console"),
        ("migration", "Job", "tonne-migrate"),
        ("check", "CronJob", "tonne-check"),
    ],
)
def test_other_pods_run_commands_that_there_are(component, kind, name):
    """Their arguments are taken by the command line, and no Service sends them streams."""
    spec = find(f"base+{component}", kind, name)["spec"]
    found = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]
    (container,) = found["spec"]["containers"]
    command, *options = container["args"]
    (taken,) = [one for one in get_command(app).commands.items() if one[0] == command]
    known = {option for parameter in taken[1].params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known
    for service in ("tonne", "tonne-headless"):
        selector = find(f"base+{component}", "Service", service)["spec"]["selector"]
        assert not selector.items() <= found["metadata"]["labels"].items()


def test_the_console_is_behind_a_proxy_and_before_the_servers():
    """It has no identity, may pass tokens on, and its ports are those of its Service."""
    pod = find("base+console", "Deployment", "tonne-console")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    arguments = container["args"]
    assert "--behind-proxy" in arguments
    address = arguments[arguments.index("--server") + 1]
    (port,) = find("base+console", "Service")["spec"]["ports"]
    assert address == f"tonne:{port['port']}"
    environment = {each["name"]: each["value"] for each in container["env"]}
    assert environment == {"TONNE_INSECURE": "true"}
    callers = Credentials(token=".".join("abc"))
    with pytest.raises(CredentialsUnusable):
        callers.check(address)
    dataclasses.replace(callers, insecure=True).check(address)
    (named,) = container["ports"]
    assert arguments[arguments.index("--listen") + 1] == f"0.0.0.0:{named['containerPort']}"
    (own,) = find("base+console", "Service", "tonne-console")["spec"]["ports"]
    assert (own["port"], own["targetPort"]) == (named["containerPort"], named["name"])
    for probe in (container["livenessProbe"], container["readinessProbe"]):
        assert probe["httpGet"] == {"path": "/healthz", "port": named["name"]}
    pause_s = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > pause_s + 10  # of pages that are under way


def test_mtls_is_in_force(tmp_path):
    """The component turns the plain text off and asks for certificates."""
    config = settings("base+mtls", tmp_path)
    assert config.security.client_certificate == "required"
    assert config.security.tls_certificate_file
    assert config.server.insecure is False
    for service in ("tonne", "tonne-headless"):
        ports = find("base+mtls", "Service", service)["spec"]["ports"]
        assert "kubernetes.io/h2c" not in {port.get("appProtocol") for port in ports}


# --- autoscaling --------------------------------------------------------------------------


def scaler() -> dict:
    return find("base+autoscaling-hpa", "HorizontalPodAutoscaler")["spec"]


def test_both_autoscalers_do_the_same():
    """Minimum, maximum, target and behavior are those of docs/autoscaling.md, twice."""
    keda = find("base+autoscaling-keda", "ScaledObject")["spec"]
    (trigger,) = keda["triggers"]
    hpa = scaler()
    (metric,) = hpa["metrics"]
    target = metric["external"]["target"]
    assert target["type"] == trigger["metricType"] == "AverageValue"
    assert int(target["averageValue"].removesuffix("m")) == 1000 * float(
        trigger["metadata"]["threshold"]
    )
    assert (hpa["minReplicas"], hpa["maxReplicas"]) == (
        keda["minReplicaCount"],
        keda["maxReplicaCount"],
    )
    assert hpa["behavior"] == keda["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]


def test_no_data_is_not_no_demand():
    """KEDA keeps the pods when Prometheus is away."""
    keda = find("base+autoscaling-keda", "ScaledObject")["spec"]
    assert keda["triggers"][0]["metadata"]["ignoreNullValues"] == "false"
    assert keda["fallback"]["behavior"] == "currentReplicasIfHigher"
    assert keda["fallback"]["replicas"] >= keda["minReplicaCount"]


def test_the_target_is_that_of_the_rules():
    """What holds the pods while the store is slow is the target times the pods."""
    text = (K8S / "components/monitoring/prometheusrule-records.yaml").read_text(encoding="utf-8")
    held = set(re.findall(r"([\d.]+) \* tonne:pods:count", text))
    (metric,) = scaler()["metrics"]
    assert held == {f"{int(metric['external']['target']['averageValue'][:-1]) / 1000:g}"}


def test_replicas_are_the_autoscalers():
    """A Deployment that an autoscaler owns says no number, or each apply would set it back."""
    for name in ("base", *(f"base+{component}" for component in COMPONENTS), "production"):
        assert "replicas" not in find(name, "Deployment")["spec"]


def test_the_development_server_is_alone(tmp_path):
    """SQLite has one writer: one replica, which goes before another comes."""
    spec = find("dev", "Deployment")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert settings("dev", tmp_path).store.manifest_url.startswith("sqlite:////var/lib/tonne/")
    mounts = {
        one["mountPath"] for one in spec["template"]["spec"]["containers"][0]["volumeMounts"]
    }
    assert "/var/lib/tonne" in mounts


def test_production_has_its_parts():
    kinds = sorted({document["kind"] for document in documents("production")})
    assert {"HorizontalPodAutoscaler", "NetworkPolicy", "PodMonitor", "PrometheusRule"} <= set(
        kinds
    )
    zones = [
        spread["topologyKey"]
        for name in (
            *("tonne", "tonne-gateway", "tonne-maintenance", "tonne-publisher"),
            "tonne-console",
        )
        for spread in find("production", "Deployment", name)["spec"]["template"]["spec"][
            "topologySpreadConstraints"
        ]
    ]
    assert sorted(zones) == ["kubernetes.io/hostname"] * 5 + ["topology.kubernetes.io/zone"] * 5

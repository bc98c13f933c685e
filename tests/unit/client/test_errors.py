"""What comes back from gRPC and in-band becomes errors with names."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from tonne import errors
from tonne.client.errors import ServerFailed, ServerRefused, ServerUnavailable, error_of_code
from tonne.client.wire.retry import Backoff, RetryPolicy
from tonne.client.wire.transport import (
    _ERROR_INFO,
    _RETRY_INFO,
    _RPC_STATUS,
    error_of_rpc,
    error_of_status,
)
from tonne.v1 import status_pb2


class Failure(grpc.RpcError):
    """A failed call with code, text and details."""

    def __init__(self, code, text, details=b""):
        self._code, self._text, self._details = code, text, details

    def code(self):
        return self._code

    def details(self):
        return self._text

    def trailing_metadata(self):
        return (("grpc-status-details-bin", self._details),) if self._details else ()


def status_details(reason, delay_s=None):
    status = _RPC_STATUS(code=5, message="text")
    info = _ERROR_INFO(reason=reason, domain="tonne.v1", metadata={"book": "acme"})
    status.details.add(
        type_url="type.googleapis.com/google.rpc.ErrorInfo", value=info.SerializeToString()
    )
    if delay_s is not None:
        retry = _RETRY_INFO()
        retry.retry_delay.seconds = delay_s
        status.details.add(
            type_url="type.googleapis.com/google.rpc.RetryInfo", value=retry.SerializeToString()
        )
    return status.SerializeToString()


def every_error(root=errors.TonneError):
    for child in root.__subclasses__():
        if child.__module__.startswith("tonne.errors."):
            yield child
            yield from every_error(child)


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_every_stable_reason_is_raised_as_its_class(kind):
    """An error of the server is the same class at the client, with its metadata."""
    failure = Failure(grpc.StatusCode.NOT_FOUND, "text", status_details(kind.code, 3))
    found = error_of_rpc(failure, "host:1")
    assert type(found) is kind
    assert found.metadata == {"book": "acme"}
    assert found.retry_delay_s == 3.0
    assert type(error_of_status(status_pb2.Status(reason=kind.code))) is kind
    assert type(error_of_code(kind.code, "text")) is kind


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, "refused", ServerUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "late", ServerUnavailable),
        (grpc.StatusCode.INTERNAL, "Internal error from Core", ServerUnavailable),
        (grpc.StatusCode.UNKNOWN, "Stream removed", ServerUnavailable),
        (grpc.StatusCode.INTERNAL, "incident 12", ServerFailed),
        (grpc.StatusCode.UNIMPLEMENTED, "no such method", ServerRefused),
    ],
)
def test_without_a_reason_the_code_decides(code, text, kind):
    """A broken connection may be tried again; a defect and a refusal may not."""
    found = error_of_rpc(Failure(code, text), "host:1")
    assert type(found) is kind
    assert found.retryable == (kind is ServerUnavailable)


def test_an_unknown_reason_with_a_delay_may_be_tried_again():
    """A newer server's reason that names a delay is retryable, in-band and at the end."""
    details = status_details("NEWER_REASON", 2)
    found = error_of_rpc(Failure(grpc.StatusCode.ABORTED, "text", details), "host:1")
    assert (type(found), found.retry_delay_s) == (ServerUnavailable, 2.0)
    status = status_pb2.Status(reason="NEWER_REASON", retry_delay=Duration(seconds=2))
    assert type(error_of_status(status)) is ServerUnavailable
    assert type(error_of_status(status_pb2.Status(reason="NEWER", code=3))) is ServerRefused
    assert type(error_of_status(status_pb2.Status(reason="NEWER", code=13))) is ServerFailed


def test_garbled_details_do_not_hide_the_error():
    """Details that are no google.rpc.Status leave the code to decide."""
    found = error_of_rpc(Failure(grpc.StatusCode.UNAVAILABLE, "text", b"\xff\xff"), "host:1")
    assert type(found) is ServerUnavailable


def make_backoff(**policy):
    slept = []
    backoff = Backoff(
        RetryPolicy(**policy),
        policy["budget_s"],
        clock=lambda: sum(slept),
        sleep=slept.append,
        draw=lambda: 1.0,
    )
    return backoff, slept


def test_waits_double_up_to_their_bound_within_the_budget():
    """Each wait is twice the one before up to its bound; beyond the budget it is over."""
    backoff, slept = make_backoff(budget_s=10.0, delay_first_s=1.0, delay_s_max=4.0)
    for _ in range(3):
        backoff.wait(errors.StoreUnavailable("away"))
    with pytest.raises(ServerUnavailable, match="the last error was: away"):
        backoff.wait(errors.StoreUnavailable("away"))
    assert slept == [1.0, 2.0, 4.0]


def test_progress_makes_the_budget_whole():
    """After progress the waits begin anew."""
    backoff, slept = make_backoff(budget_s=3.5, delay_first_s=1.0, delay_s_max=8.0)
    for _ in range(5):
        backoff.wait(errors.StoreUnavailable("away"))
        backoff.wait(errors.StoreUnavailable("away"))
        backoff.reset()
    assert slept == [1.0, 2.0] * 5


def test_a_delay_that_the_server_names_is_kept():
    """No attempt comes before the delay that the server asked for."""
    backoff, slept = make_backoff(budget_s=10.0, delay_first_s=0.1, delay_s_max=0.2)
    backoff.wait(errors.StoreUnavailable("away", retry_delay_s=3.0))
    assert slept == [3.0]


def test_whoever_asks_is_told_of_each_wait():
    """`on_wait` hears the error before each wait, and not when the budget is spent."""
    told = []
    backoff, slept = make_backoff(budget_s=3.5, delay_first_s=1.0, on_wait=told.append)
    away = errors.StoreUnavailable("away")
    backoff.wait(away)
    backoff.wait(away)
    with pytest.raises(ServerUnavailable):
        backoff.wait(away)
    assert told == [away, away]
    assert slept == [1.0, 2.0]

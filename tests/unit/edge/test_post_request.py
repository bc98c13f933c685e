"""The parts of a PostRecordsRequest, against the generated parser."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from tonne.edge.messages.requests.batch_requests import read_post_request
from tonne.errors import FieldInvalid, InputError
from tonne.ingest.decoder import KIND_ARROW, KIND_NONE, KIND_ROWS
from tonne.v1.ingest_pb2 import PostRecordsRequest, Rows

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
RECORDS = st.lists(st.builds(dict, record_id=st.text(max_size=5)), max_size=3)
REQUESTS = (
    st.builds(
        PostRecordsRequest,
        parent=TEXTS,
        request_id=TEXTS,
    )
    | st.builds(
        lambda records, parent: PostRecordsRequest(parent=parent, rows=Rows(records=records)),
        RECORDS,
        TEXTS,
    )
    | st.builds(lambda content: PostRecordsRequest(arrow_ipc=content), st.binary(max_size=40))
)


def _expected(request: PostRecordsRequest) -> tuple[str, str, int]:
    kinds = {None: KIND_NONE, "rows": KIND_ROWS, "arrow_ipc": KIND_ARROW}
    return request.parent, request.request_id, kinds[request.WhichOneof("batch")]


@given(st.lists(REQUESTS, min_size=1, max_size=3))
def test_joined_messages_read_as_the_generated_parser_reads_them(requests):
    """Fields that come several times are merged by the rules of protobuf."""
    message = b"".join(request.SerializeToString() for request in requests)
    expected = PostRecordsRequest.FromString(message)
    read = read_post_request(message)
    assert (read.parent, read.request_id, read.kind) == _expected(expected)
    if read.kind == KIND_ROWS:
        assert Rows.FromString(read.content) == expected.rows
    if read.kind == KIND_ARROW:
        assert read.content == expected.arrow_ipc


@pytest.mark.parametrize("field", ["parent", "request_id"])
def test_a_nul_in_a_text_is_refused(field):
    """Protobuf takes it, no store does; the last of a repeated text is the one that counts."""
    bad = PostRecordsRequest(**{field: "a\0b"}).SerializeToString()
    with pytest.raises(FieldInvalid) as refused:
        read_post_request(bad)
    assert refused.value.metadata == {"field": field}
    good = PostRecordsRequest(**{field: "ab"}).SerializeToString()
    assert getattr(read_post_request(bad + good), field) == "ab"


@given(st.binary(max_size=60))
def test_garbage_is_refused_or_read_as_the_generated_parser_does(message):
    """Nothing but an InputError comes out, and nothing is read that protobuf would not."""
    try:
        read = read_post_request(message)
    except InputError:
        return
    try:
        expected = PostRecordsRequest.FromString(message)
    except DecodeError:
        return  # groups, or what is inside the rows: the kernel looks at that
    assert (read.parent, read.request_id, read.kind) == _expected(expected)


@pytest.mark.parametrize(
    "message",
    [b"\x0a", b"\x0a\x05ab", b"\x08" + b"\xff" * 11, b"\x07", b"\x00\x00", b"\x0d\x01\x02"],
)
def test_broken_framing_is_refused(message):
    """A tag, size or value that does not fit its message is named by its place."""
    with pytest.raises(InputError) as refused:
        read_post_request(message)
    assert refused.value.code == "BATCH_MUST_PARSE"
    assert int(refused.value.metadata["position"]) <= len(message)

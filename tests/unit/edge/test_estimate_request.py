"""The parts of an EstimateRequest, against the generated parser."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from tonne.edge.messages.requests.batch_requests import read_estimate_request
from tonne.errors import InputError
from tonne.ingest.decoder import KIND_ARROW, KIND_NONE, KIND_ROWS
from tonne.v1.ingest_pb2 import Rows
from tonne.v1.report_pb2 import EstimateRequest, GetInventoryRequest

KINDS = {None: KIND_NONE, "rows": KIND_ROWS, "arrow_ipc": KIND_ARROW}
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5)
SELECTIONS = st.builds(GetInventoryRequest, name=TEXTS, accounts=st.lists(TEXTS))
REQUESTS = (
    st.builds(EstimateRequest, selection=st.none() | SELECTIONS, each_record=st.booleans())
    | st.builds(
        lambda records: EstimateRequest(rows=Rows(records=records)),
        st.lists(st.builds(dict, record_id=st.text(max_size=5)), max_size=3),
    )
    | st.builds(lambda content: EstimateRequest(arrow_ipc=content), st.binary(max_size=40))
)


def check(read, expected):
    """The same parts."""
    assert (read.selection is not None) == expected.HasField("selection")
    if read.selection is not None:
        assert read.selection == expected.selection
    assert read.each_record == expected.each_record
    assert read.kind == KINDS[expected.WhichOneof("batch")]


@given(st.lists(REQUESTS, min_size=1, max_size=3))
def test_joined_messages_read_as_the_generated_parser_reads_them(requests):
    """Fields that come several times are merged by the rules of protobuf."""
    message = b"".join(request.SerializeToString() for request in requests)
    expected = EstimateRequest.FromString(message)
    read = read_estimate_request(message)
    check(read, expected)
    if read.kind == KIND_ROWS:
        assert Rows.FromString(read.content) == expected.rows
    if read.kind == KIND_ARROW:
        assert read.content == expected.arrow_ipc


@given(st.binary(max_size=60))
def test_garbage_is_refused_or_read_as_the_generated_parser_does(message):
    """Nothing but an InputError comes out, and nothing is read that protobuf would not."""
    try:
        read = read_estimate_request(message)
    except InputError:
        return
    try:
        expected = EstimateRequest.FromString(message)
    except DecodeError:
        return  # groups, or what is inside the rows: the kernel looks at that
    check(read, expected)

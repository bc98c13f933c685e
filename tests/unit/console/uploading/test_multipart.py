"""Forms that bring a file: what urllib3 writes is read, to the last byte; what is none is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from tonne.console.uploading.multipart import PARTS_MAX, boundary_of, take_apart
from tonne.errors import FieldInvalid

# urllib3 writes names of files as browsers do, and texts of fields as they are.
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
PLAIN = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="%\\")
NAMES = st.text(PLAIN, max_size=40).filter(lambda name: name not in {"", "file"})


def written(fields, name, content):
    """Write a form as another program does; gives its type and its bytes."""
    body, kind = encode_multipart_formdata({**fields, "file": (name, content)})
    return kind, body


@given(
    st.dictionaries(NAMES, TEXTS, max_size=5),
    NAMES,
    st.binary(max_size=300) | st.sampled_from([b"\r\n--", b"--\r\n", b"\r\n\r\n", b"\n", b""]),
)
def test_what_another_program_writes_is_read(fields, name, content):
    """Fields in their order, the name with quotes and marks, and every byte of the file."""
    kind, body = written(fields, name, content)
    found, file = take_apart(body, boundary_of(kind))
    assert found == list(fields.items())
    assert (file.name, file.content) == (name, content)


@given(st.data())
def test_a_part_of_a_form_is_no_form(data):
    """Wherever a connection broke off."""
    kind, body = written({"profile": "guess"}, "a.csv", b"a,b\r\n1,2\r\n")
    cut = data.draw(st.integers(0, len(body) - 3))
    with pytest.raises(FieldInvalid, match="multipart/form-data"):
        take_apart(body[:cut], boundary_of(kind))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not closed"),
        (b"--b--\r\n", ""),
        (b"--b\r\n\r\n\r\nx\r\n--b--", "no head"),
        (b"--b\r\ncontent-type: a\r\n\r\nx\r\n--b--", "no name"),
        (b'--b\r\ncontent-disposition: form-data; name="a\r\n\r\nx\r\n--b--', "is named"),
        (b"--b\r\ncontent-disposition: attachment\r\n\r\nx\r\n--b--", "is named"),
        (b'--b\r\ncontent-disposition: form-data; name="a"\r\nx\r\n--b--', "no head"),
        (b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--', "UTF-8"),
        (
            b'--b\r\ncontent-disposition: form-data; name="a"; filename="b"\r\n\r\nx\r\n' * 2
            + b"--b--",
            "one file",
        ),
        (
            b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n' * (PARTS_MAX + 1)
            + b"--b--",
            "at most",
        ),
        (b"--b\r\n" + b"x" * 5_000 + b"\r\n\r\nx\r\n--b--", "no head"),
    ],
)
def test_what_is_no_form_is_told(body, told):
    """Each with what is wrong; an empty one has no field and no file."""
    if not told:
        assert take_apart(body, b"b") == ([], None)
        return
    with pytest.raises(FieldInvalid, match=told):
        take_apart(body, b"b")


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; boundary="a:b"', b"a:b"),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=a; x=y", None),
        ("multipart/mixed; boundary=a", None),
        (f"multipart/form-data; boundary={'a' * 71}", None),
        ("text/plain", None),
        ("", None),
    ],
)
def test_the_type_names_what_parts_it(kind, found):
    """Another type is none of ours."""
    assert boundary_of(kind) == found

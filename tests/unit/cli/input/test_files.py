"""Files of records, read piece by piece."""

from __future__ import annotations

import json

import polars as pl
import pyarrow as pa
import pytest

from tonne.cli.input import files
from tonne.cli.input.ipc_stream import read_ipc_stream
from tonne.errors import FieldInvalid

COUNT = 1_000


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "record_id": [str(number) for number in range(COUNT)],
            "facility": ["a", "b"] * (COUNT // 2),
            "activity": "electricity.grid",
            "quantity": "0.10",
            "unit": "kWh",
            "start": "2025-01-01",
            "end": "2025-01-02",
        }
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow", ".arrows", ".jsonl"])
def test_files_are_one_sequence_in_order(frame, tmp_path, monkeypatch, suffix):
    """Two files read in small pieces give all records in order, texts as they stand."""
    monkeypatch.setattr(files, "CHUNK_RECORDS", 64)
    paths = [tmp_path / f"{number}{suffix}" for number in range(2)]
    write = {
        ".csv": pl.DataFrame.write_csv,
        ".parquet": pl.DataFrame.write_parquet,
        ".arrow": pl.DataFrame.write_ipc,
        ".arrows": pl.DataFrame.write_ipc_stream,
        ".jsonl": pl.DataFrame.write_ndjson,
    }[suffix]
    for path in paths:
        write(frame, path)
    rows = [row for piece in files.read_files(paths) for row in piece.to_dicts()]
    said = [{name: text for name, text in row.items() if text is not None} for row in rows]
    assert said == frame.to_dicts() * 2
    known = suffix in {".csv", ".parquet"}
    assert files.count_records(paths) == (2 * COUNT if known else None)


def test_an_arrow_stream_is_read_batch_by_batch(tmp_path):
    """Each record batch comes alone, with its dictionaries, also where these change."""
    path = tmp_path / "a.arrows"
    schema = pa.schema([("facility", pa.dictionary(pa.int32(), pa.string()))])
    with pa.ipc.new_stream(path, schema) as stream:
        for texts in (["a", "b", "a"], ["c", None], ["b"]):
            column = pa.array(texts).dictionary_encode()
            stream.write_batch(pa.record_batch([column], schema=schema))
    pieces = [piece["facility"].cast(pl.String).to_list() for piece in read_ipc_stream(path)]
    assert pieces == [["a", "b", "a"], ["c", None], ["b"]]


def test_a_cut_arrow_stream_is_an_error_at_every_byte(frame, tmp_path):
    """Wherever an Arrow stream is cut, reading it ends with a named error or at a message."""
    whole = tmp_path / "whole.arrows"
    frame.head(3).write_ipc_stream(whole)
    content = whole.read_bytes()
    cut = tmp_path / "cut.arrows"
    ends = 0
    for size in range(1, len(content)):
        cut.write_bytes(content[:size])
        try:
            list(read_ipc_stream(cut))
        except FieldInvalid:
            continue
        ends += 1
    assert ends == 2  # after the schema, and after the record batch


def test_text_that_is_not_utf8_is_named(tmp_path):
    """JSON lines in another encoding are refused by the file's name."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps({"facility": "ä"}, ensure_ascii=False).encode("latin-1"))
    with pytest.raises(FieldInvalid, match=r"a\.jsonl: expected UTF-8"):
        list(files.read_files([path]))


def test_a_bad_utf8_in_csv_is_named(frame, tmp_path):
    """CSV in another encoding is refused by the names of file and line."""
    path = tmp_path / "a.csv"
    frame.write_csv(path)
    path.write_bytes(path.read_bytes().replace(b",b,", b",\xe4,"))
    with pytest.raises(FieldInvalid, match=r"a\.csv: expected UTF-8; line 3 is no UTF-8"):
        list(files.read_files([path]))


def test_a_row_with_too_many_fields_is_named(frame, tmp_path):
    """A CSV row longer than the header is refused by the names of file and line."""
    path = tmp_path / "a.csv"
    frame.write_csv(path)
    path.write_bytes(path.read_bytes().replace(b"\n8,a,", b'\n7,a,x,"b\nc",'))
    with pytest.raises(FieldInvalid, match=r"a\.csv: .*line 10: expected 7 fields, .*; got 9"):
        list(files.read_files([path]))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_wrong_header_is_found_before_anything_is_read(frame, tmp_path, suffix):
    """A missing or unknown column, or an empty file, is an error of the look beforehand."""
    path = tmp_path / f"a{suffix}"
    write = pl.DataFrame.write_csv if suffix == ".csv" else pl.DataFrame.write_parquet
    write(frame, path)
    files.check_file(path)
    write(frame.rename({"unit": "einheit"}), path)
    with pytest.raises(FieldInvalid, match="without unit and with 'einheit'"):
        files.check_file(path)
    path.write_bytes(b"")
    with pytest.raises(FieldInvalid, match="expected a readable"):
        files.check_file(path)


def test_an_empty_arrow_file_is_no_stream(tmp_path):
    """A file of no bytes has no schema: it is refused, not taken for a stream of no records."""
    path = tmp_path / "a.arrow"
    path.write_bytes(b"")
    with pytest.raises(FieldInvalid, match="the file is empty"):
        list(files.read_files([path]))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_an_error_of_a_spreadsheet_is_no_name(frame, tmp_path, suffix):
    """In every plain format: what stands for no value goes to quarantine as it is written."""
    path = tmp_path / f"a{suffix}"
    wrong = frame.head(2).with_columns(facility=pl.Series(["dc-1", "#N/A"]))
    wrong.write_csv(path) if suffix == ".csv" else wrong.write_ndjson(path)
    (piece,) = files.read_files([path])
    assert piece["unread"].to_list() == [None, '{"facility":"#N/A"}']


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical])
def test_words_with_a_dictionary_are_looked_at_too(frame, tmp_path, kind):
    """Of a Parquet file: an error of a spreadsheet, and the sum of other rows."""
    path = tmp_path / "a.parquet"
    wrong = frame.head(2).with_columns(facility=pl.Series(["dc-1", "#N/A"]).cast(kind))
    wrong.write_parquet(path)
    (piece,) = files.read_files([path])
    assert piece["unread"].to_list() == [None, '{"facility":"#N/A"}']
    wrong.with_columns(facility=pl.Series(["dc-1", "Total"]).cast(kind)).write_parquet(path)
    with pytest.raises(FieldInvalid, match=r"record 2: 'Total / .*' looks like a sum"):
        list(files.read_files([path]))


def test_a_blank_line_is_no_record(frame, tmp_path):
    """Nor is a row of empty cells, as a spreadsheet leaves them; a row that lacks a field is."""
    path = tmp_path / "a.csv"
    frame.head(2).write_csv(path)
    header, first, second = path.read_text().splitlines()
    commas = "," * header.count(",")
    lacking = second.replace("a", "", 1)
    path.write_text(f"{header}\n\n{first}\n{commas}\n{lacking}\n\n")
    (piece,) = files.read_files([path])
    assert piece.height == 2

"""The API's files: committed stubs are generated ones, and buf finds nothing to say."""

import re
import subprocess
import sys
from pathlib import Path

import google.api
import yaml
from google.api import annotations_pb2, field_behavior_pb2

from tests.support.protos import FILES
from tonne.v1 import catalogue_pb2, ledger_pb2

GOOGLE_APIS = Path(next(iter(google.api.__path__))).parents[1]
REPOSITORY = Path(__file__).parents[3]
BUF = Path(sys.executable).parent / "buf"


def test_the_committed_stubs_are_the_generated_ones(tmp_path):
    """Nobody edits the stubs: `make proto` makes them byte for byte."""
    protos = sorted(path.relative_to(REPOSITORY) for path in REPOSITORY.glob("proto/tonne/v1/*"))
    out = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "-Iproto",
        f"-I{GOOGLE_APIS}",
        *out,
        *map(str, protos),
    ]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    generated = {path.name: path.read_bytes() for path in (tmp_path / "tonne/v1").iterdir()}
    committed = {
        path.name: path.read_bytes()
        for path in (REPOSITORY / "service/tonne/v1").iterdir()
        if path.is_file() and path.name != "__init__.py"
    }
    assert len(generated) == 3 * len(protos)
    assert committed == generated


def test_buf_finds_nothing_to_say(tmp_path):
    """Names and shapes follow buf's STANDARD rules, and every part has its comment."""
    rules = yaml.safe_load((REPOSITORY / "proto/buf.yaml").read_text())["lint"]["use"]
    assert {"STANDARD", "COMMENTS"} <= set(rules)
    image = tmp_path / "tonne.binpb"
    protos = sorted(path.relative_to(REPOSITORY) for path in REPOSITORY.glob("proto/tonne/v1/*"))
    described = ["--include_imports", "--include_source_info", f"--descriptor_set_out={image}"]
    sources = ["-Iproto", f"-I{GOOGLE_APIS}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", *sources, *described, *map(str, protos)]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    linted = subprocess.run(
        [BUF, "lint", image, "--config", "proto/buf.yaml", "--path", "tonne/v1"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_buf_sees_a_part_without_a_comment(tmp_path):
    """The machinery runs: a field without a comment is reported."""
    folder = tmp_path / "tonne" / "v1"
    folder.mkdir(parents=True)
    (tmp_path / "buf.yaml").write_text((REPOSITORY / "proto/buf.yaml").read_text())
    bare = 'syntax = "proto3";\npackage tonne.v1;\n// A message.\nmessage A {\n  int64 b = 1;\n}\n'
    (folder / "bare.proto").write_text(bare)
    linted = subprocess.run([BUF, "lint", tmp_path], capture_output=True, text=True, check=False)
    assert "COMMENT_FIELD" in linted.stdout + linted.stderr or "comment" in linted.stdout.lower()
    assert linted.returncode != 0


def test_every_call_has_a_path_in_http_or_streams_records():
    """What a path takes from the URL is a field of the request, and a required one."""
    streaming = set()
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                rule = method.GetOptions().Extensions[annotations_pb2.http]
                if not rule.WhichOneof("pattern"):
                    assert method.client_streaming, method.full_name
                    streaming.add(method.name)
                    continue
                for path in (
                    rule.get or rule.post or rule.patch,
                    *(one.get for one in rule.additional_bindings),
                ):
                    for name in re.findall(r"{([a-z_.]+)=", path):
                        kind = method.input_type
                        for part in name.split(".")[:-1]:
                            kind = kind.fields_by_name[part].message_type
                        assert name.split(".")[-1] in kind.fields_by_name, method.full_name
                is_changing = not method.name.startswith(("Get", "List", "Search"))
                is_update = method.name.startswith("Update")
                assert bool(rule.post) is (is_changing and not is_update), method.full_name
                assert bool(rule.patch) is is_update, method.full_name
                assert is_update is ("update_mask" in method.input_type.fields_by_name)
    assert streaming == {"Append", "Estimate"}


def test_a_name_that_is_always_needed_says_so():
    """A client's form marks it: `name` and `parent`, but where the shipped catalogue has none."""
    required = ledger_pb2.GetBookRequest.DESCRIPTOR.fields_by_name["name"]
    optional = catalogue_pb2.ListEditionsRequest.DESCRIPTOR.fields_by_name["parent"]
    behavior = field_behavior_pb2.field_behavior
    assert field_behavior_pb2.REQUIRED in required.GetOptions().Extensions[behavior]
    assert not optional.GetOptions().Extensions[behavior]

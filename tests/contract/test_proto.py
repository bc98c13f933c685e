"""The API's files: committed stubs are generated ones, and buf finds nothing to say."""

import subprocess
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[2]
BUF = Path(sys.executable).parent / "buf"


def test_the_committed_stubs_are_the_generated_ones(tmp_path):
    """Nobody edits the stubs: `make proto` makes them byte for byte."""
    protos = sorted(path.relative_to(REPOSITORY) for path in REPOSITORY.glob("proto/tonne/v1/*"))
    out = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-Iproto", *out, *map(str, protos)]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    generated = {path.name: path.read_bytes() for path in (tmp_path / "tonne/v1").iterdir()}
    committed = {
        path.name: path.read_bytes()
        for path in (REPOSITORY / "service/tonne/v1").iterdir()
        if path.is_file() and path.name != "__init__.py"
    }
    assert len(generated) == 3 * len(protos)
    assert committed == generated


def test_buf_finds_nothing_to_say():
    """Names and shapes follow buf's STANDARD rules, and every part has its comment."""
    rules = yaml.safe_load((REPOSITORY / "proto/buf.yaml").read_text())["lint"]["use"]
    assert {"STANDARD", "COMMENTS"} <= set(rules)
    linted = subprocess.run(
        [BUF, "lint", "proto"], cwd=REPOSITORY, capture_output=True, text=True, check=False
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

"""One word for a thing: the words that lost do not come back."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]

LOST = {
    r"\b\w*(?:record|segment|factor|row|posting|file|batche|step|line|stream|commit)s_count\b": (
        "a count is named by the singular: record_count",
        ("service", "ext", "proto"),
    ),
    r"\bclass (?:Taken|Offers?|Places?|Placed|Part)\b": (
        "pending batch, candidate, slot; a part says of what: LedgerPart",
        ("service",),
    ),
    r"\b[Oo]ffers?\b": (
        "a factor that may serve is a candidate",
        ("service/tonne/catalogue",),
    ),
    r"\b(?:Share|ShareTotals|[Oo]utcomes?)\b": (
        "share is of equity: a slice of a batch; an outcome is a producer's: a rule's disposition",
        ("ext",),
    ),
    r"\b(?:Replay|replay|replayed)\b": (
        "replay is what an explanation does; records are reposted, batches repeated",
        ("service/tonne/ledger/posting", "service/tonne/ledger/files", "service/tonne/ingest"),
    ),
    r"\bclass Group\b|\b[Gg]roups? of (?:batches|entries)\b": (
        "a group is of an inventory; what one commit takes are its entries",
        ("service",),
    ),
    r"\bclass (?:Limits|Answer|Context|Identity)\b": (
        "each room says of what: TurnLimits, ErrorAnswer, WholeAnswer, CallContext",
        ("service/tonne/edge", "service/tonne/catalogue"),
    ),
    r"\b\w*_?outcomes?\b": (
        "an outcome is a producer's: what a rule does with a record is a disposition",
        ("service/tonne/catalogue", "service/tonne/ledger/book"),
    ),
}
"""What is refused, what to say instead, and where."""

EXEMPT = (
    "service/tonne/v1/",
    "service/tonne/store/migrations/versions/",
    "catalogue/shipped/",
    "store/sql/schema.py",  # tables keep their names: older servers ask for them
    "store/manifest/editions.py",
    "store/manifest/tables.py",
)


def sources(*rooms):
    """Tracked sources of rooms, generated ones and history left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *rooms],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [
        REPOSITORY / name
        for name in listed
        if name.endswith((".py", ".pyx", ".pxd", ".pyi", ".proto"))
        and not any(part in name for part in EXEMPT)
        and (REPOSITORY / name).is_file()
    ]


@pytest.mark.parametrize("lost", LOST)
def test_a_word_that_lost_stays_away(lost):
    """Where it stood for a thing that has another name."""
    instead, rooms = LOST[lost]
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {match[0]}"
        for path in sources(*rooms)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in [re.search(lost, line)]
        if match
    ]
    assert found == [], instead


def test_the_words_are_in_order_and_once():
    """The page is a dictionary."""
    page = (REPOSITORY / "docs/glossary.md").read_text()
    words = re.findall(r"^\| ([a-z ]+) \| [a-z]", page, re.MULTILINE)
    words = [word for word in words if word != "word"]
    assert len(words) > 30
    assert words == sorted(words)
    assert len(set(words)) == len(words)


def test_a_lost_word_is_seen():
    """The machinery runs."""
    assert re.search(next(iter(LOST)), "    records_count: int")
    assert not re.search(next(iter(LOST)), "tonne_ack_latency_seconds_count")

"""Each error that callers tell apart has one author: one file that makes it."""

import ast
from collections import defaultdict
from pathlib import Path

from tonne import errors
from tonne.store import errors as store_errors

PACKAGE = Path(__file__).parents[3] / "service/tonne"

OF_MANY = {
    "CapacityError": "a family, where nothing more is known",
    "DefectError": "a family, where nothing more is known",
    "FieldInvalid": "says of any field what was expected there",
    "NameInvalid": "says of any name what its form is",
    "ConfigInvalid": "says of any setting what was expected there",
    "LedgerInconsistent": "says what contradicts what: no two are alike",
    "LedgerMismatch": "says how manifest and objects differ: no two are alike",
    "StoreUnavailable": "says which part is away, and for whom",
    "LeaseLost": "makes its words itself",
}
"""Errors that many places make, and why."""

KINDS = {
    name
    for module in (errors, store_errors)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, errors.TonneError)
}


def made_in(tree):
    """Names of the errors that a module makes itself: `BookUnknown(...)`, not `.named(...)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in KINDS:
                yield name


def test_each_error_has_one_author():
    """Two places with words of their own for one code drift apart, and so do their keys."""
    places = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        if "v1" not in path.parts:
            for name in made_in(ast.parse(path.read_text())):
                places[name].add(path.relative_to(PACKAGE).as_posix())
    several = {name: sorted(found) for name, found in places.items() if len(found) > 1}
    assert several.keys() <= OF_MANY.keys(), {
        name: several[name] for name in several.keys() - OF_MANY.keys()
    }


def test_what_is_made_elsewhere_is_seen():
    """The machinery runs: a class that is called is found, its factory is not."""
    tree = ast.parse("raise BookUnknown(1)\nraise errors.OffsetGap(2)\nraise EpochStale.of(3)\n")
    assert list(made_in(tree)) == ["BookUnknown", "OffsetGap"]


def test_errors_of_a_channel_name_it_the_same_way():
    """Whoever raises them: book and channel, and where the channel is."""
    of_channel = (
        errors.ChannelClosed.of("b", "c"),
        errors.EpochUnknown.of("b", "c", epoch=1, current=2),
        errors.EpochStale.of("b", "c", epoch=1, current=2),
        errors.OffsetGap.of("b", "c", offset=1, expected=2),
        errors.ContentMustMatch.at_offset("b", "c", 1),
    )
    for error in of_channel:
        assert (error.metadata["book"], error.metadata["channel"]) == ("b", "c"), error.code

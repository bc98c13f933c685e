"""What gives roles: claims of tokens, lines of the configuration."""

from __future__ import annotations

import pytest

from tonne.edge.access.roles import EVERYTHING, Grants, Role, RoleTable, read_claim
from tonne.errors import ConfigInvalid


def flat(grants: Grants) -> dict[str, list[str]]:
    return {book: sorted(roles) for book, roles in grants.by_book.items()}


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({"acme": ["producer", "reader"]}, {"acme": ["producer", "reader"]}),
        ({"books": {"acme": ["producer"]}}, {"acme": ["producer"]}),
        ({"books": ["reader"]}, {"books": ["reader"]}),
        (["acme:producer", "*:admin"], {"acme": ["producer"], "*": ["admin"]}),
        ("acme:producer acme:reader", {"acme": ["producer", "reader"]}),
        (["offline_access", "acme:king", "acme:", ":admin", "admin", 7], {}),
        ({"acme": "admin", "other": {"admin": True}, "third": [["admin"], None]}, {}),
        ({"": ["admin"]}, {}),
        (None, {}),
        (7, {}),
    ],
)
def test_a_claim_gives_what_it_says_clearly(claim, expected):
    """Books with lists of roles, or words; whatever is anything else gives nothing."""
    assert flat(read_claim(claim)) == expected


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        (
            "spiffe://a.example/gateway/*",
            ["spiffe://a.example/gateway/7", "spiffe://a.example/gateway/"],
            [
                "spiffe://a.example/gateway/7/x",
                "spiffe://a.example/gateway",
                "spiffe://axexample/gateway/7",
                "x-spiffe://a.example/gateway/7",
            ],
        ),
        (
            "spiffe://a.example/**",
            ["spiffe://a.example/b/c"],
            ["spiffe://a.example.evil/b", "spiffe://b.example/"],
        ),
        ("CN=gw-*,O=Acme", ["CN=gw-1,O=Acme"], ["CN=gw-1,O=Evil,O=Acme", "CN=gw-1,O=Acme,C=X"]),
        ("https://id#ann", ["https://id#ann"], ["https://id#anna", "https://id#ANN"]),
        ("https://id#**", ["https://id#a/b,c\nd"], ["https://id2#a"]),
    ],
)
def test_a_pattern_fits_whole_names(pattern, fits, fits_not):
    """`*` stays within a part, `**` does not, everything else is itself."""
    table = RoleTable.read({pattern: "acme:reader"})
    assert all(table.find(name).on("acme") == {Role.READER} for name in fits)
    assert not any(table.find(name).on("acme") for name in fits_not)


def test_lines_add_up_and_stars_hold_everywhere():
    """A caller has the roles of every line that fits; those of `*` count on each book."""
    table = RoleTable.read({"a*": "acme:reader *:auditor", "ann": "acme:producer zeta:admin"})
    found = table.find("ann")
    assert found.on("acme") == {Role.READER, Role.PRODUCER, Role.AUDITOR}
    assert found.on("other") == {Role.AUDITOR}
    assert found.books is None
    assert RoleTable.read({"ann": "zeta:admin acme:reader"}).find("ann").books == ["acme", "zeta"]
    assert table.find("bob").books == []
    assert EVERYTHING.on("any") == set(Role)


@pytest.mark.parametrize("roles", ["", "acme", "acme:", ":admin", "acme:king", "acme:reader king"])
def test_a_line_that_gives_nothing_is_refused(roles):
    """A misspelt role stops the start, where in a token it gives nothing."""
    with pytest.raises(ConfigInvalid):
        RoleTable.read({"ann": roles})

"""What an inventory may be asked for."""

from __future__ import annotations

import pytest

from tonne.errors import FieldInvalid
from tonne.reports.inventory.request import InventoryRequest


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"group_by": ("site",)}, "group_by"),
        ({"group_by": ("facility", "facility")}, "group_by"),
        ({"accounts": ("scope4",)}, "accounts"),
        ({"accounts": ("scope",)}, "accounts"),
        ({"first_period": 2, "last_period": 1}, "from_period"),
        ({"first_period": -1}, "from_period"),
        ({"last_period": 2760}, "from_period"),
    ],
)
def test_a_wrong_request_names_its_field(fields, field):
    """Unknown and repeated dimensions, unknown accounts and months in the wrong order."""
    with pytest.raises(FieldInvalid) as caught:
        InventoryRequest(**fields)
    assert caught.value.metadata["field"] == field


@pytest.mark.parametrize(
    ("accounts", "account", "is_selected"),
    [
        ((), "memo.energy", True),
        (("scope3.03",), "scope3.03.wtt", True),
        (("scope3.03",), "scope3.03", True),
        (("scope3",), "scope3.03.wtt", True),
        (("scope3.03.wtt",), "scope3.03", False),
        (("scope3.03",), "scope3.04", False),
        (("scope1", "scope3"), "scope2.location", False),
    ],
)
def test_an_account_takes_in_those_below_it(accounts, account, is_selected):
    """A root selects its whole branch, and nothing beside it."""
    assert InventoryRequest(accounts=accounts).selects_account(account) is is_selected

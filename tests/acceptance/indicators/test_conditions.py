"""RM1 of GB 40879: power at five conditions, by the profile that the documents show."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from tonne.model import Facility

PAGE = Path(__file__).parents[3] / "docs/indicators.md"

HEAD = "Site,Condition,Part,Hours,Total kW,IT kW,From,To\n"
PARTS = ("0.1", "0.2", "0.35", "0.25", "0.1")
POWER = {
    "dc-1": (
        ("1300", "1000"),
        ("1250.5", "1000"),
        ("1210", "990"),
        ("1190", "990"),
        ("1170", "985"),
    ),
    "dc-2": (("800", "500"), ("780", "500"), ("760", "500"), ("740", "500"), ("720", "500")),
}


def profile():
    """Give the profile of the page."""
    section = PAGE.read_text().split("## RM1 by five conditions")[1]
    found = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def test_rm1_is_the_ratio_of_calibrated_energies(client, tonne, tmp_path):
    book = "five-conditions"
    client.create_book(book)
    client.import_facilities(book, [Facility(site, type="data_centre") for site in POWER])
    lines = [
        f"{site},{condition},{part},8760,{total},{it},2025-01-01,2025-12-31\n"
        for site, power in POWER.items()
        for condition, part, (total, it) in zip("abcde", PARTS, power, strict=True)
    ]
    (tmp_path / "conditions.csv").write_text(HEAD + "".join(lines))
    (tmp_path / "rm1.toml").write_text(profile())
    told = tonne(
        "import", tmp_path / "conditions.csv", "--profile", tmp_path / "rm1.toml",
        "--book", book, "--channel", "rm1",
    )  # fmt: skip
    assert told.returncode == 0, told
    values = {each.place: each for each in client.indicators(book, "rm1", by="facility").values}
    for site, power in POWER.items():
        total, it = (
            sum(
                8760 * Fraction(p) * Fraction(each[n])
                for p, each in zip(PARTS, power, strict=True)
            )
            for n in (0, 1)
        )
        assert (values[site].numerator, values[site].denominator) == (total, it)
        assert values[site].exact == total / it
    assert {site: values[site].grade for site in POWER} == {"dc-1": "2", "dc-2": ""}
    # What was measured was not used up.
    accounts = {row.group["account"] for row in client.inventory(book, by="account").rows}
    assert accounts == {"memo.calibrated.total", "memo.calibrated.it"}
    assert not Fraction(client.inventory(book).total.kg_co2e)

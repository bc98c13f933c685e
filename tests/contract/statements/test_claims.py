"""Enablement, offsets, products: stated by the command, apart from every total."""

from __future__ import annotations

import json

import pytest

ENABLEMENT = (
    "display_name=Remote meetings", "reference=Flights", "solution=Video",
    "functional_unit=a meeting", "year_start=2024-01", "tier=1", "first_order_kg=10.5",
    "second_order_kg=100",
    "higher_order_kg=9.5", "share=0.25", "consequence_tree=annex A", "source=study",
    "published=true",
)  # fmt: skip
LOT = (
    "registry=CCER", "project=Wind 7", "serials=CN 001-100", "vintage_year=2023",
    "quantity_kg=100000", "type=reduction", "state_date=2024-05-01", "source=registry",
)  # fmt: skip


def ask(run, *words):
    code, out, told = run(*words, "--format", "json")
    assert code == 0, told
    return json.loads(out)


def refused(run, kind, fields, changes):
    """What is told of a statement that is refused."""
    merged = dict(each.split("=", 1) for each in fields) | changes
    words = [f"{name}={value}" for name, value in merged.items()]
    code, _, told = run(kind, "add", "bad", *words, "--reason", "r", "--author", "A")
    assert code == 1
    return told


def test_the_net_effect_is_second_less_first_less_higher_order(run, state):
    """100 - 10.5 - 9.5 = 80, a quarter of it the enterprise's; tier 3 is not for the public."""
    state("enablement", "add", "meetings", *ENABLEMENT)
    screening = [
        each for each in ENABLEMENT if not each.startswith(("tier", "published", "consequence"))
    ]
    state("enablement", "add", "screening", *screening, "tier=3")
    rows = ask(run, "enablement", "net")
    assert [(each["net_kg"], each["attributed_kg"]) for each in rows] == [("80", "20")] * 2
    (public,) = ask(run, "enablement", "net", "--for-publication")
    assert public["enablement"] == "meetings"
    _, _, told = run("enablement", "net", "--for-publication")
    assert "1 of tier 3 are left out" in told
    assert "stand apart" in told


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tier": "3"}, "keeps a screening from the public"),
        ({"tier": "4"}, "1 to 3"),
        ({"consequence_tree": ""}, "where it is, of tier 1"),
        ({"higher_order_kg": ""}, "as a mass, or in words"),
        ({"share": "1.01"}, "a decimal number from 0 to 1"),
        ({"second_order_kg": "-1"}, "a decimal number of at least 0"),
        ({"reference": ""}, "expected a text"),
    ],
)
def test_enablement_that_does_not_fit_is_refused(run, changes, message):
    """By its tier, its shares, what is left out."""
    assert message in refused(run, "enablement", ENABLEMENT, changes)


def test_a_lot_is_retired_once(run, state):
    """Issued, traded, retired; then nothing changes it, and no other lot has its serials."""
    for status in ("issued", "traded"):
        state("offset", "add", "lot", *LOT, f"state={status}")
    state("offset", "add", "lot", *LOT, "state=retired", "beneficiary=Us")
    state("offset", "add", "lot", *LOT, "state=retired", "beneficiary=Us", "purpose=2024")
    (row,) = ask(run, "offset", "states")
    assert row == {"state": "retired", "lot_count": 1, "quantity_kg": "100000"}
    for changes, message in (
        (["state=issued"], "retired, or what it leads to: nothing"),
        (["state=retired", "beneficiary=Them"], "what was stated when it was retired: Us"),
    ):
        code, _, told = run(
            "offset", "add", "lot", *LOT, *changes, "--reason", "r", "--author", "A"
        )
        assert code == 1
        assert message in told
    for serials in ("cn  001-100", "\uff23\uff2e 001\u2013100", "CN\u200b 001-100"):
        twice = [each.replace("CN 001-100", serials) for each in LOT]
        code, _, told = run("offset", "add", "other", *twice, "state=issued", "--reason", "r",
                            "--author", "A")  # fmt: skip
        assert (code, "serials that no other lot has; lot has" in told) == (1, True)
    code, _, told = run("offset", "withdraw", "lot", "--reason", "r", "--author", "A")
    assert (code, "a lot that is not retired, to withdraw it" in told) == (1, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state": "retired"}, "for whom the lot was retired"),
        ({"state": "issued", "beneficiary": "Us"}, "none of a lot that is issued"),
        ({"state": "issued", "quantity_kg": "0"}, "a mass above 0"),
        ({"state": "issued", "vintage_year": "20"}, "a year from 1990 on"),
        ({"state": "lost"}, "one of issued, frozen, traded, cancelled, retired"),
    ],
)
def test_a_lot_that_does_not_fit_is_refused(run, changes, message):
    """By its state, its mass, its year."""
    assert message in refused(run, "offset", LOT, changes)


def test_a_frozen_lot_is_cancelled_and_its_quantity_stays(run, state):
    """As Chinese certificates are where a project takes CCER instead."""
    state("offset", "add", "lot", *LOT, "state=issued")
    changed = [each.replace("100000", "100001") for each in LOT]
    code, _, told = run("offset", "add", "lot", *changed, "state=frozen", "--reason", "r",
                        "--author", "A")  # fmt: skip
    assert (code, "vintage, quantity and type that the lot has" in told) == (1, True)
    state("offset", "add", "lot", *LOT, "state=frozen")
    code, _, told = run("offset", "add", "lot", *LOT, "state=retired", "beneficiary=Us",
                        "--reason", "r", "--author", "A")  # fmt: skip
    assert (code, "frozen, or what it leads to: cancelled, issued" in told) == (1, True)
    state("offset", "add", "lot", *LOT, "state=cancelled")


def test_products_their_programmes_materials_and_packaging(run, state):
    """Stages add up, received and declared ones stand apart, programmes count on a day."""
    state("supplier", "add", "s1", "display_name=Boards")
    for number in range(3):
        begins = f"20{23 + number}-01-01"
        state("product", "add", f"p{number}", f"display_name=Laptop {number}", "category=laptop",
              f'programmes=[{{"name": "recycled", "valid_from": "{begins}"}}]',
              'materials=[{"name": "plastic", "mass_kg": "2", "recycled_kg": "0.5"}]')  # fmt: skip
    stages = '[{"stage": "production", "kg_co2e": "60.5"}, {"stage": "use", "kg_co2e": "39.5"}]'
    state("product", "footprint", "add", "f0", "product=p0", "exchange=declared", "total_kg=100",
          f"stages={stages}", "source=report")  # fmt: skip
    state("product", "footprint", "add", "f1", "product=p1", "exchange=received", "supplier=s1",
          "total_kg=7", "source=PACT")  # fmt: skip
    state("product", "packaging", "add", "k1", "display_name=Trays", "year_start=2022-04",
          "avoided_kg=497000", "baseline=foam", "source=report")  # fmt: skip
    told = ask(run, "product", "totals", "--on", "2024-06-30")
    assert told["product_count"] == 0  # they were stated later
    told = ask(run, "product", "totals")
    assert told["programmes"] == [{"name": "recycled", "product_count": 3}]
    (material,) = told["materials"]
    assert (material["mass_kg"], material["recycled_percent"]) == ("6", "25")
    assert told["packaging"] == [{"year_start": "2022-04", "avoided_kg": "497000"}]
    assert [
        (each["exchange"], each["total_kg"], each["embodied_kg"], each["use_kg"])
        for each in told["rows"]
    ] == [("declared", "100", "60.5", "39.5"), ("received", "7", "0", "0")]
    assert told["notices"] == [
        "1 footprints do not say what is in use: they are in the totals alone"
    ]
    bad = stages.replace("39.5", "39")
    code, _, text = run("product", "footprint", "add", "f2", "product=p0", "exchange=declared",
                        "total_kg=100", f"stages={bad}", "source=r", "--reason", "r",
                        "--author", "A")  # fmt: skip
    assert (code, "stages that add up to total_kg 100; got '99.500000'" in text) == (1, True)


def test_a_template_is_applied_once(run):
    """Every statement of both is taken; applied again, nothing changes."""
    for template in ("ict-operator", "ict-manufacturer"):
        words = ("template", "apply", template, "--author", "Ada")
        assert run(*words)[0] == 0
        before = run("target", "list", "--all-versions", "--format", "json")[1]
        assert run(*words)[0] == 0
        assert run("target", "list", "--all-versions", "--format", "json")[1] == before
    code, _, told = run("template", "apply", "none", "--author", "Ada")
    assert (code, "one of ict-manufacturer, ict-operator" in told) == (1, True)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_every_listing_has_three_forms(run, state, form):
    """Tables for people, and what programs read."""
    state("enablement", "add", "meetings", *ENABLEMENT)
    state("offset", "add", "lot", *LOT, "state=issued")
    for words in (
        ("enablement", "list"),
        ("enablement", "net"),
        ("offset", "list"),
        ("offset", "states"),
        ("product", "totals"),
        ("product", "footprint", "list"),
        ("measure", "list"),
    ):
        code, out, told = run(*words, "--format", form)
        assert code == 0, told
        if form == "json":
            json.loads(out)

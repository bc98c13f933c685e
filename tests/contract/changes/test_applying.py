"""`tonne restate apply` and `applied`: what is posted, posted again; by command and by program."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from tests.contract.changes.book import revise
from tonne.cli.main import app
from tonne.client import Client
from tonne.errors import FieldInvalid, PeriodMustBeOpen

pytestmark = pytest.mark.usefixtures("filled")

WHY = ("--cause", "factor_erratum", "--reason", "errata of the publisher", "--author", "Ada")


def ask(run, *words):
    code, out, told = run(*words, "--format", "json")
    assert code == 0, told
    return json.loads(out)


def total(run, year, *words):
    """The figure of a year."""
    span = ("--from", f"{year}-01", "--to", f"{year}-12", "--by", "")
    return ask(run, "inventory", *span, *words)["total"]["kg_co2e"]


def test_an_erratum_from_the_dry_run_to_the_bridge(run, client, stated_book):
    """The grid of 2024 at 0.45 in place of 0.5; the coach counts once more, 1.5 kg."""
    revise(client, stated_book)
    would = ask(run, "restate", "apply", "--dry-run", "--edition", "own")
    assert (would["restated_count"], would["unchanged_count"], would["number"]) == (2, 2, 0)
    months = [row for row in would["rows"] if row["account"] == "scope2.location"]
    assert len(months) == 12
    assert sum(Decimal(row["before_kg_co2e"]) for row in months) == 500
    assert sum(Decimal(row["after_kg_co2e"]) for row in months) == 450
    assert (would["before_kg_co2e"], would["after_kg_co2e"]) == ("501.5", "453")
    assert total(run, 2024) == "554.1635"

    made = ask(run, "restate", "apply", "r-1", "--edition", "own", *WHY)
    for name in ("restated_count", "unchanged_count", "before_kg_co2e", "after_kg_co2e", "rows"):
        assert made[name] == would[name], name
    assert (made["id"], made["cause"], made["author"]) == ("r-1", "factor_erratum", "Ada")
    assert (total(run, 2024), total(run, 2025)) == ("504.1635", "443")
    before = str(made["before_commit"])
    assert total(run, 2024, "--as-of", before) == "554.1635"
    assert total(run, 2024, "--as-of", str(made["after_commit"])) == "504.1635"

    bridge = ask(run, "bridge", "--from-as-of", before, "--by", "account")
    assert [(part["cause"], part["kg_co2e"]) for part in bridge["parts"]] == [
        ("restatements", "-48.5")
    ]
    rows = {row["group"][0]: row["kg_co2e"] for row in bridge["parts"][0]["rows"]}
    assert rows == {"scope2.location": "-50", "scope3.07": "1.5"}
    assert Decimal(bridge["from_kg_co2e"]) - Decimal("48.5") == Decimal(bridge["to_kg_co2e"])

    again = ask(run, "restate", "apply", "r-1", "--edition", "own", *WHY)
    assert again == made
    (listed,) = ask(run, "restate", "applied")
    assert listed == made


def test_both_numbers_are_explained_and_replayed(run, client, stated_book):
    """The old one by the old factor as of before, the new one by the new factor."""
    revise(client, stated_book)
    made = ask(run, "restate", "apply", "r-1", "--edition", "own", *WHY)
    asked = ("explain", "--account", "scope2.location", "--from", "2024-01", "--to", "2024-12")
    code, out, told = run(*asked, "--replay")
    assert code == 0, told
    assert "450 kg CO2e" in out
    assert "revised, row 1" in out
    assert "replay agrees" in out
    code, out, told = run(*asked, "--replay", "--as-of", str(made["before_commit"]))
    assert code == 0, told
    assert "500 kg CO2e" in out
    assert "own, row 1" in out
    assert "replay agrees" in out


def test_what_people_read(run, client, stated_book):
    """The table, one line with the difference, the commits; and where nothing is to be done."""
    revise(client, stated_book)
    code, out, told = run("restate", "apply", "r-1", "--edition", "own", *WHY)
    assert code == 0
    assert "scope3.07" in out
    assert "2 records posted again" in told
    assert "501.5 kg CO2e before, 453 after: -48.5" in told
    assert "as of commit" in told
    code, _, told = run("restate", "apply", "r-2", "--facility", "hq", *WHY)
    assert code == 0
    assert "nothing to restate" in told
    assert "4 records posted as the rules in force post them already" in told
    code, out, _ = run("restate", "applied")
    assert "factor_erratum" in out
    assert "edition own" in out
    code, out, _ = run("correction", "list")
    assert "r-1" in out


def test_what_is_refused(run, client, stated_book):
    """No cause, no reason, nothing selected: told by field; a closed month, whole."""
    revise(client, stated_book)
    for words, told in (
        (("r-1", "--edition", "own", "--reason", "x"), "cause"),
        (("r-1", "--edition", "own", "--cause", "error", "--author", "Ada"), "reason"),
        (("r-1", *WHY), "selection: expected what is restated"),
        (("R 1", "--edition", "own", *WHY), "id of the restatement"),
        (("r-1", "--factor", "own", *WHY), "factor: expected an edition and a row"),
    ):
        code, _, said = run("restate", "apply", *words)
        assert code != 0
        assert told in said, said
    assert ask(run, "restate", "applied") == []
    client.close_period(stated_book, "2024-01", reason="over", author="Ada")
    options = {"edition": "own", "cause": "error", "reason": "typed wrong", "author": "Ada"}
    with pytest.raises(PeriodMustBeOpen, match="closed: 2024-01"):
        list(client.apply_restatement(stated_book, "r-1", **options))
    assert total(run, 2024) == "554.1635"
    *_, step = client.apply_restatement(stated_book, "r-1", adjusts_closed=True, **options)
    assert step.restatement.correction_of_closed
    assert total(run, 2024) == "504.1635"
    with pytest.raises(FieldInvalid, match="r-1 of book"):
        list(client.apply_restatement(stated_book, "r-1", **options | {"facility": "hq"}))


def test_a_corrected_edition_is_put_first_by_its_name_alone(run, client, stated_book):
    """The others stay in their order behind it."""
    client.import_edition(
        stated_book,
        "own-2",
        b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,note
site.grid,,kWh,2020-01-01,2025-01-01,0.45,,,,scope2.location,own,1,
""",
    )
    before = ask(run, "method", "show")["settings"]["editions"]
    assert before.index("own") < before.index("own-2")
    code, _, told = run(
        "method", "set", "--first-edition", "own-2", "--author", "Ada", "--reason", "typed wrong"
    )
    assert code == 0, told
    after = ask(run, "method", "show")["settings"]["editions"]
    assert after == ["own-2", *(each for each in before if each != "own-2")]
    ask(run, "restate", "apply", "r-1", "--factor", "own/1", *WHY)
    assert total(run, 2024) == "504.1635"


def test_a_factor_typed_wrong_is_put_right_by_what_the_commands_say(running, tmp_path):
    """Imported again it counts behind the wrong one, which is told; put first, it restates."""
    head = "activity,region,unit,valid_from,kg_co2e,gwp_set,source,table\n"
    rows = "record_id,facility,activity,quantity,unit,start,end,region\n"
    rows += "1,fra,electricity.grid,1000,kWh,2025-03-01,2025-04-01,DE\n"
    files = {"rows": rows}
    for name, kg in (("wrong", "380"), ("right", "0.38")):
        files[name] = f"{head}electricity.grid,DE,kWh,2025-01-01,{kg},AR5,own,1\n"
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    where = ("--book", "typed-wrong", "--server", running.server.address)

    def said(*words):
        result = CliRunner().invoke(app, [*map(str, words), *where])
        assert result.exit_code == 0, result.stderr
        return result.stdout, " ".join(result.stderr.split())

    def located():
        rows = json.loads(said("inventory", "--by", "account", "--format", "json")[0])["rows"]
        return next(row["kg_co2e"] for row in rows if row["account"] == "scope2.location")

    with Client(running.server.address) as client:
        client.create_book("typed-wrong")
    assert "notice" not in said("edition", "import", tmp_path / "wrong.csv", "--id", "own-1")[1]
    said("append", tmp_path / "rows.csv", "--channel", "c")
    assert located() == "380000"
    _, told = said("edition", "import", tmp_path / "right.csv", "--id", "own-2")
    assert "where own-1, before it, has a factor for the same, that one counts" in told
    assert "`tonne method set --book typed-wrong --first-edition own-2 " in told
    said("method", "set", "--first-edition", "own-2", "--author", "Ada", "--reason", "in g")
    said("restate", "apply", "fix", "--edition", "own-1", *WHY)
    assert located() == "380"

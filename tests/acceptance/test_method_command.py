"""The commands that decide how activities become postings: method, entity, edition."""

from __future__ import annotations

import csv
import io
import json

import pytest

WHO = ("--author", "Ada", "--reason", "the auditor asked")


@pytest.fixture
def book(request, tonne):
    """A book of the test's own with the shipped editions; gives its id."""
    name = f"m-{abs(hash(request.node.name)) % 1_000_000}"
    run = tonne("book", "create", name)
    assert run.returncode == 0, run.stderr
    assert "editions of factors" in run.stderr
    return name


def settings(tonne, book):
    """Settings in force."""
    return json.loads(tonne("method", "show", "--book", book, "--format", "json").stdout)


def test_only_what_is_given_changes(tonne, book):
    """A new version has the options of the command, and all else of the version before."""
    before = settings(tonne, book)
    run = tonne(
        "method", "set", "--book", book, *WHO, "--gwp-set", "AR6", "--year-rule", "days",
        "--reporting-year-start", "4", "--rate", "CNY USD2022 0.1486 yearly average",
        "--rate", "tank l 80 valid_from=2024-05-15 facility=hut the gauge",
        "--proxy-region", "US", "--no-transport-wtt", "--loss-convention", "ghg-protocol",
        "--consolidation", "equity-share", "--blend-gwp", "published",
        "--year-fallback-years", "0",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "version 2" in run.stderr
    after = settings(tonne, book)
    assert (after["version"], after["author"], after["reason"]) == (2, "Ada", "the auditor asked")
    assert after["settings"] == before["settings"] | {
        "gwp_set": "AR6",
        "year_rule": "days",
        "reporting_year_start": 4,
        "proxy_regions": ["US"],
        "transport_wtt": False,
        "loss_convention": "ghg-protocol",
        "consolidation": "equity-share",
        "blend_gwp": "published",
        "year_fallback_years": 0,
        "rates": [
            {
                "from_unit": "CNY",
                "to_unit": "USD2022",
                "rate": "0.1486",
                "source": "yearly average",
            },
            {
                "from_unit": "tank",
                "to_unit": "l",
                "rate": "80",
                "source": "the gauge",
                "valid_from": "2024-05-15",
                "facility": "hut",
            },
        ],
    }
    table = tonne("method", "show", "--book", book).stdout
    assert "1 CNY = 0.1486 USD2022 (yearly average)" in table
    assert "facility=hut" in table
    first = tonne("method", "show", "--book", book, "--version", "1", "--format", "json").stdout
    assert json.loads(first) == before
    listed = json.loads(tonne("method", "list", "--book", book, "--format", "json").stdout)
    assert [(each["version"], each["author"]) for each in listed] == [(1, ""), (2, "Ada")]
    run = tonne("method", "set", "--book", book, *WHO, "--gwp-set", "AR6")
    assert "stays at version 2" in run.stderr


def test_a_shown_method_is_changed_in_a_file_and_set(tonne, book, tmp_path):
    """The file is what `show` prints; it goes on from the version that it was made of."""
    path = tmp_path / "method.json"
    document = settings(tonne, book)
    document["settings"]["editions"] = ["uk-ghg-2025"]
    path.write_text(json.dumps(document))
    run = tonne("method", "set", "--book", book, *WHO, "--file", path, "--gwp-set", "AR4")
    assert run.returncode == 0, run.stderr
    after = settings(tonne, book)["settings"]
    assert (after["editions"], after["gwp_set"]) == (["uk-ghg-2025"], "AR4")
    listed = json.loads(tonne("edition", "list", "--book", book, "--format", "json").stdout)
    assert [(each["rank"], each["edition"], each["origin"]) for each in listed] == [
        (1, "uk-ghg-2025", "shipped")
    ]
    run = tonne("method", "set", "--book", book, *WHO, "--file", path)
    assert run.returncode == 1
    assert "is at version 2" in run.stderr
    path.write_text(json.dumps(document["settings"]))  # settings alone follow what is in force
    assert tonne("method", "set", "--book", book, *WHO, "--file", path).returncode == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", ["method.json", "JSON"]),
        ("[]", ["method.json", "object"]),
        ('{"gwp_sett": "AR6"}', ["gwp_sett", "gwp_set"]),
        ('{"rates": [{"from": "CNY"}]}', ["method.json", "from"]),
        ('{"editions": 5}', ["method.json"]),
        ('{"reporting_year_start": "April"}', ["method.json"]),
        ('{"gwp_set": "AR9"}', ["gwp_set", "AR9"]),
    ],
)
def test_a_wrong_file_is_told(tonne, book, tmp_path, content, words):
    """What was expected and what was there, in one line."""
    path = tmp_path / "method.json"
    path.write_text(content)
    run = tonne("method", "set", "--book", book, *WHO, "--file", path)
    assert run.returncode == 1, run.stderr
    (line,) = run.stderr.splitlines()
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("method", "set", "--book", "b", "--reason", "r", "--gwp-set", "AR6"), "--author"),
        (("method", "set", "--book", "b", *WHO), "--file"),
        (("method", "set", "--book", "b", *WHO, "--rate", "CNY USD"), "FROM TO RATE"),
        (("method", "set", "--book", "b", *WHO, "--rate", "CNY", "USD"), "FROM TO RATE"),
        (("method", "set", "--book", "b", *WHO, "--rate", "CNY", "USD", "1", "ECB"), "in quotes"),
        (("method", "set", "--book", "b", *WHO, "year"), "'year'"),
        (("edition", "list"), "--shipped"),
        (("edition", "list", "--shipped", "--book", "b"), "--shipped"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(tonne, arguments, words):
    """What the command line itself forbids is told on standard error, with exit code 2."""
    run = tonne(*arguments)
    assert run.returncode == 2
    assert words in run.stderr


def test_rates_without_quotes_are_three_words(tonne, book):
    """They mix with rates in quotes, each in its place."""
    run = tonne(
        "method", "set", "--book", book, *WHO, "--rate", "EUR2023", "USD2022", "1.05",
        "--rate", "CNY USD2022 0.1486 yearly average", "--rate", "EUR2025", "USD2022", "1.00",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    rates = settings(tonne, book)["settings"]["rates"]
    assert [(each["from_unit"], each["rate"], each["source"]) for each in rates] == [
        ("EUR2023", "1.05", ""),
        ("CNY", "0.1486", "yearly average"),
        ("EUR2025", "1.00", ""),
    ]


def test_an_edition_is_added_behind_those_of_the_method(tonne, book):
    """The order stays; the same one again changes nothing; all and some exclude each other."""
    before = settings(tonne, book)["settings"]["editions"]
    added = ("method", "set", "--book", book, *WHO, "--add-edition", "ember-yearly-2024")
    assert tonne(*added).returncode == 0
    assert settings(tonne, book)["settings"]["editions"] == [*before, "ember-yearly-2024"]
    assert "stays at version 2" in tonne(*added).stderr
    assert tonne(*added, "--edition", "uk-ghg-2025").returncode == 2


def test_a_misspelt_edition_names_the_nearest(tonne, book):
    """The line says which edition may have been meant."""
    run = tonne("method", "set", "--book", book, *WHO, "--edition", "uk-ghg-2052")
    assert (run.returncode, "uk-ghg-2025" in run.stderr) == (1, True)


def test_shipped_editions_are_listed_with_licences(tonne):
    """No book is needed."""
    listed = json.loads(tonne("edition", "list", "--shipped", "--format", "json").stdout)
    (uk,) = (each for each in listed if each["edition"] == "uk-ghg-2025")
    assert (uk["rank"], uk["origin"], uk["create_time"]) == (None, "shipped", None)
    assert (bool(uk["licence"]), bool(uk["attribution"]), uk["factors"] > 1000) == (True,) * 3


def test_entities_are_imported_as_they_are_listed(tonne, book, tmp_path):
    """Rows of one id are its holdings; what is listed as CSV can be imported again."""
    path = tmp_path / "entities.csv"
    path.write_text(
        "id,parent,display_name,valid_from,valid_to,equity_share,financial_control,operated\n"
        "group,,Group,,,,,\n"
        "sub,group,Sub,,2024-01-01,0.5,joint,no\n"
        "sub,,,2024-01-01,,0.83,FULL,yes\n"
    )
    run = tonne("entity", "import", path, "--book", book)
    assert (run.returncode, run.stderr.strip()) == (0, "2 entities added, 0 replaced")
    listed = tonne("entity", "list", "--book", book, "--format", "csv").stdout
    assert list(csv.DictReader(io.StringIO(listed))) == [
        {"id": "group", "parent": "", "display_name": "Group", "valid_from": "", "valid_to": "",
         "equity_share": "", "financial_control": "", "operated": ""},
        {"id": "sub", "parent": "group", "display_name": "Sub", "valid_from": "",
         "valid_to": "2024-01-01", "equity_share": "0.5", "financial_control": "joint",
         "operated": "no"},
        {"id": "sub", "parent": "group", "display_name": "Sub", "valid_from": "2024-01-01",
         "valid_to": "", "equity_share": "0.83", "financial_control": "full",
         "operated": "yes"},
    ]  # fmt: skip
    path.write_text(listed)
    run = tonne("entity", "import", path, "--book", book)
    assert (run.returncode, run.stderr.strip()) == (0, "0 entities added, 0 replaced")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name\na\n", ["header", "id"]),
        ("id,colour\na,red\n", ["colour"]),
        ("id,operated\na,maybe\n", ["line 2", "operated", "maybe"]),
        ("id,financial_control\na,half\n", ["line 2", "financial_control", "half"]),
        ("id,parent,equity_share\na,,1\nb,a,1\nb,c,1\n", ["line 4", "parent"]),
        ("id,parent\na,\n,a\n", ["line 3", "id"]),
        ("id,equity_share\na,2\n", ["equity_share", "0 to 1"]),
    ],
)
def test_a_wrong_row_of_entities_is_told(tonne, book, tmp_path, content, words):
    """Line, field, what was expected and what was there."""
    path = tmp_path / "entities.csv"
    path.write_text(content)
    run = tonne("entity", "import", path, "--book", book)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert [word for word in words if word not in line] == []


def test_suspense_is_cleared_by_a_command(tonne, book, tmp_path):
    """What an import resolves is posted; what still waits is told with where to look."""
    records = tmp_path / "records.csv"
    records.write_text(
        "facility,activity,quantity,unit,start,end,region\n"
        "dc-1,own.lime,2,t,2025-01-01,2025-02-01,DE\n"
        "dc-1,own.clay,3,t,2025-01-01,2025-02-01,DE\n"
        "dc-1,electricty.grid,3,kWh,2025-01-01,2025-02-01,DE\n"
    )
    assert tonne("append", records, "--book", book, "--channel", "c").returncode == 4
    listed = json.loads(tonne("suspense", "list", "--book", book, "--format", "json").stdout)
    assert "electricity.grid" in listed[2]["message"]
    edition = tmp_path / "own.csv"
    edition.write_text(
        "activity,unit,valid_from,kg_co2e,account\nown.lime,t,2020-01-01,70,scope1.process\n"
    )
    assert tonne("edition", "import", edition, "--id", "own", "--book", book).returncode == 0
    run = tonne("suspense", "clear", "--book", book)
    assert run.returncode == 0, run.stderr
    assert "1 record posted, 2 still wait" in run.stderr
    assert "tonne suspense list" in run.stderr
    run = tonne("suspense", "clear", "--book", book, "--format", "json")
    assert json.loads(run.stdout) == [{"cleared": 0, "remaining": 2, "segments": 1}]
    inventory = json.loads(tonne("inventory", "--book", book, "--format", "json").stdout)
    assert (inventory["total"]["kg_co2e"], inventory["suspended_records"]) == ("140", 2)

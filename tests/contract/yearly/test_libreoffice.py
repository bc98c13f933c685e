"""The workbook of a report, opened and saved by a spreadsheet: what it says is still there."""

from __future__ import annotations

import io
import subprocess
from fractions import Fraction

import pytest
from python_calamine import CalamineWorkbook

from tonne.yearly.forms.workbook import workbook_of

YEAR = {"from_period": "2025-01", "to_period": "2025-12"}


def sheets(content):
    """Give the cells of each sheet, by its name."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.fixture(scope="module")
def saved(report, tmp_path_factory):
    """The workbook as LibreOffice saves it."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "report.xlsx").write_bytes(workbook_of(report))
    command = [
        *("soffice", "--headless", "--norestore", f"-env:UserInstallation={folder.as_uri()}/own"),
        *("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "saved")),
        str(folder / "report.xlsx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return sheets((folder / "saved/report.xlsx").read_bytes())


def test_every_cell_is_what_it_was(report, saved):
    """Texts to the last digit, as texts: nothing was read as a number, a date or a formula."""
    written = sheets(workbook_of(report))
    assert saved.keys() == written.keys()
    for name, rows in written.items():
        found = [[cell for cell in row if cell != ""] for row in saved[name]]
        wanted = [[cell for cell in row if cell != ""] for row in rows]
        assert found[: len(wanted)] == wanted, name
        assert not any(found[len(wanted) :]), name


def test_its_exact_texts_add_up_to_the_ledger(client, story, saved):
    """The accounts that scopes are of, against the inventory."""
    head, *rows = saved["accounts"]
    place = head.index("Emissions, exact, kg CO2e")
    own = [row[place] for row in rows if str(row[0]).startswith("scope")]
    assert own
    assert all(isinstance(text, str) for text in own)
    accounts = client.inventory(story, by="account", **YEAR)
    assert sum(map(Fraction, own)) == sum(
        Fraction(row.kg_co2e) for row in accounts.rows if row.group["account"].startswith("scope")
    )

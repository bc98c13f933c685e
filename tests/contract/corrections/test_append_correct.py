"""`tonne append --correct`: rows that differ from what is posted take its place."""

from __future__ import annotations

from tests.contract.imports.rows import kwh, row


def test_a_file_with_other_quantities_corrects_what_is_posted(append, run):
    """Without the option it stops, and names it; with it both values are told. Again: nothing."""
    assert append([row(1), row(2), row(3)])[0] == 0
    changed = [row(1), row(2, "7"), row(3), row(4)]
    code, remarks = append(changed)
    assert (code, kwh(run)) == (4, 30)
    assert "the ledger has '10', the file '7'" in remarks
    assert "--correct --reason WHY" in remarks
    why = ("--correct", "--reason", "read by now", "--author", "ada")
    code, remarks = append(changed, *why)
    assert (code, kwh(run)) == (0, 37)
    assert "the ledger has '10', the file '7'" in remarks
    assert "1 record corrected: 1 posted" in remarks
    for _ in range(2):
        assert append(changed)[0] == 0
        assert append(changed, *why)[0] == 0
    assert kwh(run) == 37
    _, text, _ = run("correction", "list", "--records")
    assert "10 kWh" in text
    assert "7 kWh" in text


def test_another_record_is_no_correction(append, run):
    """Another id at the place: the option does not take it for the same one."""
    append([row(1), row(2)])
    why = ("--correct", "--reason", "x", "--author", "ada")
    code, remarks = append([row(1), row(9, "7")], *why)
    assert (code, kwh(run)) == (4, 20)
    assert "neither the record_id" in remarks or "not in the files" in remarks


def test_a_correction_says_why(append):
    """The option alone is no reason."""
    code, remarks = append([row(1)], "--correct")
    assert code == 2
    assert "--correct needs --reason" in remarks

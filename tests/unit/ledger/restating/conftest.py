"""Restatements on a bench."""

from __future__ import annotations

from tests.unit.ledger.conftest import EDITION
from tonne.catalogue.words.method import settings_of
from tonne.ledger.posting.restating.asking import Asked
from tonne.ledger.posting.restating.criteria import Criteria
from tonne.statements.changes.restatements import RestatementCause

OLD, NEW = "paper-2015", "paper-2016"

CORRECTED = EDITION.replace(b",0.35,0.34,", b",0.70,0.68,").replace(b",0.5,", b",0.6,")
"""The grid of DE at 0.70 in place of 0.35, that of elsewhere at 0.6 in place of 0.5."""


def correct_factors(bench, edition=CORRECTED, name=NEW):
    """Import an edition and put it first."""
    bench.ledger.editions.import_edition("acme", name, edition)
    named = settings_of(bench.manifest.get_book("acme")).editions
    order = tuple(dict.fromkeys((name, *named)))
    changes = {"editions": order}
    bench.ledger.methods.update_method("acme", changes, author="ada", reason="corrected")


def asked(id_="r-1", *, adjusts_closed=False, cause=RestatementCause.FACTOR_ERRATUM, **criteria):
    """What is asked for; by default what rests on the first edition."""
    chosen = Criteria(**(criteria or {"edition": OLD}))
    return Asked(id_, chosen, cause, "ada", "misprinted", adjusts_closed)


def restate(bench, id_="r-1", **options):
    """Restate; the last step."""
    *_, done = bench.ledger.restating.restate("acme", asked(id_, **options))
    return done


def look(bench, **criteria):
    """What a restatement would do."""
    *_, done = bench.ledger.restating.look("acme", Criteria(**(criteria or {"edition": OLD})))
    return done

"""Writes docs/posting-rules.md from the code: `make docs`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tonne.catalogue.editions.factor import STAGES
from tonne.catalogue.words.accounts import ACCOUNTS, CHART_VERSION
from tonne.catalogue.words.rules import CONTEXTS, REGION_BOUND, RULES
from tonne.catalogue.words.taxonomy import activities

PAGE = Path(__file__).parents[2] / "docs" / "posting-rules.md"

_HEAD = """\
# Posting rules and the chart of accounts

Generated from `service/tonne/catalogue/{rules,accounts,taxonomy}.py`; version VERSION.

A record's activity has a rule. A rule is a list of legs: each posts to one account, under the
factors of its stages. A leg that is **needed** and finds no factor leaves the record in suspense.
A leg that is *expected* and finds none is told by the notice `LEG_MISSING`, and so is CO2 of
biomass that another edition states and the one that serves does not. Others are simply absent.
One record makes all its postings in one commit.

Imported factors that name an account in their file make the rule of their activity themselves:
each account that they name is posted, for as long as they are valid, and with the needed one the
energy of the rule; the rule's other legs post nothing, which the notice `LEG_MISSING` tells.
Where they name none, they serve the rule's legs by their stage, and shipped factors serve the
others.

The market-based leg takes, in this order, a factor of the stages `contract`, `supplier` and
`residual`; else the grid's average with the notice `RESIDUAL_MIX_MISSING`, which is to be
disclosed (Scope 2 Guidance, table 6.3). Certificates as an inventory of their own would come
before them. Heat, steam and cooling come from the network that a site is connected to: there is
no residual mix of it, and its factor serves both methods.

A life-cycle average (stage `life_cycle`) holds the upstream of the energy too. It stands in only
where no edition of the method has a factor of generation for the region, within the years that
the method allows; the notice `LIFE_CYCLE_AVERAGE` tells it, and nothing is posted to
`scope3.03.wtt` beside it.

Losses follow the method's `loss_convention`: `defra` takes the publisher's factor per kWh
consumed, else generation x loss / (1 - loss); `ghg-protocol` takes loss x life-cycle factor
(Scope 3 Calculation Guidance, formula 3.3), `ghg-protocol-combustion` loss x combustion factor (as
in the guidance's example 3.1). Where only a factor per kWh consumed is printed, loss is
losses / (generation + losses).

Vehicles by distance: a battery car or a plug-in hybrid takes electricity beside what it burns, so
it posts to scope 2 and to the losses too. The publisher's figures by distance hold for their own
region's grid alone. Elsewhere the kWh by distance (of a proxy region, where the method allows one)
take what a kWh from the grid of the record's region has; upstream of it is then not known and
told. No contract counts for them: a vehicle is charged anywhere.
"""

_KINDS = {
    "energy": "the energy itself",
    "average": "the activity itself, else its life-cycle average",
    "upstream": "wtt, unless the average is a life-cycle one",
    "market": "the hierarchy above",
    "losses": "losses, by the convention",
    "electricity": "grid electricity of the energy that one unit uses",
    "charging": "electricity by distance; else its kWh, each as one from the region's grid",
    "charging_market": "the residual mix for its kWh; else the grid's average, with the notice",
    "charging_losses": "losses by distance, by the convention; else those of its kWh",
    "charging_wtt": "wtt, of the region alone",
    "amount": "what was recorded, in its unit; money in its own",
    "driving": "kWh by distance: of the fuel (net calorific value) and of the electricity",
}

_CONTEXTS = """\
## Contexts

A word before the activity says whose it is: `leased.electricity.grid`,
`capital.purchase.electronic_computers`, `end_of_life.waste.weee_mixed.landfill`. Accounts of the
activity's own rule are replaced; what is not replaced posts nothing (`outside.*` stays).
"""


def write_page() -> str:
    """Text of the page."""
    parts = [_HEAD.replace("VERSION", str(CHART_VERSION)), "## Rules\n"]
    count = Counter(activity.rule for activity in activities().values())
    for name, legs in RULES.items():
        bound = "; no other region's factor stands in" if name in REGION_BOUND else ""
        parts.append(f"### `{name}`\n\n{count[name]} activities of the taxonomy{bound}.\n")
        rows = ["| account | of | |", "|---|---|---|"]
        for leg in legs:
            stages = _KINDS.get(leg.kind)
            if stages is None:
                is_direct = "combustion" in leg.stages
                stages = "the activity itself" if is_direct else ", ".join(leg.stages)
            if leg.gases != "all":
                stages += {"kyoto": ", gases of the Kyoto Protocol", "other": ", other gases"}[
                    leg.gases
                ]
            need = "**needed**" if leg.is_needed else "*expected*" if leg.is_expected else ""
            rows.append(f"| `{leg.account}` | {stages} | {need} |")
        parts.append("\n".join(rows) + "\n")
    parts.append(_CONTEXTS)
    rows = ["| word | means | accounts |", "|---|---|---|"]
    for word, context in CONTEXTS.items():
        moves = ", ".join(f"`{old}` → `{new}`" for old, new in context.accounts)
        rows.append(f"| `{word}` | {context.title} | {moves} |")
    parts.append("\n".join(rows) + "\n")
    parts.append("## Stages\n\n" + ", ".join(f"`{stage}`" for stage in STAGES if stage) + "\n")
    parts.append("## Accounts\n")
    rows = ["| account | what goes there |", "|---|---|"]
    rows += [f"| `{account}` | {text} |" for account, text in ACCOUNTS.items()]
    parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")

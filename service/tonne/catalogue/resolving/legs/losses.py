"""What is lost of electricity on its way, as a step from the kWh that was used."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.catalogue.editions.factor import cell_of, plain_text
from tonne.catalogue.resolving.legs.masses import printed_total
from tonne.catalogue.resolving.resolution import Step
from tonne.catalogue.resolving.valuation import exact_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.catalogue.resolving.choice import Pick


def loss_step(
    convention: str, shares: Sequence[Pick], printed: Sequence[Pick], direct: Sequence[Pick]
) -> Step | None:
    """Step from a kWh used to what was lost on its way, by the method's convention.

    `shares` state the loss itself, `printed` what is emitted for it, `direct` the generation.
    DEFRA: per kWh consumed, loss / (1 - loss). GHG Protocol: loss x kWh consumed. Where only
    a factor of the first kind is printed, loss = losses / (generation + losses).
    """
    is_defra = convention == "defra"
    if shares:
        factor = shares[0].candidate.factor
        assert factor.loss is not None  # noqa: S101  shares are those that say it
        loss = Fraction(factor.loss)
        text = f"loss {plain_text(factor.loss)} ({cell_of(factor)})"
        if is_defra:
            return Step("loss", f"{text}, as loss / (1 - loss)", loss / (1 - loss))
        return Step("loss", text, loss)
    if is_defra or not printed or not direct:
        return None
    lost, made = (printed_total(picks[0]) for picks in (printed, direct))
    if not lost or not made:
        return None
    loss = lost / (made + lost)
    text = (
        f"loss {exact_text(loss)}: {exact_text(lost)} of losses in "
        f"{exact_text(made + lost)} generated ({cell_of(printed[0].candidate.factor)})"
    )
    return Step("loss", text, loss)


def of_set(picks: Sequence[Pick], of: Pick) -> list[Pick]:
    """Pick of the set that another one is of: of its edition, else of its time, else any."""
    edition, candidate = of.candidate.edition, of.candidate

    def distance(pick: Pick) -> tuple[bool, bool]:
        each = pick.candidate
        is_of_time = each.first_day < candidate.stop_day and candidate.first_day < each.stop_day
        return each.edition != edition, not is_of_time

    return [min(picks, key=distance)] if picks else []

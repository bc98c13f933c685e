"""Products: their footprints, what they are made of, their programmes, packaging avoided.

Source: ISO 14067 and the PACT methodology for what a footprint says.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction

from tonne.quantities import ATTO_PER_ONE, quantity_text
from tonne.statements.fields import Amount, Day, Id, Month, Required, Share, invalid


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme, and from when to when a product is in it; `valid_to` is exclusive."""

    name: Required
    valid_from: Day
    valid_to: Day = ""


@dataclass(frozen=True, slots=True)
class Material:
    """A material of one product, kg, and how much of it is recycled."""

    name: Required
    mass_kg: Amount
    recycled_kg: Amount = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A product, made or bought.

    Parameters
    ----------
    display_name : str
        Name for people.
    category : str
        As the book divides its products.
    functional_unit : str
        What it serves, like `one laptop over 4 years`.
    programmes : tuple of Programme
        Such as those for recycled or low-carbon products.
    materials : tuple of Material
    """

    display_name: Required
    category: str = ""
    functional_unit: str = ""
    programmes: tuple[Programme, ...] = ()
    materials: tuple[Material, ...] = ()

    def check(self, place: str) -> None:
        """Check times and masses. Raises `FieldInvalid`."""
        for index, each in enumerate(self.programmes):
            if each.valid_to and each.valid_to <= each.valid_from:
                raise invalid(
                    f"{place}.programmes[{index}].valid_to",
                    f"a day after {each.valid_from}",
                    each.valid_to,
                )
        for index, one in enumerate(self.materials):
            if Fraction(one.recycled_kg or 0) > Fraction(one.mass_kg):
                raise invalid(
                    f"{place}.materials[{index}].recycled_kg",
                    f"at most the {one.mass_kg} kg of the material",
                    one.recycled_kg,
                )


class Exchange(enum.StrEnum):
    """Which way a footprint goes: to customers, or from a supplier."""

    DECLARED = "declared"
    RECEIVED = "received"


class Stage(enum.StrEnum):
    """A stage of the life cycle."""

    RAW_MATERIALS = "raw_materials"
    PRODUCTION = "production"
    DISTRIBUTION = "distribution"
    USE = "use"
    END_OF_LIFE = "end_of_life"


@dataclass(frozen=True, slots=True)
class StageMass:
    """What a stage emits, kg CO2e."""

    stage: Stage
    kg_co2e: Amount


@dataclass(frozen=True, slots=True)
class Footprint:
    """The footprint of one product.

    Parameters
    ----------
    product : str
        Its id.
    exchange : Exchange
    total_kg : str
        kg CO2e of one functional unit, over the stages that it covers.
    source : str
        Document, report, record of an exchange.
    stages : tuple of StageMass
        What makes up the total, exactly; or none.
    use_share : str
        Part of the total in use, 0 to 1, where no stages are stated.
    supplier : str
        From whom a RECEIVED one is.
    declared_unit : str
        What it is of, where that is not one piece.
    lifetime_years : str
    use_region, standard, report_date : str
        Where it is used, by which rules, when it was published.
    source_id : str
        Id or digest of the source: the same twice is told.
    """

    product: Id
    exchange: Exchange
    total_kg: Amount
    source: Required
    stages: tuple[StageMass, ...] = ()
    use_share: Share = ""
    supplier: Id = ""
    declared_unit: str = ""
    lifetime_years: Amount = ""
    use_region: str = ""
    standard: str = ""
    report_date: str = ""
    source_id: str = ""

    @property
    def use_kg(self) -> Fraction | None:
        """What it emits in use; None where that is not stated."""
        if self.stages:
            used = (Fraction(each.kg_co2e) for each in self.stages if each.stage is Stage.USE)
            return sum(used, Fraction(0))
        return Fraction(self.total_kg) * Fraction(self.use_share) if self.use_share else None

    def check(self, place: str) -> None:
        """Check that the stages add up. Raises `FieldInvalid`."""
        if self.stages and self.use_share:
            raise invalid(f"{place}.use_share", "none beside stages", self.use_share)
        summed = sum((Fraction(each.kg_co2e) for each in self.stages), Fraction(0))
        if self.stages and summed != Fraction(self.total_kg):
            raise invalid(
                f"{place}.stages",
                f"stages that add up to total_kg {self.total_kg}",
                quantity_text(int(summed * ATTO_PER_ONE)),
            )
        names = [each.stage for each in self.stages]
        if len(set(names)) < len(names):
            raise invalid(f"{place}.stages", "each stage once", ", ".join(names))
        is_received = self.exchange is Exchange.RECEIVED
        if is_received != bool(self.supplier):
            expected = "the id of the supplier" if is_received else "none of a declared footprint"
            raise invalid(f"{place}.supplier", expected, self.supplier)


@dataclass(frozen=True, slots=True)
class Packaging:
    """Packaging that was not used in a year; its mass is no emission.

    Parameters
    ----------
    display_name : str
        Name for people.
    year_start : str
        First month of the year.
    avoided_kg : str
        Mass of packaging, kg.
    baseline : str
        What would have been used.
    source : str
    product : str
        Id of the product, or nothing.
    """

    display_name: Required
    year_start: Month
    avoided_kg: Amount
    baseline: Required
    source: Required
    product: Id = ""

    def check(self, place: str) -> None:
        """Nothing here depends on something else."""

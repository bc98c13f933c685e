"""What a person says of meters beside the file: whose they are, and what their registers do."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.errors import FieldInvalid

_SWAP_PARTS = ("meter", "time", "last", "first")


@dataclass(frozen=True, slots=True)
class MeterOptions:
    """Options of the commands that read files; what is empty is not stated.

    Parameters
    ----------
    readings : str
        Where the quantities are readings of registers: `start` or `end`, the column that has
        their times.
    rollover, rollover_step_max, reset, reset_reading, interval, by_day
        As in `register_rules`.
    swaps : tuple of str
        Meters that were swapped, each `METER,TIME,LAST,FIRST`.
    facility, activity, region : str
        Of a Green Button file.
    series : tuple of str
        Meter readings of a Green Button file that are taken.
    """

    readings: str = ""
    rollover: str = ""
    rollover_step_max: str = ""
    reset: str = ""
    reset_reading: str = ""
    interval: str = ""
    by_day: bool = False
    swaps: tuple[str, ...] = ()
    facility: str = ""
    activity: str = ""
    region: str = ""
    series: tuple[str, ...] = ()

    def registers(self) -> dict[str, object]:
        """Give what is said of registers, as the table `[registers]` of a profile says it.

        Raises
        ------
        FieldInvalid
            A swap that does not have its four parts.
        """
        stated: dict[str, object] = {
            "rollover": self.rollover,
            "rollover_step_max": self.rollover_step_max,
            "reset": self.reset,
            "reset_reading": self.reset_reading,
            "interval": self.interval,
            "by_day": self.by_day,
            "swaps": [_swap(text) for text in self.swaps],
        }
        return {name: value for name, value in stated.items() if value}


def _swap(text: str) -> dict[str, str]:
    parts = [each.strip() for each in text.rsplit(",", 3)]
    if len(parts) != len(_SWAP_PARTS) or not all(parts):
        raise FieldInvalid(
            f"--swap: expected METER,TIME,LAST,FIRST, like m1,2025-03-04T10:30,81250.5,0; got "
            f"{text!r}",
            metadata={"field": "swap"},
        )
    return dict(zip(_SWAP_PARTS, parts, strict=True))

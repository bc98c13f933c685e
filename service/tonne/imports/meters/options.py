"""What a person says of meters beside the file: whose they are, and what their registers do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeterOptions:
    """Options of the commands that read files; what is empty is not stated.

    Parameters
    ----------
    readings : str
        Where the quantities are readings of registers: `start` or `end`, the column that has
        their times.
    rollover, reset, reset_reading : str
        As in `register_rules`.
    facility, activity, region : str
        Of a Green Button file.
    series : tuple of str
        Meter readings of a Green Button file that are taken.
    """

    readings: str = ""
    rollover: str = ""
    reset: str = ""
    reset_reading: str = ""
    facility: str = ""
    activity: str = ""
    region: str = ""
    series: tuple[str, ...] = ()

    def registers(self) -> dict[str, object]:
        """Give what is said of registers, as the table `[registers]` of a profile says it."""
        stated = {
            "rollover": self.rollover,
            "reset": self.reset,
            "reset_reading": self.reset_reading,
        }
        return {name: value for name, value in stated.items() if value}

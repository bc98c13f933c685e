"""The options that say what a file does not say of its meters."""

from __future__ import annotations

from typing import Annotated, Any

import typer

PANEL = "Meters"


def _option(metavar: str, text: str) -> Any:
    return Annotated[str, typer.Option(metavar=metavar, rich_help_panel=PANEL, help=text)]


METER_OPTIONS: dict[str, tuple[str, Any, object]] = {
    "readings": (
        "readings",
        _option(
            "start|end",
            "The quantities are readings of registers that count up, taken at the times in this "
            "column; posted is what was used between them.",
        ),
        "",
    ),
    "rollover": (
        "rollover",
        _option("READING", "Where the registers stand at zero again: 100000 with five digits."),
        "",
    ),
    "rollover_step_max": (
        "rollover_step_max",
        _option("AMOUNT", "Most that may have been used over a rollover; else half of it."),
        "",
    ),
    "reset": (
        "reset",
        _option("HH:MM", "Time of day at which the registers start anew at zero."),
        "",
    ),
    "reset_reading": (
        "reset_reading",
        _option("after|before", "What a reading at that very time is; else after it."),
        "",
    ),
    "interval": (
        "interval",
        _option("TIME", "The usual time between readings, like '15 min': longer ones are told."),
        "",
    ),
    "by_day": (
        "by_day",
        Annotated[
            bool,
            typer.Option(
                "--by-day",
                rich_help_panel=PANEL,
                help="Spread what was used between two readings evenly over its days.",
            ),
        ],
        False,
    ),
    "swap": (
        "swaps",
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="METER,TIME,LAST,FIRST",
                rich_help_panel=PANEL,
                help="A meter that was swapped: when, the old register's last reading and the "
                "new one's first; may be given several times.",
            ),
        ],
        None,
    ),
    "as_facility": (
        "facility",
        _option("ID", "Facility of a Green Button file; else its usage point's title."),
        "",
    ),
    "as_activity": (
        "activity",
        _option("ACTIVITY", "Activity of a Green Button file; else that of its commodity."),
        "",
    ),
    "as_region": (
        "region",
        _option("REGION", "Region of a Green Button file; else that of the facility."),
        "",
    ),
    "series": (
        "series",
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="LINK",
                rich_help_panel=PANEL,
                help="Meter reading of a Green Button file that is taken; may be given several "
                "times.",
            ),
        ],
        None,
    ),
}
"""Each option by its name: its field of `MeterOptions`, its kind and its default."""

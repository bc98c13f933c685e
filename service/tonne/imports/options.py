"""What a person says about a file beside the file: it goes before what a profile says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.meters.options import MeterOptions

if TYPE_CHECKING:
    from tonne.imports.profiles.profile import Profile


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Options of the commands that read files; what is empty is not stated."""

    file_format: str = ""
    delimiter: str = ""
    encoding: str = ""
    decimal: str = ""
    grouping: tuple[str, ...] = ()
    date_formats: tuple[str, ...] = ()
    time_zone: str = ""
    inclusive_ends: bool = False
    sheet: str = ""
    header_row: int = 0
    hidden: str = ""
    totals: str = ""
    profile: str = ""
    constants: tuple[str, ...] = ()
    """Fields of each record, as `region=GB`; they go before columns."""

    meters: MeterOptions = field(default_factory=MeterOptions)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stated."""
        return self == ReadingOptions()

    def over(self, profile: Profile) -> Profile:
        """Put what is stated in the place of what a profile says.

        Raises
        ------
        FieldInvalid
            Where an option has no meaning, or two contradict each other.
        """
        from tonne.imports.sources.tables import HeaderRule  # noqa: PLC0415  # loads Polars
        from tonne.imports.values.numbers import NumberForm  # noqa: PLC0415  # loads Polars

        numbers = profile.numbers
        if self.decimal or self.grouping:
            numbers = NumberForm(
                self.decimal or numbers.decimal, self.grouping or numbers.grouping, numbers.minus
            )
        dates = replace(
            profile.dates,
            formats=self.date_formats or profile.dates.formats,
            time_zone=self.time_zone or profile.dates.time_zone,
            inclusive_ends=self.inclusive_ends or profile.dates.inclusive_ends,
        )
        file = replace(
            profile.file,
            format=self.file_format or profile.file.format,
            encoding=self.encoding or profile.file.encoding,
            delimiter=self.delimiter or profile.file.delimiter,
            sheet=self.sheet or profile.file.sheet,
            header=HeaderRule(row=self.header_row) if self.header_row else profile.file.header,
            hidden=self.hidden.replace("-", "_") or profile.file.hidden,
            totals=self.totals.replace("-", "_") or profile.file.totals,
        )
        constants = dict(map(_constant, self.constants))
        columns = {name: rule for name, rule in profile.columns.items() if name not in constants}
        return replace(
            profile,
            numbers=numbers,
            dates=dates,
            file=file,
            columns=columns,
            constants={**profile.constants, **constants},
        )


def _constant(text: str) -> tuple[str, str]:
    name, sign, word = text.partition("=")
    if not sign or not name.strip() or not word.strip():
        raise FieldInvalid(f"constant: expected FIELD=WORD, like region=GB; got {text!r}")
    return name.strip(), word.strip()

"""Documents that are no tables: Green Button XML, and footprints, which are no records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tonne.imports.meters.espi import EspiFile
    from tonne.imports.meters.options import MeterOptions

ESPI_SUFFIX = ".xml"
"""How the name of a Green Button file ends."""

_JSON_SUFFIX = ".json"


def is_document(path: Path) -> bool:
    """Whether a file is read here, and not as a table."""
    return path.suffix.lower() == ESPI_SUFFIX


def refuse_footprint(path: Path) -> None:
    """Say of a file of product footprints how it comes into a book.

    Raises
    ------
    FieldInvalid
        It is one: a factor, and no record. What does not add up in it is told, too.
    """
    if path.suffix.lower() == _JSON_SUFFIX:
        from tonne.imports.pact.edition import advice, is_pact  # noqa: PLC0415  # few need it

        if is_pact(path):
            raise FieldInvalid(advice(path), metadata={"file": str(path)})


class Documents:
    """Green Button files, as one sequence of records.

    Raises
    ------
    FieldInvalid
        Another file stands among them; or as `EspiFile` says.
    """

    def __init__(self, paths: Sequence[Path], options: MeterOptions) -> None:
        from tonne.imports.meters.espi import EspiFile  # noqa: PLC0415  # loads Polars
        from tonne.imports.meters.espi_series import EspiRules  # noqa: PLC0415  # loads Polars

        others = [path for path in paths if not is_document(path)]
        if others:
            raise FieldInvalid(
                f"{others[0]}: expected Green Button files alone, or none of them: append them "
                "by themselves"
            )
        rules = EspiRules(options.facility, options.activity, options.region, options.series)
        self._files: list[EspiFile] = [EspiFile(path, rules) for path in paths]

    def frames(self) -> Iterator[Any]:
        """Read the records of all files in order, in frames."""
        for file in self._files:
            yield from file.frames()

    def remarks(self) -> list[str]:
        """Say what was assumed and left out, of what was read so far."""
        return [remark for file in self._files for remark in file.remarks]

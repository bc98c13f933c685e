"""Our fault, or the fault of what we keep the ledger on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tonne.errors.families import DefectError

if TYPE_CHECKING:
    from collections.abc import Mapping


class QuantityOverflow(DefectError):
    """A sum has more digits than are kept: refused, never wrapped or rounded."""

    code = "QUANTITY_OVERFLOW"

    @classmethod
    def of_sum(cls, remedy: str, book: str = "") -> Self:
        """Say that a sum was refused, and what makes it smaller."""
        return cls(
            "a sum of quantities is 10^20 or more, with the 18 places behind its point more than "
            f"38 digits. Tonne refused it and did not wrap it: {remedy}",
            metadata={"book": book} if book else {},
        )


class LedgerInconsistent(DefectError):
    """Stored data contradict each other."""

    code = "LEDGER_INCONSISTENT"


class FileCorrupt(LedgerInconsistent):
    """A file that counts is not what was written: nothing is made of it.

    Its metadata name `file` (the id), `book`, `kind` and `path`.
    """

    code = "FILE_CORRUPT"


class FileMissing(FileCorrupt):
    """The object of a file that counts is gone."""

    code = "FILE_MISSING"


class RecordsLost(DefectError):
    """Records were acknowledged as durable, and the database does not have them any more."""

    code = "RECORDS_LOST"

    @classmethod
    def of(
        cls, name: str, *, committed: int, acknowledged: int, metadata: Mapping[str, str]
    ) -> Self:
        """Say that records were acknowledged and are gone, and what the producer can do."""
        return cls(
            f"{name}: {acknowledged} records were acknowledged, but the ledger has only "
            f"{committed} now. Its database lost records {committed} to {acknowledged - 1}: "
            f"open the channel again and send the records from offset {committed} on "
            "(start_offset, --start-offset)",
            metadata={
                "committedOffset": str(committed),
                "acknowledgedOffset": str(acknowledged),
                **metadata,
            },
        )

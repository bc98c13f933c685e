"""Who may do what: roles on books, the one rule of each call, and where roles come from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERY_BOOK = "*"
"""Stands for every book in what gives roles."""


class Role(StrEnum):
    """What somebody does with a book."""

    PRODUCER = "producer"
    READER = "reader"
    ACCOUNTANT = "accountant"
    AUDITOR = "auditor"
    ADMIN = "admin"


_SENDS = frozenset({Role.PRODUCER, Role.ADMIN})
_READS = frozenset({Role.READER, Role.ACCOUNTANT, Role.AUDITOR, Role.ADMIN})
READS = _READS
"""Any of these roles sees what is kept in a book."""
_KEEPS = frozenset({Role.ACCOUNTANT, Role.ADMIN})
_RULES = frozenset({Role.ADMIN})
_AUDITS = frozenset({Role.ACCOUNTANT, Role.AUDITOR, Role.ADMIN})
_ALL = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of one call.

    Attributes
    ----------
    roles : frozenset of Role
        Any one of these on the book suffices.
    field : str
        Where the request names the book: a field with `books/{book}` or a name below it, or
        the id itself where it is `book_id`. Empty: the call concerns no book.
    needs_book : bool
        Whether the call is always about a book. Otherwise a request that names none is about
        what is shipped, and open to whoever is known.
    changes : bool
        Whether the call changes the ledger: it is told in the audit log.
    hides : bool
        Whether a book that the caller has no role on is told to be unknown. Making one is
        refused, in the same way whether it exists or not.
    """

    roles: frozenset[Role]
    field: str
    needs_book: bool = True
    changes: bool = False
    hides: bool = True


RULES: dict[str, Rule] = {
    # IngestService
    "OpenChannel": Rule(_SENDS, "name", changes=True),
    "Append": Rule(_SENDS, "channel", changes=True),
    "GetChannel": Rule(_SENDS | _READS, "name"),
    "ListChannels": Rule(_SENDS | _READS, "parent"),
    "CloseChannel": Rule(_SENDS, "name", changes=True),
    "PostRecords": Rule(_SENDS, "parent", changes=True),
    # LedgerService
    "CreateBook": Rule(_RULES, "book_id", changes=True, hides=False),
    "GetBook": Rule(_ALL, "name"),
    "GetAccess": Rule(_ALL, "name"),
    "ListBooks": Rule(_ALL, "", needs_book=False),
    "UpdateBook": Rule(_RULES, "book.name", changes=True),
    "UpdateMethod": Rule(_KEEPS, "method.name", changes=True),
    "GetMethod": Rule(_READS, "name"),
    "ListMethods": Rule(_READS, "parent"),
    "ImportEntities": Rule(_KEEPS, "parent", changes=True),
    "UpdateEntity": Rule(_KEEPS, "parent", changes=True),
    "ListEntities": Rule(_READS, "parent"),
    "ClearSuspense": Rule(_KEEPS, "parent", changes=True),
    "ImportFacilities": Rule(_KEEPS, "parent", changes=True),
    "UpdateFacility": Rule(_KEEPS, "parent", changes=True),
    "ListFacilities": Rule(_READS, "parent"),
    "CreateWord": Rule(_KEEPS, "parent", changes=True),
    "ListWords": Rule(_READS, "parent"),
    "ListPeriods": Rule(_READS, "parent"),
    "ListMarks": Rule(_READS, "parent"),
    "ListSuspense": Rule(_READS, "parent"),
    "ListSuspenseCauses": Rule(_READS, "parent"),
    "ListQuarantineCauses": Rule(_READS, "parent"),
    "ListQuarantine": Rule(_READS, "parent"),
    # ImportService
    "CreateImport": Rule(_SENDS, "parent", changes=True),
    "ListImports": Rule(_SENDS | _READS, "parent"),
    "CompareRecords": Rule(_SENDS, "name"),
    "DigestRecords": Rule(_SENDS, "name"),
    "MendRecords": Rule(_SENDS, "name", changes=True),
    # CorrectionService
    "ReverseRecords": Rule(_KEEPS, "parent", changes=True),
    "CorrectRecords": Rule(_KEEPS, "name", changes=True),
    "ListCorrections": Rule(_READS, "parent"),
    "GetRecords": Rule(_READS, "parent"),
    "ListSameRecords": Rule(_READS, "parent"),
    "GetSameRecordSummary": Rule(_READS, "name"),
    "DecideSameRecord": Rule(_KEEPS, "name", changes=True),
    "SetSameRecordRule": Rule(_KEEPS, "name", changes=True),
    "CompareSameRecords": Rule(_SENDS | _KEEPS, "name", changes=True),
    "RecheckSameRecords": Rule(_KEEPS, "name", changes=True),
    # PeriodService
    "CheckPeriod": Rule(_READS, "name"),
    "ClosePeriod": Rule(_KEEPS, "name", changes=True),
    "SealPeriod": Rule(_RULES, "name", changes=True),
    "ReopenPeriod": Rule(_RULES, "name", changes=True),
    # OverlapService
    "CheckOverlaps": Rule(_KEEPS, "name", changes=True),
    "ListOverlaps": Rule(_READS, "parent"),
    "GetOverlap": Rule(_READS, "name"),
    "AcceptOverlap": Rule(_KEEPS, "name", changes=True),
    "DeclareSeveralMeters": Rule(_KEEPS, "parent", changes=True),
    "WithdrawSeveralMeters": Rule(_KEEPS, "name", changes=True),
    "ListSeveralMeters": Rule(_READS, "parent"),
    # ChangeService
    "ListChanges": Rule(_AUDITS, "parent"),
    # StatementService
    "CreateStatements": Rule(_KEEPS, "parent", changes=True),
    "ListStatements": Rule(_READS, "parent"),
    "ComputeSupplierCoverage": Rule(_READS, "name"),
    "ComputeScope3Evidence": Rule(_READS, "name"),
    "ComputeTargetProgress": Rule(_READS, "name"),
    "ListTargetProgress": Rule(_READS, "name"),
    "GetMeasureEffect": Rule(_READS, "name"),
    "GetMeasurePipeline": Rule(_READS, "name"),
    "GetClaims": Rule(_READS, "name"),
    "GetProductTotals": Rule(_READS, "name"),
    # BridgeService
    "ComputeBridge": Rule(_READS, "name"),
    "EstimateRestatement": Rule(_READS, "name"),
    "NoteRestatement": Rule(_KEEPS, "parent", changes=True),
    "ApplyRestatement": Rule(_KEEPS, "parent", changes=True),
    "ListAppliedRestatements": Rule(_READS, "parent"),
    "CheckBaseYear": Rule(_READS, "name"),
    # CatalogueService
    "ImportEdition": Rule(_KEEPS, "parent", changes=True),
    "ListEditions": Rule(_READS, "parent", needs_book=False),
    "ListFactors": Rule(_READS, "parent", needs_book=False),
    "GetFactor": Rule(_READS, "name", needs_book=False),
    "SearchFactors": Rule(_READS, "parent", needs_book=False),
    "SearchActivities": Rule(_ALL, "", needs_book=False),
    # IndicatorService
    "SearchIndicators": Rule(_READS, "parent", needs_book=False),
    "GetIndicatorValues": Rule(_READS, "name"),
    "ExplainIndicator": Rule(_READS, "name"),
    "CheckIndicatorClaims": Rule(_READS, "parent", needs_book=False),
    # ReportService
    "GetInventory": Rule(_READS, "name"),
    "GetCoverage": Rule(_READS, "name"),
    "AllocateMeter": Rule(_READS, "name"),
    "Explain": Rule(_READS, "selection.name"),
    "Estimate": Rule(_READS, "selection.name", needs_book=False),
    "ListRecords": Rule(_READS, "parent"),
}
"""Every call by its name, and its rule. What has none is not served."""


@dataclass(frozen=True, slots=True)
class Grants:
    """The roles of one caller by book; those under `*` hold on every book."""

    by_book: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    def on(self, book: str) -> frozenset[Role]:
        """Give the roles on a book."""
        nothing = frozenset[Role]()
        return self.by_book.get(book, nothing) | self.by_book.get(EVERY_BOOK, nothing)

    @property
    def books(self) -> list[str] | None:
        """Ids of the caller's books in order; None where it is every book."""
        if self.by_book.get(EVERY_BOOK):
            return None
        return sorted(book for book, roles in self.by_book.items() if roles)

    def __or__(self, other: Self) -> Grants:
        """Join two sets of roles."""
        merged = dict(self.by_book)
        for book, roles in other.by_book.items():
            merged[book] = merged.get(book, frozenset()) | roles
        return Grants(merged)


EVERYTHING = Grants({EVERY_BOOK: _ALL})
"""Roles of every caller if callers are not authenticated."""


def read_claim(claim: object) -> Grants:
    """Read the roles that a token gives.

    Parameters
    ----------
    claim : object
        `{"acme": ["producer"]}`, the same under `books`, or a list (or a text of words) like
        `acme:producer`. What is none of these, and roles of other services, give nothing.
    """
    if isinstance(claim, dict):
        inner = claim.get("books")
        by_book = inner if isinstance(inner, dict) else claim
        return _grants(
            (book, role)
            for book, roles in by_book.items()
            if isinstance(roles, list)
            for role in roles
        )
    words = claim.split() if isinstance(claim, str) else claim
    if not isinstance(words, list):
        return Grants()
    return _grants(word.rpartition(":")[::2] for word in words if isinstance(word, str))


@dataclass(frozen=True, slots=True)
class RoleTable:
    """Roles that the configuration gives, by patterns of callers."""

    lines: tuple[tuple[re.Pattern[str], Grants], ...] = ()

    @classmethod
    def read(cls, table: Mapping[str, str]) -> RoleTable:
        """Read `security.roles`. Raises `ConfigInvalid` for what gives no role."""
        return cls(tuple((_pattern(text), _line(text, roles)) for text, roles in table.items()))

    def find(self, principal: str) -> Grants:
        """Give the roles of a caller: those of every line that fits."""
        found = Grants()
        for pattern, grants in self.lines:
            if pattern.fullmatch(principal):
                found |= grants
        return found


def _line(text: str, roles: str) -> Grants:
    words = roles.split()
    good = [
        word for word in words if word.rpartition(":")[0] and _is_role(word.rpartition(":")[2])
    ]
    if not words or good != words:
        raise ConfigInvalid(
            f"security.roles: {text!r} expects roles like 'acme:producer *:auditor', each one "
            f"of {', '.join(Role)}; got {roles!r}",
            metadata={"key": "security.roles", "value": roles},
        )
    return _grants(word.rpartition(":")[::2] for word in words)


def _grants(pairs: Iterable[tuple[object, ...]]) -> Grants:
    merged: dict[str, frozenset[Role]] = {}
    for book, role in pairs:
        if isinstance(book, str) and book and _is_role(role):
            merged[book] = merged.get(book, frozenset()) | {Role(str(role))}
    return Grants(merged)


def _is_role(role: object) -> bool:
    return isinstance(role, str) and role in set(Role)


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern: `*` stops at `/` and `,`, which part names; `**` does not."""
    parts = re.split(r"(\*\*|\*)", text)
    written = {"**": ".*", "*": "[^/,]*"}
    return re.compile("".join(written.get(part, re.escape(part)) for part in parts), re.DOTALL)

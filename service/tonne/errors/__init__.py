"""The errors of Tonne: three families, each with a stable code.

`InputError` is the caller's fault: the same call fails again. `CapacityError` passes: try
again later. `DefectError` is ours. Rows never raise; they get a status (`model.RowStatus`).

An error that callers tell apart by its code has one author. Where several places meet it, its
class makes it (`EpochStale.of`), so that its words and its metadata are the same everywhere.

Takes from: nothing.
Hands to: every room.
Never: imports a room; says a place or a secret in a message (that is `detail`).
"""

from tonne.errors.capacity import (
    BookRateExceeded,
    CallsExhausted,
    CallTooLong,
    EstimatesExhausted,
    KeysUnavailable,
    ReadsExhausted,
    ServerDraining,
    StoreUnavailable,
    StreamsExhausted,
)
from tonne.errors.channels import ChannelClosed, ChannelUnknown, ImportsChanged
from tonne.errors.defects import (
    FileCorrupt,
    FileMissing,
    LedgerInconsistent,
    QuantityOverflow,
    RecordsLost,
)
from tonne.errors.families import (
    CapacityError,
    DefectError,
    InputError,
    TonneError,
    forget_frames,
)
from tonne.errors.input import (
    AnswerUnread,
    BatchMustFit,
    BatchMustParse,
    BookExists,
    BookUnknown,
    ConfigInvalid,
    ContentMustMatch,
    CredentialsInvalid,
    CredentialsMissing,
    EditionExists,
    EditionUnknown,
    EpochStale,
    EpochUnknown,
    EstimateMustFit,
    FactorUnknown,
    FieldInvalid,
    MethodChanged,
    MethodUnknown,
    NameInvalid,
    NotRegistered,
    OffsetGap,
    OffsetRepeat,
    PageTokenInvalid,
    RoleMissing,
    SelectionMustFit,
    StreamSilent,
)
from tonne.errors.periods import (
    PeriodMustBeClosed,
    PeriodMustBeOpen,
    PeriodMustBeReady,
    PeriodOutOfOrder,
)
from tonne.errors.statements import StatementChanged, StatementUnknown

__all__ = [
    "AnswerUnread",
    "BatchMustFit",
    "BatchMustParse",
    "BookExists",
    "BookRateExceeded",
    "BookUnknown",
    "CallTooLong",
    "CallsExhausted",
    "CapacityError",
    "ChannelClosed",
    "ChannelUnknown",
    "ConfigInvalid",
    "ContentMustMatch",
    "CredentialsInvalid",
    "CredentialsMissing",
    "DefectError",
    "EditionExists",
    "EditionUnknown",
    "EpochStale",
    "EpochUnknown",
    "EstimateMustFit",
    "EstimatesExhausted",
    "FactorUnknown",
    "FieldInvalid",
    "FileCorrupt",
    "FileMissing",
    "ImportsChanged",
    "InputError",
    "KeysUnavailable",
    "LedgerInconsistent",
    "MethodChanged",
    "MethodUnknown",
    "NameInvalid",
    "NotRegistered",
    "OffsetGap",
    "OffsetRepeat",
    "PageTokenInvalid",
    "PeriodMustBeClosed",
    "PeriodMustBeOpen",
    "PeriodMustBeReady",
    "PeriodOutOfOrder",
    "QuantityOverflow",
    "ReadsExhausted",
    "RecordsLost",
    "RoleMissing",
    "SelectionMustFit",
    "ServerDraining",
    "StatementChanged",
    "StatementUnknown",
    "StoreUnavailable",
    "StreamSilent",
    "StreamsExhausted",
    "TonneError",
    "forget_frames",
]

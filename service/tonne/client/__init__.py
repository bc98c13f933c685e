"""The Python SDK: a producer's end of the wire.

It opens channels and appends records until they are durable: it cuts them into messages within
the server's limits, keeps a window of what is not acknowledged, opens streams anew and goes on
from the committed offset. It reads books, editions, facilities and inventories.

Takes from: the user's program: frames, Arrow tables, mappings.
Hands to: the server, over gRPC; back to the user: plain data with exact decimals.
Never: looks into a server's store, makes a float of a decimal, sends a record twice under
two offsets.
"""

from tonne.client.answers.coverage_results import Coverage, CoverageGap
from tonne.client.answers.explain_results import ExplainLine, ExplainRecord, ExplainReplay
from tonne.client.answers.import_results import (
    Comparison,
    CorrectedRecord,
    Correction,
    Digests,
    Import,
    ImportClaim,
    RecordDifference,
    ReversalProgress,
    SameRecord,
    SameRecordComparison,
    SameRecordSummary,
)
from tonne.client.answers.report_results import (
    Estimate,
    EstimatedRecord,
    GasAmount,
    Inventory,
    InventoryRow,
)
from tonne.client.answers.results import AppendResult, Progress, RowError
from tonne.client.append.batches import Backlog
from tonne.client.append.channel import Channel
from tonne.client.client import Client
from tonne.client.errors import (
    AppendRefused,
    ChannelFenced,
    CredentialsUnusable,
    MalformedAnswer,
    PolarsMissing,
    RecordsInvalid,
    ServerFailed,
    ServerRefused,
    ServerUnavailable,
    TokenUnavailable,
)
from tonne.client.reports import DIMENSIONS
from tonne.client.wire.credentials import Credentials, read_token_file
from tonne.client.wire.retry import RetryPolicy

__all__ = [
    "DIMENSIONS",
    "AppendRefused",
    "AppendResult",
    "Backlog",
    "Channel",
    "ChannelFenced",
    "Client",
    "Comparison",
    "CorrectedRecord",
    "Correction",
    "Coverage",
    "CoverageGap",
    "Credentials",
    "CredentialsUnusable",
    "Digests",
    "Estimate",
    "EstimatedRecord",
    "ExplainLine",
    "ExplainRecord",
    "ExplainReplay",
    "GasAmount",
    "Import",
    "ImportClaim",
    "Inventory",
    "InventoryRow",
    "MalformedAnswer",
    "PolarsMissing",
    "Progress",
    "RecordDifference",
    "RecordsInvalid",
    "RetryPolicy",
    "ReversalProgress",
    "RowError",
    "SameRecord",
    "SameRecordComparison",
    "SameRecordSummary",
    "ServerFailed",
    "ServerRefused",
    "ServerUnavailable",
    "TokenUnavailable",
    "read_token_file",
]

"""The settings: one frozen dataclass for each room, with defaults, units and what each means.

Takes from: nothing.
Hands to: `tonne.config`, which reads them from a file and the environment, and the rooms.
Never: reads a file or the environment, except for what the machine grants (`machine`).
"""

from tonne.settings.ingest import IngestConfig
from tonne.settings.ledger import LedgerConfig, PublishConfig, StoreConfig
from tonne.settings.security import SecurityConfig
from tonne.settings.server import CallsConfig, FaultsConfig, ServerConfig

__all__ = [
    "CallsConfig",
    "FaultsConfig",
    "IngestConfig",
    "LedgerConfig",
    "PublishConfig",
    "SecurityConfig",
    "ServerConfig",
    "StoreConfig",
]

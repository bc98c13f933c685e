"""The `tonne` command.

Takes from: the terminal: options and files.
Hands to: the client, which speaks to a server; `serve` hands over to `tonne.server`.
Never: opens a ledger's store itself, prints a traceback for a user's mistake.
"""

import os

from tonne import allocator

allocator.set_up(os.environ)  # before any module of the room loads Polars

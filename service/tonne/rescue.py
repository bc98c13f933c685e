"""Backup, restore and what is about to be deleted: what operators do with a store at rest."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.opening import check_store, garbage_rules, open_pair
from tonne.store import pair, restore
from tonne.store.backup import back_up_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tonne.config import Config
    from tonne.store.restore import Survey
    from tonne.store.rows import LedgerRow, UnknownObject

_PAGE_SIZE = 1000


def survey(config: Config) -> Survey:
    """Compare the manifest with the objects. Raises as `restore.survey` does."""
    manifest, objects = open_pair(config, makes=False)
    with closing(manifest):
        return restore.survey(manifest, objects)


def adopt(
    config: Config,
    confirm: Callable[[Survey], str],
    *,
    with_missing: bool = False,
) -> LedgerRow:
    """Adopt a restored manifest.

    Parameters
    ----------
    config : Config
    confirm : Callable
        Is told what would be lost, and gives the id of the ledger that is meant.
    with_missing : bool
        Whether to adopt where files that the manifest names are not there.

    Raises
    ------
    FieldInvalid
        Files are missing.
    LedgerMismatch, CapacityError
        As `restore.adopt`.
    """
    manifest, objects = open_pair(config, makes=False)
    with closing(manifest):
        found = restore.survey(manifest, objects)
        ledger_id = confirm(found)
        if found.missing_count and not with_missing:
            raise FieldInvalid(
                f"{found.missing_count} of {found.live_count} files of the manifest are "
                "missing: restore the objects first, or give --with-missing. Without these "
                "files, answers that need them are errors"
            )
        return restore.adopt(manifest, objects, ledger_id)


def back_up_manifest(config: Config, file: Path) -> int:
    """Copy a manifest on SQLite into a new file; its bytes. Raises as `back_up_sqlite`."""
    check_store(config)
    return back_up_sqlite(config.store.manifest_url, file)


def mark(config: Config) -> int:
    """Write down among the objects how far the manifest has come; gives its position.

    Raises
    ------
    LedgerMismatch
        They do not belong together.
    CapacityError
        One of them cannot be reached.
    """
    manifest, objects = open_pair(config, makes=False)
    with closing(manifest):
        pair.write_mark(manifest, objects, 0.0)
        return manifest.get_position().value


class Garbage:
    """What is listed to be deleted. Close it at the end."""

    def __init__(self, config: Config) -> None:
        self._manifest, _ = open_pair(config, makes=False)
        self._quarantine = dt.timedelta(seconds=garbage_rules(config).quarantine_s)

    def close(self) -> None:
        """Close the manifest."""
        self._manifest.close()

    def unknown(self) -> Iterator[tuple[UnknownObject, dt.datetime]]:
        """Give each unknown object, and the time before which it is not deleted."""
        after = ""
        while page := self._manifest.get_unknown(_PAGE_SIZE, after=after):
            for one in page:
                yield one, one.list_time + self._quarantine
            after = page[-1].path

    def replaced(self) -> tuple[int, int, dt.datetime | None]:
        """Count files that were replaced: how many, their bytes, since when the oldest."""
        return self._manifest.count_dead()

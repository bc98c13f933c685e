"""Mends: what the records of a request stand for, in quarantine or in suspense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import ContentMustMatch
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.store.rows import MendRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.posting.mending.withdrawal import Withdrawals
    from tonne.ledger.posting.repeat import RepeatCheck
    from tonne.store.manifest.manifest import Manifest


@dataclass(frozen=True, slots=True, eq=False)
class Mends:
    """Reads what is to be mended from here. Safe to call from several threads."""

    manifest: Manifest
    repeats: RepeatCheck
    withdrawals: Withdrawals

    def supersede(
        self,
        book: str,
        source: str,
        offsets: Sequence[int],
        request_id: str,
        *,
        corrects: bool = False,
    ) -> tuple[MendRow, ...]:
        """Make the mends of a request whose records stand for those at offsets.

        Parameters
        ----------
        book : str
        source : str
            A channel, or `requests/{request_id}`: records that were posted, or mended, by a call.
        offsets : sequence of int
            Ascending.
        request_id : str
            Of the records that stand for them.
        corrects : bool
            Whether what is there may be posted, and may not be in quarantine.

        Raises
        ------
        ContentMustMatch
            What is at an offset is neither in quarantine nor in suspense; or, of a correction,
            neither posted nor in suspense.
        """
        channel, offsets = self._appended_to(book, source, offsets)
        first, stop = offsets[0], offsets[-1] + 1
        # Read once: what a mend of this moment supersedes is what is judged here.
        before = self.manifest.mends_of(book, channel, first, stop)
        in_quarantine = self.repeats.refused(book, channel, (first, stop), before)
        last = {each.channel_offset: each for each in before}
        places = {
            offset: (REQUEST_PREFIX + last[offset].request_id, last[offset].index)
            if offset in last
            else (channel, offset)
            for offset in offsets
        }
        others = [offset for offset in offsets if offset not in in_quarantine]
        if corrects and (refused := in_quarantine.intersection(offsets)):
            raise ContentMustMatch.of_quarantine(book, channel, min(refused))
        wanted = [places[offset] for offset in others]
        waiting = self.withdrawals.find(book, wanted, with_posted=corrects)
        for offset in others:
            if places[offset] not in waiting:
                if corrects:
                    raise ContentMustMatch.of_correction(book, channel, offset)
                raise ContentMustMatch.of_mend(book, channel, offset)
        return tuple(
            MendRow(
                *places[offset],
                channel=channel,
                channel_offset=offset,
                generation=last[offset].generation + 1 if offset in last else 1,
                request_id=request_id,
                index=index,
                segment=waiting.get(places[offset], ""),
            )
            for index, offset in enumerate(offsets)
        )

    def _appended_to(
        self, book: str, source: str, offsets: Sequence[int]
    ) -> tuple[str, Sequence[int]]:
        """Give the place to which the records of a mending request were appended at first."""
        if not source.startswith(REQUEST_PREFIX):
            return source, offsets
        mends = self.manifest.mends_by(book, source.removeprefix(REQUEST_PREFIX))
        if not mends:
            return source, offsets
        channel = next(iter(mends.values())).channel
        for offset in offsets:
            if offset not in mends:
                raise ContentMustMatch.of_mend(book, source, offset)
        return channel, [mends[offset].channel_offset for offset in offsets]

"""What of a segment is restated: which records, and what they become under the rules in force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.resolution import Resolution
from tonne.errors import FieldInvalid
from tonne.ledger.book.periods import counts_from_now
from tonne.ledger.files.frames import frame_to_write, polars_errors
from tonne.ledger.files.overlay import COUNTS_FROM
from tonne.ledger.files.postings import counted_months
from tonne.ledger.files.rules import runs_of, spans_apart, spans_of
from tonne.ledger.posting.correcting.noted import POSTED_AS, with_notes
from tonne.ledger.posting.correcting.taking import take_back
from tonne.ledger.posting.repost import post_under
from tonne.ledger.posting.restating.criteria import has_part_in
from tonne.ledger.posting.restating.figures import Figures
from tonne.ledger.posting.writing.laid_out import posting_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tonne.ledger.book.book_state import BookState
    from tonne.ledger.posting.restating.criteria import Criteria
    from tonne.store.manifest.manifest import Manifest

RESOLUTIONS_KEPT = 10_000
"""Resolutions that are kept in memory between segments."""

_NOW = "noted_now"


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a segment is restated.

    Parameters
    ----------
    records : polars.DataFrame
        As `read_kept` gives them, with the note under which they are posted from now on.
    taken, posted : polars.DataFrame
        Postings, columns of `POSTINGS_SCHEMA`: what is taken back, and what is posted for it.
    resolutions : tuple of Resolution
        That `posted` names.
    figures : Figures
    unchanged_count, left_count : int
        Records that are meant and posted so already; that the rules in force do not post.
    """

    records: pl.DataFrame
    taken: pl.DataFrame
    posted: pl.DataFrame
    resolutions: tuple[Resolution, ...]
    figures: Figures
    unchanged_count: int = 0
    left_count: int = 0

    @property
    def periods(self) -> tuple[int, ...]:
        """The months in which it counts, ascending."""
        if self.records.is_empty():
            return ()
        both = {*counted_months(self.taken), *counted_months(self.posted)}
        return tuple(sorted(both))

    @property
    def first_period(self) -> int:
        """The first month in which something of it happened."""
        return int(str(self.taken["period"].min()))


class Planner:
    """Plans restatements, segment by segment. For one thread at a time.

    Parameters
    ----------
    manifest : Manifest
    book : str
    criteria : Criteria
    """

    def __init__(self, manifest: Manifest, book: str, criteria: Criteria) -> None:
        self._manifest = manifest
        self._book = book
        self._criteria = criteria
        self._known: dict[str, Resolution] = {}

    def plan(self, meant: pl.DataFrame, state: BookState) -> Plan | None:
        """Plan what becomes of records of a segment, each with its note; None: none is meant.

        Raises
        ------
        FieldInvalid
            Factors by the hour decide on some: what each record has of them is not in its note.
        """
        chosen = self._chosen(meant)
        if chosen.is_empty():
            return None
        with polars_errors(f"restated records of book {self._book}"):
            noted, new = self._noted(chosen, state)
            postable = noted.filter(pl.col(_NOW).is_not_null())
            changed = self._changed(postable, new)
            self._refuse_hours(changed, new)
            left_count = noted.height - postable.height
            unchanged_count = postable.height - changed.height
            if changed.is_empty():
                none = pl.DataFrame(schema={"period": pl.Int32})
                return Plan(changed, none, none, (), Figures(), unchanged_count, left_count)
            taken = take_back(changed, state.periods, self._book, self._counts_from(state))
            posted, used = self._posted(changed, state)
            old = self._resolutions(taken["resolution"].drop_nulls().unique().to_list())
            known = {**old, **{each.id: each for each in used}}
            figures = Figures.of(taken, posted, known, state.settings.gwp_set)
            restated = changed.with_columns(pl.col(_NOW).alias(POSTED_AS)).drop(_NOW)
        return Plan(restated, taken, posted, used, figures, unchanged_count, left_count)

    def _posted(
        self, records: pl.DataFrame, state: BookState
    ) -> tuple[pl.DataFrame, tuple[Resolution, ...]]:
        """Post records under a state, each where it counts that it is taken back."""
        frames, used = [], dict[str, Resolution]()
        first = pl.col(COUNTS_FROM).clip(lower_bound=self._counts_from(state))
        counted = records.with_columns(first)
        for (month,), rows in counted.group_by(COUNTS_FROM, maintain_order=True):
            posted = post_under(rows, state, self._book)
            frame, found = posting_frame(posted, state, int(str(month)))
            frames.append(frame)
            used |= {each.id: each for each in found}
        return pl.concat(frames), tuple(used.values())

    @staticmethod
    def _counts_from(state: BookState) -> int:
        return counts_from_now(state.book, is_entry=True)

    def _chosen(self, meant: pl.DataFrame) -> pl.DataFrame:
        """Keep what rests on what is asked about, by the note of each record."""
        if not self._criteria.asks_notes or meant.is_empty():
            return meant
        parts = [meant.clear()]
        for (note,), rows in meant.group_by(POSTED_AS, maintain_order=True):
            _, runs = runs_of(str(note))
            known = self._resolutions(id_ for *_, id_ in runs if id_)
            parts.append(rows.filter(self._criteria.resting(runs, known)))
        return pl.concat(parts)

    def _noted(
        self, records: pl.DataFrame, state: BookState
    ) -> tuple[pl.DataFrame, Mapping[str, Resolution]]:
        """Post records under a state: each with its note, null where it is not posted."""
        posted = post_under(records, state, self._book)
        postings, used = posting_frame(posted, state)
        if not used:
            return records.with_columns(pl.lit(None, pl.String).alias(_NOW)), {}
        months = tuple(sorted(postings["period"].unique().to_list()))
        noted = with_notes(frame_to_write(posted.records()), state, months)
        notes = noted.select(
            pl.col("offset").cast(pl.UInt32).alias("row"),
            pl.col(POSTED_AS).cast(pl.String).alias(_NOW),
        )
        # The offsets of what is posted again are the places in the frame.
        joined = records.with_row_index("row").join(
            notes, on="row", how="left", maintain_order="left"
        )
        return joined.drop("row"), {each.id: each for each in used}

    def _changed(self, records: pl.DataFrame, new: Mapping[str, Resolution]) -> pl.DataFrame:
        """Keep what is posted otherwise now, pair by pair of the old note and the new one."""
        parts = [records.clear()]
        for (before, now), rows in records.group_by(POSTED_AS, _NOW, maintain_order=True):
            parts.append(rows.filter(self._differs(str(before), str(now), new)))
        return pl.concat(parts)

    def _differs(self, before: str, now: str, new: Mapping[str, Resolution]) -> pl.Expr:
        """Say of which records two notes say other things, whichever version of the method does.

        The region and the dates that cut months are part of what they say.
        """
        (old_region, olds), (new_region, news) = runs_of(before), runs_of(now)
        if old_region != new_region:
            return pl.lit(value=True)
        old = self._resolutions(id_ for *_, id_ in olds if id_)

        def is_same(one: str, other: str) -> bool:
            if one not in old or other not in new:
                return False  # no record has a part there: else it would be known
            return _unversioned(old[one]) == _unversioned(new[other])

        return has_part_in(spans_apart(olds, news, is_same))

    def _refuse_hours(self, changed: pl.DataFrame, new: Mapping[str, Resolution]) -> None:
        """Refuse what hours decide on, before or now."""
        for name in (POSTED_AS, _NOW):
            for (note,), rows in changed.group_by(name):
                runs = runs_of(str(note))[1]
                known = {**self._resolutions(id_ for *_, id_ in runs), **new}
                hourly = {id_ for id_, each in known.items() if _is_hourly(each)}
                spans = [span for span, id_ in spans_of(runs) if id_ in hourly]
                found = rows.filter(has_part_in(spans))["activity"].unique().sort().to_list()
                if found:
                    raise FieldInvalid(
                        f"selection: factors by the hour decide on records of {found[0]!r}, and "
                        "what they make of each is not in the postings: select others, by "
                        "facility or months, and correct these (`tonne record correct`). Nothing "
                        "of them was restated",
                        metadata={"field": "selection", "book": self._book, "activity": found[0]},
                    )

    def _resolutions(self, ids: Iterable[str]) -> dict[str, Resolution]:
        """Read what notes name; it is kept for the next segment.

        A note is of all months of its segment: what no record was posted under is not there.
        """
        wanted = set(ids)
        missing = sorted(wanted - self._known.keys())
        if missing:
            if len(self._known) > RESOLUTIONS_KEPT:
                self._known = {id_: self._known[id_] for id_ in wanted & self._known.keys()}
            texts = self._manifest.get_resolutions(self._book, missing)
            self._known |= {id_: Resolution.from_json(text) for id_, text in texts.items()}
        return {id_: self._known[id_] for id_ in wanted if id_ in self._known}


def _is_hourly(resolution: Resolution) -> bool:
    return any(each.hours for each in resolution.entries)


def _unversioned(resolution: Resolution) -> Resolution:
    return replace(resolution, method_version=0)

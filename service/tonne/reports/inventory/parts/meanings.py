"""What the texts of postings and of requests mean: activities and regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.catalogue.resolving.texts import Texts
    from tonne.ledger.files.frames import Schema

_READ_SCHEMA: Schema = dict.fromkeys(("resolution", "activity", "region"), pl.String)


class Meanings:
    """What the texts of postings mean: what is posted as its resolution says, else as now.

    Parameters
    ----------
    resolutions : callable
        Finds resolutions by their ids.
    texts : Texts, optional
        Reads the texts of what is not posted, and of requests; without it a text is itself.
    """

    def __init__(
        self,
        resolutions: Callable[[Sequence[str]], Mapping[str, Resolution]],
        texts: Texts | None = None,
    ) -> None:
        self._resolutions = resolutions
        self._texts = texts
        self._read = pl.DataFrame(schema=_READ_SCHEMA)

    def now(self, column: str, text: str) -> str:
        """Give what an activity or a region means by now; an unknown one is itself."""
        if self._texts is None:
            return text
        if column == "activity":
            return self._texts.named(self._texts.activity_of(text))
        region = self._texts.region_of(text)
        return text if region is None else region

    def read(self, postings: pl.DataFrame, column: str, text: pl.Expr, name: str) -> pl.DataFrame:
        """Add what a column of texts means.

        Parameters
        ----------
        postings : polars.DataFrame
        column : str
            `activity` or `region`.
        text : polars.Expr
            The texts: those of the column, or else of the register.
        name : str
            Name of the new column.
        """
        self._find(postings)
        told = self._read.select("resolution", pl.col(column).alias("told"))
        own = pl.col(column).cast(pl.String).fill_null("")
        written = postings.with_columns(
            text.alias("written"), own.alias("own"), pl.col("resolution").cast(pl.String)
        ).join(told, on="resolution", how="left", maintain_order="left")
        # Of what is posted, a text that its resolution does not tell is what it means.
        is_open = (pl.col("resolution").fill_null("") == "") | (pl.col("own") == "")
        open_texts = written.filter(is_open)["written"].unique().to_list()
        meant = {each: self.now(column, each) for each in open_texts if each}
        return written.with_columns(
            pl.when(is_open)
            .then(pl.col("written").replace(meant))
            .otherwise(pl.coalesce("told", "written"))
            .alias(name)
        ).drop("written", "own", "told")

    def _find(self, postings: pl.DataFrame) -> None:
        """Look up the resolutions that are new."""
        names = postings.select(pl.col("resolution").cast(pl.String).unique()).to_series()
        names = names.filter(names.fill_null("") != "")
        new = names.filter(~names.is_in(self._read["resolution"].implode()))
        if new.is_empty():
            return
        found = self._resolutions(new.to_list())
        rows = [(id_, each.activity or None, each.region or None) for id_, each in found.items()]
        more = pl.DataFrame(rows, schema=_READ_SCHEMA, orient="row")
        self._read = pl.concat([self._read, more])

"""Ids that look alike: two that differ by case, width, spaces or signs alone."""

from __future__ import annotations

import polars as pl

_HIDDEN = r"[\p{Cc}\p{Cf}]"
_SIGNS = r"[\s_\-.,\u2010-\u2015\u2212]+"


def look_key(text: pl.Expr) -> pl.Expr:
    """Give what ids that look alike have in common."""
    plain = text.cast(pl.String).str.normalize("NFKC").str.replace_all(_HIDDEN, "")
    return plain.str.to_lowercase().str.replace_all(_SIGNS, "-").str.strip_chars("-")


LOOKED_THROUGH_MAX = 100_000
"""Most ids that are looked through: more would make whoever asks for a number wait."""


def lookalikes(ids: pl.Series) -> list[list[str]]:
    """Group ids that look alike, each group and its members in order; others are left out.

    Nothing is found among more than `LOOKED_THROUGH_MAX` ids.
    """
    distinct = ids.unique()
    if len(distinct) > LOOKED_THROUGH_MAX:
        return []
    named = pl.DataFrame({"id": distinct.cast(pl.String).unique()}).with_columns(
        look_key(pl.col("id")).alias("key")
    )
    alike = named.filter(pl.col("key").is_duplicated()).sort("id")
    groups = alike.group_by("key", maintain_order=True).agg("id")
    return groups["id"].to_list()

"""What people write for a data quality: one table for every way in which records come."""

from __future__ import annotations

import unicodedata

_WRITTEN = {
    "measured": (
        *("measured", "measurement", "metered", "meter", "read", "reading", "actual", "a"),
        *("actual read", "actual reading", "实测", "测量", "抄表", "实际"),
        *("gemessen", "abgelesen", "ablesung", "mesuré", "mesurée", "relevé", "relevée", "réel"),
        *("medido", "medida", "leído", "leída", "real"),
    ),
    "calculated": (
        *("calculated", "calculation", "calc", "computed", "derived", "计算", "核算"),
        *("berechnet", "errechnet", "calculé", "calculée", "calculado", "calculada"),
    ),
    "estimated": (
        *("estimated", "estimate", "estimation", "est", "est.", "e", "估算", "估计", "预估"),
        *("geschätzt", "schätzung", "schätzwert", "estimé", "estimée", "estimado", "estimada"),
    ),
}

DATA_QUALITY_WORDS: dict[str, str] = {
    word: quality for quality, words in _WRITTEN.items() for word in words
}
"""Each word, in lower case, with its data quality. `customer read` and `adjusted` are not here:
who is right about them depends on the meter's operator."""


def data_quality_of(text: str) -> str | None:
    """Give the data quality that a text means, whatever its case and width, or None.

    An empty text is no statement, and stays one.
    """
    word = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return DATA_QUALITY_WORDS.get(word) if word else ""

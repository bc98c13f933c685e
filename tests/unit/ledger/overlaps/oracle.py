"""What lies over each other, pair by pair, in plain Python: as slow as it is plain."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from itertools import pairwise

_WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)


def rounded(value):
    """A fraction at 18 places, half-even."""
    whole = value * 10**18
    return _WIDE.scaleb(Decimal(round(whole)), -18)


def length(spans):
    """How long a union of spans is: instant by instant of their ends."""
    edges = sorted({edge for span in spans for edge in span})
    return sum(
        stop - start
        for start, stop in pairwise(edges)
        if any(a <= start and stop <= b for a, b in spans)
    )


def over(one, others):
    """How long some records lie over one."""
    return length(
        [(max(one["start"], each["start"]), min(one["end"], each["end"])) for each in others]
    )


def naive(pieces):
    """Sides by (subject, sources): counts, pairs, quantities by unit."""
    found = defaultdict(
        lambda: {
            "pairs": 0,
            "sides": (defaultdict(Fraction), defaultdict(Fraction)),
            "counts": [0, 0],
        }
    )
    order = {
        id(each): (each["start"], -each["end"], each["source"], each["offset"]) for each in pieces
    }

    def lies_over(a, b):
        return (
            a is not b
            and all(a[name] == b[name] for name in ("facility", "activity", "period"))
            and max(a["start"], b["start"]) < min(a["end"], b["end"])
            and (not a["record_id"] or a["record_id"] != b["record_id"])
        )

    for one in pieces:
        subject = tuple(one[name] for name in ("facility", "activity", "period"))
        met = defaultdict(list)
        for other in pieces:
            if lies_over(one, other):
                met[other["source"]].append(other)
        for source, others in met.items():
            pair = tuple(sorted((one["source"], source)))
            entry = found[(*subject, *pair)]
            entry["pairs"] += Fraction(len(others), 2)
            whole = over(one, others)
            if source != one["source"]:
                side = pair.index(one["source"])
                entry["counts"][side] += 1
                entry["sides"][side][one["unit"]] += part(one, whole)
                continue
            excess = over(one, [each for each in others if order[id(each)] < order[id(one)]])
            entry["counts"][1 if excess else 0] += 1
            entry["sides"][1][one["unit"]] += part(one, excess)
            entry["sides"][0][one["unit"]] += part(one, whole - excess)
    return found


def part(one, overlap_us):
    """What of a quantity lies over something."""
    return Fraction(rounded(Fraction(one["quantity"]) * overlap_us / one["whole_us"]))

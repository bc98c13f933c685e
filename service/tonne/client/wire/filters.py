"""Filters of List calls, made of values: `filter` is text, and a value may hold quotes."""

from __future__ import annotations


def all_of(filter_by: str, **wanted: str) -> str:
    """Join a filter with fields that must equal values; those without a value are left out.

    A double underscore is a dot: `record__facility` is `record.facility`.
    """
    parts = [filter_by] if filter_by.strip() else []
    parts += [
        f"{name.replace('__', '.')} = {quoted(value)}" for name, value in wanted.items() if value
    ]
    return " AND ".join(parts)


def quoted(value: str) -> str:
    """Write a value as a filter reads it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

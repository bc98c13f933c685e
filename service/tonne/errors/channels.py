"""The caller's fault, about channels that are not there, and imports that others brought in."""

from __future__ import annotations

from typing import Self

from tonne.errors.families import InputError


class ImportsChanged(InputError):
    """The imports of a book are not, or no longer, those that the caller compared its own with."""

    code = "IMPORTS_CHANGED"

    @classmethod
    def of(cls, book: str, reason: str) -> Self:
        """Say what changed."""
        return cls(
            f"{reason}: nothing was noted; list the imports of book {book!r} again, and compare "
            "the file with them",
            metadata={"book": book},
        )


class ChannelUnknown(InputError):
    """No channel of that name; OpenChannel makes it."""

    code = "CHANNEL_UNKNOWN"

    @classmethod
    def named(cls, book: str, channel: str) -> Self:
        """Say which channel is not there."""
        return cls(
            f"book {book!r} has no channel {channel!r}: OpenChannel makes it",
            metadata={"book": book, "channel": channel},
        )


class ChannelClosed(InputError):
    """The channel takes no more records."""

    code = "CHANNEL_CLOSED"

    @classmethod
    def of(cls, book: str, channel: str) -> Self:
        """Say that a channel takes nothing any more."""
        return cls(
            f"channel {channel} of book {book} is closed and takes no more records: open a "
            "channel with another name",
            metadata={"book": book, "channel": channel},
        )

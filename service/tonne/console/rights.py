"""What a caller may do here: as the API says, where the console takes actions at all."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from tonne.console.access import ActionsOff, RoleLacking

if TYPE_CHECKING:
    from tonne.client import Client
    from tonne.client.answers.results import Access


class Writing(Enum):
    """Whether the console takes actions."""

    NEVER = "never"
    """It shows, and that is all."""
    OF_NAMED = "of_named"
    """Of callers whom the server knows by a name of their own."""
    OF_ALL = "of_all"
    """Of everybody who reaches it: that was asked for."""

    @classmethod
    def asked(cls, *, is_shared: bool, asked: bool | None) -> Writing:
        """Choose by what the command was told; told nothing, where it is safe.

        Where everybody has one identity, whoever reaches the console would act in its name.
        """
        if asked is None:
            return cls.NEVER if is_shared else cls.OF_NAMED
        return cls.OF_ALL if asked else cls.NEVER


class Rights:
    """The rights of one caller on one book, asked for once, and only where they matter.

    Parameters
    ----------
    client : Client
        That of the caller.
    book : str
        Id of the book; empty: none.
    writing : Writing
        Whether the console takes actions.
    author : str
        Who acts where the server does not know its callers, as the command was told.
    """

    def __init__(
        self, client: Client, book: str, writing: Writing = Writing.NEVER, author: str = ""
    ) -> None:
        self._client = client
        self._book = book
        self._writing = writing
        self._access: Access | None = None
        self.author = author

    def may(self, call: str) -> bool:
        """Whether a call is offered to the caller."""
        return self.takes_actions and call in self._asked().calls

    @property
    def takes_actions(self) -> bool:
        """Whether the console takes actions of this caller, whatever the roles are."""
        if self._writing is Writing.NEVER or not self._book:
            return False
        return self._writing is Writing.OF_ALL or bool(self.caller)

    @property
    def caller(self) -> str:
        """Who calls, as the server knows it; empty where it tells nobody apart."""
        return self._asked().caller

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the caller on the book."""
        return self._asked().roles

    def check(self) -> None:
        """See that actions are taken. Raises `ActionsOff`."""
        if not self.takes_actions:
            raise ActionsOff(
                "this console takes no actions: everybody who reaches it is the same to the "
                "server. Start it with --write, or run the command that the page names"
            )

    def check_call(self, call: str) -> None:
        """See that a call is offered to the caller. Raises `RoleLacking`."""
        if not self.may(call):
            raise RoleLacking(
                f"your roles on this book ({', '.join(self.roles) or 'none'}) do not suffice for "
                f"{call}: ask who has one"
            )

    def _asked(self) -> Access:
        if self._access is None:
            self._access = self._client.get_access(self._book)
        return self._access

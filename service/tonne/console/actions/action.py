"""An action: what is shown before it, what is asked for, and what is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tonne.console.parts.blocks import Block, Command, Field
    from tonne.console.visits import Visit


@dataclass(frozen=True, slots=True)
class Prepared:
    """What stands before an action.

    Parameters
    ----------
    title, lead : str
        Of the page.
    blocks : sequence of Block
        What it changes, in kg CO2e where that can be told.
    submit : str
        What the button says.
    commands : sequence of Command
        That do the same.
    back : str
        Address of the page to go back to.
    hidden : sequence of tuple
        Names and values that say what it is about: sent with the form.
    fields : sequence of Field
        What is asked for besides why and who.
    refusal : str
        Why it cannot be done as it stands: then there is no button.
    has_reason : bool
        Whether the call keeps a reason, and who gave it.
    further, further_title
        Fields that few need, and what opens them.
    heading : str
        Of the form.
    after : sequence of Block
        What stands below the form.
    """

    title: str
    lead: str
    blocks: Sequence[Block]
    submit: str
    commands: Sequence[Command]
    back: str
    hidden: Sequence[tuple[str, str]] = ()
    fields: Sequence[Field] = ()
    refusal: str = ""
    has_reason: bool = True
    further: Sequence[Field] = ()
    further_title: str = ""
    heading: str = "Do it"
    after: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Why, and who says so, as the calls take it; `request_id` names what is asked for."""

    reason: str
    author: str
    request_id: str

    @property
    def why(self) -> dict[str, Any]:
        """Give it as keywords of a call."""
        return {"reason": self.reason, "author": self.author}


@dataclass(frozen=True, slots=True)
class Done:
    """Where the outcome stands, and what is told there; nothing where that page tells it."""

    place: str
    text: str
    query: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """An action.

    Parameters
    ----------
    call : str
        The call of the API that it makes, which decides who may.
    prepare : callable
        Reads what stands before it; changes nothing.
    perform : callable
        Makes the call. Said twice, it does nothing twice.
    takes_file : bool
        Whether a file comes with the form.
    """

    call: str
    prepare: Callable[[Visit], Prepared]
    perform: Callable[[Visit, Said], Done]
    takes_file: bool = False

"""Field masks of Update calls (AIP-134): which fields change, by their names in the resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

EVERYTHING = ("*",)


def read_mask(request: Any, resource: Message, changing: Sequence[str]) -> tuple[str, ...]:
    """Read which fields an Update call changes.

    Parameters
    ----------
    request : Message
        Has an `update_mask`.
    resource : Message
        What is changed, as the request gives it.
    changing : sequence of str
        Its fields that may change.

    Returns
    -------
    tuple of str
        Those of `changing` that the mask names; all of them for `*`; without a mask those that
        are set.

    Raises
    ------
    FieldInvalid
        A field is unknown, or never changes, or nothing is to change.
    """
    paths = tuple(dict.fromkeys(request.update_mask.paths))
    if paths == EVERYTHING:
        return tuple(changing)
    if not request.HasField("update_mask") or not paths:
        paths = tuple(field.name for field, _ in resource.ListFields() if field.name in changing)
    kind = resource.DESCRIPTOR
    for path in paths:
        if path not in changing:
            known = path in kind.fields_by_name
            what = f"a field of {kind.name} that never changes" if known else "none of its fields"
            raise _refusal(kind.name, changing, f"{path!r}, {what}")
    if not paths:
        raise _refusal(kind.name, changing, "nothing that changes")
    return paths


def _refusal(kind: str, changing: Sequence[str], got: str) -> FieldInvalid:
    names = ", ".join(changing)
    return FieldInvalid(
        f"update_mask: expected fields of {kind} that change, which are {names}, or * for all of "
        f"them; got {got}",
        metadata={"field": "update_mask", "fields": names},
    )

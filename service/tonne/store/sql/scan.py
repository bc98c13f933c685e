"""One page of a table: in order of its key, forwards or backwards, as far as a filter takes it.

The key is served by the table's own index, whatever is asked of it. Other columns have none: a
page looks at `SCAN_ROWS_MAX` rows at most and, where it found less than it was asked for, says
where to go on. So no call costs more in a register of millions than in one of ten thousand, and
an import does not pay for an index a column.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Condition, Window

SCAN_ROWS_MAX: Final = 10_000
"""Most rows that one page looks at."""

_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SURROGATES: Final = (0xD800, 0xDFFF)
_CODE_POINT_MAX: Final = 0x10FFFF


def scan(  # noqa: PLR0917  a table, its key and its scope belong together
    connection: Connection,
    table: sa.Table,
    key: sa.Column[Any],
    scope: Sequence[sa.ColumnElement[bool]],
    window: Window,
    served: Collection[str] = (),
    rows_max: int = SCAN_ROWS_MAX,
) -> tuple[list[sa.Row[Any]], Any]:
    """Read rows of a table in order of a key.

    Parameters
    ----------
    connection : Connection
    table : Table
    key : Column
        What orders the rows of the scope, each by another value.
    scope : sequence of expression
        Which rows there are at all, such as those of a book.
    window : Window
        Which of these.
    served : collection of str
        Columns that stand before the key in an index: being equal to a value narrows the scan.
    rows_max : int
        Most rows to look at.

    Returns
    -------
    tuple
        The rows, and the key after which they go on; None at the end.
    """
    narrow = [*scope]
    rest: list[sa.ColumnElement[bool]] = []
    for each in window.conditions:
        is_narrow = each.column == key.name or (each.operator == "=" and each.column in served)
        (narrow if is_narrow else rest).append(_expression(table.c[each.column], each))
    if window.after is not None:
        narrow.append(key < window.after if window.is_descending else key > window.after)
    order = key.desc() if window.is_descending else key.asc()
    query = sa.select(table).where(*narrow).order_by(order).limit(window.limit + 1)
    bound = None
    if rest:
        edge = sa.select(key).where(*narrow).order_by(order).offset(rows_max - 1).limit(1)
        bound = connection.execute(edge).scalar_one_or_none()
        query = query.where(*rest)
        if bound is not None:
            query = query.where(key >= bound if window.is_descending else key <= bound)
    rows = list(connection.execute(query))
    if len(rows) > window.limit:
        rows.pop()
        return rows, rows[-1]._mapping[key.name]  # noqa: SLF001  SQLAlchemy's documented name
    return rows, bound


def _expression(column: sa.Column[Any], condition: Condition) -> sa.ColumnElement[bool]:
    if condition.operator == "!=":
        return column.is_distinct_from(condition.value)
    if condition.operator == "set":
        is_text = isinstance(column.type, sa.String)
        return column != "" if is_text else column.is_not(None)
    if condition.operator == "prefix":
        return _begins_with(column, str(condition.value))
    expression: sa.ColumnElement[bool] = _COMPARISONS[condition.operator](column, condition.value)
    return expression


def _begins_with(column: sa.Column[Any], prefix: str) -> sa.ColumnElement[bool]:
    """Compare a beginning: LIKE takes small letters for great ones in SQLite.

    Of an id, which is ordered by its bytes, a range says it, which its index serves.
    """
    if not column.primary_key:
        return sa.func.substr(column, 1, len(prefix)) == prefix
    stop = _successor(prefix)
    return sa.and_(column >= prefix, column < stop) if stop else column >= prefix


def _successor(prefix: str) -> str:
    """Give the first text after all that begin with a prefix; empty where there is none."""
    for length in range(len(prefix), 0, -1):
        point = ord(prefix[length - 1]) + 1
        if _SURROGATES[0] <= point <= _SURROGATES[1]:
            point = _SURROGATES[1] + 1
        if point <= _CODE_POINT_MAX:
            return prefix[: length - 1] + chr(point)
    return ""

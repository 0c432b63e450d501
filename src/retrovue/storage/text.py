"""Text that is found in columns, whatever its case, as each database finds it fastest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Holds(FunctionElement[bool]):
    """`column` holds a pattern. SQLite's LIKE knows no case of ASCII letters; lowering both sides takes four times as long."""

    type = Boolean()
    inherit_cache = True


@compiles(_Holds)
def _ilike(element: _Holds, compiler: Any, **options: Any) -> str:
    column, pattern = (compiler.process(one, **options) for one in element.clauses)
    return f"({column} ILIKE {pattern} ESCAPE '\\')"


@compiles(_Holds, "sqlite")
def _like(element: _Holds, compiler: Any, **options: Any) -> str:
    column, pattern = (compiler.process(one, **options) for one in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '\\')"


def holds(text: str, *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether one of the columns holds the text; `%` and `_` mean themselves. SQLite ignores the case of ASCII only."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(*(_Holds(column, literal(f"%{escaped}%")) for column in columns))

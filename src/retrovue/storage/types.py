"""How Python values lie in the database: instants as BIGINT epoch milliseconds, documents as JSON text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Table, Text, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_millis(instant: datetime | None) -> int | None:
    """Epoch milliseconds of an aware instant. A naive one is a bug and raises."""
    if instant is None:
        return None
    if instant.tzinfo is None:
        raise TypeError("an instant needs a time zone")
    return round(instant.timestamp() * 1000)


def from_millis(millis: int | None) -> datetime | None:
    """The aware UTC instant of epoch milliseconds."""
    return None if millis is None else _EPOCH + timedelta(milliseconds=millis)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as epoch milliseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return to_millis(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return from_millis(value)


class Json(TypeDecorator[Any]):
    """A small document, stored as text and never queried."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """From the database."""
        return None if value is None else msgspec.json.decode(value)


def to_json(value: Any) -> str:
    """The text under which a document is stored."""
    return msgspec.json.encode(value).decode()


def as_stored(table: Table) -> list[ColumnElement[Any]]:
    """A table's columns as the database has them, under their names: instants as milliseconds, documents as text."""
    return [
        type_coerce(column, column.type.impl).label(column.name)
        if isinstance(column.type, TypeDecorator)
        else column
        for column in table.c
    ]

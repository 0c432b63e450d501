"""What the tables share: their names for constraints, and the shape of keys."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = BigInteger().with_variant(Integer(), "sqlite")


def ident() -> Column[int]:
    """The primary key."""
    return Column("id", ID, primary_key=True, autoincrement=True)


def ref(name: str, target: str, *, ondelete: str, nullable: bool = False) -> Column[int]:
    """A column that refers to another table."""
    return Column(name, ID, ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)

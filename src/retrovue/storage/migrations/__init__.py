"""Alembic's folder: one file per step of the schema, oldest first."""

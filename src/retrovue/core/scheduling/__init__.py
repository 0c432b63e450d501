"""Executions: every sync, whoever starts it, goes the same way and leaves the same history."""

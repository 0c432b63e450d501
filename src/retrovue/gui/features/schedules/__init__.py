"""Schedules: what is synced when, and what became of it."""

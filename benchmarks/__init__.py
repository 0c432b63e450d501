"""Measurements: each module prints a table and writes JSON. Ratios within one run count, not seconds."""
